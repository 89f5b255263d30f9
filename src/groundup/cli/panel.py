"""What a person sees while a model trains: a live panel on a terminal, plain lines in a log.

The trainer tells events, the same that it writes to its journal; here they are only shown.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from groundup.cli.output import SECONDS_BETWEEN_LINES, Shown, notes
from groundup.reports import words

# Enough of a sample to see how well the model writes by now.
SAMPLE_LINES = 6
# What a training is called, by the section of the recipe that sets it.
TITLES = {"pretrain": "pretraining", "finetune": "fine-tuning"}


class TrainingView:
    """Receives the events of a run; call `close` at its end. `before` is taken off the terminal when they begin."""

    def __init__(self, before: Shown | None = None) -> None:
        self.before = before
        self.section = ""
        self.latest: dict[str, Mapping[str, Any]] = {}
        self.said = 0.0
        self.live: Live | None = None

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Show one event."""
        if event.get("section", self.section) != self.section:
            # Another training begins: what the last one came to stays on the terminal above it.
            self.close()
            self.latest, self.said = {}, 0.0
        self.section = str(event.get("section", self.section))
        self.latest[str(event["event"])] = event
        if not notes.is_terminal:
            self._print(event)
            return
        if self.live is None:
            if self.before is not None:
                self.before.close()
            self.live = Live(console=notes, refresh_per_second=4, transient=False)
            self.live.start()
        self.live.update(self._panel())

    def close(self) -> None:
        """Leave the last state on the terminal."""
        if self.live is not None:
            self.live.stop()
            self.live = None

    def _print(self, event: Mapping[str, Any]) -> None:
        now = time.monotonic()
        if event["event"] == "train" and now - self.said < SECONDS_BETWEEN_LINES:
            return
        self.said = now
        notes.print(line(event), markup=False)

    def _panel(self) -> Panel:
        train, validation = self.latest.get("train", {}), self.latest.get("validation", {})
        table = Table.grid(padding=(0, 3))
        figures = (
            ("step", f"{train.get('step', 0):,} of {train.get('steps', 0):,}"),
            ("loss", _figure(train.get("loss"))),
            ("held out", _figure(validation.get("loss"))),
            ("and", ", ".join(_found(validation)) or "-"),
            ("speed", f"{train.get('tokens_per_second', 0):,.0f} tokens/s"),
            ("left", words.duration(_left(train)) if train else "-"),
        )
        table.add_row(*(Text(name, style="dim") for name, _ in figures))
        table.add_row(*(Text(value, style="bold") for _, value in figures))
        parts: list[Any] = [table, ProgressBar(total=train.get("steps", 1), completed=train.get("step", 0))]
        if "sample" in self.latest:
            text = words.visible(_written(self.latest["sample"]))
            parts.append(Text("\n".join(text.splitlines()[:SAMPLE_LINES]), style="italic"))
        return Panel(Group(*parts), title=TITLES.get(self.section, "training"), title_align="left")


def line(event: Mapping[str, Any]) -> str:
    """One event as a line of a log."""
    what = "fine-tuning, " if event.get("section") == "finetune" else ""
    step = f"{what}step {event['step']:,} of {event['steps']:,}"
    if event["event"] == "train":
        speed = f"{event['tokens_per_second']:,.0f} tokens/s"
        return f"{step}: loss {_figure(event['loss'])}, {speed}, {words.duration(_left(event))} left"
    if event["event"] == "validation":
        return ", ".join([f"{step}: held-out loss {_figure(event['loss'])}", *_found(event)])
    if event["event"] == "bad":
        return f"{step}: {event['fault']}"
    sample = words.visible(_written(event)).replace("\n", " / ")
    return f"{step}: sample: {words.shortened(sample, 160)}"


def _written(event: Mapping[str, Any]) -> str:
    """A sample: a text that goes on behind its prompt or, of a task, what was made of the text that was given."""
    prompt, text = str(event["prompt"]), str(event["text"])
    return f"{prompt} → {text}" if event.get("section") == "finetune" and prompt else prompt + text


def _found(event: Mapping[str, Any]) -> list[str]:
    """Bits per byte, where a text is written; and how often each labelled head is right, beside a constant guess."""
    bits = event.get("bits_per_byte")
    found = [f"{_figure(bits)} bits per byte"] if bits is not None else []
    for name, term in (event.get("terms") or {}).items():
        if term.get("unigram") is None:
            right, most = words.percent(term["accuracy"]), words.percent(term["majority"])
            found.append(f"{name.replace('_', ' ')} {right} right (always the commonest: {most})")
    return found


def _left(event: Mapping[str, Any]) -> float:
    """Seconds that the rest of the run takes at the speed of this event."""
    each = event["tokens"] / max(event["step"], 1)
    return float((event["steps"] - event["step"]) * each / max(event["tokens_per_second"], 1e-9))


def _figure(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "-"
