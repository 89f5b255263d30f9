"""The batches that a run reads: windows of running text, or pairs of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from groundup.errors import GroundupError
from groundup.objectives.scoring import TOKENS_AT_ONCE
from groundup.tokens.batches import EveryToken, Windows
from groundup.tokens.pairs import NextSentence, SentenceOrder, SentencePairs
from groundup.tokens.respelled import Respelled
from groundup.tokens.sentences import sentence_starts
from groundup.tokens.shards import TokenStream
from groundup.training.feed import Batches, HeldOut
from groundup.training.settings import TrainingSettings

if TYPE_CHECKING:
    from groundup.training.start import Task

# A part of the held-out text is taken from this many places.
PIECES = 8
# Tokens that are enough to know how frequent each is.
COUNTED, COUNTED_AT_ONCE = 50_000_000, 1_000_000


PAIRS: Mapping[str, type[SentencePairs]] = {"next_sentence": NextSentence, "sentence_order": SentenceOrder}


def training_batches(task: Task, settings: TrainingSettings) -> Batches:
    """The training batches of a run whose `settings` say the number of rows."""
    assert settings.batch is not None
    if settings.objective.pairs != "none":
        return _pairs(task, settings, task.train, settings.batch)
    windows = Windows(
        task.train,
        context=task.model.context,
        rows=settings.batch,
        fingerprint=task.data_fingerprint,
        seed=task.seed,
        documents=settings.documents_apart,
    )
    if not settings.objective.bpe_dropout:
        return windows
    assert task.respell is not None, "BPE-dropout without a tokenizer to spell with"
    return Respelled(windows, task.respell)


def held_out_batches(task: Task, settings: TrainingSettings, tokens: int) -> HeldOut:
    """Batches of held-out text, small enough that `tokens` of it can be taken from several places."""
    context, stream = task.model.context, task.validation
    # A part is taken in smaller pieces, so that it speaks for the whole.
    at_once = TOKENS_AT_ONCE if tokens >= stream.tokens.size else min(TOKENS_AT_ONCE, tokens // PIECES)
    rows = max(1, at_once // context)
    if settings.objective.pairs != "none":
        return _pairs(task, settings, stream, rows).held_out()
    return EveryToken(stream, context=context, rows=rows, documents=settings.documents_apart)


def _pairs(task: Task, settings: TrainingSettings, stream: TokenStream, rows: int) -> SentencePairs:
    assert task.sentences is not None, "pairs of sentences without rules that tell sentences apart"
    try:
        return PAIRS[settings.objective.pairs](
            stream,
            sentence_starts(stream, task.sentences),
            context=task.model.context,
            rows=rows,
            separator=task.symbols.separator,
            padding=task.symbols.padding,
            fingerprint=task.data_fingerprint,
            seed=task.seed,
        )
    except GroundupError as error:
        part = "held-out" if stream is task.validation else "training"
        count = f"{stream.documents:,} document{'s' * (stream.documents != 1)}"
        raise GroundupError(
            f"The {part} text ({count}): {error.message}",
            f"{error.remedy} corpus.validation decides which documents are held out.",
        ) from error


def token_counts(task: Task) -> NDArray[np.int64]:
    """How often each id [V] occurs in the training text, or in the beginning of a long one."""
    counts = np.zeros(task.coder.vocabulary, dtype=np.int64)
    # In parts, because each is turned into eight bytes a token.
    for first in range(0, min(COUNTED, task.train.tokens.size), COUNTED_AT_ONCE):
        part = task.train.tokens[first : min(first + COUNTED_AT_ONCE, COUNTED)]
        counts += np.bincount(part, minlength=len(counts))
    return counts
