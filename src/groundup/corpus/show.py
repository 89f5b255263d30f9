"""The account of a corpus as tables for a terminal; as a page it is the reports room's.

Samples come from strangers' texts, so nothing of them is ever markup, and no control character reaches a terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text


@dataclass(frozen=True)
class Table:
    """A table before it is drawn: the columns named in `numbers` are set flush right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[str, ...] = ()


def tables(account: dict[str, Any]) -> list[Table]:
    """The account as tables: the whole, by source, by rule, duplicates, characters removed, samples."""
    made = [_whole(account), _sources(account), _rules(account), _clusters(account), _removed(account)]
    return [table for table in (*made, _samples(account)) if table.rows]


def headline(account: dict[str, Any]) -> str:
    """The account in one sentence."""
    documents, characters = account["documents"], account["characters"]
    return (
        f"{_count(documents['read'], 'document')} read, {documents['kept']:,} kept, {documents['dropped']:,} dropped; "
        f"{characters['read']:,} characters read, {characters['kept']:,} kept "
        f"({_share(characters['kept'], characters['read'])}). Cleaned as {account['cleaning']!r}."
    )


def as_rich(account: dict[str, Any]) -> RenderableType:
    """The account for a terminal."""
    drawn: list[RenderableType] = [Text(headline(account))]
    for table in tables(account):
        shown = RichTable(title=Text(table.title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for column in table.columns:
            if column in table.numbers:
                shown.add_column(Text(column), justify="right", no_wrap=True, overflow="fold")
            else:
                shown.add_column(Text(column), overflow="fold")
        for row in table.rows:
            # Text, not str: a sample such as [bold] is no instruction. Nor may control characters reach a terminal.
            shown.add_row(*(Text(_visible(cell)) for cell in row))
        drawn += [Text(""), shown]
    return Group(*drawn)


def story(found: dict[str, Any]) -> RenderableType:
    """One document's story, as `read.explain` found it, for a terminal."""
    lines = [found["id"]]
    for row in found["ledger"]:
        lines.append(f"  {_step(row)}")
        if row["sample"]:
            lines.append(f"      {row['sample']}")
    for row in found["kept"]:
        lines.append(f"  kept: {row['characters']:,} characters in {row['part']} ({row['title'] or 'no title'})")
    return Text(_visible("\n".join(lines), keep="\n"))


def _whole(account: dict[str, Any]) -> Table:
    characters, documents = account["characters"], account["documents"]
    read = characters["read"]
    lines = [
        ("read", documents["read"], read),
        ("dropped", documents["dropped"], characters["dropped"]),
        ("cut (headers, tags)", None, characters["cut"]),
        ("lines dropped", None, characters["dropped_lines"]),
        ("edited away", None, characters["edited_away"]),
        ("kept", documents["kept"], characters["kept"]),
        ("of these train", account["train"]["documents"], account["train"]["characters"]),
        ("of these validate", account["validation"]["documents"], account["validation"]["characters"]),
    ]
    rows = tuple(
        (what, "" if count is None else f"{count:,}", f"{size:,}", _share(size, read))
        for what, count, size in lines
        if count or size or what == "kept"
    )
    cut = account["split"]["cut_document"]
    title = "The whole" + (f" ({cut} is cut in two)" if cut else "")
    return Table(title, ("what", "documents", "characters", "share"), rows, ("documents", "characters", "share"))


def _sources(account: dict[str, Any]) -> Table:
    numbers = ("files", "read", "kept", "dropped", "characters", "characters kept")
    rows = tuple(
        (
            source["source"],
            source["licence"] or "not stated",
            f"{source['files']:,}",
            f"{source['documents_read']:,}",
            f"{source['documents_kept']:,}",
            f"{source['documents_dropped']:,}",
            f"{source['characters_read']:,}",
            f"{source['characters_kept']:,}",
        )
        for source in account["sources"]
    )
    return Table("By source", ("source", "licence", *numbers), rows, numbers)


def _rules(account: dict[str, Any]) -> Table:
    rows = tuple(
        (rule["stage"], rule["rule"], rule["action"], f"{rule['documents']:,}", f"{rule['characters']:,}")
        for rule in account["rules"]
    )
    columns = ("stage", "rule", "action", "documents", "characters gone")
    return Table("By rule", columns, rows, columns[3:])


def _clusters(account: dict[str, Any]) -> Table:
    rows = tuple(
        (cluster["title"] or cluster["kept"], one["title"] or one["id"], f"{one['similarity']:.2f}")
        for cluster in account["clusters"]
        for one in cluster["dropped"]
    )
    shown, found = len(account["clusters"]), account["clusters_found"]
    title = f"Duplicates in {_count(found, 'cluster')}" + (f", the first {shown:,} shown" if shown < found else "")
    return Table(title, ("kept", "dropped", "similarity"), rows, ("similarity",))


def _removed(account: dict[str, Any]) -> Table:
    rows = tuple(
        (
            group["category"],
            f"{group['characters']:,}",
            ", ".join(f"{_character(one)} {one['count']:,}" for one in group["commonest"][:8]),
        )
        for group in account["removed"]
    )
    title = "Characters removed, by Unicode category"
    return Table(title, ("category", "characters", "commonest"), rows, ("characters",))


def _samples(account: dict[str, Any]) -> Table:
    rows = tuple(
        (f"{rule['stage']}: {rule['rule']}", shown["title"] or shown["id"], shown["sample"])
        for rule in account["rules"]
        for shown in rule["samples"]
    )
    return Table("Samples of what went", ("rule", "document", "sample"), rows)


def _step(row: dict[str, Any]) -> str:
    judged = ""
    if row["value"] is not None:
        judged = f" ({row['value']:g}" + (f", threshold {row['threshold']:g})" if row["threshold"] is not None else ")")
    cluster = f", cluster of {row['cluster_size']} kept as {row['cluster']}" if row["cluster"] else ""
    return (
        f"{row['stage']}: {row['action']} by {row['rule']}{judged},"
        f" {row['characters_before']:,} characters before, {row['characters_after']:,} after{cluster}"
    )


def _visible(text: str, keep: str = "") -> str:
    """The text with characters that could hide or turn the rest (controls, directions) shown by their number."""
    return "".join(
        character if character.isprintable() or character in keep else _named(character) for character in text
    )


def _named(character: str) -> str:
    return "⏎" if character == "\n" else f"<U+{ord(character):04X}>"


def _character(one: dict[str, Any]) -> str:
    character = str(one["character"])
    return character if character.isprintable() else f"U+{ord(character):04X}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
