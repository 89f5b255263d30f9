"""What an objective needs to know of a batch and of the vocabulary, so that it depends on no tokenizer and no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

# Targets of this value are not scored.
UNSCORED = -100


class Rows(Protocol):
    """Rows of running text: T tokens and the one after each."""

    @property
    def tokens(self) -> Any:
        """[B, T+1] ids; -100 behind the end of a row that is not full."""

    @property
    def targets(self) -> Any:
        """[B, T] ids one step ahead, -100 where not scored."""

    @property
    def documents(self) -> Any:
        """[B, T+1] document numbers, or None where each row lies in one."""


@runtime_checkable
class Pairs(Protocol):
    """Rows of two texts each, `<end> A <sep> B <sep>`, with a label that says how the two belong together.

    Or, where A is a question and B a passage, where the answer stands.
    """

    @property
    def tokens(self) -> Any:
        """[B, T] ids, padded behind."""

    @property
    def segments(self) -> Any:
        """[B, T] 0 up to the first separator, 1 behind it; [B, T, K] where it is told more of B's words."""

    @property
    def real(self) -> Any:
        """[B, T] bool: False for padding."""

    @property
    def labels(self) -> Any:
        """[B] the class of each pair, or [B, 2] the first and the last place of a span."""


@runtime_checkable
class Sequences(Protocol):
    """Rows of a source text and what is to be written of it."""

    @property
    def source(self) -> Any:
        """[B, S] ids."""

    @property
    def source_real(self) -> Any:
        """[B, S] bool: False for padding; None: all real."""

    @property
    def source_documents(self) -> Any:
        """[B, S] the pair of each position in packed rows, or None."""

    @property
    def tokens(self) -> Any:
        """[B, T+1] ids of what is written, beginning with the end token and closed by it; -100 behind."""

    @property
    def documents(self) -> Any:
        """[B, T+1] the pair of each position in packed rows, or None."""


class Labelled(Protocol):
    """Rows of a text, or of two, with labels that people gave."""

    @property
    def tokens(self) -> Any:
        """[B, T] ids, padded behind."""

    @property
    def segments(self) -> Any:
        """[B, T] 0 in a row's first text, 1 in its second; [B, T, K] where more is told; None where rows have one."""

    @property
    def real(self) -> Any:
        """[B, T] bool: False for padding."""

    @property
    def labels(self) -> Mapping[str, Any]:
        """Targets by the name of their head: [B] a class, [B, T] one a token, [B, 2] a span's first and last place."""

    @property
    def is_causal(self) -> bool:
        """Whether a position sees only those before it, as where a causal language model goes on to learn labels."""


@dataclass(frozen=True)
class Symbols:
    """What objectives know of a vocabulary."""

    vocabulary: int
    padding: int
    mask: int
    separator: int
    end: int
    sentinels: tuple[int, ...]
    """Mark what span denoising took out, in order."""
    special: int
    """Ids below this number are special tokens, which are never masked nor put in place of others."""
    begins_word: NDArray[np.bool_]
    """[V] whether a token begins a word; a word is such a token and those behind it that do not begin one."""
