"""minGRU (Feng et al. 2024, arXiv 2410.01201): a gated recurrence whose gates see the input alone.

The new state is then a linear function of the old one, and all positions come from one scan instead of one after
the other. Choices, each by held-out loss on Shakespeare by characters (0.8 million parameters, one seed): candidates
keep their sign, for the positive ones that the paper needs to scan in logarithms end at 1.750 instead of 1.729 (150
updates); an output gate as in Griffin (arXiv 2402.19427) instead of states half as wide again, which end at 1.744
with a few more parameters; gates begin with spread spans, 1.615 instead of 1.620 (300 updates).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.errors import GroundupError
from groundup.model.context import Context
from groundup.model.layers import Linear, full
from groundup.model.scan import scan
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape

State = dict[str, Tensor]

LONGEST = 64
"""Positions over which the slowest states of a new mixer forget."""


class MinGRU(nn.Module):
    """h[t] = (1 - z) h[t-1] + z c with update gate z and candidate c, both from x[t]; an output gate weighs h.

    In an encoder half of h gathers what stands before a position and half what stands after it.
    """

    # In a decoder it cannot be shown what lies ahead.
    is_one_way = True

    def __init__(self, settings: ModelSettings, shape: Shape, is_causal: bool) -> None:
        super().__init__()
        self.is_causal, inner = is_causal, shape.width
        self.update = Linear(shape.width, inner, has_bias=True)
        self.candidate = Linear(shape.width, inner, has_bias=settings.biases)
        self.gate = Linear(shape.width, inner, has_bias=settings.biases)
        assert self.update.bias is not None
        with torch.no_grad():
            for direction in self.update.bias.chunk(1 if is_causal else 2):
                direction.copy_(_spans(direction.numel()))
        self.output = Linear(inner, shape.width, has_bias=settings.biases, is_zero=settings.residual)

    def forward(self, x: Tensor, context: Context, state: State | None) -> tuple[Tensor, State | None]:
        """X [B, T, D] -> [B, T, D]; a decoder's state holds `hidden` [B, inner] in full precision."""
        _check(self.is_causal, context)
        update, candidate, gate = self._project(x)
        z = torch.sigmoid(full(update))
        if context.real is not None:
            # At padding nothing comes in, and the state passes as it is.
            z = z * context.real[..., None]
        h = self._gathered(1 - z, z * candidate, context.documents, state)
        y = self.output((h * F.silu(gate)).to(x.dtype))
        return y, ({"hidden": h[:, -1]} if context.keep_state and self.is_causal else None)

    def _project(self, x: Tensor) -> list[Tensor]:
        # One product with the three matrices side by side is quicker than three.
        parts = (self.update, self.candidate, self.gate)
        products = F.linear(x, torch.cat([part.weight for part in parts]).to(x.dtype)).chunk(3, -1)
        return [y if part.bias is None else y + part.bias for part, y in zip(parts, products, strict=True)]

    def _gathered(self, kept: Tensor, new: Tensor, documents: Tensor | None, state: State | None) -> Tensor:
        """States [B, T, inner] from the share of the one before that is kept, and what is new."""
        first = torch.zeros_like(new[:, 0]) if state is None else state["hidden"]
        if self.is_causal:
            return scan(kept if documents is None else kept * _same_before(documents)[..., None], new, first)
        if documents is not None:
            before, after = kept.chunk(2, -1)
            same = _same_before(documents)[..., None]
            # The last position of a document is the first that comes from its end.
            kept = torch.cat((before * same, after * same.roll(-1, 1)), -1)
        return _turned(scan(_turned(kept), _turned(new), first))


def _spans(inner: int) -> Tensor:
    """Biases [inner] with which the states forget over 1 to 64 positions, evenly by the logarithm.

    A gate of 1 / (1 + n) keeps what came n positions ago at about a third (n large); its logit is -ln n.
    """
    return -torch.linspace(0, math.log(LONGEST), inner)


def _turned(x: Tensor) -> Tensor:
    """X [B, T, inner], the second half of its numbers from the last position to the first."""
    ahead, back = x.chunk(2, -1)
    return torch.cat((ahead, back.flip(1)), -1)


def _same_before(documents: Tensor) -> Tensor:
    """Whether each of [B, T] belongs to the document of the position before it."""
    # What comes round to the first position does not matter: it has nothing to keep.
    return documents == documents.roll(1, 1)


def _check(is_causal: bool, context: Context) -> None:
    if is_causal and (context.prefix is not None or not context.is_causal):
        raise GroundupError(
            "A minGRU in a decoder reads from left to right, and was asked to see what comes later.",
            "Put it into model.encoder, or choose an objective that looks back only, such as causal.",
        )
    if not is_causal and context.is_causal:
        raise GroundupError(
            "A minGRU in an encoder reads both ways, and was asked not to look ahead.",
            "Put it into model.decoder, or choose an objective that sees the whole input, such as masked.",
        )
