"""What a model can be trained on: anything that gives batches to learn from and batches to be measured on.

Running text is one kind (`running_text`); pairs, labelled texts and questions are others, made where tasks are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from groundup.decoding.text import TextCoder
from groundup.model.heads import HeadSettings
from groundup.objectives.rows import Symbols
from groundup.objectives.scoring import TOKENS_AT_ONCE
from groundup.training.settings import TrainingSettings

# A part of what is held out is taken from this many places, so that it speaks for the whole.
PIECES = 8


def held_out_at_once(wanted: int, there: int) -> int:
    """Positions of a held-out batch where `wanted` of the tokens that are `there` are to be measured on."""
    return TOKENS_AT_ONCE if wanted >= there else min(TOKENS_AT_ONCE, wanted // PIECES)


class Batches(Protocol):
    """Batches to learn from, without end; each a pure function of its number."""

    @property
    def size(self) -> int:
        """Tokens of a batch, in the mean where batches differ."""

    def at(self, step: int) -> Any:
        """The batch of `step`, as the objective reads it."""


class HeldOut(Protocol):
    """Batches to be measured on, each part of what was held out once."""

    def __len__(self) -> int:
        """Number of batches."""

    def at(self, step: int) -> Any:
        """One of them."""


class Material(Protocol):
    """What a run learns from and is measured on."""

    @property
    def coder(self) -> TextCoder:
        """What turns the model's tokens into text."""

    @property
    def symbols(self) -> Symbols:
        """What the objective must know of the vocabulary."""

    @property
    def source_coder(self) -> TextCoder:
        """What turns text into the tokens that an encoder reads."""

    @property
    def ends_sources(self) -> bool:
        """Whether what an encoder reads is closed by the end token."""

    @property
    def source_vocabulary(self) -> int | None:
        """Number of token ids on the encoder's side, where it has a vocabulary of its own."""

    @property
    def sentence_ends(self) -> tuple[int, ...]:
        """The ids that end a sentence of what an encoder reads, for one that reads sentences."""

    @property
    def heads(self) -> Mapping[str, HeadSettings]:
        """Heads that the batches have labels for, beside those of the objective."""

    def has_one_shape(self, settings: TrainingSettings) -> bool:
        """Whether all batches to learn from have one shape, which is what compiled layers are made for."""

    @property
    def tokens(self) -> int:
        """Tokens to learn from, read once."""

    @property
    def read_share(self) -> float | None:
        """The share of the tokens that an encoder reads and a decoder does not; None where each goes through all."""

    @property
    def held_out_tokens(self) -> int:
        """Tokens to be measured on."""

    @property
    def bytes_per_token(self) -> float:
        """UTF-8 bytes of what is held out and predicted, over its tokens."""

    def batches(self, settings: TrainingSettings) -> Batches:
        """Batches for a run whose `settings` say the number of rows."""

    def names(self, batches: Batches, number: int) -> Sequence[str]:
        """What the examples in batch `number` of `batches` are called; none where it is cut from running text."""

    def held_out(self, settings: TrainingSettings, tokens: int) -> HeldOut:
        """Everything held out, in batches so small that about `tokens` of it can be taken from several places."""

    def counts(self) -> NDArray[np.int64]:
        """How often each id [V] is predicted, for the guess by frequency; of a long text, in its beginning."""
