"""A finished run of a task, made by hand: what the stages would leave."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from plays import as_lines, put

RECIPE = "name: Moods\nseed: 1\ncorpus: null\ntask:\n  kind: classification\n"

READ = {"rows": 1010, "read": 1000, "skipped": {"an empty text": 10}, "first_bad": "train.csv, row 7: no text."}
EXAMPLES: dict[str, Any] = {
    "kind": "classification",
    "data": "moods",
    "licence": "CC0",
    "examples": {"train": 900, "validation": 100, "test": 40},
    "train_file": READ,
    "test_seen": {"tests": 40, "seen": 2, "first": []},
    "seconds": 0.5,
}
INTERVAL = {"score": 70.0, "low": 62.5, "high": 77.5, "level": 0.95, "resamples": 1000}
# As JSON gives it back: names sorted, so that the main figure is not the first.
TEST: dict[str, Any] = {
    "part": "test",
    "main": "accuracy",
    "examples": 40,
    "figures": {"calibration_error": 7.0, "accuracy": 70.0, "log_loss": 0.6},
    "interval": INTERVAL,
    "details": {
        "classes": ["cross", "merry"],
        "confusion": [[15, 5], [7, 13]],
        "precision": [0.68, 0.72],
        "recall": [0.75, 0.65],
        "f1": [0.71, 0.68],
        "reliability": {"counts": [0, 30, 10], "confidence": [0.0, 0.6, 0.9], "accuracy": [0.0, 0.63, 0.91]},
    },
    "baselines": [
        {"name": "majority", "what": "Says cross.", "figures": {"accuracy": 50.0}, "learning_seconds": 0.1},
        {
            "name": "logistic regression",
            "what": "Weighs words.",
            "figures": {"accuracy": 80.0},
            "difference": {"difference": {"score": -10.0, "low": -14.0, "high": -6.0}, "p_value": 0.004},
        },
    ],
    "baselines_left_out": ["A lexicon is not in the table: it is not installed."],
    "predicting_seconds": 2.5,
}


def term(accuracy: float) -> dict[str, Any]:
    return {"label": {"loss": 0.6, "accuracy": accuracy, "majority": 0.5, "count": 100, "unigram": None}}


LOG = [
    {"event": "train", "step": 10, "tokens": 100, "loss": 0.69},
    {"event": "validation", "step": 10, "tokens": 100, "loss": 0.69, "terms": term(0.5)},
    {"event": "train", "step": 20, "tokens": 200, "loss": 0.6},
    {"event": "validation", "step": 20, "tokens": 200, "loss": 0.6, "terms": term(0.7)},
]
FINETUNE = {
    "seconds": 3.0,
    "steps": 20,
    "compiled": False,
    "budget": "20 steps",
    "parameters": 1000,
    "validation_loss": 0.6,
    "perplexity": 1.82,
    "bits_per_byte": None,
    "tokens_per_second": 66.0,
    "main_term": "label",
    "objective": {"kind": "labels"},
    "terms": term(0.7),
    "task": {"labels": ["cross", "merry"]},
}


def labelled(count: int = 40) -> tuple[str, str]:
    """Examples and predictions as the stages write them: every fourth is wrong."""
    examples = [{"id": f"t#{n}", "text": f"Text {n}.", "second": "", "label": "merry"} for n in range(count)]
    said = [
        {"id": f"t#{n}", "text": "cross" if n % 4 == 0 else "merry", "score": 0.75, "more": {}} for n in range(count)
    ]
    return as_lines(examples), as_lines(said)


def build(run: Path, *, examples: dict[str, Any] = EXAMPLES, test: dict[str, Any] = TEST) -> Path:
    """A finished run of a task at `run`, all but its report."""
    run.mkdir(parents=True, exist_ok=True)
    if not (run / "recipe.yaml").exists():
        (run / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    told, said = labelled()
    put(run, "examples", {"train.jsonl": "", "validation.jsonl": "{}\n", "test.jsonl": told}, examples)
    if not (run / "tokenizer").exists():
        put(run, "tokenizer", {}, {"kind": "bpe", "vocabulary": 500, "seconds": 0.1})
    put(run, "finetune", {"metrics.jsonl": as_lines(LOG)}, FINETUNE, finetune={"budget": "20 steps"}, model={})
    put(run, "test", {"predictions.jsonl": said}, json.loads(json.dumps(test, sort_keys=True)))
    return run
