"""Answer each QUESTION about a passage, with a run that learned to answer questions.

The passage comes by --context, a text or the path of a file; or each line holds a question, a tab and its passage.

Of a run that points at answers, --n-best shows the next best, too; --beams and --length-penalty are for runs that
write them.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from groundup.cli.answers import add_search, add_texts, ask, on_one_line, put_out, ranked, required, search_of
from groundup.cli.inputs import read_text, texts_of
from groundup.errors import NEAR_FILE, GroundupError, did_you_mean
from groundup.tasks.examples import Question

# One word that ends as names of files do: no passage.
_FILE = re.compile(r"\S+\.(txt|text|md|html?|json|csv|tsv|rst)", re.IGNORECASE)

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
    search = _search(arguments)
    texts = required(texts_of(arguments.texts, arguments.file), "question")
    passage = None if arguments.context is None else _passage(arguments.context)
    questions = [_question(number, text, passage) for number, text in enumerate(texts, 1)]
    _, found = ask(arguments, "questions", questions, **search)
    answers: list[dict[str, Any]] = [
        {"question": question.question, "answer": said.text, "score": said.score, **said.more}
        for question, said in zip(questions, found, strict=True)
    ]
    if arguments.n_best is not None:
        for answer in answers:
            if "others" in answer:
                answer["others"] = answer["others"][: arguments.n_best - 1]
    put_out(arguments, answers, _best if arguments.n_best is not None else _line)
    return 0


def _search(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is asked of the search.

    Raises GroundupError where the run answers no questions, and for what is nothing to one that points.
    """
    from groundup.recipe.answering import task_of

    search, task = search_of(arguments), task_of(arguments.run, "questions")
    if task.writes:
        return search
    if given := [name for name in ("beams", "length_penalty") if name in search]:
        raise GroundupError(
            f"--{given[0].replace('_', '-')} is for runs that write answers, and {arguments.run} points at them.",
            "Leave it out; --n-best shows the next best answers.",
        )
    if "n_best" in search:
        # No hypotheses are followed, so their number is no bound.
        search["beams"] = max(task.search.beams, search["n_best"])
    return search


def _line(answer: dict[str, Any]) -> str:
    return on_one_line(answer["answer"]) or "(no answer)"


def _best(answer: dict[str, Any]) -> str:
    """The answers from the best on, each behind its score: of those that were pointed at, how probable it is."""
    others = [(other["text"], other["score"]) for other in answer.get("others", ())]
    if not others:
        return _line(answer)
    return ranked((text or "(no answer)", score) for text, score in ((answer["answer"], answer["score"]), *others))


def _passage(given: str) -> str:
    """The text of the file that `given` names, or `given` itself.

    Raises GroundupError where it is empty, or looks like the name of a file that is not there.
    """
    if not given.strip():
        raise GroundupError("The passage given as --context is empty.", "Give a text, or the path of a file.")
    try:
        is_file = len(given) < 1000 and Path(given).is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file and _FILE.fullmatch(given):
        folder = Path(given).parent
        names = [file.name for file in folder.iterdir()] if folder.is_dir() else []
        near = did_you_mean(Path(given).name, names, cutoff=NEAR_FILE)
        raise GroundupError(
            f"There is no file {given}. {near if near.startswith('Did') else ''}".rstrip(),
            "Check the path given as --context; a text of several words is the passage itself.",
        )
    return read_text(Path(given)) if is_file else given


def _question(number: int, text: str, passage: str | None) -> Question:
    question, tab, own = text.partition("\t")
    if passage is None and not tab:
        raise GroundupError(
            f"There is no passage to question {number:,}, {question[:60]!r}.",
            "Give --context, or lines of a question, a tab and its passage.",
        )
    return Question(str(number), own if tab else passage or "", question, ())
