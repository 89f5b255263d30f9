"""What training promises: nothing is lost to kills, signals, full disks and damage (R1 to R5), no bad number is
learned from (R6), and the same recipe is the same model (R2, R8, R9, R11).

Processes that are to die are forks of one process that has loaded PyTorch: run as a script, this file is that
process. It kills, mends and looks, and prints what it found.
"""

from __future__ import annotations

import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))

from broken_runs import ENDS, differences, forked, train_noting
from tiny_runs import MODEL, events_of, tiny_training, weights_of

from groundup.cli import main as command_line
from groundup.errors import DamagedError, NoRoomError
from groundup.model.files import load_model
from groundup.objectives.losses import Term
from groundup.reports.log import read_log
from groundup.training import run as run_module
from groundup.training import trainer
from groundup.training.checkpoint import FOLDER, Position, load_checkpoint, save_checkpoint
from groundup.training.duration import Duration
from groundup.training.guard import MOST_IN_A_ROW, BadNumberError
from groundup.training.run import update
from groundup.training.signals import StoppedError
from groundup.training.start import begin
from groundup.training.trainer import train

KILLS = 200
SIZES = [8, 16, 32, 48, 64, 80, 96, 112, 128, 144]  # KiB; the run takes about 180
STEPS = 24

# Two runs, each with dropout. In the first an epoch is 9 updates to the row; in the second it ends inside a pass.
RUNS: dict[str, dict[str, Any]] = {
    "two": {"accumulate": 2, "optimizer": "muon"},
    "three": {"accumulate": 3, "optimizer": "adamw", "average": 0.9, "tokens": 55 * 16 - 3},
}
PASSES = {"two": 2 * STEPS, "three": 3 * STEPS}
# The forward pass in which a run is killed, or stopped by a signal, and whether in an interpreter of its own.
CHANCE = random.Random(2)
SPLITS = (
    [("two", at, "kill") for at in (18, 36, 37)]
    + [("two", at, kind) for kind in ("kill", "stop") for at in CHANCE.sample(range(PASSES["two"]), 3)]
    + [("three", at, kind) for kind in ("kill", "stop") for at in CHANCE.sample(range(PASSES["three"]), 4)]
)
FRESH = [("two", 21, "kill"), ("three", 40, "kill"), ("three", 64, "kill")]


def resumable(draft: Path, name: str):
    return tiny_training(
        draft,
        model=replace(MODEL, dropout=0.2),
        budget=Duration(STEPS, "steps"),
        checkpoint_every=Duration(5, "steps"),
        **RUNS[name],
    )


def train_named(draft: Path, name: str, dying_in: int | None = None, kind: str = "kill") -> None:
    """One of `RUNS`, to its end or to the forward pass in which it dies."""
    train_noting(resumable(draft, name), dying_in, kind)


def split_at_random(folder: Path) -> list[str]:
    """Interrupt runs at every one of `SPLITS` and go on in another process; what then differs from unbroken."""
    for name in RUNS:
        assert forked(lambda name=name: train_named(folder / name, name)) == 0
    wrong = []
    for name, at, kind in SPLITS:
        draft = folder / f"{name}-{at}-{kind}"
        died = forked(lambda d=draft, n=name, a=at, k=kind: train_named(d, n, a, k))
        ended = forked(lambda d=draft, n=name: train_named(d, n))
        if (died, ended) != (ENDS[kind], 0):
            wrong.append(f"{draft.name}: left with {died}, then {ended}")
        else:
            wrong += differences(draft, folder / name)
    return wrong


def kill_while_saving(folder: Path) -> dict[str, int]:
    """Kill a process that saves checkpoints one after the other `KILLS` times, and look each time what it left."""
    torch.set_num_threads(1)
    run = begin(tiny_training(folder))
    update(run)
    shapes = {
        "model": {name: weight.detach() for name, weight in run.model.named_parameters()},
        "optimizer": run.optimizers.tensors(),
    }

    def save(step: int) -> None:
        tensors = {
            kind: {name: torch.full_like(tensor, float(step)) for name, tensor in named.items()}
            for kind, named in shapes.items()
        }
        position = Position(step, step, 0.0, {}, (), 0, 1)
        save_checkpoint(folder, position, tensors, fingerprint="f", seed=1)

    began = time.perf_counter()
    save(1)
    each = time.perf_counter() - began
    chance = random.Random(1)
    found = {"unreadable": 0, "lost": 0, "unswept": 0, "mixed": 0, "in_the_middle": 0, "saved": 0}
    newest = 1
    for kill in range(KILLS):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            step = newest
            while True:
                step += 1
                save(step)
                os.write(writing, step.to_bytes(8))
        os.close(writing)
        # Every fourth time it lives to save at least once, however busy the machine is.
        first = b"" if kill % 4 else os.read(reading, 8)
        time.sleep(chance.uniform(0, 2 * each))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        said = max(newest, int.from_bytes((first + os.read(reading, 1 << 16))[-8:]))
        os.close(reading)
        found["in_the_middle"] += any(path.name.startswith(".") for path in (folder / FOLDER).iterdir())
        complaints: list[str] = []
        saved = load_checkpoint(folder, progress=lambda what, done=0, total=None, c=complaints: c.append(what))
        found["unreadable"] += saved is None or bool(complaints)
        if saved is not None:
            step = saved.position.step
            values = {
                float(x) for named in saved.tensors.values() for tensor in named.values() for x in tensor.view(-1)
            }
            found["mixed"] += values != {float(step)}
            found["lost"] += step < said
            found["saved"] += step - newest
            newest = step
        left = [path.name for path in (folder / FOLDER).iterdir()]
        found["unswept"] += sum(name.startswith(".") for name in left) + max(0, len(left) - 3)
    return found


def endless(draft: Path, is_measured: bool, tell: Callable[[], None]):
    """A run of a million steps with a look at the model every ten, or one that first measures for two seconds."""
    given = {"budget": Duration(100, "seconds")} if is_measured else {"budget": Duration(10**6, "steps")}
    return tiny_training(
        draft,
        **given,
        validations=10**5,
        checkpoint_every=Duration(1, "hours"),
        progress=lambda what, done=0, total=None: tell() if is_measured else None,
        hear=lambda event: None if is_measured else tell(),
    )


def signal_at_random(folder: Path) -> list[dict[str, Any]]:
    """Send 20 signals to runs behind the command line, and what each run did."""
    torch.set_num_threads(1)
    chance = random.Random(3)
    found = []
    for number in range(20):
        draft = folder / str(number)
        sent = (signal.SIGTERM, signal.SIGINT)[number % 2]
        is_measured = number % 5 == 4
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(os.open(folder / f"{number}.said", os.O_WRONLY | os.O_CREAT), 2)
            behind_the_command_line(
                lambda d=draft, m=is_measured, w=writing: train(endless(d, m, lambda: os.write(w, b".")))
            )
        os.close(writing)
        assert os.read(reading, 1)
        time.sleep(chance.uniform(0, 0.3))
        began = time.monotonic()
        os.kill(child, sent)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        seconds = time.monotonic() - began
        os.close(reading)
        saved = load_checkpoint(draft)
        found.append(
            {
                "signal": sent.name,
                "is_measured": is_measured,
                "code": code,
                "seconds": seconds,
                "said": (folder / f"{number}.said").read_text(),
                "step": saved and saved.position.step,
                "logged": (draft / "metrics.jsonl").stat().st_size if saved else 0,
                "kept": saved and saved.position.logged,
            }
        )
    return found


def signal_twice(folder: Path) -> dict[str, Any]:
    """Press Ctrl-C twice in the middle of a step that takes half a minute."""

    def slow(model, example):
        os.write(writing, b".")
        time.sleep(30)

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        run_module.terms = slow
        behind_the_command_line(lambda: train(endless(folder / "slow", False, lambda: None)))
    assert os.read(reading, 1)
    os.kill(child, signal.SIGINT)
    time.sleep(0.5)
    is_alive = os.waitpid(child, os.WNOHANG) == (0, 0)
    began = time.monotonic()
    os.kill(child, signal.SIGINT)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {"is_alive": is_alive, "code": code, "seconds": time.monotonic() - began}


def behind_the_command_line(work: Callable[[], object]) -> None:
    """Do `work` as a command of `groundup`, and leave this process as it would."""
    command_line._dispatch = lambda words: work() and 0
    code: Any = 99
    try:
        command_line.main([])
    except SystemExit as leaving:
        code = leaving.code
    finally:
        sys.stderr.flush()
        os._exit(code)


def in_worker(training: str, *words: object, status: int = 0, **environment: str) -> Any:
    """What this file, run as a script, finds; it must end with `status`."""
    done = subprocess.run(
        [sys.executable, __file__, training, *map(str, words)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"} | environment,
        stdout=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == status
    return json.loads(done.stdout) if done.stdout else None


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# R1


def test_200_kills_leave_a_checkpoint_whole_or_absent(tmp_path):
    found = in_worker("kills", tmp_path)
    assert found["unreadable"] == found["lost"] == found["unswept"] == found["mixed"] == 0, found
    # Otherwise the kills came between the savings, and nothing was shown.
    assert found["in_the_middle"] > KILLS / 3, found
    assert found["saved"] >= KILLS / 4, found


# R2


def test_resume_is_exact_wherever_a_run_was_split(tmp_path):
    assert len(SPLITS) + len(FRESH) == 20
    assert in_worker("splits", tmp_path) == []
    for name, at, kind in FRESH:
        draft = tmp_path / f"{name}-{at}-fresh"
        in_worker("train", draft, name, at, kind, status=-signal.SIGKILL)
        in_worker("train", draft, name)
        assert differences(draft, tmp_path / name) == []
    # Both runs read their text more than once, and logged every step, three looks and what they wrote.
    for name in RUNS:
        assert PASSES[name] * 3 * 16 > 2 * resumable(tmp_path / name, name).material.train.tokens.size
        kinds = [event["event"] for event in events_of(tmp_path / name)]
        assert [kinds.count(kind) for kind in ("train", "validation", "sample")] == [STEPS, 3, 2]


# R3


@pytest.fixture(scope="module")
def signalled(tmp_path_factory) -> dict[str, Any]:
    return in_worker("signals", tmp_path_factory.mktemp("signals"))


def test_a_signal_ends_a_run_politely(signalled):
    found = signalled["once"]
    assert len(found) == 20
    for run in found:
        assert run["code"] == {"SIGTERM": 143, "SIGINT": 130}[run["signal"]], run
        assert run["seconds"] < 5, run
        assert run["said"].startswith(f"groundup: Stopped by {run['signal']} "), run
        if run["step"] is None:
            assert run["is_measured"], run
            assert "before the first step" in run["said"]
        else:
            assert f"after step {run['step']:,}; a checkpoint is written." in run["said"]
            assert run["logged"] == run["kept"] > 0
    assert sum(run["step"] is not None for run in found) >= 16


def test_a_second_interrupt_ends_at_once(signalled):
    found = signalled["twice"]
    assert found["is_alive"]
    assert found["code"] == 130
    assert found["seconds"] < 2


# R4


@contextmanager
def tiny_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A file system in memory of the given size, mounted at `folder`."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    try:
        subprocess.run(["mount", *options], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {getattr(error, 'stderr', error)}".strip())
    try:
        yield folder
    finally:
        # Lazily: a test that failed may still hold a file.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> Path:
    """A run of 12 steps with a checkpoint at each, which nothing disturbed."""
    draft = tmp_path_factory.mktemp("unbroken")
    torch.set_num_threads(1)
    train(each_saved(draft))
    return draft


def each_saved(draft: Path, **settings: Any):
    return tiny_training(draft, **({"checkpoint_every": Duration(1, "steps")} | settings))


@pytest.mark.parametrize("kilobytes", SIZES)
def test_a_disk_that_fills_up_loses_nothing(tmp_path, monkeypatch, unbroken, kilobytes):
    # As if others had taken the room after the run began.
    monkeypatch.setattr(trainer, "_check_room", lambda training, run: 123_000)
    with tiny_disk(tmp_path / "disk", kilobytes) as disk:
        draft = disk / "run"
        steps = []
        with pytest.raises(NoRoomError) as caught:
            train(each_saved(draft, hear=lambda event: steps.append(event["step"])))
        assert str(draft) in str(caught.value)
        assert re.search(r": [\d.,]+ MB are needed, [\d.,]+ MB are free", str(caught.value))
        folder = draft / FOLDER
        left = [path.name for path in folder.iterdir()] if folder.exists() else []
        assert not [name for name in left if not re.fullmatch(r"step-\d{8}", name)]
        saved = load_checkpoint(draft, progress=lambda what, *_: pytest.fail(what))
        reached = steps[-1] if steps else 0
        assert reached - 1 <= (saved.position.step if saved else 0) <= reached
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        train(each_saved(draft))
        assert weights_of(draft) == weights_of(unbroken)
        assert events_of(draft) == events_of(unbroken)


def test_a_disk_that_is_too_small_is_refused_before_the_first_step(tmp_path):
    with tiny_disk(tmp_path / "disk", 100) as disk:
        with pytest.raises(NoRoomError, match=r"0\.\d MB are needed, 0\.1 MB are free"):
            train(each_saved(disk / "run", hear=lambda event: pytest.fail("trained")))
        assert list((disk / "run").iterdir()) == []
        subprocess.run(["mount", "-o", "remount,size=1m", str(disk)], check=True)
        assert train(each_saved(disk / "run"))["steps"] == 12


# R5


@pytest.fixture(scope="module")
def stopped(tmp_path_factory) -> Path:
    """The draft of a run that was stopped after step 7, with the checkpoints of steps 6 and 7."""
    draft = tmp_path_factory.mktemp("stopped")
    torch.set_num_threads(1)

    def stop(event):
        if event["step"] == 7:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(StoppedError):
        train(each_saved(draft, hear=stop))
    return draft


def checkpoint(draft: Path, step: int) -> Path:
    return draft / FOLDER / f"step-{step:08d}"


def flip(file: Path, bit: int) -> None:
    broken = bytearray(file.read_bytes())
    broken[bit // 8] ^= 1 << bit % 8
    file.write_bytes(broken)


@pytest.mark.parametrize("way", ["flip", "truncation"])
def test_damage_to_the_newest_checkpoint_is_noticed_and_the_one_before_taken(tmp_path, stopped, way):
    chance = random.Random(way)
    draft = tmp_path / "run"
    shutil.copytree(stopped, draft)
    names = sorted(path.name for path in checkpoint(draft, 7).iterdir())
    assert names == ["manifest.json", "model.safetensors", "optimizer.safetensors", "position.json"]
    for turn in range({"flip": 200, "truncation": 40}[way]):
        file = checkpoint(draft, 7) / names[turn % len(names)]
        size = file.stat().st_size
        if way == "flip":
            flip(file, chance.randrange(8 * size))
        else:
            os.truncate(file, chance.randrange(size))
        said: list[str] = []
        found = load_checkpoint(draft, progress=lambda what, done=0, total=None, s=said: s.append(what))
        assert found.position.step == 6
        assert any(str(file) in line for line in said)
        shutil.copytree(checkpoint(stopped, 7), checkpoint(draft, 7))


def test_training_goes_back_to_the_checkpoint_before_and_ends_as_if_nothing_had_been(tmp_path, stopped, unbroken):
    draft = tmp_path / "run"
    shutil.copytree(stopped, draft)
    flip(checkpoint(draft, 7) / "optimizer.safetensors", 12_345)
    said: list[str] = []
    train(each_saved(draft, progress=lambda what, done=0, total=None: said.append(what)))
    assert "is damaged" in said[0]
    assert "going on from the checkpoint of step 6" in said
    assert weights_of(draft) == weights_of(unbroken)
    assert events_of(draft) == events_of(unbroken)


def test_a_run_whose_checkpoints_are_all_damaged_says_so(tmp_path, stopped):
    draft = tmp_path / "run"
    shutil.copytree(stopped, draft)
    for step in (6, 7):
        flip(checkpoint(draft, step) / "model.safetensors", 999)
    with pytest.raises(DamagedError, match="Every checkpoint") as caught:
        train(each_saved(draft))
    assert str(draft) in str(caught.value)


# R6

LONG = {"budget": Duration(40, "steps"), "checkpoint_every": Duration(4, "steps"), "average": 0.9}
# Late enough for the guard to know what is usual, and not right behind a checkpoint.
BAD = 26


@pytest.fixture(params=["a loss that is no number", "an infinite activation", "a spike"])
def poison(request, monkeypatch) -> Callable[[range], None]:
    """Spoils the batches with the given numbers, whenever they are read."""

    def spoil(batches: range) -> None:
        honest_gradients, honest_terms = run_module.gradients, run_module.terms
        spoiled = False

        def gradients(run, examples, step, *more):
            nonlocal spoiled
            spoiled = step in batches
            return honest_gradients(run, examples, step, *more)

        def terms(model, example):
            if not spoiled:
                return honest_terms(model, example)
            if request.param == "an infinite activation":
                hook = model.decoder.layers[0].register_forward_hook(
                    lambda layer, given, made: (made[0] + torch.tensor(math.inf), made[1])
                )
                found = honest_terms(model, example)
                hook.remove()
                return found
            return times(honest_terms(model, example), math.nan if "no number" in request.param else 1000.0)

        monkeypatch.setattr(run_module, "gradients", gradients)
        monkeypatch.setattr(run_module, "terms", terms)

    return spoil


def times(terms: tuple[Term, ...], factor: float) -> tuple[Term, ...]:
    return tuple(replace(term, total=term.total * factor) for term in terms)


def without_batch(folder: Path, batch: int) -> torch.Tensor:
    """The weights of a run that never saw `batch`."""
    run = begin(tiny_training(folder, **LONG))
    run.steps, run.skipped = 40, (batch,)
    for _ in range(40):
        update(run)
    return torch.cat([value.flatten() for value in run.average.values()])


def kept(draft: Path) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in load_model(draft).parameters()])


def test_by_default_a_bad_number_stops_the_run_before_the_update(tmp_path, poison):
    # Every step is saved, so the last checkpoint shows the weights that the bad batch met.
    each = LONG | {"checkpoint_every": Duration(1, "steps")}
    poison(range(0))
    with pytest.raises(StoppedError):
        train(
            tiny_training(
                tmp_path / "sound",
                **each,
                hear=lambda event: os.kill(os.getpid(), signal.SIGTERM) if event["step"] == BAD else None,
            )
        )
    poison(range(BAD, BAD + 1))
    with pytest.raises(BadNumberError) as caught:
        train(tiny_training(tmp_path / "run", **each))
    assert f"Batch {BAD}: " in str(caught.value)
    assert caught.value.exit_code == 1
    sound, spoiled = load_checkpoint(tmp_path / "sound"), load_checkpoint(tmp_path / "run")
    assert sound.position.step == spoiled.position.step == BAD
    for kind, tensors in sound.tensors.items():
        assert all(torch.equal(tensor, spoiled.tensors[kind][name]) for name, tensor in tensors.items())
    # It is no accident of the moment: the same command stops at the same batch.
    with pytest.raises(BadNumberError, match=f"Batch {BAD}: "):
        train(tiny_training(tmp_path / "run", **each))
    faults = [event for event in events_of(tmp_path / "run") if event["event"] == "bad"]
    assert [event["batch"] for event in faults] == [BAD]


@pytest.mark.parametrize("way", ["skip", "rewind"])
def test_a_bad_batch_can_be_left_out_and_a_resume_is_exact_all_the_same(tmp_path, poison, way):
    poison(range(BAD, BAD + 1))
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    said: list[str] = []
    facts = train(tiny_training(unbroken, **LONG, on_bad_number=way, progress=lambda what, *_: said.append(what)))
    assert facts["skipped"] == [BAD]
    assert any(f"Batch {BAD}: " in line and "left out" in line for line in said)
    assert ("going on from the checkpoint of step 24" in said) == (way == "rewind")
    assert torch.equal(kept(unbroken), without_batch(tmp_path, BAD))
    # Stopped right before the bad batch, right behind it, and long after.
    for stop in (BAD, BAD + 2, BAD + 9):
        with pytest.raises(StoppedError):
            train(
                tiny_training(
                    broken,
                    **LONG,
                    on_bad_number=way,
                    hear=lambda event, s=stop: os.kill(os.getpid(), 15) if event["step"] == s else None,
                )
            )
    assert train(tiny_training(broken, **LONG, on_bad_number=way))["skipped"] == [BAD]
    assert weights_of(broken) == weights_of(unbroken)
    for draft in (unbroken, broken):
        log = read_log((draft / "metrics.jsonl").read_text().splitlines())
        assert [fault.batch for fault in log.faults] == [BAD]
        assert [step.step for step in log.train] == [step for step in range(1, 41) if step != BAD + 1]
        assert log.again == 0
        assert not math.isfinite(log.faults[0].loss) or log.faults[0].loss > 100 or "norm" in log.faults[0].fault


@pytest.mark.parametrize("way", ["skip", "rewind"])
def test_a_run_that_a_bad_batch_stopped_goes_on_without_it(tmp_path, poison, way):
    poison(range(BAD, BAD + 1))
    with pytest.raises(BadNumberError, match="on_bad_number: skip"):
        train(tiny_training(tmp_path / "stopped", **LONG))
    assert train(tiny_training(tmp_path / "stopped", **LONG, on_bad_number=way))["skipped"] == [BAD]
    train(tiny_training(tmp_path / "unbroken", **LONG, on_bad_number=way))
    assert weights_of(tmp_path / "stopped") == weights_of(tmp_path / "unbroken")


@pytest.mark.parametrize("way", ["skip", "rewind"])
def test_batches_that_are_all_bad_are_not_left_out_to_the_end(tmp_path, poison, way):
    poison(range(BAD, 40))
    with pytest.raises(BadNumberError, match="the weights are lost") as caught:
        train(tiny_training(tmp_path, **LONG, on_bad_number=way))
    assert f"Batch {BAD + MOST_IN_A_ROW - 1}: " in str(caught.value)


def test_rewinding_mends_weights_that_went_bad(tmp_path, monkeypatch):
    """As a fault of the machine leaves them: every batch from there on would be bad."""
    honest = run_module.gradients
    is_struck = False

    def gradients(run, examples, step, *more):
        nonlocal is_struck
        if step == BAD and not is_struck:
            is_struck = True
            with torch.no_grad():
                run.model.embedding.weight.fill_(math.nan)
        return honest(run, examples, step, *more)

    monkeypatch.setattr(run_module, "gradients", gradients)
    assert train(tiny_training(tmp_path, **LONG, on_bad_number="rewind"))["skipped"] == [BAD]
    assert torch.equal(kept(tmp_path), without_batch(tmp_path, BAD))


def test_a_number_that_is_none_is_logged_as_such(tmp_path, monkeypatch):
    honest = run_module.terms
    monkeypatch.setattr(run_module, "terms", lambda model, example: times(honest(model, example), math.nan))
    with pytest.raises(BadNumberError, match="Batch 0: the loss is nan"):
        train(tiny_training(tmp_path))
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    (fault,) = read_log(lines).faults
    assert math.isnan(fault.loss)
    assert fault.fault == "the loss is nan"


# R8


def test_the_same_recipe_is_the_same_weights_in_every_process(tmp_path):
    for seed in ("0", "1"):
        in_worker("train", tmp_path / seed, "two", PYTHONHASHSEED=seed)
    assert differences(tmp_path / "0", tmp_path / "1") == []


# R9


def test_a_batch_may_be_cut_into_passes_without_changing_what_is_learned(tmp_path):
    """Exactly in the gradients, which tests/training/test_run.py shows; here in the whole run's log."""
    losses = []
    for rows, passes in ((8, 1), (4, 2), (1, 8)):
        draft = tmp_path / f"{rows}x{passes}"
        train(tiny_training(draft, batch=rows, accumulate=passes, optimizer="adamw"))
        losses.append([event["loss"] for event in events_of(draft) if event["event"] != "sample"])
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    assert losses[2] == pytest.approx(losses[0], rel=1e-5)


# R11

# Since an end token counts with the document behind it (before, with the one it ends); nothing else moved them.
# fmt: off
GOLDEN = {
    "muon": [
        3.178054, 3.163323, 3.140739, 3.124654, 3.071112, 3.049730, 2.995106, 2.979387, 2.941190, 2.870001,
        2.848149, 2.816388, 2.754171, 2.731253, 2.716904, 2.687487, 2.660619, 2.682493, 2.630079, 2.621810,
    ],
    "adamw": [
        3.178054, 3.163323, 3.137461, 3.114322, 3.067258, 3.037927, 2.982361, 2.957610, 2.927850, 2.853722,
        2.835764, 2.786172, 2.732786, 2.688676, 2.674362, 2.660000, 2.614787, 2.624260, 2.575183, 2.562505,
    ],
}
# fmt: on


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_the_curve_does_not_drift(tmp_path, optimizer):
    """Every size and rate is said outright in tiny_runs, so a change here is a change of the arithmetic."""
    model = replace(MODEL, key_value_heads=1, expansion=4.0)
    train(tiny_training(tmp_path, model=model, optimizer=optimizer, budget=Duration(20, "steps"), accumulate=2))
    losses = [event["loss"] for event in events_of(tmp_path) if event["event"] == "train"]
    assert losses == pytest.approx(GOLDEN[optimizer], rel=1e-4)


if __name__ == "__main__":
    # Most of the time would go into waiting for the disk; a kill, unlike a power cut, takes nothing from the kernel.
    os.fsync = lambda number: None
    training, folder, *words = sys.argv[1:]
    tasks: dict[str, Callable[[Path], object]] = {
        "kills": kill_while_saving,
        "splits": split_at_random,
        "signals": lambda folder: {"once": signal_at_random(folder), "twice": signal_twice(folder)},
        "train": lambda draft: train_named(draft, words[0], *map(int, words[1:2]), *words[2:]),
    }
    if training != "train":
        # What PyTorch loads at the first update is then there for all forks.
        update(begin(tiny_training(Path(folder))))
    print(json.dumps(tasks[training](Path(folder))))
