"""A question and its passage as rows that a model can read, and where in them the answer stands.

A passage too long for one row is cut into windows that overlap, so that an answer cut by one is whole in another. What
stands in several windows is looked for in the one where it has most text on both sides, as BERT does (Devlin et al.
2019, arXiv 1810.04805, run_squad.py).
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from groundup.errors import GroundupError
from groundup.evaluation.answers import comparable
from groundup.tasks.examples import Answer, Question
from groundup.tokens.tokenizer import Tokenizer

# The end token before the question, and a separator behind it and behind the passage.
_FRAME = 3

Span = tuple[int, int]


@dataclass(frozen=True)
class Window:
    """A row `<end> question <sep> part of the passage <sep>`; places are positions in the row, from 0."""

    question: int
    """The question's number among those that were cut."""
    passage: str = field(repr=False)
    """The whole passage, as it was given."""
    ids: tuple[int, ...]
    """[T] the row."""
    first: int
    """Place of the first token of the passage; the last one is the last but one of the row."""
    offsets: tuple[Span, ...]
    """For each token of the passage here, the characters of the passage it stands for: the first, and their end."""
    has_most_context: tuple[bool, ...]
    """For each token of the passage here, whether no window has more of the passage to either side of it."""
    answer: Span | None = None
    """Places of the answer's first and last token; None where the window does not hold all of it."""
    question_cut: int = 0
    """Tokens of the question that were too many and are left out."""

    @property
    def labels(self) -> Span:
        """What a model learns: the answer's first and last place, or twice that of the end token for no answer."""
        return self.answer or (0, 0)

    def characters(self, first: int, last: int) -> Span:
        """The characters of the passage that the tokens from one place to another hold, without blanks at the ends.

        Tokens of nothing but blanks: an empty span.
        """
        start, end = self.offsets[first - self.first][0], self.offsets[last - self.first][1]
        text = self.passage[start:end]
        start += len(text) - len(text.lstrip())
        return start, start + len(text.strip())


def windows_of(
    question: Question, tokenizer: Tokenizer, *, context: int, stride: int, longest_question: int, number: int = 0
) -> list[Window]:
    """The windows of one question in the passage's order, at least one, as `cut` makes them."""
    (windows,) = cut([question], tokenizer, context=context, stride=stride, longest_question=longest_question)
    return [replace(window, question=number) for window in windows]


def cut(
    questions: Iterable[Question], tokenizer: Tokenizer, *, context: int, stride: int, longest_question: int
) -> Iterator[list[Window]]:
    """The windows of each question. Questions on one passage that stand together have it encoded once.

    A row has at most `context` tokens; neighbours share `stride` tokens of the passage; of a question the first
    `longest_question` tokens are kept. Raises `GroundupError` where this leaves a window no room to move on.
    """
    check_room(context, stride, longest_question)
    passage: str | None = None
    for number, question in enumerate(questions):
        if question.context != passage:
            passage = question.context
            ids, offsets = tokenizer.encode_with_offsets(passage)
        asked = tokenizer.encode(question.question)
        head = (tokenizer.end, *asked[:longest_question], tokenizer.separator)
        parts = _parts(len(ids), context - len(head) - 1, stride)
        answer = _tokens(place(question), offsets)
        yield [
            Window(
                question=number,
                passage=passage,
                ids=(*head, *ids[part.start : part.stop], tokenizer.separator),
                first=len(head),
                offsets=tuple(offsets[part.start : part.stop]),
                has_most_context=has_most,
                answer=_within(part, answer, len(head)),
                question_cut=max(0, len(asked) - longest_question),
            )
            for part, has_most in zip(parts, _most_context(parts), strict=True)
        ]


def check_room(context: int, stride: int, longest_question: int) -> None:
    """Raise GroundupError where the longest question leaves a window no room to move on."""
    room = context - _FRAME - longest_question
    if not 0 <= stride < room:
        raise GroundupError(
            f"Rows of {context:,} tokens leave {max(room, 0):,} for the passage beside a question of up to "
            f"{longest_question:,} and {_FRAME} marks, and windows that overlap by {stride:,} could not move on.",
            f"Set model.context above {_FRAME + longest_question + stride:,}, or a smaller task.stride or "
            "task.longest_question.",
        )


def place(question: Question) -> Span | None:
    """The characters of the first answer that stands in the passage, without blanks at its ends; None: none does.

    An answer stands where it says that it begins, or else where the passage first has its words. Where no answer does,
    one will do whose words the passage has but for case, punctuation and articles, which the official rules of judging
    do not count either; and at last one that is a part of a word.
    """
    ways = (way(question.context, answer) for way in (_as_words, _alike, _anywhere) for answer in question.answers)
    return next((characters for characters in ways if characters), None)


def _as_words(passage: str, answer: Answer) -> Span | None:
    text = answer.text.strip()
    if answer.start is not None:
        start = answer.start + len(answer.text) - len(answer.text.lstrip())
        if text and answer.start >= 0 and passage.startswith(text, start):
            return start, start + len(text)
    found = re.search(rf"(?<!\w){re.escape(text)}(?!\w)", passage) if text else None
    return found.span() if found else None


def _anywhere(passage: str, answer: Answer) -> Span | None:
    text = answer.text.strip()
    start = passage.find(text) if text else -1
    return (start, start + len(text)) if start >= 0 else None


def _alike(passage: str, answer: Answer) -> Span | None:
    wanted = comparable(answer.text).split()
    words = [(match, word) for match in re.finditer(r"\S+", passage) if (word := comparable(match.group()))]
    for first in range(len(words) - len(wanted) + 1 if wanted else 0):
        part = words[first : first + len(wanted)]
        if [word for _, word in part] == wanted:
            (begin, _), (end, _) = part[0], part[-1]
            lead = len(begin.group()) - len(begin.group().lstrip(string.punctuation))
            return begin.start() + lead, end.start() + len(end.group().rstrip(string.punctuation))
    return None


def _tokens(characters: Span | None, offsets: Sequence[Span]) -> Span | None:
    """The first and the last token that hold any of the characters."""
    if characters is None:
        return None
    first, end = characters
    holding = [number for number, (start, stop) in enumerate(offsets) if stop > first and start < end]
    return holding[0], holding[-1]


def _within(part: range, answer: Span | None, head: int) -> Span | None:
    if answer is None or answer[0] < part.start or answer[1] >= part.stop:
        return None
    return head + answer[0] - part.start, head + answer[1] - part.start


def _parts(tokens: int, room: int, stride: int) -> list[range]:
    """Parts of at most `room` tokens; each begins `stride` tokens before the end of the last."""
    starts = range(0, max(1, tokens - stride), room - stride)
    return [range(start, min(start + room, tokens)) for start in starts]


def _most_context(parts: Sequence[range]) -> list[tuple[bool, ...]]:
    """For each token of each part, whether the part is the first of those with the most context for it.

    Context is the lesser number of tokens to either side, and a hundredth of the part's length.
    """
    if len(parts) == 1:
        return [(True,) * len(parts[0])]
    context = np.full((len(parts), parts[-1].stop), -1)
    for row, part in zip(context, parts, strict=True):
        sides = np.arange(len(part))
        row[part.start : part.stop] = 100 * np.minimum(sides, sides[::-1]) + len(part)
    best = context.argmax(0)
    return [tuple((best[part.start : part.stop] == number).tolist()) for number, part in enumerate(parts)]
