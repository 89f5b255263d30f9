"""Where a decoder looked while it wrote: the weights of every mixer that attends, to the source or to the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from groundup.decoding.engine import DecoderEngine
from groundup.model.context import Context
from groundup.model.model import Model
from groundup.model.stack import Layer


@dataclass(frozen=True)
class AttentionMap:
    """The weights of one of the mixers that every layer of a decoder has."""

    mixer: str
    """Its name in the decoder's settings."""
    is_over_source: bool
    """S is the source (cross-attention); otherwise S is the text itself (self-attention), and equal to T."""
    weights: Tensor
    """[layers, heads, T, S]: how much of what position t made of the text came from s. Each row adds up to 1."""


@torch.inference_mode()
def attention_maps(
    model: Model, tokens: Sequence[int], source: Sequence[int] | None = None, *, prefix: int = 0
) -> tuple[AttentionMap, ...]:
    """The attention weights of a decoder that reads `tokens` (T) at once, one map for each mixer that attends.

    For a hypothesis give its prompt and its tokens: position t is where the decoder decided on token t + 1. A model
    with an encoder needs the source (S). The first `prefix` tokens are seen whole (prefix language models). Puts the
    model into evaluation mode; raises GroundupError where it has no decoder, for texts longer than it can read, and
    where a source is missing or one too many.
    """
    engine = DecoderEngine(model)
    engine.check_length(len(tokens), "text")
    text = torch.tensor([list(tokens)], device=engine.device)
    _, _, memory = engine.start(None if source is None else [source])
    if memory is not None and source is not None and len(source) == len(tokens):
        # One position of padding, which no weight goes to: now the length alone tells which is which.
        empty = torch.zeros_like(memory.hidden[:, :1])
        real = torch.tensor([[True] * len(source) + [False]], device=engine.device)
        memory = replace(memory, hidden=torch.cat((memory.hidden, empty), 1), real=real)
    positions = torch.arange(len(tokens), device=engine.device)
    seen_whole = (positions < prefix)[None] if prefix else None
    found: dict[int, list[Tensor]] = {}
    assert model.decoder is not None
    with ExitStack() as hooks:
        for layer in model.decoder.layers:
            assert isinstance(layer, Layer)
            for number, mixer in enumerate(layer.mixers):
                hook = mixer.register_forward_pre_hook(_into(found.setdefault(number, [])))
                hooks.callback(hook.remove)
        model(text, Context(positions, prefix=seen_whole, memory=memory))
    maps = []
    for number, weights in found.items():
        if weights:
            stacked = torch.cat(weights)
            is_over_source = memory is not None and stacked.shape[-1] != len(tokens)
            columns = len(source) if is_over_source and source is not None else len(tokens)
            maps.append(AttentionMap(model.settings.decoder[number], is_over_source, stacked[..., :columns]))
    return tuple(maps)


def _into(kept: list[Tensor]) -> Callable[[nn.Module, tuple[Any, ...]], tuple[Any, ...]]:
    """A hook that lets a mixer leave its weights in `kept`, whatever the others do."""

    def hook(mixer: nn.Module, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        x, context, state = arguments
        return x, replace(context, maps=kept), state

    return hook
