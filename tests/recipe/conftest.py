"""A small house of settings with every kind of field, for the tests of the readers and writers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar, Literal, Self

import pytest
from hypothesis import strategies as st

from groundup.settings import require


@dataclass(frozen=True)
class Size:
    """A value class that takes texts and bare numbers."""

    bytes: int

    EXAMPLES: ClassVar[tuple[str, ...]] = ("2 kB",)
    PATTERN: ClassVar[str] = r"^[0-9]+( kB)?$"

    @classmethod
    def parse(cls, text: str | int | float) -> Self:
        number, _, unit = str(text).partition(" ")
        if not (number.isascii() and number.isdigit() and unit in ("", "kB")):
            raise ValueError(f"{str(text)[:20]!r} is no size, such as 2 kB")
        return cls(int(number) * (1000 if unit else 1))

    def __str__(self) -> str:
        return str(self.bytes)


@dataclass(frozen=True)
class Source:
    data: str
    """Where it comes from."""
    weight: float = 1.0
    """How much of it."""
    tags: tuple[str, ...] = ()
    """Words about it."""


@dataclass(frozen=True)
class Corpus:
    sources: tuple[Source, ...]
    """What is read."""
    languages: tuple[str, ...] = ("en", "no")
    """Languages kept."""
    largest: Size | None = None
    """The largest file."""


@dataclass(frozen=True)
class Model:
    width: int = 64
    """The width."""
    heads: int = 4
    """The heads."""
    norm: Literal["rms", "layer", "none"] = "rms"
    """The norm."""
    layers: Literal[1, 2, 4] = 2
    """The layers."""
    is_tied: bool = True
    """Whether embedding and head are one."""
    dropout: float | None = None
    """The dropout."""
    sizes: tuple[tuple[int, ...], ...] = ()
    """Lists in a list."""

    def __post_init__(self) -> None:
        require(self.width > 0, "width", f"the width must be above zero, and {self.width} is not")
        require(
            self.width % max(self.heads, 1) == 0,
            "heads",
            f"the width, {self.width}, must divide by the heads, {self.heads}",
        )


@dataclass(frozen=True)
class Garden:
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "kitchen": {"area": 40, "plants": ("beans", "kale", "leeks")},
        "meadow": {"area": 900, "is_mown": False},
    }

    preset: str | None = None
    """What it starts from."""
    area: int = 10
    """Its square metres."""
    plants: tuple[str, ...] = ("grass",)
    """What grows there."""
    is_mown: bool = True
    """Whether it is mown."""

    def __post_init__(self) -> None:
        require(self.area > len(self.plants), "area", "plants need room")


@dataclass(frozen=True)
class House:
    corpus: Corpus
    """The corpus."""
    name: str = "house"
    """Its name."""
    title: str | None = None
    """Its title."""
    seed: int = 0
    """The seed."""
    rate: float = 1e-3
    """The rate."""
    model: Model = field(default_factory=Model)
    """The model."""
    small: Model = field(default_factory=lambda: Model(width=32, norm="layer"))
    """Another model, of other defaults."""
    extra: Model | None = None
    """A model or none."""
    spare: Model | None = Model(width=16)
    """A model by default, or none."""
    size: Size = Size(10)
    """A size."""
    garden: Garden | None = None
    """A garden, of presets."""


TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            "no",
            "null",
            "None",
            "~",
            "1e-3",
            "10",
            "0x1f",
            "1:30",
            "a: b",
            "# a",
            "- a",
            "[x]",
            "2001-01-01",
        ]
    ),
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)
WHOLE = st.integers(-(2**63) + 1, 2**63 - 1)
SIZES = st.builds(Size, st.integers(0, 10**12))


@st.composite
def models(draw: st.DrawFn) -> Model:
    heads = draw(st.integers(1, 64))
    return Model(
        width=heads * draw(st.integers(1, 64)),
        heads=heads,
        norm=draw(st.sampled_from(["rms", "layer", "none"])),
        layers=draw(st.sampled_from([1, 2, 4])),
        is_tied=draw(st.booleans()),
        dropout=draw(st.none() | NUMBERS),
        sizes=tuple(map(tuple, draw(st.lists(st.lists(WHOLE, max_size=3), max_size=3)))),
    )


LISTS = st.lists(TEXTS, max_size=3).map(tuple)
SOURCES = st.builds(Source, TEXTS, NUMBERS, LISTS)
CORPORA = st.builds(Corpus, st.lists(SOURCES, max_size=3).map(tuple), LISTS, st.none() | SIZES)
MAYBE = st.none() | models()
GARDENS = st.builds(Garden, st.sampled_from([None, "kitchen", "meadow"]), st.integers(10, 99), LISTS, st.booleans())
HOUSES = st.builds(
    House,
    CORPORA,
    TEXTS,
    st.none() | TEXTS,
    WHOLE,
    NUMBERS,
    models(),
    models(),
    st.none() | models(),
    st.none() | models(),
    SIZES,
    st.none() | GARDENS,
)


@pytest.fixture(scope="session")
def house() -> SimpleNamespace:
    """The classes, a strategy for any house, and the shortest recipe of one."""
    return SimpleNamespace(
        House=House,
        Corpus=Corpus,
        Source=Source,
        Model=Model,
        Size=Size,
        Garden=Garden,
        any=HOUSES,
        minimal="corpus:\n  sources:\n    - data: books\n",
    )
