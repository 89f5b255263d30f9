"""Marian (MarianMTModel), the translation models of OPUS-MT, with one vocabulary or one for each side."""

from __future__ import annotations

import torch
from torch import Tensor

from groundup.errors import GroundupError
from groundup.exchange.family import (
    DEEPEST,
    REMEDY,
    Architecture,
    Config,
    Family,
    Weights,
    alike,
    attention,
    fraction,
    named,
    number,
    only,
    stacked,
)
from groundup.model.positions import waves
from groundup.model.settings import from_preset

ACTIVATIONS = {"gelu": "gelu", "swish": "silu", "silu": "silu", "relu": "relu", "gelu_new": "gelu_tanh"}
SHARED = "model.shared.weight"
SOURCE, TARGET = "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"


def describe(config: Config, weights: Weights) -> Architecture:
    """MarianConfig in our settings."""
    for key in ("normalize_before", "normalize_embedding", "add_final_layer_norm"):
        only(config, key, False)
    only(config, "static_position_embeddings", True)
    activation = named(config, "activation_function", ACTIVATIONS)
    settings = from_preset(
        "marian",
        encoder=("attention", activation),
        decoder=("attention", "cross", activation),
        depth=number(config, "decoder_layers", most=DEEPEST),
        encoder_depth=number(config, "encoder_layers", most=DEEPEST),
        width=number(config, "d_model"),
        heads=alike(config, "encoder_attention_heads", "decoder_attention_heads"),
        hidden=alike(config, "encoder_ffn_dim", "decoder_ffn_dim"),
        context=number(config, "max_position_embeddings", 1024),
        scale_embedding=bool(config.get("scale_embedding", False)),
        dropout=fraction(config, "dropout", 0.1),
        attention_dropout=fraction(config, "attention_dropout", 0.0),
    )
    source = number(config, "vocab_size")
    if config.get("share_encoder_decoder_embeddings", True):
        return Architecture(settings, source)
    return Architecture(settings, number(config, "decoder_vocab_size", source), source_vocabulary=source)


def unpack(weights: Weights, config: Config) -> dict[str, Tensor]:
    """Take out the tables of positions, which are waves, and one dimension of the bias.

    Raises GroundupError where positions are something else.
    """
    unpacked = dict(weights)
    for stack in ("encoder", "decoder"):
        table = unpacked.pop(f"model.{stack}.embed_positions.weight", None)
        # Their table is summed up in double precision, so ours is not the same to the last bit.
        if table is not None and not torch.allclose(
            table.float(), waves(torch.arange(len(table)), table.shape[1]), atol=1e-3
        ):
            raise GroundupError(f"The model's {stack} has learned positions where sine waves were expected.", REMEDY)
    if "final_logits_bias" in unpacked:
        unpacked["final_logits_bias"] = unpacked["final_logits_bias"].flatten()
    if SOURCE in unpacked and not config.get("share_encoder_decoder_embeddings", True):
        unpacked["model.encoder.embed_tokens.source"] = unpacked.pop(SOURCE)
    return unpacked


_SELF = attention("mixers.0", "self_attn.", "q_proj", "k_proj", "v_proj", "out_proj")

MARIAN = Family(
    describe,
    {
        "source_embedding.weight": "model.encoder.embed_tokens.source",
        **stacked(
            "encoder",
            {
                **_SELF,
                "norms.0": "self_attn_layer_norm",
                "mixers.1.inner": "fc1",
                "mixers.1.output": "fc2",
                "norms.1": "final_layer_norm",
            },
            "model.encoder.layers",
        ),
        **stacked(
            "decoder",
            {
                **_SELF,
                "norms.0": "self_attn_layer_norm",
                **attention("mixers.1", "encoder_attn.", "q_proj", "k_proj", "v_proj", "out_proj"),
                "norms.1": "encoder_attn_layer_norm",
                "mixers.2.inner": "fc1",
                "mixers.2.output": "fc2",
                "norms.2": "final_layer_norm",
            },
            "model.decoder.layers",
        ),
        "head_bias": "final_logits_bias",
    },
    embedding=SHARED,
    output="lm_head.weight",
    # Where the vocabularies are two, the source's has been given a name of its own.
    repeats={SOURCE: SHARED, TARGET: SHARED},
    unpack=unpack,
)
