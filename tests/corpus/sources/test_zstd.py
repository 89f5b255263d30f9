"""Frames of zstd are unpacked whole, whatever they come in, and what is not whole is said so."""

from __future__ import annotations

import contextlib
from itertools import pairwise

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from groundup.catalogue.limits import Broken
from groundup.corpus.sources.zstd import BITE, LONG_WINDOW, CutShort, unpacked


@given(st.lists(st.binary(max_size=2000), max_size=4), st.data())
def test_frames_in_any_pieces_give_their_content_and_their_beginnings_do_not(
    contents: list[bytes], data: st.DataObject
) -> None:
    frames = [zstandard.compress(content) for content in contents]
    packed = b"".join(frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(packed)), max_size=5)))
    pieces = [packed[start:end] for start, end in pairwise([0, *cuts, len(packed)])]
    assert b"".join(unpacked(pieces, LONG_WINDOW)) == b"".join(contents)
    length = data.draw(st.integers(0, len(packed)))
    ends = {len(b"".join(frames[:count])) for count in range(len(frames) + 1)}
    with contextlib.nullcontext() if length in ends else pytest.raises(CutShort):
        assert b"".join(contents).startswith(b"".join(unpacked([packed[:length]], LONG_WINDOW)))


def test_what_is_no_frame_or_asks_for_too_much_is_broken() -> None:
    wide = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=24))
    for packed in (b"no frame at all", zstandard.compress(b"x") + b"more", wide.compress(bytes(2**24)[:-1] + b"x" * 9)):
        with pytest.raises(Broken, match="damaged"):
            list(unpacked([packed], 2**23))


def test_little_comes_out_at_a_time() -> None:
    bomb = zstandard.compress(bytes(50_000_000))
    assert max(map(len, unpacked([bomb], LONG_WINDOW))) <= BITE * 2**15
