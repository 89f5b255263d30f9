"""Predict what a recipe will take before it runs: parameters, memory, disk, operations and time.

Nothing is downloaded or written. Time is worked out from how fast this machine multiplies matrices right now.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from groundup.catalogue.references import local_path, missing
from groundup.cli.output import notes, print_json, results
from groundup.cli.recipes import add_recipe, read_recipe
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.sources.listing import list_files
from groundup.errors import existing_parent
from groundup.reports import words

EXAMPLES = (
    "groundup plan recipes/demo.yaml",
    'groundup plan recipes/books.yaml --model.size 8 --pretrain.budget "1 hour"',
    "groundup plan recipes/shakespeare-characters.yaml --json",
)

# Bytes of English text that one token stands for, before any tokenizer was trained.
BYTES_PER_TOKEN = {"character": 1.0, "word": 5.6, "bpe": 4.0, "wordpiece": 4.0, "unigram": 4.0}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `plan`."""
    add_recipe(parser)
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where the run would be, for its disk")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print the plan."""
    recipe = read_recipe(arguments)
    from groundup.recipe.checks import check_model
    from groundup.recipe.donors import with_tokenizer
    from groundup.training.plan import predict

    recipe, _ = with_tokenizer(recipe, None, arguments.recipe.parent)
    check_model(recipe)
    for source in recipe.corpus.sources:
        if error := missing(source.data, arguments.recipe.parent):
            notes.print(f"Note: {error}", markup=False)
    size = _text_bytes(recipe.corpus, arguments.recipe.parent)
    vocabulary = recipe.tokenizer.vocabulary if recipe.tokenizer.kind != "character" else 256
    tokens = None if size is None else int(size / BYTES_PER_TOKEN[recipe.tokenizer.kind])
    plan = predict(recipe.model, recipe.pretrain, vocabulary, tokens)
    free = shutil.disk_usage(existing_parent(arguments.out)).free
    # Clean text, shards of two bytes a token, and what training needs.
    disk = plan.disk + (0 if size is None or tokens is None else size + 2 * tokens)
    if arguments.json:
        print_json({**asdict(plan), "text_bytes": size, "text_tokens": tokens, "disk": disk, "disk_free": free})
        return 0
    rows = (
        (
            "model",
            f"{words.plural(plan.depth, 'layer')} of width {plan.width}, {words.plural(plan.heads, 'head')}, "
            f"context {recipe.model.context}",
        ),
        ("parameters", f"{plan.parameters:,}" + (" at most" if recipe.tokenizer.kind != "character" else " or fewer")),
        (
            "text",
            "size not known before it is here" if size is None else f"{words.size(size)}, about {tokens:,} tokens",
        ),
        ("budget", str(recipe.pretrain.budget)),
        ("steps", f"about {plan.steps:,} of {plan.tokens_per_step:,} tokens ({plan.batch} rows)"),
        ("tokens", f"about {plan.tokens:,}" + (f", {plan.epochs:.2g} epochs" if plan.epochs else "")),
        ("operations", f"{plan.flops:.2e}"),
        ("time", f"{words.duration(plan.seconds)} of training ({plan.precision} on {plan.device})"),
        ("memory", words.size(plan.memory)),
        ("disk", f"{words.size(disk)} of {words.size(free)} free"),
    )
    for name, value in rows:
        results.print(f"{name:<12} {value}", markup=False)
    if disk > free:
        results.print("There is not enough room on this disk for the run.", markup=False)
    return 0


def _text_bytes(corpus: CorpusSettings, base: Path) -> int | None:
    """Bytes of all files that the corpus would read; None where a data set is not here yet."""
    places = [local_path(source.data, base) for source in corpus.sources]
    found = [Located(path, path.name) for path in places if path is not None]
    if len(found) < len(places):
        return None
    return sum(file.bytes for file in list_files(corpus.sources, found))


@dataclass(frozen=True)
class Located:
    """Where a source lies, without its fingerprint, which would mean reading all of it."""

    path: Path
    name: str
    licence: str = ""
