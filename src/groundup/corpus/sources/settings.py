"""One place that texts come from, and what is read there."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Literal

from groundup.corpus.sources.index_settings import IndexSettings
from groundup.settings import require


@dataclass(frozen=True)
class SourceSettings:
    """One place that texts come from."""

    data: str
    """A file, a folder, the name of a data set that `groundup data list` shows, or one of the Hugging Face hub that was
    fetched before: hf://OWNER/NAME, or with all that can be said hf://OWNER/NAME@REVISION?config=en&split=train."""
    kind: Literal["auto", "files", "books", "wikipedia"] = "auto"
    """What lies there: `books` loses Project Gutenberg's headers and footers and takes titles from them, `files`
    is left whole, `auto` decides for each text file by the marks it finds. `wikipedia` is a dump or a snapshot of any
    wiki; web archives (WARC, WET, WAT) are known by their names."""
    include: tuple[str, ...] = ()
    """Patterns such as `*_gut.txt` for the files to read, matched against a file's name and its path inside the
    folder; empty reads all."""
    exclude: tuple[str, ...] = ()
    """Patterns for files to leave out."""
    text_field: str | None = None
    """The key or column that holds the text in JSONL, CSV and Parquet files; null looks for `text`."""
    encoding: str | None = None
    """The encoding of files that are neither UTF-8, nor marked UTF-16 or UTF-32, nor Western European (cp1252)."""
    damaged: Literal["stop", "drop"] = "stop"
    """What to do with a file or a line that cannot be read: stop and say where, or drop it with a row in the ledger."""
    largest_document: int = 512
    """The most that one file may become when it is read whole, or one line of a JSONL file, in million bytes."""
    index: IndexSettings | None = None
    """Which records of web archives to read, by Common Crawl's indexes (CDXJ or Parquet) that lie in the same folder;
    null reads archives whole."""
    weight: float = 1.0
    """How often one pass over the corpus goes through this source. Below 1 it is sampled: 0.25 keeps a quarter of its
    documents, by the hash of their ids. Above, documents are written once and trained on several times: 2.5 shows all
    of them twice and half of them a third time, each time far from the last. What is held out is not repeated."""

    def __post_init__(self) -> None:
        require(self.data.strip() != "", "data", "data must name a file, a folder or a data set.")
        require(0 < self.weight <= 1000, "weight", "weight must be above 0 and at most 1,000.")
        require(
            self.index is None or self.kind == "auto",
            "index",
            f"An index chooses records of web archives, and kind is {self.kind}: leave one of them out.",
        )
        require(1 <= self.largest_document <= 100_000, "largest_document", "Choose 1 to 100,000 million bytes.")
        if self.encoding is not None:
            require(
                _is_text_encoding(self.encoding),
                "encoding",
                f"{self.encoding!r} is not an encoding that Python knows; examples are koi8-r, shift_jis, gb18030.",
            )


def _is_text_encoding(name: str) -> bool:
    try:
        "a".encode(name)
        return codecs.lookup(name) is not None
    except (LookupError, ValueError):
        return False
