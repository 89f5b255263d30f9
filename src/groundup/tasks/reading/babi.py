"""bAbI: stories of numbered lines, in which a line with tabs is a question, its answer and the lines it follows from.

A story begins with line 1 and its questions stand between its sentences, so a question sees what stands above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path

from groundup.errors import GroundupError
from groundup.tasks.examples import Sentence, Story
from groundup.tasks.reading.content import numbered_lines, proper, read_text
from groundup.tasks.reading.rows import Fault, shortened

_TASK = re.compile(r"qa([0-9]{1,3})_")
_LINE = re.compile(r"([0-9]{1,6}) (.*)")


def is_babi(text: str) -> bool:
    """Whether a text begins with line 1 of a story and soon asks a question."""
    for number, line in numbered_lines(text[:20_000]):
        match = _LINE.fullmatch(line)
        if match is None or (number == 1 and match[1] != "1"):
            return False
        if line.count("\t") == 2:
            return True
    return False


def task_of(path: Path) -> int:
    """The task that a file's name tells, `qa12_...`; 0 where it tells none."""
    match = _TASK.match(path.name)
    return int(match[1]) if match else 0


def babi_files(folder: Path, files: list[Path] | None = None) -> list[Path]:
    """The files of a folder's tasks (or of `files`), in the order of the tasks. Raises GroundupError.

    Two files of one task, such as its training and its test questions, are an error: nothing says which is meant.
    """
    found = sorted(filter(task_of, files or folder.iterdir()), key=lambda path: (task_of(path), path.name))
    if not found:
        names = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "nothing"
        raise GroundupError(
            f"{folder} is a folder, and only bAbI's files (qa1_....txt) are read by the folder; it holds: {names}.",
            "Give a file, or number the kinds of story in their names, as bAbI does: qa1_where_train.txt.",
        )
    for one, other in pairwise(found):
        if task_of(one) == task_of(other):
            raise GroundupError(
                f"{folder} has two files of task {task_of(one)}: {one.name} and {other.name}.",
                "Give one file, or a pattern that fits one file a task"
                f"{_pattern(folder, found, one.name, other.name)}.",
            )
    return found


def _pattern(folder: Path, files: list[Path], one: str, other: str) -> str:
    """A pattern that fits one file of each task, one of two of the same task among them; "" where none is found."""
    # Beside training and test files the same task may come in two sizes: leave out the letter that tells these.
    same = next((number for number, (a, b) in enumerate(zip(one[::-1], other[::-1], strict=False)) if a != b), 0)
    unlike = [f"qa*[!{name[-same - 1]}]{name[len(name) - same :]}" for name in (one, other) if 0 < same < len(name)]
    tasks = sorted({task_of(file) for file in files})
    for pattern in ("qa*_train.txt", "qa*_test.txt", *unlike):
        if sorted(task_of(file) for file in files if fnmatchcase(file.name, pattern)) == tasks:
            return f", such as '{folder / pattern}'"
    return ""


def read_babi(path: Path, encoding: str | None = None) -> Iterator[Story | Fault]:
    """The questions of one file with the sentences before them."""
    return babi_stories(path, read_text(path, encoding)[0])


def babi_stories(path: Path, text: str) -> Iterator[Story | Fault]:
    """The questions of a text, each with the sentences above it."""
    task = task_of(path)
    sentences: dict[int, Sentence] = {}
    last = stories = 0
    for number, line in numbered_lines(text):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        place = int(match[1]) if match else 0
        if match is None or place not in (1, last + 1):
            detail = f"it does not begin with 1 or {last + 1}, the number that is due"
            yield Fault(number, "line number", value=line, detail=detail)
            last = place or last + 1
            continue
        if place == 1:
            sentences, stories = {}, stories + 1
        last = place
        if "\t" not in match[2]:
            sentences[place] = Sentence(place, proper(match[2].strip()))
            continue
        yield _story(f"{path.name}#{number}", task, number, match[2], sentences, stories)


def _story(name: str, task: int, number: int, line: str, sentences: dict[int, Sentence], story: int) -> Story | Fault:
    question, answer, *rest = line.split("\t")
    if not question.strip() or not answer.strip():
        return Fault(number, "no answer", value=line, detail="a question and its answer should stand around a tab")
    words = " ".join(rest).split()
    supporting = tuple(int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 7)
    if len(supporting) != len(words) or not sentences.keys() >= set(supporting):
        detail = f"it leans on {shortened(' '.join(words))}, which are not all sentences above it"
        return Fault(number, "supporting lines", value=line, detail=detail)
    return Story(
        name, task, tuple(sentences.values()), proper(question.strip()), proper(answer.strip()), supporting, story
    )
