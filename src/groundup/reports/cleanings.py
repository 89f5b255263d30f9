"""Bits per original byte: how much of a held-out text is left to be predicted, whatever its cleaning took away.

Bits per byte cannot tell which cleaning is better: each is over the bytes that its own cleaning left, and what is easy
to say (the second of two spaces, a rule of asterisks) may go or stay. So the bits of the whole held-out text as it was
cleaned are shared out over the bytes that it had before, which are the same for all.

Even so it is half of a comparison. What a cleaning throws away costs nothing here: `classic` need not say where the
commas stood, and no model of its text can put them back. Read it with the share of the text that is left, and only
between runs that hold out the same documents.
"""

from __future__ import annotations

import math

from groundup.reports import words
from groundup.reports.gather import VALIDATION, Facts
from groundup.reports.loose import number, part

HEADER = ("run", "cleaning", "held-out bytes", "left of them", "bits/byte", "bits/original byte")
CAPTION = (
    "Bits per original byte: all bits of the held-out text as it was cleaned, over the bytes it had before. What a "
    "cleaning throws away costs nothing there: lower may only mean that less is said."
)


def cleaning(facts: Facts) -> str:
    """The profile that cleaned the corpus which was learnt from, and what it did to case; "" where there is none."""
    corpus = facts.stages.get("corpus")
    if corpus is None or facts.trained != "pretrain":
        return ""
    profile = str(corpus.facts.get("cleaning", ""))
    is_small = profile == "classic" and part(corpus.settings, "classic").get("lowercase") is True
    return profile + ", small letters" * is_small


def original_bytes(facts: Facts) -> float:
    """Bytes of the held-out text before it was cleaned; NaN where that is not known."""
    return number(_held_out(facts).get("original_bytes"))


def share_left(facts: Facts) -> float:
    """Bytes of the held-out text as it was cleaned, over those before; NaN where that is not known."""
    before = original_bytes(facts)
    return number(_held_out(facts).get("bytes")) / before if before > 0 else math.nan


def bits_per_original_byte(facts: Facts) -> float:
    """All bits of the held-out text as it was cleaned, over its bytes before; NaN where that is not known."""
    return facts.figure("bits_per_byte") * share_left(facts)


def beside(facts: Facts) -> str:
    """Bits per original byte as a note beside bits per byte; "" where nothing tells them apart."""
    own, original = facts.figure("bits_per_byte"), bits_per_original_byte(facts)
    if math.isnan(original) or words.figure(own) == words.figure(original):
        return ""
    return f"{words.figure(original)} per byte before cleaning"


def _held_out(facts: Facts) -> dict[str, object]:
    # What a task is measured on are examples, not this text.
    return dict(part(facts.of("corpus"), VALIDATION)) if facts.trained == "pretrain" else {}
