"""Realistic run folders for the tests of reports."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from plays import RECIPE, as_lines, build, metrics


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run."""
    return build(tmp_path / "demo")


@pytest.fixture
def build_run(tmp_path: Path) -> Callable[..., Path]:
    """Makes runs with logs and samples of the test's own, one for each call."""
    made: list[Path] = []

    def make(log: str | None = None, samples: list[dict[str, Any]] | None = None) -> Path:
        made.append(build(tmp_path / f"run{len(made)}", log, samples))
        return made[-1]

    return make


@pytest.fixture
def unfinished(tmp_path: Path) -> Path:
    """A run killed in the middle of training: a draft whose log ends in half a line."""
    run = tmp_path / "killed"
    draft = run / ".draft-pretrain-abcdefabcdef"
    draft.mkdir(parents=True)
    (run / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    text = as_lines(metrics(400))
    (draft / "metrics.jsonl").write_text(text + text[:60], encoding="utf-8")
    return run
