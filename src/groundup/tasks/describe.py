"""What is in a file of examples, found without being told anything: for a look before a recipe is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from groundup.errors import GroundupError
from groundup.tasks.examples import Example, Labelled, Pair, Question, Story
from groundup.tasks.labels import labels_of
from groundup.tasks.read import form_of, read_examples
from groundup.tasks.reading.columns import find_columns, guessed_columns
from groundup.tasks.reading.content import as_text
from groundup.tasks.reading.formats import Found, Parallel, Passages, Stories, find
from groundup.tasks.reading.parallel import stem_of
from groundup.tasks.reading.rows import Account, Row, Table, shortened
from groundup.tasks.settings import Columns

# Distinct values of a column are counted up to here.
_MOST_DISTINCT = 1000
_SAMPLES = 3


@dataclass(frozen=True)
class Lengths:
    """Characters of the texts in one place of the examples."""

    least: int
    median: float
    most: int


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    filled: int
    empty: int
    distinct: int
    """Different values, counted up to 1,000."""
    lengths: Lengths
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Description:
    """What a file holds; fields that do not apply are empty."""

    path: str
    format: str
    encoding: str
    delimiter: str
    columns: tuple[Column, ...]
    kind: str
    """What it can be read as: labelled, pair, question or story; empty where the columns do not say."""
    mapping: dict[str, str]
    """Which column holds what: found where `kind` is given, else a guess."""
    rows: int
    examples: int
    skipped: dict[str, int]
    first_bad: str
    labels: dict[str, int]
    lengths: dict[str, Lengths]
    """Characters of each part of the examples."""
    warnings: tuple[str, ...]


KINDS: dict[str, type] = {"labelled": Labelled, "pair": Pair, "question": Question, "story": Story}
_NAME_OF = {kind: name for name, kind in KINDS.items()}
# A table of questions may also hold a text and a label; what asks for more comes first.
_TABLE_KINDS = (Question, Pair, Labelled)


def describe(path: Path, columns: Columns = Columns(), *, encoding: str | None = None) -> Description:  # noqa: B008
    """What is in a file: format, encoding, columns, rows, labels, lengths, and what may be wrong with it.

    Raises GroundupError where the file cannot be read at all; bad rows are counted.
    """
    found = find(path, encoding)
    kind, mapping = _kind(found, path, columns)
    account = Account()
    table = found if isinstance(found, Table) else None
    begun = Description(
        str(path), form_of(found), _encoding(found), table.delimiter if table else "",
        _columns(table) if table else (), _NAME_OF.get(kind, "") if kind else "", mapping,
        0, 0, {}, "", {}, {}, (),
    )  # fmt: skip
    if kind is None:
        rows = sum(1 for _ in table.rows()) if table else 0
        return replace(begun, rows=rows)
    examples: list[Any] = []
    warnings: list[str] = []
    try:
        examples.extend(
            read_examples(path, kind, _chosen(columns, mapping), on_bad_row="skip", encoding=encoding, account=account)
        )
    except GroundupError as error:
        # Files of unequal length, or nothing but bad rows: a description says so and stays one.
        warnings.append(str(error))
    if kind is Labelled and examples:
        labels = labels_of(examples)
        begun = replace(begun, labels=labels.counts)
        warnings.extend(labels.warnings())
        try:
            labels.check(path.name)
        except GroundupError as error:
            warnings.append(str(error))
    return replace(
        begun,
        rows=account.rows,
        examples=account.read,
        skipped=dict(account.skipped),
        first_bad=account.first_bad,
        lengths=_lengths(examples),
        warnings=tuple(warnings),
    )


def _kind(found: Found, path: Path, columns: Columns) -> tuple[type | None, dict[str, str]]:
    match found:
        case Stories():
            return Story, {}
        case Passages():
            return Question, {}
        case Parallel():
            one = columns.source or stem_of(path)[1] or next(name for name in found.files if name != columns.target)
            other = columns.target or next(name for name in found.files if name != one)
            return Pair, {"source": one, "target": other}
        case Table():
            return _table_kind(found, columns)


def _table_kind(table: Table, columns: Columns) -> tuple[type | None, dict[str, str]]:
    for kind in _TABLE_KINDS:
        try:
            return kind, find_columns(table, kind, columns)
        except GroundupError:
            continue
    return None, guessed_columns(table, Labelled, {})


def _chosen(columns: Columns, mapping: dict[str, str]) -> Columns:
    return replace(columns, **{role: name for role, name in mapping.items() if role in ("source", "target")})


def _encoding(found: Found) -> str:
    return found.encoding if isinstance(found, Table | Passages) else ""


def _columns(table: Table) -> tuple[Column, ...]:
    lengths: dict[str, list[int]] = {name: [] for name in table.names}
    different: dict[str, Counter[str]] = {name: Counter() for name in table.names}
    for row in table.rows():
        if not isinstance(row, Row):
            continue
        for name in table.names:
            value = row.values.get(name)
            text = as_text(value)
            text = shortened(value) if text is None else text
            lengths[name].append(len(text) if text.strip() else 0)
            if text.strip() and len(different[name]) < _MOST_DISTINCT:
                different[name][text[:200]] += 1
    return tuple(_column(name, lengths[name], different[name]) for name in table.names)


def _column(name: str, lengths: list[int], different: Counter[str]) -> Column:
    filled = [length for length in lengths if length]
    samples = tuple(shortened(value) for value in list(different)[:_SAMPLES])
    return Column(name, len(filled), len(lengths) - len(filled), len(different), _measured(filled), samples)


def _lengths(examples: list[Example]) -> dict[str, Lengths]:
    if not examples:
        return {}
    parts = _PARTS[type(examples[0])]
    return {name: _measured(part(example) for example in examples) for name, part in parts.items()}


def _measured(lengths: Iterable[int]) -> Lengths:
    values = list(lengths)
    return Lengths(min(values), median(values), max(values)) if values else Lengths(0, 0, 0)


def _story_length(story: Story) -> int:
    return sum(len(sentence.text) + 1 for sentence in story.sentences)


_PARTS: dict[type, dict[str, Callable[[Any], int]]] = {
    Labelled: {"text": lambda example: len(example.text)},
    Pair: {"source": lambda example: len(example.source), "target": lambda example: len(example.target)},
    Question: {
        "context": lambda example: len(example.context),
        "question": lambda example: len(example.question),
        "answer": lambda example: max((len(answer.text) for answer in example.answers), default=0),
    },
    Story: {
        "story": _story_length,
        "question": lambda example: len(example.question),
        "answer": lambda example: len(example.answer),
    },
}
