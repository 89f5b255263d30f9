"""SQuAD's simplest baseline: the piece of the passage that stands among most words of the question.

As in Rajpurkar et al. 2016 (arXiv 1606.05250, section 5.1), which has F1 20: candidates are kept whose sentence shares
most words and pairs of words with the question; the best of them is the one whose words, with the question's, fill
best a window of their number that slides over the sentence, less its distance from the question's words (Richardson
et al. 2013, aclanthology.org/D13-1020, algorithms 1 and 2). The paper's candidates are constituents of a parse; we
have no parser, so ours are runs of words that cross no mark and neither begin nor end with a small word.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from groundup.evaluation.answers import answer_statistics
from groundup.tasks.baselines.baseline import Baseline, Guesses
from groundup.tasks.examples import Question

# Lengths of candidates in words that are tried on so many training questions.
LENGTHS = range(1, 7)
TRIED_ON = 600
# A text without full stops is cut into sentences of so many words, or the time would grow with its square.
MOST_WORDS = 100

_WORD = re.compile(r"\w+")
SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]?\s|\n")
_MARKS = frozenset(',;:()[]"“”')
SMALL_WORDS = frozenset(
    _WORD.findall(
        "a about after all also an and any are as at be been before but by can could did do does for from had has "
        "have he her him his how i if in into is it its many may more most much no not of on or other over s she "
        "should so some such t than that the their them then there these they this those through to under up was we "
        "were what when where which while who whom whose why will with would you"
    )
)


@dataclass(frozen=True)
class _Sentence:
    words: list[str]
    places: list[tuple[int, int]]
    """The characters of each word in the passage."""


@dataclass(frozen=True)
class _Candidate:
    sentence: _Sentence
    start: int
    stop: int

    @property
    def words(self) -> list[str]:
        return self.sentence.words[self.start : self.stop]


def sliding_window(train: Sequence[Question]) -> Baseline:
    """Pieces of the passage; the training questions only say how many words a piece may have at most."""
    longest = _best_length(train)

    def predict(examples: Sequence[Question]) -> Guesses:
        return Guesses([find_answer(example.context, example.question, longest) for example in examples])

    return Baseline(
        "sliding window",
        f"Answers with the run of up to {longest} word{'s' if longest > 1 else ''} of the passage that stands nearest "
        "to most of the question's words (Rajpurkar et al. 2016, who took a parser's constituents for runs).",
        predict,
    )


def find_answer(passage: str, question: str, longest: int) -> str:
    """The best candidate of at most `longest` words, as it is written in the passage; "" where there is no word."""
    sentences = list(_sentences(passage))
    asked = _folded(question)
    counts = Counter(word for sentence in sentences for word in sentence.words)
    # A word of the passage weighs the more the rarer it is there.
    weights = {word: math.log1p(1 / count) for word, count in counts.items()}
    candidates = _nearest(passage, sentences, asked, longest)
    if not candidates:
        return ""
    best = max(candidates, key=lambda one: _window(one, asked, weights) - _distance(one, asked))
    return passage[best.sentence.places[best.start][0] : best.sentence.places[best.stop - 1][1]]


def _best_length(train: Sequence[Question]) -> int:
    """The greatest length of candidates that does best on some hundreds of training questions, evenly chosen.

    Both exact match and F1 count: F1 alone hardly tells two words from five (SQuAD 24.5 % and 21.7 % on 627 training
    questions), exact match does (13.7 % and 6.5 %).
    """
    asked = [question for question in train if question.answers]
    asked = asked[:: max(1, -(-len(asked) // TRIED_ON))]
    if not asked:
        return LENGTHS[0]
    golds = [[answer.text for answer in question.answers] for question in asked]

    def score(longest: int) -> float:
        answers = [find_answer(question.context, question.question, longest) for question in asked]
        return float(answer_statistics(answers, golds).sum())

    return max(LENGTHS, key=score)


def _nearest(passage: str, sentences: list[_Sentence], asked: list[str], longest: int) -> list[_Candidate]:
    """The candidates whose sentence without them shares most words and pairs of words with the question."""
    wanted = _terms(asked)
    best, found = -1, list[_Candidate]()
    for sentence in sorted(sentences, key=lambda one: -len(wanted & _terms(one.words))):
        if len(wanted & _terms(sentence.words)) < best:
            break
        for candidate in _candidates(passage, sentence, longest):
            around = sentence.words[: candidate.start], sentence.words[candidate.stop :]
            shared = len(wanted & (_terms(around[0]) | _terms(around[1])))
            if shared > best:
                best, found = shared, []
            if shared == best:
                found.append(candidate)
    return found


def _candidates(passage: str, sentence: _Sentence, longest: int) -> Iterator[_Candidate]:
    gaps = [passage[one[1] : other[0]] for one, other in pairwise(sentence.places)]
    # "1,200" goes on behind its mark, "cats, dogs" does not.
    parts = list(accumulate((len(gap) > 1 and not _MARKS.isdisjoint(gap) for gap in gaps), initial=0))
    is_small = [word in SMALL_WORDS for word in sentence.words]
    for start in range(len(sentence.words)):
        for stop in range(start + 1, min(start + longest, len(sentence.words)) + 1):
            if parts[stop - 1] == parts[start] and not is_small[start] and not is_small[stop - 1]:
                yield _Candidate(sentence, start, stop)


def _window(candidate: _Candidate, asked: list[str], weights: dict[str, float]) -> float:
    """Algorithm 1: the greatest weight of wanted words in a window of as many words as are wanted."""
    wanted = {*candidate.words, *asked}
    words = candidate.sentence.words
    sums = list(accumulate((weights[word] if word in wanted else 0.0 for word in words), initial=0.0))
    size = len(wanted)
    return max(sums[min(first + size, len(words))] - sums[first] for first in range(len(words)))


def _distance(candidate: _Candidate, asked: list[str]) -> float:
    """Algorithm 2: words from the candidate to the nearest of the question's, as a share of the sentence; else 1."""
    words = candidate.sentence.words
    wanted = set(asked) - SMALL_WORDS
    own = [
        place
        for place in range(candidate.start, candidate.stop)
        if words[place] not in wanted and words[place] not in SMALL_WORDS
    ]
    theirs = [place for place, word in enumerate(words) if word in wanted]
    if not own or not theirs:
        return 1.0
    return min(abs(one - other) for one in own for other in theirs) / max(1, len(words) - 1)


def _sentences(passage: str) -> Iterator[_Sentence]:
    start = 0
    for stop in [*(match.end() for match in SENTENCE_END.finditer(passage)), len(passage)]:
        words = [match.span() for match in _WORD.finditer(passage, start, stop)]
        for first in range(0, len(words), MOST_WORDS):
            places = words[first : first + MOST_WORDS]
            yield _Sentence([passage[begin:end].lower() for begin, end in places], places)
        start = stop


def _folded(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _terms(words: Sequence[str]) -> set[str | tuple[str, str]]:
    """Words and pairs of neighbours."""
    return {*words, *pairwise(words)}
