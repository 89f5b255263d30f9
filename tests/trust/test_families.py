"""What training promises for every family of models and every objective: a run that was split is the unbroken run
(R2), the same recipe is the same weights (R8), accumulation is exact (R9) and the curve does not drift (R11).

Run as a script, this file trains, kills and looks, in forks of one process that has loaded PyTorch; with `golden` it
prints the losses that stand below.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))

from broken_runs import ENDS, differences, forked, order_of, train_noting
from tiny_families import FAMILIES, family_training
from tiny_runs import events_of

from groundup.objectives import example as example_module
from groundup.objectives.example import UNSCORED, Example
from groundup.training.duration import Duration
from groundup.training.run import examples_of, gradients, update
from groundup.training.start import begin
from groundup.training.trainer import train

# An RNN, an encoder with two terms and R-Drop, and an encoder-decoder; for a decoder see test_training.py.
SPLIT = ("rnn", "pairs", "spans")
STEPS, ACCUMULATE = 7, 3
PASSES = STEPS * ACCUMULATE
# 36 windows are read, three at a time, in 12 passes, which is after four updates.
BOUNDARY = 12
# In the encoder-decoder's text a pass lies in two epochs.
TOKENS = {"spans": 34 * 16 + 5}


def splits(name: str) -> list[tuple[int, str]]:
    """The forward passes in which a run is killed, or stopped by a signal: 20 out of 21."""
    chance = random.Random(name)
    others = chance.sample([at for at in range(PASSES) if at != BOUNDARY], 19)
    return [(at, ("kill", "stop")[index % 2]) for index, at in enumerate([BOUNDARY, *others])]


def resumable(draft: Path, name: str):
    return family_training(
        draft,
        name,
        is_noisy=True,
        tokens=TOKENS.get(name, 36 * 16),
        budget=Duration(STEPS, "steps"),
        accumulate=ACCUMULATE,
        average=0.9,
        validations=2,
        sample_tokens=2,
        checkpoint_every=Duration(3, "steps"),
    )


def split_at_random(folder: Path) -> dict[str, list[str]]:
    """By family, what differs from an unbroken run when it goes on in another process; one of each is left split."""
    wrong: dict[str, list[str]] = {name: [] for name in FAMILIES}
    for name, found in wrong.items():
        if forked(lambda n=name: train_noting(resumable(folder / n, n))):
            found.append("did not train")
        # Behind the first checkpoint, so that there is something to go on from.
        at = random.Random(name).randrange(4 * ACCUMULATE, PASSES)
        if forked(lambda n=name, a=at: train_noting(resumable(folder / f"{n}-left", n), a)) != ENDS["kill"]:
            found.append("was not killed")
    for name in SPLIT:
        for at, kind in splits(name):
            draft = folder / f"{name}-{at}-{kind}"
            died = forked(lambda d=draft, n=name, a=at, k=kind: train_noting(resumable(d, n), a, k))
            ended = forked(lambda d=draft, n=name: train_noting(resumable(d, n)))
            if (died, ended) != (ENDS[kind], 0):
                wrong[name].append(f"{draft.name}: left with {died}, then {ended}")
            else:
                wrong[name] += differences(draft, folder / name)
    return wrong


def go_on(folder: Path) -> dict[str, int]:
    """Finish what was left split, and train every family anew; the exit statuses added up."""
    return {
        name: sum(
            forked(lambda d=folder / f"{name}{end}", n=name: train_noting(resumable(d, n)))
            for end in ("-left", "-anew")
        )
        for name in FAMILIES
    }


def in_worker(training: str, folder: Path, hash_seed: int) -> Any:
    """What this file, run as a script, finds."""
    done = subprocess.run(
        [sys.executable, __file__, training, str(folder)],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": str(hash_seed)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> tuple[Path, dict[str, list[str]], dict[str, int]]:
    """All runs, and what two interpreters found of them."""
    folder = tmp_path_factory.mktemp("families")
    return folder, in_worker("splits", folder, 0), in_worker("go on", folder, 1)


# R2


@pytest.mark.slow
@pytest.mark.parametrize("name", SPLIT)
def test_resume_is_exact_wherever_a_run_was_split(runs, name):
    folder, wrong, _ = runs
    assert wrong[name] == []
    points = {at for at, _ in splits(name)}
    assert len(points) == 20
    assert {at % ACCUMULATE for at in points} == {0, 1, 2}
    assert len(order_of(folder / name)) == STEPS
    assert resumable(folder / name, name).material.train.tokens.size < PASSES * 3 * 16
    kinds = [event["event"] for event in events_of(folder / name)]
    assert [kinds.count(kind) for kind in ("train", "validation")] == [STEPS, 2]


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_a_run_goes_on_exactly_in_another_interpreter(runs, name):
    folder, wrong, ended = runs
    assert wrong[name] == []
    assert ended[name] == 0
    assert differences(folder / f"{name}-left", folder / name) == []


# R8


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_training_twice_gives_identical_weights(runs, name):
    folder, _, ended = runs
    assert ended[name] == 0
    assert differences(folder / f"{name}-anew", folder / name) == []


@pytest.mark.parametrize("name", FAMILIES)
def test_what_is_dropped_is_dropped(tmp_path, name):
    """Else nothing above would be shown of the draws."""
    quiet, noisy = (begin(family_training(tmp_path, name, is_noisy=is_noisy)) for is_noisy in (False, True))
    for run in (quiet, noisy):
        run.steps = 20
        for _ in range(3):
            update(run)
    examples = examples_of(quiet, 3)
    quiet.model.load_state_dict(noisy.model.state_dict())
    assert gradients(quiet, examples, 3)[0] != pytest.approx(gradients(noisy, examples, 3)[0], rel=1e-6)


# R9


def cut(value: Any, rows: slice) -> Any:
    """Some rows of an example."""
    if isinstance(value, torch.Tensor):
        return value[rows]
    if isinstance(value, dict):
        return {name: cut(part, rows) for name, part in value.items()}
    if is_dataclass(value):
        return replace(value, **{field.name: cut(getattr(value, field.name), rows) for field in fields(value)})
    return value


def uneven(example: Example) -> Example:
    """Row by row more that counts: nothing at all in the first."""
    targets, labels = example.targets.clone(), {name: wanted.clone() for name, wanted in example.labels.items()}
    judged = None if example.judged is None else example.judged.clone()
    for row in range(len(targets)):
        scored = (targets[row] != UNSCORED).nonzero()[:, 0]
        targets[row, scored[len(scored) * row // 8 :]] = UNSCORED
        if judged is not None:
            judged[row, 2 * row :] = False
    for wanted in labels.values():
        wanted[:3] = UNSCORED
    return replace(example, targets=targets, labels=labels, judged=judged)


@pytest.mark.parametrize("name", FAMILIES)
def test_gradients_and_losses_agree_however_a_batch_is_cut(tmp_path, monkeypatch, name):
    # A generator's draws belong to the pass; here the likeliest token is taken, which belongs to the row.
    monkeypatch.setattr(example_module, "_drawn", lambda model, logits, inputs: logits.argmax(-1))
    run = begin(family_training(tmp_path, name, batch=8))
    run.steps = 20
    for _ in range(3):
        assert update(run).fault == ""
    (whole,) = examples_of(run, 5)
    whole = uneven(whole)
    assert len(whole.counts) == (2 if name in ("pairs", "detection") else 1)
    # What a gradient is measured in: a term that counts for 50 has gradients 50 times as long.
    unit = max(1.0, *whole.weights.values()) if whole.weights else 1.0
    found = []
    for rows in (8, 4, 1):
        mean, means = gradients(run, [cut(whole, slice(at, at + rows)) for at in range(0, 8, rows)], 5)
        found.append((mean, means, {name: weight.grad for name, weight in run.model.named_parameters()}))
        run.optimizers.forget_gradients()
    mean, means, grads = found[0]
    assert set(means) == set(whole.counts)
    for other_mean, other_means, others in found[1:]:
        assert other_mean == pytest.approx(mean, rel=1e-6)
        assert other_means == pytest.approx(means, rel=1e-6)
        for key, grad in grads.items():
            torch.testing.assert_close(others[key] / unit, grad / unit, rtol=0, atol=1e-6)
    # A mean of the means of rows is another number: the rows are not alike.
    rows = [gradients(run, [cut(whole, slice(at, at + 1))], 5)[0] for at in range(8)]
    run.optimizers.forget_gradients()
    assert sum(rows) / 8 != pytest.approx(mean, rel=1e-3)


# R11

# Made by: PYTHONPATH=src python tests/trust/test_families.py golden FOLDER
# fmt: off
GOLDEN: dict[str, list[float]] = {
    "decoder": [
        3.178054, 3.164215, 3.133738, 3.110358, 3.078446, 3.025210, 3.028842, 2.942665, 2.927955, 2.883896,
        2.844146, 2.815513, 2.767493, 2.706726, 2.665336, 2.661119, 2.601432, 2.584483, 2.633255, 2.608007,
    ],
    "rnn": [
        3.178054, 3.164215, 3.133765, 3.110970, 3.079265, 3.026797, 3.029780, 2.946765, 2.933628, 2.889436,
        2.851893, 2.823222, 2.774143, 2.713427, 2.673050, 2.669930, 2.614300, 2.594604, 2.644391, 2.611087,
    ],
    "gru": [
        3.178054, 3.164215, 3.133690, 3.109870, 3.078782, 3.024951, 3.025931, 2.942141, 2.928825, 2.880566,
        2.842768, 2.813745, 2.766184, 2.711632, 2.674369, 2.662456, 2.603222, 2.587644, 2.642232, 2.609098,
    ],
    "mixture": [
        3.178054, 3.164215, 3.133581, 3.108114, 3.076207, 3.021093, 3.021497, 2.934091, 2.918742, 2.867798,
        2.826495, 2.796422, 2.733624, 2.693842, 2.655882, 2.641058, 2.572440, 2.556491, 2.615404, 2.568360,
    ],
    "masked": [
        3.178054, 3.165075, 3.152637, 3.116486, 3.146150, 3.132761, 3.027993, 3.066179, 3.016664, 3.056545,
        3.060123, 3.193601, 2.948970, 3.008203, 3.052531, 2.874210, 2.895765, 3.065976, 2.785199, 3.165696,
    ],
    "pairs": [
        3.871201, 3.836650, 3.833437, 3.728392, 3.881818, 3.666348, 3.693774, 3.663817, 3.696972, 3.813188,
        3.617067, 4.042883, 3.277188, 3.471987, 3.431335, 3.480830, 3.388419, 3.456397, 3.379141, 3.506217,
    ],
    "masked rnn": [
        3.178054, 3.165075, 3.152612, 3.116429, 3.145744, 3.133339, 3.026938, 3.065784, 3.006212, 3.058469,
        3.059801, 3.193039, 2.953875, 3.016611, 3.054120, 2.871772, 2.896984, 3.067377, 2.785210, 3.167854,
    ],
    "hybrid": [
        3.178054, 3.178787, 3.147906, 3.178350, 3.104448, 3.106948, 3.091983, 3.070227, 3.097890, 3.064327,
        3.015101, 3.054159, 3.059030, 3.056463, 2.879855, 2.953780, 2.922433, 2.937404, 2.977075, 2.932584,
    ],
    "prefix": [
        3.178054, 3.171777, 3.149941, 3.106553, 3.076859, 3.045746, 3.076161, 2.962264, 2.971133, 2.921352,
        2.891484, 2.815333, 2.797608, 2.737910, 2.737904, 2.775935, 2.663949, 2.695880, 2.676329, 2.676068,
    ],
    "detection": [
        37.835419, 37.568751, 36.876054, 36.737066, 36.851929, 34.573587, 33.999953, 33.158298, 34.642464, 32.085616,
        32.248679, 30.098143, 28.388851, 29.074261, 25.092992, 29.479217, 27.782967, 24.936525, 20.692993, 25.618890,
    ],
    "spans": [
        3.178054, 3.167602, 3.132047, 3.115936, 3.070905, 3.036015, 3.013230, 2.965876, 2.974695, 2.966192,
        2.896490, 2.917312, 2.753468, 2.867857, 2.838432, 2.734433, 2.835682, 2.764370, 2.677115, 2.686233,
    ],
    "sequence rnn": [
        3.178054, 3.175889, 3.164688, 3.152227, 3.120682, 3.121948, 3.162213, 3.092820, 3.090272, 3.070563,
        3.085296, 3.115592, 3.051991, 3.082278, 3.050769, 3.071218, 3.011948, 3.062811, 3.071143, 3.088903,
    ],
    "sentences": [
        3.178054, 3.174327, 3.148656, 3.122609, 3.098353, 3.060412, 3.130465, 3.009499, 3.051662, 2.969381,
        2.913272, 3.066113, 2.943323, 2.826373, 3.016309, 2.872455, 2.783040, 2.852546, 2.929617, 2.822500,
    ],
}
# fmt: on


def curve(draft: Path, name: str) -> list[float]:
    """Every size and rate is said outright, so a change here is a change of the arithmetic."""
    train(family_training(draft, name, budget=Duration(20, "steps"), validations=0))
    return [event.get("weighted", event["loss"]) for event in events_of(draft) if event["event"] == "train"]


@pytest.mark.parametrize("name", FAMILIES)
def test_the_curve_does_not_drift(tmp_path, name):
    assert curve(tmp_path, name) == pytest.approx(GOLDEN[name], rel=1e-4)


def print_golden(folder: Path) -> None:
    for name in FAMILIES:
        losses = [f"{loss:.6f}" for loss in curve(folder / name, name)]
        print(f'    "{name}": [\n        {", ".join(losses[:10])},\n        {", ".join(losses[10:])},\n    ],')


if __name__ == "__main__":
    # Most of the time would go into waiting for the disk; a kill, unlike a power cut, takes nothing from the kernel.
    os.fsync = lambda number: None
    torch.set_num_threads(1)
    training, folder = sys.argv[1], Path(sys.argv[2])
    if training == "golden":
        print_golden(folder)
    else:
        # What PyTorch loads at the first update is then there for all forks.
        update(begin(family_training(folder, "decoder")))
        tasks: dict[str, Callable[[Path], object]] = {"splits": split_at_random, "go on": go_on}
        print(json.dumps(tasks[training](folder)))
