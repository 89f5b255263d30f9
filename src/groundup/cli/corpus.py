"""Build a corpus and look at it: what was read, what was kept, and which rule took the rest.

`build` makes the corpus of a recipe and stops there, `report` prints its account, `explain` tells one document's
story from the ledger, `extract` takes the main text out of single pages.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from groundup.cli import corpus_extract
from groundup.cli.recipes import add_recipe, read_recipe
from groundup.errors import GroundupError

EXAMPLES: tuple[str, ...] = (
    "groundup corpus build recipes/demo.yaml --out runs/texts --workers 2",
    "groundup corpus build recipes/books.yaml --out runs/texts --corpus.minimum_characters 200 --replace",
    "groundup corpus build recipes/web.yaml --out runs/web --corpus.sources.0.data crawl",
    "groundup corpus report runs/demo",
    "groundup corpus report runs/demo --html account.html",
    "groundup corpus explain runs/demo hamlet_gut_f.txt",
    *corpus_extract.EXAMPLES,
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    build = actions.add_parser("build", help="the corpus of a recipe, and no more")
    add_recipe(build)
    build.add_argument("--out", required=True, type=Path, metavar="DIR", help="the run folder")
    build.add_argument("--workers", type=int, default=None, metavar="N", help="how many read (default: all cores)")
    build.add_argument(
        "--engine",
        choices=("inline", "processes", "ray"),
        default="processes",
        help="who reads: this process, others on this machine, or a Ray cluster (RAY_ADDRESS); the bytes are the same",
    )
    build.add_argument("--replace", action="store_true", help="make again what another recipe made in this folder")
    build.add_argument("--json", action="store_true", help="end with the account as one JSON object")
    corpus_extract.configure(actions)
    report = actions.add_parser("report", aliases=["show"], help="the account of a corpus, as tables or a page")
    report.add_argument("run", type=Path, metavar="DIR", help="a run folder, or a corpus folder")
    report.add_argument("--json", action="store_true", help="print the account as one JSON object")
    report.add_argument("--html", type=Path, metavar="FILE", help="write the account as a page")
    story = actions.add_parser("explain", help="what became of one document")
    story.add_argument("run", type=Path, metavar="DIR", help="a run folder, or a corpus folder")
    story.add_argument("id", metavar="ID", help="its id, address or title, or an end of its id")
    story.add_argument("--json", action="store_true", help="print the story as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    actions = {"build": _build, "extract": corpus_extract.run, "report": _report, "show": _report, "explain": _explain}
    return actions[arguments.action](arguments)


def _build(arguments: argparse.Namespace) -> int:
    from groundup.cli.machine import cores
    from groundup.cli.output import notes, print_json, results, terminal_progress
    from groundup.corpus.read import read_account
    from groundup.corpus.workers import Crew
    from groundup.recipe.stages import build_corpus
    from groundup.reports.account import headline

    if arguments.workers is not None and arguments.workers < 1:
        raise GroundupError(f"--workers is {arguments.workers}.", "It must be 1 or more.")
    recipe = read_recipe(arguments)
    crew = Crew(arguments.workers or cores(), arguments.engine)
    began, progress = time.monotonic(), terminal_progress()
    try:
        corpus = build_corpus(
            recipe,
            arguments.out,
            base=arguments.recipe.parent,
            crew=crew,
            progress=progress,
            replace=arguments.replace,
        )
    finally:
        progress.close()
    account = read_account(corpus.path)
    if arguments.json:
        print_json({**account, "corpus": str(corpus.path), "seconds": round(time.monotonic() - began, 3)})
        return 0
    results.print(headline(account), markup=False)
    results.print(f"corpus               {corpus.path}", markup=False)
    notes.print(f"Next: groundup corpus report {arguments.out}", markup=False)
    return 0


def _report(arguments: argparse.Namespace) -> int:
    from groundup.cli.output import notes, print_json, results, save
    from groundup.corpus.nothing import nothing_since
    from groundup.corpus.read import corpus_folder, read_account
    from groundup.reports import html, terminal
    from groundup.reports.account import account_document, headline

    corpus = corpus_folder(arguments.run)
    account, later = read_account(corpus), nothing_since(corpus)
    page = account_document(account, f"The corpus of {arguments.run.resolve().name}", later)
    if later and (arguments.html or arguments.json):
        notes.print(later, markup=False)
    if arguments.html:
        save(arguments.html, html.render(page))
        notes.print(f"written: {arguments.html}", markup=False)
    if arguments.json:
        print_json(account)
    elif not arguments.html:
        results.print(headline(account), markup=False)
        results.print(terminal.render(page), soft_wrap=False)
    return 0


def _explain(arguments: argparse.Namespace) -> int:
    from groundup.cli.output import notes, print_json, results, terminal_progress
    from groundup.corpus.explain import explain
    from groundup.corpus.nothing import nothing_since
    from groundup.corpus.read import corpus_folder
    from groundup.reports import terminal
    from groundup.reports.account_story import story_document

    corpus, progress = corpus_folder(arguments.run), terminal_progress()
    try:
        found = explain(corpus, arguments.id, progress)
    finally:
        progress.close()
    if later := nothing_since(corpus):
        notes.print(later, markup=False)
    if arguments.json:
        print_json(found)
    else:
        results.print(terminal.render(story_document(found)), soft_wrap=False)
    return 0
