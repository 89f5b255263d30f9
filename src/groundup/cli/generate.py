"""Let a trained model continue each TEXT, each line of a file, or what comes on standard input.

A model that has an encoder reads the TEXT and writes one of its own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.cli.inputs import texts_of
from groundup.cli.output import notes, print_json, results
from groundup.cli.runs import model_of, objective_of, tokenizer_of
from groundup.decoding.settings import BeamSettings, SamplingSettings
from groundup.errors import GroundupError
from groundup.objectives.settings import WRITING, sees_prompts_whole, writes
from groundup.settings import SettingError

if TYPE_CHECKING:
    from groundup.decoding.engine import Engine
    from groundup.tokens.tokenizer import Tokenizer

EXAMPLES = (
    'groundup generate runs/demo "To be, or"',
    'groundup generate runs/demo "My lord," --tokens 400 --temperature 0.6 --seed 7',
    "groundup generate runs/demo --file prompts.txt --json",
    'groundup generate runs/demo "ROMEO:" --stop "JULIET:" --top-p 0.9',
    'groundup generate runs/demo "To be, or" --beams 5 --n-best 3 --length-penalty 0.6',
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `generate`."""
    usual = SamplingSettings()
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a finished run")
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="how the writing begins, or what an encoder reads")
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
    parser.add_argument("--beams", type=int, metavar="N", help="find the likeliest text, by N beams; 1: greedy")
    parser.add_argument("--n-best", type=int, metavar="N", help="with --beams: show the N best texts (1)")
    parser.add_argument(
        "--length-penalty", type=float, metavar="A", help="with --beams: above 0 favours longer texts (0)"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON object a text: prompt, text (with --beams also score, log_probability)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the continuations."""
    settings = _settings(arguments)
    prompts = texts_of(arguments.texts, arguments.file)
    objective = objective_of(arguments.run)
    if not writes(objective):
        raise GroundupError(
            f"The model of {arguments.run} learned the objective {objective}, which does not make it write.",
            f"Objectives that do are {', '.join(WRITING)}. {_instead(arguments.run, objective)}",
        )
    model, tokenizer = model_of(arguments.run), tokenizer_of(arguments.run)
    _say_unknown(tokenizer, prompts)
    from groundup.decoding.engine import DecoderEngine

    engine = DecoderEngine(model, sees_prompts_whole=sees_prompts_whole(objective))
    if isinstance(settings, BeamSettings):
        _search(engine, tokenizer, prompts, settings, as_json=arguments.json)
    else:
        _sample(engine, tokenizer, prompts, settings, as_json=arguments.json)
    return 0


def _instead(run: Path, objective: str) -> str:
    """Where it shows what a model knows that does not write."""
    from groundup.evaluation.ways import LEARNED

    told = f"What this one was measured by is in its report: groundup report {run}"
    if not LEARNED.get(objective):
        return told
    pairs = f"groundup evaluate {run} --task minimal-pairs --data pairs.jsonl"
    return f"{told}; and which of two sentences it holds likelier, from a file of pairs of your own: {pairs}"


def _settings(arguments: argparse.Namespace) -> SamplingSettings | BeamSettings:
    """How to write: as the arguments ask. GroundupError names the one that cannot be, or has no say."""
    given = {**vars(arguments), "stop": tuple(arguments.stop)}
    try:
        if arguments.beams is None:
            for name in ("n_best", "length_penalty"):
                if given[name] is not None:
                    raise GroundupError(f"{_option(name)} is for beam search.", "Add --beams, such as --beams 5.")
            return SamplingSettings(**{field.name: given[field.name] for field in fields(SamplingSettings)})
        for field in fields(SamplingSettings):
            if field.name != "tokens" and given[field.name] != field.default:
                raise GroundupError(f"{_option(field.name)} has no say in beam search.", "Leave it or --beams out.")
        named = ("beams", "n_best", "length_penalty", "tokens")
        return BeamSettings(**{name: given[name] for name in named if given[name] is not None})
    except SettingError as error:
        raise GroundupError(f"{_option(error.field)}: {error}") from error


def _option(field: str) -> str:
    return f"--{field.replace('_', '-')}"


def _sample(
    engine: Engine, tokenizer: Tokenizer, prompts: Sequence[str], settings: SamplingSettings, *, as_json: bool
) -> None:
    """Draw a text for each prompt. One is shown as it grows; several come whole, in their order."""
    from groundup.decoding.text import write

    is_live = len(prompts) == 1 and not as_json
    begins = ["" if engine.reads_sources else prompt for prompt in prompts]
    if is_live:
        sys.stdout.write(begins[0])

    def hear(row: int, text: str) -> None:
        if is_live:
            sys.stdout.write(text)
            sys.stdout.flush()

    texts = write(engine, tokenizer, prompts, settings, hear)
    for prompt, begin, text in zip(prompts, begins, texts, strict=True):
        if as_json:
            print_json({"prompt": prompt, "text": text})
        elif not is_live:
            results.rule(style="dim")
            results.print(begin + text, markup=False)
    if is_live:
        sys.stdout.write("\n")


def _search(
    engine: Engine, tokenizer: Tokenizer, prompts: Sequence[str], settings: BeamSettings, *, as_json: bool
) -> None:
    """Show the likeliest texts of each prompt; where there are several of one, each behind a rule with its score."""
    from groundup.decoding.text import write_best

    for number, (prompt, texts) in enumerate(
        zip(prompts, write_best(engine, tokenizer, prompts, settings), strict=True), 1
    ):
        for rank, written in enumerate(texts, 1):
            if as_json:
                print_json({"prompt": prompt, **asdict(written)})
                continue
            if settings.n_best > 1:
                place = f"text {number}, rank {rank}" if len(prompts) > 1 else f"rank {rank}"
                said = f"score {written.score:.3f}, log probability {written.log_probability:.3f} nats"
                results.rule(f"{place} of {len(texts)}: {said}", style="dim", align="left")
            elif len(prompts) > 1:
                results.rule(style="dim")
            results.print(("" if engine.reads_sources else prompt) + written.text, markup=False)


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
