"""A checkpoint comes back as it was saved; the newest two stay, damaged ones make way for the one before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from groundup.errors import DamagedError
from groundup.training.checkpoint import (
    FOLDER,
    KEPT,
    Position,
    delete_checkpoints,
    load_checkpoint,
    save_checkpoint,
)
from groundup.versions import versions

POSITION = Position(
    step=0,
    tokens=0,
    seconds=12.5,
    guard={"loss": 1.5, "norm": 0.25, "seen": 3},
    skipped=(2, 5),
    logged=100,
    threads=1,
)


def save(draft: Path, step: int) -> None:
    tensors = {"model": {"a": torch.full((3, 2), float(step))}, "optimizer": {"a/b": torch.tensor(float(step))}}
    save_checkpoint(draft, replace(POSITION, step=step), tensors, fingerprint="f", seed=1)


def names(draft: Path) -> list[str]:
    return sorted(path.name for path in (draft / FOLDER).iterdir())


def damage(draft: Path, step: int) -> Path:
    file = draft / FOLDER / f"step-{step:08d}" / "model.safetensors"
    broken = bytearray(file.read_bytes())
    broken[-1] ^= 1
    file.write_bytes(broken)
    return file


def test_what_was_saved_comes_back(tmp_path):
    save(tmp_path, 3)
    found = load_checkpoint(tmp_path)
    assert found.position == replace(POSITION, step=3)
    assert torch.equal(found.tensors["model"]["a"], torch.full((3, 2), 3.0))
    assert found.tensors["optimizer"]["a/b"] == 3
    assert found.versions == versions()


def test_there_is_none_before_the_first(tmp_path):
    assert load_checkpoint(tmp_path) is None


def test_the_newest_two_are_kept_and_the_newest_is_loaded(tmp_path):
    for step in (1, 2, 10, 11):
        save(tmp_path, step)
    assert names(tmp_path) == ["step-00000010", "step-00000011"]
    assert len(names(tmp_path)) == KEPT
    assert load_checkpoint(tmp_path).position.step == 11


def test_a_tensor_that_is_a_view_is_saved_as_what_it_shows(tmp_path):
    turned = torch.arange(6.0).view(2, 3).T
    save_checkpoint(tmp_path, POSITION, {"model": {"a": turned}}, fingerprint="f", seed=1)
    assert torch.equal(load_checkpoint(tmp_path).tensors["model"]["a"], turned)


def test_damage_is_told_and_the_one_before_is_taken(tmp_path):
    for step in (4, 8):
        save(tmp_path, step)
    file = damage(tmp_path, 8)
    said = []
    found = load_checkpoint(tmp_path, progress=lambda what, done=0, total=None: said.append(what))
    assert found.position.step == 4
    assert any(str(file) in line and "checkpoint before" in line for line in said)


def test_a_damaged_one_does_not_push_out_the_sound_ones_that_follow(tmp_path):
    for step in (4, 8):
        save(tmp_path, step)
    damage(tmp_path, 8)
    assert load_checkpoint(tmp_path).position.step == 4
    save(tmp_path, 5)
    save(tmp_path, 6)
    damage(tmp_path, 6)
    assert load_checkpoint(tmp_path).position.step == 5


def test_damage_to_all_is_an_error_that_says_what_to_do_and_deletes_nothing(tmp_path):
    for step in (4, 8):
        save(tmp_path, step)
        damage(tmp_path, step)
    with pytest.raises(DamagedError, match="Every checkpoint") as caught:
        load_checkpoint(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert len(names(tmp_path)) == 2


def test_what_kills_left_is_swept_away(tmp_path):
    save(tmp_path, 4)
    for name in (".draft-step-00000008", ".discarded-step-00000002"):
        (tmp_path / FOLDER / name).mkdir()
    assert load_checkpoint(tmp_path).position.step == 4
    assert names(tmp_path) == ["step-00000004"]


def test_all_of_them_go_when_the_run_is_done(tmp_path):
    save(tmp_path, 4)
    (tmp_path / ".discarded-checkpoints").mkdir()
    delete_checkpoints(tmp_path)
    assert list(tmp_path.iterdir()) == []
    delete_checkpoints(tmp_path)
