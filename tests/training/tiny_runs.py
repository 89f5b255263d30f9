"""Training runs so small that a hundred of them take seconds, for these tests and for those of trust."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from groundup.model.settings import ModelSettings
from groundup.objectives.rows import Symbols
from groundup.progress import SILENT, Progress
from groundup.tokens.shards import TokenStream
from groundup.training.duration import Duration
from groundup.training.running_text import RunningText
from groundup.training.settings import TrainingSettings
from groundup.training.start import Training

END = 0
VOCABULARY = 24
TIMES = ("seconds", "tokens_per_second")


class Letters:
    """A tokenizer of a few letters."""

    vocabulary = VOCABULARY
    end = END

    def encode(self, text: str) -> list[int]:
        return [1 + ord(letter) % (VOCABULARY - 1) for letter in text]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(chr(96 + token) for token in ids)


def stream(tokens: int, seed: int = 1, document: int = 50, lowest: int = 1) -> TokenStream:
    """Documents of about `document` tokens that repeat themselves, so that there is something to learn.

    Ids from `lowest` on, and the end token.
    """
    places = np.arange(tokens, dtype=np.int64)
    # A fixed rule rather than a random generator, whose stream could change between versions of NumPy.
    ids = lowest + (places * places * 7 + places // 3 * seed + places * seed) % (VOCABULARY - lowest)
    starts = np.arange(0, tokens, document, dtype=np.int64)
    ids[starts[1:] - 1] = END
    ids[-1] = END
    return TokenStream(ids.astype(np.uint16), starts, tokens, VOCABULARY, END)


# The first letters stand for the special tokens.
SYMBOLS = Symbols(VOCABULARY, 1, 2, 3, END, (4, 5), 6, np.arange(VOCABULARY) % 3 == 0)
MODEL = ModelSettings(size=2, context=16, width=16, heads=2, expansion=2.0)
# Everything said outright, so that no test moves when a default does.
SETTINGS: dict[str, Any] = {
    "budget": Duration(12, "steps"),
    "batch": 3,
    "optimizer": "muon",
    "matrix_rate": 0.02,
    "embedding_rate": 0.02,
    "head_rate": 0.005,
    "label_rate": 0.005,
    "scalar_rate": 0.01,
    "weight_decay": 0.1,
    "momentum": 0.95,
    "betas": (0.9, 0.98),
    "schedule": "trapezoid",
    "warmup": 4,
    "cooldown": 0.5,
    "final_rate": 0.0,
    "clip": 1.0,
    "precision": "float32",
    "compile": "no",
    "device": "cpu",
    "validations": 3,
    "validation_tokens": 64,
    "sample_tokens": 6,
    "log_every": 1,
    "checkpoint_every": Duration(5, "steps"),
}


def tiny_training(
    draft: Path,
    *,
    model: ModelSettings = MODEL,
    tokens: int = 54 * 16,
    progress: Progress = SILENT,
    hear: Callable[[Mapping[str, Any]], None] = lambda event: None,
    seed: int = 7,
    **settings: Any,
) -> Training:
    """A run in `draft`, over a text of 54 windows of 16 tokens."""
    draft.mkdir(exist_ok=True)
    text = RunningText(
        train=stream(tokens),
        validation=stream(300, seed=2),
        coder=Letters(),
        symbols=SYMBOLS,
        context=model.context,
        seed=seed,
        fingerprint="d" * 64,
    )
    return Training(
        model=model,
        settings=TrainingSettings(**(SETTINGS | settings)),
        material=text,
        draft=draft,
        seed=seed,
        fingerprint="f" * 64,
        progress=progress,
        hear=hear,
    )


def weights_of(draft: Path) -> str:
    """SHA-256 of the weights that a finished run left."""
    return hashlib.sha256((draft / "model.safetensors").read_bytes()).hexdigest()


def events_of(draft: Path) -> list[dict[str, Any]]:
    """The log without what the clock says."""
    lines = (draft / "metrics.jsonl").read_text(encoding="utf-8").split("\n")
    events = [json.loads(line) for line in lines if line]
    return [{name: value for name, value in event.items() if name not in TIMES} for event in events]
