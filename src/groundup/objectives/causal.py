"""Causal language modelling: predict each token from those before it (Bengio et al. 2003; GPT)."""

from __future__ import annotations

from torch import Tensor

from groundup.objectives.example import Example


def causal(tokens: Tensor, documents: Tensor | None = None) -> Example:
    """Rows [B, T+1] -> T inputs and, one step ahead, T targets.

    Negative targets (a ragged end is filled with -100) stay unscored; as inputs they become token 0, unseen by any
    scored position, since they stand at the end of their row.
    """
    return Example(
        inputs=tokens[:, :-1].clamp(min=0),
        targets=tokens[:, 1:],
        documents=None if documents is None else documents[:, :-1],
    )
