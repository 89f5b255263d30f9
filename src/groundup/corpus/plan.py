"""What a folder of unfinished work is for, so that a killed build goes on with its own work and with no other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from groundup.store.files import write_durably

_PLAN = "plan.json"


def take_up(folder: Path, plan: str) -> None:
    """Make `folder` one of work on this plan, a fingerprint: the folders of work on any other go."""
    folder.mkdir(parents=True, exist_ok=True)
    if planned(folder) == plan:
        return
    # First, or a kill would leave half of the folders under the name of the old plan.
    (folder / _PLAN).unlink(missing_ok=True)
    for inside in folder.iterdir():
        if inside.is_dir():
            shutil.rmtree(inside)
    write_durably(folder / _PLAN, json.dumps(plan).encode())


def planned(folder: Path) -> str:
    """The plan of the work in a folder, "" where none is noted."""
    try:
        return str(json.loads((folder / _PLAN).read_bytes()))
    except (OSError, ValueError):
        return ""
