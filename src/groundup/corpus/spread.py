"""How the signals of documents are spread, of those that stay and of those that go: counts that merge, then histograms.

A number counts as what it is to three significant digits, so that the counts of any corpus are few and add up in any
order to the same.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from groundup.corpus.settings import CorpusSettings

PARTS = ("kept", "dropped")
# By signal, by part: how many documents have which value.
Counts = dict[str, dict[str, Counter[str]]]

BINS = 20
# A logarithmic bin spans at least this share of a power of ten, or the rounding of the values would show.
_LEAST_DECADE = 0.1
# Numbers that reach beyond this are counts of things, and spread over powers of ten.
_LARGEST_LINEAR = 20
VALUES_SHOWN = 40
# Texts that many documents have in common, and what only the document itself can use.
_TEXTS = frozenset({"language", "contamination_item"})
_PRIVATE = frozenset({"contamination_passages"})


def count(counts: Counts, signals: Mapping[str, Any], *, is_kept: bool) -> None:
    """A document with these signals, texts or numbers, stays or goes."""
    part = PARTS[not is_kept]
    for name, value in signals.items():
        if name in _PRIVATE:
            continue
        by_part = counts.setdefault(name, {part: Counter() for part in PARTS})
        by_part[part][value if isinstance(value, str) else f"{value:.3g}"] += 1


def merge(counts: Counts, later: Mapping[str, Mapping[str, Mapping[str, int]]]) -> None:
    """Add the counts of other documents."""
    for name, by_part in later.items():
        own = counts.setdefault(name, {part: Counter() for part in PARTS})
        for part in PARTS:
            own[part].update(by_part[part])


def spreads(counts: Counts, settings: CorpusSettings) -> list[dict[str, Any]]:
    """Each signal as an account holds it: its commonest texts, or a histogram of its numbers; and what is asked of it.

    A histogram has an edge more than bins; a bin begins at its edge, and the last one holds its end too.
    """
    bounds = bounds_of(settings)
    return [
        {"signal": name, "bounds": bounds.get(name, []), **(_values(one) if name in _TEXTS else _histogram(one))}
        for name, one in counts.items()
    ]


def bounds_of(settings: CorpusSettings) -> dict[str, list[dict[str, Any]]]:
    """What the settings ask of each signal: by rule, the bounds that documents which stay are within."""
    found: dict[str, list[dict[str, Any]]] = {}
    if settings.minimum_characters > 1:
        least = {"rule": "minimum characters", "at_least": settings.minimum_characters}
        found["characters"] = [least]
    if settings.language is not None and settings.language.keep:
        keep = settings.language.keep
        found["language"] = [{"rule": "language", "one_of": [kept.language for kept in keep]}]
        found["language_confidence"] = [
            {"rule": f"language/unsure {kept.language}", "at_least": kept.confidence} for kept in keep
        ]
    if settings.quality is not None:
        from groundup.corpus.quality.settings import chosen_rules

        for rules in chosen_rules(settings.quality):
            for rule in rules.rules:
                own = {name: getattr(rule, name) for name in ("at_least", "at_most", "above", "below")}
                own = {name: bound for name, bound in own.items() if bound is not None}
                found.setdefault(rule.signal, []).append({"rule": f"{rules.name}/{rule.name}", **own})
    if settings.contamination is not None and settings.contamination.action == "drop":
        for name, (reached, limit) in settings.contamination.thresholds.items():
            found[f"contamination_{name}"] = [{"rule": f"contamination/{reached}", "below": limit}]
    return found


def _values(counts: Mapping[str, Counter[str]]) -> dict[str, Any]:
    whole = sum((counts[part] for part in PARTS), Counter[str]())
    values = sorted(whole, key=lambda value: (-whole[value], value))
    shown = values[:VALUES_SHOWN]
    return {
        "values": [{"value": value, **{part: counts[part][value] for part in PARTS}} for value in shown],
        "values_found": len(values),
    }


def _histogram(counts: Mapping[str, Counter[str]]) -> dict[str, Any]:
    numbers = {
        part: sorted((value, count) for text, count in counts[part].items() if math.isfinite(value := float(text)))
        for part in PARTS
    }
    edges, is_logarithmic = _edges([value for part in PARTS for value, _ in numbers[part]])
    return {
        "edges": edges,
        "is_logarithmic": is_logarithmic,
        **{part: {**_quantiles(numbers[part]), "histogram": _binned(numbers[part], edges)} for part in PARTS},
    }


def _edges(values: Sequence[float]) -> tuple[list[float], bool]:
    """Ascending edges around all the values, and whether they are powers apart."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    # What is a thousand million times smaller than the largest is as good as nothing.
    least = max(min((value for value in values if value > 0), default=0.0), high * 1e-9)
    if low < 0 or high <= _LARGEST_LINEAR or least == high:
        low, high = -_round_up(-low) if low < 0 else 0.0, _round_up(high)
        return [float(f"{low + (high - low) * number / BINS:.9g}") for number in range(BINS + 1)], False
    decades = math.log10(high / least)
    bins = max(1, min(BINS, math.floor(decades / _LEAST_DECADE)))
    inner = [float(f"{least * 10 ** (decades * number / bins):.3g}") for number in range(1, bins)]
    # Nothing at all has a bin of its own.
    return [*([0.0] if low < least else []), least, *inner, high], True


def _round_up(number: float) -> float:
    """The next of 1, 2 and 5 times a power of ten, so that twenty bins have round edges."""
    power = 10.0 ** math.floor(math.log10(max(number, 1e-6)))
    return next((power * times for times in (1.0, 2.0, 5.0) if power * times >= number), power * 10.0)


def _binned(numbers: list[tuple[float, int]], edges: list[float]) -> list[int]:
    bins = [0] * (len(edges) - 1)
    for value, count in numbers:
        bins[min(bisect_right(edges, value) - 1, len(bins) - 1)] += count
    return bins


def _quantiles(numbers: list[tuple[float, int]]) -> dict[str, Any]:
    documents = sum(count for _, count in numbers)
    found: dict[str, Any] = {"documents": documents}
    for name, share in (("low", 0.05), ("median", 0.5), ("high", 0.95)):
        below = accumulate(count for _, count in numbers)
        found[name] = next(
            (value for (value, _), sofar in zip(numbers, below, strict=True) if sofar >= share * documents), None
        )
    return found
