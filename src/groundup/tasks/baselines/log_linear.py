"""A log-linear model that points: what a few features of a word and of its neighbours say without any network.

In the manner of the logistic regression of Rajpurkar et al. 2016 (arXiv 1606.05250, section 5.2), which has F1 51 from
87,599 questions. Theirs chooses among a parser's constituents; ours gives each word a score as an answer's first and as
its last word, and an answer is the best pair within one sentence. What says most is how near a word stands to those of
the question.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.tasks.baselines.baseline import Baseline, Guesses, NotFitting
from groundup.tasks.baselines.sliding_window import SENTENCE_END, SMALL_WORDS
from groundup.tasks.examples import Question

Ids = NDArray[np.int64]
Weights = NDArray[np.float64]

# Features share this many weights; which ones they share is the chance of their hash.
PLACES = 2**18
BATCH = 32
RATE = 0.1
LONGEST = 12
# Nearness of words beyond so many is 1/e of that of neighbours, and is told in so many steps.
REACH, STEPS = 8, 8
# Share of the question that stands in a word's sentence.
SHARES = 4

_TOKEN = re.compile(r"\d[\d,.]*\d|\w+|[^\w\s]")
_YEAR = re.compile(r"1\d\d\d|20\d\d")
_KINDS = [
    "how many",
    "how much",
    "how long",
    "what year",
    "which year",
    "whose",
    "whom",
    "who",
    "when",
    "where",
    "why",
    "how",
    "which",
    "what",
]
# Longer words of the same beginning are taken for forms of one.
_STEM = 5


@dataclass(frozen=True)
class _Passage:
    """What a passage tells whatever is asked; each array has an entry a word."""

    places: list[tuple[int, int]]
    words: Ids
    stems: Ids
    shapes: Ids
    sentences: Ids


@dataclass(frozen=True)
class _Case:
    """A question on a passage of N words: [N, F] numbers of weights, and the answer's first and last word."""

    features: Ids
    sentences: Ids
    answer: tuple[int, int] | None


def log_linear(train: Sequence[Question]) -> Baseline:
    """Learns once through the training questions, by Adagrad. Raises NotFitting where no passage holds its answer."""
    weights = np.zeros((PLACES, 2))
    squares = np.zeros((PLACES, 2))
    order = np.random.default_rng(0).permutation(len(train))
    learnt = 0
    for batch in _batches(train, order):
        slope = np.zeros((PLACES, 2))
        for case in batch:
            assert case.answer is not None, "only questions with an answer teach"
            for end, place in enumerate(case.answer):
                scores = weights[case.features, end].sum(1)
                error = np.exp(scores - scores.max())
                error /= error.sum()
                error[place] -= 1
                spread = np.repeat(error / len(batch), case.features.shape[1])
                slope[:, end] += np.bincount(case.features.ravel(), spread, PLACES)
        squares += slope**2
        weights -= RATE * slope / (np.sqrt(squares) + 1e-10)
        learnt += len(batch)
    if not learnt:
        raise NotFitting("A log-linear model is not in the table: no training passage holds its answer.")

    def predict(examples: Sequence[Question]) -> Guesses:
        return Guesses([_answer(example, weights) for example in examples])

    return Baseline(
        "log-linear model",
        f"Weighs words, their shapes, what is asked and how near the question's words stand; learnt from {learnt:,} "
        "questions (after the logistic regression of Rajpurkar et al. 2016).",
        predict,
    )


def _batches(train: Sequence[Question], order: NDArray[np.int64]) -> Iterator[list[_Case]]:
    waiting: list[_Case] = []
    for number in order:
        case = _case(train[number])
        if case is not None and case.answer is not None:
            waiting.append(case)
        if len(waiting) == BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _answer(question: Question, weights: Weights) -> str:
    """The best run of words within one sentence, as it is written in the passage; "" where there is no word."""
    case = _case(question)
    if case is None:
        return ""
    first, last = weights[case.features].sum(1).T
    best, found = -np.inf, (0, 0)
    for more in range(min(LONGEST, len(first))):
        scores = first[: len(first) - more] + last[more:]
        scores[case.sentences[more:] != case.sentences[: len(first) - more]] = -np.inf
        place = int(scores.argmax())
        if scores[place] > best:
            best, found = float(scores[place]), (place, place + more)
    places = _read(question.context).places
    return question.context[places[found[0]][0] : places[found[1]][1]]


def _case(question: Question) -> _Case | None:
    """What the model sees of a question; None where the passage has no word."""
    passage = _read(question.context)
    if not passage.places:
        return None
    asked = [match[0].lower() for match in _TOKEN.finditer(question.question)]
    names = [_number(word) for word in asked]
    stems = {_number(_stem(word)) for word in asked if word.isalnum()}
    kind = _number(next((kind for kind in _KINDS if kind in question.question.lower()), "other"))
    match = np.isin(passage.stems, list(stems)).astype(np.int64) + np.isin(passage.words, names)
    near = _nearness(passage, stems)
    share = _share(passage, stems - _small_stems())
    words, shapes = passage.words, passage.shapes
    before, behind = _moved(words, 1), _moved(words, -1)
    pattern = _crossed(*(_moved(match, by) for by in (2, 1, 0, -1, -2)))
    groups: list[tuple[Any, ...]] = [
        (match,),
        (_moved(shapes, 1), shapes),
        (shapes, _moved(shapes, -1)),
        (words,),
        (before,),
        (behind,),
        (kind, shapes),
        (kind, before),
        (kind, words),
        (pattern,),
        (kind, match, shapes),
        (near,),
        (near, match, shapes),
        (kind, near, shapes),
        (share, shapes),
        (kind, share, shapes),
    ]
    features = np.stack([_crossed(number, *group) % PLACES for number, group in enumerate(groups)], 1)
    return _Case(features, passage.sentences, _place(question, passage))


def _place(question: Question, passage: _Passage) -> tuple[int, int] | None:
    """The first and last word of the answer that people gave first and that stands in the passage."""
    for answer in question.answers:
        start = answer.start if answer.start is not None else question.context.find(answer.text)
        if start < 0 or not answer.text:
            continue
        end = start + len(answer.text)
        inside = [number for number, (one, other) in enumerate(passage.places) if other > start and one < end]
        if inside:
            return inside[0], inside[-1]
    return None


@lru_cache(maxsize=64)
def _read(text: str) -> _Passage:
    found = list(_TOKEN.finditer(text))
    words = [match[0] for match in found]
    ends = np.array([match.end() for match in SENTENCE_END.finditer(text)], np.int64)
    begins = np.array([match.start() for match in found], np.int64)
    sentences = np.searchsorted(ends, begins, "right")
    is_first = np.diff(sentences, prepend=-1) != 0
    return _Passage(
        [match.span() for match in found],
        np.array([_number(word.lower()) for word in words], np.int64),
        np.array([_number(_stem(word.lower())) for word in words], np.int64),
        np.array([_shape(word, bool(first)) for word, first in zip(words, is_first, strict=True)], np.int64),
        sentences.astype(np.int64),
    )


def _nearness(passage: _Passage, stems: set[int]) -> Ids:
    """How near each word stands to those of the question, in steps; a word that is rare here says more."""
    heat = np.zeros(len(passage.places))
    counts = Counter(passage.stems.tolist())
    places = np.arange(len(heat))
    for stem in stems & counts.keys():
        at = np.flatnonzero(passage.stems == stem)
        # Distances to the nearest on either side.
        right = np.searchsorted(at, places).clip(max=len(at) - 1)
        distance = np.minimum(np.abs(at[right] - places), np.abs(at[(right - 1).clip(min=0)] - places))
        heat += np.exp(-distance / REACH) / counts[stem]
    return _steps(heat, STEPS)


def _share(passage: _Passage, stems: set[int]) -> Ids:
    """How much of the question stands in each word's sentence, in steps; what many sentences have says little."""
    sums = np.zeros(int(passage.sentences[-1]) + 1)
    for stem in stems:
        holders = np.unique(passage.sentences[passage.stems == stem])
        if len(holders):
            sums[holders] += np.log1p(1 / len(holders))
    return _steps(sums, SHARES)[passage.sentences]


def _steps(values: Weights, count: int) -> Ids:
    share: Ids = (values / max(float(values.max()), 1e-9) * count).astype(np.int64)
    return share.clip(max=count - 1)


def _moved(values: Ids, by: int) -> Ids:
    """The value `by` words before; behind and before the passage -1."""
    moved = np.full_like(values, -1)
    if by > 0:
        moved[by:] = values[:-by]
    elif by < 0:
        moved[:by] = values[-by:]
    else:
        moved = values
    return moved


def _crossed(*parts: Any) -> Ids:
    """One number for each combination of numbers: the same on every machine, spread over all 63 bits."""
    mixed: Any = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        for part in parts:
            mixed = (mixed ^ np.asarray(part, np.int64).astype(np.uint64)) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = mixed ^ (mixed >> np.uint64(29))
    crossed: Ids = (mixed >> np.uint64(1)).astype(np.int64)
    return crossed


def _number(word: str) -> int:
    return zlib.crc32(word.encode())


def _stem(word: str) -> str:
    return word[:_STEM]


@lru_cache(maxsize=1)
def _small_stems() -> frozenset[int]:
    return frozenset(_number(_stem(word)) for word in SMALL_WORDS)


def _shape(word: str, is_first: bool) -> int:
    """What a word looks like: year, number, mark, small word, capital at or behind a sentence's beginning, other."""
    if word[0].isdigit():
        return _number("year" if _YEAR.fullmatch(word) else "number")
    if not word[0].isalnum():
        return _number(word)
    if word.lower() in SMALL_WORDS:
        return _number("small")
    if word[0].isupper():
        return _number("first capital" if is_first else "capital")
    return _number("word")
