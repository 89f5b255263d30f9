"""The one door through which examples come in: any path that a user may name, read as one kind of example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundup.errors import GroundupError
from groundup.tasks.examples import Kind, Labelled, Pair, Question, Story
from groundup.tasks.reading.formats import Found, Parallel, Passages, Stories, find
from groundup.tasks.reading.from_table import table_examples
from groundup.tasks.reading.parallel import languages, read_parallel
from groundup.tasks.reading.rows import Account, Table, judged
from groundup.tasks.settings import Columns, OnBadRow

_WORDS = {
    Labelled: "labelled texts",
    Pair: "pairs of texts",
    Question: "questions on passages",
    Story: "stories with questions",
}


def read_examples(
    path: Path,
    kind: type[Kind],
    columns: Columns = Columns(),  # noqa: B008  # frozen
    *,
    on_bad_row: OnBadRow = "stop",
    encoding: str | None = None,
    account: Account | None = None,
) -> Iterator[Kind]:
    """The examples of a file, in its order; `account` counts what was read and what was left out, and why.

    `path` may be a table (CSV, TSV, JSON lines, JSON, Parquet), lines of label and text, the common name of parallel
    files (`train` for train.en and train.de), SQuAD, a file, folder or pattern of bAbI; each but Parquet also packed
    (.gz, .zst, .bz2, .xz). `encoding` is for text that is not UTF-8 and has no mark.

    Raises GroundupError: at once where the file cannot be read as `kind`; with `stop`, once all before the first bad
    row was given and the rest counted; at the end where there was no example.
    """
    found = find(path, encoding)
    account = Account() if account is None else account
    return _judged(_parts(found, path, kind, columns, encoding, account), on_bad_row, account)


def _judged(parts: Iterator[tuple[Path, str, Iterator[Any]]], on_bad_row: OnBadRow, account: Account) -> Iterator[Any]:
    first = next(parts)

    def examples() -> Iterator[Any]:
        for file, unit, items in (first, *parts):
            yield from judged(items, file, unit, on_bad_row, account)

    return examples()


def _parts(
    found: Found, path: Path, kind: type, columns: Columns, encoding: str | None, account: Account
) -> Iterator[tuple[Path, str, Iterator[Any]]]:
    """The files to read, what their rows are called, and their examples and faults."""
    match found:
        case Table() if kind is not Story:
            yield path, found.unit, table_examples(found, kind, columns, account)
        case Parallel() if kind is Pair:
            if columns.source is None and columns.target is None:
                source, target = languages(path, columns)
                account.files = {"source": source.name, "target": target.name}
            yield path, "line", read_parallel(path, columns, encoding)
        case Passages() if kind is Question:
            yield path, "question", found.questions()
        case Stories() if kind is Story:
            yield from ((file, "line", found.stories(file)) for file in found.files)
        case _:
            raise GroundupError(
                f"{path} is {form_of(found)}, which holds no {_WORDS[kind]}.", "Give another file, or choose its task."
            )


def form_of(found: Found) -> str:
    """The kind of file in words."""
    match found:
        case Table():
            return found.format
        case Parallel():
            return "parallel files"
        case Passages():
            return "SQuAD"
        case Stories():
            return "bAbI"
