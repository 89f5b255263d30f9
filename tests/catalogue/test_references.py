"""A name or a path becomes a folder of files; the mirror comes first, the network last."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from pathlib import Path

import pytest

from groundup.catalogue import cache, fetch, find, references, resolve, where
from groundup.catalogue.crawl_folder import ARCHIVES, FRONTIER
from groundup.catalogue.dataset import DataSet, FromAddress, FromFolder, PinnedFile, Split
from groundup.catalogue.references import local_path
from groundup.errors import DamagedError, GroundupError

BODY = b"Now is the winter of our discontent\n"


def data_set(*origins, name: str = "winter") -> DataSet:
    return DataSet(name, "about", "public domain", len(BODY), (Split("all", "*"),), "https://home", "", origins)


def from_server(server, path: str = "/w.txt", body: bytes = BODY) -> FromAddress:
    return FromAddress(server.address + path, PinnedFile("w.txt", hashlib.sha256(body).hexdigest(), len(body)))


@pytest.fixture
def catalogue(server, monkeypatch):
    """A catalogue of one data set, which the server has."""
    server.serve("/w.txt", BODY)
    monkeypatch.setattr(references, "DATA_SETS", (data_set(from_server(server)),))
    return server


@pytest.fixture
def no_network(monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_what_was_fetched_once_is_not_asked_for_again(catalogue) -> None:
    assert where(find("winter")) == ""
    folder = fetch("winter")
    assert (folder / "w.txt").read_bytes() == BODY
    assert where(find("winter")) == "cache"
    assert fetch("winter") == folder
    assert catalogue.asked == ["/w.txt"]
    assert folder.parent.stat().st_mode & 0o777 == 0o755


def test_the_mirror_comes_first_and_is_taken_as_it_is(catalogue, tmp_path: Path, monkeypatch) -> None:
    fetch("winter")
    mine = tmp_path / "mirror" / "winter"
    mine.mkdir(parents=True)
    monkeypatch.setenv("GROUNDUP_MIRROR", str(tmp_path / "mirror"))
    assert fetch("winter") != mine, "an empty folder is no mirror"
    (mine / "other.txt").write_text("mine")
    assert fetch("winter") == mine
    assert where(find("winter")) == "mirror"
    assert [path.name for path in mine.iterdir()] == ["other.txt"]


def test_a_damaged_cache_is_noticed_and_fetched_anew(catalogue) -> None:
    folder = fetch("winter")
    (folder / "w.txt").write_bytes(BODY.swapcase())
    assert (fetch("winter") / "w.txt").read_bytes() == BODY
    (folder / "more.txt").write_bytes(b"")
    assert [path.name for path in fetch("winter").iterdir()] == ["w.txt"]
    (folder.parent / "receipt.json").write_text("[3")
    assert fetch("winter") == folder
    assert len(catalogue.asked) == 4
    assert [path.name for path in folder.parent.parent.iterdir()] == ["winter"], "no leftovers"


def test_a_changed_pin_is_fetched_anew(catalogue, monkeypatch) -> None:
    fetch("winter")
    catalogue.serve("/new.txt", b"new")
    changed = data_set(from_server(catalogue, "/new.txt", b"new"))
    monkeypatch.setattr(references, "DATA_SETS", (changed,))
    assert where(changed) == ""
    assert (fetch("winter") / "w.txt").read_bytes() == b"new"


def test_a_wrong_hash_stops_at_once_and_keeps_what_was_there(catalogue, monkeypatch) -> None:
    folder = fetch("winter")
    wrong = data_set(from_server(catalogue, body=b"other"), from_server(catalogue))
    monkeypatch.setattr(references, "DATA_SETS", (wrong,))
    with pytest.raises(DamagedError):
        fetch("winter")
    assert (folder / "w.txt").read_bytes() == BODY
    assert [path.name for path in folder.parent.parent.iterdir()] == ["winter"]


def test_the_next_origin_helps_where_one_cannot_be_reached(catalogue, tmp_path: Path, monkeypatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "w.txt").write_bytes(BODY)
    origins = (from_server(catalogue, "/gone"), FromFolder(own))
    monkeypatch.setattr(references, "DATA_SETS", (data_set(*origins),))
    assert (fetch("winter") / "w.txt").read_bytes() == BODY


def test_when_nothing_can_be_reached_one_paragraph_says_all(catalogue, tmp_path: Path, monkeypatch) -> None:
    origins = (
        from_server(catalogue, "/gone"),
        FromAddress("https://127.0.0.1:9/x", from_server(catalogue).file),
    )
    monkeypatch.setattr(references, "DATA_SETS", (data_set(*origins),))
    monkeypatch.setenv("GROUNDUP_MIRROR", str(tmp_path / "nowhere"))
    with pytest.raises(GroundupError) as caught:
        fetch("winter")
    text = str(caught.value)
    assert "\n" not in text
    for part in ("'winter'", "nowhere", "/gone", "404", "127.0.0.1:9", "refused", "GROUNDUP_MIRROR name the"):
        assert part in text, (part, text)
    assert caught.value.exit_code == 2


def test_what_cannot_be_pinned_is_never_fetched(no_network) -> None:
    with pytest.raises(
        GroundupError, match=r"must be put in place.*100_english_novels.*GROUNDUP_MIRROR.*data: my-books"
    ):
        fetch("novels")


def test_a_cache_that_cannot_be_written_is_said(catalogue, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GROUNDUP_CACHE", str(tmp_path / "file" / "below"))
    with pytest.raises(GroundupError, match="GROUNDUP_CACHE"):
        fetch("winter")


def test_drafts_of_killed_fetches_are_swept_when_old(catalogue) -> None:
    root = cache.cache_folder()
    for name, age in (("old", 2 * cache.SECONDS_OF_A_LEFTOVER), ("young", 60)):
        (root / f".draft-{name}").mkdir(parents=True)
        os.utime(root / f".draft-{name}", (time.time() - age,) * 2)
    fetch("winter")
    assert sorted(path.name for path in root.iterdir()) == [".draft-young", "winter"]


def test_paths_are_read_where_they_lie(tmp_path: Path, monkeypatch, no_network) -> None:
    here, recipe, home = tmp_path / "here", tmp_path / "recipe", tmp_path / "home"
    for folder in (here, recipe, home):
        folder.mkdir()
        (folder / f"{folder.name}.txt").write_text(folder.name)
        (folder / "both.txt").write_text(folder.name)
    (here / "novels").mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    assert resolve("here.txt").path == here / "here.txt"
    assert resolve("./recipe.txt", recipe).path == recipe / "recipe.txt"
    assert resolve("both.txt", recipe).path == here / "both.txt"
    assert resolve("~/home.txt").path == home / "home.txt"
    assert resolve(str(recipe), recipe).path == recipe
    assert resolve("novels").path == here / "novels", "what is on disk is a path"
    assert resolve("here.txt").licence == ""


def test_of_a_crawl_its_archives_are_meant(tmp_path: Path, no_network) -> None:
    crawl = tmp_path / "crawl"
    (crawl / ARCHIVES).mkdir(parents=True)
    (crawl / ARCHIVES / "pages-00000.warc.gz").write_bytes(BODY)
    (crawl / FRONTIER).write_bytes(b"first run")
    before = resolve(str(crawl))
    assert (before.path, before.name) == (crawl / ARCHIVES, "crawl")
    assert local_path(str(crawl)) == crawl / ARCHIVES
    (crawl / FRONTIER).write_bytes(b"a run that found nothing new")
    assert resolve(str(crawl)).fingerprint == before.fingerprint
    (crawl / FRONTIER).unlink()
    assert resolve(str(crawl)).path == crawl, "a folder of that name is not enough"


def test_names_resolve_to_what_they_hold(catalogue, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = resolve("winter", tmp_path)
    assert (found.name, found.licence) == ("winter", "public domain")
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "w.txt").write_bytes(BODY)
    assert resolve("copy").fingerprint == found.fingerprint, "where it lies does not matter"
    (copy / "w.txt").write_bytes(BODY + b".")
    assert resolve("copy").fingerprint != found.fingerprint


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("wintre", ["neither a path nor a data set", "recipe", "Did you mean 'winter'?"]),
        ("texts/absent", ["There is no file or folder", "texts/absent", "recipe"]),
        ("~nobody-of-that-name/x", ["home folder"]),
        ("", ["no path and no name"]),
        ("a\0b", ["no path and no name"]),
    ],
)
def test_what_is_neither_is_explained(catalogue, tmp_path: Path, reference: str, parts: list[str]) -> None:
    with pytest.raises(GroundupError) as caught:
        resolve(reference, tmp_path / "recipe")
    assert all(part in str(caught.value) for part in parts), str(caught.value)
    assert catalogue.asked == []
