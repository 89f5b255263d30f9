"""Show 2 by the commands themselves: 500 pages without payload types, and archives that are not whole."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGES = 500
WORDS = ("sea", "storm", "ship", "wind", "night", "harbour", "captain", "island", "lantern", "bread", "river")
# What becomes of the pages, by the remainder of their number: nine in ten are articles.
ODD: dict[int, tuple[str, bytes]] = {
    3: ("404 Not Found", b"<p>nothing here</p>"),
    13: ("200 OK", b""),
    23: ("200 OK", b"\x89PNG\r\n\x1a\n" + bytes(50)),
    33: ("200 OK", b"%PDF-1.7 " + bytes(50)),
    43: ("200 OK", b"<html><head><script>var a = 1;</script></head><body></body></html>"),
}
Call = Callable[..., Any]


def article(number: int) -> bytes:
    chance = random.Random(number)
    told = "".join(
        f"<p>{' '.join(chance.choices(WORDS, k=30)).capitalize()}, and it was number {number}.</p>" for _ in range(4)
    )
    return (
        f"<html><head><title>Tale {number}</title></head><body><nav>Menu</nav><article><h1>Tale</h1>{told}</article>"
    ).encode()


def record(number: int) -> bytes:
    status, body = ODD.get(number % 50, ("200 OK", article(number)))
    # A third of the servers say nothing of the type either.
    said = "" if number % 3 == 0 else "Content-Type: text/html; charset=utf-8\r\n"
    block = f"HTTP/1.1 {status}\r\n{said}Content-Length: {len(body)}\r\n\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://tales.example/{number}\r\n"
        f"WARC-Date: 2024-01-01T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:{number:032}>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def warc(count: int) -> bytes:
    return b"".join(gzip.compress(record(number), mtime=0) for number in range(count))


def recipe(path: Path, **source: str) -> Path:
    recipe = path.parent / "recipe.yaml"
    corpus = {"sources": [{"data": path.name, **source}], "near_duplicates": None, "validation": {"fraction": 0}}
    recipe.write_text(json.dumps({"name": "Tales", "corpus": corpus}))
    return recipe


def packed(name: str, files: int) -> bytes:
    """A zip or a tar of articles."""
    buffer = io.BytesIO()
    if name.endswith(".zip"):
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as folder:
            for number in range(files):
                folder.writestr(f"{number}.html", article(number))
        return buffer.getvalue()
    with tarfile.open(fileobj=buffer, mode="w:gz" if name.endswith("gz") else "w") as folder:
        for number in range(files):
            entry = tarfile.TarInfo(f"{number}.html")
            entry.size = len(article(number))
            folder.addfile(entry, io.BytesIO(article(number)))
    return buffer.getvalue()


def test_of_500_pages_each_is_kept_or_dropped_with_its_reason(tmp_path: Path, groundup: Call) -> None:
    path = tmp_path / "pages.warc.gz"
    path.write_bytes(warc(PAGES))
    outcome = groundup("corpus", "build", recipe(path), "--out", tmp_path / "run", "--engine", "inline", "--json")
    assert outcome.code == 0, outcome.err
    account = outcome.json
    assert account["documents"] == {"read": PAGES, "kept": 450, "dropped": 50}
    drops = {rule["rule"]: rule["documents"] for rule in account["rules"] if rule["action"] == "drop"}
    assert drops == {"status": 10, "empty": 10, "media type": 20, "no main content": 10}
    # Each drop can be told by its address.
    for number, rule in ((3, "status"), (13, "empty"), (23, "media type"), (43, "no main content")):
        story = groundup("corpus", "explain", tmp_path / "run", f"http://tales.example/{number}", "--json").json
        assert (story["is_kept"], story["ledger"][-1]["rule"]) == (False, rule)

    extracted = groundup("corpus", "extract", path, "--json")
    rows = [json.loads(line) for line in extracted.out.splitlines()]
    assert extracted.code == 0
    assert len(rows) == len({row["source"] for row in rows}) == PAGES
    assert Counter("dropped" in row for row in rows) == {False: 450, True: 50}
    assert all(bool(row["text"]) != ("dropped" in row) for row in rows)
    assert [row["address"] for row in rows] == [f"http://tales.example/{number}" for number in range(PAGES)]
    assert "500 pages: 450 with a text" in extracted.err


WHOLE: dict[str, bytes] = {
    "a.warc.gz": warc(12),
    "a.warc": b"".join(map(record, range(12))),
    "a.zip": packed("a.zip", 12),
    "a.tar": packed("a.tar", 12),
    "a.tar.gz": packed("a.tar.gz", 12),
}


def flipped(data: bytes) -> bytes:
    changed = bytearray(data)
    # In the middle, and long enough that a plain archive, which has no checksums, breaks too.
    changed[len(data) // 2 : len(data) // 2 + 3000] = bytes(3000)
    return bytes(changed)


@pytest.mark.parametrize("name", list(WHOLE))
@pytest.mark.parametrize("harm", ["cut", "flipped"])
def test_an_archive_that_is_not_whole_is_said_and_ends_the_work_unless_allowed(
    name: str, harm: str, tmp_path: Path, groundup: Call
) -> None:
    path = tmp_path / "in" / name
    path.parent.mkdir()
    # A zip that is cut has lost its directory, and all in it.
    (path.parent / "1.html").write_bytes(article(99))
    whole = WHOLE[name]
    path.write_bytes(whole[: len(whole) * 2 // 3] if harm == "cut" else flipped(whole))
    for words in (("build", recipe(path.parent), "--out", tmp_path / "run", "--engine", "inline"), ("extract", path)):
        outcome = groundup("corpus", *words)
        assert outcome.code != 0
        assert name in outcome.error
        assert "drop" in outcome.error

    words = ("build", recipe(path.parent, damaged="drop"), "--out", tmp_path / "run", "--engine", "inline", "--json")
    outcome = groundup("corpus", *words)
    assert outcome.code == 0, outcome.err
    documents = outcome.json["documents"]
    assert documents["read"] == documents["kept"] + documents["dropped"]
    assert 1 <= documents["kept"] < 13
    assert name.endswith("zip") or documents["kept"] > 1
    assert any(rule["rule"] in ("damaged", "digest") for rule in outcome.json["rules"])
    extracted = groundup("corpus", "extract", path, "--damaged", "drop", "--json")
    assert extracted.code == 0
    assert sum("dropped" not in json.loads(line) for line in extracted.out.splitlines()) == documents["kept"] - 1
