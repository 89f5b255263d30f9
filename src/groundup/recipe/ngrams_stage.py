"""The stage behind fine-tuning that fits a classifier on runs of words, and what it weighs beside the network."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from groundup.recipe.notes import note
from groundup.recipe.recipe import Recipe
from groundup.recipe.task_stages import parts_of, predictor_of
from groundup.store.runner import Bench, Stage
from groundup.tasks.examples import Labelled
from groundup.tasks.settings import NgramSettings

# Runs that the report shows of each label.
SHOWN = 12
# Examples that a plan tries.
TRIED = 500


def ngrams_stage(recipe: Recipe) -> Stage:
    """Fitting the classifier to the training examples, and the pool to the validation examples."""
    assert recipe.task is not None
    assert recipe.task.ngrams is not None
    return Stage(
        "ngrams",
        recipe.task.ngrams,
        ("tokenizer", "examples", "finetune"),
        lambda bench: _ngrams(recipe, bench),
        section="task.ngrams",
    )


def _ngrams(recipe: Recipe, bench: Bench) -> dict[str, Any]:
    from groundup.evaluation.classification import class_indices
    from groundup.tasks.classification import Chooser
    from groundup.tasks.judge import judge
    from groundup.tasks.ngram_classifier import NETWORK, NGRAMS, fit_ngrams, save_ngrams, strongest
    from groundup.tasks.opinion_pool import Pool, fit_pool

    assert recipe.task is not None
    assert recipe.task.ngrams is not None
    note(recipe, bench)
    parts = parts_of(bench.parents["examples"])
    network = predictor_of(recipe.task, bench.parents["finetune"], bench.parents["tokenizer"])
    assert isinstance(network, Chooser), "runs of words choose labels"
    ngrams = fit_ngrams(recipe.task.ngrams, parts.train, network.names, bench.progress)
    equal = Pool({NETWORK: network, NGRAMS: ngrams}, {NETWORK: 0.5, NGRAMS: 0.5})
    opinions = equal.opinions(parts.validation, bench.progress)
    golds = class_indices([example.label for example in parts.validation], network.names)
    weights = dict(zip(equal.members, fit_pool(opinions, golds).tolist(), strict=True))
    save_ngrams(ngrams, weights, bench.draft)
    said = Pool(equal.members, weights).said_of(opinions)
    judged = judge(recipe.task.kind, parts.validation, said)
    return {
        "runs": len(ngrams.runs),
        "weights": weights,
        "examples": {"train": len(parts.train), "validation": len(parts.validation)},
        "validation": {**judged.details["alone"], "pool": dict(judged.figures)},
        "strongest": strongest(ngrams, parts.train, SHOWN),
    }


def seconds_to_fit(settings: NgramSettings, examples: Sequence[Labelled]) -> float:
    """How long the classifier will take to learn from the examples: some of them are tried."""
    from groundup.tasks.ngram_classifier import fit_ngrams

    # Of made-up labels, as whatever a plan tries: files may begin with thousands of one label.
    dealt = [replace(example, label="ab"[number % 2]) for number, example in enumerate(examples[:TRIED])]
    began = time.perf_counter()
    fit_ngrams(settings, dealt, ("a", "b"))
    return (time.perf_counter() - began) * len(examples) / len(dealt)
