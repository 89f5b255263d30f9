"""Reading web archives: records and megabytes a second, against FastWARC and warcio alone.

FastWARC goes through the records and reads their bytes, with HTTP headers parsed; warcio gives their decoded content.
groundup does all that a corpus needs: contents decoded, digests and checksums held against what was read, media types
found, every record accounted for. A megabyte is a million bytes of the file as it lies on the disk. The archive is made
here of pages of random words, or is any that `--archive` names.
"""

from __future__ import annotations

import gzip
import io
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from timing import Result, Work, alternate, find_source, parser, peer, positive, rounded, show, table

VOCABULARY = 20_000


def main() -> None:
    options = parser(__doc__, rounds=5, seconds=2.0)
    options.add_argument("--pages", type=positive(int), default=2000, help="pages to make (default 2,000)")
    options.add_argument("--words", type=positive(int), default=3000, help="words a page (default 3,000)")
    options.add_argument("--archive", type=Path, help="an archive to read instead")
    arguments = options.parse_args()
    find_source()
    peer("fastwarc")
    peer("warcio")
    fastwarc, warcio = peer("fastwarc.warc"), peer("warcio.archiveiterator")
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.archive or make(Path(folder), arguments.pages, arguments.words)
        readers: dict[str, Callable[[], int]] = {
            "fastwarc": lambda: theirs_fast(path, fastwarc),
            "warcio": lambda: theirs(path, warcio),
            "groundup": lambda: ours(path),
        }
        counts = {name: read() for name, read in readers.items()}
        results = alternate(
            {name: counted(read) for name, read in readers.items()},
            rounds=arguments.rounds,
            seconds=arguments.seconds,
            warm_ups=1,
        )
        megabytes = path.stat().st_size / 1e6
    rows = [
        {**row, "MB/s": rounded(megabytes * per_file(result, counts)), "records": counts[result.name]}
        for row, result in zip(table(results, "records/s", "fastwarc"), results, strict=True)
    ]
    title = f"Web archives: {counts['groundup']:,} records in {megabytes:,.1f} MB"
    show(title, rows, ("FastWARC", "warcio", "brotli", "zstandard"), as_json=arguments.json)


def counted(read: Callable[[], int]) -> Work:
    return lambda: float(read())


def per_file(result: Result, counts: dict[str, int]) -> float:
    """How many times a second the whole file was read."""
    return result.rate / max(1, counts[result.name])


def make(folder: Path, pages: int, words: int) -> Path:
    """An archive as crawlers write it, requests before their replies."""
    peer("warcio")
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    chance = random.Random(1)
    vocabulary = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(VOCABULARY)]
    weights = [1 / (rank + 1) for rank in range(VOCABULARY)]
    path = folder / "pages.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number in range(pages):
            text = " ".join(chance.choices(vocabulary, weights, k=words))
            body = f"<html><title>{number}</title><p>{text}</p></html>".encode()
            headers = [("Content-Type", "text/html; charset=utf-8")]
            if number % 2:
                body = gzip.compress(body)
                headers.append(("Content-Encoding", "gzip"))
            reply = StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1")
            asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "a.example")], is_http_request=True)
            address = f"http://a.example/{number}"
            for kind, payload, http in (("request", b"", asked), ("response", body, reply)):
                record = writer.create_warc_record(address, kind, payload=io.BytesIO(payload), http_headers=http)
                writer.write_record(record)
    return path


def theirs_fast(path: Path, fastwarc: Any) -> int:
    """Records that FastWARC reads to their ends."""
    records = 0
    with path.open("rb") as file:
        for record in fastwarc.ArchiveIterator(file, parse_http=True):
            record.reader.read()
            records += 1
    return records


def theirs(path: Path, warcio: Any) -> int:
    """Records whose decoded content warcio gives."""
    records = 0
    with path.open("rb") as file:
        for record in warcio.ArchiveIterator(file):
            record.content_stream().read()
            records += 1
    return records


def ours(path: Path) -> int:
    """Records that groundup accounts for."""
    from groundup.corpus.settings import SourceSettings
    from groundup.corpus.sources.listing import InputFile
    from groundup.corpus.sources.warc import read_warc

    settings = SourceSettings(str(path), damaged="drop")
    file = InputFile("pages", path.name, path, path.parent, path.stat().st_size, "", settings, True)
    others: Counter[str] = Counter()
    return sum(1 for _ in read_warc(file, others)) + others.total()


if __name__ == "__main__":
    main()
