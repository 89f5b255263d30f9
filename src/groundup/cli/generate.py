"""Let a trained model continue each TEXT, each line of a file, or what comes on standard input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.cli.inputs import texts_of
from groundup.cli.output import notes, print_json, results
from groundup.cli.runs import model_of, tokenizer_of
from groundup.decoding.settings import SamplingSettings
from groundup.errors import GroundupError
from groundup.settings import SettingError

if TYPE_CHECKING:
    from groundup.tokens.tokenizer import Tokenizer

EXAMPLES = (
    'groundup generate runs/demo "To be, or"',
    'groundup generate runs/demo "My lord," --tokens 400 --temperature 0.6 --seed 7',
    "groundup generate runs/demo --file prompts.txt --json",
    'groundup generate runs/demo "ROMEO:" --stop "JULIET:" --top-p 0.9',
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `generate`."""
    usual = SamplingSettings()
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a finished run")
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="how the writing begins")
    parser.add_argument("--file", type=Path, metavar="F", help="take a beginning from each line of this file")
    parser.add_argument(
        "--tokens", type=int, default=usual.tokens, metavar="N", help="most tokens to write (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=usual.seed, metavar="N", help="same seed, same text (%(default)s)")
    parser.add_argument(
        "--temperature", type=float, default=usual.temperature, help="0: always the likeliest (%(default)s)"
    )
    parser.add_argument("--top-k", type=int, default=usual.top_k, metavar="K", help="only the K likeliest (0: all)")
    parser.add_argument(
        "--top-p",
        type=float,
        default=usual.top_p,
        metavar="P",
        help="fewest tokens of this share (%(default)s)",
    )
    parser.add_argument(
        "--min-p", type=float, default=usual.min_p, metavar="P", help="drop below this share of the likeliest"
    )
    parser.add_argument("--repetition-penalty", type=float, default=usual.repetition_penalty, metavar="X")
    parser.add_argument("--stop", action="append", default=[], metavar="TEXT", help="end before this text (repeatable)")
    parser.add_argument("--json", action="store_true", help="one JSON object a text: prompt, text")


def run(arguments: argparse.Namespace) -> int:
    """Write the continuations."""
    try:
        settings = SamplingSettings(
            tokens=arguments.tokens,
            repetition_penalty=arguments.repetition_penalty,
            temperature=arguments.temperature,
            top_k=arguments.top_k,
            top_p=arguments.top_p,
            min_p=arguments.min_p,
            stop=tuple(arguments.stop),
            seed=arguments.seed,
        )
    except SettingError as error:
        raise GroundupError(f"--{error.field.replace('_', '-')}: {error}") from error
    prompts = texts_of(arguments.texts, arguments.file)
    model, tokenizer = model_of(arguments.run), tokenizer_of(arguments.run)
    _say_unknown(tokenizer, prompts)
    from groundup.decoding.engine import DecoderEngine
    from groundup.decoding.text import write

    # One text is shown as it grows; several come whole, in their order.
    is_live = len(prompts) == 1 and not arguments.json
    if is_live:
        sys.stdout.write(prompts[0])

    def hear(row: int, text: str) -> None:
        if is_live:
            sys.stdout.write(text)
            sys.stdout.flush()

    texts = write(DecoderEngine(model), tokenizer, prompts, settings, hear)
    for prompt, text in zip(prompts, texts, strict=True):
        if arguments.json:
            print_json({"prompt": prompt, "text": text})
        elif not is_live:
            results.rule(style="dim")
            results.print(prompt + text, markup=False)
    if is_live:
        sys.stdout.write("\n")
    return 0


def _say_unknown(tokenizer: Tokenizer, prompts: Sequence[str]) -> None:
    """A note where a prompt holds what the model never met: it will see a gap there, and go on less well."""
    unknown = [prompt for prompt in prompts if tokenizer.unknown in tokenizer.encode(prompt)]
    if unknown:
        pieces = sorted(
            {piece for prompt in unknown for piece in prompt if tokenizer.unknown in tokenizer.encode(piece)}
        )
        named = f" ({', '.join(map(repr, pieces[:8]))})" if pieces else ""
        notes.print(
            f"Note: the tokenizer does not know everything in {len(unknown)} of {len(prompts)} texts{named}; the model "
            "sees a gap there. Write it with what the training text held.",
            markup=False,
        )
