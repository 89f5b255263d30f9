"""What newcomers get wrong with the commands of a corpus: one paragraph that says what to do, and nothing written."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a recipe, texts, a corpus-less recipe, and files of the wrong kind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("A good story of some length. " * 20)
    (tmp_path / "none").mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "picture.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(90))
    (tmp_path / "empty.html").write_bytes(b"")
    (tmp_path / "empty.yaml").write_bytes(b"")
    (tmp_path / "empty.warc.gz").write_bytes(b"")
    (tmp_path / "page.warc.gz").write_bytes(b"<html><p>This is a page and no archive.</p></html>")
    (tmp_path / "page.tar").write_bytes(b"<html><p>This is a page and no archive.</p></html>" * 30)
    (tmp_path / "page.zip").write_bytes(b"<html><p>This is a page and no archive.</p></html>")
    corpus = {"sources": [{"data": "texts"}], "validation": {"fraction": 0}}
    (tmp_path / "good.yaml").write_text(json.dumps({"name": "x", "corpus": corpus}))
    (tmp_path / "missing.yaml").write_text(json.dumps({"name": "x", "corpus": {"sources": [{"data": "txets"}]}}))
    (tmp_path / "nothing.yaml").write_text(json.dumps({"name": "x", "corpus": {"sources": [{"data": "none"}]}}))
    task = {"kind": "sentiment", "train": "a.tsv"}
    (tmp_path / "task.yaml").write_text(json.dumps({"name": "x", "task": task}))
    return tmp_path


OUT = ("--out", "run")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("build", "nowhere.yaml", *OUT), "nowhere.yaml"),
        (("build", "texts", *OUT), "texts"),
        (("build", "empty.yaml", *OUT), "empty.yaml"),
        (("build", "picture.html", *OUT), "picture.html"),
        (("build", "missing.yaml", *OUT), "neither a path nor a data set"),
        (("build", "nothing.yaml", *OUT), "is empty"),
        (("build", "good.yaml"), "--out"),
        (("build", "good.yaml", "--out", "good.yaml"), "good.yaml"),
        (("build", "good.yaml", *OUT, "--workers", "0"), "It must be 1 or more"),
        (("build", "good.yaml", *OUT, "--workers", "two"), "two"),
        (("build", "good.yaml", *OUT, "--engine", "spark"), "inline"),
        (("build", "good.yaml", *OUT, "--corpus.minimum_character", "5"), "minimum_characters"),
        (("build", "good.yaml", *OUT, "--corpus.classic.before_filters", "true"), "dropped all of 220 real pages"),
        (("extract", "nowhere.html"), "There is no file or folder nowhere.html"),
        (("extract", "none"), "no page in the folder none"),
        (("extract", "pictures"), "no page in the folder pictures"),
        (("extract", "empty.warc.gz"), "empty.warc.gz is damaged"),
        (("extract", "page.warc.gz"), "page.warc.gz is damaged"),
        (("extract", "page.tar"), "page.tar cannot be read"),
        (("extract", "page.zip"), "page.zip cannot be read"),
        (("extract", "picture.html", "--extractor", "newspaper"), "trafilatura"),
        (("extract",), "FILE"),
        (("report", "nowhere"), "There is no folder nowhere"),
        (("report", "texts"), "texts has no corpus"),
        (("report", "good.yaml"), "good.yaml"),
        (("explain", "texts", "a.txt"), "texts has no corpus"),
        (("explain", "texts"), "ID"),
        (("expalin", "texts", "a.txt"), "explain"),
    ],
)
def test_a_mistake_is_one_paragraph(words: tuple[str, ...], said: str, place: Path, groundup: Call) -> None:
    before = sorted(place.rglob("*"))
    outcome = groundup("corpus", *words)
    assert outcome.code == 2, outcome.err
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert said in outcome.err
    assert [path for path in sorted(place.rglob("*")) if path not in before and path.suffix == ".parquet"] == []


def test_a_recipe_without_a_corpus_is_said(place: Path, groundup: Call) -> None:
    outcome = groundup("corpus", "build", "task.yaml", *OUT)
    assert outcome.code == 2
    assert "corpus" in outcome.error or "task" in outcome.error


def test_ray_that_is_not_there_is_said_with_what_to_do(place: Path, groundup: Call, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    outcome = groundup("corpus", "build", "good.yaml", *OUT, "--engine", "ray")
    assert outcome.code == 2
    assert "pip install ray" in outcome.error
    assert "processes" in outcome.error


@pytest.mark.parametrize(("name", "said"), [("empty.html", "no main text"), ("picture.html", "")])
def test_a_page_without_a_text_is_no_error_but_says_why(name: str, said: str, place: Path, groundup: Call) -> None:
    outcome = groundup("corpus", "extract", name, "--json")
    assert outcome.code == 0
    (row,) = [json.loads(line) for line in outcome.out.splitlines()]
    assert (row["source"], row["text"]) == (name, "")
    assert row["dropped"]
    assert said in row["dropped"]


def test_a_page_that_cannot_be_written_is_said(place: Path, groundup: Call) -> None:
    assert groundup("corpus", "build", "good.yaml", *OUT, "--engine", "inline").code == 0
    for target in ("none", "nowhere/page.html", "good.yaml/page.html"):
        outcome = groundup("corpus", "report", "run", "--html", target)
        assert outcome.code == 2
        assert "cannot be written" in outcome.error
    assert groundup("corpus", "report", "run", "--html", "page.html").code == 0
    assert "The corpus of run" in (place / "page.html").read_text()


def test_a_damaged_corpus_is_said(place: Path, groundup: Call) -> None:
    assert groundup("corpus", "build", "good.yaml", *OUT, "--engine", "inline").code == 0
    (table,) = (place / "run" / "corpus" / "train").glob("*.parquet")
    table.write_bytes(table.read_bytes()[:-20])
    for words in (("report", "run"), ("explain", "run", "a.txt")):
        outcome = groundup("corpus", *words)
        assert outcome.code == 1
        assert table.name in outcome.error


def test_explain_says_what_it_is_busy_with(place: Path, groundup: Call) -> None:
    assert groundup("corpus", "build", "good.yaml", *OUT, "--engine", "inline").code == 0
    outcome = groundup("corpus", "explain", "run", "a.txt", "--json")
    assert outcome.code == 0
    assert "checking corpus" in outcome.err
    assert outcome.json["id"]


def test_report_and_explain_say_what_the_build_said(place: Path, groundup: Call) -> None:
    quality = {"rules": ["gopher-repetition"]}
    corpus = {"sources": [{"data": "texts"}], "quality": quality, "validation": {"fraction": 0}}
    (place / "strict.yaml").write_text(json.dumps({"name": "x", "corpus": corpus}))
    build = ("corpus", "build", "strict.yaml", *OUT, "--engine", "inline")
    assert "by filter/gopher-repetition/commonest 2-gram (threshold 0.2, median" in groundup(*build).err
    for words in (("report", "run"), ("explain", "run", "a.txt")):
        again = groundup("corpus", *words)
        assert again.code == 2
        assert "its build ended with nothing. Nothing is left of the 1 document read" in again.err
    # What the remedy for this rule says is understood; then another rule of the set takes them.
    other = groundup(
        *build, "--corpus.quality.thresholds", "[{rule: gopher-repetition/commonest 2-gram, apply: false}]"
    )
    assert "Nothing is left" in other.err
    assert "commonest 2-gram" not in other.err
    assert groundup(*build, "--corpus.quality.rules", "[]").code == 0
    assert groundup("corpus", "explain", "run", "a.txt").code == 0
    assert list((place / "run").rglob("nothing.json")) == []
    # Made again to nothing, the corpus stays, and is not shown without a word of that.
    assert groundup(*build, "--replace").code == 2
    commands = [("report", "run"), ("report", "run", "--json"), ("report", "run/corpus"), ("explain", "run", "a.txt")]
    for words in commands:
        outcome = groundup("corpus", *words)
        assert outcome.code == 0
        said = " ".join(f"{outcome.out} {outcome.err}".split())
        # Pages go to other people; where files lie on this machine stays here.
        assert str(place) not in said
        assert "ended with nothing, and this corpus is from before it. Nothing is left of the 1 document" in said
