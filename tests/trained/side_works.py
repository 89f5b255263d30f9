"""What processes side by side do in tests: in a module of its own, which they can import."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from groundup.errors import GroundupError
from groundup.progress import Hear, Progress
from groundup.training.signals import StoppedError, polite_stop


def speaking(number: int, progress: Progress, hear: Hear) -> dict[str, Any]:
    """Tell a little of everything, and how many threads there are."""
    import torch

    progress("beginning")
    progress("counting", number, 10)
    hear({"event": "train", "step": number})
    return {"number": number, "threads": torch.get_num_threads()}


def counting(heard: Path, progress: Progress, hear: Hear) -> dict[str, Any]:
    """Count until somebody has heard it."""
    number = 0
    while not heard.is_file():
        number += 1
        progress("counting", number, 10**9)
        time.sleep(0.01)
    return {"counted": number}


def refusing(others: Path, progress: Progress, hear: Hear) -> dict[str, Any]:
    """Fail once the others are at work."""
    _await(others)
    raise GroundupError("The loss is odd.", "Mend it.")


def killed(others: Path, progress: Progress, hear: Hear) -> dict[str, Any]:
    """End as where memory has run out, once the others are at work."""
    _await(others)
    os.kill(os.getpid(), 9)
    return {}


def stopping(mark: Path, progress: Progress, hear: Hear) -> dict[str, Any]:
    """Work until a signal comes; then say in the file `mark` that the end was a polite one."""
    with polite_stop(is_patient=True) as stop:
        mark.write_text(str(os.getpid()))
        while not stop.number:
            time.sleep(0.01)
        # Where the signal was sent to all, whoever began this passes it on in this time.
        time.sleep(0.3)
        mark.write_text("politely")
        raise StoppedError(stop.number, 7)


def _await(mark: Path) -> None:
    while not (mark.is_file() and mark.read_text()):
        time.sleep(0.01)
