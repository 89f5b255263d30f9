"""Checkpoints: a folder each, whole or absent, from which training goes on to the bit.

Dropout and batches are pure functions of the step, so weights, optimizer state, the guard's averages and a few
numbers are all there is to keep.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from groundup.errors import DamagedError
from groundup.progress import SILENT, Progress
from groundup.store.artefact import discard, drafting, open_artefact, publish, sweep

FOLDER = "checkpoints"
KEPT = 2


@dataclass(frozen=True)
class Position:
    """Where a run stands after `step` updates."""

    step: int
    tokens: int
    seconds: float
    """Of training so far, over all its parts."""
    guard: dict[str, Any]
    skipped: tuple[int, ...]
    """Batches that are left out because they gave bad numbers."""
    logged: int
    """Bytes of the log by then."""
    threads: int
    """Sums over more or fewer threads round differently."""


@dataclass(frozen=True)
class Checkpoint:
    """What was read back: the position and, by kind (model, optimizer, average), the named tensors."""

    position: Position
    tensors: Mapping[str, Mapping[str, Tensor]]
    versions: Mapping[str, str]


def save_checkpoint(
    draft: Path,
    position: Position,
    tensors: Mapping[str, Mapping[str, Tensor]],
    *,
    fingerprint: str,
    seed: int,
) -> None:
    """Publish a checkpoint in `draft`/checkpoints and delete all but the newest two.

    Raises NoRoomError when the disk is full; earlier checkpoints then stay as they are.
    """
    folder = draft / FOLDER
    final = folder / f"step-{position.step:08d}"
    needed = sum(tensor.nbytes for kind in tensors.values() for tensor in kind.values())
    with drafting(final, needed) as made:
        for kind, named in tensors.items():
            save_file({name: tensor.contiguous() for name, tensor in named.items()}, made / f"{kind}.safetensors")
        (made / "position.json").write_text(json.dumps(asdict(position)), encoding="utf-8")
        publish(
            made,
            final,
            stage="checkpoint",
            fingerprint=fingerprint,
            settings={},
            seed=seed,
            parents={},
            facts={"step": position.step},
        )
    for old in _newest_first(folder)[KEPT:]:
        discard(old)


def load_checkpoint(draft: Path, *, progress: Progress = SILENT) -> Checkpoint | None:
    """The newest whole checkpoint, or None where there is none.

    A damaged one is reported and deleted and the one before it taken; damage to all of them is a DamagedError.
    """
    folder = draft / FOLDER
    sweep(folder)
    found = _newest_first(folder)
    for place, path in enumerate(found):
        try:
            artefact = open_artefact(path)
        except DamagedError as error:
            progress(f"{error.message} Going back to the checkpoint before.")
            continue
        # Damaged ones would count among the newest two; older ones are here because a kill came before their end.
        for left in (*found[:place], *found[place + KEPT :]):
            discard(left)
        text = json.loads((path / "position.json").read_text(encoding="utf-8"))
        position = Position(**{**text, "skipped": tuple(text["skipped"])})
        names = (name for name in artefact.manifest.files if name.endswith(".safetensors"))
        tensors = {Path(name).stem: load_file(path / name) for name in names}
        return Checkpoint(position, tensors, artefact.manifest.versions)
    if found:
        raise DamagedError(
            f"Every checkpoint in {folder} is damaged.",
            f"Delete the folder {draft} to train from the beginning.",
        )
    return None


def delete_checkpoints(draft: Path) -> None:
    """Delete all checkpoints of a run that is done."""
    sweep(draft)
    if (draft / FOLDER).exists():
        discard(draft / FOLDER)


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"), reverse=True) if folder.is_dir() else []
