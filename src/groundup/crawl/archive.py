"""The WARC files of a crawl (ISO 28500, version 1.1), written so that a kill leaves whole records only.

Each page is a response and a request record, each a gzip member of its own; a file begins with a `warcinfo` record of
the contact and the settings. A page's records are on the disk before the frontier hears of them, and the frontier
keeps the length up to which a file is whole: what lies beyond it when a crawl goes on was being written when the
process was killed, and is cut off. Bodies stay as they came over the line, in their encoding and compression.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from groundup import __version__
from groundup.crawl.settings import CrawlSettings
from groundup.errors import DamagedError
from groundup.store.files import room_checked, sync

NAME = "pages-{:05d}.warc.gz"

# They tell how the bytes came over the line. Here they are one body of known length.
_OF_THE_LINE = ("transfer-encoding", "content-length", "connection", "keep-alive")


@dataclass(frozen=True)
class Exchange:
    """One request and its reply."""

    address: str
    request: Sequence[tuple[str, str]]
    """Headers as they were sent."""
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    """Without the chunks of the transfer, but compressed if it came so."""
    protocol: str
    """`HTTP/1.1`."""
    ip: str
    """The address that was dialled."""
    when: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class Written:
    """Where an exchange stands."""

    archive: str
    position: int
    """Bytes before its response record."""
    length: int
    """Bytes of the file with it."""


class Archive:
    """The folder of WARC files, open for one writer."""

    def __init__(self, folder: Path, settings: CrawlSettings, whole: Mapping[str, int]) -> None:
        """`whole` gives the names of the files and how long each is; what lies beyond is cut off."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._settings = settings
        self._most = settings.archive_megabytes * 1_000_000
        self._number = 0
        self._file: Any = None
        self._writer: Any = None
        _cut_back(folder, whole)
        if whole:
            last = max(whole)
            self._number = int(last.removeprefix("pages-").partition(".")[0])
            if whole[last] >= self._most:
                self._number += 1

    def write(self, exchange: Exchange) -> Written:
        """Append the records of an exchange and wait until they are on the disk; raises NoRoomError."""
        path = self._folder / NAME.format(self._number)
        with room_checked(path, 2 * len(exchange.body)):
            if self._file is None:
                self._open(path)
            request, response = self._records(exchange)
            position = self._file.tell()
            self._writer.write_request_response_pair(request, response)
            self._file.flush()
            os.fsync(self._file.fileno())
        written = Written(path.name, position, self._file.tell())
        if written.length >= self._most:
            self.close()
            self._number += 1
        return written

    def close(self) -> None:
        """Let the file go. What was written is on the disk already."""
        if self._file is not None:
            self._file.close()
            self._file = self._writer = None

    def _open(self, path: Path) -> None:
        from warcio.warcwriter import WARCWriter

        self._file = path.open("ab")
        self._writer = WARCWriter(self._file, gzip=True, warc_version="WARC/1.1")
        if self._file.tell() == 0:
            self._writer.write_record(self._writer.create_warcinfo_record(path.name, _information(self._settings)))
            self._file.flush()
            sync(path.parent)

    def _records(self, exchange: Exchange) -> tuple[Any, Any]:
        from warcio.statusandheaders import StatusAndHeaders

        date = datetime.fromtimestamp(exchange.when, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        ours = {"WARC-Date": date, "WARC-IP-Address": exchange.ip}
        path = exchange.address.partition("://")[2].partition("/")[2]
        request = self._writer.create_warc_record(
            exchange.address,
            "request",
            payload=BytesIO(b""),
            http_headers=StatusAndHeaders(f"GET /{path} HTTP/1.1", list(exchange.request), is_http_request=True),
            warc_headers_dict=dict(ours),
        )
        headers = [(name, value) for name, value in exchange.headers if name.lower() not in _OF_THE_LINE]
        headers.append(("Content-Length", str(len(exchange.body))))
        response = self._writer.create_warc_record(
            exchange.address,
            "response",
            payload=BytesIO(exchange.body),
            http_headers=StatusAndHeaders(
                f"{exchange.status} {'OK' if exchange.status == 200 else ''}", headers, protocol=exchange.protocol
            ),
            warc_headers_dict=dict(ours),
        )
        return request, response


def _information(settings: CrawlSettings) -> dict[str, str]:
    return {
        "software": f"groundup/{__version__}",
        "operator": settings.contact,
        "http-header-user-agent": settings.user_agent,
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "robots": "RFC 9309",
        "settings": json.dumps(asdict(settings), ensure_ascii=True),
    }


def _cut_back(folder: Path, whole: Mapping[str, int]) -> None:
    """Make each file as long as the frontier knows it; DamagedError where one is shorter or gone."""
    for path in sorted(folder.glob("pages-*.warc.gz")):
        if path.name not in whole:
            # Begun, but without a page that was finished.
            path.unlink()
        elif path.stat().st_size > whole[path.name]:
            os.truncate(path, whole[path.name])
    for name, length in whole.items():
        path = folder / name
        size = path.stat().st_size if path.is_file() else 0
        if size < length:
            raise DamagedError(
                f"{path} has {size:,} bytes, but the crawl wrote {length:,}: something else has changed or removed it.",
                "Put the file back as it was, or begin anew with another --out.",
            )
