"""Reading JSON whose shape is another room's business: what is not of the shape looked for counts as absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_A_NUMBER = float("nan")


def number(value: object) -> float:
    """`value` as a float; NaN where it is none (JSON writers say NaN as null or in quotes, too)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return NOT_A_NUMBER
    try:
        return float(value)
    except (ValueError, OverflowError):
        return NOT_A_NUMBER


def part(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under `name`; empty where there is none."""
    found = facts.get(name)
    return found if isinstance(found, dict) else {}


def entries(value: object) -> list[dict[str, Any]]:
    """The objects in a list; none where `value` is no list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """The texts in a list; none where `value` is no list."""
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
