"""Which columns of a user's file hold what, where their names do not say so themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal

from groundup.errors import GroundupError, did_you_mean
from groundup.settings import require

OnBadRow = Literal["stop", "skip"]


@dataclass(frozen=True)
class Columns:
    """Columns by name; by number from 1 in a file whose first line holds no names. None: found by usual names."""

    text: str | None = None
    """Column of the text to be labelled."""
    second: str | None = None
    """Column of the second text, where pairs of texts are labelled."""
    label: str | None = None
    """Column of the label."""
    source: str | None = None
    """Column of the text to translate from; for parallel files the ending of the file, such as en."""
    target: str | None = None
    """Column of the translation; for parallel files the ending of the file, such as de."""
    context: str | None = None
    """Column of the passage that questions are asked about."""
    question: str | None = None
    """Column of the question."""
    answer: str | None = None
    """Column of the answer or the list of answers."""
    start: str | None = None
    """Column of the character of the passage at which the answer begins, counted from 0."""
    id: str | None = None
    """Column of the name by which predictions refer to a row; by default file and line."""

    def __post_init__(self) -> None:
        taken: dict[str, str] = {}
        for role, name in self.given().items():
            require(name != "", role, "a column has no name")
            require(name not in taken, role, f"the column {name!r} is already taken for {taken.get(name)}")
            taken[name] = role

    def given(self) -> dict[str, str]:
        """The columns that the user named, by what they hold."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {role: name for role, name in values.items() if name is not None}


def columns_from(words: Iterable[str]) -> Columns:
    """The columns of a command line's `text=Review Body` words. Raises GroundupError."""
    known = [field.name for field in fields(Columns)]
    values: dict[str, str] = {}
    for word in words:
        role, equals, name = word.partition("=")
        if not equals or role not in known:
            hint = did_you_mean(role, known) if equals else ""
            raise GroundupError(
                f"{word!r} does not say which column holds what. {hint}".rstrip(),
                "Write what it holds, an equals sign and the column: --columns 'text=Review Body' label=Stars",
            )
        values[role] = name
    try:
        return Columns(**values)
    except ValueError as error:
        raise GroundupError(f"--columns is not right: {error}.") from error
