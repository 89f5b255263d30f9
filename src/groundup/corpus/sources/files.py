"""Documents from files: text, HTML, books, zips, JSON, CSV and Parquet, each as one `Reading` a document.

A file that cannot be read stops the work with its name and place, or, where the source says `damaged: drop`,
leaves a row in the ledger. Nothing is passed over in silence.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from groundup.corpus.document import Change, Found, Reading, sample
from groundup.corpus.sources.books import METADATA, metadata
from groundup.corpus.sources.common_crawl import read_by_index
from groundup.corpus.sources.decode import NotTextError, decode
from groundup.corpus.sources.delimiter import settled
from groundup.corpus.sources.epub import read_epub
from groundup.corpus.sources.expand import COMPRESSED, UnreadableError, read_lines, read_whole
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.packed import read_tar, read_zip
from groundup.corpus.sources.parquet import read_parquet_rows
from groundup.corpus.sources.single import PAGES, TEXTS, decoded_reading, document_of, given_up, page_of, text_of
from groundup.corpus.sources.warc import is_archive, read_warc
from groundup.corpus.sources.wikipedia import read_wikipedia
from groundup.errors import GroundupError, did_you_mean

# Other names under which people keep what a document's columns hold.
_COLUMNS = {
    "title": ("title",),
    "address": ("url", "address", "link"),
    "date": ("date", "timestamp", "published"),
    "licence": ("licence", "license"),
}


def read_file(file: InputFile, others: Counter[str] | None = None) -> Iterator[Found]:
    """The documents of one file, in order. `others` counts records of web archives that are no documents, by kind.

    Raises GroundupError naming the file, and the line where there is one, for what cannot be read, unless the
    source's `damaged` is `drop`.
    """
    if file.settings.index is not None:
        yield from read_by_index(file, Counter() if others is None else others)
        return
    if file.path.name == METADATA and file.settings.kind != "files" and metadata(file.root):
        return
    if file.settings.kind == "wikipedia":
        yield from read_wikipedia(file)
        return
    if is_archive(file.path.name):
        yield from read_warc(file, others)
        return
    reader = _READERS.get(ending_of(file.path))
    if reader is None and not file.is_chosen:
        ending = ending_of(file.path) or "nothing"
        yield given_up(file, file.id, "kind of file", f"no reader for names that end in {ending!r}")
        return
    try:
        yield from (reader or _text)(file)
    except UnreadableError as reason:
        yield _damaged(file, file.id, f"The file {file.path} cannot be read: {reason}.")


def is_known(path: Path) -> bool:
    """Whether a file's name says what it holds."""
    return is_archive(path.name) or ending_of(path) in _READERS


def ending_of(path: Path) -> str:
    """What a file's name ends in, in small letters; of a packed one before it was packed."""
    suffix = path.suffix.lower()
    if suffix in COMPRESSED:
        inner = path.with_suffix("").suffix.lower()
        # Parquet is read from its end, so it cannot be compressed again; a bare .gz is taken to hold text.
        return suffix if inner == ".parquet" else inner or ".txt"
    return suffix


def _text(file: InputFile) -> Iterator[Found]:
    yield text_of(file, read_whole(file.path, _largest(file)))


def _page(file: InputFile) -> Iterator[Found]:
    yield page_of(file, read_whole(file.path, _largest(file)))


def _largest(file: InputFile) -> int:
    """The bytes that a file, or a line, may have."""
    return file.settings.largest_document * 1_000_000


def _jsonl(file: InputFile) -> Iterator[Reading]:
    for number, line in enumerate(read_lines(file.path, _largest(file)), 1):
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        where = f"{file.id}#{number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            shown = sample(line[:200].decode("utf-8", "replace"))
            yield _damaged(
                file,
                where,
                f"Line {number:,} of {file.path} is not JSON ({error}). It begins: {shown}",
                len(line),
            )
            continue
        if not isinstance(row, dict):
            yield _damaged(
                file,
                where,
                f"Line {number:,} of {file.path} holds no JSON object but a {type(row).__name__}.",
                len(line),
            )
            continue
        yield _from_row(file, where, row, f"line {number:,} of {file.path}")


def _json(file: InputFile) -> Iterator[Reading]:
    """JSON lines by another name, as many data sets have them, or one list of objects."""
    limit = _largest(file)
    lines = (line.removeprefix(b"\xef\xbb\xbf").strip() for line in read_lines(file.path, limit))
    first, second = (next(filter(None, lines), b"") for _ in range(2))
    if first.startswith(b"["):
        yield from _json_list(file, read_whole(file.path, limit))
    elif _is_object(first) and (second or file.is_chosen):
        yield from _jsonl(file)
    else:
        yield given_up(file, file.id, "kind of file", "it is JSON, but neither a list of objects nor one on each line")


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _json_list(file: InputFile, data: bytes) -> Iterator[Reading]:
    try:
        rows = json.loads(data)
    except (ValueError, RecursionError) as error:
        yield _damaged(file, file.id, f"The file {file.path} is no whole JSON ({error}).", len(data))
        return
    for number, row in enumerate(rows, 1):
        where, place = f"{file.id}#{number}", f"item {number:,} of {file.path}"
        if isinstance(row, dict):
            yield _from_row(file, where, row, place)
        else:
            yield _damaged(file, where, f"There is no JSON object in {place}, but a {type(row).__name__}.")


def _csv(file: InputFile) -> Iterator[Reading]:
    data = read_whole(file.path, _largest(file))
    try:
        text, encoding = decode(data, file.settings.encoding)
    except NotTextError as reason:
        yield given_up(file, file.id, "not text", str(reason), len(data))
        return
    # The limit is the module's, and 131,072 characters by default; a field cannot be longer than its file.
    csv.field_size_limit(max(len(text), 131_072))
    named = "\t" if ending_of(file.path) == ".tsv" else ","
    delimiter, text = settled(text, named, (_wanted(file),))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    try:
        header = next(filter(None, rows), [])
        _column(file, header, f", cut at {delimiter!r}," if len(header) > 1 else "")
        for cells in rows:
            if not cells:
                continue
            where = f"{file.id}#{rows.line_num}"
            if len(cells) != len(header):
                yield _damaged(
                    file,
                    where,
                    f"The row that ends at line {rows.line_num:,} of {file.path} has {len(cells)} cells,"
                    f" the header {len(header)}.",
                )
                continue
            reading = _from_row(
                file, where, dict(zip(header, cells, strict=True)), f"line {rows.line_num:,} of {file.path}"
            )
            yield decoded_reading(reading.document, encoding) if not reading.is_dropped else reading
    except csv.Error as error:
        yield _damaged(file, f"{file.id}#{rows.line_num}", f"Line {rows.line_num:,} of {file.path} is no CSV: {error}.")


def _parquet(file: InputFile) -> Iterator[Reading]:
    rows = read_parquet_rows(file.path, lambda names: [_column(file, names), *_others(names)])
    for number, row in enumerate(rows, 1):
        yield _from_row(file, f"{file.id}#{number}", row, f"row {number:,} of {file.path}")


_READERS: Mapping[str, Callable[[InputFile], Iterator[Found]]] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(PAGES, _page),
    ".epub": read_epub,
    ".zip": read_zip,
    ".tar": read_tar,
    ".tgz": read_tar,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": _parquet,
}


def _wanted(file: InputFile) -> str:
    return file.settings.text_field or "text"


def _column(file: InputFile, names: Sequence[str], how: str = "") -> str:
    """The column that holds the text, or an error that says which there are, and `how` they were found."""
    wanted = _wanted(file)
    if wanted in names:
        return wanted
    there = ", ".join(sample(name) for name in names[:12]) or "none"
    near = did_you_mean(wanted, names) if wanted != "text" and names else ""
    raise GroundupError(
        f"{file.path} has no column {wanted!r} to take the text from; its columns{how} are: {there}. {near}".rstrip(),
        "Name the right one in the source, as in `text_field: body`.",
    )


def _others(names: Sequence[str]) -> list[str]:
    known = {name for group in _COLUMNS.values() for name in group}
    return [name for name in names if name in known]


def _from_row(file: InputFile, where: str, row: Mapping[str, Any], place: str) -> Reading:
    field = _wanted(file)
    if field not in row:
        keys = ", ".join(sample(str(key)) for key in list(row)[:12]) or "none"
        return _damaged(
            file,
            where,
            f"There is no key {field!r} in {place}; its keys are: {keys}.",
            remedy="Name the right one in the source, as in `text_field: body`, or set `damaged: drop`.",
        )
    text = row[field]
    if text is None:
        return given_up(file, where, "no text", f"{field} is null")
    if not isinstance(text, str):
        return _damaged(file, where, f"{field!r} in {place} holds no text but a {type(text).__name__}.")
    mended = _proper(text)
    document = document_of(file, where, mended)
    known: dict[str, Any] = {
        column: next((_proper(row[name]) for name in names if isinstance(row.get(name), str)), "")
        for column, names in _COLUMNS.items()
    }
    document = replace(document, **{column: value for column, value in known.items() if value})
    if mended == text:
        return Reading(document, len(text))
    lost = sum("\ud800" <= character <= "\udfff" for character in text)
    change = Change("read", "surrogates", "edit", len(text), len(mended), value=float(lost), sample=sample(mended))
    return Reading(document, len(text), (change,))


def _proper(text: str) -> str:
    """Text that UTF-8 can hold: halves of surrogate pairs are joined, or replaced where one stands alone."""
    if text.isascii():
        return text
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _damaged(
    file: InputFile,
    where: str,
    message: str,
    size: int | None = None,
    remedy: str = "Mend or remove it, or set `damaged: drop` for this source to go on without it.",
) -> Reading:
    if file.settings.damaged == "stop":
        raise GroundupError(message, remedy)
    # The ledger goes with the corpus to other people; where the file lay on this machine stays here.
    return given_up(file, where, "damaged", message.replace(str(file.path), file.name), size)
