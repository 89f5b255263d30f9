"""Feed-forward mixers: each position on its own through a wider inner layer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from groundup.model.context import Context
from groundup.model.layers import Linear
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape

Activation = Callable[[Tensor], Tensor]


def relu_squared(x: Tensor) -> Tensor:
    """`relu(x)^2` (Primer, arXiv 2109.08668)."""
    return F.relu(x).square()


gelu_tanh: Activation = partial(F.gelu, approximate="tanh")


class FeedForward(nn.Module):
    """`W2 f(W1 x)`."""

    def __init__(self, settings: ModelSettings, shape: Shape, is_causal: bool, activation: Activation) -> None:
        super().__init__()
        self.activation = activation
        self.inner = Linear(shape.width, shape.hidden, has_bias=settings.biases)
        self.output = Linear(shape.hidden, shape.width, has_bias=settings.biases, is_zero=settings.residual)

    def forward(self, x: Tensor, context: Context, state: None) -> tuple[Tensor, None]:
        """X [B, T, D] -> [B, T, D]; there is no state."""
        return self.output(self.activation(self.inner(x))), None


class GatedFeedForward(nn.Module):
    """`W2 (f(Wg x) * W1 x)` (Shazeer, arXiv 2002.05202); SwiGLU where f is SiLU.

    Its inner layer is two thirds as wide, so that its three matrices hold as many parameters as two.
    """

    def __init__(self, settings: ModelSettings, shape: Shape, is_causal: bool, activation: Activation) -> None:
        super().__init__()
        self.activation = activation
        self.gate = Linear(shape.width, shape.gated, has_bias=settings.biases)
        self.inner = Linear(shape.width, shape.gated, has_bias=settings.biases)
        self.output = Linear(shape.gated, shape.width, has_bias=settings.biases, is_zero=settings.residual)

    def forward(self, x: Tensor, context: Context, state: None) -> tuple[Tensor, None]:
        """X [B, T, D] -> [B, T, D]; there is no state."""
        return self.output(self.activation(self.gate(x)) * self.inner(x)), None


FEEDFORWARDS: dict[str, Callable[[ModelSettings, Shape, bool], nn.Module]] = {
    "relu_squared": partial(FeedForward, activation=relu_squared),
    "relu": partial(FeedForward, activation=F.relu),
    "silu": partial(FeedForward, activation=F.silu),
    # The error function itself in BERT, its approximation by a tangent in GPT-2.
    "gelu": partial(FeedForward, activation=F.gelu),
    "gelu_tanh": partial(FeedForward, activation=gelu_tanh),
    "glu": partial(GatedFeedForward, activation=F.silu),
    "geglu": partial(GatedFeedForward, activation=gelu_tanh),
}
