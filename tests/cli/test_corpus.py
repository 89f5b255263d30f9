from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from groundup.cli.main import main
from groundup.corpus.settings import CorpusSettings, SourceSettings, ValidationSettings
from groundup.recipe.recipe import Recipe
from groundup.recipe.stages import build_corpus


@pytest.fixture
def run(tmp_path) -> Path:
    texts = tmp_path / "texts"
    texts.mkdir()
    for name in ("emma", "persuasion", "empty"):
        (texts / f"{name}.txt").write_text("" if name == "empty" else f"A long story of {name}.")
    build_corpus(Recipe("tales", CorpusSettings((SourceSettings(str(texts)),))), tmp_path / "run")
    return tmp_path / "run"


def call(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main(["corpus", *map(str, words)])
    return end.value.code


def test_show_prints_the_account(run, capsys) -> None:
    assert call("show", run) == 0
    assert "3 documents read, 2 kept, 1 dropped" in capsys.readouterr().out


def test_show_json_is_one_object_on_one_line(run, capsys) -> None:
    assert call("show", run, "--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["documents"] == {"read": 3, "kept": 2, "dropped": 1}


def test_show_html_writes_a_page(run, tmp_path, capsys) -> None:
    assert call("show", run, "--html", tmp_path / "a.html") == 0
    assert (tmp_path / "a.html").read_text().startswith("<!doctype html>")
    assert call("show", run, "--html", tmp_path / "no" / "a.html") == 2
    assert "cannot be written" in capsys.readouterr().err


def test_the_page_runs_nothing_and_needs_nothing_from_elsewhere(tmp_path) -> None:
    hostile = "<script>alert(1)</script><img src='http://x.test'>\x1b[31m\u202eevil"
    texts = tmp_path / "<b>name"
    texts.mkdir()
    (texts / "a.txt").write_text("A text of a good length that stays. " * 3)
    (texts / "b.txt").write_text(hostile)
    settings = CorpusSettings(
        (SourceSettings(str(texts)),), validation=ValidationSettings(fraction=0), minimum_characters=len(hostile) + 1
    )
    build_corpus(Recipe("tales", settings), tmp_path / "run")
    assert call("show", tmp_path / "run", "--html", tmp_path / "a.html") == 0
    page = (tmp_path / "a.html").read_text()
    tags: set[str] = set()
    addresses: list[str] = []
    parser = HTMLParser()

    def seen(tag: str, attributes: list[tuple[str, str | None]]) -> None:
        tags.add(tag)
        addresses.extend(value or "" for name, value in attributes if name in ("src", "href"))

    parser.handle_starttag = seen  # type: ignore[method-assign]
    parser.feed(page)
    assert not tags & {"script", "img", "b"}
    assert all(address.startswith("#") for address in addresses)
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_explain_tells_a_story(run, capsys) -> None:
    assert call("explain", run, "empty.txt") == 0
    assert "drop by minimum characters" in capsys.readouterr().out
    assert call("explain", run, "emma.txt", "--json") == 0
    assert json.loads(capsys.readouterr().out)["is_kept"]


def test_mistakes_are_one_paragraph_and_two(run, capsys) -> None:
    assert call("show", run / "none") == 2
    assert call("explain", run, "nobody") == 2
    assert call() == 2
    assert "Traceback" not in capsys.readouterr().err
