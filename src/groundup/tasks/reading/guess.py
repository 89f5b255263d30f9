"""Which column probably holds what, judged by the values: the longest texts, few distinct ones, question marks.

A guess is only ever shown to the user as a suggestion; nothing is read by it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from groundup.tasks.reading.content import as_text
from groundup.tasks.reading.rows import Row

# A label is a word or a few.
_LONGEST_LABEL = 40
# By their names, columns of few values that are seldom what is to be learned; and what their score counts.
_SIDE_LINES = (
    "id uid userid lang language locale country region split set fold part subset source origin domain dataset "
    "website site author user reviewer annotator worker rater date year month day time version batch verified "
    "helpful gender age"
)
_LAST = 1e-3
_WORDS = re.compile(r"[A-Z]*[a-z]+|[A-Z]+")

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
        if role == "label":
            # Behind every other, and yet shown where there is no other.
            scores = {name: score * (_LAST if _is_side_line(name) else 1) for name, score in scores.items()}
        best = max(free, key=lambda name: scores[name], default=None)
        if best is not None and scores[best] > 0:
            found[role] = best
    return {role: found[role] for role in roles if role in found}


def _length(values: Sequence[str]) -> float:
    # Numbers are never the text, however long they are.
    words = [value for value in values if any(character.isalpha() for character in value)]
    return sum(map(len, words)) / len(values) if values else 0.0


def _fewness(values: Sequence[str]) -> float:
    counts = Counter(value.strip().casefold() for value in values)
    different = len(counts)
    if different < 2 or different == len(values) or max(map(len, values)) > _LONGEST_LABEL:
        return 0.0
    # Names of classes before numbers: those may be ratings, years or prices.
    worded = sum(not value.strip().isdigit() for value in values) / len(values)
    # Classes are of like sizes, as far as they can be; a column that nearly always says the same tells little.
    shares = [count / len(values) for count in counts.values()]
    evenness = -sum(share * math.log(share) for share in shares) / math.log(different)
    return (1 - different / len(values)) * (1 + worded) * evenness


def _is_side_line(name: str) -> bool:
    words = [word.casefold() for word in _WORDS.findall(name)]
    return any(word in _SIDE_LINES.split() for word in words)


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
