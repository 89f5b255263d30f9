"""What every reader of a file gives: rows with their places, and faults where a row cannot be used.

A fault is not raised but handed on, so that one account counts what was read and what was not, and decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundup.errors import GroundupError
from groundup.tasks.reading.content import proper
from groundup.tasks.settings import OnBadRow

SHOWN = 60
# The reason of faults that are mended by filling in what is not there.
EMPTY_CELL = "empty cell"
# Who mends a file by hand mends a few rows at a time.
_OTHERS_SHOWN = 8


def shortened(value: object, length: int = SHOWN) -> str:
    """A value on one line, short enough to show."""
    try:
        text = str(value)[: 4 * length + 80]  # Enough for what stays when blanks fold; a text may have megabytes.
    except RecursionError:
        text = f"a {type(value).__name__} of very many levels"
    folded = " ".join(proper(text).split())
    return folded if len(folded) <= length else folded[: length - 1] + "…"


@dataclass(frozen=True)
class Row:
    """A row of a table: its line or number from 1 in the file, and its values by column."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Fault:
    """A row that cannot be used: where, why in a word or two (they are counted by it), and what stood there."""

    number: int
    reason: str
    column: str = ""
    value: object = ""
    detail: str = ""
    """The reason as a sentence with the figures, where there is more to say."""


@dataclass(frozen=True)
class Table:
    """A file with named columns; `rows` reads it from its beginning each time."""

    path: Path
    format: str
    encoding: str
    names: tuple[str, ...]
    rows: Callable[[], Iterator[Row | Fault]]
    unit: str = "line"
    """What `number` counts: lines of text files, rows of others."""
    delimiter: str = ""
    has_names: bool = True
    """False: the file's first line holds data, and `names` are numbers from 1."""


@dataclass
class Account:
    """How many rows a reading met, used and left out, and why; the counts add up."""

    rows: int = 0
    read: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    first_bad: str = ""
    """The first row that was left out, as a sentence without the folder of its file."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Of a table, the column that each thing was read from."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Of parallel files, which is the source and which the target, where only the file that was named tells it."""

    def facts(self) -> dict[str, Any]:
        """The account for a manifest or a report."""
        assert self.rows == self.read + sum(self.skipped.values()), "every row is read or skipped"
        taken = {"columns": dict(self.columns), "files": dict(self.files)}
        return {
            "rows": self.rows,
            "read": self.read,
            "skipped": dict(self.skipped),
            "first_bad": self.first_bad,
            **{name: found for name, found in taken.items() if found},
        }


def judged(items: Iterator[Any], path: Path, unit: str, on_bad_row: OnBadRow, account: Account) -> Iterator[Any]:
    """The items that are no faults. Faults are counted; after the first, `stop` counts the rest and raises."""
    first: Fault | None = None
    others: list[int] = []
    for item in items:
        account.rows += 1
        if not isinstance(item, Fault):
            account.read += 1
            # What follows a fault is only counted: nobody should train on half a file.
            if first is None or on_bad_row == "skip":
                yield item
            continue
        account.skipped[item.reason] += 1
        if first is None:
            first = item
            account.first_bad = account.first_bad or _sentence(item, path.name, unit)
        elif len(others) < _OTHERS_SHOWN:
            others.append(item.number)
    if first is not None and on_bad_row == "stop":
        raise GroundupError(_sentence(first, str(path), unit) + _count(account, others, unit), _remedy(account))
    if not account.read:
        raise GroundupError(f"{path} holds no examples{_reasons(account)}.", "Give a file with at least one.")


def _sentence(fault: Fault, name: str, unit: str) -> str:
    column = f", column {shortened(fault.column)!r}" if fault.column else ""
    value = f" It holds: {shortened(fault.value)}" if shortened(fault.value) else ""
    return f"{unit.capitalize()} {fault.number:,} of {name}{column}: {fault.detail or fault.reason}.{value}"


def _count(account: Account, others: list[int], unit: str) -> str:
    bad = sum(account.skipped.values())
    if bad == 1:
        return f"\nIt is the only bad one of {account.rows:,}."
    places = ", ".join(f"{number:,}" for number in others)
    # The count is of all files that are read together, the places are of this one.
    next_come = f"; next: {unit} {places}" if others else ""
    return f"\nIt is the first of {bad:,} bad ones among {account.rows:,}{_reasons(account)}{next_come}."


def _reasons(account: Account) -> str:
    return f" ({', '.join(f'{reason}: {count:,}' for reason, count in account.skipped.most_common())})" * bool(
        account.skipped
    )


def _remedy(account: Account) -> str:
    mend = "Fill the empty cells or mend what" if EMPTY_CELL in account.skipped else "Mend what"
    return (
        f"{mend} is wrong in the file, or have such rows left out and counted: `on_bad_row: skip` in the recipe, below "
        "task (to groundup build: --task.on_bad_row skip; to groundup evaluate: --on-bad-row skip)."
    )
