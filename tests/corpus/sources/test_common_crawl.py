from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.document import Page
from groundup.corpus.sources.common_crawl import check_indexes, is_index, read_indexed
from groundup.corpus.sources.files import read_file
from groundup.corpus.sources.index_settings import IndexSettings
from groundup.corpus.sources.warc import read_warc
from groundup.errors import GroundupError
from groundup.settings import SettingError

ARCHIVE = "crawl-data/CC-MAIN-2024-22/warc/CC-MAIN-00000.warc.gz"
FACTS = [
    ("http://a.example/1", 200, "text/html", "eng"),
    ("https://de.b.example/2", 200, "text/html", "deu,eng"),
    ("http://b.example:8080/3", 404, "text/html", None),
    ("http://notb.example/4", 200, "application/pdf", "eng,deu"),
    ("http://[broken/5", 200, "text/plain", "eng"),
]


def make(folder: Path, name: str = "cdx-00000.gz") -> Path:
    """An archive of five pages, and an index that lies beside it."""
    archive = folder / ARCHIVE
    archive.parent.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    data = b""
    for address, status, kind, languages in FACTS:
        block = f"HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\n\r\nthe page {address}".encode()
        headers = f"WARC-Type: response\r\nWARC-Target-URI: {address}\r\nContent-Length: {len(block)}\r\n\r\n"
        packed = gzip.compress(b"WARC/1.0\r\n" + headers.encode() + block + b"\r\n\r\n")
        said = {"url": address, "mime": "x/y", "mime-detected": kind, "status": str(status)}
        where = {"length": str(len(packed)), "offset": str(len(data)), "filename": ARCHIVE}
        rows.append(said | where | ({"languages": languages} if languages else {}))
        data += packed
    archive.write_bytes(data)
    index = folder / name
    if name.endswith(".parquet"):
        columns = {
            "url": [row["url"] for row in rows],
            "fetch_status": pyarrow.array([int(row["status"]) for row in rows], pyarrow.int16()),
            "content_mime_detected": [row["mime-detected"] for row in rows],
            "content_languages": [row.get("languages") for row in rows],
            "warc_filename": [ARCHIVE] * len(rows),
            "warc_record_offset": pyarrow.array([int(row["offset"]) for row in rows], pyarrow.int32()),
            "warc_record_length": pyarrow.array([int(row["length"]) for row in rows], pyarrow.int32()),
            "fetch_time": ["never"] * len(rows),
        }
        pyarrow.parquet.write_table(pyarrow.table(columns), index)
    else:
        lines = [f"example,a)/{place} 20240518015810 {json.dumps(row)}\n" for place, row in enumerate(rows)]
        index.write_bytes(gzip.compress("".join(lines[:2]).encode()) + gzip.compress("".join(lines[2:]).encode()))
    return index


both = pytest.mark.parametrize("name", ["cdx-00000.gz", "part-00000.gz.parquet"])
EVERYTHING = IndexSettings(statuses=(), media_types=())


@both
@pytest.mark.parametrize(
    ("settings", "expected", "left"),
    [
        (IndexSettings(), [1, 2, 5], {"status": 1, "media type": 1}),
        (IndexSettings(languages=("deu",)), [2], {"status": 1, "media type": 1, "language": 2}),
        (IndexSettings(domains=("B.example",)), [2], {"status": 1, "media type": 1, "domain": 2}),
        (IndexSettings(domains=("b.example",), statuses=(404,)), [3], {"status": 4}),
        (EVERYTHING, [1, 2, 3, 4, 5], {}),
    ],
)
def test_an_index_chooses_records(tmp_path, input_file, name, settings, expected, left) -> None:
    others: Counter[str] = Counter()
    found = list(read_indexed(input_file(make(tmp_path, name)), settings, others))
    assert [int(one.document.address[-1]) for one in found] == expected
    assert others == {f"not chosen by {lacking}": count for lacking, count in left.items()}


@both
def test_records_have_the_ids_that_the_whole_archive_gives_them(tmp_path, input_file, name) -> None:
    from dataclasses import replace

    index = input_file(make(tmp_path, name))
    archive = replace(index, name=ARCHIVE, path=tmp_path / ARCHIVE, bytes=(tmp_path / ARCHIVE).stat().st_size)
    assert list(read_indexed(index, EVERYTHING)) == list(read_warc(archive))


def test_only_the_records_that_are_chosen_are_read(tmp_path, input_file) -> None:
    index = make(tmp_path)
    data = bytearray((tmp_path / ARCHIVE).read_bytes())
    offsets = [
        json.loads(line[line.index(b"{") :])["offset"] for line in gzip.decompress(index.read_bytes()).splitlines()
    ]
    data[: int(offsets[1])] = bytes(int(offsets[1]))
    (tmp_path / ARCHIVE).write_bytes(data)
    (found,) = read_indexed(input_file(index), IndexSettings(languages=("deu",)))
    assert isinstance(found, Page)
    assert found.content == b"the page https://de.b.example/2"


def test_an_archive_cut_between_two_records_is_known_from_its_index(tmp_path, input_file) -> None:
    index = make(tmp_path)
    last = json.loads(gzip.decompress(index.read_bytes()).splitlines()[4].partition(b"{")[2].join([b"{", b""]))
    archive = tmp_path / ARCHIVE
    archive.write_bytes(archive.read_bytes()[: int(last["offset"])])
    with pytest.raises(GroundupError, match="cut short: cdx-00000"):
        list(read_indexed(input_file(index), EVERYTHING))
    found = list(read_indexed(input_file(index, damaged="drop"), EVERYTHING))
    assert len(found) == 5
    assert found[-1].changes[-1].rule == "damaged"  # type: ignore[union-attr]
    assert found[-1].document.address == FACTS[4][0]


@pytest.mark.parametrize(
    "row",
    [
        b"no json at all",
        b'a 1 {"filename": "x.warc", "offset": "1"}',
        b'a 1 {"filename": "x.warc", "offset": "-1", "length": "5"}',
        b'a 1 {"filename": "missing.warc", "offset": "1", "length": "5"}',
        b'a 1 {"filename": "../outside.warc", "offset": "0", "length": "5"}',
        b'a 1 {"filename": "/etc/passwd", "offset": "0", "length": "5"}',
        b'a 1 {"filename": "", "offset": "0", "length": "5"}',
        b'a 1 {"filename": "a\\u0000b", "offset": "0", "length": "5"}',
        b'a 1 {"filename": "link.warc", "offset": "0", "length": "5"}',
        b'a 1 {"filename": "inside.warc", "offset": "0", "length": "5"}',
        b'a 1 {"filename": "inside.warc", "offset": "3", "length": "5"}',
    ],
)
def test_rows_that_lead_nowhere_are_said_so(tmp_path, input_file, row) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "outside.warc").write_bytes(b"WARC/1.0\r\n")
    (folder / "inside.warc").write_bytes(b"a file that is no archive")
    (folder / "link.warc").symlink_to(tmp_path / "outside.warc")
    index = folder / "a.cdxj"
    index.write_bytes(row + b"\n")
    with pytest.raises(GroundupError):
        list(read_indexed(input_file(index), EVERYTHING))
    (found,) = read_indexed(input_file(index, damaged="drop"), EVERYTHING)
    assert found.changes[-1].rule in ("damaged", "no archive")  # type: ignore[union-attr]
    assert str(tmp_path) not in found.changes[-1].sample  # type: ignore[union-attr]


def test_other_tables_are_no_indexes(tmp_path, input_file) -> None:
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": ["words"], "warc_filename": ["a"]}), path)
    with pytest.raises(GroundupError, match="no column warc_record_offset"):
        list(read_indexed(input_file(path), EVERYTHING))


@pytest.mark.parametrize("ending", ["gz", "parquet"])
def test_half_an_index_is_said_so(tmp_path, input_file, ending) -> None:
    index = make(tmp_path, "cdx-00000.gz" if ending == "gz" else "a.parquet")
    index.write_bytes(index.read_bytes()[: index.stat().st_size // 2])
    with pytest.raises(GroundupError, match="cannot be read from here on"):
        list(read_indexed(input_file(index), EVERYTHING))


@given(st.binary(max_size=200))
@effort(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_end_in_rows_or_reasons(tmp_path, input_file, data: bytes) -> None:
    path = tmp_path / "a.cdxj"
    path.write_bytes(data)
    found = list(read_indexed(input_file(path, damaged="drop"), EVERYTHING))
    assert all(not isinstance(one, Page) for one in found)


@pytest.mark.parametrize("name", ["a.cdxj", "b/cdx-00123.gz", "c.cdx.gz"])
def test_indexes_are_known_by_their_names(name: str) -> None:
    assert is_index(name)
    assert not is_index(name + ".txt")
    assert not is_index("cdx-notes")


@pytest.mark.parametrize(
    "wrong", [{"statuses": (20,)}, {"media_types": ("html",)}, {"domains": ("http://a.example",)}, {"domains": ("",)}]
)
def test_settings_that_choose_nothing_are_refused(wrong) -> None:
    with pytest.raises(SettingError):
        IndexSettings(**wrong)


@both
def test_a_source_with_an_index_is_read_by_it_alone(tmp_path, input_file, name) -> None:
    """An archive gives nothing by itself, and what is neither is dropped with its reason."""
    index = make(tmp_path, name)
    (tmp_path / "notes.txt").write_text("Some words about it.")
    others: Counter[str] = Counter()
    files = [
        input_file(path, index=IndexSettings(languages=("deu",)))
        for path in (index, tmp_path / ARCHIVE, tmp_path / "notes.txt")
    ]
    check_indexes(files)
    page, dropped = (one for file in files for one in read_file(file, others))
    assert isinstance(page, Page)
    assert page.document.address == "https://de.b.example/2"
    assert dropped.is_dropped
    assert (dropped.document.id, dropped.changes[-1].rule) == ("source/notes.txt", "kind of file")
    assert others["archives that an index chooses from"] == 1


def test_a_source_without_archives_has_no_index(tmp_path, input_file) -> None:
    (tmp_path / "notes.txt").write_text("Some words about it.")
    with pytest.raises(GroundupError, match=r"none of its 1 files is an index.*notes\.txt"):
        check_indexes([input_file(tmp_path / "notes.txt", index=IndexSettings())])
    check_indexes([input_file(tmp_path / "notes.txt")])
