"""What a mixer may know of the positions it is given: where they stand, what each may see, and what to attend to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

# Positions [T] and seen positions [S] -> what is added to the logits of each head, [H, T, S].
PositionBias = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Memory:
    """What an encoder made of its source: all that a decoder ever sees of it."""

    hidden: Tensor
    """[B, S, D]."""
    real: Tensor | None = None
    """[B, S] bool: positions that hold a token rather than padding. None: all."""
    documents: Tensor | None = None
    """[B, S] int: the document of each position in packed rows, numbered as in the decoder's rows."""


@dataclass(frozen=True)
class Context:
    """The surroundings of a call: [B, T] new positions, and the rules for looking around.

    Shapes by letter: B batch, T new positions, S positions that can be seen (earlier ones and the new, or a source).
    """

    positions: Tensor
    """[T] int64: the place of each new position in its row; all rows march together."""
    is_causal: bool = True
    """No position looks ahead."""
    documents: Tensor | None = None
    """[B, T] int: the document of each position in packed rows; none is seen across a boundary. None: one a row."""
    real: Tensor | None = None
    """[B, T] bool: positions that hold a token rather than padding, which follows them. None: all."""
    prefix: Tensor | None = None
    """[B, T] bool: positions that those before them see too, as far as a window lets them (prefix language models)."""
    segments: Tensor | None = None
    """[B, T] int64: which of the texts in a row a position belongs to, where a model tells them apart; [B, T, K] where
    K vectors are added up, the first of them 0 in the first text alone."""
    memory: Memory | None = None
    """What cross-attention looks at; after a first call that kept its state, the state holds it."""
    position_bias: PositionBias | None = None
    """Relative positions, set by the stack that owns them."""
    maps: list[Tensor] | None = None
    """Where attending mixers leave their weights, [B, H, T, S] each, in the order of the layers. None: nobody asks."""
    keep_state: bool = False
    """Return what the next call needs to go on from here."""


def visible(context: Context, seen: Tensor, window: int | None) -> Tensor | None:
    """Which of the `seen` [S] positions each new one may attend to: bool, [T, S] or [B, 1, T, S]; None: all.

    With documents, padding or a prefix, `seen` must be the new positions themselves: such rows come all at once.
    """
    allowed: Tensor | None = None
    if context.is_causal:
        allowed = context.positions[:, None] >= seen[None, :]
        if context.prefix is not None:
            # A prefix may be seen from before it and no further than the rest, which a cache would have forgotten.
            allowed = allowed | _keys(context.prefix)
    near = None if window is None else (context.positions[:, None] - seen[None, :]).abs() < window
    same = None if context.documents is None else _same(context.documents, context.documents)
    return _all_of(allowed, near, same, None if context.real is None else _keys(context.real))


def visible_memory(context: Context, memory: Memory) -> Tensor | None:
    """Which positions of the memory each new one may attend to: bool [B, 1, T or 1, S]; None: all."""
    same = None
    if memory.documents is not None and context.documents is not None:
        same = _same(context.documents, memory.documents)
    return _all_of(same, None if memory.real is None else _keys(memory.real))


def as_bias(allowed: Tensor | None, dtype: torch.dtype) -> Tensor | None:
    """What to add to attention's logits: 0 where a position is visible, the least number elsewhere; None: nothing.

    The least number and not minus infinity, because a position that sees nothing, as padding may, would then become
    not-a-number, and 0 times that spoils all who look at it.
    """
    if allowed is None:
        return None
    return torch.zeros(allowed.shape, dtype=dtype, device=allowed.device).masked_fill(~allowed, torch.finfo(dtype).min)


def bias(context: Context, seen: Tensor, window: int | None, dtype: torch.dtype) -> Tensor | None:
    """`visible` as what is added to logits."""
    return as_bias(visible(context, seen, window), dtype)


def places(context: Context) -> Tensor:
    """Where each position stands in its document, int64: [T], or [B, T] in packed rows."""
    if context.documents is None:
        return context.positions
    documents = context.documents
    is_first = torch.ones_like(documents, dtype=torch.bool)
    is_first[:, 1:] = documents[:, 1:] != documents[:, :-1]
    index = torch.arange(documents.shape[1], device=documents.device).expand_as(documents)
    return index - torch.where(is_first, index, 0).cummax(1).values


def all_at_once(
    tokens: Tensor,
    *,
    documents: Tensor | None = None,
    real: Tensor | None = None,
    is_causal: bool = True,
    prefix: Tensor | None = None,
    segments: Tensor | None = None,
    memory: Memory | None = None,
) -> Context:
    """The context of whole rows [B, T] that come in one call."""
    positions = torch.arange(tokens.shape[1], device=tokens.device)
    return Context(
        positions,
        is_causal=is_causal,
        documents=documents,
        real=real,
        prefix=prefix,
        segments=segments,
        memory=memory,
    )


def _same(ours: Tensor, theirs: Tensor) -> Tensor:
    return ours[:, None, :, None] == theirs[:, None, None, :]


def _keys(which: Tensor) -> Tensor:
    return which[:, None, None, :]


def _all_of(*rules: Tensor | None) -> Tensor | None:
    allowed: Tensor | None = None
    for rule in rules:
        if rule is not None:
            allowed = rule if allowed is None else allowed & rule
    return allowed
