"""A vector for each sentence of a source: what an encoder reads where `model.sentences` asks for it.

A sentence is the sum of its tokens' embeddings, each times a learned mask of its place in the sentence, so that who
gave what to whom can be told (position encoding: arXiv 1503.08895, section 4.1; with learned masks: arXiv 1612.03969
and, on the same stories, arXiv 1807.03819). A source is then as many positions as it has sentences.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from groundup.model.context import Context
from groundup.model.layers import full
from groundup.model.positions import waves

# Masks begin about one, so that a sentence begins as the sum of its words, and so unlike that their order shows.
SPREAD = 0.2


class Sentences(nn.Module):
    """Embedded tokens become sentences, each of which ends behind one of the tokens given."""

    def __init__(self, places: int, width: int, ends: tuple[int, ...], *, has_ages: bool = False) -> None:
        """`places`: how many have a mask of their own; all tokens behind them share the last one's.

        `has_ages`: sentences say how many stand behind them.
        """
        super().__init__()
        self.ends, self.has_ages = ends, has_ages
        self.masks = nn.Embedding(places, width)
        nn.init.normal_(self.masks.weight, mean=1.0, std=SPREAD)

    def forward(self, tokens: Tensor, embedded: Tensor, context: Context) -> tuple[Tensor, Context]:
        """Tokens [B, S] and their embeddings [B, S, D] -> sentences [B, L, D], and the context of these.

        L is the number of sentences in the row that has most; rows with fewer are padded. In training it is rounded up,
        by an eighth at most: batches then share a few shapes, and a new one costs a processor a fifth of an update.
        """
        begins = self.begins(tokens, context)
        rows, width = len(tokens), embedded.shape[-1]
        counts = begins.sum(1)
        longest = max(1, int(counts.max()))
        longest = _rounded(longest) if self.training else longest
        # What stands before the first beginning is padding.
        number = (begins.cumsum(1) - 1).clamp(min=0)
        index = torch.arange(tokens.shape[1], device=tokens.device).expand_as(tokens)
        place = index - torch.where(begins, index, 0).cummax(1).values
        # Summed in full precision, in the order of the text.
        parts = full(embedded) * self.masks(place.clamp(max=self.masks.num_embeddings - 1))
        if context.real is not None:
            parts = parts.masked_fill(~context.real[..., None], 0.0)
        row = torch.arange(rows, device=tokens.device)[:, None]
        sums = parts.new_zeros(rows * longest, width)
        sums = sums.index_add(0, (row * longest + number).flatten(), parts.flatten(0, 1))
        positions = torch.arange(longest, device=tokens.device)
        documents = None
        if context.documents is not None:
            # Of what is no sentence, any.
            documents = context.documents.new_zeros(rows, longest)
            documents[row.expand_as(number)[begins], number[begins]] = context.documents[begins]
        around = replace(context, positions=positions, real=positions < counts[:, None], documents=documents)
        sentences = sums.view(rows, longest, width)
        if self.has_ages:
            sentences = sentences + waves(_ages(counts, positions, documents), width)
        return sentences.to(embedded.dtype), around

    def begins(self, tokens: Tensor, context: Context) -> Tensor:
        """Which of the tokens [B, S] a sentence begins with, bool.

        A document begins with one, and another begins behind a token that ends one; several such, as a full stop and
        the end of the line, end the same sentence.
        """
        is_end = torch.isin(tokens, tokens.new_tensor(self.ends))
        begins = torch.ones_like(is_end)
        begins[:, 1:] = is_end[:, :-1] & ~is_end[:, 1:]
        if context.documents is not None:
            begins[:, 1:] |= context.documents[:, 1:] != context.documents[:, :-1]
        return begins if context.real is None else begins & context.real


def _rounded(count: int) -> int:
    """The next number up that has four significant binary digits."""
    step = 1 << max(0, count.bit_length() - 4)
    return -(-count // step) * step


def _ages(counts: Tensor, positions: Tensor, documents: Tensor | None) -> Tensor:
    """How many sentences stand behind each in its document, [B, L]; of what is no sentence, anything from 0 on.

    `counts` [B]: sentences of each row; `positions` [L]; `documents` [B, L].
    """
    is_last = positions == counts[:, None] - 1
    if documents is not None:
        is_last[:, :-1] |= documents[:, :-1] != documents[:, 1:]
    ends = torch.where(is_last, positions, len(positions)).flip(1).cummin(1).values.flip(1)
    return ends - positions
