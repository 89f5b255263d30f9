"""T5 (T5ForConditionalGeneration), version 1.0 with one matrix at both ends, and 1.1 with gated layers and two."""

from __future__ import annotations

from torch import Tensor

from groundup.exchange.family import (
    DEEPEST,
    Architecture,
    Config,
    Family,
    Weights,
    attention,
    fraction,
    named,
    number,
    only,
    stacked,
)
from groundup.model.positions import BUCKETS, FARTHEST
from groundup.model.settings import from_preset

FEEDFORWARDS = {"relu": "relu", "gated-gelu": "geglu", "gated-silu": "glu", "gelu_new": "gelu_tanh", "gelu": "gelu"}
FINAL_GAIN = "decoder.final_layer_norm.weight"
SELF, CROSS = "layer.0.SelfAttention", "layer.1.EncDecAttention"


def describe(config: Config, weights: Weights) -> Architecture:
    """T5Config in our settings."""
    only(config, "relative_attention_num_buckets", BUCKETS)
    only(config, "relative_attention_max_distance", FARTHEST)
    feedforward = named(config, "feed_forward_proj", FEEDFORWARDS)
    encoder_depth = number(config, "num_layers", most=DEEPEST)
    settings = from_preset(
        "t5",
        encoder=("attention", feedforward),
        decoder=("attention", "cross", feedforward),
        depth=number(config, "num_decoder_layers", encoder_depth, most=DEEPEST),
        encoder_depth=encoder_depth,
        width=number(config, "d_model"),
        heads=number(config, "num_heads"),
        head_width=number(config, "d_kv"),
        hidden=number(config, "d_ff"),
        norm_epsilon=fraction(config, "layer_norm_epsilon", 1e-6),
        dropout=fraction(config, "dropout_rate", 0.1),
        attention_dropout=fraction(config, "dropout_rate", 0.1),
        # Relative positions reach any length; the paper trains on 512.
        context=number(config, "n_positions", 512),
    )
    return Architecture(settings, number(config, "vocab_size"))


def unpack(weights: Weights, config: Config) -> dict[str, Tensor]:
    """Version 1.0 multiplies the decoder's output by 1 / sqrt(width), which goes into the gain of the last norm.

    A configuration of version 1.1 says so by `tie_word_embeddings: false`; transformers 5 keeps it as
    `scale_decoder_outputs`.
    """
    # Gated layers call the matrix wi_1 that others call wi.
    unpacked = {name.replace(".wi_1.", ".wi."): weight for name, weight in weights.items()}
    if config.get("scale_decoder_outputs", config.get("tie_word_embeddings", True)) and FINAL_GAIN in unpacked:
        unpacked[FINAL_GAIN] = unpacked[FINAL_GAIN] * number(config, "d_model") ** -0.5
    return unpacked


def _feedforward(mixer: str, theirs: str) -> dict[str, str]:
    return {f"{mixer}.output": f"{theirs}.wo", f"{mixer}.gate": f"{theirs}.wi_0", f"{mixer}.inner": f"{theirs}.wi"}


T5 = Family(
    describe,
    {
        "encoder.relative.table": f"encoder.block.0.{SELF}.relative_attention_bias",
        **stacked(
            "encoder",
            {
                "norms.0": "layer.0.layer_norm",
                **attention("mixers.0", f"{SELF}.", "q", "k", "v", "o"),
                "norms.1": "layer.1.layer_norm",
                **_feedforward("mixers.1", "layer.1.DenseReluDense"),
            },
            "encoder.block",
        ),
        "encoder.output_norm": "encoder.final_layer_norm",
        "decoder.relative.table": f"decoder.block.0.{SELF}.relative_attention_bias",
        **stacked(
            "decoder",
            {
                "norms.0": "layer.0.layer_norm",
                **attention("mixers.0", f"{SELF}.", "q", "k", "v", "o"),
                "norms.1": "layer.1.layer_norm",
                **attention("mixers.1", f"{CROSS}.", "q", "k", "v", "o"),
                "norms.2": "layer.2.layer_norm",
                **_feedforward("mixers.2", "layer.2.DenseReluDense"),
            },
            "decoder.block",
        ),
        "decoder.output_norm": "decoder.final_layer_norm",
    },
    embedding="shared.weight",
    output="lm_head.weight",
    repeats={"encoder.embed_tokens.weight": "shared.weight", "decoder.embed_tokens.weight": "shared.weight"},
    unpack=unpack,
)
