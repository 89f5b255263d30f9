"""Softmax regression on features that a text has or has not, each weighed beforehand by how unevenly it is spread.

Wang and Manning 2012 (aclanthology P12-2018) multiply a feature by its log-count ratio, the weight that naive Bayes
would give it, before a linear classifier learns how much of that to believe. Theirs is a support vector machine;
regression gives probabilities, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding_bag

from groundup.progress import SILENT, Progress
from groundup.tasks.ngrams import Rows

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# Added to every count: a run that one label alone has must not decide by itself.
SMOOTHING = 1.0
# Where training ends: the largest part of the mean loss's gradient is this small, or its steps have been so many.
FLAT, STEPS = 1e-6, 200


@dataclass(frozen=True)
class Linear:
    """What was learned: logits are the sums of the weights of the features that a text has."""

    weights: NDArray[np.floating[Any]]
    """[F, C] of F features for C labels."""
    bias: Floats
    """[C]"""

    def probabilities(self, rows: Rows) -> Floats:
        """How likely each label is for each text, [N, C]."""
        logits = _sums(rows, torch.from_numpy(self.weights)).double() + torch.from_numpy(self.bias)
        found: Floats = logits.softmax(-1).numpy()
        return found


def log_count_ratios(columns: Rows, labels: Indices, classes: int) -> Floats:
    """[F, C] how much more often texts of each label have each feature than all others have it: ln of a ratio.

    `columns` are the texts that have each of the F features.
    """
    ours = _sums(columns, torch.from_numpy(np.eye(classes)[labels])).numpy()
    others = ours.sum(1, keepdims=True) - ours
    ours, others = ours + SMOOTHING, others + SMOOTHING
    found: Floats = np.log(ours / ours.sum(0)) - np.log(others / others.sum(0))
    return found


def fit_linear(rows: Rows, labels: Indices, classes: int, penalty: float, progress: Progress = SILENT) -> Linear:
    """The weights w that make `loss` smallest, by L-BFGS (Liu and Nocedal 1989) from zero, and so always the same.

    The logit of label c is b_c + sum over a text's features of r_fc w_fc, where r are the log-count ratios. What is
    returned has r and w in one.
    """
    columns, golds = rows.transposed(), torch.from_numpy(np.eye(classes)[labels])
    ratios = torch.from_numpy(log_count_ratios(columns, labels, classes))
    weights, bias = torch.zeros_like(ratios), torch.zeros(classes, dtype=ratios.dtype)
    solver = torch.optim.LBFGS(
        [weights, bias],
        max_iter=STEPS,
        tolerance_grad=FLAT,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    tries = count()

    def loss() -> Tensor:
        """The mean surprise, plus `penalty` halves of the squared weights (the bias is free) over the texts."""
        progress("fitting runs of words", min(next(tries), STEPS), STEPS)
        logs = (_sums(rows, ratios * weights) + bias).log_softmax(-1)
        wrong = (logs.exp() - golds) / len(rows)
        weights.grad = ratios * _sums(columns, wrong) + weights * (penalty / len(rows))
        bias.grad = wrong.sum(0)
        return (weights.square().sum() * (penalty / 2) - (logs * golds).sum()) / len(rows)

    solver.step(loss)  # type: ignore[no-untyped-call]
    progress("fitting runs of words", STEPS, STEPS)
    return Linear((ratios * weights).numpy(), bias.numpy())


def _sums(rows: Rows, table: Tensor) -> Tensor:
    """[N, C] the sums over each row's features of their lines in a table [F, C]."""
    if not len(rows.places):
        return table.new_zeros(len(rows), table.shape[1])
    return embedding_bag(torch.from_numpy(rows.places), table, torch.from_numpy(rows.starts[:-1]), mode="sum")
