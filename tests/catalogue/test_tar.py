"""Our tar reader agrees with Python's on honest archives of every dialect that it reads."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.catalogue.decompress import Unpacked
from groundup.catalogue.limits import Limits
from groundup.catalogue.tar import tar_members

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@given(
    members=st.lists(st.tuples(PATHS, st.binary(max_size=1500)), max_size=5),
    is_read=st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_members_are_those_that_were_packed(form: int, members: list[tuple[str, bytes]], is_read: list[bool]) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for name, body in members:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    buffer.seek(0)
    found = []
    # Members left unread must not confuse the next one.
    for member, reads in zip(tar_members(Unpacked(buffer, Limits()), Limits()), is_read, strict=False):
        found.append((member.name, member.size, b"".join(member.pieces) if reads else None))
    expected = [
        (name, len(body), body if reads else None) for (name, body), reads in zip(members, is_read, strict=False)
    ]
    assert found == expected


def test_folders_end_in_a_slash() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        folder = tarfile.TarInfo("texts")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
    buffer.seek(0)
    assert [member.name for member in tar_members(Unpacked(buffer, Limits()), Limits())] == ["texts/"]
