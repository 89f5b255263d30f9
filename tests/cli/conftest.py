"""One tiny run, built in this process through the command line; every test of the commands reads from it."""

from __future__ import annotations

import contextlib
import io
import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from groundup.cli.main import main

WORDS = ["the", "a", "sea", "storm", "ship", "wind", "night", "came", "went", "said", "old", "young", "over", "under"]

# JSON is YAML, too; what costs time and shows nothing here is turned off.
RECIPE: dict[str, Any] = {
    "name": "Tiny",
    "corpus": {
        "sources": [{"data": "text.txt", "kind": "files"}],
        "near_duplicates": None,
        "validation": {"by": "characters", "fraction": 0.2},
    },
    "tokenizer": {"kind": "character"},
    "model": {"size": 1, "width": 16, "context": 16},
    "pretrain": {
        "budget": "12 steps",
        "precision": "float32",
        "compile": "no",
        "validations": 2,
        "sample_tokens": 4,
        "log_every": 4,
    },
    "samples": {"prompts": ["The "], "sampling": {"tokens": 8}},
}


@dataclass(frozen=True)
class Outcome:
    """What a command left behind: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The object on the last line of standard output."""
        return json.loads(self.out.splitlines()[-1])

    @property
    def error(self) -> str:
        """The paragraph of a mistake: the last thing said, and only one line."""
        assert "Traceback" not in self.err
        last = self.err.splitlines()[-1]
        assert last.startswith("groundup: "), self.err
        return last


@dataclass(frozen=True)
class Tiny:
    """The run and what it was made from."""

    recipe: Path
    text: Path
    run: Path
    built: Outcome


@pytest.fixture(scope="session")
def groundup() -> Callable[..., Outcome]:
    """Runs a command line in this process."""

    def call(*words: object) -> Outcome:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        return Outcome(int(left.value.code or 0), out.getvalue(), err.getvalue())

    return call


@pytest.fixture(scope="session")
def prose() -> str:
    """About seven thousand characters of sentences that mean nothing."""
    chance = random.Random(3)
    return "".join(" ".join(chance.choices(WORDS, k=9)).capitalize() + ".\n" for _ in range(150))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, groundup: Callable[..., Outcome], prose: str) -> Tiny:
    """A finished run. To be read only: tests that harm one take a `copy`."""
    folder = tmp_path_factory.mktemp("tiny")
    recipe, text, run = folder / "tiny.yaml", folder / "text.txt", folder / "run"
    recipe.write_text(json.dumps(RECIPE))
    text.write_text(prose)
    return Tiny(recipe, text, run, groundup("build", recipe, "--out", run, "--json"))


@pytest.fixture
def copy(tiny: Tiny, tmp_path: Path) -> Tiny:
    """The run, its recipe and its text once more, to be harmed."""
    folder = tmp_path / "copy"
    shutil.copytree(tiny.recipe.parent, folder)
    return Tiny(folder / "tiny.yaml", folder / "text.txt", folder / "run", tiny.built)


@pytest.fixture
def recipe_of(tmp_path: Path, prose: str) -> Callable[..., Path]:
    """Writes the tiny recipe, with sections changed, beside a text of its own."""

    def write(**sections: Any) -> Path:
        (tmp_path / "text.txt").write_text(prose)
        path = tmp_path / "recipe.yaml"
        changed = {
            name: {**RECIPE[name], **section} if isinstance(section, dict) and name in RECIPE else section
            for name, section in sections.items()
        }
        path.write_text(json.dumps({**RECIPE, **changed}))
        return path

    return write
