"""What all benchmarks share: measuring contenders in turn, medians and ratios, and the facts of the machine.

A machine is never equally quick twice: other work comes and goes, clocks rise and fall. So contenders take turns in
short stretches, over several rounds, each round in the opposite order of the one before; a ratio is taken within a
round, where both met the same machine, and the median over the rounds is what counts.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

Work = Callable[[], float]
"""Does a piece of work and returns how much it was: tokens, megabytes, 1 for one start."""


@dataclass(frozen=True)
class Result:
    """One contender's seconds for one unit of work, round by round."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Seconds a unit, in the middle of all rounds."""
        return median(self.seconds)

    @property
    def rate(self) -> float:
        """Units a second, in the middle of all rounds."""
        return 1 / self.median

    @property
    def spread(self) -> float:
        """From the quickest round to the slowest, as a share of the median."""
        return (max(self.seconds) - min(self.seconds)) / self.median

    def times_as_fast_as(self, other: Result) -> float:
        """The median over the rounds of how many times as fast this one was."""
        return median(theirs / ours for ours, theirs in zip(self.seconds, other.seconds, strict=True))


def alternate(contenders: Mapping[str, Work], *, rounds: int, seconds: float, warm_ups: int = 2) -> list[Result]:
    """Measure every contender once a round for at least `seconds`, after `warm_ups` calls of each."""
    for name, work in contenders.items():
        say(f"warming up: {name}")
        for _ in range(warm_ups):
            work()
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for name in turn(list(contenders), number):
            taken[name].append(_seconds_a_unit(contenders[name], seconds))
    return [Result(name, tuple(times)) for name, times in taken.items()]


def turn(names: Sequence[str], number: int) -> list[str]:
    """The order of round `number`: there and back again, so that none is always first."""
    return list(names) if number % 2 == 0 else list(reversed(names))


def _seconds_a_unit(work: Work, seconds: float) -> float:
    done, began = 0.0, time.perf_counter()
    while True:
        done += work()
        passed = time.perf_counter() - began
        if passed >= seconds:
            return passed / done


def environment(**more: str) -> dict[str, str]:
    """The environment for another process, which finds our source whether it is installed or not."""
    paths = [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))} | more


def process(words: Sequence[str]) -> Work:
    """A whole process as one unit of work. Raises where it fails."""

    def work() -> float:
        subprocess.run(words, env=environment(), check=True, stdout=subprocess.DEVNULL)
        return 1.0

    return work


def table(results: Sequence[Result], unit: str, against: str, *, is_rate: bool = True) -> list[dict[str, Any]]:
    """A row a contender: its figure in `unit` (a rate, or seconds), the spread, and its ratio to `against`."""
    (baseline,) = (result for result in results if result.name == against)
    return [
        {
            "contender": result.name,
            unit: rounded(result.rate if is_rate else result.median),
            "spread %": round(100 * result.spread),
            f"times as fast as {against}": rounded(result.times_as_fast_as(baseline)),
        }
        for result in results
    ]


def rounded(value: float) -> float:
    """Three significant figures: more would claim what a benchmark cannot know."""
    return float(f"{value:.3g}")


def show(title: str, rows: Sequence[Mapping[str, Any]], packages: Sequence[str], *, as_json: bool) -> None:
    """Print the rows under the title with the machine and versions they hold for, or one JSON object on a line."""
    facts = machine(packages)
    if as_json:
        print(json.dumps({"title": title, "rows": list(rows), "machine": facts}))
        return
    print(f"\n{title}")
    print("; ".join(f"{name} {value}" for name, value in facts.items()))
    names = list(rows[0])
    cells = [names, *([_shown(row[name]) for name in names] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(names))]
    for row in cells:
        first, *rest = (
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *rest]))


def _shown(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:g}"


def machine(packages: Sequence[str]) -> dict[str, Any]:
    """What a figure holds for: processor, cores, threads, how busy the machine was, and versions."""
    from groundup.reports.machine import this_machine

    facts: dict[str, Any] = dict(this_machine())
    if "memory" in facts:
        facts["memory"] = f"{int(facts['memory']) / 2**30:.0f} GiB"
    if "torch" in sys.modules:
        facts["threads"] = sys.modules["torch"].get_num_threads()
    facts["load"] = f"{os.getloadavg()[0]:.1f}"
    facts["python"] = platform.python_version()
    for name in ("groundup", *packages):
        facts[name] = version(name)
    return facts


def version(package: str) -> str:
    """The version of an installed package; our own is read from the source, which need not be installed."""
    if package == "groundup":
        return str(importlib.import_module("groundup").__version__)
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(absent)"


def peer(name: str) -> ModuleType:
    """The module of a peer; a plain sentence and exit status 2 where it is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        print(
            f"This benchmark measures against {name}, which is not installed here. Install the peers into the "
            "environment that has PyTorch already:\n    .venv/bin/python -m pip install -e '.[bench]'",
            file=sys.stderr,
        )
        raise SystemExit(2) from None


def parser(description: str | None, *, rounds: int = 5, seconds: float = 5.0) -> argparse.ArgumentParser:
    """The options every benchmark has."""
    options = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    options.add_argument("--rounds", type=positive(int), default=rounds, help=f"turns of each (default {rounds})")
    options.add_argument(
        "--seconds", type=positive(float), default=seconds, help=f"least seconds of a turn (default {seconds:g})"
    )
    options.add_argument("--threads", type=positive(int), help="PyTorch's threads (default: its own choice)")
    options.add_argument("--json", action="store_true", help="one JSON object a table, on one line")
    return options


def positive(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """A number above zero, for argparse."""

    def number(text: str) -> Any:
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not above zero")
        return value

    return number


def set_threads(threads: int | None) -> None:
    """Let PyTorch use so many threads."""
    if threads is not None:
        importlib.import_module("torch").set_num_threads(threads)


def say(text: str) -> None:
    """Progress, kept apart from the results."""
    print(text, file=sys.stderr, flush=True)


def find_source() -> None:
    """Let a script use our source where it is not installed."""
    sys.path.insert(0, str(ROOT / "src"))
