"""Texts and pages in zips and tars: an archive is read as the folder that it holds, each file in it as a document.

Project Gutenberg ships a book as 158-0.zip with 158-0.txt in it, or as 158-h.zip with a page and its pictures; copies
of web sites come as tars. What else is in an archive is counted in one row of the ledger and not unpacked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

from groundup.corpus.document import Found, Reading
from groundup.corpus.sources.books import METADATA
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.single import PAGES, TEXTS, given_up, page_of, text_of
from groundup.corpus.sources.tarred import tarred
from groundup.corpus.sources.zipped import zipped

# The name of a member, and what reads it, which must be called before the next one is asked for.
Members = Iterable[tuple[str, Callable[[], bytes]]]


def read_zip(file: InputFile) -> Iterator[Found]:
    """The texts and pages of a zip, in the order of their names; their ids are the zip's and their name in it.

    Raises UnreadableError for a zip that is damaged, hostile or encrypted; the texts before it have been read then.
    """
    with zipped(file.path, file.settings.largest_document * 1_000_000) as folder:
        yield from _found(file, ((name, partial(folder.read, name)) for name in sorted(folder.names)))


def read_tar(file: InputFile) -> Iterator[Found]:
    """The texts and pages of a tar, packed or not, in their order in it. Ids and errors as in `read_zip`."""
    with tarred(file.path, file.settings.largest_document * 1_000_000) as members:
        yield from _found(file, members)


def _found(file: InputFile, members: Members) -> Iterator[Found]:
    others: Counter[str] = Counter()
    for name, read in members:
        path = PurePosixPath(name)
        # Hidden files and those that a Mac adds to every zip are no part of it, as in a folder.
        if any(part.startswith(".") or part == "__MACOSX" for part in path.parts) or path.name == METADATA:
            continue
        # `path` is where the text would lie were the archive a folder; it is used for its name only.
        inner = replace(file, name=f"{file.name}/{path}", path=file.path / path)
        ending = path.suffix.lower()
        if ending in TEXTS:
            yield text_of(inner, read())
        elif ending in PAGES:
            yield page_of(inner, read())
        else:
            others[ending or path.name] += 1
    if others:
        yield _others(file, others)


def _others(file: InputFile, others: Counter[str]) -> Reading:
    kinds = ", ".join(f"{count:,} {ending}" for ending, count in sorted(others.items()))
    reason = f"{others.total():,} files in it are no texts or pages ({kinds}); unpack it if they hold texts"
    return given_up(file, file.id, "kind of file", reason, float(others.total()))
