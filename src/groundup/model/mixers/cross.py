"""Cross-attention: a decoder's look at the encoder's output, the only one it ever gets."""

from __future__ import annotations

from torch import Tensor, nn

from groundup.model.context import Context, as_bias, visible_memory
from groundup.model.mixers.attend import attend, normed, projections, scale_of
from groundup.model.mixers.remembered import Remembered
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape


class Cross(nn.Module):
    """Scaled dot-product attention of each position over the memory (arXiv 1706.03762, section 3.2.3)."""

    attends_memory = True

    def __init__(self, settings: ModelSettings, shape: Shape, is_causal: bool) -> None:
        super().__init__()
        self.heads, self.groups, self.head_width = shape.heads, shape.key_value_heads, shape.head_width
        self.is_normed, self.scale = settings.query_key_norm, scale_of(settings, shape)
        self.dropped = settings.attention_dropout
        self.query, self.key, self.value, self.output = projections(settings, shape)

    def forward(self, x: Tensor, context: Context, state: Remembered | None) -> tuple[Tensor, Remembered | None]:
        """X [B, T, D] -> [B, T, D]; the state holds the memory's keys and values [M, G, S, head width]."""
        batch, time, _ = x.shape
        q = self.query(x).view(batch, time, self.heads, self.head_width)
        if state is None:
            state = self._remember(context)
        q = normed(q, self.is_normed)
        weights: list[Tensor] = []
        y = attend(
            state.gathered(q * self.scale).transpose(1, 2),
            state.parts["keys"],
            state.parts["values"],
            state.parts.get("hidden_from"),
            maps=None if context.maps is None else weights,
            dropped=self.dropped if self.training else 0.0,
        )
        if context.maps is not None:
            context.maps.extend(state.parted(part.transpose(1, 2), time).transpose(1, 2) for part in weights)
        y = state.parted(y.transpose(1, 2), time)
        return self.output(y.reshape(batch, time, -1)), state if context.keep_state else None

    def _remember(self, context: Context) -> Remembered:
        """The memory's keys and values, projected once for all steps of decoding."""
        memory = context.memory
        assert memory is not None, "cross-attention without an encoder"
        hidden = memory.hidden
        k, v = (part(hidden).view(*hidden.shape[:2], self.groups, -1) for part in (self.key, self.value))
        state = {"keys": normed(k, self.is_normed).transpose(1, 2), "values": v.transpose(1, 2)}
        if context.keep_state:
            # Each step reads them; so they are laid out for it once.
            state = {name: part.contiguous() for name, part in state.items()}
        added = as_bias(visible_memory(context, memory), k.dtype)
        return Remembered(state if added is None else {**state, "hidden_from": added})
