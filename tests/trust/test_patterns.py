"""S6 of trust.md: no pattern of the corpus hangs, whatever the text."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import groundup.corpus
from groundup.corpus.language import detect_language
from groundup.corpus.privacy.mask import mask
from groundup.corpus.privacy.settings import PrivacySettings
from groundup.corpus.quality.linear import features
from groundup.corpus.quality.lines import filter_lines
from groundup.corpus.quality.settings import LinearSettings, LineSettings
from groundup.corpus.quality.signals import signals

# Each makes some ordinary pattern backtrack: runs of what it looks for, without what must follow.
HOSTILE = {
    "one letter": "a",
    "white space": " \t",
    "symbols": "* ",
    "openings": "<a '\"={{[[",
    "comments and references": "<!--&#9",
    "line ends": "\r\n\n\f",
    "gutenberg": "*** START OF THE PROJECT GUTENBERG ETEXT of, by ",
    "numbers and addresses": "1.1-1 +1 (1) AB12a.a@a:1::",
}
SIZES = (25_000, 50_000, 100_000)
LONGEST = 0.2
# Below this many seconds a clock and a cache say more than the pattern.
TOO_SHORT = 0.02


def compiled(value: Any, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    """The patterns in a value, in what it holds, and in what that holds."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4:
        inner: Any = ()
        if isinstance(value, dict):
            inner = [*value.keys(), *value.values()]
        elif isinstance(value, tuple | list | set | frozenset):
            inner = value
        elif isinstance(value, type) and value.__module__.startswith("groundup.corpus"):
            inner = vars(value).values()
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            inner = [getattr(value, field.name) for field in dataclasses.fields(value)]
        for one in inner:
            yield from compiled(one, depth + 1)


def patterns() -> dict[str, re.Pattern[Any]]:
    """Every pattern that a module of the corpus holds, by module and name; those of missing libraries are left."""
    found: dict[str, re.Pattern[Any]] = {}
    for module in pkgutil.walk_packages(groundup.corpus.__path__, "groundup.corpus."):
        try:
            names = vars(importlib.import_module(module.name))
        except ImportError:
            continue
        for name, value in sorted(names.items()):
            for number, pattern in enumerate(compiled(value)):
                found.setdefault(f"{module.name.removeprefix('groundup.corpus.')}.{name} {number}", pattern)
    # A pattern that two modules share is tried once.
    return {name: pattern for name, pattern in found.items() if name in first_names(found)}


def first_names(found: dict[str, re.Pattern[Any]]) -> set[str]:
    first: dict[re.Pattern[Any], str] = {}
    for name, pattern in found.items():
        first.setdefault(pattern, name)
    return set(first.values())


PATTERNS = patterns()


ALL_KINDS = PrivacySettings(("email", "account", "card", "address", "identity", "phone"), ("US", "GB"))
JUDGES: dict[str, Callable[[str], object]] = {
    "signals": signals,
    "features": lambda text: features(text, LinearSettings()),
    "filter_lines": lambda text: filter_lines(text, LineSettings(terminal_punctuation=True)),
    "detect_language": detect_language,
    "mask": lambda text: mask(text, ALL_KINDS),
}


def searching(pattern: re.Pattern[Any]) -> Callable[[str], object]:
    """Finds all there is of the pattern in a text."""
    if isinstance(pattern.pattern, bytes):
        return lambda text: sum(1 for _ in pattern.finditer(text.encode()))
    return lambda text: sum(1 for _ in pattern.finditer(text))


def seconds(work: Callable[[], object]) -> float:
    """Of this thread, the best of three: the machine has other work too. What takes too long is not tried again."""
    times: list[float] = []
    while len(times) < 3 and max(times, default=0.0) < 2 * LONGEST:
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return min(times)


def growth(work: Callable[[str], object], unit: str) -> list[float]:
    times = []
    for size in SIZES:
        text = (unit * (size // len(unit) + 1))[:size]
        times.append(seconds(lambda text=text: work(text)))
        if times[-1] > LONGEST:
            break
    return times


def is_near_linear(times: list[float]) -> bool:
    """Whether all sizes were tried, none took long, and four times the text took at most eight times as long."""
    return len(times) == len(SIZES) and times[-1] < LONGEST and times[-1] < 8 * times[0] + TOO_SHORT


def test_s6_there_are_patterns_to_try() -> None:
    assert len(PATTERNS) > 35


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_s6_no_pattern_hangs(pattern: re.Pattern[Any], unit: str) -> None:
    times = growth(searching(pattern), unit)
    assert is_near_linear(times), (pattern.pattern, times)


@pytest.mark.parametrize("unit", [*HOSTILE.values(), "(415) 555-2671 +44 20 7946 0958 "], ids=[*HOSTILE, "phones"])
@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
def test_s6_nothing_that_judges_or_masks_a_text_hangs(judge: Callable[[str], object], unit: str) -> None:
    judge("The first time, libraries are loaded. 1-800-356-9377")
    times = growth(judge, unit)
    assert is_near_linear(times), times


@pytest.mark.parametrize(("pattern", "unit"), [("a+b", "a"), ("<[^>]*>", "<"), (r"[ \t]+\n", " \t")])
def test_s6_a_pattern_that_hangs_is_found(pattern: str, unit: str) -> None:
    assert not is_near_linear(growth(searching(re.compile(pattern)), unit))


def test_s6_every_pattern_is_where_the_test_finds_it() -> None:
    """Patterns stand at the top of their modules, where they are compiled once and found by this test."""
    hidden = []
    for path in sorted(Path(groundup.corpus.__file__).parent.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef):
                hidden += [
                    f"{path.name}, line {call.lineno}"
                    for call in ast.walk(function)
                    if isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and isinstance(call.func.value, ast.Name)
                    and call.func.value.id == "re"
                    and call.func.attr != "escape"
                    and not is_bounded(call)
                ]
    assert hidden == []


def is_bounded(call: ast.Call) -> bool:
    """Whether a pattern made in a function repeats nothing, so that it cannot backtrack."""
    parts = [part.value for part in ast.walk(call.args[0]) if isinstance(part, ast.Constant)]
    return all(isinstance(part, str) and not set(part) & set("*+{") for part in parts)
