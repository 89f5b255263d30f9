"""Every mixer by name. A mixer is one class and one line here.

The contract: `y, state = mixer(x, context, state)` for x [B, T, D] -> y [B, T, D]. `state` is None when all
positions come at once, else what the calls before left; it is a dict of batch-first tensors that belongs to the
caller. A new state is returned when `context.keep_state` asks for one.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from groundup.model.mixers.attention import Attention
from groundup.model.mixers.feedforward import GatedFeedForward, ReluSquared
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape

MIXERS: dict[str, Callable[[ModelSettings, Shape], nn.Module]] = {
    "attention": Attention,
    "relu_squared": ReluSquared,
    "glu": GatedFeedForward,
}
