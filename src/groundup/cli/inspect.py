"""Look inside a run: what its model is made of, a batch as the model meets it, or what each stage wrote.

A model can be looked at before it is trained: give a recipe file, and any of its keys as an option.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from rich.table import Table

from groundup.cli.inspect_batch import inspect_batch
from groundup.cli.inspect_model import inspect_model
from groundup.cli.output import print_json, results
from groundup.cli.recipes import RECIPE_KEYS
from groundup.cli.runs import artefact_of, must_be_there
from groundup.errors import GroundupError, did_you_mean
from groundup.reports.gather import STAGES

EXAMPLES = (
    "groundup inspect model runs/demo",
    "groundup inspect model recipes/demo.yaml --model.preset t5 --svg t5.svg",
    "groundup inspect model --presets bert",
    "groundup inspect batch runs/demo --step 100 --rows 2 --html batch.html",
    "groundup inspect run runs/demo --json",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `inspect`."""
    parser.add_argument("what", metavar="WHAT", help=f"what to look at: {', '.join(PARTS)}")
    parser.add_argument("run", type=Path, nargs="?", metavar="RUN", help="a run folder; for a model also a recipe file")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="model: draw its stacks into this file")
    parser.add_argument("--presets", action="store_true", help="model: list the named presets, or show one")
    parser.add_argument("--step", type=int, metavar="N", help="batch: which one (0)")
    parser.add_argument("--rows", type=int, metavar="N", help="batch: rows of it to show (2)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="batch: write the rows into this page too")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(recipe_keys=RECIPE_KEYS)


def run(arguments: argparse.Namespace) -> int:
    """Show the part asked for."""
    what = arguments.what
    if what not in PARTS:
        raise GroundupError(f"There is no part {what!r}. {did_you_mean(what, PARTS)}", "See: groundup inspect --help")
    for part, names in OPTIONS.items():
        given = [f"--{name}" for name in names if getattr(arguments, name) not in (None, False)]
        given += arguments.overrides[:1] if part == "model" else []
        if given and part != what:
            raise GroundupError(f"{given[0]} is for inspect {part}, not for inspect {what}.", "Leave it out.")
    if what != "model" and arguments.run is None:
        raise GroundupError(f"inspect {what} wants a run folder.", "Build one with: groundup build RECIPE --out DIR")
    if what != "model" and arguments.run.is_file():
        raise GroundupError(
            f"{arguments.run} is a file, and inspect {what} wants the folder of a run.",
            f"If it is a recipe, make a run of it that hardly trains: groundup build {arguments.run} --out runs/look "
            f'--pretrain.budget "1 step"; then: groundup inspect {what} runs/look',
        )
    PARTS[what](arguments)
    return 0


def _run(arguments: argparse.Namespace) -> None:
    folder: Path = arguments.run
    must_be_there(folder)
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


# What only one part has a use for.
OPTIONS = {"model": ("svg", "presets"), "batch": ("step", "rows", "html")}
PARTS: dict[str, Callable[[argparse.Namespace], None]] = {"model": inspect_model, "batch": inspect_batch, "run": _run}
