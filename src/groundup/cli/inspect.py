"""Look inside a run: what its model is made of, a batch as the model meets it, or what each stage wrote.

A model can be looked at before it is trained: give a recipe file, and any of its keys as an option.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from groundup.cli.inspect_model import inspect_model
from groundup.cli.output import print_json, results
from groundup.cli.recipes import RECIPE_KEYS
from groundup.cli.runs import artefact_of, tokenizer_of
from groundup.errors import GroundupError, did_you_mean
from groundup.reports.gather import STAGES

EXAMPLES = (
    "groundup inspect model runs/demo",
    "groundup inspect model recipes/demo.yaml --model.preset t5 --svg t5.svg",
    "groundup inspect model --presets",
    "groundup inspect batch runs/demo --step 100 --rows 2",
    "groundup inspect run runs/demo --json",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `inspect`."""
    parser.add_argument("what", metavar="WHAT", help=f"what to look at: {', '.join(PARTS)}")
    parser.add_argument("run", type=Path, nargs="?", metavar="RUN", help="a run folder; for a model also a recipe file")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="model: draw its stacks into this file")
    parser.add_argument("--presets", action="store_true", help="model: list the named presets")
    parser.add_argument("--step", type=int, default=0, metavar="N", help="which batch (%(default)s)")
    parser.add_argument("--rows", type=int, default=2, metavar="N", help="rows of it to show (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(recipe_keys=RECIPE_KEYS)


def run(arguments: argparse.Namespace) -> int:
    """Show the part asked for."""
    what, is_model = arguments.what, arguments.what == "model"
    if what not in PARTS:
        raise GroundupError(f"There is no part {what!r}. {did_you_mean(what, PARTS)}", "See: groundup inspect --help")
    if not is_model and (arguments.overrides or arguments.svg or arguments.presets):
        word = arguments.overrides[0] if arguments.overrides else "--svg" if arguments.svg else "--presets"
        raise GroundupError(f"{word} is for inspect model, not for inspect {what}.", "See: groundup inspect --help")
    if not is_model and arguments.run is None:
        raise GroundupError(f"inspect {what} wants a run folder.", "Build one with: groundup build RECIPE --out DIR")
    PARTS[what](arguments)
    return 0


def _batch(arguments: argparse.Namespace) -> None:
    from groundup.tokens.batches import Windows
    from groundup.tokens.shards import open_shards

    shards, pretrain = artefact_of(arguments.run, "shards"), artefact_of(arguments.run, "pretrain")
    facts = pretrain.manifest.facts
    windows = Windows(
        open_shards(shards.path, "train"),
        context=facts["context"],
        rows=facts["batch"],
        fingerprint=shards.manifest.fingerprint,
        seed=pretrain.manifest.seed,
    )
    if arguments.step < 0 or arguments.rows < 1:
        raise GroundupError("--step counts from 0 and --rows from 1.")
    batch = windows.at(arguments.step)
    tokenizer = tokenizer_of(arguments.run)
    rows = batch.tokens[: arguments.rows].tolist()
    if arguments.json:
        shown: list[Any] = [{"tokens": row, "text": tokenizer.decode(row)} for row in rows]
        print_json({"step": arguments.step, "rows": len(batch.tokens), "shown": shown})
        return
    for number, row in enumerate(rows):
        text = Text(f"row {number} of {len(batch.tokens)}: ", style="bold")
        for index, token in enumerate(row):
            # Alternating shades tell tokens apart; line ends are drawn so that a row stays one paragraph.
            piece = tokenizer.decode([token]).replace("\n", "\u23ce")
            text.append(piece, style="black on bright_cyan" if index % 2 else "black on white")
        results.print(text)


def _run(arguments: argparse.Namespace) -> None:
    folder: Path = arguments.run
    if not folder.is_dir():
        raise GroundupError(f"There is no run folder {folder}.", "Build one with: groundup build RECIPE --out DIR")
    stages = [path.parent for path in folder.glob("*/manifest.json")]
    if not stages:
        raise GroundupError(f"{folder} holds no finished stage of a run.", "Is it the --out of groundup build?")
    # In the order in which they are made.
    artefacts = sorted(
        (artefact_of(folder, path.name) for path in stages),
        key=lambda artefact: STAGES.index(artefact.path.name) if artefact.path.name in STAGES else len(STAGES),
    )
    if arguments.json:
        rows = {
            a.manifest.stage: {
                "fingerprint": a.manifest.fingerprint,
                "seed": a.manifest.seed,
                "parents": dict(a.manifest.parents),
                "versions": dict(a.manifest.versions),
                "files": {name: entry.sha256 for name, entry in a.manifest.files.items()},
                "facts": dict(a.manifest.facts),
            }
            for a in artefacts
        }
        print_json(rows)
        return
    table = Table("stage", "fingerprint", "files", "size", "seconds", "made from", box=None)
    for artefact in artefacts:
        manifest = artefact.manifest
        table.add_row(
            manifest.stage,
            manifest.fingerprint[:12],
            str(len(manifest.files)),
            f"{manifest.bytes / 1e6:,.2f} MB",
            f"{manifest.facts.get('seconds', 0):,.1f}",
            ", ".join(manifest.parents),
        )
    results.print(table)
    results.print("All files are what was written: their SHA-256 were checked.", markup=False)


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {"model": inspect_model, "batch": _batch, "run": _run}
