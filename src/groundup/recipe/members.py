"""Several models of one recipe, trained at the same time and each in a process of its own.

Two cores train one small model only about one and a half times as fast as one core does, so that two models that learn
side by side, each on a core, have seen more by the end of the budget than one on both; and what they say together is
better than what either says.

The processes are new ones and no copies of this one, whose threads would not be copied with it. They tell it what they
do. A signal to it, and an error of one of them, ends each at its next step, behind a checkpoint; its death ends them at
once.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeAlias

from groundup.corpus.workers import end_with_parent
from groundup.errors import GroundupError
from groundup.progress import Hear, Progress
from groundup.store.fingerprint import fingerprint

# What a member does, told to whoever watches; gives facts.
Work: TypeAlias = Callable[[Progress, Hear], dict[str, Any]]
Told: TypeAlias = tuple[str, Any]

# Seconds until a signal is noticed.
PATIENCE = 0.2
# Seconds in which a process that is done leaves by itself.
GRACE = 2.0
# Of the facts of a training those that differ among its members.
OF_EACH = ("steps", "epochs", "seconds", "validation_loss", "tokens_per_second", "threads")


def folder_of(first: Path, number: int) -> Path:
    """Where member `number`, counted from 1, has its files: the `first` where a model alone would have them."""
    return first if number == 1 else first / f"member-{number}"


def seed_of(seed: int, number: int) -> int:
    """The seed of member `number` of a recipe with this `seed`, which is that of the first.

    The others' are drawn: had they the next ones, two runs of the seeds 1 and 2 would have a model in common.
    """
    return seed if number == 1 else int(fingerprint("member", seed, number)[:8], 16)


def count_of(facts: Mapping[str, Any]) -> int:
    """How many members a training had, by the facts of its stage."""
    return len(facts.get("members", ())) or 1


def facts_of_all(facts: Sequence[Mapping[str, Any]], seed: int) -> list[dict[str, Any]]:
    """What is to be said of each member, from the facts of their trainings."""
    return [
        {"seed": seed_of(seed, place + 1)} | {name: each[name] for name in OF_EACH} for place, each in enumerate(facts)
    ]


def side_by_side(works: Sequence[Work], threads: int, progress: Progress, hear: Hear) -> list[dict[str, Any]]:
    """What each of `works` gives, all done at the same time by processes of so many `threads`.

    They begin together, so that one which measures how fast it is does so while the others work, too. Events are told
    of the first, progress of the first that has not ended, and of all what is worth a line of its own. Raises
    StoppedError after a signal, and otherwise the first error of one of them; all have ended by then.
    """
    from groundup.training.signals import StoppedError, polite_stop

    found: dict[int, Any] = {}
    with polite_stop() as stop, _begun(works, threads) as members:
        is_ending = False
        while len(found) < len(members):
            for number in _ready(members, found):
                what, said = _told(*members[number])
                if what == "end":
                    found[number] = said
                elif what == "event" and number == 1:
                    hear(said)
                elif what == "progress" and (said[2] is None or number == min(members.keys() - found.keys())):
                    progress(_of(number) + said[0], *said[1:])
            failed = [number for number, said in found.items() if isinstance(said, GroundupError)]
            if (stop.number or failed) and not is_ending:
                is_ending = True
                for process, _ in members.values():
                    process.terminate()
        if stop.number:
            raise StoppedError(stop.number, _steps(found[1]))
    if failed:
        raise _named(found[failed[0]], failed[0])
    return [found[number] for number in sorted(found)]


Members: TypeAlias = Mapping[int, tuple[BaseProcess, Connection]]


@contextmanager
def _begun(works: Sequence[Work], threads: int) -> Iterator[Members]:
    """The processes by their number from 1, with what they tell; they have ended behind the `with` block."""
    fresh = multiprocessing.get_context("spawn")
    members: dict[int, tuple[BaseProcess, Connection]] = {}
    with ExitStack() as ends:
        with _no_interrupt():
            for number, work in enumerate(works, 1):
                ours, theirs = fresh.Pipe(duplex=False)
                process = fresh.Process(target=_work, args=(theirs, work, threads), name=f"member {number}")
                process.start()
                theirs.close()
                members[number] = process, ours
                ends.callback(_end, process, ours)
        yield members


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """What is begun within has no ear for Ctrl-C, which a terminal gives to all: it ends when it is told to."""
    # Begun later, by the first process that is, this one would take the block away.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _of(number: int) -> str:
    """Whose what is told is; what the first tells stands as if a model alone did."""
    return "" if number == 1 else f"member {number}: "


def _end(process: BaseProcess, pipe: Connection) -> None:
    # It may be at work still where this process has failed: nobody listens then.
    pipe.close()
    process.join(GRACE)
    process.terminate()
    process.join()


def _work(pipe: Connection, work: Work, threads: int) -> None:
    """All that a process does."""
    end_with_parent()
    import torch

    # Before anything is computed, and so before there are threads.
    torch.set_num_threads(threads)

    def tell(what: str, said: object) -> None:
        # Nobody listens any more where the other process has failed, which is about to end this one politely.
        with suppress(OSError):
            pipe.send((what, said))

    def progress(what: str, done: float = 0, total: float | None = None) -> None:
        tell("progress", (what, done, total))

    try:
        tell("end", work(progress, partial(tell, "event")))
    except GroundupError as error:
        tell("end", error)


def _ready(members: Members, found: Mapping[int, object]) -> list[int]:
    """The numbers of those that have told something, or have ended; none after a while."""
    pipes = {pipe: number for number, (_, pipe) in members.items() if number not in found}
    return [pipes[pipe] for pipe in wait(list(pipes), PATIENCE) if isinstance(pipe, Connection)]


def _told(process: BaseProcess, pipe: Connection) -> Told:
    """What a member says next; where it was ended from outside, an error for the end."""
    try:
        told: Told = pipe.recv()
    # OSError where it ended in the midst of it.
    except (EOFError, OSError):
        process.join()
        return "end", _lost(process.exitcode or 0)
    return told


def _lost(code: int) -> GroundupError:
    how = f"with status {code}: what it said stands above"
    if code < 0:
        how = f"by {signal.Signals(-code).name}: memory ran out, or somebody stopped it"
    again = "Start the same command again, and every member goes on from its newest checkpoint."
    return GroundupError(f"its process ended {how}.", again)


def _steps(outcome: Any) -> int:
    """The updates after which a training has ended."""
    return int(outcome["steps"]) if isinstance(outcome, dict) else getattr(outcome, "step", 0)


def _named(error: GroundupError, number: int) -> GroundupError:
    """The error of a member, which says whose it is."""
    error.message = f"Member {number}: {error.message}"
    return error
