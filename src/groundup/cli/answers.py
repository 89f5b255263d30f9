"""What the commands that put a task's model to work have in common: where texts come from, where answers go."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.cli.output import notes, print_json, save, terminal_progress
from groundup.errors import GroundupError

if TYPE_CHECKING:
    from groundup.recipe.answering import Answering
    from groundup.tasks.prediction import Prediction


def add_texts(parser: argparse.ArgumentParser, what: str) -> None:
    """The run, the texts, and what is to be done with the answers."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a finished run")
    parser.add_argument("texts", nargs="*", metavar="TEXT", help=f"{what}; none: from standard input, one a line")
    parser.add_argument("--file", type=Path, metavar="F", help="take one from each line of this file")
    parser.add_argument("--out", type=Path, metavar="F", help="write the answers there, one a line")
    parser.add_argument("--json", action="store_true", help="one JSON object a text")


def add_search(parser: argparse.ArgumentParser) -> None:
    """How texts are searched for, where the run's recipe is not to be followed."""
    parser.add_argument("--beams", type=int, metavar="N", help="hypotheses followed at once (default: the recipe's)")
    parser.add_argument("--n-best", type=int, metavar="N", help="texts to show of each (default: the recipe's)")
    parser.add_argument("--length-penalty", type=float, metavar="A", help="above 0 favours longer texts")


def add_others(parser: argparse.ArgumentParser) -> None:
    """Runs that answer together with the first."""
    parser.add_argument(
        "--with",
        action="append",
        type=Path,
        metavar="RUN",
        help="let this run answer, too (may be given several times)",
    )


def search_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of `add_search` that were given."""
    given = {name: getattr(arguments, name) for name in ("beams", "n_best", "length_penalty")}
    return {name: value for name, value in given.items() if value is not None}


def ask(
    arguments: argparse.Namespace, kind: str, examples: Sequence[Any], **search: Any
) -> tuple[Answering, list[Prediction]]:
    """The run of a kind of task, opened, and what its model says of each example; `search` as `search_of` gives it.

    Raises GroundupError where the run is not finished, or is not of this kind.
    """
    from groundup.recipe.answering import answering

    opened = answering(arguments.run, kind, others=getattr(arguments, "with", None) or (), **search)
    progress = terminal_progress()
    found = opened.predictor.predict(examples, progress)
    progress.close()
    return opened, found


def say_whose(opened: Answering) -> None:
    """Say whose inside is shown, where several models of a run answer together."""
    if opened.members > 1:
        notes.print("Shown is how the first of the run's models sees it.", markup=False)


def put_out(
    arguments: argparse.Namespace,
    answers: Sequence[dict[str, Any]],
    line: Callable[[dict[str, Any]], str],
) -> None:
    """Answers as JSON objects or as lines, on standard output or in the file that was named."""
    made: Iterable[str] = (
        json.dumps(answer, ensure_ascii=False) if arguments.json else line(answer) for answer in answers
    )
    if arguments.out is not None:
        save(arguments.out, "".join(f"{text}\n" for text in made))
        notes.print(f"{len(answers):,} answers written to {arguments.out}", markup=False)
        return
    for answer in answers:
        if arguments.json:
            print_json(answer)
        else:
            # Not by way of rich, which makes blanks of tabs.
            sys.stdout.write(f"{line(answer)}\n")


def ranked(best: Iterable[tuple[str, float]]) -> str:
    """Texts, a line each, behind their scores."""
    return "\n".join(f"{score:8.3f}  {on_one_line(text)}" for text, score in best)


def on_one_line(text: object) -> str:
    """A text without line ends, so that line N of the answers belongs to line N of the texts."""
    return " ".join(str(text).splitlines())


def required(texts: Sequence[str], what: str) -> Sequence[str]:
    """The texts, or GroundupError where there is not one that says something."""
    if not any(text.strip() for text in texts):
        raise GroundupError(f"There is no {what}.", "Give it as an argument, by --file, or on standard input.")
    return texts
