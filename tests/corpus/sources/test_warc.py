from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from base64 import b32encode
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, example, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.document import Found, Page, Reading
from groundup.corpus.sources.warc import is_archive, read_warc
from groundup.errors import GroundupError

fast = effort(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def record(
    kind: str = "response", block: bytes = b"", address: str = "http://a.example/", digest: bool = True, **headers: str
) -> bytes:
    """One record as any writer might have made it."""
    named = {
        "WARC-Type": kind,
        "WARC-Target-URI": address,
        "WARC-Date": "2024-05-18T01:58:10Z",
        "WARC-Record-ID": f"<urn:uuid:{hashlib.md5(block + address.encode()).hexdigest()}>",
        "Content-Type": "application/http; msgtype=response" if kind == "response" else "text/plain",
    }
    if digest:
        named["WARC-Block-Digest"] = "sha1:" + b32encode(hashlib.sha1(block).digest()).decode()
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    named["Content-Length"] = str(len(block))
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return b"WARC/1.1\r\n" + lines.encode() + b"\r\n" + block + b"\r\n\r\n"


def reply(body: bytes = b"<p>words</p>", status: str = "200 OK", kind: str = "text/html", **headers: str) -> bytes:
    named = ({"Content-Type": kind} if kind else {}) | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def page(number: int, words: int = 60) -> bytes:
    text = " ".join(str((number * 7919 + place * 104729) % 100_003) for place in range(words))
    return record(block=reply(f"<p>page {number}: {text}</p>".encode()), address=f"http://a.example/{number}")


PACKINGS: dict[str, Callable[[Iterable[bytes]], bytes]] = {
    ".warc": lambda records: b"".join(records),
    ".warc.gz": lambda records: b"".join(gzip.compress(one, mtime=0) for one in records),
    ".warc.zst": lambda records: b"".join(
        zstandard.ZstdCompressor(write_checksum=True).compress(one) for one in records
    ),
}
packed = pytest.mark.parametrize("ending", PACKINGS)


@pytest.fixture
def read(tmp_path: Path, input_file: Any) -> Callable[..., tuple[list[Found], Counter[str]]]:
    """Reads an archive of those bytes: what was found, and what was no document."""

    def reading(data: bytes, ending: str = ".warc", **settings: Any) -> tuple[list[Found], Counter[str]]:
        path = tmp_path / f"a{ending}"
        path.write_bytes(data)
        others: Counter[str] = Counter()
        return list(read_warc(input_file(path, **settings), others)), others

    return reading


def rule(found: Found) -> str:
    assert isinstance(found, Reading)
    assert found.is_dropped
    return found.changes[-1].rule


def is_page(found: Found) -> bool:
    return isinstance(found, Page)


# What becomes of records


def test_five_hundred_records_without_payload_types_are_all_accounted_for(tmp_path, input_file) -> None:
    """Written by warcio; show 2."""
    warcwriter = pytest.importorskip("warcio.warcwriter")
    from warcio.statusandheaders import StatusAndHeaders

    path = tmp_path / "five-hundred.warc.gz"
    variants = [
        ("200 OK", [("Content-Type", "text/html; charset=utf-8")], b"<html><p>words %d</p>", "page"),
        ("200 OK", [], b"<!DOCTYPE html><p>words %d", "page"),
        ("200 OK", [("Content-Type", "application/octet-stream")], b"plain words %d", "page"),
        ("404 Not Found", [("Content-Type", "text/html")], b"<p>gone %d", "status"),
        ("301 Moved", [("Location", "/")], b"", "status"),
        ("200 OK", [("Content-Type", "image/png")], b"\x89PNG\r\n\x1a\n%d", "media type"),
        ("200 OK", [], b"%%PDF-1.4 \x00 %d", "media type"),
        ("200 OK", [("Content-Type", "text/html")], b"", "empty"),
        ("200 OK", [("Content-Type", "text/html"), ("Content-Encoding", "gzip")], b"\x1f\x8b\x08 %d", "content coding"),
        ("200 OK", [("Content-Type", "text/html"), ("Content-Length", "1000000")], b"<p>half %d", "incomplete"),
    ]
    with path.open("wb") as file:
        writer = warcwriter.WARCWriter(file, gzip=True)
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "test"}))
        for number in range(500):
            status, headers, body, _ = variants[number % 10]
            http = StatusAndHeaders(status, headers, protocol="HTTP/1.1")
            address = f"http://a.example/{number}"
            content = io.BytesIO(body % number if b"%" in body else body)
            response = writer.create_warc_record(address, "response", payload=content, http_headers=http)
            request = writer.create_warc_record(
                address,
                "request",
                payload=io.BytesIO(b""),
                http_headers=StatusAndHeaders("GET / HTTP/1.1", [], is_http_request=True),
            )
            writer.write_request_response_pair(request, response)
    others: Counter[str] = Counter()
    found = list(read_warc(input_file(path), others))
    assert len(found) == 500
    assert ["page" if is_page(one) else rule(one) for one in found] == [
        variants[number % 10][3] for number in range(500)
    ]
    assert all(isinstance(one, Page) or one.changes[-1].sample for one in found)
    assert others == {"warcinfo": 1, "request": 500}
    assert len({one.document.id for one in found}) == 500
    assert [one.document.address for one in found] == [f"http://a.example/{number}" for number in range(500)]


def test_real_archives_give_what_warcio_finds_in_them(shared_data, input_file) -> None:
    pytest.importorskip("warcio")
    from warcio.archiveiterator import ArchiveIterator

    for path in sorted((shared_data / "warc").iterdir()):
        others: Counter[str] = Counter()
        found = list(read_warc(input_file(path), others))
        with path.open("rb") as file:
            kinds: Counter[str] = Counter()
            contents = []
            for theirs in ArchiveIterator(file):
                kinds[theirs.rec_type] += 1
                address = theirs.rec_headers.get_header("WARC-Target-URI") or ""
                if theirs.rec_type in ("response", "conversion"):
                    contents.append((address.strip("<>"), theirs.content_stream().read()))
        assert len(found) + others.total() == kinds.total()
        assert [(one.document.address, one.content) for one in found if isinstance(one, Page)] == contents


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (record(block=reply()), "text/html"),
        (record(block=reply(kind="Text/HTML;Charset=UTF-8")), "text/html"),
        (record(block=reply(kind="")), "text/html"),
        (record(block=reply(b"words", kind="")), "text/plain"),
        (record(block=reply(b"words", kind=""), WARC_Identified_Payload_Type="text/html"), "text/html"),
        (record(block=reply(kind="text/html"), WARC_Identified_Payload_Type="image/png"), "text/html"),
        (record(block=reply(b'<?xml version="1.0"?><html xmlns="x">', kind="text/xml")), "application/xhtml+xml"),
        (record("resource", b"words"), "text/plain"),
        (record("resource", b"<html>words", Content_Type=""), "text/html"),
        (record("conversion", b"words"), "text/plain"),
        (record("resource", b"words", Content_Type="image/png"), "media type"),
        (record(block=reply(b"%PDF-1.4 words")), "media type"),
        (record(block=reply(b"{}", kind="application/json")), "media type"),
        (record(block=reply(b" \n\t ")), "empty"),
        (record(block=reply(status="404 Not Found")), "status"),
        (record(block=reply(status="206 Partial Content")), "status"),
        (record(block=reply(), WARC_Truncated="length"), "truncated"),
        (record(block=reply(), WARC_Segment_Number="1"), "segmented"),
        (record(block=b"<p>words</p>"), "no reply"),
        (record(block=b""), "no reply"),
        (record(block=reply(b"words" * 300_000)), "too large"),
        (record(block=reply(zlib.compress(b"words"), Content_Encoding="lz4")), "content coding"),
    ],
)
@packed
def test_a_document_is_a_page_or_dropped_with_its_reason(read, made, expected, ending) -> None:
    (found,), others = read(PACKINGS[ending]([made]), ending, largest_document=1)
    assert (found.media_type if isinstance(found, Page) else rule(found)) == expected
    assert not others
    assert found.document.address == "http://a.example/"
    assert found.document.date == "2024-05-18T01:58:10Z"


def test_what_is_no_document_is_counted_under_its_kind(read) -> None:
    kinds = ("warcinfo", "request", "metadata", "revisit", "continuation", "hologram")
    made = [record(kind, b"x") for kind in kinds]
    made += [record(block=b"20240101 1.2.3.4", address="dns:a.example", Content_Type="text/dns")]
    made += [record("resource", b"log", address="metadata://gnu.org/software/wget/warc/wget.log")]
    found, others = read(b"".join(made))
    assert found == []
    assert others == Counter([*kinds[:-1], "unknown", "dns", "metadata"])


def test_charsets_come_with_their_pages(read) -> None:
    made = [record(block=reply(kind=f"text/html; charset={said}")) for said in ('"KOI8-R"', "utf-8", "no such\x80")]
    found, _ = read(b"".join([*made, record("conversion", b"words")]))
    assert [one.charset for one in found if isinstance(one, Page)] == ["koi8-r", "utf-8", "", "utf-8"]


def test_what_a_server_asks_of_those_who_train_models_comes_with_the_page(read) -> None:
    headers = (
        {"X-Robots-Tag": "noindex, NoAI, otherbot: noimageai"},
        {"TDM-Reservation": "1"},
        {"TDM-Reservation": "0", "X-Robots-Tag": "all, nowhere-noai-at-all"},
    )
    found, _ = read(b"".join(record(block=reply(**said)) for said in headers))
    assert [one.document.licence for one in found] == ["noai; noimageai", "tdm-reservation", ""]


@packed
def test_ids_are_places_that_can_be_looked_up(read, tmp_path, ending) -> None:
    made = [page(number) for number in range(5)]
    found, _ = read(PACKINGS[ending](made), ending)
    data = (tmp_path / f"a{ending}").read_bytes()
    for number, one in enumerate(found):
        offset = int(one.document.id.rpartition("#")[2])
        assert one.document.id.startswith(f"source/a{ending}#")
        # What follows there is the same archive without the records before it.
        rest, _ = read(data[offset:], ending)
        assert rest[0].content == found[number].content  # type: ignore[union-attr]


def test_archives_packed_as_one_member_or_in_blocks_are_read_alike(read) -> None:
    made = b"".join(page(number) for number in range(40))
    blocks = b"".join(gzip.compress(made[place : place + 1000]) for place in range(0, len(made), 1000))
    expected = [one.content for one in read(made)[0]]
    for data in (gzip.compress(made), blocks, gzip.compress(made) + b"\0" * 512):
        found, _ = read(data, ".warc.gz")
        assert [one.content for one in found] == expected
        assert len({one.document.id for one in found}) == 40


def test_zstd_archives_with_a_dictionary_are_read(read) -> None:
    made = [page(number) for number in range(200)]
    words = zstandard.train_dictionary(4096, made)
    packer = zstandard.ZstdCompressor(dict_data=words)
    for kept in (words.as_bytes(), zstandard.compress(words.as_bytes())):
        frame = b"\x5d\x2a\x4d\x18" + len(kept).to_bytes(4, "little") + kept
        found, _ = read(frame + b"".join(packer.compress(one) for one in made), ".warc.zst")
        assert [one.content for one in found] == [one.content for one in read(b"".join(made))[0]]


@pytest.mark.parametrize("name", ["a.warc", "b.WARC.gz", "c.warc.wet.gz", "d.warc.wat.gz", "e.wet.gz", "f.warc.zst"])
def test_archives_are_known_by_their_names(name: str) -> None:
    assert is_archive(name)
    assert not is_archive(name + ".txt")


# Damage


@packed
def test_an_archive_cut_anywhere_inside_a_record_is_said_so(read, ending) -> None:
    made = [page(number) for number in range(4)]
    data = PACKINGS[ending](made)
    bounds = {len(PACKINGS[ending](made[:count])) for count in range(5)}
    whole = [one.content for one in read(data, ending)[0]]
    for cut in range(0, len(data), 7):
        if cut in bounds - {0}:
            continue
        with pytest.raises(GroundupError, match=r"damaged at byte [\d,]+: .*(cut short|no record)") as error:
            read(data[:cut], ending)
        assert f"a{ending}" in error.value.message
        found, _ = read(data[:cut], ending, damaged="drop")
        *pages, last = found
        assert [one.content for one in pages] == whole[: len(pages)]
        assert len(pages) == sum(bound <= cut for bound in bounds) - 1
        assert rule(last) == "damaged"


@packed
def test_a_cut_between_a_request_and_its_reply_is_said_so(read, ending) -> None:
    made = [record("request", b"GET /", address="http://a.example/1"), page(1)]
    made += [record("request", b"GET /", address="http://a.example/2"), page(2)]
    assert len(read(PACKINGS[ending](made), ending)[0]) == 2
    with pytest.raises(GroundupError, match="a request whose reply is not there"):
        read(PACKINGS[ending](made[:3]), ending)


def test_requests_behind_their_replies_and_without_any_are_no_cut(read) -> None:
    asked = record("request", b"GET /", address="http://a.example/1")
    assert len(read(page(1) + asked)[0]) == 1
    assert read(asked * 2) == ([], {"request": 2})


@packed
@fast
@given(data=st.data())
def test_a_flipped_bit_costs_at_most_its_record_and_is_said(read, ending, data) -> None:
    made = [page(number) for number in range(4)]
    whole = [one.content for one in read(PACKINGS[ending](made), ending)[0]]
    starts = [len(PACKINGS[ending](made[:count])) for count in range(5)]
    harmed = bytearray(PACKINGS[ending](made))
    place = data.draw(st.integers(0, len(harmed) - 1))
    harmed[place] ^= 1 << data.draw(st.integers(0, 7))
    hit = sum(start <= place for start in starts) - 1
    found, others = read(bytes(harmed), ending, damaged="drop")
    contents = [one.content for one in found if isinstance(one, Page)]
    # Every other record is read as ever; the one that was hit is never read as another text.
    assert [content for content in contents if content != whole[hit]] == [*whole[:hit], *whole[hit + 1 :]]
    if whole[hit] not in contents:
        assert any(isinstance(one, Reading) for one in found) or others


def test_a_harmed_end_of_a_record_costs_that_record_only(read) -> None:
    made = [page(number) for number in range(4)]
    whole = [one.content for one in read(b"".join(made))[0]]
    end = len(made[0] + made[1])
    for place in range(end - 4, end):
        for bit in range(8):
            harmed = bytearray(b"".join(made))
            harmed[place] ^= 1 << bit
            found, _ = read(bytes(harmed), damaged="drop")
            assert [one.content for one in found if isinstance(one, Page)] == [whole[0], *whole[2:]]
            assert [rule(one) for one in found if isinstance(one, Reading)] == ["damaged"]


@packed
def test_damage_in_the_middle_is_passed_over_if_allowed(read, ending) -> None:
    made = [page(number) for number in range(9)]
    parts = [PACKINGS[ending]([one]) for one in made]
    middle = bytearray(parts[4])
    middle[len(middle) // 2] ^= 255
    harmed = b"".join([*parts[:4], bytes(middle), *parts[5:]])
    with pytest.raises(GroundupError, match=f"at byte {len(b''.join(parts[:4])):,}"):
        read(harmed, ending)
    found, _ = read(harmed, ending, damaged="drop")
    assert [is_page(one) for one in found] == [True] * 4 + [False] + [True] * 4


def test_a_wrong_length_costs_one_record(read) -> None:
    made = [page(number) for number in range(6)]
    for wrong in (b"Content-Length: 9", b"Content-Length: 99999999999", b"Content-Length: x"):
        third = made[2].replace(b"Content-Length: ", wrong, 1)
        found, _ = read(b"".join([*made[:2], third, *made[3:]]), damaged="drop")
        assert [is_page(one) for one in found] == [True, True, False, True, True, True]


def test_digests_are_held_against_what_they_are_of(read) -> None:
    block = reply(b"5\r\nwords\r\n0\r\n\r\n", kind="text/plain", Transfer_Encoding="chunked")
    digests = {
        name: f"{name}:{spelt}"
        for name in ("md5", "sha1", "sha256", "sha512")
        for spelt in (hashlib.new(name, block).hexdigest(), b32encode(hashlib.new(name, block).digest()).decode())
    }
    good = [record(block=block, digest=False, WARC_Block_Digest=one) for one in digests.values()]
    good += [record(block=block, digest=False, WARC_Block_Digest="crc32:12345678")]
    for body in (b"words", b"5\r\nwords\r\n0\r\n\r\n"):
        spelt = b32encode(hashlib.sha1(body).digest()).decode()
        good += [record(block=block, digest=False, WARC_Payload_Digest=f"sha1:{spelt}")]
    found, _ = read(b"".join(good))
    assert all(map(is_page, found))
    wrong = "sha1:" + b32encode(hashlib.sha1(b"other").digest()).decode()
    for name in ("WARC_Block_Digest", "WARC_Payload_Digest"):
        bad = record(block=block, digest=False, **{name: wrong})
        found, _ = read(good[0] + bad + good[1], damaged="drop")
        assert [is_page(one) for one in found] == [True, False, True]
        assert rule(found[1]) == "digest"
        with pytest.raises(GroundupError, match="does not fit its WARC-"):
            read(bad)


@given(st.binary(max_size=300), st.sampled_from(list(PACKINGS)))
@example(b"WARC/1.0\r\n\r\n", ".warc")
@fast
def test_what_is_no_archive_is_said_so(read, data, ending) -> None:
    found, others = read(data, ending, damaged="drop")
    assert found or others
    assert not any(map(is_page, found))
