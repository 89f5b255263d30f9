"""Small stories with questions, made without end from a seed: bAbI's tasks (Weston et al. 2015) by rules of our own.

What an answer rests on is not written down by hand: sentences are left out one by one, oldest first, as long as
the answer stays. What is left is enough, and none of it can be spared. Of the questions that a story allows, one
with the answer given least often so far is asked, so that no answer is a safe guess.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy
from numpy.random import Generator

from groundup.errors import GroundupError, did_you_mean
from groundup.progress import SILENT, Progress
from groundup.tasks.story_kinds import KINDS, Fact, Kind, Question
from groundup.tasks.story_words import ANIMALS, WORDING


@dataclass(frozen=True)
class Line:
    """A sentence, or with an `answer` a question; `supporting` are the line numbers it rests on, from 1."""

    text: str
    answer: str = ""
    supporting: tuple[int, ...] = ()


@dataclass(frozen=True)
class Tale:
    """A story: lines in order; a question is asked of the sentences above it."""

    kind: str
    lines: tuple[Line, ...]

    @property
    def questions(self) -> list[Line]:
        """The lines that ask."""
        return [line for line in self.lines if line.answer]


def tales(kind: str, seed: int, split: str = "train") -> Iterator[Tale]:
    """Stories of a kind without end; kind, seed and split settle them all. Raises `GroundupError` for no such kind."""
    if kind not in KINDS:
        raise GroundupError(f"There is no kind of story named {kind!r}.", did_you_mean(kind, KINDS))
    key = hashlib.blake2b(f"{kind} {split} {seed}".encode(), digest_size=16).digest()
    draws = Generator(numpy.random.Philox(key=numpy.frombuffer(key, "<u8")))
    given: Counter[str] = Counter()
    while True:
        story = Tale(kind, tuple(_lines(KINDS[kind], draws, given)))
        if story.lines:
            yield story


def tale_splits(kind: str, questions: Mapping[str, int], seed: int) -> dict[str, list[Tale]]:
    """For each split (`{"train": 1000, "test": 200}`) whole stories with at least so many questions.

    Every split has a seed of its own, and no story stands twice, in one split or in two.
    """
    seen: set[tuple[Line, ...]] = set()
    made: dict[str, list[Tale]] = {}
    for split, wanted in questions.items():
        chosen: list[Tale] = []
        asked = 0
        endless = tales(kind, seed, split)
        while asked < wanted:
            story = next(endless)
            if story.lines not in seen:
                seen.add(story.lines)
                chosen.append(story)
                asked += len(story.questions)
        made[split] = chosen
    return made


def as_babi(told: Iterable[Tale]) -> Iterator[str]:
    """Lines as in bAbI's files: `N sentence`, or `N question?`, answer and supporting lines with tabs between."""
    for story in told:
        for number, line in enumerate(story.lines, 1):
            tail = f"\t{line.answer}\t{' '.join(map(str, line.supporting))}" if line.answer else ""
            yield f"{number} {line.text}{tail}"


def write_babi(
    folder: Path,
    questions: Mapping[str, int],
    seed: int,
    kinds: Iterable[str] = tuple(KINDS),
    progress: Progress = SILENT,
) -> list[Path]:
    """One file for each kind and split, `qaN_KIND_SPLIT.txt`, where N is the kind's place in `KINDS` from 1."""
    paths: list[Path] = []
    for kind in kinds:
        progress(f"making stories of {kind}", len(paths))
        for split, told in tale_splits(kind, questions, seed).items():
            paths.append(folder / f"qa{[*KINDS].index(kind) + 1}_{kind}_{split}.txt")
            paths[-1].write_text("".join(f"{line}\n" for line in as_babi(told)), "utf-8")
    return paths


def majority_share(told: Iterable[Tale]) -> float:
    """0 to 1: the share of questions that the commonest answer would get right; 0 without questions."""
    answers = Counter(line.answer for story in told for line in story.questions)
    return max(answers.values()) / answers.total() if answers else 0.0


def _lines(kind: Kind, draws: Generator, given: Counter[str]) -> list[Line]:
    lines: list[Line] = []
    facts: list[Fact] = []
    numbers: list[int] = []
    asked: set[tuple[Question, str]] = set()
    for told in kind.tell(draws):
        for fact in told:
            facts.append(fact)
            lines.append(Line(_worded(fact, draws)))
            numbers.append(len(lines))
        for _ in range(kind.questions):
            chosen = _chosen(kind, facts, asked, draws, given)
            if chosen is None:
                break
            question, answer, needed = chosen
            asked.add((question, answer))
            given[answer] += 1
            lines.append(Line(_worded(question, draws), answer, tuple(numbers[place] for place in needed)))
    # What happens after the last question matters to nobody.
    while lines and not lines[-1].answer:
        lines.pop()
    return lines


def _chosen(
    kind: Kind, facts: list[Fact], asked: set[tuple[Question, str]], draws: Generator, given: Counter[str]
) -> tuple[Question, str, list[int]] | None:
    """A new question with one of the rarest answers, and the places of the facts it needs."""
    answered = [(question, kind.solve(facts, question)) for question in kind.ask(facts)]
    open_ones = [(one, answer) for one, answer in answered if answer is not None and (one, answer) not in asked]
    mixed = [open_ones[place] for place in draws.permutation(len(open_ones))]
    for question, answer in sorted(mixed, key=lambda pair: given[pair[1]]):
        needed = _needed(kind, facts, question, answer)
        if not kind.supporting or len(needed) in kind.supporting:
            return question, answer, needed
    return None


def _needed(kind: Kind, facts: list[Fact], question: Question, answer: str) -> list[int]:
    """Places of facts that give the answer, none of which can be left out."""
    kept = list(range(len(facts)))
    is_done = False
    while not is_done:
        is_done = True
        for place in tuple(kept):
            fewer = [other for other in kept if other != place]
            if kind.solve([facts[other] for other in fewer], question) == answer:
                kept, is_done = fewer, False
    return kept


def _worded(words: tuple[str, ...], draws: Generator) -> str:
    wordings = WORDING[words[0]]
    text = wordings[int(draws.integers(len(wordings)))]
    for place, word in enumerate(words):
        plural = ANIMALS.get(word, word)
        article = "an" if word[:1] in "aeiou" else "a"
        forms = {"": word, "a": f"{article} {word}", "^": word.capitalize(), "s": plural, "s^": plural.capitalize()}
        for mark, form in forms.items():
            text = text.replace(f"{{{place}{mark}}}", form)
    return text
