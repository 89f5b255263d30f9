"""A model as a table: each part with its shape and its number of trained values."""

from __future__ import annotations

from dataclasses import dataclass

from groundup.model.model import Model


@dataclass(frozen=True)
class Part:
    """One tensor of a model, or several alike."""

    name: str
    shape: tuple[int, ...]
    parameters: int
    count: int = 1
    """How many layers have one like it."""


def parts_of(model: Model) -> list[Part]:
    """The tensors of a model in order, those of alike layers told once with their count."""
    found: dict[tuple[str, tuple[int, ...]], Part] = {}
    for name, weight in model.named_parameters():
        words = name.split(".")
        alike = ".".join(
            "*" if word.isdigit() and words[index - 1] == "layers" else word for index, word in enumerate(words)
        )
        key = (alike, tuple(weight.shape))
        before = found.get(key)
        count = before.count + 1 if before else 1
        found[key] = Part(alike, tuple(weight.shape), weight.numel() * count, count)
    return list(found.values())
