"""What speaks against one document, by its signals alone: length, language, quality, evaluation texts in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from groundup.corpus.contamination_settings import ContaminationSettings
from groundup.corpus.document import Change, sample
from groundup.corpus.settings import CorpusSettings

Judge = Callable[[Mapping[str, Any]], Change | None]
"""From a document's row, with its signals, to the change that drops it; None: it stays so far."""


def judge_of(settings: CorpusSettings) -> Judge:
    """The judge that these settings make; the first thing that speaks against a document is what it goes for."""
    judges = [_by_length(settings.minimum_characters)]
    if settings.language is not None and settings.language.keep:
        judges.append(_by_language(settings))
    if settings.quality is not None:
        judges.append(_by_quality(settings))
    if settings.contamination is not None and settings.contamination.action == "drop":
        judges.append(_by_contamination(settings.contamination))
    return lambda row: next((change for judge in judges if (change := judge(row)) is not None), None)


def _by_length(least: int) -> Judge:
    def judge(row: Mapping[str, Any]) -> Change | None:
        text = row["text"].strip()
        if len(text) >= least:
            return None
        return Change("filter", "minimum characters", "drop", row["characters"], 0, len(text), least, sample(text))

    return judge


def _by_language(settings: CorpusSettings) -> Judge:
    from groundup.corpus.language import Guess, judge_language

    wanted = settings.language
    assert wanted is not None, "asked for only with languages to keep"

    def judge(row: Mapping[str, Any]) -> Change | None:
        broken = judge_language(Guess(row["language"], row["language_confidence"]), wanted)
        return None if broken is None else broken.drop(row["characters"], sample(row["text"].strip()))

    return judge


def _by_quality(settings: CorpusSettings) -> Judge:
    from groundup.corpus.quality.rules import judge as first_broken
    from groundup.corpus.quality.settings import LINEAR, chosen_rules
    from groundup.corpus.quality.signals import signal_names

    assert settings.quality is not None, "asked for only with rules"
    sets, names = chosen_rules(settings.quality), [*signal_names(), *([LINEAR] if settings.quality.linear else [])]

    def judge(row: Mapping[str, Any]) -> Change | None:
        broken = first_broken({name: row[name] for name in names}, sets, row.get("language", ""))
        return None if broken is None else broken.drop(row["characters"], sample(row["text"].strip()))

    return judge


def _by_contamination(settings: ContaminationSettings) -> Judge:
    from groundup.corpus.contamination import decontaminate, from_columns

    return lambda row: decontaminate(row["text"], from_columns(row), settings)[1]
