"""`groundup schema` as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from groundup.cli.main import main
from groundup.recipe.recipe import Recipe
from groundup.recipe.schema import key_table


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["schema", *words])
    return caught.value.code


def test_every_key_is_printed_with_its_documentation(capsys):
    assert run() == 0
    said = " ".join(capsys.readouterr().out.split())
    for row in key_table(Recipe):
        assert f"{row.key} {row.type}" in said
        assert " ".join(row.documentation.split()) in said


def test_one_section(capsys):
    section = next(row.key for row in key_table(Recipe) if "." in row.key).split(".")[0]
    assert run(section) == 0
    keys = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line[:1].strip()]
    assert keys
    assert all(key == section or key.startswith(f"{section}.") for key in keys)


def test_json_is_one_object_on_one_line(capsys):
    assert run("--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["title"] == "Recipe"


def test_an_unknown_section_ends_in_advice(capsys):
    assert run("pretrian") == 2
    assert "'pretrian'" in capsys.readouterr().err


def test_a_command_is_sent_to_its_own_help(capsys):
    assert run("crawl") == 2
    assert "See: groundup crawl --help" in capsys.readouterr().err


def test_no_torch_is_imported():
    code = "import sys, groundup.cli.schema; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}).returncode == 0
