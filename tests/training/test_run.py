"""An update is a pure function of state, seed and step, and does not depend on how a batch is cut (R9)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_families import family_training
from tiny_runs import MODEL, SETTINGS, tiny_training

from groundup.objectives.example import UNSCORED
from groundup.training import run as run_module
from groundup.training.average import begin_average
from groundup.training.levels import levels_of
from groundup.training.run import clip, examples_of, gradients, update
from groundup.training.schedule import thawed
from groundup.training.start import begin

CUTS = [(8, 1), (4, 2), (1, 8)]


def weights(run) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in run.model.named_parameters()}


def same(left, right) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def trained(folder, steps: int = 3, **settings):
    """A run a few steps old, so that no gradient is zero for the zeros that a model begins with."""
    run = begin(tiny_training(folder, **settings))
    run.steps = 20
    for _ in range(steps):
        assert update(run).fault == ""
    return run


@pytest.mark.parametrize("tokens", [54 * 16, 55 * 16 - 3])
def test_a_step_reads_the_same_rows_however_they_are_cut(tmp_path, tokens):
    runs = [begin(tiny_training(tmp_path, batch=rows, accumulate=passes, tokens=tokens)) for rows, passes in CUTS]
    for step in range(20):
        examples = [examples_of(run, step) for run in runs]
        assert [len(cut) for cut in examples] == [passes for _, passes in CUTS]
        inputs = [torch.cat([example.inputs for example in cut]) for cut in examples]
        targets = [torch.cat([example.targets for example in cut]) for cut in examples]
        assert all(torch.equal(inputs[0], other) for other in inputs)
        assert all(torch.equal(targets[0], other) for other in targets)


@pytest.mark.parametrize("rows_without", [0, 3])
def test_gradients_and_loss_agree_however_a_batch_with_unequal_counts_is_cut(tmp_path, rows_without):
    """Were losses averaged over passes, a pass with few scored tokens would weigh too much."""
    run = trained(tmp_path, batch=8)
    (whole,) = examples_of(run, 5)
    targets = whole.targets.clone()
    for row in range(8):
        targets[row, : 16 if row < rows_without else row * 2] = UNSCORED
    whole = replace(whole, targets=targets)

    def cut(rows: int):
        return [
            replace(whole, inputs=inputs, targets=targets, documents=documents)
            for inputs, targets, documents in zip(
                whole.inputs.split(rows), whole.targets.split(rows), whole.documents.split(rows), strict=True
            )
        ]

    found = []
    for rows, _ in CUTS:
        mean, _ = gradients(run, cut(rows), 5)
        found.append((mean, {name: weight.grad for name, weight in run.model.named_parameters()}))
        run.optimizers.forget_gradients()
    for mean, grads in found[1:]:
        assert mean == pytest.approx(found[0][0], rel=1e-6)
        for name, grad in grads.items():
            torch.testing.assert_close(grad, found[0][1][name], rtol=0, atol=1e-6)
            assert grad.abs().max() > 1e-5, name


def test_runs_log_the_same_losses_however_their_batches_are_cut(tmp_path):
    logged = []
    for rows, passes in CUTS:
        run = begin(tiny_training(tmp_path, batch=rows, accumulate=passes, optimizer="adamw"))
        run.steps = 10
        logged.append([update(run).loss for _ in range(10)])
    for losses in logged[1:]:
        assert losses == pytest.approx(logged[0], rel=1e-5)


def test_an_update_does_not_care_what_random_numbers_were_drawn_before(tmp_path):
    model = replace(MODEL, dropout=0.3)
    left, right = (begin(tiny_training(tmp_path, model=model, accumulate=2)) for _ in range(2))
    for seed in range(3):
        torch.manual_seed(seed)
        one = update(left)
        torch.manual_seed(99 + seed)
        np.random.seed(seed)
        assert update(right) == one
    assert same(weights(left), weights(right))


def test_dropout_differs_from_step_to_step_from_pass_to_pass_and_from_seed_to_seed(tmp_path, monkeypatch):
    seeds = []
    monkeypatch.setattr(torch, "manual_seed", seeds.append)
    for seed in (1, 2):
        run = begin(tiny_training(tmp_path, model=replace(MODEL, dropout=0.1), accumulate=3, seed=seed))
        for _ in range(4):
            update(run)
    assert len(set(seeds)) == len(seeds) == 24


@pytest.mark.parametrize("bad", [math.nan, math.inf, 1000.0])
def test_a_bad_number_leaves_weights_state_and_average_as_they_were(tmp_path, monkeypatch, bad):
    run = trained(tmp_path, steps=21, average=0.9, checkpoint_every=SETTINGS["checkpoint_every"])
    before, state = weights(run), {name: value.clone() for name, value in run.optimizers.tensors().items()}
    average, guard = {name: value.clone() for name, value in run.average.items()}, replace(run.guard)
    honest = run_module.terms
    monkeypatch.setattr(
        run_module,
        "terms",
        lambda model, example: [replace(term, total=term.total * bad) for term in honest(model, example)],
    )
    done = update(run)
    assert done.fault
    assert run.step == 22
    assert same(before, weights(run))
    assert same(state, run.optimizers.tensors())
    assert same(average, run.average)
    assert run.guard == guard
    assert all(weight.grad is None for weight in run.model.parameters())


def test_a_batch_to_leave_out_costs_its_step_and_changes_nothing(tmp_path):
    run = trained(tmp_path)
    run.skipped = (3,)
    before = weights(run)
    assert update(run).fault
    assert run.step == 4
    assert same(before, weights(run))
    assert update(run).fault == ""
    assert not same(before, weights(run))


@pytest.mark.parametrize("longest", [0.0, 0.01, 1e9])
def test_a_gradient_is_shortened_to_the_longest_allowed_and_its_length_told(tmp_path, longest):
    run = trained(tmp_path)
    gradients(run, examples_of(run, 3), 3)
    before = torch.cat([weight.grad.flatten() for weight in run.model.parameters()])
    assert clip(run.model, longest) == pytest.approx(float(before.norm()), rel=1e-5)
    after = torch.cat([weight.grad.flatten() for weight in run.model.parameters()])
    expected = before * min(1.0, longest / float(before.norm())) if longest else before
    torch.testing.assert_close(after, expected)


THAWING = {"unfreeze": 0.5, "weight_decay": 0.5, "average": 0.9}


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
@pytest.mark.parametrize("name", ["decoder", "spans", "pairs", "sequence rnn"])
def test_what_has_not_thawed_is_left_alone_and_what_has_learns(tmp_path, name, optimizer):
    run = begin(family_training(tmp_path, name, optimizer=optimizer, **THAWING))
    # Not zero as at first, or nothing would flow back to what has thawed.
    draws = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in run.model.parameters():
            weight.normal_(std=weight.shape[-1] ** -0.5, generator=draws)
    run.steps, run.average = 20, begin_average(run.model, 0.9)
    levels, made = levels_of(run.model), run.optimizers
    order = sorted(set(levels.values()))
    for step in range(13):
        count = thawed(run.settings, step, run.steps, len(order))
        may_learn = {key for key, level in levels.items() if level in order[:count]}
        before, state, average = weights(run), made.tensors(), {key: it.clone() for key, it in run.average.items()}
        assert {key.rsplit("/", 1)[0] for key in state} <= may_learn
        assert update(run).fault == ""
        changed = {key for key, weight in weights(run).items() if not torch.equal(weight, before[key])}
        assert changed == may_learn
        assert {key for key, it in run.average.items() if not torch.equal(it, average[key])} <= may_learn
    assert count == len(order)


def test_what_has_thawed_has_the_gradients_that_it_would_have_if_all_had(tmp_path):
    run = trained(tmp_path)
    examples = examples_of(run, 5)
    whole_mean, _ = gradients(run, examples, 5)
    whole = {name: weight.grad for name, weight in run.model.named_parameters()}
    for levels in range(1, len(run.optimizers.levels)):
        run.optimizers.forget_gradients()
        learning = run.optimizers.learning(levels)
        mean, _ = gradients(run, examples, 5, learning)
        assert mean == whole_mean
        found = {name: weight.grad for name, weight in run.model.named_parameters() if weight.grad is not None}
        assert set(found) == {run.optimizers.names[parameter] for parameter in learning}
        assert all(torch.equal(grad, whole[name]) for name, grad in found.items())


def test_the_backward_pass_ends_at_the_lowest_level_that_learns(tmp_path):
    run = trained(tmp_path)
    layers, reached = list(run.model.layers), []
    for place, layer in enumerate(layers):
        layer.register_forward_hook(
            lambda layer, given, made, place=place: made[0].register_hook(lambda grad: reached.append(place)) and None
        )
    for levels in range(1, len(run.optimizers.levels) + 1):
        reached.clear()
        gradients(run, examples_of(run, 3), 3, run.optimizers.learning(levels))
        # A level of heads, one a layer, and one of embeddings.
        assert sorted(reached) == list(range(len(layers)))[max(0, len(layers) - levels + 1) :]


def test_what_a_labelled_objective_never_asks_is_no_obstacle(tmp_path):
    """An output layer of words learns with the heads and gets no gradient where only labels are asked."""
    run = begin(family_training(tmp_path, "pairs", unfreeze=1.0))
    examples = [replace(example, targets=example.targets.fill_(UNSCORED)) for example in examples_of(run, 0)]
    gradients(run, examples, 0, run.optimizers.learning(1))
    named = {name for name, weight in run.model.named_parameters() if weight.grad is not None}
    assert named
    assert all(name.startswith("heads.") for name in named)
