"""Every kind of task by name: what of its examples makes the vocabulary, how they become material, and who answers.

To add a kind, add an entry to KINDS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundup.decoding.ensemble import Ensemble
from groundup.model.model import Model
from groundup.tasks import classification, questions, translation
from groundup.tasks.materials.pairs import Coders
from groundup.tasks.prediction import Predictor
from groundup.tasks.preparation import Ingredients, Prepared
from groundup.tasks.settings import TaskSettings


@dataclass(frozen=True)
class Kind:
    """A kind of task."""

    prepare: Callable[[Ingredients], Prepared]
    predictor: Callable[[Sequence[Model], Coders, TaskSettings, Mapping[str, Any]], Predictor]
    """Models that answer together, tokenizers, the task's settings and the facts of `prepare` -> who answers."""
    source: Callable[[Any], tuple[str, ...]]
    """The texts of an example that are read, for the vocabulary."""
    target: Callable[[Any], tuple[str, ...]] = lambda example: ()
    """Those that are written."""


def _written(models: Sequence[Model], coders: Coders, task: TaskSettings, facts: Mapping[str, Any]) -> Predictor:
    engines = [translation.engine_of(model) for model in models]
    return translation.Translator(Ensemble(engines) if engines[1:] else engines[0], coders, task)


def _labelled(models: Sequence[Model], coders: Coders, task: TaskSettings, facts: Mapping[str, Any]) -> Predictor:
    choosers = [classification.Classifier(model, coders.target, task, facts) for model in models]
    return classification.Committee(dict(enumerate(choosers, 1))) if choosers[1:] else choosers[0]


WRITTEN = Kind(
    translation.prepare,
    _written,
    source=lambda example: (translation.pair_of(example).source,),
    target=lambda example: (translation.pair_of(example).target,),
)
LABELLED = Kind(
    classification.prepare,
    _labelled,
    source=lambda example: (example.text, *filter(None, (example.second,))),
)
POINTED_AT = Kind(
    questions.prepare,
    lambda models, coders, task, facts: questions.Finder(models, coders.target, task, facts),
    source=lambda example: (example.context, example.question),
)

KINDS: Mapping[tuple[str, bool], Kind] = {
    ("translation", True): WRITTEN,
    ("classification", False): LABELLED,
    ("questions", False): POINTED_AT,
    ("questions", True): WRITTEN,
}


def kind_of(task: TaskSettings) -> Kind:
    """The kind of a task's settings."""
    return KINDS[task.kind, task.writes]
