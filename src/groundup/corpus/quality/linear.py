"""A quality filter that learns from examples: logistic regression on hashed runs of words, in numpy alone.

Good texts given by the user and ordinary ones teach it what to prefer. DCLM (Li et al. 2024, arXiv 2406.11794) found
such a linear classifier with well chosen good texts better than rules, perplexity and the judgement of large
models. Its score is one more signal of a document.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from groundup.corpus.excerpt import excerpt
from groundup.corpus.quality.settings import LinearSettings
from groundup.errors import DamagedError, GroundupError
from groundup.progress import SILENT, Progress
from groundup.store.fingerprint import file_sha256

Reals = NDArray[numpy.float64]
Places = NDArray[numpy.int32]

DESCRIPTION, WEIGHTS = "quality.json", "quality.safetensors"

# Training ends where the loss is this flat: the largest part of its gradient.
FLAT = 1e-6

_WORD = re.compile(r"\w+|[^\w\s]")
# An odd multiplier with well spread bits (2**64 divided by the golden ratio).
_SPREAD = numpy.uint64(0x9E3779B97F4A7C15)
_SHIFT = numpy.uint64(29)


@dataclass(frozen=True)
class LinearFilter:
    """The weights of a trained filter."""

    weights: NDArray[numpy.float32]
    """[2**bits + 1] One weight for each hashed feature; the last is added to every text's sum."""
    settings: LinearSettings

    def score(self, text: str) -> float:
        """How likely the text is one of the good ones, 0 to 1. The time does not grow with the text's length."""
        places, values = features(text, self.settings)
        # Not `@`: a library's sum of many products depends on its threads, and so on who does the work.
        return float(_logistic(numpy.array([(self.weights[places] * values).sum(dtype=numpy.float64)]))[0])


def features(text: str, settings: LinearSettings) -> tuple[Places, NDArray[numpy.float32]]:
    """Places and values of the features that a text has: runs of up to `longest` words and marks, small letters.

    Values are 1 + log(count), scaled to length 1 over the text, so that long texts weigh as much as short ones;
    after them comes a 1 at the last place, for the bias.
    """
    words = _WORD.findall(excerpt(text, settings.characters).lower())
    single = numpy.fromiter((zlib.crc32(word.encode()) for word in words), numpy.uint64, len(words))
    runs = numpy.zeros(len(words), numpy.uint64)
    hashes = []
    for size in range(1, min(settings.longest, len(words)) + 1):
        mixed = (runs[: len(words) - size + 1] + single[size - 1 :]) * _SPREAD
        runs = mixed ^ (mixed >> _SHIFT)
        hashes.append(runs >> numpy.uint64(64 - settings.bits))
    bias = numpy.array([1 << settings.bits], numpy.int32)
    if not hashes:
        return bias, numpy.ones(1, numpy.float32)
    places, counts = numpy.unique(numpy.concatenate(hashes).astype(numpy.int32), return_counts=True)
    values = 1 + numpy.log(counts)
    values /= numpy.sqrt((values * values).sum())
    return numpy.append(places, bias), numpy.append(values, 1).astype(numpy.float32)


def train_filter(
    good: Iterable[str], ordinary: Iterable[str], settings: LinearSettings, progress: Progress = SILENT
) -> LinearFilter:
    """The filter that tells good from ordinary texts; both kinds weigh the same, however many there are of each.

    The loss is convex and its curvature known: texts have length 1, so the whole batch can be followed downhill in
    steps of 1 / (.5 + penalty) with momentum for that curvature (Nesterov 2004, section 2.2.1). There is no learning
    rate to choose, and nothing is random. Memory: about 15 kB for a text of 10,000 characters. Raises
    GroundupError where a kind has no text.
    """
    examples = _examples(good, ordinary, settings)
    weights = previous = numpy.zeros((1 << settings.bits) + 1)
    # Two parts of length 1, the features and the bias, and the logistic function's curvature of at most 1/4.
    steepest = 0.5 + settings.penalty
    root = numpy.sqrt(settings.penalty / steepest)
    momentum = (1 - root) / (1 + root)
    for step in range(settings.steps):
        progress("training the quality filter", step, settings.steps)
        ahead = weights + momentum * (weights - previous)
        gradient = examples.gradient(ahead) + settings.penalty * ahead
        previous, weights = weights, ahead - gradient / steepest
        if numpy.abs(gradient).max() < FLAT:
            break
    progress("training the quality filter", settings.steps, settings.steps)
    return LinearFilter(weights.astype(numpy.float32), settings)


def save_filter(filter: LinearFilter, folder: Path) -> None:
    """Write the filter's settings and weights into `folder`."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file({"weights": filter.weights}, folder / WEIGHTS)
    described = {"settings": asdict(filter.settings), "sha256": file_sha256(folder / WEIGHTS)}
    (folder / DESCRIPTION).write_text(json.dumps(described, indent=2), encoding="utf-8")


def load_filter(folder: Path) -> LinearFilter:
    """The filter that `save_filter` wrote.

    Raises GroundupError where there is none and DamagedError where its files are not what was written.
    """
    from safetensors.numpy import load_file

    if not (folder / DESCRIPTION).is_file():
        raise GroundupError(
            f"{folder} holds no {DESCRIPTION}, so there is no quality filter in it.",
            "Give the folder that the training of a quality filter wrote.",
        )
    try:
        described: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        settings = LinearSettings(**described["settings"])
        if file_sha256(folder / WEIGHTS) != described["sha256"]:
            raise ValueError(f"the SHA-256 of {WEIGHTS} is not the one that was written down")
        weights = load_file(folder / WEIGHTS)["weights"]
        if weights.shape != ((1 << settings.bits) + 1,) or weights.dtype != numpy.float32:
            raise ValueError(f"{weights.shape} weights of type {weights.dtype} do not fit the settings")
    # A changed description can fail in any way; what it comes to is the same.
    except Exception as error:
        raise DamagedError(
            f"The quality filter in {folder} cannot be read: {' '.join(str(error).split())[:300]}.",
            "Its files were changed after training; restore them, or train again.",
        ) from error
    return LinearFilter(weights, settings)


@dataclass(frozen=True)
class _Examples:
    """The features of all examples in a row, the good texts first: text i has those from `starts[i]` on."""

    places: Places
    """[features]"""
    values: NDArray[numpy.float32]
    """[features]"""
    starts: NDArray[numpy.int64]
    """[texts]"""
    is_good: NDArray[numpy.bool_]
    """[texts]"""

    def gradient(self, weights: Reals) -> Reals:
        """[weights] The gradient of the mean loss of the good and the mean loss of the ordinary texts, halved."""
        good = int(self.is_good.sum())
        share = numpy.where(self.is_good, 0.5 / good, 0.5 / (len(self.is_good) - good))
        sums = numpy.add.reduceat(weights[self.places] * self.values, self.starts)
        wrong = (_logistic(sums) - self.is_good) * share
        lengths = numpy.diff(self.starts, append=len(self.places))
        parts = self.values * numpy.repeat(wrong, lengths)
        return numpy.bincount(self.places, parts, len(weights)).astype(numpy.float64)


def _examples(good: Iterable[str], ordinary: Iterable[str], settings: LinearSettings) -> _Examples:
    found: list[tuple[Places, NDArray[numpy.float32]]] = []
    counts = []
    for kind, texts in (("good", good), ("ordinary", ordinary)):
        before = len(found)
        found += (features(text, settings) for text in texts)
        counts.append(len(found) - before)
        if not counts[-1]:
            raise GroundupError(
                f"There are no {kind} texts to train the quality filter on.",
                "It learns from both kinds: name files or a source for each.",
            )
    # Every text has the bias at least, so none is empty.
    ends = numpy.cumsum([len(places) for places, _ in found])
    return _Examples(
        numpy.concatenate([places for places, _ in found]),
        numpy.concatenate([values for _, values in found]),
        numpy.concatenate(([0], ends[:-1])),
        numpy.arange(len(found)) < counts[0],
    )


def _logistic(sums: Reals) -> Reals:
    # tanh does not overflow where exp would.
    return 0.5 + 0.5 * numpy.tanh(sums / 2)
