"""Run a recipe: raw text in, a clean corpus, a tokenizer, a trained model and a report out.

What is done is not done again, and what was stopped or killed goes on where it was. Any key of the recipe can be
set on the command line: --pretrain.budget "10 minutes" (see: groundup schema).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from groundup.cli.output import notes, print_json, results, terminal_progress
from groundup.cli.panel import TrainingView
from groundup.cli.recipes import add_recipe, read_recipe
from groundup.errors import GroundupError

EXAMPLES = (
    "groundup build recipes/demo.yaml --out runs/demo",
    'groundup build recipes/books.yaml --out runs/mine --pretrain.budget "10 minutes" --model.size 6',
    "groundup build recipes/shakespeare-characters.yaml --out runs/characters --json",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `build`."""
    add_recipe(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="the run folder")
    parser.add_argument("--workers", type=int, default=None, help="processes that read text (default: all cores)")
    parser.add_argument("--replace", action="store_true", help="make again what another recipe made in this folder")
    parser.add_argument(
        "--until",
        metavar="STAGE",
        help="stop behind this stage, as behind finetune, before anything is judged on test; the same command without "
        "--until goes on from there",
    )
    parser.add_argument("--json", action="store_true", help="end with one JSON object on one line")


def run(arguments: argparse.Namespace) -> int:
    """Build the run and print its headline figures."""
    began = time.monotonic()
    if arguments.workers is not None and arguments.workers < 1:
        raise GroundupError(f"--workers is {arguments.workers}.", "It must be 1 or more.")
    recipe = read_recipe(arguments)
    from groundup.store.lock import refuse_held

    # Before PyTorch is there and the sources are looked through: who is second is told so at once.
    refuse_held(arguments.out)
    from groundup.cli.machine import cores
    from groundup.corpus.workers import Crew
    from groundup.objectives.settings import writes
    from groundup.recipe.stages import build
    from groundup.reports.report import known_figures, summary
    from groundup.reports.task import question_to

    progress = terminal_progress()
    view = TrainingView(progress)
    made_before = _made(arguments.out)
    try:
        build(
            recipe,
            arguments.out,
            base=arguments.recipe.parent,
            crew=Crew(arguments.workers or cores()),
            progress=progress,
            replace=arguments.replace,
            until=arguments.until,
            hear=view,
        )
    finally:
        view.close()
        progress.close()
    if arguments.until is not None:
        _say_how_far(arguments, time.monotonic() - began)
        return 0
    if _made(arguments.out) == made_before:
        notes.print("Everything was done before; nothing was made again.", markup=False)
    figures = summary(arguments.out)
    if arguments.json:
        print_json({**figures, "run": str(arguments.out), "seconds": round(time.monotonic() - began, 3)})
        return 0
    for name, value in known_figures(figures):
        results.print(f"{name:<20} {value}", markup=False)
    report = arguments.out / "report" / "report.html"
    results.print(f"report               {report}", markup=False)
    asked = question_to("" if recipe.task is None else recipe.task.kind, str(arguments.out))
    if asked is not None:
        notes.print(f"Next: {asked[1]}", markup=False)
    elif writes(recipe.pretrain.objective.kind):
        notes.print(f'Next: groundup generate {arguments.out} "Once upon a time"', markup=False)
    else:
        notes.print(f"Next: groundup inspect batch {arguments.out}", markup=False)
    return 0


def _say_how_far(arguments: argparse.Namespace, seconds: float) -> None:
    # No figures, for those in the folder may be of stages behind it, as an older recipe left them.
    if arguments.json:
        print_json({"run": str(arguments.out), "until": arguments.until, "seconds": round(seconds, 3)})
        return
    results.print(f"{arguments.until} is done: {arguments.out / arguments.until}", markup=False)
    notes.print("Next: the same command without --until, which goes on from here.", markup=False)


def _made(run_folder: Path) -> int | None:
    """When the report was made, which every other stage goes into; None before that."""
    manifest = run_folder / "report" / "manifest.json"
    return manifest.stat().st_mtime_ns if manifest.is_file() else None
