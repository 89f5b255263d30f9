"""S2: archives stay in their folder. S3: bombs fizzle."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import lzma
import os
import random
import struct
import subprocess
import sys
import tarfile
import textwrap
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundup.catalogue.archive import Wanted, unpack
from groundup.errors import GroundupError

# Three levels of anything: whatever a hostile archive puts there is asked for.
EVERYTHING = (Wanted("*"), Wanted("*/*"), Wanted("*/*/*"))


def tar_of(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for info, body in members:
            info.size = len(body) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(body))
    return buffer.getvalue()


def file(name: str, body: bytes = b"text\n") -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), body


def special(kind: bytes, name: str = "x.txt", to: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info, b""


def zip_of(*members: tuple[str, bytes], mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as folder:
        for name, body in members:
            info = zipfile.ZipInfo("x")
            info.filename = name  # past the constructor, which would clean it
            info.orig_filename = name
            info.compress_type = method
            info.external_attr = mode << 16
            folder.writestr(info, body)
    return buffer.getvalue()


def raw_tar(name: bytes, size: bytes, kind: bytes, body: bytes = b"") -> bytes:
    """A header written by hand, with a right checksum, for what tarfile would not write."""
    head = bytearray(512)
    head[: len(name)] = name
    head[124 : 124 + len(size)] = size
    head[156:157] = kind
    head[257:265] = b"ustar\x0000"
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + body + bytes(-len(body) % 512) + bytes(1024)


def link_chain() -> bytes:
    """The chain of links within links by which tarfile's filter was bypassed (CVE-2025-4517)."""
    deep = "d" * 200
    members = []
    path = ""
    for letter in "abcdefgh":
        folder = tarfile.TarInfo(f"{path}{deep}")
        folder.type = tarfile.DIRTYPE
        members += [(folder, b""), special(tarfile.SYMTYPE, f"{path}{letter}", deep)]
        path += f"{letter}/"
    members += [special(tarfile.SYMTYPE, f"{path}up", "../" * 8), file(f"{path}up/escaped.txt")]
    return tar_of(*members)


def many_zip(count: int) -> bytes:
    return zip_of(*((f"{number}.txt", b"") for number in range(count)), method=zipfile.ZIP_STORED)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "tar parent": lambda: tar_of(file("../escaped.txt")),
    "tar parent within": lambda: tar_of(file("a/../../escaped.txt")),
    "tar parent that stays": lambda: tar_of(file("a/../b.txt")),
    "tar absolute": lambda: tar_of(file("/escaped-here.txt")),
    "tar absolute twice": lambda: tar_of(file("//escaped.txt")),
    "tar parent, gnu long name": lambda: tar_of(file("a/" * 60 + "../" * 70 + "escaped.txt"), form=tarfile.GNU_FORMAT),
    "tar absolute, ustar prefix": lambda: tar_of(file("/" + "p" * 120 + "/escaped.txt"), form=tarfile.USTAR_FORMAT),
    "tar symbolic link": lambda: tar_of(special(tarfile.SYMTYPE, to="/etc/passwd")),
    "tar link to a folder, file through it": lambda: tar_of(
        special(tarfile.SYMTYPE, "out", ".."), file("out/escaped.txt")
    ),
    "tar link, then a file of its name": lambda: tar_of(
        special(tarfile.SYMTYPE, "a.txt", "../escaped.txt"), file("a.txt")
    ),
    "tar hard link": lambda: tar_of(special(tarfile.LNKTYPE, to="../escaped.txt")),
    "tar chain of links": link_chain,
    "tar character device": lambda: tar_of(special(tarfile.CHRTYPE)),
    "tar block device": lambda: tar_of(special(tarfile.BLKTYPE)),
    "tar pipe": lambda: tar_of(special(tarfile.FIFOTYPE)),
    "tar sparse file": lambda: raw_tar(b"x.txt", b"00000000000", b"S"),
    "tar unknown kind": lambda: raw_tar(b"x.txt", b"00000000000", b"Z"),
    "tar backslashes": lambda: tar_of(file("..\\..\\escaped.txt")),
    "tar drive": lambda: tar_of(file("C:/escaped.txt")),
    "tar drive within": lambda: tar_of(file("a/c:escaped.txt")),
    "tar control character": lambda: tar_of(file("a\x1b[2J.txt")),
    "tar NUL in a pax name": lambda: tar_of((pax_named("safe.txt\0/../escaped.txt"), b"text")),
    "tar name of 100,000 characters": lambda: tar_of(file("n" * 100_000)),
    "tar name part of 300": lambda: tar_of(file("n" * 300)),
    "tar 40 folders deep": lambda: tar_of(file("d/" * 40 + "x.txt")),
    "tar 100,000 entries": lambda: (raw_tar(b"x", b"0", b"5")[:512]) * 100_000 + bytes(1024),
    "tar 100,000 pax headers": lambda: raw_tar(b"x", b"0", b"x")[:512] * 100_000 + bytes(1024),
    "tar same name twice": lambda: tar_of(file("a.txt"), file("a.txt", b"other")),
    "tar same name in two folders": lambda: tar_of(file("a/x.txt"), file("b/x.txt")),
    "tar names apart by case": lambda: tar_of(file("Read.txt"), file("READ.txt")),
    "tar names apart by composition": lambda: tar_of(file("caf\u00e9.txt"), file("cafe\u0301.txt")),
    "tar negative size": lambda: raw_tar(b"x.txt", b"\xff" * 12, b"0"),
    "tar size in no number": lambda: raw_tar(b"x.txt", b"12x45", b"0"),
    "tar name in no encoding": lambda: raw_tar(b"\xff\xfe.txt", b"0", b"0"),
    "tar cut short": lambda: tar_of(file("a.txt", bytes(5000)))[:3000],
    "tar wrong checksum": lambda: b"X" + tar_of(file("a.txt"))[1:],
    "tar.gz cut short": lambda: gzip.compress(tar_of(file("a.txt", random.Random(1).randbytes(9000))))[:5000],
    "zip parent": lambda: zip_of(("../escaped.txt", b"x")),
    "zip absolute": lambda: zip_of(("/escaped.txt", b"x")),
    "zip backslashes": lambda: zip_of(("..\\escaped.txt", b"x")),
    "zip drive": lambda: zip_of(("C:escaped.txt", b"x")),
    "zip NUL": lambda: zip_of(("safe.txt\0../escaped", b"x")),
    "zip symbolic link": lambda: zip_of(("a.txt", b"/etc/passwd"), mode=0o120777),
    "zip device": lambda: zip_of(("a.txt", b""), mode=0o020666),
    "zip 100,000 entries": lambda: many_zip(100_000),
    "zip names apart by case": lambda: zip_of(("a.txt", b"1"), ("A.TXT", b"2")),
    "zip in bzip2": lambda: zip_of(("a.txt", bytes(10**6)), method=zipfile.ZIP_BZIP2),
    "zip in lzma": lambda: zip_of(("a.txt", bytes(10**6)), method=zipfile.ZIP_LZMA),
    "zip cut short": lambda: zip_of(("a.txt", b"x" * 1000))[:-10],
    "zip with wrong sum": lambda: zip_of(("a.txt", b"right"), method=zipfile.ZIP_STORED).replace(b"right", b"wrong"),
    "zip encrypted": lambda: zip_of(("a.txt", b"x")).replace(
        b"PK\x01\x02\x14\x03\x14\0\0", b"PK\x01\x02\x14\x03\x14\0\1"
    ),
}


def pax_named(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo("x.txt")
    info.pax_headers = {"path": name}
    return info


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_write_nothing_outside_and_say_why(name: str, tmp_path: Path) -> None:
    """S2: a clear error, and around the folder everything is as it was."""
    room = tmp_path / "outer" / "inner"
    room.mkdir(parents=True)
    archive = tmp_path / "texts.archive"
    archive.write_bytes(HOSTILE[name]())
    began = time.monotonic()
    with pytest.raises(GroundupError) as caught:
        unpack(archive, room, EVERYTHING)
    assert time.monotonic() - began < 5
    assert "texts.archive" in str(caught.value)
    assert len(str(caught.value)) < 500
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outer", "texts.archive"]
    assert [path.name for path in (tmp_path / "outer").iterdir()] == ["inner"]
    assert all(path.is_file() and not path.is_symlink() for path in room.iterdir())
    assert not Path("/escaped-here.txt").exists()
    assert "\x1b" not in str(caught.value)


# S3: bombs that claim, or would unpack to, 10 GB.

TEN_GB = 10 * 10**9


def endless(compress: Callable[[bytes], bytes]) -> bytes:
    """10 GB of honest 16 MiB members: compressed streams may follow one another, so one is repeated."""
    member = raw_tar(b"x.bin", b"%011o" % 2**24, b"0")[:512] + bytes(2**24)
    return compress(member) * 600


def nested(depth: int) -> bytes:
    """gzip within gzip: only the outermost is ever opened, and what is in it is no tar."""
    data = bytes(2**24)
    for _ in range(depth):
        data = gzip.compress(data)
    return data


def zip_with_directory_size(size: int) -> bytes:
    """A zip whose last record claims a central directory of that size, with room for it in the file."""
    body = b"PK\x03\x04" + bytes(size)
    return body + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, size, 4, 0)


def zip_of_much() -> bytes:
    """100 members of 100 MB each, honestly declared."""
    good = zip_of(("000.txt", bytes(100 * 10**6)))
    at = good.index(b"PK\x01\x02")
    body, entry = good[:at], good[at : good.index(b"PK\x05\x06")]
    names = [b"%03d.txt" % number for number in range(100)]
    bodies = b"".join(body.replace(b"000.txt", name) for name in names)
    directory = b"".join(entry[:42] + struct.pack("<L", number * at) + name for number, name in enumerate(names))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 100, 100, len(directory), len(bodies), 0)
    return bodies + directory + end


def zip_that_lies() -> bytes:
    """10 bytes are claimed; the deflated body holds 100 MB."""
    good = bytearray(zip_of(("a.txt", bytes(100 * 10**6))))
    true = struct.pack("<L", 100 * 10**6)
    return bytes(good).replace(true, struct.pack("<L", 10))


def xz_of_much_memory() -> bytes:
    """Written with a small dictionary, then relabelled: making one of 2 GiB here would be the bomb."""
    data = bytearray(lzma.compress(bytes(5000), preset=0))
    # Block header at 12: size, flags, filter id 0x21, size of its properties, dictionary size; padding; CRC.
    assert data[14] == 0x21
    assert data[15] == 1
    data[16] = 38  # 2 GiB
    length = (data[12] + 1) * 4
    data[12 + length - 4 : 12 + length] = struct.pack("<L", zlib.crc32(data[12 : 12 + length - 4]))
    return bytes(data)


BOMBS: dict[str, Callable[[], bytes]] = {
    "gz nested": lambda: nested(3),
    "gz endless members": lambda: endless(gzip.compress),
    "bz2 endless members": lambda: endless(bz2.compress),
    "xz endless members": lambda: endless(lambda data: lzma.compress(data, preset=1)),
    "xz dictionary": xz_of_much_memory,
    "tar claims 10 GB": lambda: gzip.compress(raw_tar(b"x.txt", b"%011o" % (8 * 10**9), b"0")),
    "tar claims 10 GB in base 256": lambda: raw_tar(b"x.txt", b"\x80" + TEN_GB.to_bytes(11, "big"), b"0"),
    "tar pax header of 1 GB": lambda: gzip.compress(raw_tar(b"x", b"%011o" % 10**9, b"x")),
    "tar long name of 1 GB": lambda: gzip.compress(raw_tar(b"x", b"%011o" % 10**9, b"L")),
    "tar pax size of 10 GB": lambda: tar_with_pax_size(str(TEN_GB)),
    "gz of a million empty streams": lambda: gzip.compress(b"", 1) * 10**6,
    "zip of 100 times 100 MB": zip_of_much,
    "zip that lies about its size": zip_that_lies,
    "zip directory of 300 MB": lambda: zip_with_directory_size(300 * 10**6),
}


def tar_with_pax_size(size: str) -> bytes:
    record = f"{len(size) + 9} size={size}\n".encode()
    return raw_tar(b"x", b"%011o" % len(record), b"x", record)[:1024] + raw_tar(b"x.txt", b"0", b"0")


JUDGE = textwrap.dedent("""
    import json, re, sys, time
    from pathlib import Path
    from groundup.catalogue.archive import Wanted, unpack
    from groundup.errors import GroundupError
    verdicts = {}
    for archive in sorted(Path(sys.argv[1]).glob("*.bomb")):
        into = archive.with_suffix(".d")
        into.mkdir()
        began = time.monotonic()
        try:
            verdict = unpack(archive, into, [Wanted("*.txt")]) and "unpacked"
        except GroundupError as error:
            verdict = str(error)
        written = sum(path.stat().st_size for path in into.iterdir())
        for path in into.iterdir():
            path.unlink()
        # The highest resident size of this process; rusage would also count its parent's, from before exec.
        memory = int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
        verdicts[archive.stem] = [verdict, time.monotonic() - began, memory, written]
    print(json.dumps(verdicts))
""")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux's /proc")
def test_bombs_fizzle(tmp_path: Path) -> None:
    """S3: each is refused in under 5 s, the process never held 200 MB, and the disk never 300 MB."""
    for name, make in BOMBS.items():
        (tmp_path / f"{name}.bomb").write_bytes(make())
    done = subprocess.run(
        [sys.executable, "-c", JUDGE, str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )
    verdicts = json.loads(done.stdout)
    assert len(verdicts) == len(BOMBS)
    for name, (verdict, seconds, memory, written) in verdicts.items():
        assert "refused" in verdict or "cannot be read" in verdict, (name, verdict)
        assert seconds < 5, (name, seconds)
        assert memory < 200 * 10**6, (name, memory)
        assert written < 300 * 10**6, (name, written)


def good_archives() -> dict[str, bytes]:
    tar = tar_of(file("a/one.txt", b"one\n" * 300), file("a/two.txt", b"two\n" * 300))
    return {
        "tar": tar,
        "gz": gzip.compress(tar),
        "bz2": bz2.compress(tar),
        "xz": lzma.compress(tar),
        "zip": zip_of(("a/one.txt", b"one\n" * 300), ("a/two.txt", b"two\n" * 300)),
    }


GOOD = good_archives()


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(GOOD)),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
    end=st.floats(0.0, 1.0),
    is_cut=st.booleans(),
)
def test_mutated_archives_end_in_files_or_an_error(
    kind: str,
    edits: list[tuple[float, int]],
    end: float,
    is_cut: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """R12: no bytes make the reader crash, and what it writes stays in the folder."""
    data = bytearray(GOOD[kind])
    for where, value in edits:
        data[min(int(where * len(data)), len(data) - 1)] = value
    outer = tmp_path_factory.mktemp("mutated")
    (outer / "in").mkdir()
    archive = outer / "x"
    archive.write_bytes(data[: int(end * len(data))] if is_cut else data)
    with contextlib.suppress(GroundupError):
        unpack(archive, outer / "in", EVERYTHING)
    assert sorted(path.name for path in outer.iterdir()) == ["in", "x"]
