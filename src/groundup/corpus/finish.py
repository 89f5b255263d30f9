"""The last steps for a document that stays: passages are cut, personal data masked, the textbook's cleaning done.

They come after everything that judges a text, which is to see it with its punctuation and its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from groundup.corpus.classic import make_classic
from groundup.corpus.contamination import COLUMNS, decontaminate, from_columns
from groundup.corpus.document import Change
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.substrings import Span, without


def finishes(settings: CorpusSettings) -> bool:
    """Whether `finish` may change a text at all."""
    steps = (settings.substring_duplicates, settings.privacy)
    return settings.cleaning == "classic" or _cuts(settings) or any(step is not None for step in steps)


def columns_needed(settings: CorpusSettings) -> list[str]:
    """The columns of a document's row that `finish` looks at."""
    return ["text", *(COLUMNS if _cuts(settings) else ())]


def without_evaluation_texts(row: Mapping[str, Any], settings: CorpusSettings) -> tuple[str, Change | None]:
    """A document's text (from its row) without the passages of evaluation items, where these are to be cut."""
    if not _cuts(settings):
        return row["text"], None
    assert settings.contamination is not None, "nothing is cut unless it is looked for"
    return decontaminate(row["text"], from_columns(row), settings.contamination)


def finish(
    row: Mapping[str, Any], settings: CorpusSettings, spans: Sequence[Span] = (), name: Callable[[int], str] = str
) -> tuple[str, list[Change]]:
    """The text of a document's row as it stands in the corpus, and the changes; the last may drop it.

    `spans` are passages that stood before, in `name`, counted without evaluation texts.
    """
    text, cut = without_evaluation_texts(row, settings)
    changes = [cut] if cut is not None else []
    if settings.substring_duplicates is not None:
        text, cut = without(text, spans, settings.substring_duplicates, name)
        changes += [cut] if cut is not None else []
    if settings.privacy is not None:
        from groundup.corpus.privacy.mask import hidden, mask

        # What was cut is not in the corpus, and its sample is to hide the same.
        changes = [replace(cut, sample=hidden(cut.sample, settings.privacy, is_piece=True)) for cut in changes]
        text, masked = mask(text, settings.privacy)
        changes += masked
    if settings.cleaning == "classic":
        text, finished = make_classic(text, settings.classic)
        changes += finished
    if changes and not text.strip():
        changes.append(Change("finish", "nothing left", "drop", len(text), 0))
        text = ""
    return text, changes


def _cuts(settings: CorpusSettings) -> bool:
    return settings.contamination is not None and settings.contamination.action == "cut"
