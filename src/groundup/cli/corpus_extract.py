"""`groundup corpus extract`: the main text of pages kept in files and archives."""

from __future__ import annotations

import argparse
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from groundup.errors import GroundupError

if TYPE_CHECKING:
    from groundup.corpus.document import Found

EXAMPLES: tuple[str, ...] = (
    "groundup corpus extract page.html",
    "groundup corpus extract pages/ --extractor resiliparse --json",
    "groundup corpus extract crawl.warc.gz --damaged drop --json > texts.jsonl",
)


def configure(actions: argparse._SubParsersAction[Any]) -> None:
    """Declare the action among those of `groundup corpus`."""
    action = actions.add_parser("extract", help="the main text of pages in files and archives")
    action.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="a page (.html, .html.gz), an archive of pages (.warc.gz, .zip, .tar), a dump of a wiki, or a folder",
    )
    action.add_argument(
        "--extractor",
        choices=("trafilatura", "resiliparse", "union", "plain"),
        default="trafilatura",
        help="what takes the text out of the markup (default trafilatura)",
    )
    action.add_argument(
        "--damaged",
        choices=("stop", "drop"),
        default="stop",
        help="what to do where an archive is damaged: stop and say where (default), or go on without that piece",
    )
    action.add_argument("--json", action="store_true", help="print one JSON object a page, each on a line")


def run(arguments: argparse.Namespace) -> int:
    """Print the text of each page; a page that has none says why on standard error, and in its JSON object."""
    from functools import partial

    from groundup.cli.output import notes, print_json, results
    from groundup.corpus.annotate import readable
    from groundup.corpus.extraction.settings import ExtractionSettings
    from groundup.corpus.guard import GivenUp, Guard, Limits
    from groundup.corpus.settings import CorpusSettings, LimitSettings, SourceSettings

    settings = CorpusSettings((SourceSettings("files"),), ExtractionSettings(arguments.extractor))
    limits = LimitSettings()
    names: deque[str] = deque()
    outcomes: Counter[str] = Counter()
    others: Counter[str] = Counter()
    with Guard(partial(readable, settings=settings), Limits(limits.seconds, limits.memory)) as guard:
        for reading in guard.map(_found(arguments.files, arguments.damaged, names, others)):
            source = names.popleft()
            if isinstance(reading, GivenUp):
                row, dropped = {"source": source, "text": ""}, reading.reason
                outcomes[reading.rule] += 1
            else:
                document = reading.document
                row = {"source": source, "text": document.text, "title": document.title, "date": document.date}
                row |= {"licence": document.licence} if document.licence else {}
                row |= {"address": document.address} if "://" in document.address else {}
                dropped = (reading.changes[-1].sample or reading.changes[-1].rule) if reading.is_dropped else ""
                outcomes[reading.changes[-1].rule if dropped else ""] += 1
            if arguments.json:
                print_json(row | ({"dropped": dropped} if dropped else {}))
                continue
            notes.print(f"{source}: {dropped or row['title']}", markup=False)
            if not dropped:
                results.print(row["text"], markup=False)
    if not outcomes:
        told = [f"{kind} {count:,}" for kind, count in sorted(others.items())]
        notes.print(f"0 pages; records that are no pages: {', '.join(told) or 'none'}", markup=False)
    if outcomes.total() > 1:
        told = [f"{outcomes['']:,} with a text", *(f"{n:,} {rule}" for rule, n in outcomes.most_common() if rule)]
        notes.print(f"{outcomes.total():,} pages: {', '.join(told)}", markup=False)
    return 0


def _found(
    paths: list[Path], damaged: Literal["stop", "drop"], names: deque[str], others: Counter[str]
) -> Iterator[Found]:
    """What lies in the files, in order; `names` gets a name for each: the file's, and the place in an archive.

    `others` counts records of archives that are no pages, by kind.
    """
    from groundup.corpus.settings import SourceSettings
    from groundup.corpus.sources.files import read_file
    from groundup.corpus.sources.listing import InputFile
    from groundup.corpus.sources.wikipedia import is_dump

    for path in _files(paths):
        kind: Literal["wikipedia", "files"] = "wikipedia" if is_dump(path) else "files"
        settings = SourceSettings(str(path), kind, damaged=damaged)
        file = InputFile("", path.name, path, path.parent, path.stat().st_size, "", settings, is_chosen=True)
        try:
            for found in _page(file) if _is_nameless(path) else read_file(file, others):
                names.append(f"{path}{found.document.id.removeprefix(file.id)}")
                yield found
        except GroundupError as error:
            if "damaged: drop" not in error.remedy:
                raise
            remedy = "Get it again, or go on without what is damaged: --damaged drop"
            raise type(error)(error.message, remedy) from error


def _files(paths: list[Path]) -> Iterator[Path]:
    from groundup.corpus.sources.files import ending_of
    from groundup.corpus.sources.single import PAGES, TEXTS
    from groundup.corpus.sources.warc import is_archive
    from groundup.corpus.sources.wikipedia import is_dump

    # In a folder only what holds pages, which is told by its name.
    endings = (*PAGES, TEXTS[0], ".zip", ".tar", ".tgz")
    for path in paths:
        if not path.exists():
            raise GroundupError(f"There is no file or folder {path}.", "Check the path for a typo.")
        if not path.is_dir():
            yield path
            continue
        listed = sorted(file for file in path.rglob("*") if file.is_file())
        found = [file for file in listed if ending_of(file) in endings or is_archive(file.name) or is_dump(file)]
        if not found:
            raise GroundupError(
                f"There is no page in the folder {path}.",
                f"Names of pages end in {', '.join(PAGES)}, those of archives in .warc, .zip or .tar; each may be "
                "packed, as in .html.gz.",
            )
        yield from found


def _is_nameless(path: Path) -> bool:
    """Whether a file's name says nothing of what it holds; then it is taken for HTML."""
    from groundup.corpus.sources.files import is_known
    from groundup.corpus.sources.wikipedia import is_dump

    return not (is_known(path) or is_dump(path))


def _page(file: Any) -> Iterator[Found]:
    from groundup.corpus.sources.expand import UnreadableError, read_whole
    from groundup.corpus.sources.single import page_of

    try:
        yield page_of(file, read_whole(file.path, file.settings.largest_document * 1_000_000))
    except UnreadableError as reason:
        raise GroundupError(f"The file {file.path} cannot be read: {reason}.", "Get the file again.") from None
