"""What a model looked at when it judged a text: how much each token, and each word, spoke for the label.

Integrated gradients (Sundararajan et al. 2017, arXiv 1703.01365): the embeddings of a text are led in a straight line
from a baseline to themselves, and each token is credited with what the label gained along its share of the way. The
credits then add up to what the text changed; wherever they do not, the way is cut finer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from groundup.model.context import Context
from groundup.model.model import Model
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.words import begins_word

# Ids that every tokenizer has: padding, separators and end tokens frame a text and are none of it.
_FRAME, _MASK = (0, 3, 4), 2
# Rows that go through the model at once: the way back keeps all of their activations.
_ROWS = 64
# How often a stretch of the way may be halved. Where a sure model changes its mind, it does so within a hundredth.
_HALVINGS = 7
# What may be missing from the credits of a stretch: this, divided by the steps, of what the label gained there.
_MISSING = 0.1


@torch.no_grad()
def attribute(model: Model, head: str, tokens: Tensor, context: Context, classes: Tensor, steps: int = 16) -> Tensor:
    """How much each token of rows [B, T] spoke for the label `classes` [B] that `head` may give its row, [B, T].

    In nats of log odds, log p / (1 - p): with two labels what speaks for one speaks as much against the other. The
    scores of a row add up to its log odds less those of the baseline, within about 0.1 / `steps` of either the
    difference or one nat, whichever is more. Padding, end tokens and separators have exactly 0.

    The baseline is the same row, framed alike, with every token of the text masked. Not zeros: a norm over the
    embeddings makes any small part of a vector as large as the whole, so all of the change would happen beside zero
    and no sum would find it. A mask is as large as a token, stays what it was made where no objective has used it,
    and after masked training means just this: nothing is known here.

    `steps` is the number of points that a stretch of the way is measured at. `head` is one that labels rows, of the
    kind `sequence` or `pair`. A decoder with an encoder has its memory in the context, and it stays as it is. Puts the
    model into evaluation mode.
    """
    assert steps >= 1, steps
    model.eval()
    way = _way(model, tokens, context)
    nodes, weights = _measure(steps, way.text)
    scores = way.text.new_zeros(tokens.shape)
    rows = torch.arange(len(tokens), device=tokens.device)
    low, high = way.text.new_zeros(len(rows)), way.text.new_ones(len(rows))
    for halving in range(_HALVINGS + 1):
        length = high - low
        places = low[:, None] + length[:, None] * nodes
        odds, slopes = _along(model, head, way, context, classes, rows, places)
        credits = length[:, None] * (weights[:, None] * slopes).sum(1)
        gain = odds[:, -1] - odds[:, 0]
        is_off = (gain - credits.sum(1)).abs() > _MISSING / steps * gain.abs().clamp(min=1)
        is_off &= halving < _HALVINGS
        scores.index_add_(0, rows[~is_off], credits[~is_off])
        rows, low, high = rows[is_off].repeat(2), low[is_off], high[is_off]
        middle = (low + high) / 2
        low, high = torch.cat((low, middle)), torch.cat((middle, high))
        if not len(rows):
            break
    return scores


def word_scores(tokenizer: Tokenizer, ids: Sequence[int], scores: Sequence[float]) -> list[tuple[str, float]]:
    """The words of a row of tokens, each with the sum of its tokens' scores.

    A word has the space before it, so that the texts put together are the row's. Padding and end tokens are left out;
    other special tokens, an unknown one too, are words by their names.
    """
    begins, special = begins_word(tokenizer), len(tokenizer.special_tokens)
    words: list[tuple[list[int], float]] = []
    is_open = False
    for token, score in zip(ids, scores, strict=True):
        if token in (tokenizer.padding, tokenizer.end):
            is_open = False
            continue
        if is_open and not begins[token]:
            so_far, total = words[-1]
            words[-1] = ([*so_far, token], total + float(score))
        else:
            words.append(([token], float(score)))
        is_open = token >= special
    return [(tokenizer.decode(word, show_special=True), score) for word, score in words]


@dataclass(frozen=True)
class _Way:
    """The straight line that ends at the text's embeddings."""

    text: Tensor
    """[B, T, D] its end, at 1."""
    change: Tensor
    """[B, T, D] the whole way from the baseline, at 0."""


def _way(model: Model, tokens: Tensor, context: Context) -> _Way:
    text, blank = model.embedding(tokens), model.embedding.weight[_MASK]
    is_frame = torch.isin(tokens, tokens.new_tensor(_FRAME))
    if context.real is not None:
        is_frame = is_frame | ~context.real
    return _Way(text, (text - blank).masked_fill(is_frame[..., None], 0.0))


def _measure(steps: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Where between 0 and 1 to measure, and what each place counts in the mean: Gauss and Legendre's, and both ends.

    At 16 of these places a smooth way is summed as well as at hundreds of even ones. The ends count nothing: they tell
    what the sum should be.
    """
    places, weights = np.polynomial.legendre.leggauss(steps)
    nodes = np.concatenate(([0.0], (places + 1) / 2, [1.0]))
    return like.new_tensor(nodes), like.new_tensor(np.concatenate(([0.0], weights / 2, [0.0])))


def _along(
    model: Model, head: str, way: _Way, context: Context, classes: Tensor, rows: Tensor, places: Tensor
) -> tuple[Tensor, Tensor]:
    """Log odds [N, P] at the `places` [N, P] of the ways of `rows` [N], and what each token adds there, [N, P, T]."""
    odds, slopes = [], []
    flat = rows.repeat_interleave(places.shape[1])
    for some, place in zip(torch.split(flat, _ROWS), torch.split(places.flatten(), _ROWS), strict=True):
        change = way.change[some]
        with torch.enable_grad():
            embedded = (way.text[some] - (1 - place)[:, None, None] * change).requires_grad_()
            surroundings = _chosen(context, some)
            with _fed(model.embedding, embedded):
                # What the ids are does not matter: the table answers with the given vectors.
                ids = torch.zeros(embedded.shape[:2], dtype=torch.long, device=embedded.device)
                hidden, _ = model(ids, surroundings)
            found = _log_odds(model.label(head, hidden, surroundings), classes[some])
            (gradient,) = torch.autograd.grad(found.sum(), embedded)
        odds.append(found.detach())
        slopes.append((gradient * change).sum(-1))
    return torch.cat(odds).view(places.shape), torch.cat(slopes).view(*places.shape, -1)


@contextmanager
def _fed(table: nn.Embedding, vectors: Tensor) -> Iterator[None]:
    """Have `table` answer with `vectors`, whatever ids it is asked for."""
    hook = table.register_forward_hook(lambda *_: vectors)
    try:
        yield
    finally:
        hook.remove()


def _log_odds(logits: Tensor, classes: Tensor) -> Tensor:
    """Logits [N, labels] -> log p / (1 - p) of the label `classes` [N]; what is added to all logits is not seen."""
    column = classes[:, None]
    others = logits.scatter(1, column, torch.finfo(logits.dtype).min)
    return logits.gather(1, column)[:, 0] - others.logsumexp(1)


def _chosen(context: Context, rows: Tensor) -> Context:
    """The context of some `rows` [N] of a batch, each as often as it is named."""

    def of(field: Tensor | None) -> Tensor | None:
        return None if field is None else field[rows]

    memory = context.memory
    if memory is not None:
        memory = replace(memory, hidden=memory.hidden[rows], real=of(memory.real), documents=of(memory.documents))
    return replace(
        context,
        documents=of(context.documents),
        real=of(context.real),
        prefix=of(context.prefix),
        segments=of(context.segments),
        memory=memory,
    )
