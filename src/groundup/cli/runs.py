"""How commands open a finished run: its model and its tokenizer, checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from groundup.errors import GroundupError

if TYPE_CHECKING:
    from groundup.model.model import Model
    from groundup.store.artefact import Artefact
    from groundup.tokens.tokenizer import Tokenizer

# Stages that only a run with a corpus has.
OF_TEXT = ("corpus", "shards", "pretrain")


def must_be_there(run: Path) -> None:
    """GroundupError where there is no such folder."""
    if not run.is_dir():
        raise GroundupError(f"There is no run folder {run}.", "Build one with: groundup build RECIPE --out DIR")


def artefact_of(run: Path, stage: str) -> Artefact:
    """The checked artefact of one stage of a run; GroundupError where it is not there yet."""
    from groundup.store.artefact import open_artefact

    must_be_there(run)
    if not (run / stage).is_dir():
        if not (run / "recipe.yaml").is_file() and not any(run.glob("*/manifest.json")):
            raise GroundupError(
                f"The folder {run} is not a run: it holds neither recipe.yaml nor a finished stage.",
                "Name the folder that groundup build was given as --out.",
            )
        if stage in OF_TEXT and (run / "examples").is_dir() and not (run / "corpus").is_dir():
            raise _of_a_task(run)
        what = "trained model" if stage == "pretrain" else stage
        raise GroundupError(
            f"The run {run} has no {what} yet.",
            "Let groundup build finish it: start the same command again.",
        )
    return open_artefact(run / stage)


def _of_a_task(run: Path) -> GroundupError:
    """What is to be said where a run without a corpus is asked for what comes of one."""
    from groundup.recipe.answering import COMMANDS, task_of

    kind = task_of(run).kind
    return GroundupError(
        f"The run {run} learned a task of kind {kind} and nothing else: it had no corpus to learn a language from.",
        f"Ask it by: groundup {COMMANDS[kind]} {run}",
    )


def last_training(run: Path) -> str:
    """The stage whose model is the run's last one: that of its task where it has learned one."""
    return "finetune" if (run / "finetune").is_dir() else "pretrain"


def model_of(run: Path, device: str = "cpu") -> Model:
    """The model of a run as it was trained on text."""
    from groundup.model.files import load_model

    return load_model(artefact_of(run, "pretrain").path, device)


def tokenizer_of(run: Path) -> Tokenizer:
    """The tokenizer of a run."""
    from groundup.tokens.tokenizer import load_tokenizer

    return load_tokenizer(artefact_of(run, "tokenizer").path)


def objective_of(run: Path) -> str:
    """The kind of objective that a run's model was trained on, from the settings that its weights were made by."""
    settings = artefact_of(run, "pretrain").manifest.settings
    kind: str = settings.get("pretrain", {}).get("objective", {}).get("kind", "causal")
    return kind
