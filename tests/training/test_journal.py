"""The log keeps every number as it is, and can be cut back to any length it had."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from groundup.reports.log import read_log
from groundup.training.journal import Journal


def train(step: int, loss: float = 2.0) -> dict:
    return {"event": "train", "step": step, "tokens": step * 10, "loss": loss}


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def test_what_comes_after_the_given_size_is_forgotten(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with closing(Journal(path)) as journal:
        journal.write(train(1))
        size = journal.size
        journal.write(train(2))
    kept = path.read_bytes()[:size]
    with closing(Journal(path, size)) as journal:
        assert path.read_bytes() == kept
        journal.write(train(2, 5.0))
    assert [step.loss for step in read_log(lines_of(path)).train] == [2.0, 5.0]


@given(some.integers(0, 200))
def test_a_line_half_written_at_a_kill_goes(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("log") / "metrics.jsonl"
    with closing(Journal(path)) as journal:
        journal.write(train(1))
        size = journal.size
        journal.write(train(2) | {"text": "ü" * 80})
    path.write_bytes(path.read_bytes()[: size + cut])
    with closing(Journal(path, size)) as journal:
        journal.write(train(3))
    log = read_log(lines_of(path))
    assert [step.step for step in log.train] == [1, 3]
    assert log.bad == 0


def test_a_log_that_was_lost_is_begun_anew_without_holes(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with closing(Journal(path, 1000)) as journal:
        journal.write(train(3))
    assert len(read_log(lines_of(path)).train) == 1


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf, 1e-300, 1.1])
def test_a_number_is_read_as_it_was_written(tmp_path, loss):
    path = tmp_path / "metrics.jsonl"
    with closing(Journal(path)) as journal:
        journal.write(train(1, loss))
    log = read_log(lines_of(path))
    assert log.train[0].loss == pytest.approx(loss, rel=0, abs=0, nan_ok=True)
    assert log.not_finite == (() if math.isfinite(loss) else (1,))


@given(some.text(some.characters(exclude_categories=["Cs"])))
def test_an_event_is_one_line_whatever_a_sample_says(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("log") / "metrics.jsonl"
    with closing(Journal(path)) as journal:
        journal.write({"event": "sample", "step": 1, "tokens": 1, "prompt": "", "text": text})
        journal.write(train(1))
    assert [sample.text for sample in read_log(lines_of(path)).samples] == [text]
    assert len(lines_of(path)) == 2


def test_events_are_on_the_disk_before_the_log_is_closed(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with closing(Journal(path)) as journal:
        journal.write(train(1))
        journal.secure()
        assert journal.size == path.stat().st_size > 0
        assert len(lines_of(path)) == 1
