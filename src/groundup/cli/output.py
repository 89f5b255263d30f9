"""What commands print and where: results on standard output, everything said on the way on standard error."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from groundup.errors import GroundupError
from groundup.progress import Progress

# No emoji: what stands between colons in a text is not to become a picture.
results = Console(highlight=False, soft_wrap=True, emoji=False)
notes = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

# A log wants a line now and then; a terminal is refreshed by rich itself.
SECONDS_BETWEEN_LINES = 5.0


def print_json(value: Any) -> None:
    """Print one JSON object on one line of standard output; numbers that are not finite, which JSON lacks, are null."""
    sys.stdout.write(json.dumps(_finite(value), ensure_ascii=False, default=str, allow_nan=False) + "\n")
    sys.stdout.flush()


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(part) for name, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, (list, tuple)) else value


def save(path: Path, text: str) -> None:
    """Write a file that the user named; GroundupError where there can be none."""
    from groundup.store.files import write_durably

    try:
        write_durably(path, text.encode())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise GroundupError(
            f"{path} cannot be written: {error.strerror}.", "Name a file in a folder that is there."
        ) from None


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
        amount = "" if is_new and not done else f" {done:,.0f}" + (f" of {total:,.0f}" if total else "")
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
