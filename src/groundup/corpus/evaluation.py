"""The items of evaluation sets, from whatever files they come in: what a model will be examined on.

Nothing is known here of tasks: each line of a text file is an item, and so is each text that a table or JSON holds, at
any depth. So parallel sentences, labelled texts, SQuAD's passages and questions, and stories of a line a sentence are
all read by the same few rules; ids and labels are too short to be looked for.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from groundup.corpus.contamination_settings import EvaluationSettings
from groundup.corpus.sources.decode import NotTextError, decode
from groundup.corpus.sources.delimiter import form_of, settled
from groundup.corpus.sources.expand import COMPRESSED, UnreadableError, read_whole
from groundup.corpus.sources.listing import InputFile, Resolved, list_files
from groundup.corpus.sources.parquet import read_parquet_rows
from groundup.errors import GroundupError

Item = tuple[str, str]
"""A name and a text."""


def evaluation_files(sets: Sequence[EvaluationSettings], inputs: Sequence[Resolved]) -> list[list[InputFile]]:
    """The files of each set. Raises GroundupError as `list_files` does."""
    return [list_files((one.source,), (place,)) for one, place in zip(sets, inputs, strict=True)]


def evaluation_texts(sets: Sequence[EvaluationSettings], files: Sequence[Sequence[InputFile]]) -> Iterator[Item]:
    """The items of all sets in order; a name is `SOURCE/FILE#LINE`, and the key or column where there is one.

    Raises GroundupError for files that cannot be read, and for a set without a text: it would be taken for clean.
    """
    for one, some in zip(sets, files, strict=True):
        has_any = False
        for file in some:
            for item in _items(file, one.fields):
                has_any = True
                yield item
        if not has_any:
            where = f" under {', '.join(one.fields)}" if one.fields else ""
            raise GroundupError(
                f"The evaluation set {one.data!r} holds no text{where} in {len(some):,} files, of which the first is "
                f"{some[0].name}.",
                "Look at its `fields`, `include` and `exclude`.",
            )


def _items(file: InputFile, fields: Collection[str]) -> Iterator[Item]:
    suffixes = [suffix.lower() for suffix in file.path.suffixes if suffix.lower() not in COMPRESSED]
    ending = suffixes[-1] if suffixes else ""
    try:
        if ending == ".parquet":
            rows = read_parquet_rows(file.path, lambda names: [name for name in names if not fields or name in fields])
            yield from _named(file, rows, fields)
            return
        data = read_whole(file.path, file.settings.largest_document * 1_000_000)
        text, _ = decode(data, file.settings.encoding)
        if ending in (".csv", ".tsv"):
            yield from _named(file, _table(text, "\t" if ending == ".tsv" else ",", fields), fields)
        elif ending in (".json", ".jsonl", ".ndjson"):
            yield from _named(file, _json(text), fields)
        else:
            yield from _named(file, text.splitlines(), ())
    except (UnreadableError, NotTextError, csv.Error, ValueError, RecursionError) as reason:
        raise GroundupError(
            f"The evaluation file {file.path} cannot be read: {reason}.",
            "Mend it, or name the files that are meant with `include`: text, JSON, JSON lines, CSV, TSV or Parquet.",
        ) from reason


def _table(text: str, named: str, fields: Collection[str]) -> Iterator[Any]:
    csv.field_size_limit(max(len(text), 131_072))
    delimiter, text = settled(text, named, fields)
    # Not strict: a text behind a broken quote is looked for as well.
    form = form_of(text, delimiter) | {"strict": False}
    return csv.DictReader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter, **form)


def _json(text: str) -> Iterable[Any]:
    """One value, of which a list is its rows, or one value a line."""
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        values = [json.loads(line) for line in lines]
    except ValueError:
        values = [json.loads(text)]
    return values[0] if len(values) == 1 and isinstance(values[0], list) else values


def _named(file: InputFile, rows: Iterable[Any], fields: Collection[str]) -> Iterator[Item]:
    for number, row in enumerate(rows, 1):
        for key, text in _texts(row, fields):
            yield f"{file.id}#{number}" + (f" {key}" if key else ""), text


def _texts(value: Any, fields: Collection[str]) -> Iterator[Item]:
    """Every text in a value of JSON, with the key nearest to it; with `fields` only those somewhere below one."""
    # No recursion: files may come from strangers, and be as deep as they like.
    waiting: list[tuple[str, Any, bool]] = [("", value, not fields)]
    while waiting:
        key, here, is_wanted = waiting.pop()
        if isinstance(here, str):
            if is_wanted:
                yield key, here
        elif isinstance(here, dict):
            below = [(str(name), inner, is_wanted or name in fields) for name, inner in here.items()]
            waiting += reversed(below)
        elif isinstance(here, list):
            waiting += [(key, inner, is_wanted) for inner in reversed(here)]
