"""Where a decoder looked while it wrote: the weights of every mixer that attends, to the source or to the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple
from unicodedata import category, east_asian_width

import torch
from torch import Tensor, nn

from groundup.decoding.engine import DecoderEngine
from groundup.decoding.text import TextCoder, as_source, whole
from groundup.model.context import Context, all_at_once
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
    """[layers, heads, T, S]: how much of what position t made of the text came from s. Each row adds up to 1. Over a
    source that is read by sentences, s is one of them."""


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
    read = 0 if memory is None else memory.hidden.shape[1]
    if memory is not None and read == len(tokens):
        # One position of padding, which no weight goes to: now the length alone tells which is which.
        empty = torch.zeros_like(memory.hidden[:, :1])
        real = torch.tensor([[True] * read + [False]], device=engine.device)
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
            columns = read if is_over_source else len(tokens)
            maps.append(AttentionMap(model.settings.decoder[number], is_over_source, stacked[..., :columns]))
    return tuple(maps)


# What an end token is called where pieces are shown: as the tokenizer calls it.
END = "<end>"


class Alignment(NamedTuple):
    """Where a model looked in a source for each piece of a text."""

    source: list[str]
    """S pieces; where it ends with the end token, that is the last. Of a model that reads sentences, S sentences."""
    target: list[str]
    """T pieces, the end token behind them."""
    weights: Tensor
    """[T, S]: row t is where the model looked when it was to decide on piece t. Each row adds up to 1."""


def alignment(
    model: Model,
    coder: TextCoder,
    source: str,
    target: str,
    source_coder: TextCoder | None = None,
    *,
    ends_source: bool = True,
) -> Alignment:
    """Attention to the source, the mean of all heads and layers, for a source and a text written of it.

    `source_coder`: of the source, where it is not `coder`; `ends_source`: the source is read with an end token behind
    it, as in training pairs. `attention_maps` has each head by itself. Raises GroundupError for a model that reads no
    sources or writes no texts, and for texts longer than it can read.
    """
    reader = source_coder or coder
    ids, written = as_source(reader.encode(source), reader.end, is_closed=ends_source), coder.encode(target)
    maps = attention_maps(model, [coder.end, *written], ids)
    looks = [found.weights.mean((0, 1)) for found in maps if found.is_over_source]
    pieces = _pieces(reader, ids)
    if model.sentences is not None:
        tokens = torch.tensor([ids])
        starts = model.sentences.begins(tokens, all_at_once(tokens))[0].nonzero()[:, 0].tolist()
        spans = pairwise([*starts, len(ids)])
        pieces = ["".join(piece for piece in pieces[start:stop] if piece != END) or END for start, stop in spans]
    return Alignment(pieces, _pieces(coder, [*written, coder.end]), torch.stack(looks).mean(0))


def by_words(found: Alignment) -> Alignment:
    """The same from word to word, without the blanks about them; a text of one word stays in its pieces.

    A word of the source got what its pieces got together, and a word of the text looked where its pieces did in the
    mean (as in arXiv 1906.04341, section 4.1), so each row still adds up to 1.
    """
    rows, columns = _words(found.target), _words(found.source)
    weights = torch.stack([found.weights[row.start : row.stop].mean(0) for row in rows])
    weights = torch.stack([weights[:, column.start : column.stop].sum(1) for column in columns], 1)
    return Alignment(_joined(found.source, columns), _joined(found.target, rows), weights)


def _words(pieces: Sequence[str]) -> list[range]:
    """Which pieces make each word."""
    starts, said, behind = [0], "", 0
    for place, piece in enumerate(pieces):
        # Part of a character: it goes with the rest of that, which is to come.
        if not piece:
            continue
        if said and _begins_word(said, piece):
            starts.append(behind)
            said = ""
        said, behind = said + piece, place + 1
    if sum(pieces[start] != END for start in starts) < 2:
        starts = list(range(len(pieces)))
    return [range(start, stop) for start, stop in zip(starts, [*starts[1:], len(pieces)], strict=True)]


def _begins_word(said: str, piece: str) -> bool:
    """Whether `piece` begins a word behind what was `said` of the last one: words end where letters do."""
    if END in (said, piece):
        return True
    if said.isspace() or piece[0].isspace():
        return not said.isspace()
    # Chinese and Japanese put no blanks between words, so there each piece counts as one.
    return _is_letter(said[-1]) != _is_letter(piece[0]) or east_asian_width(piece[0]) in "WF"


def _is_letter(character: str) -> bool:
    """A letter, a figure, or a sign that belongs to the letter before it."""
    return category(character)[0] in "LMN"


def _joined(pieces: Sequence[str], words: Sequence[range]) -> list[str]:
    texts = ["".join(pieces[word.start : word.stop]) for word in words]
    return [text.strip() or text for text in texts]


def _pieces(coder: TextCoder, ids: Sequence[int]) -> list[str]:
    """What each token adds to the text; a character of several tokens belongs to the last of them."""
    ends = [len(whole(coder.decode(ids[:count]))) for count in range(1, len(ids) + 1)]
    text = coder.decode(ids)
    parts = [text[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    return [END if token == coder.end else part for token, part in zip(ids, parts, strict=True)]


def _into(kept: list[Tensor]) -> Callable[[nn.Module, tuple[Any, ...]], tuple[Any, ...]]:
    """A hook that lets a mixer leave its weights in `kept`, whatever the others do."""

    def hook(mixer: nn.Module, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        x, context, state = arguments
        return x, replace(context, maps=kept), state

    return hook
