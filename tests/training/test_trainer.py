"""From token shards to weights: the horizon is found once, the rehearsal leaves no trace, the end is tidy."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from dataclasses import replace

import pytest
import torch
from tiny_families import family_training
from tiny_runs import MODEL, events_of, tiny_training, weights_of

from groundup.errors import GroundupError, NoRoomError
from groundup.model.files import load_model
from groundup.training import trainer
from groundup.training.checkpoint import FOLDER
from groundup.training.duration import Duration
from groundup.training.run import examples_of, gradients, update
from groundup.training.signals import Stop, StoppedError
from groundup.training.start import begin
from groundup.training.trainer import train

Usage = namedtuple("Usage", "total used free")


def disk_of(free: int, total: int = 10**9):
    return lambda path: Usage(total, total - free, free)


def test_a_finished_run_leaves_what_the_stage_is_for_and_nothing_else(tmp_path):
    facts = train(tiny_training(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "facts.json",
        "horizon.json",
        "metrics.jsonl",
        "model.json",
        "model.safetensors",
    ]
    assert facts["steps"] == 12
    assert facts["tokens"] == 12 * 3 * 16
    assert facts["parameters"] == sum(weight.numel() for weight in load_model(tmp_path).parameters())
    assert facts["seconds"] > 0
    assert json.loads((tmp_path / "facts.json").read_text()) == facts


def test_it_learns(tmp_path):
    train(tiny_training(tmp_path, budget=Duration(60, "steps")))
    losses = [event["loss"] for event in events_of(tmp_path) if event["event"] == "train"]
    assert losses[-1] < losses[0] - 0.5


def test_a_run_that_is_done_is_not_done_again(tmp_path, monkeypatch):
    facts = train(tiny_training(tmp_path))
    # As a kill leaves it that comes between the facts and the end.
    for name in (FOLDER, ".discarded-checkpoints"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(trainer, "_train", lambda training: pytest.fail("trained again"))
    assert train(tiny_training(tmp_path)) == facts
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_a_rehearsal_leaves_weights_and_optimizer_exactly_as_they_were(tmp_path, optimizer):
    training = tiny_training(tmp_path, model=replace(MODEL, dropout=0.2), optimizer=optimizer)
    rehearsed, fresh = begin(training), begin(training)
    for _ in range(3):
        trainer._rehearse(rehearsed, Stop())
    for mine, theirs in zip(rehearsed.model.parameters(), fresh.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)
        assert mine.grad is None
    assert rehearsed.optimizers.tensors() == {}
    assert (rehearsed.step, rehearsed.guard) == (0, fresh.guard)
    rehearsed.steps = fresh.steps = 12
    assert [update(rehearsed) for _ in range(3)] == [update(fresh) for _ in range(3)]


def test_a_signal_ends_the_rehearsals(tmp_path):
    stop = Stop()
    stop.number = 15
    with pytest.raises(StoppedError) as caught:
        trainer._rehearse(begin(tiny_training(tmp_path)), stop)
    assert caught.value.exit_code == 143


def test_a_clock_becomes_steps_once_and_is_recorded(tmp_path):
    facts = train(tiny_training(tmp_path, budget=Duration(2, "seconds"), log_every=100))
    horizon = json.loads((tmp_path / "horizon.json").read_text())
    assert horizon["steps"] == facts["steps"] > 1
    assert horizon["budget"] == facts["budget"] == "2 seconds"
    assert horizon["seconds_per_step"] == facts["seconds_per_step_measured"] > 0
    # Loose, for a busy machine; the measurement itself takes half a second.
    assert 0.5 < facts["seconds"] < 10


def test_a_run_that_goes_on_keeps_the_horizon_that_was_recorded(tmp_path):
    (tmp_path / "horizon.json").write_text(
        json.dumps({"steps": 9, "budget": "1 hour", "is_compiled": False, "seconds_per_step": 400.0})
    )
    facts = train(tiny_training(tmp_path, budget=Duration(1, "hours")))
    assert facts["steps"] == 9


@pytest.mark.parametrize(("budget", "steps"), [("7 steps", 7), ("1000 tokens", 21), ("1 epoch", 18), ("0.5 epochs", 9)])
def test_other_budgets_are_worked_out(tmp_path, budget, steps):
    assert train(tiny_training(tmp_path, budget=Duration.parse(budget), validations=0))["steps"] == steps


def test_a_disk_that_is_too_small_is_told_before_training(tmp_path, monkeypatch):
    training = tiny_training(tmp_path)
    need = trainer._check_room(training, begin(training))
    monkeypatch.setattr(shutil, "disk_usage", disk_of(free=need - 1))
    with pytest.raises(NoRoomError) as caught:
        train(training)
    assert str(tmp_path) in str(caught.value)
    assert f"{need / 1e6:,.1f} MB are needed" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(shutil, "disk_usage", disk_of(free=need))
    assert train(training)["steps"] == 12


def test_what_a_run_wrote_before_counts_as_room_it_has(tmp_path, monkeypatch):
    training = tiny_training(tmp_path)
    need = trainer._check_room(training, begin(training))
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "old").write_bytes(bytes(need // 2))
    monkeypatch.setattr(shutil, "disk_usage", disk_of(free=need // 2 + 1))
    assert trainer._check_room(training, begin(training)) == need


def test_members_need_room_for_each_and_count_their_own_files_alone(tmp_path, monkeypatch):
    training = replace(tiny_training(tmp_path), members=3)
    need = trainer._check_room(training, begin(training))
    (tmp_path / "member-2").mkdir()
    (tmp_path / "member-2" / "weights").write_bytes(bytes(need))
    monkeypatch.setattr(shutil, "disk_usage", disk_of(free=3 * need - 1))
    with pytest.raises(NoRoomError, match=f"{3 * need / 1e6:,.1f} MB are needed"):
        trainer._check_room(training, begin(training))
    monkeypatch.setattr(shutil, "disk_usage", disk_of(free=3 * need))
    assert trainer._check_room(training, begin(training)) == need


def test_a_disk_that_does_not_tell_its_size_is_no_obstacle(tmp_path, monkeypatch):
    def refuse(path):
        raise OSError("this file system does not say")

    training = tiny_training(tmp_path)
    for unknown in (refuse, disk_of(0, total=0)):
        monkeypatch.setattr(shutil, "disk_usage", unknown)
        assert trainer._check_room(training, begin(training)) > 0


def test_layers_are_compiled_for_batches_of_one_shape_alone(tmp_path):
    """With sentences rows have as many positions as sentences, whatever their tokens; of packed pairs about as many."""
    for name, pack, is_worth_it in (("decoder", False, True), ("sentences", False, False), ("sentences", True, True)):
        training = family_training(tmp_path, name, compile="yes", pack=pack)
        run = begin(training)
        if is_worth_it:
            assert trainer._is_worth_compiling(training, run, None)
        else:
            with pytest.raises(GroundupError, match="batches of examples differ in shape"):
                trainer._is_worth_compiling(training, run, None)


@pytest.mark.slow
def test_compiled_layers_compute_what_eager_ones_do(tmp_path):
    losses, grads = [], []
    for is_compiled in (False, True):
        run = begin(tiny_training(tmp_path, model=replace(MODEL, depth=1), documents_apart=False))
        run.steps = 4
        for _ in range(2):
            update(run)
        trainer._compile(run, is_compiled)
        losses.append(gradients(run, examples_of(run, 2), 2)[0])
        grads.append(torch.cat([weight.grad.flatten() for weight in run.model.parameters()]))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    torch.testing.assert_close(grads[0], grads[1], rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_compiled_layers_thaw_without_being_compiled_anew(tmp_path):
    losses = []
    for is_compiled in (False, True):
        # Rows that now hold several documents and now one are compiled for both, whatever learns.
        dials = {"unfreeze": 0.8, "layer_decay": 0.5, "documents_apart": False}
        run = begin(tiny_training(tmp_path, model=replace(MODEL, depth=2), **dials))
        run.steps = 10
        trainer._compile(run, is_compiled)
        found = [update(run).loss]
        with torch._dynamo.config.patch(error_on_recompile=True):
            found += [update(run).loss for _ in range(9)]
        losses.append(found)
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


@pytest.mark.parametrize(("planned", "unfreeze"), [(60, 0.0), (60, 0.7), (1, 0.0)])
def test_a_run_whose_end_was_moved_is_repeated_by_what_it_says_of_itself(tmp_path, monkeypatch, planned, unfreeze):
    # The measurement before the run is told to be far too slow, so the run itself finds out and goes on for longer.
    monkeypatch.setattr(trainer, "seconds_of", lambda work, budget: budget / planned)
    clocked = tiny_training(
        tmp_path / "clocked", budget=Duration(4, "seconds"), warmup=4, validations=0, unfreeze=unfreeze
    )
    facts = train(clocked)
    horizon = json.loads((tmp_path / "clocked" / "horizon.json").read_text())
    assert horizon["is_settled"]
    assert facts["cooldown"] == horizon["cooldown"] is not None
    assert (facts["unfreeze"] is not None) == bool(unfreeze)
    assert facts["warmup"] == (1 if planned == 1 else None)
    assert facts["steps"] > planned
    again = tiny_training(
        tmp_path / "again",
        budget=Duration(facts["steps"], "steps"),
        cooldown=facts["cooldown"],
        unfreeze=facts["unfreeze"] or 0.0,
        warmup=facts["warmup"] or 4,
        validations=0,
    )
    assert train(again)["steps"] == facts["steps"]
    assert weights_of(tmp_path / "again") == weights_of(tmp_path / "clocked")


def test_the_speed_is_measured_on_batches_of_their_own(tmp_path, monkeypatch):
    """Batches of texts differ in size: the first may be half a one."""
    seen = []
    monkeypatch.setattr(trainer, "_rehearse", lambda run, stop, step: seen.append(step))
    training = tiny_training(tmp_path, budget=Duration(1, "seconds"))
    trainer._horizon(training, begin(training), 0.0, Stop())
    assert seen == list(range(len(seen)))
    assert len(seen) > 4
