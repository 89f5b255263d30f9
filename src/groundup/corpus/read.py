"""Texts to measure on, read as a corpus reads them; and the account of a corpus that was built."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundup.corpus.account import ACCOUNT
from groundup.corpus.annotate import readable
from groundup.corpus.clean import clean
from groundup.corpus.nothing import came_to_nothing
from groundup.corpus.settings import CorpusSettings, SourceSettings
from groundup.corpus.sources.files import read_file
from groundup.corpus.sources.listing import list_files
from groundup.errors import DamagedError, GroundupError
from groundup.store.artefact import open_artefact
from groundup.store.manifest import MANIFEST


@dataclass(frozen=True)
class _Place:
    path: Path
    name: str
    licence: str = ""


def texts_at(path: Path) -> Iterator[str]:
    """The text of every document in a file or folder of any format that a corpus reads, mended but not filtered.

    As in every corpus, line ends are made alike, mis-decoded text is mended, control characters and Project Gutenberg's
    headers are taken off: no model was trained on them. Raises GroundupError for what holds no text or cannot be read:
    a figure for a part of the data would be taken for one of the whole.
    """
    # Dropped first and refused here, so that the advice is for this command and not for a recipe.
    settings = SourceSettings(str(path), damaged="drop")
    for file in list_files((settings,), (_Place(path, path.name),)):
        for found in read_file(file):
            reading = readable(found, CorpusSettings(sources=(settings,)))
            if reading.is_dropped:
                change = reading.changes[-1]
                raise GroundupError(
                    f"{file.path} cannot be read as text ({change.rule}): {change.sample.rstrip('.')}.",
                    "Give text: txt, md, html, jsonl, csv, tsv or parquet, plain or as gz, bz2, xz or zst.",
                )
            yield clean(reading.document.text, "faithful")[0]


def corpus_folder(path: Path) -> Path:
    """The corpus of a run folder, or the folder itself if it is a corpus; GroundupError where there is none."""
    for folder in (path / "corpus", path):
        if (folder / ACCOUNT).is_file():
            return folder
    if not path.exists():
        raise GroundupError(f"There is no folder {path}.", "Check the path, or make a run with: groundup build")
    if (said := came_to_nothing(path)) is not None:
        raise said
    raise GroundupError(
        f"{path} has no corpus: neither {path / 'corpus' / ACCOUNT} nor {path / ACCOUNT} is there.",
        "Name a run folder whose corpus is built; groundup build does that first.",
    )


def read_account(corpus: Path) -> dict[str, Any]:
    """The account of a corpus folder, as account.json holds it.

    Raises DamagedError, naming the file, where the account or any file's size is not as it was built.
    """
    if (corpus / MANIFEST).is_file():
        open_artefact(corpus, verify=(ACCOUNT,))
    try:
        account: dict[str, Any] = json.loads((corpus / ACCOUNT).read_bytes())
    except ValueError as error:
        raise DamagedError(
            f"The account {corpus / ACCOUNT} is damaged ({error}).", "Delete the corpus and build it again."
        ) from error
    return account
