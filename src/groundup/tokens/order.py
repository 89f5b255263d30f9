"""Random numbers for the order of batches: the same in every process and with every version of NumPy."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray


def raw_draws(count: int, *key: str | int) -> NDArray[np.uint64]:
    """`count` random numbers of 64 bits that depend on `key` alone.

    NumPy promises that a bit generator's raw stream never changes; it does not for `permutation` and its like.
    """
    digest = hashlib.sha256(" ".join(map(str, key)).encode()).digest()
    return np.random.Philox(key=int.from_bytes(digest[:16], "little")).random_raw(count)


def shuffled(count: int, *key: str | int) -> NDArray[np.int64]:
    """0 to `count` - 1 in an order that depends on `key` alone."""
    return np.argsort(raw_draws(count, *key), kind="stable")
