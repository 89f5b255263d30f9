"""Tiny models of tasks, trained in seconds as a run trains them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundup.model.files import load_model
from groundup.model.model import Model
from groundup.model.settings import ModelSettings
from groundup.objectives.settings import ObjectiveSettings
from groundup.tasks.preparation import Prepared
from groundup.training.duration import Duration
from groundup.training.settings import TrainingSettings
from groundup.training.start import Training
from groundup.training.trainer import train

MODEL = {"depth": 1, "width": 32, "heads": 2, "expansion": 2.0}


@pytest.fixture
def learn(tmp_path: Path) -> Callable[..., Model]:
    """Trains a tiny model on what a task prepared, for so many steps of full rows, and reads it from the disk."""

    def make(prepared: Prepared, objective: str, model: dict[str, Any], *, steps: int, batch: int) -> Model:
        draft = tmp_path / "draft"
        draft.mkdir()
        settings = TrainingSettings(
            objective=ObjectiveSettings(kind=objective),  # type: ignore[arg-type]
            budget=Duration(steps, "steps"),
            batch=batch,
            warmup=4,
            precision="float32",
            compile="no",
            device="cpu",
            validations=1,
            validation_tokens=64,
            sample_tokens=0,
            checkpoint_every=Duration(10**6, "steps"),
        )
        material = prepared.material
        context = material.context  # type: ignore[attr-defined]
        wanted = ModelSettings(**{**MODEL, "context": context, **model})
        train(Training(wanted, settings, material, draft, 1, "f" * 64))
        return load_model(draft)

    return make
