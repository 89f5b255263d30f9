"""Self-attention with grouped heads, rotary positions, query-key norm and an optional sliding window."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.model.context import Context, bias
from groundup.model.layers import Linear, rms_norm
from groundup.model.positions import rotate
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape

State = dict[str, Tensor]

# Normalised queries and keys, each with a gain of 1.2, let attention become sharp enough (modded-nanogpt's finding).
QUERY_KEY_GAIN = 1.2


class Attention(nn.Module):
    """Scaled dot-product attention (arXiv 1706.03762) of each position over those it may see."""

    def __init__(self, settings: ModelSettings, shape: Shape) -> None:
        super().__init__()
        self.heads, self.groups, self.head_width = shape.heads, shape.key_value_heads, shape.head_width
        # Never further than was trained for, so that a long text is read as its last `context` positions.
        self.reach = min(settings.window or settings.context, settings.context)
        self.is_rotary = settings.positions == "rotary"
        self.is_normed = settings.query_key_norm
        width = self.groups * self.head_width
        self.query = Linear(shape.width, shape.width)
        self.key = Linear(shape.width, width)
        self.value = Linear(shape.width, width)
        self.output = Linear(shape.width, shape.width, is_zero=True)

    def forward(self, x: Tensor, context: Context, state: State | None) -> tuple[Tensor, State | None]:
        """X [B, T, D] -> [B, T, D]; the state holds keys and values [B, G, S, head width] of what was seen."""
        batch, time, _ = x.shape
        q, k, v = self._project(x)
        scale = self.head_width**-0.5
        if self.is_normed:
            q, k, scale = rms_norm(q), rms_norm(k), scale * QUERY_KEY_GAIN**2
        if self.is_rotary:
            q, k = rotate(q, context.positions), rotate(k, context.positions)
        # Heads before positions from here on: a step of decoding then reads the cache where it lies.
        q, k, v = (q * scale).transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
        seen = context.positions
        if state is not None:
            k, v = torch.cat((state["keys"], k), 2), torch.cat((state["values"], v), 2)
            seen = torch.cat((state["positions"], seen))
        kept: State | None = None
        if context.keep_state:
            # With the next position, these are all that it may see.
            first = max(0, seen.shape[0] - self.reach + 1)
            kept = {"keys": k[:, :, first:], "values": v[:, :, first:], "positions": seen[first:]}
        # A single new position sees all that was kept for it.
        is_next = state is not None and time == 1
        y = self._attend(q, k, v, None if is_next else bias(context, seen, self.reach, q.dtype))
        return self.output(y.transpose(1, 2).reshape(batch, time, -1)), kept

    def _project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        # One product with the three matrices side by side is quicker than three.
        weights = torch.cat((self.query.weight, self.key.weight, self.value.weight)).to(x.dtype)
        heads = F.linear(x, weights).view(*x.shape[:2], -1, self.head_width)
        q, k, v = torch.split(heads, [self.heads, self.groups, self.groups], dim=2)
        return q, k, v

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, added: Tensor | None) -> Tensor:
        """Queries [B, H, T, W] over k and v [B, G, S, W] -> [B, H, T, W]; `added` goes onto the logits."""
        if self.groups != self.heads:
            k = k.repeat_interleave(self.heads // self.groups, dim=1)
            v = v.repeat_interleave(self.heads // self.groups, dim=1)
        # Written out, because at short contexts on a processor it takes half the time of the fused kernel. The
        # softmax sums in full precision whatever the type of its input.
        logits = q @ k.mT
        if added is not None:
            logits = logits.add_(added)
        return logits.softmax(-1) @ v
