"""What commands print and where: results on standard output, everything said on the way on standard error."""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from groundup.progress import Progress

results = Console(highlight=False, soft_wrap=True)
notes = Console(stderr=True, highlight=False, soft_wrap=True)

# A log wants a line now and then; a terminal is refreshed by rich itself.
SECONDS_BETWEEN_LINES = 5.0


def print_json(value: Any) -> None:
    """Print one JSON object on one line of standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


class Shown(Progress, Protocol):
    """Progress that stands on a terminal, and can be taken off it."""

    def close(self) -> None:
        """Take the live line away, if there is one."""


def terminal_progress() -> Shown:
    """A live line on a terminal; in a log, a plain line when work begins, every few seconds, and at its end."""
    return _LiveLine() if notes.is_terminal else _PlainLines()


class _PlainLines:
    def __init__(self) -> None:
        self.what = ""
        self.said = 0.0

    def __call__(self, what: str, done: float = 0, total: float | None = None) -> None:
        now = time.monotonic()
        is_new = what != self.what
        is_finished = total is not None and done >= total
        if not (is_new or is_finished or now - self.said >= SECONDS_BETWEEN_LINES):
            return
        self.what, self.said = what, now
        amount = "" if not done else f" {done:,.0f}" + (f" of {total:,.0f}" if total else "")
        notes.print(f"{what}{amount}", markup=False)

    def close(self) -> None:
        """Lines of a log stay."""


class _LiveLine:
    def __init__(self) -> None:
        self.bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=notes,
            transient=True,
        )
        self.what = ""
        self.task: Any = None

    def __call__(self, what: str, done: float = 0, total: float | None = None) -> None:
        if what != self.what:
            self.close()
            notes.print(what, markup=False)
            self.what = what
            self.task = self.bars.add_task(what, total=total)
            self.bars.start()
        self.bars.update(self.task, completed=done, total=total)
        if total is not None and done >= total:
            self.close()

    def close(self) -> None:
        if self.task is not None:
            self.bars.stop()
            self.bars.remove_task(self.task)
            self.task, self.what = None, ""
