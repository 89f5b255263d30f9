"""What an objective asks of a model beside its stacks: heads of labels, and a generator."""

from __future__ import annotations

from collections.abc import Mapping

from groundup.model.heads import HeadSettings
from groundup.objectives.example import DETECTION
from groundup.objectives.settings import ObjectiveSettings

REPLACED_OR_NOT = HeadSettings("token", labels=2)
ONE_OF_TWO = HeadSettings("pair", labels=2)

# The head that answers questions by pointing, in pretraining and in the task alike, so that one starts the other.
SPAN = "span"
# Pairs -> the head that learns their labels, and its name.
OF_PAIRS: Mapping[str, tuple[str, HeadSettings]] = {
    "next_sentence": ("next_sentence", ONE_OF_TWO),
    "sentence_order": ("sentence_order", ONE_OF_TWO),
    "cloze": (SPAN, HeadSettings("span")),
}


def heads_for(settings: ObjectiveSettings) -> dict[str, HeadSettings]:
    """The heads that the objective trains, by the name of their term."""
    heads = {} if settings.pairs == "none" else dict([OF_PAIRS[settings.pairs]])
    return heads | ({DETECTION: REPLACED_OR_NOT} if settings.kind == "detection" else {})


def generator_for(settings: ObjectiveSettings) -> float | None:
    """The generator's share of the model's width, or None where the objective needs no generator."""
    return settings.generator if settings.kind == "detection" else None
