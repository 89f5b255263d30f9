"""Which evaluation sets are looked for, what counts as having seen an item, and what becomes of a document that has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from groundup.corpus.sources.settings import SourceSettings
from groundup.settings import require


@dataclass(frozen=True)
class EvaluationSettings:
    """Texts that a model will be examined on, whatever files they are in.

    Each line of a text file is an item, and each text in JSON, JSON lines, CSV and Parquet.
    """

    data: str
    """A file, a folder, or a data set, as for a source."""
    include: tuple[str, ...] = ()
    """Patterns for the files to read, such as `test*`; empty reads all."""
    exclude: tuple[str, ...] = ()
    """Patterns for files to leave out."""
    fields: tuple[str, ...] = ()
    """Keys and columns whose texts are items, such as `question` where passages come from a book that may stay; empty
    takes every text."""
    encoding: str | None = None
    """The encoding of files that are neither UTF-8 nor marked."""

    def __post_init__(self) -> None:
        # What cannot be a source is refused as one.
        _ = self.source

    @property
    def source(self) -> SourceSettings:
        """Where its files lie."""
        return SourceSettings(self.data, include=self.include, exclude=self.exclude, encoding=self.encoding)


@dataclass(frozen=True)
class OverlapSettings:
    """What runs of an evaluation text are looked for in the documents. An index is built for one such choice."""

    unit: Literal["words", "characters"] = "words"
    """What a run is made of, in small letters and without punctuation. Characters suit languages that put no spaces
    between words."""
    size: int = 13
    """How many units in a row must be the same: 13 words as for GPT-3 (arXiv 2005.14165, appendix C), or 8 with a
    share to reach as for PaLM (arXiv 2204.02311, section 8)."""
    shortest: int = 8
    """An item with fewer units than `size` is one run, if it has at least this many; shorter ones say too little to be
    looked for, and are counted."""

    def __post_init__(self) -> None:
        require(1 <= self.size <= 1000, "size", "size must be 1 to 1,000.")
        require(1 <= self.shortest <= self.size, "shortest", "shortest must be 1 to `size`.")


@dataclass(frozen=True)
class ContaminationSettings:
    """What is looked for, and when a document has seen it.

    A document is contaminated where one of the three shares and lengths is reached. What was found is kept with the
    documents, so changing these, `action` or `margin` runs no search again.
    """

    sets: tuple[EvaluationSettings, ...]
    """The evaluation sets to look for."""
    overlap: OverlapSettings = OverlapSettings()
    """What is looked for of them."""
    item_share: float = 0.5
    """Share of an evaluation item's runs that the document holds; above 1 is never reached."""
    text_share: float = 0.5
    """Share of the document's own runs that stand in any evaluation item; above 1 is never reached."""
    longest_run: int = 50
    """Units in a row that stand so in evaluation items; 0 does not look at it."""
    action: Literal["drop", "cut"] = "drop"
    """Drop the document, or cut the passages found from it (GPT-3 cut them with 200 characters on either side)."""
    margin: int = 0
    """Characters that are cut on either side of a passage."""

    def __post_init__(self) -> None:
        require(len(self.sets) > 0, "sets", "Name an evaluation set, or set `contamination: null`.")
        require(0 < self.item_share <= 2, "item_share", "item_share is a share above 0; 2 is never reached.")
        require(0 < self.text_share <= 2, "text_share", "text_share is a share above 0; 2 is never reached.")
        require(self.longest_run >= 0, "longest_run", "longest_run must be 0 or more.")
        require(0 <= self.margin <= 10_000, "margin", "margin must be 0 to 10,000 characters.")

    @property
    def thresholds(self) -> dict[str, tuple[str, float]]:
        """By what is measured of a document, in order: the rule, and from where on a document is contaminated.

        What is never reached is left out.
        """
        found: dict[str, tuple[str, float]] = {}
        if self.item_share <= 1:
            found["item_share"] = ("evaluation item", self.item_share)
        if self.text_share <= 1:
            found["text_share"] = ("evaluation text", self.text_share)
        if self.longest_run:
            found["longest_run"] = ("evaluation passage", float(self.longest_run))
        return found
