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

    def __init__(self, *, is_patient: bool = False) -> None:
        """`is_patient`: the second signal is no more than the first."""
        self.is_patient = is_patient

    def ask(self, number: int, frame: FrameType | None) -> None:
        """The signal handler: note the first, obey the second at once."""
        if self.number and not self.is_patient:
            os._exit(128 + number)
        self.number = self.number or number


@contextmanager
def polite_stop(*, is_patient: bool = False) -> Iterator[Stop]:
    """Catch SIGINT and SIGTERM inside a `with` block. Only the main thread can; elsewhere nothing is caught.

    `is_patient` where the same wish may be heard twice: from whoever sent it to a whole group of processes, and from
    the process that began this one, with which this one ends anyway.
    """
    stop = Stop(is_patient=is_patient)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
