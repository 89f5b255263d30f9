"""Published architectures as a few settings each: the proof that they are combinations of the same parts.

A preset says what a model is made of, not how large it is: size, depth, width and heads stay the user's, and the
published ones stand in a comment. Three things are ours throughout: first weights (matrices of variance 1 / inputs,
outputs of mixers zero), inner layers in multiples of 8, and dropout, which is a matter of how much text there is and
so stays at none, save where it is what the paper is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Preset = Mapping[str, Any]

# What only our own default has, taken away.
_PLAIN: Preset = {"query_key_norm": False, "embedding_skip": False, "soft_cap": 0.0, "embedding_norm": False}
_LAYER_NORM: Preset = {"norm": "layer", "norm_gain": True, "biases": True}
_NO_NORM: Preset = {"norm": "none", "positions": "none", "biases": True}

# Vaswani et al. 2017, "Attention Is All You Need" (arXiv 1706.03762). Base: 6 layers, width 512, 8 heads, about
# 37,000 tokens; 65 million parameters. One table serves both embeddings and the output. The learned vectors of
# attention's biases are as in most later code; the paper writes none.
_TRANSFORMER: Preset = {
    **_PLAIN,
    **_LAYER_NORM,
    "encoder": ("attention", "relu"),
    "decoder": ("attention", "cross", "relu"),
    "positions": "sinusoidal",
    "norm_place": "post",
    "norm_epsilon": 1e-5,
    "scale_embedding": True,
    "tied": True,
}

PRESETS: Mapping[str, Preset] = {
    # Devlin et al. 2018 (arXiv 1810.04805). Base: 12 layers, width 768, 12 heads, context 512, 30,522 tokens. Its
    # pooler belongs to the head that judges sentence pairs.
    "bert": {
        **_PLAIN,
        **_LAYER_NORM,
        "encoder": ("attention", "gelu"),
        "decoder": (),
        "positions": "learned",
        "norm_place": "post",
        "norm_epsilon": 1e-12,
        "embedding_norm": True,
        "segments": 2,
        "tied": True,
        "head_bias": True,
        "head_transform": True,
    },
    # Radford et al. 2019, "Language Models are Unsupervised Multitask Learners". Small: 12 layers, width 768, 12
    # heads, context 1,024, 50,257 tokens; 124,439,808 parameters.
    "gpt2": {
        **_PLAIN,
        **_LAYER_NORM,
        "decoder": ("attention", "gelu_tanh"),
        "positions": "learned",
        "norm_epsilon": 1e-5,
        "tied": True,
    },
    # Touvron et al. 2023 (arXiv 2302.13971). 7B: 32 layers, width 4,096, 32 heads, hidden 11,008, context 2,048,
    # 32,000 tokens. Later ones group their heads (key_value_heads) and turn them more slowly (rotary_base).
    "llama": {**_PLAIN, "decoder": ("attention", "glu"), "norm_gain": True, "norm_epsilon": 1e-6},
    # Raffel et al. 2019 (arXiv 1910.10683). Small: 6 layers, width 512, 8 heads, hidden 2,048, 32,128 tokens; 60
    # million parameters. The share of 1 / sqrt(width) that T5 multiplies its output with is left to the gain of the
    # last norm. Version 1.1 has geglu for relu in both stacks, and is not tied.
    "t5": {
        **_PLAIN,
        "encoder": ("attention", "relu"),
        "decoder": ("attention", "cross", "relu"),
        "positions": "relative",
        "norm_gain": True,
        "norm_epsilon": 1e-6,
        "attention_scale": 1.0,
        "tied": True,
    },
    "transformer": _TRANSFORMER,
    # Junczys-Dowmunt et al. 2018 (arXiv 1804.00344) as the translation models of OPUS-MT are made with it (Tiedemann
    # and Thottingal 2020): 6 layers, width 512, 8 heads. The Transformer with another activation and a bias for each
    # token.
    "marian": {
        **_TRANSFORMER,
        "encoder": ("attention", "silu"),
        "decoder": ("attention", "cross", "silu"),
        "head_bias": True,
    },
    # Bahdanau et al. 2014 (arXiv 1409.0473), with one layer of width 1,000. As there, an output is a sum of what the
    # last token, the state and the source say, without the paper's maxout behind it. Ours looks at the source behind
    # the recurrent layer and does not feed what it found back into it, so that all positions are made at once.
    "bahdanau": {**_PLAIN, **_NO_NORM, "encoder": ("gru",), "decoder": ("gru", "additive"), "head_bias": True},
    # Merity et al. 2017 (arXiv 1708.02182): 3 layers; the paper's are 1,150 wide around embeddings of 400, ours all
    # as wide as the embeddings. Shares of dropout are those for WikiText-2 (which leave .4 of the last layer's output
    # out, not .3). Without its averaged stochastic gradient descent and without dropping whole words of the
    # embedding.
    "awd_lstm": {
        **_PLAIN,
        **_NO_NORM,
        "decoder": ("lstm",),
        "residual": False,
        "tied": True,
        "head_bias": True,
        "locked_dropout": True,
        "weight_drop": 0.5,
        "dropout": 0.3,
        "embedding_dropout": 0.65,
    },
    # De et al. 2024 (arXiv 2402.19427): two recurrent blocks to one of local attention with a single head of keys and
    # values, each before a gated layer three times as wide. One layer of ours holds all three, so a depth of 4 is the
    # paper's 12. The minGRU (arXiv 2410.01201) stands for its RG-LRU, and nothing for the short convolution before it.
    "griffin": {
        **_PLAIN,
        "decoder": ("mingru", "geglu", "mingru", "geglu", "attention", "geglu"),
        "key_value_heads": 1,
        "window": 1024,
        "norm_gain": True,
        "norm_epsilon": 1e-6,
        # Gated layers take two thirds of it.
        "expansion": 4.5,
        "tied": True,
    },
}
