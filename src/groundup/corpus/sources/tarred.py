"""The files within a tar as a source reads them: one after the other, into memory, never onto the disk.

What unpacks to far more than the tar's own size is a bomb, as for every other compressed file (`expand`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from groundup.catalogue.archive import safe_parts
from groundup.catalogue.decompress import PIECE, Stream
from groundup.catalogue.limits import Broken, Limits, Refused
from groundup.catalogue.tar import Member, tar_members
from groundup.corpus.sources.expand import UnreadableError, read_pieces

# Files are met one by one, so many of them cost time and no memory but that of their names.
_LIMITS = Limits(entries=1_000_000, total_bytes=2**62)


@contextmanager
def tarred(path: Path, largest: int) -> Iterator[Iterator[tuple[str, Callable[[], bytes]]]]:
    """The files of a tar, packed or not: the name of each, and what reads it while it is the last one given.

    Raises UnreadableError, also for what is refused or broken while it is read, with a sentence that lacks the
    tar's name.
    """
    try:
        yield _files(Stream(read_pieces(path), _LIMITS), largest)
    except (Broken, Refused) as reason:
        raise UnreadableError(str(reason)) from reason


def _files(stream: Stream, largest: int) -> Iterator[tuple[str, Callable[[], bytes]]]:
    names: set[str] = set()
    for member in tar_members(stream, _LIMITS, is_marked=True):
        safe_parts(member.name, _LIMITS)
        if member.name.endswith("/"):
            continue
        if member.name in names:
            raise Refused(f"two of its members have the name {member.name[:100]!r}")
        names.add(member.name)
        if len(names) > _LIMITS.entries:
            raise Refused(f"it has more than {_LIMITS.entries:,} members")
        yield member.name, partial(_content, member, largest)
    # The checksum of what is packed stands behind it all; and a header that was lost looks like the mark of the end.
    while piece := stream.read(PIECE):
        if piece.strip(b"\0"):
            raise Broken("there is more behind the mark of its end, so it is damaged, or several tars in one")


def _content(member: Member, largest: int) -> bytes:
    if member.size > largest:
        raise Refused(
            f"its member {member.name[:100]!r} has more than {largest / 1e6:,.0f} million bytes (`largest_document`)"
        )
    return b"".join(member.pieces)
