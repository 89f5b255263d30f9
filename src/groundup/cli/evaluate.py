"""Measure a trained model on text of your own: loss, perplexity and bits per byte, every token scored once."""

from __future__ import annotations

import argparse
from pathlib import Path

from groundup.cli.output import print_json, results, terminal_progress
from groundup.cli.runs import model_of, tokenizer_of
from groundup.errors import GroundupError

EXAMPLES = (
    "groundup evaluate runs/demo --data play.txt",
    "groundup evaluate runs/demo --data folder-of-texts --json",
    "groundup evaluate runs/demo --data play.txt --stride 64",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `evaluate`."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a finished run")
    parser.add_argument("--data", required=True, type=Path, metavar="PATH", help="texts: a file or a folder")
    parser.add_argument("--task", default="language-modelling", choices=["language-modelling"], help="what to measure")
    parser.add_argument(
        "--stride", type=int, default=None, metavar="N", help="tokens between windows (default: context)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Score the text and print the figures."""
    if not arguments.data.exists():
        raise GroundupError(f"There is nothing at {arguments.data}.", "Check the path given with --data.")
    from groundup.corpus.read import texts_at
    from groundup.evaluation.language_modelling import evaluate_texts

    result = evaluate_texts(
        model_of(arguments.run),
        tokenizer_of(arguments.run),
        texts_at(arguments.data),
        stride=arguments.stride,
        progress=terminal_progress(),
    )
    if arguments.json:
        print_json(result)
        return 0
    units = {
        "loss": " nats a token",
        "perplexity": "",
        "bits_per_byte": "",
        "tokens": "",
        "documents": "",
        "bytes": "",
    }
    for name, unit in units.items():
        value = result[name]
        shown = f"{value:.4f}" if isinstance(value, float) else f"{value:,}"
        results.print(f"{name.replace('_', ' '):<16} {shown}{unit}", markup=False)
    return 0
