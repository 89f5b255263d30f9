"""How much text a recipe refers to, as far as can be told without fetching anything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from groundup.catalogue.references import local_path


def known_bytes(references: Iterable[str], base: Path | None) -> int | None:
    """Bytes of all files behind these paths and data sets; None where one is not here yet.

    Raises GroundupError for a reference that is neither a path nor a data set.
    """
    total = 0
    for reference in references:
        path = local_path(reference, base)
        if path is None:
            return None
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        total += sum(file.stat().st_size for file in files)
    return total
