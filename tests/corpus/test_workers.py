"""Whoever does the work, the results are the same and come in order."""

from __future__ import annotations

import importlib.util
import operator
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from groundup.corpus.workers import Engine, in_order
from groundup.errors import GroundupError

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed")
WAYS = [("inline", 1), ("processes", 1), ("processes", 2)]


@pytest.mark.parametrize(("engine", "workers"), WAYS)
def test_results_come_in_the_order_of_the_specs(engine: Engine, workers: int) -> None:
    specs = [3, 1, 2, 5, 4, 9, 0]
    assert list(in_order(operator.neg, specs, workers, engine)) == [-spec for spec in specs]


@pytest.mark.parametrize(("engine", "workers"), WAYS)
def test_only_who_works_here_can_speak_meanwhile(engine: Engine, workers: int) -> None:
    heard: list[int] = []

    def speaking(spec: int) -> int:
        heard.append(spec)
        return -spec

    assert list(in_order(operator.neg, [1, 2], workers, engine, speaking)) == [-1, -2]
    assert heard == ([] if workers > 1 else [1, 2])


@pytest.mark.parametrize(("engine", "workers"), WAYS)
def test_an_error_comes_out_as_it_was(engine: Engine, workers: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order((1).__truediv__, [1, 0, 1], workers, engine))


def refuse(folder: Path, name: str) -> str:
    """Work that leaves a mark, and refuses one name."""
    if name == "b":
        raise GroundupError("b is wrong", "Mend b.")
    time.sleep(0.05)
    (folder / name).touch()
    return name


@pytest.mark.parametrize(("engine", "workers"), WAYS)
def test_the_remedy_survives_the_way_back(engine: Engine, workers: int, tmp_path: Path) -> None:
    with pytest.raises(GroundupError) as caught:
        list(in_order(partial(refuse, tmp_path), [*"abc", *map(str, range(60))], workers, engine))
    assert (caught.value.message, caught.value.remedy) == ("b is wrong", "Mend b.")
    assert len(list(tmp_path.iterdir())) < 62


@needs_ray
def test_a_ray_of_our_own_works_in_order_and_ends_with_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All in one, as it takes seconds to begin: the order, the remedy, and what an error leaves undone."""
    import ray

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    before, after = [f"a{number}" for number in range(9, 0, -1)], [f"c{number}" for number in range(60)]
    results = in_order(partial(refuse, tmp_path), [*before, "b", *after], 2, "ray")
    assert [next(results) for _ in before] == before
    with pytest.raises(GroundupError) as caught:
        next(results)
    assert (caught.value.message, caught.value.remedy) == ("b is wrong", "Mend b.")
    assert len(list(tmp_path.iterdir())) < len(before + after)
    assert not ray.is_initialized()


def end(spec: int) -> int:
    """Work that takes its process with it, as a machine that is out of memory does."""
    if spec == 2:
        os._exit(9)
    return spec


def test_a_worker_that_is_ended_from_outside_is_said() -> None:
    with pytest.raises(GroundupError, match="ended from outside") as caught:
        list(in_order(end, [0, 1, 2, 3], 2))
    assert "--workers" in caught.value.remedy


BUILD = """
import os, sys, time
from pathlib import Path

from groundup.corpus.workers import in_order


def stay(folder):
    (folder / str(os.getpid())).touch()
    time.sleep(600)


if __name__ == "__main__":
    list(in_order(stay, [Path(sys.argv[1])] * 2, 2))
"""


def test_workers_end_with_the_build_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "build.py").write_text(BUILD)
    (tmp_path / "begun").mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, tmp_path / "build.py", tmp_path / "begun"], env=environment) as build:
        wait_for(lambda: len(list((tmp_path / "begun").iterdir())) == 2)
        workers = [Path("/proc") / path.name for path in (tmp_path / "begun").iterdir()]
        assert all(worker.exists() for worker in workers)
        build.kill()
    wait_for(lambda: not any(worker.exists() for worker in workers))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ray_of_threads(is_there: bool = True) -> SimpleNamespace:
    """As much of Ray as is used of it, with threads for its workers."""
    pool, cancelled = ThreadPoolExecutor(8), list[Future[Any]]()

    def wait(running: list[Future[Any]]) -> tuple[list[Future[Any]], list[Future[Any]]]:
        done, _ = futures.wait(running, timeout=60, return_when=futures.FIRST_COMPLETED)
        assert done, "nobody goes on"
        first = next(iter(done))
        return [first], [one for one in running if one is not first]

    def init(**_: object) -> None:
        # As Ray says that one of its processes takes too long.
        raise Exception("there is no such cluster")

    class TaskError(Exception):
        cause = GroundupError("b is wrong", "Mend b.")

    return SimpleNamespace(
        is_initialized=lambda: is_there,
        init=init,
        shutdown=lambda: None,
        remote=lambda **_: lambda work: SimpleNamespace(remote=partial(pool.submit, work)),
        wait=wait,
        get=Future.result,
        cancel=cancelled.append,
        cancelled=cancelled,
        exceptions=SimpleNamespace(RayTaskError=TaskError, RayError=OSError),
    )


def test_whoever_takes_longest_keeps_no_other_worker_of_ray_from_going_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", ray_of_threads())
    last = threading.Event()

    def work(spec: int) -> int:
        if spec == 49:
            last.set()
        # The first is done when the last is.
        assert spec or last.wait(60)
        return spec

    assert list(in_order(work, range(50), 2, "ray")) == list(range(50))


def test_what_ray_has_not_done_at_an_error_is_called_off_and_a_lost_worker_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ray = ray_of_threads()
    monkeypatch.setitem(sys.modules, "ray", ray)

    def work(spec: int) -> int:
        if spec == 3:
            raise OSError("the worker died")
        return spec

    with pytest.raises(GroundupError, match="a worker of Ray: it was ended from outside"):
        list(in_order(work, range(50), 2, "ray"))
    assert ray.cancelled


def rays_handler(*_: object, **__: object) -> None:
    """Ray answers a SIGTERM by leaving with its bare number."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(number))


def leave(*_: object, **__: object) -> None:
    """What that handler does in the midst of a call of Ray's: it leaves with 1."""
    raise SystemExit(1)


def test_a_sigterm_on_ray_leaves_as_shells_count_it_and_ray_keeps_no_hand_on_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ray = ray_of_threads(is_there=False)
    ray.init, ray.shutdown = rays_handler, lambda: None
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    before = signal.getsignal(signal.SIGTERM)
    results = in_order(operator.neg, range(50), 2, "ray")
    assert next(results) == 0
    with pytest.raises(SystemExit) as left:
        signal.raise_signal(signal.SIGTERM)
    assert left.value.code == 143
    results.close()  # type: ignore[attr-defined]
    assert signal.getsignal(signal.SIGTERM) == before
    assert ray.cancelled


@pytest.mark.parametrize("call", ["init", "wait", "get"])
def test_so_does_a_sigterm_in_the_midst_of_a_call_of_rays(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = ray_of_threads(is_there=False)
    ray.init = rays_handler
    setattr(ray, call, leave)
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(SystemExit) as left:
        list(in_order(operator.neg, range(50), 2, "ray"))
    assert left.value.code == 143


@needs_ray
def test_a_build_on_ray_that_is_told_to_end_leaves_with_143(tmp_path: Path) -> None:
    (tmp_path / "build.py").write_text(BUILD.replace("* 2, 2)", '* 2, 2, "ray")'))
    (tmp_path / "begun").mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("RAY_ADDRESS", None)
    with subprocess.Popen([sys.executable, tmp_path / "build.py", tmp_path / "begun"], env=environment) as build:
        wait_for(lambda: any((tmp_path / "begun").iterdir()))
        build.terminate()
        assert build.wait(100) == 143


def test_without_ray_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(GroundupError, match="Ray is not installed"):
        list(in_order(operator.neg, [1, 2], 2, "ray"))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1:1", "refused"),
        ("ray://127.0.0.1:1", "refused"),
        ("[::1]:1", ""),
        ("127.0.0.1:head", "invalid literal"),
        ("auto", "there is no such cluster"),
    ],
)
def test_a_ray_that_is_not_there_is_said_at_once(monkeypatch: pytest.MonkeyPatch, address: str, why: str) -> None:
    monkeypatch.setitem(sys.modules, "ray", ray_of_threads(is_there=False))
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(GroundupError, match=f"cannot be had at the address {re.escape(address)} .*{why}") as caught:
        list(in_order(operator.neg, [1, 2], 2, "ray"))
    assert "RAY_ADDRESS" in caught.value.remedy
