"""The attention of recurrent translators: a decoder's look at the encoder's output, as it was before the Transformer.

Both read the state that the recurrent mixer before them made. Neither feeds what it found back into the next step of
that network, as Bahdanau et al. and Luong et al. do: the network could then not read all positions in one call.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from groundup.model.context import Context, as_bias, visible_memory
from groundup.model.layers import Linear, dropout
from groundup.model.mixers.remembered import Remembered
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape


class Additive(nn.Module):
    """Scores `v tanh(W x + U m)`, then a projection of what was found (Bahdanau et al., arXiv 1409.0473).

    It holds B x T x S x D numbers at once: dear for long texts, nothing for sentences.
    """

    attends_memory = True

    def __init__(self, settings: ModelSettings, shape: Shape, is_causal: bool) -> None:
        super().__init__()
        self.dropped = settings.attention_dropout
        self.query = Linear(shape.width, shape.width, has_bias=settings.biases)
        self.key = Linear(shape.width, shape.width)
        self.score = Linear(shape.width, 1)
        self.output = Linear(shape.width, shape.width, has_bias=settings.biases, is_zero=settings.residual)

    def forward(self, x: Tensor, context: Context, state: Remembered | None) -> tuple[Tensor, Remembered | None]:
        """X [B, T, D] -> [B, T, D]; the state holds the memory and its projection, [M, S, D] both."""
        if state is None:
            state = _remember(context, self.key)
        # Nearly all the time goes into this tanh, so rows that are not there must not take part in it.
        sums = self.query(x)[:, :, None] + state.of_each("keys")[:, None]
        logits = state.gathered(self.score(torch.tanh(sums))[..., 0])
        found = _found(logits, state, context, x.shape[1], self.dropped if self.training else 0.0)
        return self.output(found), state if context.keep_state else None


class Luong(nn.Module):
    """Scores `x W m`, then `tanh(Wc [found; x])` (Luong et al., arXiv 1508.04025: "general" and attentional vector)."""

    attends_memory = True

    def __init__(self, settings: ModelSettings, shape: Shape, is_causal: bool) -> None:
        super().__init__()
        self.dropped = settings.attention_dropout
        self.key = Linear(shape.width, shape.width)
        # The score is not divided by a root of the width, so its matrix begins as much smaller.
        nn.init.normal_(self.key.weight, std=1 / shape.width)
        # The tanh of nothing is nothing, and there it is steepest.
        self.output = Linear(2 * shape.width, shape.width, has_bias=settings.biases, is_zero=settings.residual)

    def forward(self, x: Tensor, context: Context, state: Remembered | None) -> tuple[Tensor, Remembered | None]:
        """X [B, T, D] -> [B, T, D]; the state holds the memory and its projection, [M, S, D] both."""
        if state is None:
            state = _remember(context, self.key)
        logits = state.gathered(x) @ state.parts["keys"].mT
        found = _found(logits, state, context, x.shape[1], self.dropped if self.training else 0.0)
        return torch.tanh(self.output(torch.cat((found, x), -1))), state if context.keep_state else None


def _remember(context: Context, key: Linear) -> Remembered:
    """The memory, projected once for all steps of decoding."""
    memory = context.memory
    assert memory is not None, "attention to a source without an encoder"
    hidden_from = as_bias(visible_memory(context, memory), memory.hidden.dtype)
    state = {"keys": key(memory.hidden), "memory": memory.hidden}
    return Remembered(state if hidden_from is None else {**state, "hidden_from": hidden_from})


def _found(logits: Tensor, state: Remembered, context: Context, time: int, dropped: float) -> Tensor:
    """Logits as `gathered`, [M, most * T, S] -> the mean of the memory that they ask for, [B, T, D]."""
    if "hidden_from" in state.parts:
        logits = logits + state.parts["hidden_from"][:, 0]
    weights = logits.softmax(-1)
    if context.maps is not None:
        context.maps.append(state.parted(weights, time)[:, None])
    return state.parted(dropout(weights, dropped, True) @ state.parts["memory"], time)
