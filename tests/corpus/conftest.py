"""Shapes that the tests of the corpus share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from groundup.corpus.settings import SourceSettings
from groundup.corpus.sources.listing import InputFile


@dataclass(frozen=True)
class Place:
    """What the catalogue would resolve a source to."""

    path: Path
    name: str
    licence: str = ""
    fingerprint: str = ""


@pytest.fixture
def place() -> type[Place]:
    return Place


@pytest.fixture
def input_file() -> Callable[..., InputFile]:
    """A file as the listing gives it: `input_file(path, damaged="drop")`."""

    def make(path: Path, *, is_chosen: bool = True, **settings: Any) -> InputFile:
        return InputFile(
            "source", path.name, path, path.parent, path.stat().st_size, "", SourceSettings("x", **settings), is_chosen
        )

    return make
