"""Which column of a table holds what: what the user named, else usual names; else an error that suggests a mapping."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from itertools import islice

from groundup.errors import GroundupError, did_you_mean
from groundup.tasks.examples import Labelled, Pair, Question
from groundup.tasks.reading.guess import guessed
from groundup.tasks.reading.rows import Row, Table, shortened
from groundup.tasks.settings import Columns

# What each kind of example must have, and may have.
NEEDED: dict[type, tuple[str, ...]] = {
    Labelled: ("text", "label"),
    Pair: ("source", "target"),
    Question: ("context", "question", "answer"),
}
WELCOME: dict[type, tuple[str, ...]] = {
    Labelled: ("id", "second"),
    Pair: ("id",),
    Question: ("id", "start", "is_impossible", "kind"),
}
WORDS = {Labelled: "labelled texts", Pair: "pairs of texts", Question: "questions on passages"}

# Usual names, written as `_plain` leaves them. A role's first group goes before its second where both are there.
_NAMES: dict[str, tuple[str, str]] = {
    "text": (
        "text texts sentence sentence1 premise text1 texta",
        "review reviews reviewtext reviewbody document doc comment comments content body message tweet post phrase "
        "utterance question1 input article description sms feedback",
    ),
    "second": ("second sentence2 hypothesis text2 textb secondtext", "question2"),
    "label": (
        "label labels labeltext goldlabel",
        "class classes category sentiment target y polarity rating ratings stars score topic intent emotion tag",
    ),
    "source": ("source src sourcetext sourcesentence", "input"),
    "target": ("target tgt trg targettext targetsentence translation reference", "output"),
    "context": ("context passage", "paragraph story document text article section"),
    "question": ("question questions", "query"),
    "answer": ("answers answer", "answertext goldanswer response"),
    "start": ("answerstart start", "startposition offset"),
    "id": ("id", "guid uid qid index idx"),
    "is_impossible": ("isimpossible impossible unanswerable", ""),
    "kind": ("kind", "type questiontype"),
}
_LANGUAGES = (
    "ar bg bn ca cs cy da de el en es et eu fa fi fr ga he hi hr hu id is it ja ka ko la lt lv mk mt nb nl nn no pl "
    "pt ro ru sk sl sq sr sv sw ta te th tr uk ur vi zh arabic chinese czech danish dutch english finnish french "
    "german greek hebrew hindi hungarian italian japanese korean latin norwegian polish portuguese romanian russian "
    "spanish swedish turkish ukrainian"
)
_PLAIN_YAML = re.compile(r"[A-Za-z][A-Za-z0-9_ -]*[A-Za-z0-9]")
_YAML_WORDS = ("yes", "no", "on", "off", "true", "false", "null", "y", "n")
_ROWS_SHOWN = 3
# Files are often sorted by label, so that its column says one thing for long.
_ROWS_GUESSED_BY = 20_000
_COLUMNS_SHOWN = 20


def find_columns(table: Table, kind: type, columns: Columns) -> dict[str, str]:
    """The column for each thing that examples of `kind` have and the table holds.

    Raises GroundupError, with the columns there are and a mapping to paste, where one is missing or in doubt.
    """
    chosen = {role: name for role, name in columns.given().items() if role in (*NEEDED[kind], *WELCOME[kind])}
    for role, name in chosen.items():
        if name not in table.names:
            raise _error(table, kind, _chosen_well(table, chosen), f"has no column {name!r} for the {role}", name)
    found = dict(chosen)
    for role in (*NEEDED[kind], *WELCOME[kind]):
        if role in found:
            continue
        candidates = usual(role, table.names, set(found.values()))
        if len(candidates) == 1:
            found[role] = candidates[0]
        elif candidates and role in NEEDED[kind]:
            names = " and ".join(repr(name) for name in candidates)
            raise _error(table, kind, found, f"has several columns that may hold the {role}, {names}", "")
    if kind is Pair:
        found |= _by_language(table.names, found)
    missing = [role for role in NEEDED[kind] if role not in found]
    if missing:
        raise _error(table, kind, found, f"has no column that is surely the {' or the '.join(missing)}", "")
    return found


def usual(role: str, names: Sequence[str], taken: set[str]) -> list[str]:
    """The columns that bear a usual name of `role`: those of its first group, else those of its second."""
    free = [name for name in names if name not in taken]
    for group in _NAMES[role]:
        if found := [name for name in free if _plain(name) in group.split()]:
            return found
    return []


def suggestion(mapping: Mapping[str, str]) -> str:
    """The mapping as a line of a recipe and as words of the command lines."""
    recipe = ", ".join(f"{role}: {_yaml(name)}" for role, name in mapping.items())
    keys = " ".join(f"--task.columns.{role} {shlex.quote(name)}" for role, name in mapping.items())
    words = " ".join(shlex.quote(f"{role}={name}") for role, name in mapping.items())
    return (
        f"  in the recipe, below task:  columns: {{{recipe}}}\n"
        f"  to groundup build:          {keys}\n"
        f"  to groundup evaluate:       --columns {words}"
    )


def first_rows(table: Table) -> list[Row]:
    """The rows that a guess is made from."""
    return [row for row in islice(table.rows(), _ROWS_GUESSED_BY) if isinstance(row, Row)]


def guessed_columns(table: Table, kind: type, known: Mapping[str, str]) -> dict[str, str]:
    """What is known and, for the rest that `kind` needs, a guess by usual names and then by content."""
    found = dict(known)
    rows = first_rows(table)
    for role in NEEDED[kind]:
        if role not in found and (candidates := usual(role, table.names, set(found.values()))):
            found |= guessed([role], candidates, rows, found) or {role: candidates[0]}
    if kind is Pair:
        spoken = [name for name in table.names if _plain(name) in _LANGUAGES.split() and name not in found.values()]
        found |= dict(zip([role for role in NEEDED[kind] if role not in found], spoken, strict=False))
    found |= guessed([role for role in NEEDED[kind] if role not in found], table.names, rows, found)
    return {role: found[role] for role in (*NEEDED[kind], *WELCOME[kind]) if role in found}


def _chosen_well(table: Table, chosen: Mapping[str, str]) -> dict[str, str]:
    """What the user chose, with slips of the pen mended."""
    mended: dict[str, str] = {}
    plain = {_plain(name): name for name in table.names}
    for role, name in chosen.items():
        near = name if name in table.names else plain.get(_plain(name))
        if near is not None:
            mended[role] = near
    return mended


def _by_language(names: Sequence[str], found: Mapping[str, str]) -> dict[str, str]:
    """The other language, where the user named one of two; which way round is never guessed."""
    spoken = [name for name in names if _plain(name) in _LANGUAGES.split()]
    for one, other in (("source", "target"), ("target", "source")):
        rest = [name for name in spoken if name != found.get(one)]
        if found.get(one) in spoken and other not in found and len(rest) == 1:
            return {other: rest[0]}
    return {}


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _yaml(name: str) -> str:
    is_plain = _PLAIN_YAML.fullmatch(name) and name.casefold() not in _YAML_WORDS
    return name if is_plain else json.dumps(name, ensure_ascii=not name.isprintable())


def _error(table: Table, kind: type, known: Mapping[str, str], what: str, wrong: str) -> GroundupError:
    names = ", ".join(repr(shortened(name)) for name in table.names[:_COLUMNS_SHOWN])
    more = f" and {len(table.names) - _COLUMNS_SHOWN:,} more" if len(table.names) > _COLUMNS_SHOWN else ""
    # The names were listed already: of did_you_mean only what is near says more.
    near = f" {meant}" if wrong and (meant := did_you_mean(wrong, table.names)).startswith("Did") else ""
    unnamed = ""
    if not table.has_names:
        unnamed = " Its first line seems to hold data and no names, so its columns go by number."
    message = f"{table.path} {what}. Its columns are: {names}{more}.{unnamed}{near}"
    mapping = guessed_columns(table, kind, known)
    missing = [role for role in NEEDED[kind] if role not in mapping]
    if missing:
        remedy = f"No column looks like the {' or the '.join(missing)} of {WORDS[kind]}. Is it the right file?"
        if mapping:
            names_of_rest = dict.fromkeys(missing, "COLUMN")
            remedy += f" If it is, name them:\n{suggestion({**mapping, **names_of_rest})}"
    else:
        remedy = f"Judging by what they hold, this may be meant; check it and add it:\n{suggestion(mapping)}"
    return GroundupError(message, remedy + _shown_rows(table))


def _shown_rows(table: Table) -> str:
    lines = []
    for row in first_rows(table)[:_ROWS_SHOWN]:
        cells = [f"{shortened(name, 30)}: {shortened(row.values.get(name), 40)}" for name in table.names[:8]]
        lines.append(f"\n  {table.unit} {row.number:,}:  {' | '.join(cells)}")
    return f"\nThe first rows:{''.join(lines)}" if lines else ""
