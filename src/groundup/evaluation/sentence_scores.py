"""How likely a model holds a sentence to be, in nats: five ways, one for each manner in which models learn to predict.

Every way turns a sentence into rows that a model reads and says which tokens of them count; the score is the sum of
their log-probabilities. A sentence is framed as `<end> sentence <end>`, as a document is in training. The probability
of the closing end token is never part of a score: it says whether a document ends there, which is no matter of
grammar, and a model of whole books holds it to be next to nothing behind every sentence. Ways that look ahead see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
import torch.nn.functional as F
from torch import Tensor

from groundup.model.model import Model
from groundup.objectives.example import UNSCORED, Example, Source, predictions
from groundup.objectives.scoring import TOKENS_AT_ONCE
from groundup.progress import SILENT, Progress
from groundup.tokens.tokenizer import Tokenizer


@dataclass(frozen=True)
class Marks:
    """The special tokens that rows are made with."""

    end: int
    mask: int
    sentinel: int | None = None
    """What stands where a span was taken out, for models that learned to write such spans; None: `mask` does."""


@dataclass(frozen=True)
class Row:
    """One row as a model reads it: inputs, targets of the same length (-100: not scored), and an encoder's source."""

    inputs: tuple[int, ...]
    targets: tuple[int, ...]
    source: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows of one shape fit into one batch without padding."""
        return len(self.source), len(self.inputs)


# A sentence's tokens (one or more), how many of the first are only read, and the special tokens -> its rows.
RowsOf = Callable[[Sequence[int], int, Marks], Iterator[Row]]


def causal(tokens: Sequence[int], read: int, marks: Marks) -> Iterator[Row]:
    """Each token from those before it: the log-probability of the sentence."""
    yield Row((marks.end, *tokens[:-1]), tuple(tokens))


def masked(tokens: Sequence[int], read: int, marks: Marks) -> Iterator[Row]:
    """Each token hidden in turn, from all the others: the pseudo-log-likelihood of Salazar et al., arXiv 1910.14659."""
    for place, token in enumerate(tokens):
        inputs = _hidden(tokens, place, marks.mask, marks)
        yield Row(inputs, _only(token, place + 1, len(inputs)))


def masked_next(tokens: Sequence[int], read: int, marks: Marks) -> Iterator[Row]:
    """The same, said one position ahead as GPT-BERT learns it (arXiv 2410.24159)."""
    for place, token in enumerate(tokens):
        inputs = _hidden(tokens, place, marks.mask, marks)
        yield Row(inputs, _only(token, place, len(inputs)))


def encoder_mask(tokens: Sequence[int], read: int, marks: Marks) -> Iterator[Row]:
    """Each token hidden in turn from the encoder and scored by the decoder, behind the sentinel if there is one."""
    hole = marks.mask if marks.sentinel is None else marks.sentinel
    begin = (marks.end,) if marks.sentinel is None else (marks.end, marks.sentinel)
    for place, token in enumerate(tokens):
        yield Row(begin, _only(token, len(begin) - 1, len(begin)), _hidden(tokens, place, hole, marks))


def encoder_prefix(tokens: Sequence[int], read: int, marks: Marks) -> Iterator[Row]:
    """The encoder reads the first tokens, the decoder writes the rest: its log-probability, given that beginning."""
    hole = () if marks.sentinel is None else (marks.sentinel,)
    rest = tuple(tokens[read:])
    if rest:
        targets = (*(UNSCORED for _ in hole), *rest)
        yield Row((marks.end, *hole, *rest[:-1]), targets, (marks.end, *tokens[:read], *hole))


@dataclass(frozen=True)
class Way:
    """A way of scoring: the rows of a sentence, and how a model is to read them."""

    rows: RowsOf
    is_causal: bool
    has_source: bool
    """Needs an encoder and a decoder; the other ways need one stack alone."""
    has_prefix: bool = False
    """All inputs are a prefix that every position sees, which is how hybrids learn to look ahead."""


WAYS: Mapping[str, Way] = {
    "causal": Way(causal, is_causal=True, has_source=False),
    "masked": Way(masked, is_causal=False, has_source=False),
    "masked_next": Way(masked_next, is_causal=True, has_source=False, has_prefix=True),
    "encoder_mask": Way(encoder_mask, is_causal=True, has_source=True),
    "encoder_prefix": Way(encoder_prefix, is_causal=True, has_source=True),
}


def marks_of(tokenizer: Tokenizer, objective: str) -> Marks:
    """The special tokens for a model of this kind of objective: only span denoising has taught it sentinels."""
    has_sentinels = objective == "spans" and tokenizer.sentinels
    return Marks(tokenizer.end, tokenizer.mask, tokenizer.sentinels[0] if has_sentinels else None)


@torch.inference_mode()
def scores(
    model: Model,
    sentences: Sequence[tuple[Sequence[int], int]],
    way: str,
    marks: Marks,
    progress: Progress = SILENT,
) -> list[float]:
    """The score in nats of each sentence: its tokens, and how many of the first `encoder_prefix` only reads.

    Rows of equal length share a batch, so nothing is padded; only scored positions reach the vocabulary.
    """
    make = WAYS[way]
    rows = [
        (row, number)
        for number, (tokens, read) in enumerate(sentences)
        if tokens
        for row in make.rows(tokens, read, marks)
    ]
    rows.sort(key=lambda entry: entry[0].shape)
    totals = torch.zeros(len(sentences), dtype=torch.float64)
    was_training, done = model.training, 0
    model.eval()
    try:
        for shape, alike in groupby(rows, key=lambda entry: entry[0].shape):
            group, most = list(alike), max(1, TOKENS_AT_ONCE // sum(shape))
            for first in range(0, len(group), most):
                batch = group[first : first + most]
                found = _log_probabilities(model, [row for row, _ in batch], make)
                totals.index_add_(0, torch.tensor([number for _, number in batch]), found)
                done += len(batch)
                progress("scoring", done, len(rows))
    finally:
        model.train(was_training)
    return totals.tolist()


def _log_probabilities(model: Model, rows: Sequence[Row], way: Way) -> Tensor:
    """The summed log-probability of each row's targets: [rows] float64 on the processor."""
    device = model.embedding.weight.device
    inputs = torch.tensor([row.inputs for row in rows], device=device)
    targets = torch.tensor([row.targets for row in rows], device=device)
    source = torch.tensor([row.source for row in rows], device=device) if rows[0].source else None
    example = Example(
        inputs,
        targets,
        is_causal=way.is_causal,
        prefix=torch.ones_like(inputs, dtype=torch.bool) if way.has_prefix else None,
        # One sentence is the first of the texts that a model of pairs tells apart.
        segments=torch.zeros_like(inputs) if model.settings.segments and source is None else None,
        source=None if source is None else Source(source),
    )
    said = predictions(model, example)[0]
    nats = F.cross_entropy(said.logits, said.targets, reduction="none").double().cpu()
    owners = (targets != UNSCORED).nonzero()[:, 0].cpu()
    return torch.zeros(len(rows), dtype=torch.float64).index_add_(0, owners, -nats)


def _hidden(tokens: Sequence[int], place: int, hole: int, marks: Marks) -> tuple[int, ...]:
    return (marks.end, *tokens[:place], hole, *tokens[place + 1 :], marks.end)


def _only(token: int, place: int, length: int) -> tuple[int, ...]:
    return (*(UNSCORED,) * place, token, *(UNSCORED,) * (length - place - 1))
