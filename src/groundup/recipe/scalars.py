"""One written word as the value of a field: numbers, truths, texts, choices and value classes.

The field decides what a word means, not YAML: `1e-3` is a number where a number is due (YAML 1.1 reads it as
text) and `no` is a text where a text is due (YAML 1.1 reads it as false). Each reader raises ValueError with
a sentence.
"""

from __future__ import annotations

import math
import re

from groundup.errors import did_you_mean
from groundup.recipe.document import Scalar, shorten
from groundup.recipe.fields import Annotation, choices_of, expected, is_value_class, split_none

NOTHING = frozenset({"", "~", "null", "none"})
TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
# Counts, seeds and sizes end up in 64-bit fields of files and tensors.
LARGEST = 2**63 - 1

_NUMBER_CHARACTERS = re.compile(r"[-+0-9._eE]+")


def number(text: str) -> int | float | None:
    """The number that a text is, in Python's spelling (`10_000`, `.5`, `1e-3`), or None."""
    if not _NUMBER_CHARACTERS.fullmatch(text):
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def read_scalar(node: Scalar, annotation: Annotation) -> object:
    """The value of `node` for a field of this type. Raises ValueError with a sentence on what was due."""
    inner, is_optional = split_none(annotation)
    if is_optional and node.is_plain and node.text.lower() in NOTHING:
        return None
    if choices := choices_of(inner):
        return _choice(node, choices)
    if inner is str:
        return _text(node)
    if inner is bool:
        return _truth(node, annotation)
    if inner is int:
        return _whole_number(node, annotation)
    if inner is float:
        return _number(node, annotation)
    if is_value_class(inner):
        return _value(node, inner, annotation)
    raise ValueError(mismatch(node, annotation))


def mismatch(node: Scalar, annotation: Annotation) -> str:
    """The sentence for a word of the wrong type."""
    if node.text == "":
        found = "nothing is written here"
    elif node.is_plain or annotation is str:
        found = f"found {shorten(node.text)}"
    else:
        found = f"found the text {shorten(node.text)} in quotes"
    return f"{found}, expected {expected(annotation)}"


def _choice(node: Scalar, choices: tuple[str | int, ...]) -> str | int:
    for choice in choices:
        if choice == (node.text if isinstance(choice, str) else number(node.text)):
            return choice
    words = [str(choice) for choice in choices]
    hint = did_you_mean(node.text, words)
    near = f". {hint}" if hint.startswith("Did") else ""
    found = f"found {shorten(node.text)}" if node.text else "nothing is written here"
    raise ValueError(f"{found}, expected one of {', '.join(words)}{near}")


def _text(node: Scalar) -> str:
    # `name:` with nothing behind it is a line left half-written; `--name=` is how a shell says empty.
    if node.text == "" and node.is_plain and not node.place.option:
        raise ValueError('nothing is written here, expected text; write "" for an empty one')
    return node.text


def _truth(node: Scalar, annotation: Annotation) -> bool:
    truth = TRUTHS.get(node.text.lower()) if node.is_plain else None
    if truth is None:
        raise ValueError(mismatch(node, annotation))
    return truth


def _whole_number(node: Scalar, annotation: Annotation) -> int:
    value = number(node.text) if node.is_plain else None
    if value is None or (isinstance(value, float) and math.isfinite(value) and not value.is_integer()):
        raise ValueError(mismatch(node, annotation))
    if not abs(value) <= LARGEST:
        raise ValueError(f"{shorten(node.text)} is too large; the largest whole number is {LARGEST:,}")
    return int(value)


def _number(node: Scalar, annotation: Annotation) -> float:
    value = number(node.text) if node.is_plain else None
    if value is None:
        raise ValueError(mismatch(node, annotation))
    # Compared as what it is: turning an int of 400 digits into a float would overflow.
    if not abs(value) < 1e308:
        raise ValueError(f"{shorten(node.text)} is too large for a number")
    return float(value)


def _value(node: Scalar, value_class: Annotation, annotation: Annotation) -> object:
    if node.text == "":
        raise ValueError(mismatch(node, annotation))
    value = number(node.text) if node.is_plain else None
    return value_class.parse(node.text if value is None else value)
