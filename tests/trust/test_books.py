"""R12, S2, S3, S4 and S6 for books: a hostile EPUB or zip ends in a result or a GroundupError, soon and small."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import textwrap
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundup.corpus.annotate import readable
from groundup.corpus.document import Reading
from groundup.corpus.extraction.settings import ExtractionSettings
from groundup.corpus.settings import CorpusSettings, SourceSettings
from groundup.corpus.sources.files import read_file
from groundup.corpus.sources.listing import InputFile
from groundup.errors import GroundupError

CONTAINER = '<container><rootfiles><rootfile full-path="O/p.opf"/></rootfiles></container>'
PACKAGE = (
    '<package><metadata><dc:title xmlns:dc="d">T</dc:title></metadata><manifest><item id="a" href="a.xhtml" '
    'media-type="application/xhtml+xml"/><item id="b" href="b.xhtml" media-type="application/xhtml+xml"/></manifest>'
    '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
)
ENCRYPTION = (
    '<encryption><EncryptedData><EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/><CipherData>'
    '<CipherReference URI="O/f.otf"/></CipherData></EncryptedData></encryption>'
)
PAGE = "<html><head><title>t</title></head><body><h1>One</h1><p>Some words &amp; more.</p></body></html>"
BOOK: dict[str, bytes] = {
    "mimetype": b"application/epub+zip",
    "META-INF/container.xml": CONTAINER.encode(),
    "META-INF/encryption.xml": ENCRYPTION.encode(),
    "O/p.opf": PACKAGE.encode(),
    "O/a.xhtml": PAGE.encode(),
    "O/b.xhtml": PAGE.encode(),
}


def zip_of(*members: tuple[str, bytes], mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as folder:
        for name, body in members:
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name
            info.compress_type = method
            info.external_attr = mode << 16
            folder.writestr(info, body)
    return buffer.getvalue()


def book(**changed: bytes) -> bytes:
    """The small book with other content for its files: `book(opf=...)`, `a=`, `container=`, `encryption=`."""
    names = {
        "opf": "O/p.opf",
        "a": "O/a.xhtml",
        "container": "META-INF/container.xml",
        "encryption": "META-INF/encryption.xml",
    }
    return zip_of(*(BOOK | {names[key]: body for key, body in changed.items()}).items())


def read(path: Path, damaged: str = "stop") -> list[Reading]:
    """The readings of a file, and of the pages that a zip may hold; for these test_extraction.py has more."""
    settings = SourceSettings("x", damaged=damaged)  # type: ignore[arg-type]
    file = InputFile("s", path.name, path, path.parent, path.stat().st_size, "", settings, True)
    corpus = CorpusSettings((settings,), extraction=ExtractionSettings(extractor="plain"))
    return [readable(found, corpus) for found in read_file(file)]


def check(readings: list[Reading]) -> None:
    """Every character read is in the text or in the account."""
    for reading in readings:
        place = reading.characters
        for change in reading.changes:
            assert change.before == place
            place = change.after
        assert place == len(reading.document.text)


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY a%d "%s">' % (number, b"&a%s;" % (str(number - 1).encode() if number else b"") * 10)
    for number in range(9)
)
EXTERNAL = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
RING = PACKAGE.replace('"application/xhtml+xml"', '"x/y" fallback="a"').replace(".xhtml", ".q").encode()
NAMED = PACKAGE.replace("a.xhtml", "../../../../etc/passwd").encode()

HOSTILE: dict[str, Callable[[], bytes]] = {
    "bomb of ten GB": lambda: bomb(),
    "chapter of 100 MB of blanks": lambda: book(a=b" " * 100_000_000),
    "entities in the package": lambda: book(opf=ENTITIES + b"]><package>&a8;</package>"),
    "entities in the container": lambda: book(container=ENTITIES + b"]><container>&a8;</container>"),
    "entities in encryption.xml": lambda: book(encryption=ENTITIES + b"]><encryption>&a8;</encryption>"),
    "entities in a chapter": lambda: book(a=ENTITIES + b"]><html>&a8;</html>"),
    "external entity in the package": lambda: book(opf=EXTERNAL + b"<package>&a;</package>"),
    "external entity in a chapter": lambda: book(a=EXTERNAL + b"<html>&a;</html>"),
    "spine that leads outside": lambda: book(opf=NAMED),
    "package that is an absolute path": lambda: book(container=CONTAINER.replace("O/p.opf", "/etc/passwd").encode()),
    "member that climbs out": lambda: zip_of(*BOOK.items(), ("../x", b"x")),
    "member with an absolute path": lambda: zip_of(*BOOK.items(), ("/x", b"x")),
    "member twice": lambda: zip_of(*BOOK.items(), ("O/a.xhtml", b"other")),
    "chapter that is a link": lambda: zip_of(*BOOK.items(), mode=0o120777),
    "bzip2 members": lambda: zip_of(*BOOK.items(), method=zipfile.ZIP_BZIP2),
    "100,000 members": lambda: zip_of(*BOOK.items(), *((f"{number}", b"") for number in range(100_000))),
    "fallbacks in a ring": lambda: book(opf=RING),
    "package cut short": lambda: book(opf=PACKAGE[:200].encode()),
    "container that is no XML": lambda: book(container=b"\x00\xff" * 99),
    "unknown encoding": lambda: book(opf=b'<?xml version="1.0" encoding="x-none"?>' + PACKAGE.encode()),
    "zip cut short": lambda: book()[:-40],
    "no zip": lambda: b"PK\x03\x04 but no more",
    "empty": lambda: b"",
}  # fmt: skip

BOUNDED: dict[str, Callable[[], bytes]] = {
    "500,000 tags deep": lambda: book(a=b"<div>" * 500_000 + b"end" + b"</div>" * 500_000),
    "500,000 elements deep in the package": lambda: book(opf=b"<a>" * 500_000 + b"</a>" * 500_000),
    "a million attributes": lambda: book(a=b"<p " + b"a='b' " * 1_000_000 + b">end</p>"),
    "300,000 attributes in the package": lambda: book(
        opf=b"<p " + b" ".join(b"a%d='b'" % number for number in range(300_000)) + b"/>"
    ),
    "50 MB of text": lambda: book(a=random.Random(1).randbytes(25_000_000).hex().encode()),
    "200,000 links": lambda: book(a=b"<a href='x'>" * 200_000),
    "200,000 page marks": lambda: book(a=b"<span class='pagenum' " * 200_000),
    "100,000 times the same chapter": lambda: book(
        opf=PACKAGE.replace('<itemref idref="b"/>', '<itemref idref="b"/>' * 100_000).encode()
    ),
    "20,000 contents": lambda: book(
        opf=PACKAGE.replace("</package>", '<reference type="toc" href="a.xhtml"/>' * 20_000 + "</package>").encode(),
        a=b"<a href='x'>y</a> " * 100_000,
    ),
}


def bomb() -> bytes:
    """A chapter of 10 GB by what it holds and 4 GB by what it claims, in 10 MB."""
    # After a full flush a block stands on its own, so one can be had a thousand times.
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = squeeze.compress(bytes(10_000_000)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    name = b"O/a.xhtml"
    data = bytearray(zip_of(*(BOOK | {name.decode(): block * 1000}).items(), method=zipfile.ZIP_STORED))
    # APPNOTE.TXT 4.3.7 and 4.3.12: where method and size stand in a member's header and in the directory.
    for mark, method, size, where in ((b"PK\3\4", 8, 22, 30), (b"PK\1\2", 10, 24, 46)):
        start = data.index(mark)
        while data[start + where : start + where + len(name)] != name:
            start = data.index(mark, start + 4)
        struct.pack_into("<H", data, start + method, zipfile.ZIP_DEFLATED)
        struct.pack_into("<I", data, start + size, 0xFFFFFFF0)
    return bytes(data)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_book_is_refused_in_words(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.epub"
    path.write_bytes(HOSTILE[name]())
    before = {one.name for one in tmp_path.iterdir()}
    began = time.monotonic()
    with pytest.raises(GroundupError) as caught:
        read(path)
    assert time.monotonic() - began < 20
    assert str(path) in str(caught.value)
    assert "root:" not in str(caught.value)
    assert {one.name for one in tmp_path.iterdir()} == before, "reading never writes"
    (dropped,) = read(path, "drop")
    assert dropped.is_dropped


@pytest.mark.parametrize("name", BOUNDED)
def test_hostile_markup_ends_soon(name: str, tmp_path: Path) -> None:
    """S4: bounded time, and nothing lost without a row."""
    path = tmp_path / "x.epub"
    path.write_bytes(BOUNDED[name]())
    began = time.process_time()
    check(read(path, "drop"))
    assert time.process_time() - began < 20


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux's /proc")
def test_bombs_stay_small(tmp_path: Path) -> None:
    """S3: under 200 MB beyond what Python and the readers take themselves, for a book and for a zip of texts."""
    (tmp_path / "small.epub").write_bytes(book())
    (tmp_path / "a.epub").write_bytes(bomb())
    (tmp_path / "a.zip").write_bytes(zip_of(*((f"{number}.txt", b" " * 30_000_000) for number in range(8))))
    code = """
        import re, sys
        from pathlib import Path
        sys.path[:0] = [sys.argv[1]]
        from test_books import read
        for name in ("small.epub", "a.epub", "a.zip"):
            try:
                read(Path(sys.argv[2]) / name, "drop")
            except Exception as error:
                print(type(error).__name__)
            # Not ru_maxrss, which a child takes over from the process that started it.
            print(int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(Path(__file__).parent), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    start, *rest = map(int, done.stdout.split())
    assert all(peak - start < 200 for peak in rest), done.stdout


def mutated(data: bytes, seed: int) -> bytes:
    """Bytes flipped, cut out, doubled or put in; sometimes within a file of the book before it is packed."""
    chance = random.Random(seed)
    result = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(result) + 1)
        kind = chance.randrange(5)
        if kind == 0 and place < len(result):
            result[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del result[place : place + chance.randint(1, 40)]
        elif kind == 2:
            result[place:place] = result[place : place + chance.randint(1, 40)]
        elif kind == 3:
            result[place:place] = chance.randbytes(chance.randint(1, 8))
        elif place + 4 < len(result):
            result[place : place + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"])
    return bytes(result)


@given(st.integers(0, 2**32), st.sampled_from(["zip", *BOOK]))
@settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_mutated_book_ends_in_a_result_or_our_error(tmp_path: Path, seed: int, which: str) -> None:
    """R12."""
    inside = BOOK | {which: mutated(BOOK[which], seed)} if which in BOOK else BOOK
    data = zip_of(*inside.items()) if which in BOOK else mutated(book(), seed)
    # To a zip the files of a book are pages, and for these test_corpus.py has more.
    for name in ("x.epub",) if which in BOOK else ("x.epub", "x.zip"):
        path = tmp_path / name
        path.write_bytes(data)
        check(read(path, "drop"))
        try:
            check(read(path))
        except GroundupError as error:
            assert str(path) in str(error)  # noqa: PT017


def test_patterns_do_not_hang() -> None:
    """S6: the one pattern that goes over whole chapters, on strings that nearly fit it."""
    from groundup.corpus.sources.epub import _PAGE_NUMBER

    for text in hostile_strings():
        for size in (25_000, 100_000):
            began = time.process_time()
            _PAGE_NUMBER.sub("", (text * size)[:size])
            assert time.process_time() - began < 0.5, text


def hostile_strings() -> Iterator[str]:
    yield from ("<span ", "<span class='pagenum' ", "<span class='pagenum'>", "<span " + "class='pagenum'" * 20, "<a\t")
    yield from ("<div role='doc-pagebreak'>1</spa", "<", " ", "class='pagenum'", "<span x='" + "y" * 290)
