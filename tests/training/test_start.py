"""A run begins from its recipe alone, and goes on exactly where its checkpoint stands."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny_runs import MODEL, events_of, tiny_training, weights_of

from groundup.errors import GroundupError
from groundup.training import start
from groundup.training.checkpoint import load_checkpoint
from groundup.training.duration import Duration
from groundup.training.guard import Guard
from groundup.training.run import update
from groundup.training.start import begin, go_back, take_up
from groundup.training.trainer import train
from groundup.versions import versions


def weights(run) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in run.model.parameters()])


def interrupted(folder, step: int = 6, **settings):
    """A training whose run was killed after `step`, with a checkpoint each step; and what it said when it went on."""

    class Killed(BaseException):
        pass

    def kill(event):
        if event["event"] == "train" and event["step"] == step:
            raise Killed

    every = {"checkpoint_every": Duration(1, "steps")} | settings
    with pytest.raises(Killed):
        train(tiny_training(folder, hear=kill, **every))
    said = []
    return tiny_training(folder, progress=lambda what, done=0, total=None: said.append(what), **every), said


def test_two_beginnings_are_alike_and_another_seed_is_another(tmp_path):
    one, two, other = (begin(tiny_training(tmp_path, seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(weights(one), weights(two))
    assert not torch.equal(weights(one), weights(other))
    assert (one.feed.batches.at(3).tokens == two.feed.batches.at(3).tokens).all()
    assert (one.feed.batches.at(3).tokens != other.feed.batches.at(3).tokens).any()


def test_a_prompt_that_leaves_no_room_to_write_is_refused_before_training(tmp_path):
    model = replace(MODEL, positions="learned", context=4)
    with pytest.raises(GroundupError, match="no room to write behind it") as caught:
        begin(tiny_training(tmp_path, model=model, sample_prompt="To be"))
    assert "sample_prompt" in caught.value.remedy
    begin(tiny_training(tmp_path, model=model, sample_prompt="To "))
    begin(tiny_training(tmp_path, model=model, sample_prompt="To be", sample_tokens=0))


def test_without_a_checkpoint_there_is_nothing_to_take_up(tmp_path):
    run = begin(tiny_training(tmp_path))
    before = weights(run)
    assert take_up(tiny_training(tmp_path), run) == 0
    assert (run.step, run.seconds) == (0, 0.0)
    assert torch.equal(before, weights(run))


def test_everything_that_moves_is_taken_up(tmp_path):
    training, said = interrupted(tmp_path, step=6, average=0.9)
    run = begin(training)
    logged = take_up(training, run)
    saved = load_checkpoint(tmp_path)
    assert run.step == saved.position.step == 5
    assert run.seconds == saved.position.seconds > 0
    assert run.guard == Guard(**saved.position.guard)
    assert run.guard.seen == 5
    assert run.optimizers.tensors().keys() == saved.tensors["optimizer"].keys()
    assert all(torch.equal(run.average[name], saved.tensors["average"][name]) for name in run.average)
    assert 0 < logged <= (tmp_path / "metrics.jsonl").stat().st_size
    assert said == ["going on from the checkpoint of step 5"]


def test_another_number_of_threads_is_noticed_and_said(tmp_path):
    training, said = interrupted(tmp_path)
    torch.set_num_threads(2)
    take_up(training, begin(training))
    assert [line for line in said if line.startswith("note:")] == [
        "note: the checkpoint was made with 1 threads, now there are 2: sums round differently, so the run will "
        "not repeat to the bit"
    ]


def test_another_version_of_torch_is_noticed_and_said(tmp_path, monkeypatch):
    training, said = interrupted(tmp_path)
    now = versions()
    monkeypatch.setattr(start, "versions", lambda: now | {"torch": "9.9"})
    take_up(training, begin(training))
    (note,) = [line for line in said if line.startswith("note:")]
    assert f"torch {now['torch']}, this is 9.9" in note


def test_going_back_without_a_checkpoint_is_beginning_anew(tmp_path):
    training = tiny_training(tmp_path, average=0.9)
    run, fresh = begin(training), begin(training)
    run.steps = 12
    for _ in range(3):
        update(run)
    assert go_back(training, run) == 0
    assert run.step == 0
    assert run.guard == Guard()
    assert run.optimizers.tensors() == {}
    assert torch.equal(weights(run), weights(fresh))
    assert all(torch.equal(run.average[name], fresh.average[name]) for name in run.average)


def test_going_back_to_a_checkpoint_forgets_what_came_after(tmp_path):
    training, _ = interrupted(tmp_path, step=6, average=0.9)
    run, expected = begin(training), begin(training)
    run.steps = expected.steps = 12
    take_up(training, expected)
    logged = take_up(training, run)
    for _ in range(3):
        update(run)
    assert go_back(training, run) == logged
    assert run.step == 5
    assert torch.equal(weights(run), weights(expected))
    assert [update(run) for _ in range(3)] == [update(expected) for _ in range(3)]
    assert torch.equal(weights(run), weights(expected))


def test_a_warm_start_is_made_where_there_is_no_checkpoint_and_again_on_the_way_back(tmp_path):
    def half(model) -> None:
        for weight in model.parameters():
            weight.data.fill_(0.5)

    training = replace(tiny_training(tmp_path, average=0.5), warm_start=half)
    run = begin(training)
    assert take_up(training, run) == 0
    assert bool((weights(run) == 0.5).all())
    assert all(bool((average == 0.5).all()) for average in run.average.values())
    update(run)
    assert not bool((weights(run) == 0.5).all())
    go_back(training, run)
    assert bool((weights(run) == 0.5).all())
    assert all(bool((average == 0.5).all()) for average in run.average.values())


def test_a_run_that_goes_on_is_not_started_warm_again(tmp_path):
    training, _ = interrupted(tmp_path)

    def refuse(model) -> None:
        raise AssertionError("the checkpoint has the weights")

    training = replace(training, warm_start=refuse)
    run = begin(training)
    assert take_up(training, run) > 0


@pytest.mark.parametrize("step", [1, 4, 7, 9, 11])
def test_a_run_whose_layers_thaw_goes_on_to_the_bit(tmp_path, step):
    dials = {"unfreeze": 0.8, "layer_decay": 0.6, "average": 0.9}
    train(tiny_training(tmp_path / "whole", **dials))
    training, _ = interrupted(tmp_path / "split", step=step, **dials)
    train(training)
    assert weights_of(tmp_path / "split") == weights_of(tmp_path / "whole")
    assert events_of(tmp_path / "split") == events_of(tmp_path / "whole")
