"""All shards that were annotated, as one table: documents are numbered through them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from groundup.corpus.account import Account
from groundup.corpus.shard import DOCUMENTS, shard_manifest
from groundup.store.tables import read_rows

# How many shards there are, and what was read for them.
SHARDS = "shards.json"

Row = dict[str, Any]


def shard_folder(folder: Path, number: int) -> Path:
    """Where the shard of this number lies."""
    return folder / f"{number:05}"


class Shards:
    """What `annotate` left in a folder."""

    def __init__(self, folder: Path) -> None:
        self.facts: dict[str, Any] = json.loads((folder / SHARDS).read_bytes())
        self.folders = [shard_folder(folder, number) for number in range(self.facts["shards"])]
        counts = [shard_manifest(folder)["documents"] for folder in self.folders]
        self.starts: list[int] = [0, *numpy.cumsum(counts, dtype=numpy.int64).tolist()]

    def __len__(self) -> int:
        return self.starts[-1]

    def files(self, name: str) -> list[Path]:
        """The file of that name in each shard."""
        return [folder / name for folder in self.folders]

    def account(self) -> Account:
        """What was read and changed so far."""
        account = Account()
        for folder in self.folders:
            account.merge(Account.from_plain(shard_manifest(folder)["account"]))
        return account

    def column(self, name: str, kind: type) -> NDArray[Any]:
        """[documents] A column of numbers or truth values."""
        return numpy.fromiter((row[name] for _, row in self.rows([name])), kind, len(self))

    def rows(
        self, columns: Sequence[str] | None, among: NDArray[numpy.bool_] | None = None
    ) -> Iterator[tuple[int, Row]]:
        """The number and some columns of every document, or of those that `among` [documents] marks."""
        for start, stop, path in zip(self.starts, self.starts[1:], self.files(DOCUMENTS), strict=False):
            if among is None or among[start:stop].any():
                rows = enumerate(read_rows(path, columns), start)
                yield from rows if among is None else ((number, row) for number, row in rows if among[number])
