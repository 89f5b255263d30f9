"""The documents of a corpus and the changes they go through, from which the ledger is written.

Nothing happens to a text without a `Change`: the characters a change took away and those that are left must add up to
those that were read, for each document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

Action: TypeAlias = Literal["drop", "drop line", "edit", "cut"]

DOCUMENT_SCHEMA: dict[str, type] = {
    "id": str,
    "source": str,
    "address": str,
    "title": str,
    "date": str,
    "licence": str,
    "text": str,
    "characters": int,
    "bytes": int,
    "original_bytes": int,
}
# Of a document that stays: also how often a pass of training sees it, by the weight of its source.
CORPUS_SCHEMA: dict[str, type] = {**DOCUMENT_SCHEMA, "times": int}
LEDGER_SCHEMA: dict[str, type] = {
    "id": str,
    "source": str,
    "address": str,
    "title": str,
    "stage": str,
    "rule": str,
    "value": float,
    "threshold": float,
    "action": str,
    "characters_before": int,
    "characters_after": int,
    "sample": str,
    # The id of the document that a cluster of duplicates kept, and how many documents the cluster has.
    "cluster": str,
    "cluster_size": int,
}

SAMPLE_LENGTH = 240


@dataclass(frozen=True)
class Document:
    """One text and where it comes from; "" where a thing is not known.

    `id` names source, file and row, so it does not depend on how the work was shared out.
    """

    id: str
    source: str
    address: str = ""
    title: str = ""
    date: str = ""
    licence: str = ""
    text: str = ""
    original_bytes: int = 0
    """Bytes in UTF-8 of the text as it came from its source, markup and wrappings taken off, before it was cleaned."""

    def row(self) -> dict[str, Any]:
        """The document as a row of `DOCUMENT_SCHEMA`."""
        return {
            "id": self.id,
            "source": self.source,
            "address": self.address,
            "title": self.title,
            "date": self.date,
            "licence": self.licence,
            "text": self.text,
            "characters": len(self.text),
            "bytes": len(self.text.encode()),
            "original_bytes": self.original_bytes,
        }

    def cut_at(self, characters: int) -> tuple[Document, Document]:
        """The document as far as so many characters, and its rest.

        The bytes before cleaning fall to them in proportion: what was cleaned away has no place in the text any more.
        """
        length = max(1, len(self.text))
        before = self.original_bytes * min(characters, length) // length
        first = replace(self, text=self.text[:characters], original_bytes=before)
        return first, replace(self, text=self.text[characters:], original_bytes=self.original_bytes - before)


@dataclass(frozen=True)
class Change:
    """What one rule of one stage did to a document. `before` and `after` count characters of the whole document."""

    stage: str
    rule: str
    action: Action
    before: int
    after: int
    value: float | None = None
    threshold: float | None = None
    sample: str = ""
    removed: Mapping[str, int] = field(default_factory=dict)
    """Characters taken out one by one, and how often."""
    cluster: str = ""
    cluster_size: int = 0

    def row(self, document: Document) -> dict[str, Any]:
        """The change as a row of `LEDGER_SCHEMA`."""
        return {
            "id": document.id,
            "source": document.source,
            "address": document.address,
            "title": document.title,
            "stage": self.stage,
            "rule": self.rule,
            "value": self.value,
            "threshold": self.threshold,
            "action": self.action,
            "characters_before": self.before,
            "characters_after": self.after,
            "sample": self.sample,
            "cluster": self.cluster,
            "cluster_size": self.cluster_size,
        }


@dataclass(frozen=True)
class Reading:
    """A document as its source gave it: `characters` were read, then `changes` were made to get its text.

    Where the last change is a drop, the document is gone and its text is empty.
    """

    document: Document
    characters: int
    changes: tuple[Change, ...] = ()

    @property
    def is_dropped(self) -> bool:
        """Whether the source itself gave the document up."""
        return bool(self.changes) and self.changes[-1].action == "drop"


@dataclass(frozen=True)
class Page:
    """A document as its source found it, before a text is taken out of it; the text of `document` is empty."""

    document: Document
    content: bytes
    media_type: str
    """What `content` is, in lower case and without parameters: `text/html`, `text/plain`, `text/x-wiki`."""
    charset: str = ""
    """The encoding that came with it, such as an HTTP header's; "" where nothing was said."""
    namespaces: Mapping[str, int] = field(default_factory=dict)
    """Of a wiki's page: the numbers of its wiki's namespaces by their names, in small letters. What a link to a file or
    a category looks like depends on them."""


Found: TypeAlias = Reading | Page
"""What readers of files give: texts that are ready, and pages."""


def sample(text: str) -> str:
    """The beginning of a text, short enough to show."""
    return text if len(text) <= SAMPLE_LENGTH else text[: SAMPLE_LENGTH - 1] + "…"
