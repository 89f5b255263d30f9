"""Look at a corpus: what was read, what was kept, and which rule took the rest.

`show` prints the account of a run's corpus, `explain` tells one document's story from the ledger.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from groundup.errors import GroundupError

EXAMPLES: tuple[str, ...] = (
    "groundup corpus show runs/demo",
    "groundup corpus show runs/demo --json",
    "groundup corpus show runs/demo --html account.html",
    "groundup corpus explain runs/demo hamlet_gut_f.txt",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare `show` and `explain`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("show", help="the account of a run's corpus, as tables")
    show.add_argument("run", type=Path, metavar="RUN", help="a run folder, or a corpus folder")
    show.add_argument("--json", action="store_true", help="print the account as one JSON object")
    show.add_argument("--html", type=Path, metavar="FILE", help="write the account as a page")
    story = actions.add_parser("explain", help="what became of one document")
    story.add_argument("run", type=Path, metavar="RUN", help="a run folder, or a corpus folder")
    story.add_argument("id", metavar="ID", help="the document's id, or an end of it that only one has")
    story.add_argument("--json", action="store_true", help="print the story as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    return {"show": _show, "explain": _explain}[arguments.action](arguments)


def _show(arguments: argparse.Namespace) -> int:
    from groundup.cli.output import notes, print_json, results
    from groundup.corpus.read import corpus_folder, read_account
    from groundup.corpus.show import as_rich
    from groundup.reports.report import account_pages

    account = read_account(corpus_folder(arguments.run))
    if arguments.html:
        page, _ = account_pages(account, f"The corpus of {arguments.run.resolve().name}")
        try:
            arguments.html.write_text(page, encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
            raise GroundupError(
                f"The page cannot be written to {arguments.html} ({error.strerror}).",
                "Name a file in a folder that exists.",
            ) from error
        notes.print(f"written: {arguments.html}", markup=False)
    if arguments.json:
        print_json(account)
    elif not arguments.html:
        results.print(as_rich(account))
    return 0


def _explain(arguments: argparse.Namespace) -> int:
    from groundup.cli.output import print_json, results
    from groundup.corpus.read import corpus_folder, explain
    from groundup.corpus.show import story

    found = explain(corpus_folder(arguments.run), arguments.id)
    if arguments.json:
        print_json(found)
    else:
        results.print(story(found))
    return 0
