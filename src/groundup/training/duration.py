"""How long something lasts, as a value: `3 minutes`, `2000 steps`, `10 million tokens`, `4 epochs`.

A budget written as a bare number has been read as minutes by one person and as steps by another; a duration
carries its unit from the recipe to the trainer and back into the report.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal, Self

from groundup.errors import did_you_mean

Kind = Literal["clock", "steps", "tokens", "epochs"]

# The kind of each unit and how much of the kind's own measure one unit is; clock time is measured in seconds.
UNITS: dict[str, tuple[Kind, int]] = {
    "seconds": ("clock", 1),
    "minutes": ("clock", 60),
    "hours": ("clock", 3600),
    "days": ("clock", 86400),
    "steps": ("steps", 1),
    "tokens": ("tokens", 1),
    "epochs": ("epochs", 1),
}
SHORT_UNITS = {
    "s": "seconds",
    "sec": "seconds",
    "secs": "seconds",
    "min": "minutes",
    "mins": "minutes",
    "h": "hours",
    "hr": "hours",
    "hrs": "hours",
    "d": "days",
}
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
SHORT_SCALES = {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "G": 10**9, "T": 10**12}
# Thirty million years, or more tokens than were ever written: beyond this it is a slip of the pen. It also
# keeps every whole amount exact in a float.
LONGEST = 1e15

_PARTS = re.compile(r"([-+]?[0-9._]+(?:[eE][-+]?[0-9]+)?)(.*)", re.DOTALL)
_KINDS_OF_UNIT = "seconds, minutes, hours, days, steps, tokens or epochs"


@dataclass(frozen=True)
class Duration:
    """An amount above zero of one of `UNITS`. Raises ValueError for any other amount or unit."""

    amount: float
    unit: str

    EXAMPLES: ClassVar[tuple[str, ...]] = ("3 minutes", "2000 steps", "10 million tokens", "4 epochs")
    PATTERN: ClassVar[str] = (
        r"^[0-9._]+([eE][-+]?[0-9]+)?"
        rf"(\s*({'|'.join([*SCALES, *SHORT_SCALES])})(?=\s))?"
        rf"\s*({'|'.join([unit + '?' for unit in UNITS] + list(SHORT_UNITS))})$"
    )

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(_wrong_unit(self.unit))
        object.__setattr__(self, "amount", float(self.amount))
        if not (self.amount > 0 and math.isfinite(self.total) and self.total <= LONGEST):
            raise ValueError(
                f"a duration must be above zero and at most {LONGEST:.0e} {UNIT_OF_KIND[self.kind]}, "
                f"and {self.amount:g} {self.unit} is not"
            )
        if self.kind in ("steps", "tokens") and not self.amount.is_integer():
            raise ValueError(f"{self.unit} come whole, and {self.amount:g} {self.unit} has a part of one")

    @classmethod
    def parse(cls, text: str | int | float) -> Self:
        """Read `3 minutes`, `1.5 hours`, `30s`, `2e6 tokens`, `10M tokens`; a bare number is refused."""
        found = _PARTS.fullmatch(str(text).strip())
        shown = repr(str(text)[:60])
        if found is None:
            raise ValueError(f"{shown} is no duration: write a number and a unit, such as 3 minutes or 2000 steps")
        try:
            amount = float(found[1])
        except ValueError:
            raise ValueError(f"{shown} does not begin with a number, such as 3 or 1.5 or 2e6") from None
        words = found[2].split()
        scale = _scale(words[0]) if words else 1
        if scale != 1:
            words = words[1:]
        if not words:
            raise ValueError(
                f"{shown} has no unit, so it could be minutes or steps: add one of {_KINDS_OF_UNIT}, "
                "as in 3 minutes or 2000 steps"
            )
        unit = _unit(" ".join(words))
        if not 0 < amount <= LONGEST:
            raise ValueError(f"{shown} is no duration: it must be above zero and not endless")
        # Decimal, because 1.1 x 1,000,000 is not a whole number in binary.
        return cls(float(Decimal(found[1]) * scale), unit)

    def __str__(self) -> str:
        """The canonical text, which `parse` reads back as the same value."""
        unit = self.unit[:-1] if self.amount == 1 else self.unit
        if not self.amount.is_integer():
            return f"{self.amount!r} {unit}"
        whole = int(self.amount)
        for word, scale in reversed(SCALES.items()):
            # Three decimals at most: 1.25 million reads well, 1.234567 million does not.
            if scale > 1000 and whole >= scale and whole % (scale // 1000) == 0:
                return f"{(Decimal(whole) / scale).normalize():f} {word} {unit}"
        return f"{whole} {unit}"

    @property
    def kind(self) -> Kind:
        """What is counted: the clock, steps, tokens or epochs."""
        return UNITS[self.unit][0]

    @property
    def total(self) -> float:
        """The amount in the kind's own measure: seconds for the clock, else steps, tokens or epochs."""
        return self.amount * UNITS[self.unit][1]


UNIT_OF_KIND: dict[Kind, str] = {"clock": "seconds", "steps": "steps", "tokens": "tokens", "epochs": "epochs"}


def _scale(word: str) -> int:
    """What `word` multiplies by: 1 where it is no scale."""
    return SHORT_SCALES.get(word, SCALES.get(word.lower(), 1))


def _unit(words: str) -> str:
    word = words.lower()
    plural = word if word.endswith("s") else word + "s"
    if word not in SHORT_UNITS and plural not in UNITS:
        raise ValueError(_wrong_unit(words))
    return SHORT_UNITS.get(word, plural)


def _wrong_unit(word: str) -> str:
    if word == "m":
        return "'m' could mean minutes or millions: write 3 min, or 3M tokens"
    hint = did_you_mean(word, UNITS)
    # Without a near word `did_you_mean` lists the units, which the sentence has done already.
    near = f". {hint}" if hint.startswith("Did") else ""
    return f"{word[:40]!r} is no unit of a duration; the units are {_KINDS_OF_UNIT}{near}"
