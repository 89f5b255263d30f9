"""GPT-2 (GPT2LMHeadModel): matrices stored the other way round, queries, keys and values in one of them."""

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
from groundup.model.settings import from_preset

ACTIVATIONS = {"gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu": "gelu", "relu": "relu"}


def describe(config: Config, weights: Weights) -> Architecture:
    """GPT2Config in our settings."""
    only(config, "scale_attn_weights", True)
    only(config, "scale_attn_by_inverse_layer_idx", False)
    only(config, "add_cross_attention", False)
    depth, width = number(config, "n_layer", most=DEEPEST), number(config, "n_embd")
    settings = from_preset(
        "gpt2",
        decoder=("attention", named(config, "activation_function", ACTIVATIONS)),
        depth=depth,
        width=width,
        heads=number(config, "n_head"),
        hidden=number(config, "n_inner", 4 * width),
        context=number(config, "n_positions"),
        norm_epsilon=fraction(config, "layer_norm_epsilon", 1e-5),
        dropout=fraction(config, "resid_pdrop", 0.1),
        embedding_dropout=fraction(config, "embd_pdrop", 0.1),
        attention_dropout=fraction(config, "attn_pdrop", 0.1),
    )
    return Architecture(settings, number(config, "vocab_size"))


def unpack(weights: Weights, config: Config) -> dict[str, Tensor]:
    """Split what is fused and turn what is stored as [inputs, outputs] (their Conv1D)."""
    unpacked: dict[str, Tensor] = {}
    for name, weight in weights.items():
        turned = weight.T if name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight")) else weight
        module, _, leaf = name.rpartition(".")
        if module.endswith(".c_attn"):
            for part, piece in zip(("query", "key", "value"), turned.chunk(3), strict=True):
                unpacked[f"{module}.{part}.{leaf}"] = piece
        else:
            unpacked[name] = turned
    return unpacked


GPT2 = Family(
    describe,
    {
        "decoder.table": "transformer.wpe",
        **stacked(
            "decoder",
            {
                "norms.0": "ln_1",
                **attention("mixers.0", "attn.", "c_attn.query", "c_attn.key", "c_attn.value", "c_proj"),
                "norms.1": "ln_2",
                "mixers.1.inner": "mlp.c_fc",
                "mixers.1.output": "mlp.c_proj",
            },
            "transformer.h",
        ),
        "decoder.output_norm": "transformer.ln_f",
    },
    embedding="transformer.wte.weight",
    output="lm_head.weight",
    unpack=unpack,
    # The triangles that older versions stored as masks.
    constants=r"transformer\.h\.\d+\.attn\.(bias|masked_bias)",
)
