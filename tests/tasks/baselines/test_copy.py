"""The source is its own translation."""

from __future__ import annotations

from groundup.tasks.baselines.copy import copy
from groundup.tasks.examples import Pair


def test_the_source_is_the_translation() -> None:
    assert copy([]).predict([Pair("1", "ein Hund", "a dog"), Pair("2", "", "")]).texts == ["ein Hund", ""]
