"""Write the report of a run again: one HTML file and its Markdown twin.

It works on a run that is going on or was killed, too, so that one can look at it as it learns.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from groundup.cli.output import print_json, results, terminal_progress
from groundup.progress import SILENT
from groundup.reports.report import known_figures, save_report, summary

EXAMPLES = (
    "groundup report runs/demo",
    "groundup report runs/demo --out demo.html",
    "groundup report runs/demo --json",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `groundup report`."""
    parser.add_argument("run", metavar="RUN", type=Path, help="the folder that `groundup build` was given as --out")
    parser.add_argument(
        "--out",
        metavar="FILE.html",
        type=Path,
        help="where to write it, with FILE.md beside it (default: RUN/report, or RUN/report-so-far.html while "
        "the run is not finished)",
    )
    parser.add_argument("--json", action="store_true", help="print the path and the headline figures as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Write the report and say where it is."""
    path = save_report(arguments.run, arguments.out, SILENT if arguments.json else terminal_progress())
    figures = summary(arguments.run)
    if arguments.json:
        print_json({**figures, "report": str(path), "markdown": str(path.with_suffix(".md"))})
        return 0
    for label, value in known_figures(figures):
        results.print(f"{label:<16} {value}", markup=False)
    results.print(f"{'report':<16} {path}", markup=False)
    return 0
