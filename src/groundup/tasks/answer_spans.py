"""From what a model says of each window's tokens to answers in the passage's own characters, the best first.

As BERT's run_squad.py does it: a span's score is the sum of its two ends', the answer's first token must stand in the
window that has most context for it, and no answer competes as the span that is the end token alone (Devlin et al. 2019,
arXiv 1810.04805).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.tasks.windows import Window

Scores = NDArray[np.floating[Any]]

_LOWEST = float(np.finfo(np.float64).min)


@dataclass(frozen=True)
class SpanAnswer:
    """An answer that stands in the passage, or none."""

    text: str
    """`passage[start:end]`; empty: the passage holds no answer."""
    start: int
    """The answer's first character in the passage, from 0; 0 for no answer."""
    end: int
    """Behind its last character; 0 for no answer."""
    score: float
    """The log-probabilities of first and last token added up."""
    probability: float
    """Of this answer among those that are listed with it, 0 to 1."""


def best_answers(
    windows: Sequence[Window],
    start_log_probabilities: Iterable[Scores],
    end_log_probabilities: Iterable[Scores],
    *,
    n_best: int,
    longest: int,
    null_threshold: float,
    whole_words: bool = False,
) -> list[SpanAnswer]:
    """The `n_best` answers to one question over all its windows, and no answer as one more; the first is to be given.

    The two lists hold for each window an array over its row, [T] or padded behind; what is not finite is no answer.
    Answers have at most `longest` tokens, and those of the same characters are one, with the best of their scores. No
    answer has the score of the window that likes it least. It comes first where the best answer's score less its own is
    below `null_threshold` (0: the likelier one; minus infinity: never, as SQuAD 1.1 asks), else behind that answer at
    its rank. With `whole_words` no answer begins or ends inside a word, unless all do. Probabilities add up to 1.
    """
    rows = list(zip(windows, start_log_probabilities, end_log_probabilities, strict=True))
    # What was forbidden has minus infinity, which has no place in JSON.
    null = max(min(float(starts[0]) + float(ends[0]) for _, starts, ends in rows), _LOWEST)
    at_words = [(row[0], *_at_words(*row)) for row in rows] if whole_words else rows
    # A script that writes no spaces has passages of one word.
    found = _found(at_words, n_best, longest) or _found(rows, n_best, longest)
    passage = windows[0].passage
    answers = [(passage[start:end], start, end, score) for (start, end), score in found.items()]
    answers.insert(_rank([score for *_, score in answers], null, null_threshold), ("", 0, 0, null))
    probabilities = _softmax([score for *_, score in answers])
    return [SpanAnswer(*answer, probability) for answer, probability in zip(answers, probabilities, strict=True)]


def _found(rows: Sequence[tuple[Window, Scores, Scores]], n_best: int, longest: int) -> dict[tuple[int, int], float]:
    """The characters of the `n_best` best answers, the best first, and their scores."""
    spans = [_spans(number, *row, longest) for number, row in enumerate(rows)]
    found: dict[tuple[int, int], float] = {}
    for number, first, last, score in _ranked(spans):
        if len(found) == n_best:
            break
        start, end = rows[number][0].characters(first, last)
        if start < end:
            found.setdefault((start, end), score)
    return found


def _at_words(window: Window, starts: Scores, ends: Scores) -> tuple[Scores, Scores]:
    """The scores without those of first tokens that begin, and of last tokens that end, inside a word."""
    starts, ends = np.array(starts, dtype=np.float64), np.array(ends, dtype=np.float64)
    for place in range(window.first, window.first + len(window.offsets)):
        start, end = window.characters(place, place)
        if _is_inside_word(window.passage, start):
            starts[place] = -np.inf
        if _is_inside_word(window.passage, end):
            ends[place] = -np.inf
    return starts, ends


def _is_inside_word(text: str, place: int) -> bool:
    """Whether letters or digits stand on both sides of the place between two characters."""
    return 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum()


def _spans(number: int, window: Window, starts: Scores, ends: Scores, longest: int) -> tuple[NDArray[Any], ...]:
    """All spans that may be an answer: window, place of the first and of the last token, score."""
    tokens = len(window.offsets)
    part = slice(window.first, window.first + tokens)
    start = np.asarray(starts[part], dtype=np.float64)
    end = np.asarray(ends[part], dtype=np.float64)
    first = np.flatnonzero(np.array(window.has_most_context, dtype=bool) & np.isfinite(start))
    last = first[:, None] + np.arange(min(longest, tokens))
    inside = last < tokens
    scores = start[first][:, None] + end[np.minimum(last, tokens - 1)]
    kept = inside & np.isfinite(scores)
    begins = np.broadcast_to(first[:, None], last.shape)[kept]
    return np.full(len(begins), number), begins + window.first, last[kept] + window.first, scores[kept]


def _ranked(spans: Sequence[tuple[NDArray[Any], ...]]) -> Iterator[tuple[int, int, int, float]]:
    """The spans from the best; of equal ones the earlier and then the shorter first."""
    columns = [np.concatenate(column) for column in zip(*spans, strict=True)]
    for place in np.argsort(-columns[3], kind="stable"):
        number, first, last, score = (column[place] for column in columns)
        yield int(number), int(first), int(last), float(score)


def _rank(scores: Sequence[float], null: float, threshold: float) -> int:
    """Where in a falling list of scores no answer stands: in front where it is to be given, else behind the first."""
    if not scores or scores[0] - null < threshold:
        return 0
    return max(1, sum(score >= null for score in scores))


def _softmax(scores: Sequence[float]) -> list[float]:
    weights = np.exp(np.array(scores) - max(scores))
    shares: list[float] = (weights / weights.sum()).tolist()
    return shares
