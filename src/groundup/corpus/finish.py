"""The last steps for a document that stays: passages that stand elsewhere, personal data, the textbook's cleaning.

They come after everything that judges a text, which is to see it with its punctuation and its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from groundup.corpus.classic import make_classic
from groundup.corpus.document import Change
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.substrings import Span, without


def finishes(settings: CorpusSettings) -> bool:
    """Whether `finish` may change a text at all."""
    steps = (settings.substring_duplicates, settings.privacy)
    return settings.cleaning == "classic" or any(step is not None for step in steps)


def finish(
    text: str, settings: CorpusSettings, spans: Sequence[Span] = (), name: Callable[[int], str] = str
) -> tuple[str, list[Change]]:
    """The text as it stands in the corpus, and the changes; `spans` are passages that stood before, in `name`."""
    changes: list[Change] = []
    if settings.substring_duplicates is not None:
        text, cut = without(text, spans, settings.substring_duplicates, name)
        changes += [cut] if cut is not None else []
    if settings.privacy is not None:
        from groundup.corpus.privacy.mask import mask

        text, masked = mask(text, settings.privacy)
        changes += masked
    if settings.cleaning == "classic":
        text, finished = make_classic(text, settings.classic)
        changes += finished
    return text, changes
