"""A document that takes too long, too much or the whole process down is given up, and the others go on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from groundup.corpus import guard as guards
from groundup.corpus.guard import GivenUp, Guard, Limits, end_idle
from groundup.errors import GroundupError

LIMITS = Limits(seconds=1, memory=300)


def work(order: str) -> str:
    """What the child does: the order says."""
    what, _, rest = order.partition(" ")
    if what == "spin":
        while True:
            pass
    if what == "eat":
        kept = []
        while True:
            kept.append(bytearray(10_000_000))
    if what == "die":
        os.kill(os.getpid(), int(rest))
    if what == "leave":
        os._exit(3)
    if what == "once":
        # Dies the first time only.
        path = Path(rest)
        if not path.exists():
            path.touch()
            os.kill(os.getpid(), signal.SIGSEGV)
    if what == "refuse":
        raise GroundupError("a page is wrong", "Mend it.")
    if what == "half":
        # This process ends when the first part of its answer has gone out.
        mock.patch.object(Connection, "_send", _half).start()
    if what == "long":
        return "x" * int(rest)
    return order.upper()


def _half(pipe: Connection, message: bytes) -> None:
    os.write(pipe.fileno(), memoryview(message)[: len(message) // 2])
    os._exit(3)


def results(orders: list[str]) -> list[str]:
    with Guard(work, LIMITS) as guard:
        return [one.rule if isinstance(one, GivenUp) else one for one in guard.map(orders)]


@pytest.mark.parametrize(
    ("order", "rule"),
    [
        ("spin", "time limit"),
        ("eat", "memory limit"),
        (f"die {signal.SIGSEGV:d}", "crash"),
        (f"die {signal.SIGKILL:d}", "memory limit"),
        ("leave", "crash"),
        ("half", "crash"),
    ],
)
def test_who_is_beyond_a_limit_is_given_up_and_nobody_else(order: str, rule: str) -> None:
    orders = ["a", "b", order, *"cdefghij"]
    assert results(orders) == [rule if one == order else one.upper() for one in orders]


def test_a_document_is_tried_twice(tmp_path: Path) -> None:
    order = f"once {tmp_path / 'mark'}"
    assert results(["a", order, "b"]) == ["A", order.upper(), "B"]


def test_an_error_of_the_users_comes_out_as_it_was() -> None:
    with Guard(work, LIMITS) as guard, pytest.raises(GroundupError) as caught:
        list(guard.map(["a", "refuse", "b"]))
    assert (caught.value.message, caught.value.remedy) == ("a page is wrong", "Mend it.")


def test_a_child_whose_parent_hears_no_more_ends_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    child = guards._Child(work, LIMITS)
    child.send("a")
    child.pipe.close()
    child.process.join(60)
    assert (child.process.exitcode, capfd.readouterr().err) == (0, "")


def test_both_ends_may_send_much_at_once() -> None:
    orders = ["long 3000000", "y" * 3_000_000] * 6
    assert list(map(len, results(orders))) == [3_000_000] * 12


def test_the_time_of_each_is_its_own() -> None:
    """Thirty documents of 0.1 s each are three seconds, and none is beyond one."""

    with Guard(_a_while, LIMITS) as guard:
        assert list(guard.map([0.1] * 15)) == [0.1] * 15


def _a_while(seconds: float) -> float:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return seconds


@settings(max_examples=5, deadline=None)
@given(some.lists(some.sampled_from(["a", "b", "leave", f"die {signal.SIGSEGV:d}"]), max_size=8))
def test_the_order_is_kept_whoever_dies(orders: list[str]) -> None:
    rule = {"leave": "crash", f"die {signal.SIGSEGV:d}": "crash"}
    assert results(orders) == [rule.get(one, one.upper()) for one in orders]


def process_id(_: object) -> int:
    return os.getpid()


@pytest.fixture(autouse=True)
def _none_waits() -> Iterator[None]:
    yield
    end_idle()


def child_of(limits: Limits) -> int:
    with Guard(process_id, limits) as guard:
        (found,) = guard.map([0])
    assert isinstance(found, int)
    return found


def test_a_child_serves_one_guard_after_the_other_until_no_more_come() -> None:
    first = child_of(LIMITS)
    # Other work is done by the same child.
    assert results(["a", "b"]) == ["A", "B"]
    assert child_of(LIMITS) == first
    (child,) = guards._IDLE
    end_idle()
    assert not child.process.is_alive()
    assert child_of(LIMITS) != first


def test_a_child_with_other_limits_or_dead_or_with_work_to_do_serves_no_more() -> None:
    first = child_of(LIMITS)
    second = child_of(Limits(seconds=2, memory=300))
    os.kill(second, signal.SIGKILL)
    guards._IDLE[0].process.join()
    third = child_of(Limits(seconds=2, memory=300))
    with Guard(process_id, Limits(seconds=2, memory=300)) as guard:
        assert next(guard.map([0] * 10)) == third
    assert len({first, second, third, child_of(Limits(seconds=2, memory=300))}) == 4


def test_the_limits_hold_for_each_guard_that_a_child_serves() -> None:
    assert results(["a"]) == ["A"]
    assert results(["b", "eat", "c"]) == ["B", "memory limit", "C"]
    assert results(["b", "spin", "c"]) == ["B", "time limit", "C"]
