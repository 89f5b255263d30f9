"""Several trained models that write one text together, each reading the source by the tokenizer it learned with.

What comes next is the mean of what they expect (decoding/ensemble.py), so they must write in the same tokens. What they
read in may differ: a token of a source is then a tuple, of every reader the one that it has at that place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from torch import Tensor

from groundup.decoding.engine import Engine, Sources
from groundup.decoding.ensemble import Ensemble
from groundup.errors import GroundupError
from groundup.model.model import Model
from groundup.tasks.materials.pairs import Coders
from groundup.tasks.settings import TaskSettings
from groundup.tasks.translation import Reader, Translator, engine_of


@dataclass(frozen=True)
class Member:
    """A model that writes with others."""

    name: str
    """What to call it: its run."""
    model: Model
    coders: Coders


def together(members: Sequence[Member], task: TaskSettings) -> Translator:
    """One that writes what the members expect in the mean, searching as `task` says.

    Raises GroundupError for a member that writes in other tokens than the first.
    """
    first, *others = members
    for other in others:
        if not other.coders.target.is_like(first.coders.target):
            raise GroundupError(
                f"{other.name} writes in other tokens than {first.name}, so there is no mean of what they expect.",
                _remedy(first, other),
            )
    readers = [member.coders.source for member in members]
    engines = [engine_of(member.model) for member in members]
    if all(reader.is_like(readers[0]) for reader in readers):
        return Translator(Ensemble(engines), first.coders, task)
    parts = [Part(engine, place) for place, engine in enumerate(engines)]
    return Translator(Ensemble(parts), first.coders, task, Readers(readers))


def _remedy(first: Member, other: Member) -> str:
    if first.coders.is_joint:
        return (
            f"Build the run {other.name} anew with the other's tokenizer: add --tokenizer.from_run {first.name} to its "
            "groundup build, with task.vocabulary joint, as it is by default."
        )
    return (
        "A tokenizer is taken from a run that has one for both sides: build "
        f"{first.name} anew with --task.vocabulary joint, then {other.name} with --tokenizer.from_run and its folder."
    )


class Readers:
    """Tokenizers of sources as one: token i is a tuple of every reader's token i, None where its text has ended."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self.readers = tuple(readers)
        self.vocabulary = max(reader.vocabulary for reader in readers)
        self.end: Any = tuple(reader.end for reader in readers)

    def encode(self, text: str) -> list[Any]:
        """The tuples of a text."""
        return list(zip_longest(*(reader.encode(text) for reader in self.readers)))

    def encode_with_offsets(self, text: str) -> tuple[list[Any], list[tuple[int, int]]]:
        """The tuples, and all the characters that each has something of."""
        read = [reader.encode_with_offsets(text) for reader in self.readers]
        places = ([place for place in own if place] for own in zip_longest(*(offsets for _, offsets in read)))
        spans = [(min(first for first, _ in own), max(end for _, end in own)) for own in places]
        return list(zip_longest(*(ids for ids, _ in read))), spans

    def decode(self, ids: Sequence[Any]) -> str:
        """The text of tuples, as the first reader has it."""
        return self.readers[0].decode(_own(ids, 0))


class Part(Engine):
    """A member of an ensemble whose sources are tuples, of which it takes what is at its place."""

    def __init__(self, engine: Engine, place: int) -> None:
        self.engine, self.place = engine, place
        self.reads_sources, self.ends_sources = engine.reads_sources, engine.ends_sources
        self.sees_prompts_whole, self.longest = engine.sees_prompts_whole, engine.longest

    def start(self, sources: Sources | None = None) -> Any:
        """The state before the first token."""
        return self.engine.start(None if sources is None else [_own(source, self.place) for source in sources])

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """As the engine."""
        return self.engine.step(tokens, state)

    def reorder(self, state: Any, rows: Tensor) -> Any:
        """As the engine."""
        return self.engine.reorder(state, rows)


def _own(tokens: Sequence[Any], place: int) -> list[int]:
    return [token[place] for token in tokens if token[place] is not None]
