"""`groundup corpus extract`: the main text of pages kept in files."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundup.errors import GroundupError

EXAMPLES: tuple[str, ...] = (
    "groundup corpus extract page.html",
    "groundup corpus extract pages/ --extractor resiliparse --json",
)

# What the names of pages end in, before .gz and its like; in a folder, only such files are pages.
_MEDIA_TYPES = {
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".txt": "text/plain",
}
_LARGEST_FILE = 512_000_000


def configure(actions: argparse._SubParsersAction[Any]) -> None:
    """Declare the action among those of `groundup corpus`."""
    action = actions.add_parser("extract", help="the main text of pages in files")
    action.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="a page (.html, .html.gz) or a folder of them"
    )
    action.add_argument(
        "--extractor",
        choices=("trafilatura", "resiliparse", "union", "plain"),
        default="trafilatura",
        help="what takes the text out of the markup (default trafilatura)",
    )
    action.add_argument("--json", action="store_true", help="print one JSON object a page, each on a line")


def run(arguments: argparse.Namespace) -> int:
    """Print the text of each page; a page that has none says why on standard error, and in its JSON object."""
    from groundup.cli.output import notes, print_json, results
    from groundup.corpus.extraction.extract import extract
    from groundup.corpus.extraction.settings import ExtractionSettings

    settings = ExtractionSettings(arguments.extractor)
    for path in _pages(arguments.files):
        reading = extract(_page(path), settings)
        document = reading.document
        dropped = reading.changes[-1].sample if reading.is_dropped else ""
        if arguments.json:
            row = {"source": str(path), "text": document.text, "title": document.title, "date": document.date}
            row |= {"licence": document.licence} if document.licence else {}
            print_json(row | ({"dropped": dropped} if dropped else {}))
            continue
        notes.print(f"{path}: {dropped or document.title}", markup=False)
        if not dropped:
            results.print(document.text, markup=False)
    return 0


def _pages(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(file for file in path.rglob("*") if file.is_file() and _ending(file) in _MEDIA_TYPES)
        if not found:
            raise GroundupError(
                f"There is no page in the folder {path}.",
                f"Names of pages end in {', '.join(_MEDIA_TYPES)}, or .gz after it.",
            )
        yield from found


def _ending(path: Path) -> str:
    from groundup.corpus.sources.expand import COMPRESSED

    name = path.with_suffix("") if path.suffix.lower() in COMPRESSED else path
    return name.suffix.lower()


def _page(path: Path) -> Any:
    """The file as a page; one whose name says nothing is taken for HTML. Raises GroundupError."""
    from groundup.corpus.document import Document, Page
    from groundup.corpus.sources.expand import UnreadableError, read_whole

    try:
        content = read_whole(path, _LARGEST_FILE)
    except UnreadableError as reason:
        raise GroundupError(
            f"The file {path} cannot be read: {reason}.", "Check the path, or get the file again."
        ) from None
    return Page(Document(str(path), str(path)), content, _MEDIA_TYPES.get(_ending(path), "text/html"))
