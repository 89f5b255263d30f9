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
from groundup.recipe.recipe import Recipe

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
    build_run(
        read_recipe(arguments),
        arguments.recipe.parent,
        arguments.out,
        workers=arguments.workers,
        replace=arguments.replace,
        until=arguments.until,
        as_json=arguments.json,
    )
    return 0


def build_run(
    recipe: Recipe,
    base: Path,
    out: Path,
    *,
    workers: int | None = None,
    replace: bool = False,
    until: str | None = None,
    as_json: bool = False,
) -> None:
    """Build the run of a recipe, whose paths begin at `base`, in `out`, and print its headline figures.

    Raises GroundupError for whatever stops it.
    """
    began = time.monotonic()
    if workers is not None and workers < 1:
        raise GroundupError(f"--workers is {workers}.", "It must be 1 or more.")
    from groundup.store.lock import refuse_held

    # Before PyTorch is there and the sources are looked through: who is second is told so at once.
    refuse_held(out)
    from groundup.cli.machine import cores
    from groundup.corpus.workers import Crew
    from groundup.recipe.stages import build

    progress = terminal_progress()
    view = TrainingView(progress)
    made_before = _made(out)
    try:
        build(
            recipe,
            out,
            base=base,
            crew=Crew(workers or cores()),
            progress=progress,
            replace=replace,
            until=until,
            hear=view,
        )
    finally:
        view.close()
        progress.close()
    seconds = round(time.monotonic() - began, 3)
    if until is not None:
        _say_how_far(out, until, seconds, as_json)
        return
    if _made(out) == made_before:
        notes.print("Everything was done before; nothing was made again.", markup=False)
    _say_figures(recipe, out, seconds, as_json)


def _say_figures(recipe: Recipe, out: Path, seconds: float, as_json: bool) -> None:
    from groundup.objectives.settings import writes
    from groundup.reports.report import known_figures, summary
    from groundup.reports.task import question_to

    figures = summary(out)
    if as_json:
        print_json({**figures, "run": str(out), "seconds": seconds})
        return
    for name, value in known_figures(figures):
        results.print(f"{name:<20} {value}", markup=False)
    results.print(f"report               {out / 'report' / 'report.html'}", markup=False)
    if figures.get("judged_on") == "validation":
        notes.print(
            "note: no examples were kept for a test, so that these figures are of the validation examples, which were "
            "looked at while the model learned; task.test names a file of others, task.test_share keeps some apart",
            markup=False,
        )
    asked = question_to("" if recipe.task is None else recipe.task.kind, str(out))
    if asked is not None:
        notes.print(f"Next: {asked[1]}", markup=False)
    elif writes(recipe.pretrain.objective.kind):
        notes.print(f'Next: groundup generate {out} "Once upon a time"', markup=False)
    else:
        notes.print(f"Next: groundup inspect batch {out}", markup=False)


def _say_how_far(out: Path, until: str, seconds: float, as_json: bool) -> None:
    # No figures, for those in the folder may be of stages behind it, as an older recipe left them.
    if as_json:
        print_json({"run": str(out), "until": until, "seconds": seconds})
        return
    results.print(f"{until} is done: {out / until}", markup=False)
    notes.print("Next: the same command without --until, which goes on from here.", markup=False)


def _made(run_folder: Path) -> int | None:
    """When the report was made, which every other stage goes into; None before that."""
    manifest = run_folder / "report" / "manifest.json"
    return manifest.stat().st_mtime_ns if manifest.is_file() else None
