"""Replaced-token detection: a small generator fills masks, and the model says of each token whether it is the original.

ELECTRA (Clark et al., arXiv 2003.10555). Every token is a lesson, not only the masked ones.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from groundup.objectives.example import DETECTION, UNSCORED, Example
from groundup.objectives.masked import masked
from groundup.objectives.rows import Rows, Symbols
from groundup.objectives.settings import ObjectiveSettings


def detection(
    rows: Rows,
    symbols: Symbols,
    settings: ObjectiveSettings,
    draws: np.random.Generator,
    *,
    stage: float = 0.0,
    device: torch.device | str = "cpu",
) -> Example:
    """Rows -> masked inputs for the generator, and which positions the detector judges: all but special tokens.

    Whatever the settings say, a masked token always becomes the mask token, as in the paper: the generator's guesses
    take the part of random tokens.
    """
    example = masked(rows, symbols, replace(settings, replacement="mask"), draws, stage=stage, device=device)
    original = torch.where(example.targets == UNSCORED, example.inputs, example.targets)
    # Padding is a special token too.
    return replace(example, judged=original >= symbols.special, weights={DETECTION: settings.detection_weight})
