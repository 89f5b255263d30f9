"""How a long piece of work says where it is, without knowing who listens.

A room calls `progress(what, done, total)` as often as it likes; a terminal shows a live line, a log gets a
plain line now and then, a test hears nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Progress(Protocol):
    """Receives the state of one piece of work at a time."""

    def __call__(self, what: str, done: float = 0, total: float | None = None) -> None:
        """`what` names the work; `done` of `total` (None: unknown) counts in the work's own unit."""


def _silent(what: str, done: float = 0, total: float | None = None) -> None:
    """Hear nothing."""


SILENT: Progress = _silent

# Who is told each event of a training, as its log has it.
Hear = Callable[[Mapping[str, Any]], None]
