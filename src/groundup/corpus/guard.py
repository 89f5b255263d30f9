"""Work on strangers' documents in a process of its own, so that none of them can take the build with it.

A parser in C cannot be interrupted from Python, and one page in a million wants an hour or all memory. So pages are
worked on in a child process with limits that the kernel keeps: processor time, which a busy machine does not change,
and memory. A document at which the child ends is tried once more in a fresh child, alone; if that ends too, the
document is given up with the reason, and the others go on.

A child that nothing happened to waits for this process's next guard: what it has imported takes as long as fifty pages,
and shards are small.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import resource
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from groundup.corpus.workers import end_with_parent
from groundup.errors import GroundupError

Item = TypeVar("Item")
Result = TypeVar("Result")

# Items that wait in the child while it works, so that it never waits for us.
AHEAD = 4


@dataclass(frozen=True)
class Limits:
    """What one document may take."""

    seconds: float
    """Of processor time; the kernel counts whole ones."""
    memory: int
    """Million bytes beyond what the process has before its first document."""


@dataclass(frozen=True)
class GivenUp:
    """A document that was beyond its limits, twice."""

    rule: str
    """`time limit`, `memory limit` or `crash`."""
    value: float
    """The limit in seconds or million bytes; for a crash the number of the signal, or the exit status."""
    reason: str


class Guard(Generic[Item, Result]):
    """Runs `work` over items in a child process; a context manager."""

    def __init__(self, work: Callable[[Item], Result], limits: Limits) -> None:
        """`work` is a function at the top of a module, or a partial of one: the child imports it."""
        self.work, self.limits = work, limits
        self._child: _Child | None = None

    def __enter__(self) -> Guard[Item, Result]:
        self._child = _idle_child(self.work, self.limits)
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None and self._child.owed == 0:
            _IDLE.append(self._child)
        else:
            self._end()

    def map(self, items: Iterable[Item]) -> Iterator[Result | GivenUp]:
        """The results in the order of the items. Raises the GroundupError that the work raised for the first one."""
        waiting: deque[Item] = deque()
        for item in items:
            waiting.append(item)
            self._send(item)
            if len(waiting) > AHEAD:
                yield self._next(waiting)
        while waiting:
            yield self._next(waiting)

    def _next(self, waiting: deque[Item]) -> Result | GivenUp:
        """The result of the first that waits."""
        child = self._child
        assert child is not None, "something waits, so there is a child"
        kind, value = child.receive()
        first = waiting.popleft()
        if kind == "ended":
            self._end()
            # Alone, in case it was the one before that left too little.
            self._send(first)
            assert self._child is not None, "sending makes a child"
            kind, value = self._child.receive()
            if kind == "ended":
                self._end()
            for item in waiting:
                self._send(item)
        if kind == "error":
            message, remedy = value
            raise GroundupError(message, remedy)
        return self._given_up(value) if kind == "ended" else value

    def _send(self, item: Item) -> None:
        if self._child is None:
            self._child = _Child(self.work, self.limits)
        self._child.send(item)

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _given_up(self, code: int) -> GivenUp:
        limits = self.limits
        if code == -signal.SIGXCPU:
            return GivenUp("time limit", limits.seconds, f"took more than {limits.seconds:g} s of processor time")
        if code in (_NO_MEMORY, -signal.SIGKILL):
            return GivenUp("memory limit", limits.memory, f"wanted more than {limits.memory:,} million bytes of memory")
        how = f"signal {-code}" if code < 0 else f"status {code}"
        return GivenUp("crash", abs(code), f"ended the process that worked on it ({how})")


# The child's exit status where memory was out.
_NO_MEMORY = 77
_NO_MORE = object()


class _Child:
    """A process that answers each item with its result."""

    def __init__(self, work: Callable[[Any], Any], limits: Limits) -> None:
        self.limits = limits
        self.owed = 0
        """How many items it has not answered."""
        fresh = multiprocessing.get_context("spawn")
        self.pipe, other = fresh.Pipe()
        self.process = fresh.Process(target=_serve, args=(other, work, limits), daemon=True)
        self.process.start()
        other.close()

    def begin(self, work: Callable[[Any], Any]) -> None:
        """Let it do other work on what comes next."""
        self._send(_Work(work))

    def send(self, item: Any) -> None:
        self.owed += 1
        self._send(item)

    def _send(self, item: Any) -> None:
        # Where it ended at an item before, who asks for that one's result will see.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send(item)

    def receive(self) -> tuple[str, Any]:
        try:
            received: tuple[str, Any] = self.pipe.recv()
        # OSError also where it ended in the midst of an answer.
        except (EOFError, OSError):
            self.process.join()
            return "ended", self.process.exitcode
        self.owed -= 1
        return received

    def end(self) -> None:
        self.pipe.close()
        self.process.join(1)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


_IDLE: list[_Child] = []


def _idle_child(work: Callable[[Any], Any], limits: Limits) -> _Child | None:
    """One that waits and has the same limits, which were set when it began, or None."""
    while _IDLE:
        child = _IDLE.pop()
        if child.limits == limits and child.process.is_alive():
            child.begin(work)
            return child
        child.end()
    return None


def end_idle() -> None:
    """End the children that wait for the next guard, where none will come."""
    while _IDLE:
        _IDLE.pop().end()


@dataclass(frozen=True)
class _Work:
    """What a child is to do with the items that follow."""

    work: Callable[[Any], Any]


def _serve(pipe: Connection, work: Callable[[Any], Any], limits: Limits) -> None:
    """The child: work on what comes until nothing does."""
    # Ctrl-C is the parent's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    _limit_memory(limits.memory)
    items: SimpleQueue[Any] = SimpleQueue()
    # Takes in what comes while results go out: both ends sending at once would wait for each other for ever.
    threading.Thread(target=_take_in, args=(pipe, items), daemon=True).start()
    while (item := items.get()) is not _NO_MORE:
        if isinstance(item, _Work):
            work = item.work
            continue
        _limit_time(limits.seconds)
        try:
            try:
                answer = "done", work(item)
            except GroundupError as error:
                answer = "error", (error.message, error.remedy)
            try:
                pipe.send(answer)
            except (BrokenPipeError, ConnectionResetError):
                # Nobody waits for it: the parent gave up, and says why.
                return
        except MemoryError:
            # What is left of this process may be anything: the next document gets a fresh one.
            os._exit(_NO_MEMORY)


def _take_in(pipe: Connection, items: SimpleQueue[Any]) -> None:
    try:
        while True:
            items.put(pipe.recv())
    except (EOFError, OSError):
        items.put(_NO_MORE)
    except MemoryError:
        os._exit(_NO_MEMORY)
    except BaseException:
        # What cannot be taken in will never be answered.
        os._exit(1)


def _limit_time(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (end, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _limit_memory(more: int) -> None:
    """Let this process grow by so many million bytes, where the system can say how large it is."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return
    most = pages * resource.getpagesize() + more * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
