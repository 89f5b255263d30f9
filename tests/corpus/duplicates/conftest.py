"""Texts for the tests of this room."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def words() -> Callable[[int], list[str]]:
    """A text by its seed: 400 words of 5,000."""
    return lambda seed: [f"w{number}" for number in random.Random(seed).choices(range(5000), k=400)]


@pytest.fixture(scope="session")
def changed() -> Callable[[list[str], float, int], list[str]]:
    """A text of which a share of the words, chosen by a seed, are other ones."""

    def change(text: list[str], share: float, seed: int) -> list[str]:
        chance = random.Random(seed)
        return [word if chance.random() > share else f"x{chance.random()}" for word in text]

    return change
