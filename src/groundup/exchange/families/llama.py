"""Llama (LlamaForCausalLM), with grouped heads, biases in all matrices or none, and any rotary base."""

from __future__ import annotations

from collections.abc import Mapping

from groundup.errors import GroundupError
from groundup.exchange.family import (
    DEEPEST,
    REMEDY,
    Architecture,
    Config,
    Family,
    Weights,
    attention,
    fraction,
    number,
    only,
    stacked,
)
from groundup.model.settings import from_preset


def describe(config: Config, weights: Weights) -> Architecture:
    """LlamaConfig in our settings."""
    only(config, "hidden_act", "silu")
    biases = config.get("attention_bias", False)
    only(config, "mlp_bias", biases)
    width, heads = number(config, "hidden_size"), number(config, "num_attention_heads")
    settings = from_preset(
        "llama",
        depth=number(config, "num_hidden_layers", most=DEEPEST),
        width=width,
        heads=heads,
        key_value_heads=number(config, "num_key_value_heads", heads),
        head_width=number(config, "head_dim", width // heads),
        hidden=number(config, "intermediate_size"),
        context=number(config, "max_position_embeddings", 2048),
        rotary_base=_rotary_base(config),
        norm_epsilon=fraction(config, "rms_norm_eps", 1e-6),
        biases=bool(biases),
        attention_dropout=fraction(config, "attention_dropout", 0.0),
    )
    return Architecture(settings, number(config, "vocab_size"))


def _rotary_base(config: Config) -> float:
    """The base, which version 5 keeps in `rope_parameters` and older ones beside `rope_scaling`."""
    for key in ("rope_parameters", "rope_scaling"):
        rotary = config.get(key)
        if rotary is None:
            continue
        kind = rotary.get("rope_type", rotary.get("type", "default")) if isinstance(rotary, Mapping) else rotary
        if kind != "default":
            raise GroundupError(
                f"The model's configuration says that rotary positions are scaled ({key}: {kind!r}).", REMEDY
            )
        if "rope_theta" in rotary:
            return fraction(rotary, "rope_theta", 10_000.0)
    return fraction(config, "rope_theta", 10_000.0)


LLAMA = Family(
    describe,
    {
        **stacked(
            "decoder",
            {
                "norms.0": "input_layernorm",
                **attention("mixers.0", "self_attn.", "q_proj", "k_proj", "v_proj", "o_proj"),
                "norms.1": "post_attention_layernorm",
                "mixers.1.gate": "mlp.gate_proj",
                "mixers.1.inner": "mlp.up_proj",
                "mixers.1.output": "mlp.down_proj",
            },
            "model.layers",
        ),
        "decoder.output_norm": "model.norm",
    },
    embedding="model.embed_tokens.weight",
    output="lm_head.weight",
    is_tied=False,
    constants=r"model\.(layers\.\d+\.self_attn\.)?rotary_emb\.inv_freq",
)
