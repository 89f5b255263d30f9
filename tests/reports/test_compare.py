from __future__ import annotations

import json
import math
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from groundup.errors import GroundupError
from groundup.reports.compare import HEADER, as_json, cells, compare, save_comparison, tasks, warnings

sys.path.insert(0, str(Path(__file__).parent))
import tasked


@pytest.fixture
def runs(run: Path, tmp_path: Path) -> list[Path]:
    one = run
    two = tmp_path / "elsewhere" / one.name
    shutil.copytree(one, two)
    return [one, two]


def test_runs_of_one_name_are_told_apart_by_their_folder(runs: list[Path]) -> None:
    names = [row.run for row in compare(runs)]
    assert names == [f"{run.parent.name}/{run.name}" for run in runs]


def test_figures_are_those_of_the_run_and_json_holds_no_nan(runs: list[Path]) -> None:
    (row,) = compare(runs[:1])
    told = as_json(row)
    assert told["loss"] == pytest.approx(row.loss)
    assert len(told["curve"]) == len(row.points) > 1
    json.dumps(told, allow_nan=False)
    assert math.isnan(row.accuracy)
    assert len(cells(row)) == len(HEADER)


def test_the_page_has_a_line_for_each_run_in_a_colour_of_its_own(runs: list[Path], tmp_path: Path) -> None:
    save_comparison(compare(runs), tmp_path / "c.html")
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert set(re.findall(r'<polyline class="tone (tone\d)"', page)) == {"tone0", "tone1"}
    twin = (tmp_path / "c.md").read_text(encoding="utf-8").replace("\\", "")
    assert all(f"{run.parent.name}/{run.name}" in twin for run in runs)


def test_nothing_is_overwritten_that_is_no_report(runs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "c.md").write_text("mine", encoding="utf-8")
    for out, words in (("c.html", "not a report"), ("c.png", ".html")):
        with pytest.raises(GroundupError, match=words):
            save_comparison(compare(runs[:1]), tmp_path / out)
    assert (tmp_path / "c.md").read_text(encoding="utf-8") == "mine"


def test_a_run_named_twice_is_a_mistake(runs: list[Path]) -> None:
    with pytest.raises(GroundupError, match="twice"):
        compare([runs[0], runs[0]])


def test_no_artefact_is_written_into_and_no_file_taken_for_a_folder(runs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for out in (runs[0] / "pretrain" / "c.html", tmp_path / "file" / "c.html"):
        with pytest.raises(GroundupError, match="The comparison cannot be written"):
            save_comparison(compare(runs[:1]), out)


def test_runs_of_one_kind_of_task_stand_side_by_side_by_its_figures(runs: list[Path], tmp_path: Path) -> None:
    one = tasked.build(tmp_path / "one")
    better = {**tasked.TEST, "figures": {"accuracy": 75.0, "macro_f1": 74.0}}
    two = tasked.build(tmp_path / "two", test=better)
    rows = compare([one, two, runs[0]])
    (table,) = tasks(rows)
    assert table.header == ("run", "accuracy", "its interval", "macro F1", "calibration error", "log loss")
    assert table.rows == (
        ("one", "70.00 %", "62.50 to 77.50 %", "-", "7.00 %", "0.6000 nats"),
        ("two", "75.00 %", "62.50 to 77.50 %", "74.00 %", "-", "-"),
    )
    assert as_json(rows[1])["figures"] == {"accuracy": 75.0, "macro_f1": 74.0}
    assert not any("judged on different examples" in warning for warning in warnings(rows))
    save_comparison(rows, tmp_path / "c.html")
    assert "Task: classification" in (tmp_path / "c.md").read_text(encoding="utf-8")


def test_figures_of_different_tests_are_not_compared_in_silence(tmp_path: Path) -> None:
    one = tasked.build(tmp_path / "one")
    on_validation = {**tasked.TEST, "part": "validation"}
    two = tasked.build(tmp_path / "two", test=on_validation)
    assert any("judged on different examples" in warning for warning in warnings(compare([one, two])))


def test_a_figure_that_a_guess_beats_is_marked_and_said(runs: list[Path]) -> None:
    (row,) = compare(runs[:1])
    assert not any(cell.endswith("!") for cell in cells(row))
    worse = replace(row, by_frequency=row.loss - 0.1, accuracy=0.1, commonest=0.2)
    marks = [name for name, cell in zip(HEADER, cells(worse), strict=True) if cell.endswith("!")]
    assert marks == ["loss", "accuracy"]
    assert any("worse than its guess" in warning for warning in warnings([worse]))
    assert not warnings([row])
