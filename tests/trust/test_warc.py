"""Web archives and the promises of trust.md: R5 damage, R12 odd input, S3 bombs, S6 hostile text."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

import groundup.corpus
from groundup.corpus.document import Page
from groundup.corpus.settings import SourceSettings
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.warc import read_warc

SOURCE = Path(groundup.corpus.__file__).parents[2]
THOROUGH = effort(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEN_GIGABYTES = 10 * 2**30
PIECE = bytes(2**20)

# Reads an archive with the default limits and says what became of it, how long it took and how much memory. Numbers are
# of this process: what it had before the archive is part of them.
READ = r"""
import json, re, sys, time
from collections import Counter
from pathlib import Path

from groundup.corpus.document import Page
from groundup.corpus.settings import SourceSettings
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.warc import read_warc

path = Path(sys.argv[1])
file = InputFile("s", path.name, path, path.parent, path.stat().st_size, "", SourceSettings("s", damaged="drop"), True)
began = time.process_time()
others = Counter()
rules = ["page" if isinstance(one, Page) else one.changes[-1].rule for one in read_warc(file, others)]
print(json.dumps({
    "rules": rules,
    "others": others,
    "seconds": time.process_time() - began,
    "megabytes": int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024,
}))
"""


def record(block: bytes, length: int | None = None) -> bytes:
    named = (
        f"WARC-Type: response\r\nWARC-Target-URI: http://a.example/\r\nContent-Length: {length or len(block)}\r\n\r\n"
    )
    return b"WARC/1.0\r\n" + named.encode() + block + b"\r\n\r\n"


def reply(body: bytes, **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{lines}\r\n".encode() + body


def gzipped(start: bytes, size: int) -> bytes:
    """A gzip member that begins with `start` and goes on in zeros, made quickly: a flushed block can be repeated."""
    packer = zlib.compressobj(9, wbits=31)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(PIECE) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + block * (size // len(PIECE)) + packer.flush()


def zstandarded(start: bytes, size: int) -> bytes:
    packer = zstandard.ZstdCompressor(level=1).compressobj()
    first = packer.compress(start) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    # A block that repeats one byte (RFC 8878, 3.1.1.2): three bytes of header, the byte.
    block = ((2**17 << 3) | (1 << 1)).to_bytes(3, "little") + b"\0"
    return first + block * (size // 2**17) + packer.flush()


def brotlied(size: int) -> bytes:
    brotli = pytest.importorskip("brotli")
    packer = brotli.Compressor(quality=1)
    first = packer.process(PIECE) + packer.flush()
    again = packer.process(PIECE) + packer.flush()
    return first + again * (size // len(PIECE) - 1) + packer.finish()


BOMBS: dict[str, Callable[[], bytes]] = {
    "a gzip member": lambda: gzipped(_claim(), TEN_GIGABYTES),
    "a gzip member of headers": lambda: gzipped(b"WARC/1.0\r\nWARC-Type: ", TEN_GIGABYTES),
    "a gzip member of empty lines": lambda: gzip.compress(b"\r\n" * 50_000_000, 9),
    "a zstd frame": lambda: zstandarded(_claim(), TEN_GIGABYTES),
    "a claim": lambda: _claim() + b"words",
    "gzip coding": lambda: record(reply(gzipped(b"", TEN_GIGABYTES), Content_Encoding="gzip")),
    "zstd coding": lambda: record(reply(zstandarded(b"x", TEN_GIGABYTES), Content_Encoding="zstd")),
    "brotli coding": lambda: record(reply(brotlied(TEN_GIGABYTES), Content_Encoding="br")),
    "deflate coding": lambda: record(reply(gzipped(b"", TEN_GIGABYTES)[10:], Content_Encoding="deflate")),
    "nested codings": lambda: record(
        reply(gzip.compress(gzip.compress(gzipped(b"", TEN_GIGABYTES))), Content_Encoding="gzip, gzip, gzip")
    ),
    "gzip coding in a gzip member": lambda: gzip.compress(
        record(reply(gzipped(b"", TEN_GIGABYTES), Content_Encoding="gzip"))
    ),
    "gzip coding in chunks": lambda: record(
        reply(_chunk(gzipped(b"", TEN_GIGABYTES)), Content_Encoding="gzip", Transfer_Encoding="chunked")
    ),
    "a chunk that claims": lambda: record(reply(b"280000000\r\nwords", Transfer_Encoding="chunked")),
    "ten million chunks": lambda: gzip.compress(
        record(reply(b"1\r\na\r\n" * 10_000_000, Transfer_Encoding="chunked")), 1
    ),
    "a hundred codings": lambda: record(reply(gzip.compress(b"x"), Content_Encoding=", ".join(["gzip"] * 100))),
}


def _claim() -> bytes:
    return record(b"", TEN_GIGABYTES).removesuffix(b"\r\n\r\n")


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_fizzle_and_are_counted(bomb: str, tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(BOMBS[bomb]())
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")])}
    ran = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    report = json.loads(ran.stdout)
    assert len(report["rules"]) == 1
    assert report["rules"][0] in ("damaged", "bomb", "too large", "incomplete", "content coding")
    assert report["megabytes"] < 200
    assert report["seconds"] < 5


GOOD = [
    record(reply(b"<p>words of page one</p>")),
    record(reply(_chunk(b"<p>two</p>"), Transfer_Encoding="chunked")),
    record(reply(gzip.compress(b"<p>three</p>"), Content_Encoding="gzip")),
]
ARCHIVES = {
    ".warc": b"".join(GOOD),
    ".warc.gz": b"".join(gzip.compress(one, mtime=0) for one in GOOD),
    ".warc.zst": b"".join(zstandard.compress(one) for one in GOOD),
}

change = st.tuples(
    st.sampled_from(["replace", "insert", "delete", "repeat", "cut"]),
    st.floats(0, 1, exclude_max=True),
    st.one_of(
        st.binary(max_size=20), st.sampled_from([b"WARC/1.0\r\n", b"\r\n\r\n", b"9" * 30, b"\x1f\x8b\x08", b"\0"])
    ),
)


def mutated(data: bytes, changes: list[tuple[str, float, bytes]]) -> bytes:
    for verb, share, put in changes:
        place = int(share * len(data))
        if verb == "cut":
            data = data[:place]
        elif verb == "repeat":
            data = data[:place] + data[place : place + 200] * 3 + data[place:]
        else:
            taken = {"replace": len(put), "insert": 0, "delete": len(put) + 1}[verb]
            data = data[:place] + (b"" if verb == "delete" else put) + data[place + taken :]
    return data


@pytest.mark.slow
@THOROUGH
@given(ending=st.sampled_from(list(ARCHIVES)), changes=st.lists(change, max_size=6))
def test_mutated_archives_end_in_results(tmp_path, ending, changes) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(mutated(ARCHIVES[ending], changes))
    settings = SourceSettings("s", damaged="drop", largest_document=1)
    file = InputFile("s", path.name, path, tmp_path, path.stat().st_size, "", settings, True)
    others: Counter[str] = Counter()
    found = list(read_warc(file, others))
    assert found or others
    ids = [one.document.id for one in found]
    assert len(set(ids)) == len(ids)
    assert all(isinstance(one, Page) or (one.is_dropped and one.changes[-1].sample) for one in found)
    # All that is said may be written to a table.
    assert all("\n".join((one.document.id, one.document.address, one.document.date)).encode() for one in found)
