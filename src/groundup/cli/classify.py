"""Choose a label for each TEXT, each line of a file, or what comes on standard input, with a run that learned labels.

Where texts come in pairs, a tab stands between the two.
"""

from __future__ import annotations

import argparse
from typing import Any

from groundup.cli.answers import add_others, add_texts, ask, on_one_line, put_out, required, say_whose
from groundup.cli.inputs import texts_of
from groundup.cli.output import notes, results
from groundup.errors import GroundupError
from groundup.tasks.examples import Labelled

EXAMPLES = (
    'groundup classify runs/imdb "A film to remember."',
    "groundup classify runs/imdb --file reviews.txt --json",
    "groundup classify runs/imdb --file reviews.txt --with runs/imdb-2 --with runs/imdb-rnn",
    'groundup classify runs/imdb "Not a dull minute, and yet I slept." --explain',
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `classify`."""
    add_texts(parser, "a text to label")
    add_others(parser)
    parser.add_argument("--explain", action="store_true", help="show which words spoke for the label")


def run(arguments: argparse.Namespace) -> int:
    """Print the labels."""
    if arguments.explain and getattr(arguments, "with"):
        raise GroundupError(
            "--explain shows what spoke to one model, and --with lets several choose.", "Leave out one of the two."
        )
    texts = required(texts_of(arguments.texts, arguments.file), "text to label")
    empty = [number for number, text in enumerate(texts, 1) if not text.strip()]
    if empty:
        notes.print(f"note: {len(empty):,} of {len(texts):,} texts are empty, first text {empty[0]:,}", markup=False)
    examples = []
    for number, text in enumerate(texts, 1):
        first, _, second = text.partition("\t")
        examples.append(Labelled(str(number), first, "", second))
    opened, found = ask(arguments, "classification", examples)
    answers: list[dict[str, Any]] = [
        {"text": text, "label": said.text, "probability": said.score, **said.more}
        for text, said in zip(texts, found, strict=True)
    ]
    if arguments.explain:
        from groundup.tasks.classification import Classifier
        from groundup.tasks.explaining import explain

        assert isinstance(opened.alone, Classifier)
        say_whose(opened)
        explained = explain(opened.alone, examples, [said.text for said in found])
        for answer, words in zip(answers, explained, strict=True):
            answer["words"] = [{"text": text, "score": score} for text, score in words]
        if not (arguments.json or arguments.out):
            _show(answers)
            return 0
    put_out(arguments, answers, _line)
    return 0


def _line(answer: dict[str, Any]) -> str:
    return f"{on_one_line(answer['label'])}\t{answer['probability']:.3f}\t{on_one_line(answer['text'])}"


def _show(answers: list[dict[str, Any]]) -> None:
    """Each text with its words marked by how much they spoke for the label."""
    from groundup.reports.attribution import Explained, terminal, terminal_legend

    for answer in answers:
        results.print(f"{answer['label']}\t{answer['probability']:.3f}", markup=False)
        words = tuple((word["text"], word["score"]) for word in answer["words"])
        results.print(terminal(Explained(str(answer["label"]), words), results))
    results.print(terminal_legend(results))
