"""Whoever does the work, the results are the same and come in order."""

from __future__ import annotations

import importlib.util
import operator
import time
from functools import partial
from pathlib import Path

import pytest

from groundup.corpus.workers import Engine, in_order
from groundup.errors import GroundupError

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed")
WAYS = [
    ("inline", 1),
    ("processes", 1),
    ("processes", 2),
    pytest.param("ray", 2, marks=needs_ray),
]


@pytest.mark.parametrize(("engine", "workers"), WAYS)
def test_results_come_in_the_order_of_the_specs(engine: Engine, workers: int) -> None:
    specs = [3, 1, 2, 5, 4, 9, 0]
    assert list(in_order(operator.neg, specs, workers, engine)) == [-spec for spec in specs]


@pytest.mark.parametrize(("engine", "workers"), WAYS[:3])
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


def test_without_ray_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(GroundupError, match="Ray is not installed"):
        list(in_order(operator.neg, [1, 2], 2, "ray"))
