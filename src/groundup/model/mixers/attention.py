"""Self-attention with grouped heads, any kind of positions, query-key norm and an optional sliding window."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.model.context import Context, bias
from groundup.model.mixers.attend import attend, joined, normed, projections, scale_of, sum_of
from groundup.model.positions import rotate
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape

State = dict[str, Tensor]


class Attention(nn.Module):
    """Scaled dot-product attention (arXiv 1706.03762) of each position over those it may see."""

    def __init__(self, settings: ModelSettings, shape: Shape, is_causal: bool) -> None:
        super().__init__()
        self.heads, self.groups, self.head_width = shape.heads, shape.key_value_heads, shape.head_width
        # Never further than was trained for, so that a long text is read as its last `context` positions.
        self.reach = min(settings.window or settings.context, settings.context)
        # An encoder's whole input is in sight, however long.
        self.window = self.reach if is_causal else settings.window
        self.is_rotary, self.rotary_base = settings.positions == "rotary", settings.rotary_base
        self.is_normed, self.scale = settings.query_key_norm, scale_of(settings, shape)
        self.dropped = settings.attention_dropout
        self.query, self.key, self.value, self.output = projections(settings, shape)

    def forward(self, x: Tensor, context: Context, state: State | None) -> tuple[Tensor, State | None]:
        """X [B, T, D] -> [B, T, D]; the state holds keys and values [B, G, S, head width] of what was seen."""
        batch, time, _ = x.shape
        q, k, v = self._project(x)
        q, k = normed(q, self.is_normed), normed(k, self.is_normed)
        if self.is_rotary:
            q, k = (rotate(part, context.positions, self.rotary_base) for part in (q, k))
        # Heads before positions from here on: a step of decoding then reads the cache where it lies.
        q, k, v = (q * self.scale).transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
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
        added = None if is_next else bias(context, seen, self.window, q.dtype)
        if context.position_bias is not None:
            added = sum_of(added, context.position_bias(context.positions, seen).to(q.dtype))
        y = attend(q, k, v, added, maps=context.maps, dropped=self.dropped if self.training else 0.0)
        return self.output(y.transpose(1, 2).reshape(batch, time, -1)), kept

    def _project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        # One product with the three matrices side by side is quicker than three.
        weights = torch.cat((self.query.weight, self.key.weight, self.value.weight)).to(x.dtype)
        biases = joined([self.query.bias, self.key.bias, self.value.bias])
        heads = F.linear(x, weights, None if biases is None else biases.to(x.dtype))
        heads = heads.view(*x.shape[:2], -1, self.head_width)
        q, k, v = torch.split(heads, [self.heads, self.groups, self.groups], dim=2)
        return q, k, v
