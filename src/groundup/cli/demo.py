"""Build the demo: a model that writes, one that translates, one that judges, one that answers, and a page about them.

Their texts come from the Python index or are made by code. Each has a recipe of its own (recipes/demo*.yaml) and leaves
a run folder with a report; what is done is not done again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.table import Table

from groundup.cli.build import build_run
from groundup.cli.output import notes, print_json, results
from groundup.errors import GroundupError
from groundup.recipe.loader import load
from groundup.recipe.recipe import Recipe

EXAMPLES = ("groundup demo", "groundup demo --only demo-reviews", "groundup demo --out my-runs --json")
# In the order in which they are built.
RECIPES = ("demo", "demo-spelling", "demo-reviews", "demo-stories")
PAGE = "demo.html"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `demo`."""
    parser.add_argument("--out", type=Path, default=Path("runs"), metavar="DIR", help="where the run folders go (runs)")
    parser.add_argument(
        "--recipes", type=Path, default=Path("recipes"), metavar="DIR", help="where the recipes are (recipes)"
    )
    parser.add_argument("--only", choices=RECIPES, default=None, help="build one of the four")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Build all runs, and set each beside its baseline."""
    wanted = RECIPES if arguments.only is None else (arguments.only,)
    for name in wanted:
        if not (arguments.recipes / f"{name}.yaml").is_file():
            raise GroundupError(
                f"There is no recipe {arguments.recipes / name}.yaml.", "Name the folder of the recipes: --recipes DIR"
            )
    for number, name in enumerate(wanted, 1):
        notes.rule(f"{name}: {number} of {len(wanted)}", align="left")
        recipe = load(arguments.recipes / f"{name}.yaml", Recipe)
        build_run(recipe, arguments.recipes, arguments.out / name)
    from groundup.reports.overview import overview, save_overview

    rows = overview([arguments.out / name for name in wanted])
    page = save_overview(rows, arguments.out / PAGE)
    if arguments.json:
        print_json({"runs": [row.plain() for row in rows], "page": str(page)})
        return 0
    table = Table("run", "what it does", "measured by", "model", "beside it", box=None)
    for row in rows:
        table.add_row(row.run, row.what, row.measure, row.ours, row.beside)
    results.print(table)
    results.print(f"page: {page}", markup=False)
    return 0
