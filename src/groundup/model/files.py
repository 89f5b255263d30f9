"""A trained model on disk: model.json says what it is, model.safetensors holds its weights."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from groundup.errors import DamagedError, GroundupError
from groundup.model.heads import HeadSettings
from groundup.model.model import Model
from groundup.model.settings import ModelSettings

DESCRIPTION, WEIGHTS = "model.json", "model.safetensors"


def save_model(model: Model, folder: Path) -> None:
    """Write the model's description and weights into `folder`, without the generator that only training needs."""
    weights = {
        name: weight.detach().cpu().contiguous()
        for name, weight in model.named_parameters()
        if not name.startswith("generator.")
    }
    save_file(weights, folder / WEIGHTS)
    described = {
        "settings": asdict(model.settings),
        "vocabulary": model.vocabulary,
        "source_vocabulary": model.source_vocabulary,
        "sentence_ends": [] if model.sentences is None else model.sentences.ends,
        "heads": {name: asdict(head) for name, head in model.head_settings.items()},
    }
    (folder / DESCRIPTION).write_text(json.dumps(described, indent=2), encoding="utf-8")


def load_model(folder: Path, device: str | torch.device = "cpu") -> Model:
    """The model that `save_model` wrote, in full precision and evaluation mode.

    Raises GroundupError where there is none and DamagedError where its files are not what was written.
    """
    description, weights = folder / DESCRIPTION, folder / WEIGHTS
    if not description.is_file():
        raise GroundupError(
            f"{folder} holds no {DESCRIPTION}, so there is no trained model in it.",
            "Give the folder of a run that groundup build has finished.",
        )
    try:
        model = sketch_of(description.read_text(encoding="utf-8"))
        tensors = load_file(weights, device=str(device))
        model.load_state_dict(tensors, assign=True)
    # A changed description can fail in any way on its way to a model; what it comes to is the same.
    except Exception as error:
        raise DamagedError(
            f"The model in {folder} cannot be read: {' '.join(str(error).split())[:300]}.",
            "Its files were changed after training; restore them, or train again.",
        ) from error
    return model.eval()


def sketch_of(description: str) -> Model:
    """The model that the text of a `model.json` describes, without memory behind its weights.

    A generator, which `save_model` leaves out, is not in it.
    """
    described = json.loads(description)
    source = described["source_vocabulary"]
    with torch.device("meta"):
        return Model(
            _settings(described["settings"]),
            int(described["vocabulary"]),
            source_vocabulary=None if source is None else int(source),
            # Models from before there were sentences tell of none.
            sentence_ends=tuple(map(int, described.get("sentence_ends", ()))),
            heads={name: HeadSettings(**head) for name, head in described["heads"].items()},
        )


def _settings(values: dict[str, Any]) -> ModelSettings:
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return ModelSettings(**{**values, **lists})
