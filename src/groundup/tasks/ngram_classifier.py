"""Labels from runs of words and letters: a linear classifier, and the file that it is kept in with its network.

It errs elsewhere than a network does, so that the two together, in a pool, may be better than either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from groundup.errors import DamagedError
from groundup.evaluation.classification import class_indices
from groundup.progress import SILENT, Progress
from groundup.tasks.classification import Chooser
from groundup.tasks.examples import Labelled
from groundup.tasks.linear import Linear, fit_linear
from groundup.tasks.ngrams import Hashes, RunReader, learn_runs, read_runs, rows_of, text_of
from groundup.tasks.opinion_pool import Pool
from groundup.tasks.settings import NgramSettings

DESCRIPTION, WEIGHTS = "ngrams.json", "ngrams.safetensors"
NETWORK, NGRAMS = "network", "ngrams"
# What half of a squared weight costs, in nats. Accuracy and log loss of SST-2 sentences (words 2, letters 5; five-fold
# on the training part): 1 80.4 %, .53; 4 80.6 %, .45. Of a tenth of IMDB's training reviews (words 2): 4 91.8 %, .22.
PENALTY = 4.0


class NgramClassifier(Chooser):
    """Chooses labels by which runs a text has."""

    def __init__(self, settings: NgramSettings, names: Sequence[str], runs: Hashes, linear: Linear) -> None:
        """`runs` [F], ascending, are the features that `linear` weighs for the labels `names`."""
        self.reader, self.names, self.runs, self.linear = RunReader(settings), list(names), runs, linear

    def probabilities(self, examples: Sequence[Labelled], progress: Progress = SILENT) -> np.ndarray[Any, Any]:
        """[N, labels] for N texts, in the order of `names`."""
        rows = rows_of(read_runs(self.reader, examples, progress), self.runs)
        return self.linear.probabilities(rows)


def fit_ngrams(
    settings: NgramSettings, examples: Sequence[Labelled], names: Sequence[str], progress: Progress = SILENT
) -> NgramClassifier:
    """A classifier that has learned from `examples`, in whatever order, which of the labels `names` they have."""
    texts = read_runs(RunReader(settings), examples, progress)
    runs = learn_runs(texts)
    labels = class_indices([example.label for example in examples], names)
    linear = fit_linear(rows_of(texts, runs), labels, len(names), PENALTY, progress)
    # As it is kept, so that it answers before as after.
    return NgramClassifier(settings, names, runs, replace(linear, weights=linear.weights.astype(np.float32)))


def strongest(classifier: NgramClassifier, examples: Sequence[Labelled], count: int) -> dict[str, list[str]]:
    """For each label the `count` runs that speak for it most, found in the `examples` that it was learned from."""
    weights = classifier.linear.weights - classifier.linear.weights.mean(1, keepdims=True)
    best = np.argsort(-weights, axis=0, kind="stable")[:count].T
    wanted = {int(classifier.runs[place]) for place in best.flat}
    said: dict[int, str] = {}
    for example in examples:
        if wanted <= said.keys():
            break
        text = text_of(example)
        if wanted.intersection(classifier.reader.read(text).tolist()):
            said |= {number: name for number, name in classifier.reader.names(text) if number in wanted}
    return {
        label: [said[int(classifier.runs[place])] for place in places if weights[place, number] > 0]
        for number, (label, places) in enumerate(zip(classifier.names, best, strict=True))
    }


def save_ngrams(classifier: NgramClassifier, weights: Mapping[str, float], folder: Path) -> None:
    """Write the classifier into `folder`, with the weights of the pool."""
    linear = classifier.linear
    save_file({"runs": classifier.runs, "weights": linear.weights, "bias": linear.bias}, folder / WEIGHTS)
    described = {"settings": asdict(classifier.reader.settings), "labels": classifier.names, "pool": dict(weights)}
    (folder / DESCRIPTION).write_text(json.dumps(described, ensure_ascii=False, indent=2), encoding="utf-8")


def load_pool(folder: Path, network: Chooser) -> Pool:
    """A network together with the classifier that `save_ngrams` wrote. Raises DamagedError where it is none."""
    try:
        described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        kept, names = load_file(folder / WEIGHTS), list(map(str, described["labels"]))
        linear = Linear(kept["weights"], kept["bias"])
        if linear.weights.shape != (len(kept["runs"]), len(names)) or linear.bias.shape != (len(names),):
            raise ValueError(f"weights {linear.weights.shape} for {len(kept['runs'])} runs and {len(names)} labels")
        ngrams = NgramClassifier(NgramSettings(**described["settings"]), names, kept["runs"], linear)
        return Pool({NETWORK: network, NGRAMS: ngrams}, described["pool"])
    # A changed file can fail in any way; what it comes to is the same.
    except Exception as error:
        raise DamagedError(
            f"The classifier in {folder} cannot be read: {' '.join(str(error).split())[:300]}.",
            "Delete that folder and build again.",
        ) from error
