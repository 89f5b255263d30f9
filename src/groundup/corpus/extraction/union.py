"""One text of two that were taken from the same page: what either has, in the page's order, nothing said twice.

The lines of the first stay as they are. A line of the second whose words the first has not got is put where it stood,
after the line that both have before it. Whether a line has been said is a matter of its runs of four words: if
most of them occur in the first text, it has; a line of fewer words has if it is a line there.
Every step is linear in the texts.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")
_RUN = 4
_SAID = 0.5

Run = tuple[str, ...]


def union(first: str, second: str) -> str:
    """`first`, and what only `second` has, in the order of both."""
    lines = first.split("\n")
    places: dict[Run, int] = {}
    for number, line in enumerate(lines):
        for run in _runs(line):
            places.setdefault(run, number)
    after: dict[int, list[str]] = {}
    place = -1
    for line in second.split("\n"):
        runs = _runs(line)
        if not runs:
            continue
        known = [run for run in runs if run in places]
        if len(known) > _SAID * len(runs):
            place = max(place, places[known[0]])
            continue
        after.setdefault(place, []).append(line)
        for run in runs:
            places.setdefault(run, place)
    together = list(after.get(-1, []))
    for number, line in enumerate(lines):
        together.append(line)
        together += after.get(number, [])
    return "\n".join(together).strip("\n")


def _runs(line: str) -> list[Run]:
    """All runs of four words of a line, in small letters; a line of fewer words is one run."""
    words = [word.lower() for word in _WORD.findall(line)]
    if len(words) <= _RUN:
        return [tuple(words)] if words else []
    return [tuple(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1)]
