from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from groundup.cli.main import main


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that was killed while it trained."""
    draft = tmp_path / "run" / ".draft-pretrain-abcdefabcdef"
    draft.mkdir(parents=True)
    line = {"event": "validation", "step": 5, "tokens": 50, "loss": 2.5, "bits_per_byte": 3.6, "seconds": 1.0}
    (draft / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    return tmp_path / "run"


def code_of(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["report", *words])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_it_says_where_the_report_is_and_what_it_holds(run: Path, capsys: pytest.CaptureFixture[str]):
    assert code_of(str(run)) == 0
    said = capsys.readouterr().out
    assert "validation loss  2.5000 nats a token" in said
    assert str(run / "report-so-far.html") in said
    assert (run / "report-so-far.md").is_file()


def test_json_is_one_object_on_one_line_and_nothing_else(run: Path, capsys: pytest.CaptureFixture[str]):
    out = run.parent / "card.html"
    assert code_of(str(run), "--out", str(out), "--json") == 0
    heard = capsys.readouterr()
    assert heard.out.count("\n") == 1
    found = json.loads(heard.out)
    assert found["report"] == str(out)
    assert Path(found["markdown"]).is_file()
    assert found["validation_loss"] == 2.5
    assert heard.err == ""


def test_a_folder_that_is_no_run_is_the_users_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert code_of(str(tmp_path)) == 2
    said = capsys.readouterr().err
    assert "is not a run" in said
    assert said.count("\n") == 1


def test_its_help_ends_in_examples_and_imports_no_torch():
    script = (
        "import sys, groundup.cli.main as m\n"
        "try: m.main(['report', '--help'])\n"
        "except SystemExit: print(any(name in sys.modules for name in ('torch', 'pyarrow', 'matplotlib')))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"}
    )
    assert "examples:\n  groundup report runs/demo" in shown.stdout
    assert shown.stdout.endswith("False\n")
