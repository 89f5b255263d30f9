"""Fetch a file of the hub, going on where a broken connection or a killed process left it.

What has come lies in a part file and is continued by a Range request. Nothing is believed but the hash: a part that
was continued and does not come out right is fetched once more from its beginning.
"""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

from groundup.catalogue.download import Answered, Unreachable, opened, pieces
from groundup.catalogue.hub_listing import HubFile, token
from groundup.errors import DamagedError
from groundup.progress import SILENT, Progress
from groundup.store.files import room_checked
from groundup.store.fingerprint import file_sha256

# In a row without a byte, and in all: a large file may come in many pieces over a bad line.
TRIES = 5
MOST_TRIES = 100
# Doubled after each try in vain: 1, 2, 4 and 8 seconds.
SECONDS_BEFORE_ANOTHER_TRY = 1.0
_PASSING = (408, 429, 500, 502, 503, 504)
_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(?:\d{1,18}|\*)")


def fetch_file(address: str, file: HubFile, part: Path, progress: Progress = SILENT) -> str:
    """Make `part` the whole file; returns its SHA-256.

    Raises Unreachable where it cannot be had now (what has come is kept), DamagedError where what comes is not the
    file that the hub lists (nothing is kept).
    """
    was_begun = part.is_file() and part.stat().st_size > 0
    for _ in range(2 if was_begun else 1):
        _complete(address, file, part, progress)
        if (found := sha256_if_whole(part, file)) is not None:
            return found
        size = part.stat().st_size
        part.unlink()
    raise DamagedError(
        f"{file.name} is not what the hub lists: {size:,} bytes came and their hash is wrong; {file.size:,} bytes with "
        f"{f'SHA-256 {file.sha256}' if file.sha256 else f'Git hash {file.blob}'} were expected.",
        "Nothing of it was kept or used. Start the same command again; if it comes back the same, the file was replaced"
        " at its store, or something between here and there changes it.",
    )


def sha256_if_whole(path: Path, file: HubFile) -> str | None:
    """The SHA-256 of what lies at `path`; None where it is not the file that the hub lists."""
    if not path.is_file() or path.stat().st_size != file.size:
        return None
    found = file_sha256(path)
    if file.sha256:
        return found if found == file.sha256 else None
    return found if _git_hash(path, file.size) == file.blob else None


def _complete(address: str, file: HubFile, part: Path, progress: Progress) -> None:
    """Ask again while that may help: after a broken connection, and where the server says that it is busy."""
    failures = 0
    for number in range(MOST_TRIES):
        before = part.stat().st_size if part.is_file() else 0
        try:
            _continue(address, file, part, progress)
            return
        except Unreachable as reason:
            is_passing = not isinstance(reason, Answered) or reason.status in _PASSING
            has_grown = part.is_file() and part.stat().st_size > before
            failures = 0 if has_grown else failures + 1
            if not is_passing or failures == TRIES or number + 1 == MOST_TRIES:
                raise
            if failures:
                time.sleep(_wait(reason, failures))


def _wait(reason: Unreachable, number: int) -> float:
    """Seconds to wait: what the server asks for, within a minute, or a doubling time."""
    asked = reason.headers.get("Retry-After", "") if isinstance(reason, Answered) else ""
    own: float = SECONDS_BEFORE_ANOTHER_TRY * 2.0 ** (number - 1)
    return max(own, min(60.0, float(asked))) if asked.isascii() and asked.isdigit() else own


def _continue(address: str, file: HubFile, part: Path, progress: Progress) -> None:
    """Ask for what is missing of the part, once. Raises Unreachable where not all of it came."""
    done = part.stat().st_size if part.is_file() else -1
    if done == file.size:
        return
    if done > file.size:
        part.unlink()
    done = done if 0 < done < file.size else 0
    what = f"fetching {file.name} (kB)"
    headers = {"Range": f"bytes={done}-"} if done else {}
    try:
        with opened(address, headers=headers, token=token()) as response, room_checked(part, file.size - done):
            start = _start(response.status, response.headers.get("Content-Range", ""), done)
            with part.open("r+b" if start else "wb") as out:
                out.seek(start)
                out.truncate()
                for piece in pieces(response, file.size - start, address):
                    out.write(piece)
                    start += len(piece)
                    progress(what, min(start, file.size) // 1000, file.size // 1000)
            # With its length said, a shorter body is a shorter file, and the hash will tell.
            if start < file.size and "Content-Length" not in response.headers:
                raise Unreachable(f"the connection ended after {start:,} of {file.size:,} bytes")
    except Answered as reason:
        # 416, no such range: what is there now is shorter than what came before.
        if reason.status != 416 or not done:
            raise
        part.unlink()
        _continue(address, file, part, progress)


def _start(status: int, content_range: str, done: int) -> int:
    """Where in the file the body begins: a server may ignore that it was asked for the rest alone."""
    if status != 206:
        return 0
    found = _RANGE.fullmatch(content_range)
    if found is None or int(found[1]) != done:
        raise Unreachable(f"the server sent another part of the file than the one asked for ({content_range[:80]!r})")
    return done


def _git_hash(path: Path, size: int) -> str:
    """Git's name for a file's content: SHA-1 of `blob SIZE`, a NUL and the content."""
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(2**20):
            digest.update(piece)
    return digest.hexdigest()
