"""Put several runs side by side: parameters, speed, time and held-out loss in one table, their curves in one plot."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.table import Table
from rich.text import Text

from groundup.cli.output import print_json, results
from groundup.reports.compare import HEADER, as_json, cells, cleaned, compare, save_comparison, tasks, warnings
from groundup.reports.document import Table as Judged
from groundup.reports.terms import TERMS_HEADER

EXAMPLES = (
    "groundup compare runs/transformer runs/lstm runs/gru",
    "groundup compare runs/* --out comparison.html",
    "groundup compare runs/a runs/b --json",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare`."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs, finished or under way")
    parser.add_argument(
        "--out", type=Path, metavar="FILE.html", help="write the table and the plots as a page, with FILE.md beside it"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a run")


def run(arguments: argparse.Namespace) -> int:
    """Print the table, and write the page where one is asked for."""
    rows = compare(arguments.runs)
    if arguments.out is not None:
        save_comparison(rows, arguments.out)
    if arguments.json:
        for row in rows:
            print_json(as_json(row))
        return 0
    table = Table(box=None)
    for name in HEADER:
        table.add_column(name, justify="left" if name == HEADER[0] else "right")
    for row in rows:
        table.add_row(*cells(row))
    for judged in tasks(rows):
        results.print(judged.caption, markup=False)
        results.print(_shown(judged))
        results.print()
    results.print(table)
    for told in cleaned(rows):
        results.print()
        results.print(told.caption, markup=False)
        results.print(_shown(told))
    terms = Table("run", box=None)
    for name in TERMS_HEADER:
        terms.add_column(name, justify="left" if name == TERMS_HEADER[0] else "right")
    for row in rows:
        for term in row.terms:
            terms.add_row(row.run, *term)
    if terms.row_count:
        results.print()
        results.print(terms)
    results.print()
    kinds = {row.objective: [other.run for other in rows if other.objective == row.objective] for row in rows}
    for kind, runs in kinds.items():
        # A run that is called after its objective has said it in the table.
        if runs != [kind]:
            results.print(f"objective {kind}: {', '.join(runs)}", markup=False)
    for warning in warnings(rows):
        results.print(warning, markup=False)
    if arguments.out is not None:
        results.print(f"written, with the plots: {arguments.out}, and {arguments.out.with_suffix('.md')}", markup=False)
    return 0


def _shown(judged: Judged) -> Table:
    table = Table(box=None)
    for place, name in enumerate(judged.header):
        table.add_column(name, justify="right" if place in judged.numbers else "left")
    for row in judged.rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    return table
