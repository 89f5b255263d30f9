"""Published architectures as a few settings each: the proof that they are combinations of the same parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLAIN: Mapping[str, Any] = {"query_key_norm": False, "embedding_skip": False, "soft_cap": 0.0}

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
    "gpt2": {
        **_PLAIN,
        "decoder": ("attention", "gelu_tanh"),
        "positions": "learned",
        "norm": "layer",
        "norm_gain": True,
        "norm_epsilon": 1e-5,
        "embedding_norm": False,
        "biases": True,
        "tied": True,
    },
}
