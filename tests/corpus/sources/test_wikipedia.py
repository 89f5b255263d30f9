from __future__ import annotations

import bz2
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest

from groundup.corpus.document import Found, Page, Reading
from groundup.corpus.settings import SourceSettings
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.wikipedia import is_dump, read_wikipedia
from groundup.errors import GroundupError

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="de">
<siteinfo><dbname>dewiki</dbname><base>https://de.wikipedia.org/wiki/Wikipedia:Hauptseite</base>
<namespaces><namespace key="0" /><namespace key="6">Datei</namespace>
<namespace key="14">Kategorie</namespace></namespaces></siteinfo>
"""


def page(number: int, title: str, text: str, *, ns: int = 0, more: str = "", about: str = "") -> str:
    return f"<page><title>{escape(title)}</title><ns>{ns}</ns><id>{number}</id>{more}" + (
        f"{revision(number, text, about)}</page>\n"
    )


def revision(
    number: int, text: str, about: str = "", date: str = "2024-01-01T00:00:00Z", model: str = "wikitext"
) -> str:
    return (
        f"<revision><id>{number}00</id><timestamp>{date}</timestamp><contributor><id>7</id></contributor>"
        f"<model>{model}</model><text {about}>{escape(text)}</text></revision>"
    )


PAGES = [
    page(1, "Straße & Weg", "Eine [[Straße]] <ref>x</ref> ist ein Weg.\n"),
    page(2, "Weg", "#WEITERLEITUNG [[Straße]]", more='<redirect title="Straße" />'),
    page(3, "Datei:A.jpg", "Ein Bild.", ns=6),
    page(4, "Leer", "  \n"),
    page(5, "Stub", "", about='bytes="120"'),
    page(6, "Geheim", "", about='deleted="deleted"'),
    "<page><title>Nichts</title><ns>0</ns><id>7</id></page>",
    f"<page><title>Daten</title><ns>0</ns><id>8</id>{revision(8, '{}', model='json')}</page>",
    "<page><title>Alt</title><ns>0</ns><id>9</id>"
    f"{revision(9, 'neu', date='2024-02-01T00:00:00Z')}{revision(10, 'alt')}</page>",
]
REASONS = {
    "2": "redirect",
    "3": "other namespace",
    "4": "empty",
    "5": "text not in the dump",
    "6": "hidden text",
    "7": "empty",
    "8": "not wikitext",
    "9@1000": "older revision",
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[Found]]:
    def give(data: bytes, name: str = "dump.xml", **settings: Any) -> list[Found]:
        path = tmp_path / name
        path.write_bytes(data)
        return list(read_wikipedia(file_at(path, **settings)))

    return give


def file_at(path: Path, **settings: Any) -> InputFile:
    chosen = SourceSettings("x", **settings)
    return InputFile("wiki", path.name, path, path.parent, path.stat().st_size, "", chosen, True)


def reasons(found: list[Found]) -> dict[str, str]:
    return {one.document.id.split("#")[-1]: one.changes[-1].rule for one in found if isinstance(one, Reading)}


def test_every_page_is_an_article_or_has_its_reason(read: Callable[..., list[Found]]) -> None:
    found = read((HEAD + "".join(PAGES) + "</mediawiki>").encode())
    assert len(found) == len(PAGES) + 1
    assert reasons(found) == REASONS
    first = found[0]
    assert isinstance(first, Page)
    assert first.content.decode() == "Eine [[Straße]] <ref>x</ref> ist ein Weg.\n"
    assert first.media_type == "text/x-wiki"
    assert first.namespaces == {"datei": 6, "kategorie": 14}
    document = first.document
    assert document.id == "wiki/dump.xml#1"
    assert document.title == "Straße & Weg"
    assert document.address == "https://de.wikipedia.org/wiki/Stra%C3%9Fe_%26_Weg"
    assert document.date == "2024-01-01T00:00:00Z"
    assert document.licence == "CC BY-SA 4.0"
    newest = next(one for one in found if isinstance(one, Page) and one.document.title == "Alt")
    assert newest.content == b"neu"
    for one in found:
        if isinstance(one, Reading):
            assert [(change.before, change.after) for change in one.changes] == [(one.characters, 0)]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ((HEAD + PAGES[0]).encode(), "no element found"),
        ((HEAD + PAGES[0] + "<page><title>Mitte").encode(), "no element found"),
        ((HEAD + PAGES[0] + "<page></title>").encode(), "mismatched tag"),
        ((HEAD + PAGES[0]).encode() + b"\xff", "not well-formed"),
        (b'<!DOCTYPE mediawiki [<!ENTITY a "b">]><mediawiki/>', "document type"),
        (b"<rss/>", "no MediaWiki dump"),
        (b"", "no element found"),
        ((HEAD + "<page><title>" + "a" * 20_000).encode(), "more than 10,000 characters"),
        ((HEAD + "<a>" * 50).encode(), "nested"),
        ((HEAD + PAGES[0] + "<page><revision><text>before<b>in</b>after").encode(), "holds the element <b>"),
    ],
)
def test_damage_is_said_and_what_came_before_it_kept(read: Callable[..., list[Found]], data: bytes, what: str) -> None:
    with pytest.raises(GroundupError, match=what):
        read(data)
    found = read(data, damaged="drop")
    assert isinstance(found[-1], Reading)
    assert found[-1].changes[-1].rule == "damaged"
    assert len(found) == (2 if PAGES[0].encode() in data else 1)


def test_a_text_that_is_too_large_is_counted_and_not_held(read: Callable[..., list[Found]]) -> None:
    data = (HEAD + page(1, "A", "ä" * 1_000_001) + page(2, "B", "b") + "</mediawiki>").encode()
    large, other = read(data, largest_document=1)
    assert isinstance(large, Reading)
    assert (large.characters, large.changes[-1].rule) == (1_000_001, "too large")
    assert isinstance(other, Page)


@pytest.fixture
def multistream(tmp_path: Path) -> Callable[..., tuple[Path, list[int]]]:
    def make(count: int = 6, name: str = "dewiki-multistream.xml.bz2") -> tuple[Path, list[int]]:
        parts = [HEAD] + [page(n, f"T{n}", f"Text {n}") + page(n + 100, f"U{n}", "u") for n in range(1, count + 1)]
        packed = [bz2.compress(part.encode()) for part in [*parts, "</mediawiki>"]]
        offsets = [sum(map(len, packed[:place])) for place in range(len(packed))]
        path = tmp_path / name
        path.write_bytes(b"".join(packed))
        index = "".join(f"{offsets[n]}:{n}:T{n}\n{offsets[n]}:{n + 100}:U{n}\n" for n in range(1, count + 1))
        (tmp_path / "dewiki-multistream-index.txt.bz2").write_bytes(bz2.compress(index.encode()))
        return path, offsets

    return make


def test_an_index_changes_nothing_in_a_whole_dump(multistream: Callable[..., tuple[Path, list[int]]]) -> None:
    path, _ = multistream()
    by_index = list(read_wikipedia(file_at(path)))
    index = path.with_name("dewiki-multistream-index.txt.bz2")
    assert list(read_wikipedia(file_at(index))) == []
    index.unlink()
    assert list(read_wikipedia(file_at(path))) == by_index
    assert len(by_index) == 12


def test_a_damaged_stream_costs_its_own_pages_which_are_named(
    multistream: Callable[..., tuple[Path, list[int]]],
) -> None:
    path, offsets = multistream()
    data = bytearray(path.read_bytes())
    data[offsets[3] + 40] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(GroundupError, match="stream at byte"):
        list(read_wikipedia(file_at(path)))
    found = list(read_wikipedia(file_at(path, damaged="drop")))
    assert reasons(found) == {"3": "damaged", "103": "damaged"}
    assert [one.document.title for one in found if isinstance(one, Reading)] == ["T3", "U3"]
    assert sum(isinstance(one, Page) for one in found) == 10


def test_a_cut_dump_names_what_its_index_has_and_it_has_not(
    multistream: Callable[..., tuple[Path, list[int]]],
) -> None:
    path, offsets = multistream()
    path.write_bytes(path.read_bytes()[: offsets[5]])
    assert set(reasons(list(read_wikipedia(file_at(path, damaged="drop"))))) == {"5", "105", "6", "106"}
    path.with_name("dewiki-multistream-index.txt.bz2").write_bytes(bz2.compress(b"nonsense"))
    with pytest.raises(GroundupError, match="OFFSET:ID:TITLE"):
        list(read_wikipedia(file_at(path)))


def test_an_index_with_all_pages_in_one_stream_is_no_index(
    multistream: Callable[..., tuple[Path, list[int]]], tmp_path: Path
) -> None:
    path, offsets = multistream()
    lines = "".join(f"{offsets[1]}:{number}:T\n" for number in range(10_001))
    (tmp_path / "dewiki-multistream-index.txt.bz2").write_bytes(bz2.compress(lines.encode()))
    with pytest.raises(GroundupError, match="more than 10,000 pages in the stream"):
        list(read_wikipedia(file_at(path)))


def rows() -> Iterator[dict[str, Any]]:
    common = {"date_modified": "2024-01-01T00:00:00Z", "license": [{"identifier": "CC-BY-SA-4.0"}]}
    url = "https://de.wikipedia.org/wiki/A"
    body = {"article_body": {"html": "<p>Text</p>", "wikitext": "Text"}}
    yield {"name": "A", "identifier": 1, "url": url, "namespace": {"identifier": 0}, **body, **common}
    yield {"name": "Datei:B", "identifier": 2, "namespace": {"identifier": 6}, **body, **common}
    yield {"name": "C", "identifier": 3, "namespace": {"identifier": 0}, "article_body": {}}


def tarred(files: dict[str, bytes]) -> bytes:
    import io
    import tarfile

    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return held.getvalue()


# As the public dumps, the snapshots of the interface and the files in both are named; and as somebody may have.
@pytest.mark.parametrize(
    "name",
    [
        "dewiki-NS0-20240101-ENTERPRISE-HTML.json.tar.gz",
        "dewiki_namespace_0.tar.gz",
        "dewiki_namespace_0_0.ndjson",
        "dewiki_0.ndjson.gz",
        "mine.tar.gz",
    ],
)
def test_a_snapshot_gives_pages_of_html(read: Callable[..., list[Found]], name: str) -> None:
    data = "".join(json.dumps(row) + "\n" for row in rows()).encode()
    packed = {"ndjson": data, "ndjson.gz": gzip.compress(data), "tar.gz": tarred({"a_0.ndjson": data})}
    found = read(next(one for ending, one in packed.items() if name.endswith("." + ending)), name)
    first = found[0]
    assert isinstance(first, Page)
    assert (first.content, first.media_type) == (b"<p>Text</p>", "text/html")
    assert (first.document.id[-2:], first.document.title, first.document.licence) == ("#1", "A", "CC-BY-SA-4.0")
    assert reasons(found) == {"2": "other namespace", "3": "empty"}


@pytest.mark.parametrize("line", [b"{", b"[]", b"1", b'{"name": 1}', b"[" * 100_000])
def test_a_damaged_line_of_a_snapshot_is_said(read: Callable[..., list[Found]], line: bytes) -> None:
    with pytest.raises(GroundupError, match="line 1"):
        read(line, "a.ndjson")
    assert Counter(reasons(read(line, "a.ndjson", damaged="drop")).values()) == {"damaged": 1}


@pytest.mark.parametrize("namespace", [-(10**400), 10**400, -1, 4])
def test_a_namespace_of_a_snapshot_may_be_any_number(read: Callable[..., list[Found]], namespace: int) -> None:
    row = {"name": "A", "identifier": 1, "namespace": {"identifier": namespace}, "article_body": {"html": "x"}}
    assert reasons(read(json.dumps(row).encode(), "a.ndjson")) == {"1": "other namespace"}


def test_names_tell_dumps() -> None:
    for name in ("a.xml", "enwiki-latest-pages-articles1.xml-p1p41242.bz2", "x-multistream-index.txt.bz2", "a.ndjson",
                 "enwiki-NS0-20240101-ENTERPRISE-HTML.json.tar.gz"):  # fmt: skip
        assert is_dump(Path(name)), name
    for name in ("a.txt", "a.html", "a.tar.gz", "a.jsonl"):
        assert not is_dump(Path(name)), name


def test_the_slice_has_an_account_of_each_page(shared_data: Path) -> None:
    path = shared_data / "wikipedia" / "enwiki-pages-articles-206.xml.bz2"
    found = list(read_wikipedia(file_at(path)))
    rules = Counter("page" if isinstance(one, Page) else one.changes[-1].rule for one in found)
    assert rules == {"page": 106, "redirect": 99, "other namespace": 1}
    assert len({one.document.id for one in found}) == 206
