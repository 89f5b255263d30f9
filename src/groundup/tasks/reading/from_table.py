"""Examples from the rows of a table, or the fault of a row that holds none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from groundup.tasks.examples import Answer, Example, Labelled, Pair, Question
from groundup.tasks.reading.columns import find_columns
from groundup.tasks.reading.content import as_text, proper
from groundup.tasks.reading.rows import EMPTY_CELL, Account, Fault, Row, Table
from groundup.tasks.reading.squad import Misshapen, answer, checked
from groundup.tasks.settings import Columns


def table_examples(table: Table, kind: type, columns: Columns, account: Account) -> Iterator[Example | Fault]:
    """The examples of `kind` in a table; `account` learns its columns. Raises GroundupError where they are in doubt."""
    # The columns are found at once, so that a wrong file is an error where it is opened.
    account.columns = find_columns(table, kind, columns)
    return _made(table, account.columns, _MAKERS[kind])


def _made(table: Table, found: Mapping[str, str], make: _Maker) -> Iterator[Example | Fault]:
    for row in table.rows():
        if isinstance(row, Fault):
            yield row
            continue
        try:
            yield make(_Reader(row, found), f"{table.path.name}#{row.number}")
        except Misshapen as wrong:
            column = found.get(wrong.column, wrong.column)
            yield Fault(row.number, wrong.reason, column, wrong.value, wrong.detail)


class _Reader:
    """A row asked by role instead of by column."""

    def __init__(self, row: Row, found: Mapping[str, str]) -> None:
        self.row, self.found = row, found

    def value(self, role: str) -> Any:
        return self.row.values.get(self.found[role]) if role in self.found else None

    def optional(self, role: str) -> str:
        text = as_text(self.value(role))
        if text is None:
            kind = type(self.value(role)).__name__
            raise Misshapen(role, self.value(role), f"it holds no text but a {kind}", "no text")
        return text

    def text(self, role: str) -> str:
        text = self.optional(role)
        if not text.strip():
            is_there = role not in self.found or self.found[role] in self.row.values
            raise Misshapen(role, "", "it is empty" if is_there else "the row has no such key", EMPTY_CELL)
        return text


def _labelled(row: _Reader, place: str) -> Labelled:
    second = row.text("second") if "second" in row.found else ""
    return Labelled(row.optional("id") or place, row.text("text"), row.text("label").strip(), second)


def _pair(row: _Reader, place: str) -> Pair:
    return Pair(row.optional("id") or place, row.text("source"), row.text("target"))


def _question(row: _Reader, place: str) -> Question:
    context = row.text("context")
    given = row.value("answer")
    is_impossible = row.optional("is_impossible").strip().casefold() in ("true", "1", "yes")
    # As `datasets` keeps SQuAD: an object of two lists, both empty where there is no answer.
    if isinstance(given, dict) and isinstance(given.get("text"), list):
        is_impossible = is_impossible or ("is_impossible" not in row.found and not given["text"])
    answers = () if is_impossible else tuple(checked(context, item) for item in _answers(row, given))
    if not answers and not is_impossible:
        raise Misshapen("answer", given, "it holds no answer", "no answer")
    return Question(
        row.optional("id") or place, context, row.text("question"), answers, is_impossible, row.optional("kind")
    )


def _answers(row: _Reader, given: Any) -> list[Answer]:
    if isinstance(given, dict) and isinstance(texts := given.get("text"), list):
        starts = given.get("answer_start")
        starts = starts if isinstance(starts, list) and len(starts) == len(texts) else [None] * len(texts)
        return [answer({"text": text, "answer_start": start}) for text, start in zip(texts, starts, strict=True)]
    if isinstance(given, list):
        return [answer(item) for item in given]
    if isinstance(given, dict):
        return [answer(given)]
    return [Answer(proper(row.text("answer")), _start(row))]


def _start(row: _Reader) -> int | None:
    text = row.optional("start").strip()
    if not text or text == "-1":
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Misshapen("start", text, "the place of an answer is no whole number", "no place")
    return int(text)


_Maker = Callable[[_Reader, str], Example]
_MAKERS: dict[type, _Maker] = {Labelled: _labelled, Pair: _pair, Question: _question}
