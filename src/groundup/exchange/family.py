"""What there is to say about a family of foreign models: its settings in our words, and its names for our tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from groundup.errors import GroundupError
from groundup.model.heads import HeadSettings
from groundup.model.settings import ModelSettings

Config = Mapping[str, Any]
Weights = Mapping[str, Tensor]

REMEDY = "Groundup reads what it can compute exactly; this model needs something that it has no counterpart for."
# No dimension of a model is larger, and none is deeper: a damaged file shall not make us build one.
LARGEST, DEEPEST = 2**24, 1000


@dataclass(frozen=True)
class Architecture:
    """All that makes a `groundup.model.model.Model` but its weights."""

    settings: ModelSettings
    vocabulary: int
    source_vocabulary: int | None = None
    heads: Mapping[str, HeadSettings] = field(default_factory=dict)


def _as_it_is(weights: Weights, config: Config) -> dict[str, Tensor]:
    return dict(weights)


@dataclass(frozen=True)
class Family:
    """A kind of model that transformers writes."""

    describe: Callable[[Config, Weights], Architecture]
    """What `config` describes; the weights say which heads there are."""
    modules: Mapping[str, str]
    """Our modules by name (or parameters, where they are no module's) -> theirs; {i} is the number of a layer."""
    embedding: str
    """Their name for the table of token embeddings."""
    output: str
    """Their name for the output layer's matrix."""
    is_tied: bool = True
    """Whether the two are one where a configuration does not say."""
    repeats: Mapping[str, str] = field(default_factory=dict)
    """Other names of the same tensors -> the name that `modules` has; a file may hold one of them or all alike."""
    unpack: Callable[[Weights, Config], dict[str, Tensor]] = _as_it_is
    """Gives every tensor the shape and value that ours has, under a name of its own."""
    constants: str = ""
    """A regular expression for tensors that are computed and not learned, which ours computes too."""


def number(config: Config, key: str, default: int | None = None, *, most: int = LARGEST) -> int:
    """A whole number above zero. Raises GroundupError for anything else."""
    value = config.get(key)
    value = default if value is None else value
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most:
        return value
    raise GroundupError(
        f"The model's configuration says {key} is {value!r}, expected a whole number from 1 to {most:,}.",
        "Is it the config.json that belongs to the weights?",
    )


def fraction(config: Config, key: str, default: float) -> float:
    """A number of 0 or more. Raises GroundupError for anything else."""
    value = config.get(key, default)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12:
        return float(value)
    raise GroundupError(
        f"The model's configuration says {key} is {value!r}, expected a number of 0 or more.",
        "Is it the config.json that belongs to the weights?",
    )


def only(config: Config, key: str, *known: object) -> None:
    """Insist on one of the `known` values of `key`; the first is what a configuration without it means.

    Raises GroundupError.
    """
    value = config.get(key, known[0])
    if value not in known:
        words = " or ".join(map(repr, known))
        raise GroundupError(f"The model's configuration says {key} is {value!r}, and Groundup knows {words}.", REMEDY)


def named(config: Config, key: str, names: Mapping[str, str]) -> str:
    """Our name for the value of `key`; the first of `names` is what a configuration without it means.

    Raises GroundupError for a value without a counterpart.
    """
    only(config, key, *names)
    return names[config.get(key, next(iter(names)))]


def alike(config: Config, first: str, second: str) -> int:
    """The number that two keys must share. Raises GroundupError where they differ."""
    one, other = number(config, first), number(config, second)
    if one != other:
        raise GroundupError(
            f"The model's configuration says {first} is {one} and {second} is {other}, and ours are the same.", REMEDY
        )
    return one


def stacked(first: str, ours: Mapping[str, str], theirs: str) -> dict[str, str]:
    """The modules of one layer, `ours` -> name within `theirs`, as entries of a family's `modules`."""
    return {f"{first}.layers.{{i}}.{name}": f"{theirs}.{{i}}.{there}" for name, there in ours.items()}


def attention(ours: str, theirs: str, query: str, key: str, value: str, output: str) -> dict[str, str]:
    """The four matrices of attention."""
    words = {"query": query, "key": key, "value": value, "output": output}
    return {f"{ours}.{word}": f"{theirs}{there}" for word, there in words.items()}
