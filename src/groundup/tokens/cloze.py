"""Questions that a text asks of itself: a sentence with a hole in it, and the passage in which it stands whole.

Rows are `<end> question <sep> passage <sep>`, as those of people's questions are, and the label is where in the passage
stands what fills the hole. So a model learns to find what is asked for before anybody has asked it anything (Dhingra et
al. 2018, arXiv 1804.00720; Lewis et al. 2019, arXiv 1906.04980). Both take a parser's phrases and names for answers; we
have none, so an answer is a run of words that are not among the most frequent ones, from one mark to the next at most.
As people do not ask in a passage's own words, most words of a sentence are left out, a share drawn for each question;
and because they begin with what they do not know, the hole stands first in half of the questions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundup.errors import GroundupError
from groundup.tokens.order import raw_draws, shuffled
from groundup.tokens.pairs import PairBatch
from groundup.tokens.shards import TokenStream
from groundup.tokens.shared_words import CAPITAL, SharedWords

# A token of more than this share of a text begins no answer: about the hundred most frequent words.
FREQUENT = 1e-3
# How often a capital or a digit is preferred to a small letter: names and numbers are asked for most.
PREFERRED = 4
# The most words of an answer, and the chance that it goes on for another one.
MOST_WORDS, GOES_ON = 5, 0.6
# The shares of words that are left out of questions.
LEAST_LOST, MOST_LOST = 0.3, 0.8
# The longest question, and the shortest sentence with something to ask for.
LONGEST, SHORTEST = 48, 12
_FRAME = 3
# Numbers that a row draws: three for the row, two for the answer's sides, one for each word.
_ROW, _SIDES = 4, 2 * MOST_WORDS

_Places = NDArray[np.int64]


@dataclass(frozen=True)
class AnswerWords:
    """Which words may stand in an answer."""

    may: NDArray[np.bool_]
    """[V] the token begins a word, and alone is none of the frequent ones."""
    weight: NDArray[np.float64]
    """[V] how likely an answer grows from a word that begins with it, 0 where that is a mark."""


def answer_words(words: SharedWords, counts: NDArray[np.int64]) -> AnswerWords:
    """`counts` [V]: how often each token stands in the text."""
    may = words.tells & words.begins & (counts <= FREQUENT * max(int(counts.sum()), 1))
    return AnswerWords(may, np.where(words.tells, np.where(words.shapes >= CAPITAL, float(PREFERRED), 1.0), 0.0))


class Cloze:
    """Batches of questions, each a pure function of (fingerprint, seed, step): `at(step)`.

    A cycle asks of every sentence once, in an order drawn anew, for other words each time. Row r of all rows is the
    same however many rows a batch has.
    """

    def __init__(
        self,
        stream: TokenStream,
        sentences: _Places,
        words: SharedWords,
        answers: AnswerWords,
        *,
        context: int,
        rows: int,
        mask: int,
        separator: int,
        padding: int,
        fingerprint: str,
        seed: int,
        is_told: bool,
    ) -> None:
        """`sentences`: where they begin; `is_told`: segments tell what each word of a passage is to the question.

        Raises `GroundupError` where no sentence fits into what `context` leaves beside a question.
        """
        self.stream, self.sentences, self.words, self.answers = stream, sentences, words, answers
        self.context, self.rows, self.is_told = context, rows, is_told
        self.mask, self.separator, self.padding = mask, separator, padding
        self.fingerprint, self.seed = fingerprint, seed
        self.longest = min(LONGEST, context // 3)
        self.room = context - _FRAME - self.longest
        self.document_ends = np.append(stream.starts[1:], len(stream.tokens)) - 1
        documents = np.searchsorted(stream.starts, sentences, side="right") - 1
        self.ends = np.minimum(np.append(sentences[1:], len(stream.tokens)), self.document_ends[documents])
        self.documents = documents
        length = self.ends - sentences
        chosen = np.flatnonzero((length >= SHORTEST) & (length <= self.room))
        may = np.concatenate(([0], np.cumsum(answers.may[np.asarray(stream.tokens)])))
        # Beside what is asked for there must be something to ask by.
        self.asked = chosen[may[self.ends[chosen]] - may[sentences[chosen]] >= 2]
        if not len(self.asked):
            raise GroundupError(
                f"No sentence of the text fits into rows of {context:,} tokens beside a question and has words to ask "
                "for.",
                "Give more text, raise model.context, take a tokenizer whose tokens are words or parts of them, or set "
                "the objective's pairs to none.",
            )
        self._cycles: dict[int, _Places] = {}

    @property
    def size(self) -> int:
        """Tokens that a batch holds, padding among them."""
        return self.rows * self.context

    def at(self, step: int) -> PairBatch:
        """The batch of `step`, counted from 0."""
        count = len(self.asked)
        numbers = range(step * self.rows, (step + 1) * self.rows)
        return self._batch([(int(self._cycle(number // count)[number % count]), number) for number in numbers])

    def epoch(self, step: int) -> float:
        """About how many times each sentence has been asked of before `step`."""
        return step * self.rows / len(self.asked)

    def held_out(self) -> HeldOutCloze:
        """A fixed list of batches that cover the text about once, in order: for validation."""
        return HeldOutCloze(self)

    def _cycle(self, number: int) -> _Places:
        if number not in self._cycles:
            if len(self._cycles) == 2:
                self._cycles.pop(next(iter(self._cycles)))
            order = shuffled(len(self.asked), "cloze", self.fingerprint, self.seed, number, "order")
            self._cycles[number] = self.asked[order]
        return self._cycles[number]

    def _batch(self, rows: list[tuple[int, int]]) -> PairBatch:
        """The rows that ask of the given sentences, each with the number that its draws belong to."""
        shape = (len(rows), self.context)
        tokens = np.full(shape, self.padding, dtype=np.int64)
        segments = np.zeros((*shape, self.words.columns) if self.is_told else shape, dtype=np.int64)
        real, labels = np.zeros(shape, dtype=np.bool_), np.zeros((len(rows), 2), dtype=np.int64)
        for row, (sentence, number) in enumerate(rows):
            ids, first, span = self._row(sentence, number)
            tokens[row, : len(ids)], real[row, : len(ids)], labels[row] = ids, True, span
            told = self.words.segments(ids, first) if self.is_told else np.arange(len(ids)) >= first
            segments[row, : len(ids)] = told
        return PairBatch(tokens, segments, real, labels)

    def _row(self, sentence: int, number: int) -> tuple[_Places, int, tuple[int, int]]:
        """A row's tokens, where its passage begins and where in it the answer's first and last token stand."""
        start, end = int(self.sentences[sentence]), int(self.ends[sentence])
        ids = np.asarray(self.stream.tokens[start:end], dtype=np.int64)
        chance = raw_draws(_ROW + _SIDES + len(ids), "cloze", self.fingerprint, self.seed, "row", number) / 2.0**64
        first, last = self._answer(ids, chance[: _ROW + _SIDES])
        question = self._question(ids, first, last, chance)
        begin, stop = self._passage(sentence, start, end, chance[2])
        passage = np.asarray(self.stream.tokens[begin:stop], dtype=np.int64)
        row = np.concatenate(([self.stream.end], question, [self.separator], passage, [self.separator])).astype(
            np.int64
        )
        shift = len(question) + 2
        return row, shift, (shift + start - begin + first, shift + start - begin + last - 1)

    def _answer(self, ids: _Places, chance: NDArray[np.float64]) -> tuple[int, int]:
        """Where in a sentence the answer begins and ends, in tokens."""
        begins = self.words.begins[ids].copy()
        begins[0] = True
        starts = np.append(np.flatnonzero(begins), len(ids))
        head = ids[starts[:-1]]
        # A word of several tokens is rare, however frequent the first of them.
        may = self.answers.may[head] | (self.words.tells[head] & (np.diff(starts) > 1))
        reached = (may * self.answers.weight[head]).cumsum()
        first = int(np.searchsorted(reached, chance[0] * reached[-1], side="right"))
        first = last = min(first, len(head) - 1)
        left, right = chance[_ROW : _ROW + MOST_WORDS], chance[_ROW + MOST_WORDS :]
        while last - first + 1 < MOST_WORDS and first > 0 and may[first - 1] and left[last - first] < GOES_ON:
            first -= 1
        while (
            last - first + 1 < MOST_WORDS and last + 1 < len(head) and may[last + 1] and right[last - first] < GOES_ON
        ):
            last += 1
        return int(starts[first]), int(starts[last + 1])

    def _question(self, ids: _Places, first: int, last: int, chance: NDArray[np.float64]) -> _Places:
        """The sentence without what is asked for and without most other words, cut to what a question may have."""
        begins = self.words.begins[ids].copy()
        begins[[0, last] if last < len(ids) else [0]] = True
        word = begins.cumsum() - 1
        lost = LEAST_LOST + (MOST_LOST - LEAST_LOST) * chance[1]
        is_kept = chance[_ROW + _SIDES :][word] >= lost
        is_kept[first:last] = False
        before, behind = ids[:first][is_kept[:first]], ids[last:][is_kept[last:]]
        if chance[3] < 0.5 or len(before) >= self.longest:
            question = np.concatenate(([self.mask], before, behind))
        else:
            question = np.concatenate((before, [self.mask], behind))
        return question[: self.longest]

    def _passage(self, sentence: int, start: int, end: int, share: float) -> tuple[int, int]:
        """Where the run of whole sentences around one begins and ends: as long as the row allows."""
        document = self.documents[sentence]
        spare = self.room - (end - start)
        lowest = max(start - int(share * (spare + 1)), int(self.stream.starts[document]))
        begin = int(self.sentences[np.searchsorted(self.sentences, lowest)])
        last = int(self.document_ends[document])
        highest = begin + self.room
        if highest >= last:
            return begin, last
        return begin, int(self.sentences[np.searchsorted(self.sentences, highest, side="right") - 1])


class HeldOutCloze:
    """A fixed list of batches that ask about one question for each passage of a text, in order."""

    def __init__(self, cloze: Cloze) -> None:
        """One row for about every `room` tokens of the text."""
        self.cloze = cloze
        wanted = np.arange(cloze.room // 2, max(len(cloze.stream.tokens), cloze.room), cloze.room)
        nearest = np.minimum(np.searchsorted(cloze.sentences[cloze.asked], wanted), len(cloze.asked) - 1)
        self._asked = cloze.asked[np.unique(nearest)]

    def __len__(self) -> int:
        """Number of batches."""
        return math.ceil(len(self._asked) / self.cloze.rows)

    def __iter__(self) -> Iterator[PairBatch]:
        """All batches, in order."""
        return map(self.at, range(len(self)))

    def at(self, step: int) -> PairBatch:
        """The batch of `step`, 0 to len - 1; the last may have fewer rows."""
        part = self._asked[step * self.cloze.rows : (step + 1) * self.cloze.rows]
        # Draws of their own: training counts its rows from 0.
        return self.cloze._batch([(int(sentence), -1 - int(sentence)) for sentence in part])
