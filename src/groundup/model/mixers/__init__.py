"""Every mixer by name. A mixer is one class and one line here.

The contract: `y, state = mixer(x, context, state)` for x [B, T, D] -> y [B, T, D]. `state` is None when all
positions come at once, else what the calls before left; it is a dict of batch-first tensors, or what is `Remembered`
of a source, and belongs to the caller. A new state is returned when `context.keep_state` asks for one. A mixer is made
from the model's settings, its shape, and whether its stack reads only backwards (a decoder) or both ways (an encoder).
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from groundup.model.mixers.attention import Attention
from groundup.model.mixers.convolution import Convolution
from groundup.model.mixers.cross import Cross
from groundup.model.mixers.feedforward import FEEDFORWARDS
from groundup.model.mixers.mingru import MinGRU
from groundup.model.mixers.recurrence import RECURRENCES
from groundup.model.mixers.recurrent_attention import Additive, Luong
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape

MIXERS: dict[str, Callable[[ModelSettings, Shape, bool], nn.Module]] = {
    "attention": Attention,
    "cross": Cross,
    "additive": Additive,
    "luong": Luong,
    **RECURRENCES,
    "convolution": Convolution,
    "mingru": MinGRU,
    **FEEDFORWARDS,
}
