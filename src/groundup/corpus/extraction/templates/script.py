"""Raised and lowered digits: 10³ must not become 103.

Unicode has such digits and signs, and few letters; what it lacks stays on the line.
"""

from __future__ import annotations

_SIGNS = "0123456789+-−=()"
_RAISED = str.maketrans(_SIGNS + "n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans(_SIGNS, "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")


def raised(text: str) -> str:
    """An exponent in raised digits, as 10³; an ordinal's letters stay as they are; `^` stands before other words."""
    if not text or not set(text) <= set(_SIGNS + "n"):
        return text if text.isalpha() or not text else f"^{text}" if text[:1].isalnum() or text[:1] in "-−" else text
    return text.translate(_RAISED)


def lowered(text: str) -> str:
    """An index in lowered digits, as H₂O; other text stays as it is."""
    return text.translate(_LOWERED) if set(text) <= set(_SIGNS) else text
