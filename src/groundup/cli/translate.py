"""Translate each TEXT, each line of a file, or what comes on standard input, with a run whose task is translation."""

from __future__ import annotations

import argparse
from typing import Any

from groundup.cli.answers import add_search, add_texts, ask, on_one_line, put_out, required, search_of
from groundup.cli.inputs import texts_of
from groundup.tasks.examples import Pair

EXAMPLES = (
    'groundup translate runs/en-de "A dog runs through the snow."',
    "groundup translate runs/en-de --file captions.en --out captions.de",
    'groundup translate runs/en-de "Two men talk." --n-best 3 --json',
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `translate`."""
    add_texts(parser, "a text to translate")
    add_search(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the translations."""
    texts = required(texts_of(arguments.texts, arguments.file), "text to translate")
    pairs = [Pair(str(number), text, "") for number, text in enumerate(texts, 1)]
    _, found = ask(arguments, "translation", pairs, **search_of(arguments))
    answers: list[dict[str, Any]] = [
        {"source": text, "translation": said.text, "score": said.score, **said.more}
        for text, said in zip(texts, found, strict=True)
    ]
    put_out(arguments, answers, _line)
    return 0


def _line(answer: dict[str, Any]) -> str:
    """The translation; where several were asked for, each behind its score."""
    others = answer.get("others")
    if not others:
        return on_one_line(answer["translation"])
    best = [{"text": answer["translation"], "score": answer["score"]}, *others]
    return "\n".join(f"{each['score']:8.3f}  {on_one_line(each['text'])}" for each in best)
