"""The figures of a task's model in words, from what the stage `test` wrote down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Name -> what it is called, and how it is written.
FIGURES: Mapping[str, tuple[str, str]] = {
    "bleu": ("BLEU", "{:.2f}"),
    "chrf": ("chrF", "{:.2f}"),
    "accuracy": ("accuracy", "{:.2f} %"),
    "macro_f1": ("macro F1", "{:.2f} %"),
    "matthews": ("Matthews correlation", "{:.3f}"),
    "calibration_error": ("calibration error", "{:.2f} %"),
    "log_loss": ("log loss", "{:.4f} nats"),
    "f1": ("F1", "{:.2f} %"),
    "exact": ("exact match", "{:.2f} %"),
    "mean_error": ("mean error of tasks", "{:.2f} %"),
    "failed": ("tasks failed", "{:.0f}"),
}


def figures_of(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The figures as label and value, the main one first with its interval, and the signatures of metrics."""
    rows = [(label_of(name), value_of(name, value)) for name, value in facts["figures"].items()]
    interval = facts["interval"]
    low, high = (value_of(facts["main"], interval[end]) for end in ("low", "high"))
    rows[0] = (rows[0][0], f"{rows[0][1]}  ({interval['level']:.0%} interval {low} to {high})")
    details = facts.get("details", {})
    rows += [(f"{label_of(name)} signature", text) for name, text in details.get("signatures", {}).items()]
    rows.append(("examples", f"{facts['examples']:,}"))
    return rows


def label_of(name: str) -> str:
    """What a figure is called."""
    return FIGURES[name][0] if name in FIGURES else name.replace("_", " ")


def value_of(name: str, value: float) -> str:
    """A figure with its unit."""
    return FIGURES[name][1].format(value) if name in FIGURES else f"{value:.4g}"
