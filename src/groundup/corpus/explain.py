"""One document's story, from the tables of a corpus: each change, every signal, and what was asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from groundup.corpus.read import read_account
from groundup.corpus.shard import DOCUMENTS
from groundup.corpus.write import PARTS
from groundup.errors import GroundupError
from groundup.progress import SILENT, Progress
from groundup.store.artefact import open_artefact
from groundup.store.manifest import MANIFEST
from groundup.store.tables import count_rows, find_rows, read_rows

# The stage that annotates documents, whose folder lies beside the corpus.
ANNOTATED = "documents"
_DESCRIBED = ("source", "address", "title", "date", "licence")
_WITHOUT_TEXT = ["id", *_DESCRIBED, "characters", "bytes"]
_NAMES = ["id", "address", "title"]
_SHOWN, _NEAREST = 5, 3
# To say where the search is takes longer than to look at a row.
_ROWS_A_WORD = 10_000


def explain(corpus: Path, name: str, progress: Progress = SILENT) -> dict[str, Any]:
    """What became of one document of the corpus in this folder.

    `name` is its id, its address or its title, or the beginning or the end of an id that only one document has. Gives
    what the document is; `characters_read`; `ledger`, its rows in order; `signals` with what is `asked` of each, where
    the documents that the corpus was made from still lie beside it; `kept`, where its text is now, and `is_kept`; and
    `duplicates`, which went because it stayed. Raises GroundupError where none fits, or several do, and DamagedError,
    naming the file, where one is not as it was built.
    """
    if (corpus / MANIFEST).is_file():
        open_artefact(corpus, progress=progress)
    wanted = _find(corpus, name, progress)
    ledger = list(_rows(corpus / "ledger", "id", wanted))
    kept = [{"part": part, **row} for part in PARTS for row in _rows(corpus / part, "id", wanted, _WITHOUT_TEXT)]
    annotated = _annotated(corpus, wanted)
    known = [*kept, annotated, *ledger]
    characters = sum(row["characters"] for row in kept)
    return {
        "id": wanted,
        **{what: next((row[what] for row in known if row.get(what)), "") for what in _DESCRIBED},
        "characters_read": ledger[0]["characters_before"] if ledger else characters,
        "is_kept": bool(kept),
        "ledger": ledger,
        "signals": _signals(annotated, read_account(corpus)),
        "kept": kept,
        "duplicates": [
            {
                "id": row["id"],
                "title": row["title"],
                "rule": row["rule"],
                # Of a passage that was cut, the value is its length.
                "similarity": row["value"] if row["action"] == "drop" else None,
                "characters": row["characters_before"] - row["characters_after"],
            }
            for row in _rows(corpus / "ledger", "cluster", wanted)
        ],
    }


def _find(corpus: Path, name: str, progress: Progress) -> str:
    """The id of the one document that is meant."""
    # In the order in which they count; a document has many rows, and its id counts once.
    ways: dict[str, dict[str, None]] = {"id": {}, "address": {}, "title": {}, "begins": {}, "ends": {}}
    for row in _names(corpus, f"looking for {name}", progress):
        one = row["id"]
        if one == name:
            return name
        if row["address"].rstrip("/") == name.rstrip("/"):
            ways["address"][one] = None
        if row["title"] == name:
            ways["title"][one] = None
        if one.startswith(name):
            ways["begins"][one] = None
        if one.endswith(name):
            ways["ends"][one] = None
    for way in ways.values():
        if len(way) == 1:
            return next(iter(way))
    found = next((way for way in ways.values() if way), None)
    if found is not None:
        shown = ", ".join(list(found)[:_SHOWN]) + (", and others" if len(found) > _SHOWN else "")
        raise GroundupError(f"{len(found):,} documents of {corpus} are meant by {name!r}: {shown}.", "Give a whole id.")
    near = _nearest(corpus, name, progress)
    raise GroundupError(
        f"There is no document {name!r} in {corpus}." + (f" Near it: {', '.join(near)}." if near else ""),
        "Give its id, its address or its title, or the beginning or the end of its id.",
    )


def _names(corpus: Path, what: str, progress: Progress) -> Iterator[dict[str, Any]]:
    tables = [corpus / part for part in (*PARTS, "ledger") if any((corpus / part).glob("*.parquet"))]
    total = sum(map(count_rows, tables))
    rows = chain.from_iterable(read_rows(table, _NAMES) for table in tables)
    for done, row in enumerate(rows):
        if done % _ROWS_A_WORD == 0:
            progress(what, done, total)
        yield row
    progress(what, total, total)


def _nearest(corpus: Path, name: str, progress: Progress) -> list[str]:
    """The ids of the documents whose id, address or title has most groups of three letters in common with a name."""
    wanted = _threes(name)

    def likeness(one: str) -> float:
        own = _threes(one)
        return len(own & wanted) / len(own | wanted)

    found: dict[str, tuple[float, str]] = {}
    for row in _names(corpus, f"looking for what is near {name}", progress):
        best = max((row[what] for what in _NAMES), key=likeness)
        said = row["id"] if best == row["id"] else f"{row['id']} ({best})"
        found.setdefault(row["id"], (likeness(best), said))
        if len(found) > _NEAREST:
            # Of those that are equally near, the first stay.
            del found[min(reversed(found), key=lambda one: found[one][0])]
    return [said for _, said in sorted(found.values(), key=lambda one: -one[0])]


def _threes(name: str) -> set[str]:
    name = f"  {name.lower()}  "
    return {name[at : at + 3] for at in range(len(name) - 2)}


def _annotated(corpus: Path, wanted: str) -> dict[str, Any]:
    """The document's row with its signals; nothing where it was dropped before, or is not beside the corpus."""
    beside = corpus.parent / ANNOTATED
    if not ((corpus / MANIFEST).is_file() and (beside / MANIFEST).is_file()):
        return {}
    made_from = open_artefact(corpus, verify=False).manifest.parents.get(ANNOTATED)
    if open_artefact(beside, verify=False).manifest.fingerprint != made_from:
        return {}
    for path in sorted(beside.glob(f"*/{DOCUMENTS}")):
        for row in find_rows(path, "id", wanted):
            return {what: value for what, value in row.items() if what != "text"}
    return {}


def _signals(annotated: Mapping[str, Any], account: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "signal": known["signal"],
            "value": annotated[known["signal"]],
            "asked": [{**bound, "is_met": is_met(annotated[known["signal"]], bound)} for bound in known["bounds"]],
        }
        for known in account.get("signals", [])
        if known["signal"] in annotated
    ]


def is_met(value: Any, bound: Mapping[str, Any]) -> bool:
    """Whether a value is within the bounds that an account gives of a rule."""
    if "one_of" in bound:
        return value in bound["one_of"]
    return (
        value >= bound.get("at_least", value)
        and value <= bound.get("at_most", value)
        and ("above" not in bound or value > bound["above"])
        and ("below" not in bound or value < bound["below"])
    )


def _rows(folder: Path, column: str, value: str, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    if any(folder.glob("*.parquet")):
        yield from find_rows(folder, column, value, columns)
