"""A polite end: the first SIGTERM or Ctrl-C lets the step finish and a checkpoint be written, the second is obeyed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from groundup.errors import GroundupError


class StoppedError(GroundupError):
    """A signal ended the run after a checkpoint was written; the exit code is the shell's 128 + signal."""

    def __init__(self, number: int, step: int) -> None:
        done = f"after step {step:,}; a checkpoint is written" if step else "before the first step"
        super().__init__(
            f"Stopped by {signal.Signals(number).name} {done}.", "Start the same command again to go on from there."
        )
        self.number, self.step, self.exit_code = number, step, 128 + number

    def __reduce__(self) -> tuple[type[StoppedError], tuple[int, int]]:
        # What one process stopped by is told to another.
        return StoppedError, (self.number, self.step)


class Stop:
    """Whether, and by which signal, an end was asked for."""

    number: int = 0

    def ask(self, number: int, frame: FrameType | None) -> None:
        """The signal handler: note the first, obey the second at once."""
        if self.number:
            os._exit(128 + number)
        self.number = number


@contextmanager
def polite_stop() -> Iterator[Stop]:
    """Catch SIGINT and SIGTERM inside a `with` block. Only the main thread can; elsewhere nothing is caught."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
