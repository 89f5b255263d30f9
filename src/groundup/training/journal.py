"""metrics.jsonl: one JSON object a line for each event of a run, cut back to the checkpoint when a run goes back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Journal:
    """Appends events to a file of which the first `size` bytes stay; each checkpoint says how long it was."""

    def __init__(self, path: Path, size: int = 0) -> None:
        self.file = path.open("ab")
        self.cut(size)

    @property
    def size(self) -> int:
        """Bytes written."""
        return os.fstat(self.file.fileno()).st_size

    def cut(self, size: int) -> None:
        """Forget all but the first `size` bytes, and with them the half line that a kill can leave."""
        self.file.truncate(min(size, self.size))

    def write(self, event: dict[str, Any]) -> None:
        """Append one event; NaN and infinity are written as such."""
        self.file.write(json.dumps(event, ensure_ascii=False).encode() + b"\n")
        self.file.flush()

    def secure(self) -> None:
        """Make sure that what was written survives a power cut."""
        os.fsync(self.file.fileno())

    def close(self) -> None:
        """Write out and close."""
        self.file.close()
