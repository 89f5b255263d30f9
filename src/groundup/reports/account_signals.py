"""The signals of a corpus's documents as histograms: of those that stayed, and of those that were judged and went.

What was dropped while it was read or extracted has no signals, since there was no text to take them from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from groundup.reports import words
from groundup.reports.document import Bar, Block, Cell, Histograms, Table
from groundup.reports.histogram import Histogram, Layer
from groundup.reports.loose import entries, number, part, texts

PARTS = ("kept", "dropped")
MOST_VALUES = 20
_BOUNDS = (("at_least", "at least"), ("at_most", "at most"), ("above", "above"), ("below", "below"))


def signal_blocks(account: Mapping[str, Any]) -> Iterable[Block]:
    """A table for each signal that is a text, such as the language, and the histograms of the numbers."""
    signals = entries(account.get("signals"))
    for signal in signals:
        yield from _values(signal)
    histograms = tuple(drawn for signal in signals if (drawn := _histogram(signal)) is not None)
    if histograms:
        yield Histograms(
            histograms,
            "How the signals of the documents are spread: those that stayed below, on top of them those that went. "
            "A broken line is a threshold.",
        )


def asked(bound: Mapping[str, Any]) -> str:
    """What a rule asks of a signal, in words: at least 50, at most 100,000."""
    told = [f"{said} {_short(bound[key])}" for key, said in _BOUNDS if math.isfinite(number(bound.get(key)))]
    told += [f"one of {', '.join(texts(bound['one_of']))}"] if texts(bound.get("one_of")) else []
    return ", ".join(told)


def _values(signal: Mapping[str, Any]) -> Iterable[Block]:
    values = entries(signal.get("values"))
    whole = sum(_count(value.get(part_)) for value in values for part_ in PARTS)
    rows: list[tuple[Cell, ...]] = []
    for value in values[:MOST_VALUES]:
        kept, dropped = (_count(value.get(part_)) for part_ in PARTS)
        rows.append(
            (str(value.get("value", "")) or "none", f"{kept:,}", f"{dropped:,}", Bar((kept + dropped) / max(whole, 1)))
        )
    if rows:
        found = max(_count(signal.get("values_found")), len(values))
        more = f" (the commonest {MOST_VALUES} of {found:,})" if found > MOST_VALUES else ""
        told = "; ".join(filter(None, map(asked, entries(signal.get("bounds")))))
        caption = f"{_title(signal)}{more}" + (f"; kept: {told}" if told else "")
        yield Table(caption, (_title(signal), "kept", "dropped", ""), tuple(rows), frozenset({1, 2}))


def _histogram(signal: Mapping[str, Any]) -> Histogram | None:
    edges = _numbers(signal.get("edges"))
    layers = tuple(Layer(name, tuple(_counts(part(signal, name).get("histogram"), len(edges) - 1))) for name in PARTS)
    is_ascending = len(edges) > 1 and all(low < high for low, high in pairwise(edges))
    if not is_ascending or not any(sum(layer.counts) for layer in layers):
        return None
    bounds = entries(signal.get("bounds"))
    told = [f"{asked(bound)} ({bound.get('rule', '')})" for bound in bounds if asked(bound)]
    for name in PARTS:
        median = number(part(signal, name).get("median"))
        told += [f"median {name} {_short(median)}"] if math.isfinite(median) else []
    marks = tuple(
        (f"{bound.get('rule', '')}: {said} {_short(bound[key])}", number(bound[key]))
        for bound in bounds
        for key, said in _BOUNDS
        if math.isfinite(number(bound.get(key)))
    )
    return Histogram(_title(signal), tuple(edges), layers, marks, words.shortened("; ".join(told), 300))


def _title(signal: Mapping[str, Any]) -> str:
    return str(signal.get("signal", "")).replace("_", " ")


def _short(value: object) -> str:
    found = number(value)
    return f"{found:,.0f}" if found == int(found) else f"{found:.3g}"


def _numbers(value: object) -> list[float]:
    found = [number(one) for one in value] if isinstance(value, list) else []
    return found if all(map(math.isfinite, found)) else []


def _counts(value: object, bins: int) -> list[int]:
    found = [_count(one) for one in value] if isinstance(value, list) else []
    return found if len(found) == bins else [0] * max(bins, 0)


def _count(value: object) -> int:
    found = number(value)
    return int(found) if math.isfinite(found) and found > 0 else 0
