"""The action `extract` prints each page's text, or says why there is none."""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import pytest

from groundup.cli import corpus_extract
from groundup.errors import GroundupError

PAGE = (
    "<html><head><title>Walks</title><meta name=date content=2020-01-02></head><body><p>" + "We walked a long way. " * 9
)


def called(*words: object) -> int:
    parser = argparse.ArgumentParser()
    corpus_extract.configure(parser.add_subparsers())
    return corpus_extract.run(parser.parse_args(["extract", *map(str, words)]))


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "b.html").write_text(PAGE)
    (folder / "a.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    (folder / "c.htm").write_bytes(b"")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


@pytest.mark.parametrize("extractor", ["trafilatura", "resiliparse", "union", "plain"])
def test_a_folder_gives_an_object_a_page_in_order(
    pages: Path, extractor: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(pages, "--json", "--extractor", extractor) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(row["source"]).name for row in rows] == ["a.html.gz", "b.html", "c.htm"]
    for row in rows[:2]:
        assert row["text"].startswith("We walked a long way.")
        assert (row["title"], row["date"]) == ("Walks", "2020-01-02")
        assert "dropped" not in row
    assert (rows[2]["text"], rows[2]["dropped"]) == ("", "it has no main text")


def test_an_archive_without_pages_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    block = b"{}"
    head = f"WARC/1.0\r\nWARC-Type: metadata\r\nContent-Length: {len(block)}\r\n\r\n"
    (tmp_path / "a.warc.wat").write_bytes((head.encode() + block + b"\r\n\r\n") * 3)
    assert called(tmp_path / "a.warc.wat") == 0
    assert "0 pages; records that are no pages: metadata 3" in capsys.readouterr().err


def test_text_is_printed_as_it_is(pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pages / "d.html").write_text("<p>" + "[red]Not a colour[/red] :smile: at all. " * 5)
    called(pages / "d.html")
    assert "[red]Not a colour[/red] :smile: at all." in capsys.readouterr().out


def test_mistakes_are_said(pages: Path, tmp_path: Path) -> None:
    with pytest.raises(GroundupError, match="There is no file or folder"):
        called(pages / "nowhere.html")
    (pages / "cut.html.gz").write_bytes(gzip.compress(PAGE.encode())[:-9])
    with pytest.raises(GroundupError, match=r"cut.html.gz cannot be read"):
        called(pages / "cut.html.gz")
    (tmp_path / "empty").mkdir()
    with pytest.raises(GroundupError, match="no page in the folder"):
        called(tmp_path / "empty")
