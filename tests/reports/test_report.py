from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from groundup.errors import DamagedError, GroundupError
from groundup.reports.report import save_report, summary, write_report
from groundup.store.artefact import open_artefact, publish

sys.path.insert(0, str(Path(__file__).parent))
from pages import Page

HOSTILE = '</pre><script>alert(1)</script><img src=x onerror="alert(2)">\ud800\x00\u202e```\n<!--'


def test_the_stage_writes_both_files_and_gives_its_facts(run: Path, tmp_path: Path):
    draft = tmp_path / "draft"
    draft.mkdir()
    facts = write_report(run, draft)
    assert {path.name for path in draft.iterdir()} == {"report.html", "report.md"}
    assert facts == {
        "training_seconds": 181.2,
        "validation_loss": 1.4712,
        "loss_unit": "nats a token",
        "bits_per_byte": 2.1225,
        "parameters": 1_796_352,
        "tokens_per_second": 13_950.4,
    }


def test_the_same_run_gives_the_same_bytes(run: Path, tmp_path: Path):
    pages = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_report(run, tmp_path / name)
        pages.append((tmp_path / name / "report.html").read_bytes())
    assert pages[0] == pages[1]


def test_hostile_samples_settings_and_names_stay_text(build_run: Callable[..., Path]):
    line = {"event": "sample", "step": 1, "tokens": 1, "prompt": HOSTILE, "text": HOSTILE}
    bad = {"event": "bad", "step": 1, "batch": 1, "fault": HOSTILE, "loss": 1.0}
    run = build_run(log=f"{json.dumps(line)}\n{json.dumps(bad)}\n", samples=[line])
    (run / "recipe.yaml").write_text(f"# {HOSTILE}".replace("\ud800", ""))
    run = run.rename(run.with_name("<img src=x onerror=alert(1)>"))
    path = save_report(run)
    page = Page(path.read_text())
    assert page.dangers() == []
    assert not page.open
    assert not page.misplaced
    assert "<script>alert(1)</script>" in "".join(page.text)
    assert page.elements[0][0] == "html"
    assert "\x00" not in path.read_text()


def test_no_path_of_the_machine_gets_into_a_report(run: Path):
    for file in (save_report(run), run / "report-so-far.md"):
        assert str(run.parent) not in file.read_text()


def test_a_run_below_the_working_folder_is_named_from_there(run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(run.parent.parent)
    assert f"groundup generate {run.parent.name}/demo " in save_report(run).read_text().replace("&quot;", '"')


def test_a_published_report_is_published_again_and_stays_whole(run: Path):
    draft = run / ".draft-report-000000000000"
    draft.mkdir()
    (draft / "report.html").write_text("old")
    publish(
        draft,
        run / "report",
        stage="report",
        fingerprint="f" * 64,
        settings={},
        seed=1,
        parents={"pretrain": "p" * 64},
        facts={"seconds": 2.0},
    )
    path = save_report(run)
    assert path == run / "report" / "report.html"
    artefact = open_artefact(run / "report")
    assert set(artefact.manifest.files) == {"report.html", "report.md"}
    assert artefact.manifest.fingerprint == "f" * 64
    assert artefact.manifest.parents == {"pretrain": "p" * 64}
    assert artefact.manifest.facts["seconds"] == 2.0
    assert not list(run.glob(".draft-*"))
    save_report(run)
    assert open_artefact(run / "report")


def test_a_report_goes_where_it_is_asked_to(run: Path, tmp_path: Path):
    path = save_report(run, tmp_path / "new" / "card.html")
    assert path.read_text().startswith("<!doctype html>")
    assert path.with_suffix(".md").is_file()
    assert not (run / "report-so-far.html").exists()
    save_report(run, path)  # again, over its own


def test_a_report_does_no_harm(run: Path, tmp_path: Path):
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "folder.html").mkdir()
    for out, said in (
        (tmp_path / "README.html", "not a report"),
        (tmp_path / "report", "does not end in .html"),
        (tmp_path / "folder.html", "is a folder"),
        (run / "pretrain" / "x.html", "is an artefact"),
        (tmp_path / "README.md" / "x.html", "is a file"),
    ):
        with pytest.raises(GroundupError, match=said):
            save_report(run, out)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert open_artefact(run / "pretrain")


def test_the_summary_of_a_finished_run(run: Path):
    assert summary(run) == {
        "run": str(run),
        "training_seconds": 181.2,
        "seconds": 196.5,
        "validation_loss": 1.4712,
        "loss_unit": "nats a token",
        "bits_per_byte": 2.1225,
        "parameters": 1_796_352,
        "tokens_per_second": 13_950.4,
    }


def test_the_summary_of_an_unfinished_run_holds_what_is_known(unfinished: Path):
    found = summary(unfinished)
    assert set(found) == {
        "run",
        "training_seconds",
        "validation_loss",
        "loss_unit",
        "bits_per_byte",
        "tokens_per_second",
    }


def test_a_summary_is_json_even_where_the_loss_is_no_number(unfinished: Path):
    log = unfinished / ".draft-pretrain-abcdefabcdef" / "metrics.jsonl"
    log.write_text('{"event": "validation", "step": 1, "tokens": 1, "loss": NaN, "bits_per_byte": Infinity}\n')
    found = summary(unfinished)
    assert found["validation_loss"] is None
    assert found["bits_per_byte"] is None
    json.dumps(found, allow_nan=False)


def test_damage_is_noticed_before_a_report_is_written(run: Path):
    file = run / "pretrain" / "metrics.jsonl"
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(DamagedError, match=r"metrics\.jsonl"):
        save_report(run)
    assert not (run / "report-so-far.html").exists()
