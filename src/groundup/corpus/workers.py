"""Run one function over many specs, here or in other processes; the results come in the order of the specs."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Spec = TypeVar("Spec")
Result = TypeVar("Result")


def in_order(work: Callable[[Spec], Result], specs: Sequence[Spec], workers: int) -> Iterator[Result]:
    """The results of `work` for each spec, in order; with more than one worker, in as many processes.

    The first error ends it; work not begun by then is not begun.
    """
    if workers <= 1 or len(specs) <= 1:
        yield from map(work, specs)
        return
    # Forking would copy the threads' locks of whatever is loaded here; a fresh process has none.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(workers, len(specs)), mp_context=fresh, initializer=end_with, initargs=(os.getpid(),)
    ) as pool:
        try:
            yield from pool.map(work, specs)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def end_with(parent: int) -> None:
    """Leave soon after the parent is gone: a worker of a killed build would wait for work for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
