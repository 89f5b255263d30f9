"""The benchmarks start, and their arithmetic is right. Nothing is timed here."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
SCRIPTS = sorted(path for path in FOLDER.glob("*.py") if path.name != "timing.py")

durations = st.floats(1e-6, 1e6)


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by its name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


timing = load("timing")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_help_comes_without_peers_and_without_our_package(script: Path) -> None:
    # -S leaves installed packages out: what a script needs of them it imports when it measures.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    shown = subprocess.run(
        [sys.executable, "-S", script, "--help"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("usage:")


def test_every_script_is_in_the_readme() -> None:
    text = (FOLDER / "README.md").read_text("utf-8")
    assert [path.name for path in SCRIPTS if path.name not in text] == []


def test_a_missing_peer_is_named_with_the_extra_that_brings_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        timing.peer("a_peer_that_nobody_has")
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert "a_peer_that_nobody_has" in message
    assert ".[bench]" in message


@settings(deadline=None)
@given(st.lists(durations, min_size=1))
def test_a_result_is_its_median(seconds: list[float]) -> None:
    result = timing.Result("us", tuple(seconds))
    assert min(seconds) <= result.median <= max(seconds)
    assert result.rate == pytest.approx(1 / result.median)
    assert result.spread == pytest.approx((max(seconds) - min(seconds)) / result.median)


@settings(deadline=None)
@given(st.lists(durations, min_size=1), st.floats(1e-3, 1e3))
def test_a_ratio_does_not_see_how_busy_the_machine_was(seconds: list[float], ratio: float) -> None:
    """Whatever a round was like, a contender that took `ratio` times as long in each is so many times slower."""
    us = timing.Result("us", tuple(seconds))
    them = timing.Result("them", tuple(ratio * each for each in seconds))
    assert us.times_as_fast_as(them) == pytest.approx(ratio)
    assert them.times_as_fast_as(us) == pytest.approx(1 / ratio)


def test_the_table_gives_rates_or_seconds_and_ratios_to_the_baseline() -> None:
    us, them = timing.Result("us", (0.01, 0.02, 0.04)), timing.Result("them", (0.02, 0.04, 0.08))
    rates = timing.table([us, them], "tokens/s", "them")
    assert [row["tokens/s"] for row in rates] == [50, 25]
    assert [row["times as fast as them"] for row in rates] == [2, 1]
    assert [row["s"] for row in timing.table([us, them], "s", "them", is_rate=False)] == [0.02, 0.04]


def test_contenders_take_turns_there_and_back() -> None:
    order: list[str] = []

    def contender(name: str) -> float:
        order.append(name)
        return 2.0

    contenders = {name: lambda name=name: contender(name) for name in "abc"}
    results = timing.alternate(contenders, rounds=3, seconds=0, warm_ups=1)
    assert "".join(order) == "abc" + "abc" + "cba" + "abc"
    assert [(result.name, len(result.seconds)) for result in results] == [("a", 3), ("b", 3), ("c", 3)]


def test_work_is_counted_in_its_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four calls of half a second, five units each, fill two seconds: a tenth of a second a unit."""
    clock = iter([0.0, 0.5, 1.0, 1.5, 2.0])
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(clock))
    (result,) = timing.alternate({"us": lambda: 5.0}, rounds=1, seconds=2.0, warm_ups=0)
    assert result.seconds == (0.1,)


@pytest.mark.parametrize(("value", "shown"), [(1234.56, 1230), (0.0123456, 0.0123), (9.999, 10)])
def test_three_figures_are_shown(value: float, shown: float) -> None:
    assert timing.rounded(value) == shown


def test_the_peers_learning_rate_rises_and_falls_as_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("timing", "training_speed"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    rate = load("small_gpt2").rate
    rates = [rate(step, 2000) for step in range(2001)]
    assert max(rates) == rates[100] == pytest.approx(1e-3)
    assert rates[2000] == pytest.approx(1e-4)
    assert rates[:101] == sorted(rates[:101])
    assert rates[100:] == sorted(rates[100:], reverse=True)


def test_the_same_seed_makes_the_same_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, "timing", raising=False)
    made = load("made_pages")
    assert sum(made.KINDS.values()) == pytest.approx(1)
    contents = []
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        assert made.make_archives(tmp_path / name, 1.0, seed) >= 8
        contents.append([file.read_bytes() for file in sorted((tmp_path / name).iterdir())])
    assert len(contents[0]) == 8
    assert contents[0] == contents[1] != contents[2]


def test_documents_that_nobody_speaks_of_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("timing", "made_pages"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    script = load("corpus_throughput")
    archives = script.Archives("pages", (), 20, 2.0)
    row = script.account(archives, script.Contender("them", 1), script.Outcome(10, 4, 2, 1))
    assert (row["lost in reading"], row["lost in extraction"], row["lost elsewhere"]) == (2, 1, 3)
    contenders = [script.Contender(side, workers) for workers in (1, 2) for side in ("datatrove", "groundup")]
    results = [timing.Result(one.name, (seconds,)) for one, seconds in zip(contenders, (8, 4, 4, 1), strict=True)]
    rows = script.speeds(archives, contenders, results)
    assert [row["times as fast as datatrove"] for row in rows] == [1, 2, 1, 4]
    assert [row["times as fast as with 1"] for row in rows] == [1, 1, 2, 4]
    assert [row["s"] for row in rows] == [160, 80, 80, 20]
