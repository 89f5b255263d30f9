"""Of an honest archive the wanted members are written, under our names, and no others."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.catalogue.archive import Wanted, safe_parts, unpack
from groundup.catalogue.limits import Limits, Refused

MEMBERS = {
    "set-1/texts/one.txt": b"one",
    "set-1/texts/deeper/three.txt": b"three",
    "set-1/texts/two.md": b"two",
    "set-1/setup.py": b"raise SystemExit",
    "set-1/about.txt": b"about",
}


def make_tar(path: Path, mode: str) -> None:
    with tarfile.open(path, mode) as tar:
        for name, body in MEMBERS.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))


def make_zip(path: Path, _: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as folder:
        folder.mkdir("set-1")
        for name, body in MEMBERS.items():
            folder.writestr(name, body)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz", "zip"])
def test_only_what_is_wanted_is_written(mode: str, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    (make_zip if mode == "zip" else make_tar)(archive, mode)
    into = tmp_path / "into"
    into.mkdir()
    wanted = (Wanted("set-1/texts/*.txt"), Wanted("set-1/about.txt", "about.ini"))
    assert sorted(unpack(archive, into, wanted)) == ["about.ini", "one.txt"]
    assert {path.name: path.read_bytes() for path in into.iterdir()} == {
        "about.ini": b"about",
        "one.txt": b"one",
    }


@given(st.text(max_size=60))
def test_a_name_is_refused_or_stays_inside(name: str) -> None:
    try:
        parts = safe_parts(name, Limits())
    except Refused:
        return
    root = Path("/some/folder")
    assert root.joinpath(*parts).resolve().is_relative_to(root)
    assert not {"..", ".", ""} & set(parts)
    assert not any(character in name for character in "\\\0\n")
