"""Run one function over many specs, here, in other processes or on a Ray cluster; results in the order of the specs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypeAlias, TypeVar

from groundup.errors import GroundupError

Spec = TypeVar("Spec")
Result = TypeVar("Result")

Engine: TypeAlias = Literal["inline", "processes", "ray"]

# Specs that lie ready for each worker of Ray beside the one it works on.
WAITING_A_WORKER = 1


@dataclass(frozen=True)
class Crew:
    """Who does the work; it changes nothing of the result."""

    workers: int = 1
    engine: Engine = "processes"

    def run(
        self, work: Callable[[Any], Any], specs: Sequence[Any], here: Callable[[Any], Any] | None = None
    ) -> Iterator[Any]:
        """The results of `work` for each spec, in order; `here` is the same work where this process does it."""
        return in_order(work, specs, self.workers, self.engine, here)


ALONE = Crew()


def in_order(
    work: Callable[[Spec], Result],
    specs: Sequence[Spec],
    workers: int,
    engine: Engine = "processes",
    here: Callable[[Spec], Result] | None = None,
) -> Iterator[Result]:
    """The results of `work` for each spec, in order, by so many workers.

    `inline` works here, one spec after the other; `processes` on this machine; `ray` on the cluster that RAY_ADDRESS
    names, or else on a Ray of this machine that ends with the work. Each gives the same results, and with one worker
    `processes` is `inline`, which calls `here` instead, where given: it can tell how far it is, as nobody else can. The
    first error ends it; work not begun by then is not begun.
    """
    if engine == "ray":
        yield from _on_ray(work, specs, workers)
    elif engine == "inline" or workers <= 1 or len(specs) <= 1:
        yield from map(here or work, specs)
    else:
        yield from _in_processes(work, specs, workers)


def _in_processes(work: Callable[[Spec], Result], specs: Sequence[Spec], workers: int) -> Iterator[Result]:
    # Forking would copy the threads' locks of whatever is loaded here; a fresh process has none.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(specs)), mp_context=fresh, initializer=end_with_parent) as pool:
        try:
            yield from pool.map(work, specs)
        except BrokenProcessPool as error:
            raise _lost("one of the processes that share the work") from error


def _on_ray(work: Callable[[Spec], Result], specs: Sequence[Spec], workers: int) -> Iterator[Result]:
    # It would tell its makers that it was used, and ask for a page to be opened.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise GroundupError(
            "Ray is not installed, so nothing can run on it.",
            "Install it with `pip install ray`, or choose --engine processes.",
        ) from error
    with nullcontext() if ray.is_initialized() else _ray_of_ours(ray, workers):
        yield from _by_tasks(ray, work, specs, workers)


def _by_tasks(ray: Any, work: Callable[[Spec], Result], specs: Sequence[Spec], workers: int) -> Iterator[Result]:
    running: list[Any] = []
    waiting: deque[Any] = deque()
    try:
        # A spec is a function of nothing but itself, so one whose machine is lost is begun anew elsewhere.
        task = ray.remote(max_retries=3)(_done)
        for spec in specs:
            if len(running) == workers * (1 + WAITING_A_WORKER):
                _, running = ray.wait(running)
            # Whoever takes longest must not keep the others from going on.
            while waiting and waiting[0] not in running:
                yield _result(waiting.popleft())
            running.append(task.remote(work, spec))
            waiting.append(running[-1])
        while waiting:
            yield _result(waiting.popleft())
    finally:
        for left in waiting:
            ray.cancel(left)


@contextmanager
def _ray_of_ours(ray: Any, workers: int) -> Iterator[None]:
    """A Ray that ends with the work; where that is a SIGTERM's doing, with the exit code that shells give it, 143.

    Ray itself answers the signal, from its beginning on and after its end too, by leaving with the bare number.
    """
    before = signal.getsignal(signal.SIGTERM)
    try:
        _begin(ray, workers)
        _at_sigterm(_leave)
        yield
    except SystemExit:
        # Of whatever number a handler leaves with in the midst of a call of Ray's, Ray makes 1.
        _leave(signal.SIGTERM)
    finally:
        ray.shutdown()
        _at_sigterm(before)


def _leave(number: int, _: object = None) -> NoReturn:
    raise SystemExit(128 + number)


def _at_sigterm(handler: Any) -> None:
    # Only the main thread may, and elsewhere Ray leaves the signal alone.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)


def _begin(ray: Any, workers: int) -> None:
    """Join the Ray that RAY_ADDRESS names, or begin one here. Raises GroundupError where there is none to be had."""
    # Asked without an address, Ray joins what `ray start` left on this machine, and refuses `num_cpus`.
    address = os.environ.get("RAY_ADDRESS") or "local"
    here = {"num_cpus": workers, "include_dashboard": False} if address == "local" else {}
    try:
        if ":" in address:
            host, _, port = address.removeprefix("ray://").rpartition(":")
            # Ray would go on trying for many minutes where nobody answers.
            socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
        ray.init(address=address, log_to_driver=False, logging_level="error", **here)
    # Of a Ray that does not begin in time it is a bare Exception.
    except Exception as error:
        raise GroundupError(
            f"Ray cannot be had at the address {address} ({error}).",
            "Start one there with `ray start --head`, set RAY_ADDRESS to host:port of another, or unset it for a Ray "
            "of this machine.",
        ) from error


def _done(work: Callable[[Spec], Result], spec: Spec) -> Result:
    return work(spec)


def _result(reference: Any) -> Any:
    import ray

    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        # What the work raised, not Ray's wrapping of it.
        raise error.cause from None
    except ray.exceptions.RayError as error:
        raise _lost("a worker of Ray") from error


def _lost(who: str) -> GroundupError:
    """What is said where somebody was ended from outside, which no piece of work does."""
    return GroundupError(
        f"The work was lost on {who}: it was ended from outside, most often because memory ran out.",
        "Start the same command again, perhaps with fewer --workers; it goes on where it was.",
    )


def end_with_parent() -> None:
    """Leave, in a process that `multiprocessing` began, as soon as the one that began it is gone.

    A worker of a killed build would wait for work for ever, and write into the folder of the next build until then.
    """

    def watch() -> None:
        parent = multiprocessing.parent_process()
        assert parent is not None, "only what another process began can end with it"
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
