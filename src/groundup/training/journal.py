"""metrics.jsonl: one JSON object a line for each event of a run, cut back to the checkpoint on resume."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Journal:
    """Appends events to a file; what was written before `step` stays, what came after is dropped."""

    def __init__(self, path: Path, step: int) -> None:
        self.path = path
        kept = [line for line in _whole_lines(path) if json.loads(line)["step"] <= step]
        # Rewritten beside and renamed, so that a kill in between leaves the old file.
        draft = path.with_suffix(".draft")
        draft.write_text("".join(kept), encoding="utf-8")
        draft.replace(path)
        self.file = path.open("a", encoding="utf-8")

    def write(self, event: dict[str, Any]) -> None:
        """Append one event; NaN and infinity are written as such."""
        self.file.write(json.dumps(event, ensure_ascii=False) + "\n")
        self.file.flush()

    def secure(self) -> None:
        """Make sure that what was written survives a power cut."""
        os.fsync(self.file.fileno())

    def close(self) -> None:
        """Write out and close."""
        self.file.close()


def _whole_lines(path: Path) -> list[str]:
    """The lines of the file that are whole; a kill can leave half of the last."""
    if not path.exists():
        return []
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
        try:
            json.loads(line)
        except json.JSONDecodeError:
            continue
        lines.append(line if line.endswith("\n") else line + "\n")
    return lines
