"""Random numbers that follow from (seed, step) alone, so that a run which stopped goes on as if it had not."""

from __future__ import annotations

import numpy as np


def hash_of(*numbers: int) -> int:
    """A seed of 63 bits from several numbers, far apart for numbers that are close."""
    mixed = 0
    for number in numbers:
        # The splitmix64 finaliser (Steele et al. 2014, doi 10.1145/2714064.2660195).
        mixed = (mixed ^ number) + 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        mixed ^= mixed >> 31
    return mixed >> 1


def draws_of(*numbers: int) -> np.random.Generator:
    """A NumPy generator of its own for these numbers."""
    return np.random.Generator(np.random.Philox(key=hash_of(*numbers)))
