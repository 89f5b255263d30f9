"""Answer each QUESTION about a passage, with a run that learned to answer questions.

The passage comes by --context, a text or the path of a file; or each line holds a question, a tab and its passage.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from groundup.cli.answers import add_search, add_texts, ask, on_one_line, put_out, required, search_of
from groundup.cli.inputs import read_text, texts_of
from groundup.errors import GroundupError
from groundup.tasks.examples import Question

EXAMPLES = (
    'groundup answer runs/squad "Who built it?" --context "The tower was built by Gustave Eiffel."',
    'groundup answer runs/squad "When was it built?" "By whom?" --context tower.txt --json',
    "groundup answer runs/squad --file questions-and-passages.tsv",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `answer`."""
    add_texts(parser, "a question")
    parser.add_argument("--context", metavar="TEXT", help="the passage, or the path of a file that holds it")
    add_search(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the answers."""
    texts = required(texts_of(arguments.texts, arguments.file), "question")
    passage = None if arguments.context is None else _passage(arguments.context)
    questions = [_question(number, text, passage) for number, text in enumerate(texts, 1)]
    _, found = ask(arguments, "questions", questions, **search_of(arguments))
    answers: list[dict[str, Any]] = [
        {"question": question.question, "answer": said.text, "score": said.score, **said.more}
        for question, said in zip(questions, found, strict=True)
    ]
    put_out(arguments, answers, lambda answer: on_one_line(answer["answer"]) or "(no answer)")
    return 0


def _passage(given: str) -> str:
    """The text of the file that `given` names, or `given` itself."""
    try:
        is_file = len(given) < 1000 and Path(given).is_file()
    except (OSError, ValueError):
        is_file = False
    return read_text(Path(given)) if is_file else given


def _question(number: int, text: str, passage: str | None) -> Question:
    question, tab, own = text.partition("\t")
    if passage is None and not tab:
        raise GroundupError(
            f"There is no passage to question {number:,}, {question[:60]!r}.",
            "Give --context, or lines of a question, a tab and its passage.",
        )
    return Question(str(number), own if tab else passage or "", question, ())
