"""A model: embeddings, an encoder stack or none, a decoder stack or none, and heads.

Encoder-only, decoder-only and encoder-decoder are not classes here: they are which stacks are given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groundup.errors import GroundupError
from groundup.model.context import Context, Memory
from groundup.model.generator import Generator
from groundup.model.heads import HEADS, HeadSettings
from groundup.model.layers import Linear, Norm, full
from groundup.model.mixers import MIXERS
from groundup.model.sentences import Sentences
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of
from groundup.model.stack import Layer, Stack, StackState

NO_HEADS: Mapping[str, HeadSettings] = MappingProxyType({})


class Model(nn.Module):
    """Token ids in, one vector a position out; `score` turns vectors into logits over the vocabulary (V).

    `read` makes a memory of a source, `forward` runs the decoder (or, where there is none, the encoder), `label`
    asks one of the named heads.
    """

    def __init__(
        self,
        settings: ModelSettings,
        vocabulary: int,
        *,
        source_vocabulary: int | None = None,
        sentence_ends: tuple[int, ...] = (),
        heads: Mapping[str, HeadSettings] = NO_HEADS,
        generator: float | None = None,
    ) -> None:
        """`source_vocabulary`: the encoder's, where it has one of its own; else both sides share one table.

        `sentence_ends`: the tokens that end a sentence of a source, for an encoder that reads sentences.

        `generator`: the width of a generator of guesses for training, as a share of the model's; None: there is none.
        """
        super().__init__()
        self.settings, self.vocabulary, self.shape = settings, vocabulary, shape_of(settings)
        self.source_vocabulary, self.head_settings = source_vocabulary, dict(heads)
        self.precision = torch.float32
        width = self.shape.width
        _check_memory(settings)
        self.embedding = nn.Embedding(vocabulary, width)
        self.source_embedding = None if source_vocabulary is None else nn.Embedding(source_vocabulary, width)
        self.sentences = (
            Sentences(settings.sentences, width, sentence_ends, has_ages=settings.sentence_ages)
            if settings.sentences
            else None
        )
        self.encoder = Stack(settings.encoder, settings, self.shape, is_causal=False) if settings.encoder else None
        self.decoder = Stack(settings.decoder, settings, self.shape, is_causal=True) if settings.decoder else None
        self.transform = Transform(settings, width) if settings.head_transform else None
        # A head of zeros begins with the uniform guess, ln V nats, and learns from there.
        self.head = None if settings.tied else Linear(width, vocabulary, is_zero=True)
        self.head_bias = nn.Parameter(torch.zeros(vocabulary)) if settings.head_bias else None
        made = {name: HEADS[head.kind](width, head, settings.segments) for name, head in heads.items()}
        self.heads = nn.ModuleDict(made)
        if settings.tied or settings.scale_embedding:
            # Else the output layer would begin far too sure, or scaled embeddings drown the positions added to them.
            for table in (self.embedding, self.source_embedding):
                if table is not None:
                    nn.init.normal_(table.weight, std=width**-0.5)
        # Last, so that all other weights begin alike with and without it.
        self.generator = None if generator is None else Generator(settings, generator)

    @property
    def stack(self) -> Stack:
        """The stack that `forward` runs."""
        stack = self.encoder if self.decoder is None else self.decoder
        assert stack is not None
        return stack

    @property
    def layers(self) -> Iterator[Layer]:
        """The layers of all stacks."""
        for stack in (self.encoder, self.decoder):
            for layer in () if stack is None else stack.layers:
                assert isinstance(layer, Layer)
                yield layer

    @property
    def longest(self) -> int | None:
        """Most positions that a row may have; None where there is no end to them."""
        return self.settings.context if self.settings.positions == "learned" else None

    def read(self, source: Tensor, context: Context) -> Memory:
        """Source tokens [B, S] -> what a decoder may see of them: a vector for each of them, or for each sentence."""
        assert self.encoder is not None, "this model has no encoder"
        table = self.embedding if self.source_embedding is None else self.source_embedding
        embedded = self._embedded(source, table)
        if self.sentences is not None:
            embedded, context = self.sentences(source, embedded, context)
        hidden, _ = self.encoder(embedded, context, None)
        return Memory(hidden, real=context.real, documents=context.documents)

    def forward(self, tokens: Tensor, context: Context, state: StackState | None = None) -> tuple[Tensor, StackState]:
        """Tokens [B, T] -> hidden [B, T, D] in `precision`, and the state of every layer."""
        hidden: Tensor
        hidden, state = self.stack(self._embedded(tokens, self.embedding), context, state)
        return hidden, state

    def propose(self, tokens: Tensor, context: Context) -> Tensor:
        """Tokens [B, T], some of them masked -> the generator's vectors [B, T, D], which `score` turns into guesses."""
        assert self.generator is not None, "this model has no generator"
        hidden: Tensor = self.generator(self._embedded(tokens, self.embedding), context)
        return hidden

    def score(self, hidden: Tensor) -> Tensor:
        """Hidden [..., D] -> logits [..., V] in full precision."""
        if self.transform is not None:
            hidden = self.transform(hidden)
        weight = self.embedding.weight if self.head is None else self.head.weight
        bias = None if self.head_bias is None else self.head_bias.to(hidden.dtype)
        logits = full(F.linear(hidden, weight.to(hidden.dtype), bias))
        cap = self.settings.soft_cap
        return cap * torch.tanh(logits / cap) if cap else logits

    @property
    def scorers(self) -> tuple[nn.Parameter, ...]:
        """The parameters that `score` computes with."""
        transform = () if self.transform is None else tuple(self.transform.parameters())
        table = self.embedding.weight if self.head is None else self.head.weight
        return (*transform, table, *(() if self.head_bias is None else (self.head_bias,)))

    def label(self, name: str, hidden: Tensor, context: Context) -> Tensor:
        """Hidden [B, T, D] -> the logits of the head `name`, in full precision."""
        logits: Tensor = self.heads[name](hidden, context)
        return full(logits)

    def _embedded(self, tokens: Tensor, table: nn.Embedding) -> Tensor:
        x: Tensor = table(tokens)
        if self.settings.scale_embedding:
            x = x * math.sqrt(self.shape.width)
        return x.to(self.precision)


def _check_memory(settings: ModelSettings) -> None:
    """Raise GroundupError where a decoder has an encoder and never looks at it, or looks for one that is not there."""
    looking = [name for name in settings.decoder if getattr(MIXERS.get(name), "attends_memory", False)]
    known = ", ".join(name for name, mixer in MIXERS.items() if getattr(mixer, "attends_memory", False))
    if settings.encoder and settings.decoder and not looking:
        raise GroundupError(
            f"model.decoder {list(settings.decoder)} has no mixer that looks at the encoder's output, so the encoder "
            "would learn nothing.",
            f"Add one of {known} to model.decoder, or set model.encoder to [].",
        )
    if looking and not settings.encoder:
        raise GroundupError(
            f"model.decoder has {looking[0]}, which looks at an encoder's output, and there is no encoder.",
            "Give model.encoder its mixers, such as [attention, relu_squared], or take it out of model.decoder.",
        )


class Transform(nn.Module):
    """What BERT puts before its output layer: dense, GELU, norm (arXiv 1810.04805)."""

    def __init__(self, settings: ModelSettings, width: int) -> None:
        super().__init__()
        self.dense = Linear(width, width, has_bias=settings.biases)
        self.norm = Norm(settings, width)

    def forward(self, hidden: Tensor) -> Tensor:
        """Hidden [..., D] -> [..., D]."""
        y: Tensor = self.norm(F.gelu(self.dense(hidden)))
        return y


def build_model(
    settings: ModelSettings,
    vocabulary: int,
    seed: int,
    *,
    source_vocabulary: int | None = None,
    sentence_ends: tuple[int, ...] = (),
    heads: Mapping[str, HeadSettings] = NO_HEADS,
    generator: float | None = None,
) -> Model:
    """A new model whose first weights depend on `seed` alone; the caller's random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return Model(
            settings,
            vocabulary,
            source_vocabulary=source_vocabulary,
            sentence_ends=sentence_ends,
            heads=heads,
            generator=generator,
        )


def parameter_count(model: nn.Module) -> int:
    """Number of trained values."""
    return sum(parameter.numel() for parameter in model.parameters())
