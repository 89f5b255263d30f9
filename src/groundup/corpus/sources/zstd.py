"""What zstd packed, one frame after another, unpacked by bites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from groundup.catalogue.limits import Broken

BEGINNING = b"\x28\xb5\x2f\xfd"
# One byte can stand for 32 KiB, and the decoder cannot be told when to stop.
BITE = 256
# What zstd --long=27 asks of a reader, the most that its own command line gives without being told to.
LONG_WINDOW = 2**27


class CutShort(Broken):
    """What was packed does not end."""


def unpacked(pieces: Iterable[bytes], window: int) -> Iterator[bytes]:
    """The content of frames that ask for no larger window, in small pieces. Raises Broken, CutShort at the end."""
    import zstandard

    decompressor = zstandard.ZstdDecompressor(max_window_size=window)
    frame = None
    for piece in pieces:
        for place in range(0, len(piece), BITE):
            bite = piece[place : place + BITE]
            while bite:
                frame = frame or decompressor.decompressobj()
                try:
                    found = frame.decompress(bite)
                except zstandard.ZstdError as error:
                    raise Broken(f"its zstd is damaged ({error})") from error
                bite = b""
                if frame.eof:
                    bite, frame = frame.unused_data, None
                if found:
                    yield found
    if frame is not None:
        raise CutShort("its zstd is cut short")
