from __future__ import annotations

from pathlib import Path

import pytest

from groundup.corpus import plan
from groundup.corpus.plan import planned, take_up


def test_work_on_the_same_plan_stays_and_other_work_goes(tmp_path: Path) -> None:
    for wanted, stays in (("a", False), ("a", True), ("b", False), ("a", False)):
        take_up(tmp_path / "work", wanted)
        assert planned(tmp_path / "work") == wanted
        assert (tmp_path / "work" / "part").exists() == stays
        (tmp_path / "work" / "part").mkdir(exist_ok=True)


def test_a_plan_that_was_not_wholly_written_is_none(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('"a')
    assert planned(tmp_path) == planned(tmp_path / "none") == ""


def test_a_kill_while_other_work_goes_leaves_nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_up(tmp_path, "a")
    (tmp_path / "part").mkdir()

    def die(folder: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(plan.shutil, "rmtree", die)
        with pytest.raises(KeyboardInterrupt):
            take_up(tmp_path, "b")
    assert planned(tmp_path) == ""
    take_up(tmp_path, "a")
    assert not (tmp_path / "part").exists()
