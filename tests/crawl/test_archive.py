from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.crawl.archive import Archive, Exchange
from groundup.crawl.settings import CrawlSettings
from groundup.errors import DamagedError

SETTINGS = CrawlSettings(("http://example.org/",), "me@example.org")


def exchange(body: bytes = b"<p>text", path: str = "/", headers: tuple[tuple[str, str], ...] = ()) -> Exchange:
    return Exchange(
        address=f"http://example.org{path}",
        request=[("Host", "example.org"), ("User-Agent", SETTINGS.user_agent)],
        status=200,
        headers=headers,
        body=body,
        protocol="HTTP/1.1",
        ip="93.184.216.34",
        when=1_700_000_000.25,
    )


def records(folder: Path) -> list[tuple[str, str, bytes]]:
    from warcio.archiveiterator import ArchiveIterator

    found = []
    for path in sorted(folder.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                address = record.rec_headers.get_header("WARC-Target-URI") or ""
                found.append((record.rec_type, address, record.raw_stream.read()))
    return found


def bodies(folder: Path) -> list[bytes]:
    return [body for kind, _, body in records(folder) if kind == "response"]


def test_a_page_is_three_records_that_say_who_asked(tmp_path) -> None:
    body = "Мороз".encode("koi8-r")
    archive = Archive(tmp_path, SETTINGS, {})
    written = archive.write(exchange(body, "/x?y=1", (("Content-Type", "text/html"), ("Transfer-Encoding", "chunked"))))
    archive.close()
    (info, response, request) = records(tmp_path)
    assert info[0] == "warcinfo"
    assert b"me@example.org" in info[2]
    assert b'"delay": 1.0' in info[2]
    assert request[:2] == ("request", "http://example.org/x?y=1")
    assert response == ("response", "http://example.org/x?y=1", body)
    raw = (tmp_path / written.archive).read_bytes()
    assert written.length == len(raw)
    head = gzip.decompress(raw[written.position :])
    for part in (b"GET /x?y=1 HTTP/1.1\r\n", b"WARC-Date: 2023-11-14T22:13:20.250000Z", b"WARC/1.1", b"93.184.216.34"):
        assert part in head
    assert b"chunked" not in head
    assert b"HTTP/1.1 200 OK\r\n" in head
    assert f"Content-Length: {len(body)}".encode() in head


def test_another_reader_agrees(tmp_path) -> None:
    fastwarc = pytest.importorskip("fastwarc")
    archive = Archive(tmp_path, SETTINGS, {})
    for number in range(5):
        archive.write(exchange(b"text %d" % number, f"/{number}", (("Content-Type", "text/html"),)))
    archive.close()
    with (tmp_path / "pages-00000.warc.gz").open("rb") as file:
        found = [record for record in fastwarc.ArchiveIterator(file) if record.headers["WARC-Type"] == "response"]
        assert len(found) == 5


@settings(deadline=None, max_examples=30)
@given(st.binary(max_size=300), st.lists(st.tuples(st.sampled_from(["A", "B"]), st.text(max_size=20)), max_size=3))
def test_any_body_comes_back_as_it_was(tmp_path_factory, body, headers) -> None:
    folder = tmp_path_factory.mktemp("warc")
    archive = Archive(folder, SETTINGS, {})
    printable = [(name, "".join(filter(str.isprintable, value)).strip()) for name, value in headers]
    archive.write(exchange(body, headers=tuple(printable)))
    archive.close()
    assert bodies(folder) == [body]


def test_files_are_rotated_and_gone_on_with(tmp_path) -> None:
    small = CrawlSettings(("http://example.org/",), "me@example.org", archive_megabytes=1)
    noise = random.Random(1)
    whole: dict[str, int] = {}
    for number in range(7):
        archive = Archive(tmp_path, small, whole)
        written = archive.write(exchange(noise.randbytes(400_000), f"/{number}"))
        whole[written.archive] = written.length
        archive.close()
    assert sorted(whole) == ["pages-00000.warc.gz", "pages-00001.warc.gz", "pages-00002.warc.gz"]
    found = records(tmp_path)
    assert sum(kind == "warcinfo" for kind, _, _ in found) == 3
    assert [address[-1] for kind, address, _ in found if kind == "response"] == list("0123456")


def test_what_a_kill_left_is_cut_off_wherever_it_came(tmp_path) -> None:
    archive = Archive(tmp_path, SETTINGS, {})
    first = archive.write(exchange(b"one", "/1"))
    second = archive.write(exchange(b"two", "/2"))
    archive.close()
    path = tmp_path / first.archive
    whole = path.read_bytes()
    for cut in range(first.length, second.length, 37):
        path.write_bytes(whole[:cut])
        (tmp_path / "pages-00001.warc.gz").write_bytes(b"begun")
        archive = Archive(tmp_path, SETTINGS, {first.archive: first.length})
        archive.write(exchange(b"two again", "/2"))
        archive.close()
        assert bodies(tmp_path) == [b"one", b"two again"]


def test_a_file_that_lost_pages_is_said_so(tmp_path) -> None:
    archive = Archive(tmp_path, SETTINGS, {})
    written = archive.write(exchange())
    archive.close()
    path = tmp_path / written.archive
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedError, match="pages-00000"):
        Archive(tmp_path, SETTINGS, {written.archive: written.length})
    path.unlink()
    with pytest.raises(DamagedError, match="pages-00000"):
        Archive(tmp_path, SETTINGS, {written.archive: written.length})
