"""What a mixer may know of the positions it is given: where they stand and what each may see."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Context:
    """The surroundings of a call: [B, T] new positions, and the rules for looking around.

    Shapes by letter: B batch, T new positions, S positions that can be seen (earlier ones and the new).
    """

    positions: Tensor
    """[T] int64: the place of each new position in its row; all rows march together."""
    is_causal: bool = True
    """No position looks ahead."""
    documents: Tensor | None = None
    """[B, T] int: the document of each position in packed rows; none is seen across a boundary. None: one a row."""
    real: Tensor | None = None
    """[B, T] bool: positions that hold a token rather than padding. None: all."""
    keep_state: bool = False
    """Return what the next call needs to go on from here."""


def visible(context: Context, seen: Tensor, window: int | None) -> Tensor | None:
    """Which of the `seen` [S] positions each new one may attend to: bool, [T, S] or [B, 1, T, S]; None: all.

    With documents or padding, `seen` must be the new positions themselves: packed rows come all at once.
    """
    allowed: Tensor | None = None
    if context.is_causal:
        ahead = context.positions[:, None] - seen[None, :]
        allowed = ahead >= 0
        if window is not None:
            allowed = allowed & (ahead < window)
    elif window is not None:
        allowed = (context.positions[:, None] - seen[None, :]).abs() < window
    for rows in (_same_document(context), None if context.real is None else context.real[:, None, None, :]):
        if rows is not None:
            allowed = rows if allowed is None else allowed & rows
    return allowed


def bias(context: Context, seen: Tensor, window: int | None, dtype: torch.dtype) -> Tensor | None:
    """What to add to attention's logits: 0 where a position is visible, the least number elsewhere; None: nothing.

    The least number and not minus infinity, because a position that sees nothing, as padding may, would then become
    not-a-number, and 0 times that spoils all who look at it.
    """
    allowed = visible(context, seen, window)
    if allowed is None:
        return None
    return torch.zeros(allowed.shape, dtype=dtype, device=allowed.device).masked_fill(~allowed, torch.finfo(dtype).min)


def _same_document(context: Context) -> Tensor | None:
    if context.documents is None:
        return None
    return context.documents[:, None, :, None] == context.documents[:, None, None, :]


def all_at_once(
    tokens: Tensor, *, documents: Tensor | None = None, real: Tensor | None = None, is_causal: bool = True
) -> Context:
    """The context of whole rows [B, T] that come in one call."""
    positions = torch.arange(tokens.shape[1], device=tokens.device)
    return Context(positions, is_causal=is_causal, documents=documents, real=real)
