"""The first half of a corpus: each document read, made a text, cleaned, and given signals.

Nothing is dropped for a threshold here, so that thresholds can be changed without reading anything again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Any

from groundup.corpus.clean import clean
from groundup.corpus.contamination_settings import ContaminationSettings
from groundup.corpus.document import Change, Found, Page, Reading, sample
from groundup.corpus.duplicates import Signature, digest, signature
from groundup.corpus.guard import GivenUp, Guard, Limits
from groundup.corpus.instruments import NONE, Instruments
from groundup.corpus.quality.settings import LINEAR, QualitySettings
from groundup.corpus.settings import CorpusSettings, NearDuplicateSettings, ValidationSettings

NO_DIGEST = "0" * 32


@dataclass(frozen=True)
class Annotated:
    """A document as the decisions find it: its text is clean, and its changes say how it became so."""

    reading: Reading
    signals: Mapping[str, Any] = field(default_factory=dict)
    """A value for each column of `signal_schema`."""
    digest: str = NO_DIGEST
    """As `duplicates.digest` gives it."""
    signature: Signature | None = None
    """None where the text has no words, or near duplicates are not looked for."""


def annotation_settings(settings: CorpusSettings) -> CorpusSettings:
    """The settings with all that only the decisions obey as it is by default: equal ones annotate alike."""
    near, language, quality = settings.near_duplicates, settings.language, settings.quality
    linear = None if quality is None else quality.linear
    contamination = settings.contamination
    usual = NearDuplicateSettings()
    return replace(
        settings,
        sources=tuple(replace(source, weight=1.0) for source in settings.sources),
        # Both begin with the same steps.
        cleaning="standard" if settings.cleaning == "classic" else settings.cleaning,
        classic=CorpusSettings.classic,
        minimum_characters=1,
        near_duplicates=near and replace(near, threshold=usual.threshold, keep=usual.keep),
        language=language and replace(language, keep=()),
        quality=quality and QualitySettings(lines=quality.lines, linear=linear and replace(linear, at_least=0.5)),
        contamination=contamination and ContaminationSettings(contamination.sets, contamination.overlap),
        substring_duplicates=None,
        privacy=None,
        validation=ValidationSettings(),
    )


def signal_schema(settings: CorpusSettings) -> dict[str, type]:
    """The columns of the signals that these settings keep, by name."""
    schema: dict[str, type] = {}
    if settings.language is not None:
        schema |= {"language": str, "language_confidence": float}
    if settings.quality is not None:
        from groundup.corpus.quality.signals import signal_names

        schema |= dict.fromkeys(signal_names(), float)
        if settings.quality.linear is not None:
            schema[LINEAR] = float
    if settings.contamination is not None:
        from groundup.corpus.contamination import COLUMNS

        schema |= COLUMNS
    return schema


def annotated(found: Iterable[Found], settings: CorpusSettings, instruments: Instruments = NONE) -> Iterator[Annotated]:
    """Every document in order. Pages are worked on in a guarded process, which is there only where there are pages."""
    limits = Limits(settings.limits.seconds, settings.limits.memory)
    work = partial(annotate, settings=settings, instruments=instruments)
    with Guard(work, limits) as guard:
        for is_page, group in groupby(found, key=lambda one: isinstance(one, Page)):
            if not is_page:
                yield from map(work, group)
                continue
            waiting: deque[Found] = deque()
            for result in guard.map(_remembered(group, waiting)):
                page = waiting.popleft()
                yield _given_up(page, result) if isinstance(result, GivenUp) else result


def annotate(found: Found, settings: CorpusSettings, instruments: Instruments = NONE) -> Annotated:
    """One document: made a text where it is a page, cleaned, and what can be told of it without any other.

    `instruments` are those that the settings ask for.
    """
    reading = readable(found, settings)
    if reading.is_dropped:
        return Annotated(reading)
    original = reading.document.text
    text, changes = clean(original, settings.cleaning, settings.repair)
    quality = settings.quality
    if quality is not None and quality.lines is not None:
        from groundup.corpus.quality.lines import filter_lines

        text, dropped = filter_lines(text, quality.lines)
        changes += dropped
    document = replace(reading.document, text=text, original_bytes=len(original.encode()))
    return Annotated(
        Reading(document, reading.characters, (*reading.changes, *changes)),
        _signals(text, settings, instruments),
        digest(text)[:32] if settings.exact_duplicates else NO_DIGEST,
        None if settings.near_duplicates is None else signature(text, settings.near_duplicates),
    )


def readable(found: Found, settings: CorpusSettings) -> Reading:
    """A page's text, by its media type; a reading as it is."""
    if isinstance(found, Reading):
        return found
    if found.media_type == "text/x-wiki":
        from groundup.corpus.extraction.wikitext import wikitext

        return wikitext(found, settings.wikitext)
    from groundup.corpus.extraction.extract import extract

    return extract(found, settings.extraction)


def _signals(text: str, settings: CorpusSettings, instruments: Instruments) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if settings.language is not None:
        from groundup.corpus.language import detect_language

        guess = detect_language(text, settings.language.detector)
        kept |= {"language": guess.language, "language_confidence": guess.confidence}
    if settings.quality is not None:
        from groundup.corpus.quality.signals import signals

        kept |= signals(text)
        if settings.quality.linear is not None:
            assert instruments.filter is not None, "a filter is asked for, so it is there"
            kept[LINEAR] = instruments.filter.score(text)
    if settings.contamination is not None:
        from groundup.corpus.contamination import as_columns, contamination

        assert instruments.index is not None, "an index is asked for, so it is there"
        kept |= as_columns(contamination(text, instruments.index))
    return kept


def _remembered(found: Iterable[Found], waiting: deque[Found]) -> Iterator[Found]:
    for one in found:
        waiting.append(one)
        yield one


def _given_up(found: Found, why: GivenUp) -> Annotated:
    change = Change("extract", why.rule, "drop", 0, 0, why.value, why.value, sample(why.reason))
    return Annotated(Reading(found.document, 0, (change,)))
