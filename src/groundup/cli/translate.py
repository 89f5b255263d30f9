"""Translate each TEXT, each line of a file, or what comes on standard input, with a run whose task is translation.

--attention draws, word by word, where the model looked in the text while it translated: an HTML page with a picture of
each text, or the picture of one as SVG; --json then has the same as figures. --with lets several runs translate
together: what comes next is the mean of what they expect. They may be of any kind, and must write in the same tokens
(tokenizer.from_run in a recipe).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.cli.answers import (
    add_others,
    add_search,
    add_texts,
    ask,
    on_one_line,
    put_out,
    ranked,
    required,
    say_whose,
    search_of,
)
from groundup.cli.inputs import texts_of
from groundup.cli.output import notes, save, terminal_progress
from groundup.errors import GroundupError
from groundup.tasks.examples import Pair

if TYPE_CHECKING:
    from groundup.recipe.answering import Answering

EXAMPLES = (
    'groundup translate runs/en-de "A dog runs through the snow."',
    "groundup translate runs/en-de --file captions.en --out captions.de",
    'groundup translate runs/en-de "Two men talk." --n-best 3 --json',
    'groundup translate runs/en-de "Two men talk." --attention looks.html',
    'groundup translate runs/en-de "Two men talk." --with runs/en-de-rnn',
)
PICTURES = (".html", ".svg")
# Pictures on one page.
MOST = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `translate`."""
    add_texts(parser, "a text to translate")
    add_search(parser)
    add_others(parser)
    parser.add_argument(
        "--attention", type=Path, metavar="F", help="draw where the model looked: F ends in .html or .svg"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the translations."""
    texts = required(texts_of(arguments.texts, arguments.file), "text to translate")
    if arguments.attention is not None:
        _check_picture(arguments, len(texts))
    pairs = [Pair(str(number), text, "") for number, text in enumerate(texts, 1)]
    opened, found = ask(arguments, "translation", pairs, **search_of(arguments))
    answers: list[dict[str, Any]] = [
        {"source": text, "translation": said.text, "score": said.score, **said.more}
        for text, said in zip(texts, found, strict=True)
    ]
    if arguments.attention is not None:
        _draw(arguments.attention, opened, answers)
    put_out(arguments, answers, _line)
    return 0


def _line(answer: dict[str, Any]) -> str:
    """The translation; where several were asked for, each behind its score."""
    others = answer.get("others")
    if not others:
        return on_one_line(answer["translation"])
    best = [{"text": answer["translation"], "score": answer["score"]}, *others]
    return ranked((each["text"], each["score"]) for each in best)


def _check_picture(arguments: argparse.Namespace, texts: int) -> None:
    """Raise GroundupError for a picture that cannot be, before anything is translated."""
    path: Path = arguments.attention
    if path.suffix.lower() not in PICTURES:
        raise GroundupError(
            f"--attention is {path}, and pictures are written as HTML or SVG.",
            "Name a file that ends in .html or .svg.",
        )
    if path.suffix.lower() == ".svg" and texts > 1:
        raise GroundupError(
            f"{path} has room for the picture of one text, and there are {texts:,}.",
            "Name a file that ends in .html, or give one text.",
        )
    if getattr(arguments, "with"):
        raise GroundupError(
            "--attention shows where one model looked, and --with lets several translate.", "Leave out one of the two."
        )


def _draw(path: Path, opened: Answering, answers: list[dict[str, Any]]) -> None:
    """Add to each answer what its words were made from, and draw it."""
    from groundup.reports import attention_map, html
    from groundup.reports.document import Document, Looks
    from groundup.reports.looking import looking_blocks, looks_of
    from groundup.tasks.looking import as_plain
    from groundup.tasks.translation import Translator

    assert isinstance(opened.alone, Translator)
    say_whose(opened)
    pictures: list[Looks] = []
    progress = terminal_progress()
    for place, answer in enumerate(answers, 1):
        if answer["translation"].strip():
            found = as_plain(opened.alone.align(answer["source"], answer["translation"]))
            answer["alignment"] = found
            pictures += looks_of(found, f"{answer['source']} \u2192 {answer['translation']}")
        progress("look", place, len(answers))
    progress.close()
    if not pictures:
        notes.print("Nothing was written, so there is nothing to draw.", markup=False)
        return
    if path.suffix.lower() == ".svg":
        (one,) = pictures
        panel = attention_map.Panel("", one.weights)
        save(path, attention_map.draw_file(one.targets, one.sources, (panel,)))
    else:
        said = f"What was read, and what was written of it: {len(pictures[:MOST]):,} of {len(answers):,} texts."
        page = Document("Where the model looked", said, tuple(looking_blocks(pictures[:MOST])), ())
        save(path, html.render(page))
    notes.print(f"drawn in {path}", markup=False)
