"""Which column probably holds what, judged by the values: the longest texts, few distinct ones, question marks.

A guess is only ever shown to the user as a suggestion; nothing is read by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from groundup.tasks.reading.content import as_text
from groundup.tasks.reading.rows import Row

# A label is a word or a few.
_LONGEST_LABEL = 40

Score = Callable[[Sequence[str]], float]


def guessed(
    roles: Iterable[str], names: Sequence[str], rows: Sequence[Row], taken: Mapping[str, str]
) -> dict[str, str]:
    """For each role the likeliest column that is not taken yet; roles for which nothing speaks are left out."""
    values = {name: [as_text(row.values.get(name)) or "" for row in rows] for name in names}
    found: dict[str, str] = {}
    # What is told by its form comes before what is only long.
    for role in sorted(roles, key=list(_SCORES).index):
        free = [name for name in names if name not in {*taken.values(), *found.values()}]
        scores = {name: _SCORES[role]([value for value in values[name] if value.strip()]) for name in free}
        best = max(free, key=lambda name: scores[name], default=None)
        if best is not None and scores[best] > 0:
            found[role] = best
    return {role: found[role] for role in roles if role in found}


def _length(values: Sequence[str]) -> float:
    # Numbers are never the text, however long they are.
    words = [value for value in values if any(character.isalpha() for character in value)]
    return sum(map(len, words)) / len(values) if values else 0.0


def _fewness(values: Sequence[str]) -> float:
    different = len({value.strip().casefold() for value in values})
    if different < 2 or different == len(values) or max(map(len, values)) > _LONGEST_LABEL:
        return 0.0
    # Names of classes before numbers: those may be ratings, years or prices.
    worded = sum(not value.strip().isdigit() for value in values) / len(values)
    return (1 - different / len(values)) * (1 + worded)


def _questions(values: Sequence[str]) -> float:
    return sum(value.rstrip().endswith("?") for value in values) / len(values) if values else 0.0


_SCORES: dict[str, Score] = {
    "label": _fewness,
    "question": _questions,
    "context": _length,
    "text": _length,
    "source": _length,
    "target": _length,
    "answer": _length,
}
