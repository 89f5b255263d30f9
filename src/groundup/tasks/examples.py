"""What a task learns from and is judged on: labelled texts, pairs of texts, questions on a passage, stories.

Readers make them, and nothing behind the readers knows which kind of file they came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True)
class Labelled:
    """A text, or two that belong together, and the class it is of."""

    id: str
    text: str
    label: str
    second: str = ""


@dataclass(frozen=True)
class Pair:
    """A text and what is to be written for it."""

    id: str
    source: str
    target: str


@dataclass(frozen=True)
class Answer:
    """An answer and the character of the passage at which it begins; None where the file does not say."""

    text: str
    start: int | None = None


@dataclass(frozen=True)
class Question:
    """A question on a passage, with every answer that people gave."""

    id: str
    context: str
    question: str
    answers: tuple[Answer, ...]
    is_impossible: bool = False
    """The passage holds no answer (SQuAD 2.0); `answers` is empty then."""
    kind: str = ""
    """What the file calls the question, such as `explicit` or `implicit`; of a story, its task."""
    group: str = ""
    """Questions of one group belong together, as those of one story do; "": those on one passage do."""


@dataclass(frozen=True)
class Sentence:
    """A sentence of a story, and its line in it from 1."""

    line: int
    text: str


@dataclass(frozen=True)
class Story:
    """A question of bAbI with the sentences before it (arXiv 1502.05698)."""

    id: str
    task: int
    sentences: tuple[Sentence, ...]
    question: str
    answer: str
    supporting: tuple[int, ...]
    """Lines of the sentences that the answer follows from; empty where the file does not say."""
    story: int = 0
    """The story's place in its file, from 1; it may have several questions."""


Example = Labelled | Pair | Question | Story
Kind = TypeVar("Kind", Labelled, Pair, Question, Story)
