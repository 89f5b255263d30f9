"""A model told: its tensors as a list, and its stacks as an outline of what stands in them, read off the modules.

Nothing here knows one mixer from another: shapes, counts and the few attributes that mixers share say it all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from torch import Tensor, nn

from groundup.model.model import Model
from groundup.model.stack import Layer, Stack


@dataclass(frozen=True)
class Part:
    """One tensor of a model, or several alike."""

    name: str
    shape: tuple[int, ...]
    parameters: int
    count: int = 1
    """How many layers have one like it."""


@dataclass(frozen=True)
class Tensors:
    """Tensors of one shape within a piece."""

    names: tuple[str, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Piece:
    """Something that computes: a mixer, a norm, a table, a head."""

    name: str
    tensors: tuple[Tensors, ...]
    parameters: int
    heads: int | None = None
    head_width: int | None = None
    attends_memory: bool = False
    """Looks at what the encoder made."""


@dataclass(frozen=True)
class Block:
    """Layers that are alike."""

    count: int
    mixers: tuple[Piece, ...]
    """In the order in which a layer applies them."""
    beside: tuple[Piece, ...]
    """What the layer holds beside its mixers: gains of norms, shares of the stream."""


@dataclass(frozen=True)
class StackOutline:
    """A stack from its input to its output."""

    name: str
    is_causal: bool
    before: tuple[Piece, ...]
    """What is done to embedded tokens before the first layer, where it has parameters."""
    blocks: tuple[Block, ...]
    after: tuple[Piece, ...]
    repeats: int = 1
    """How often its layers are gone through, one after the other."""

    @property
    def depth(self) -> int:
        """Number of layers."""
        return sum(block.count for block in self.blocks)

    @property
    def parameters(self) -> int:
        """Trained values of the whole stack."""
        inside = sum(piece.parameters * b.count for b in self.blocks for piece in (*b.mixers, *b.beside))
        return inside + sum(piece.parameters for piece in (*self.before, *self.after))


@dataclass(frozen=True)
class Outline:
    """A whole model."""

    width: int
    context: int
    vocabulary: int
    source_vocabulary: int | None
    positions: str
    norm: str
    norm_place: str
    has_embedding_norm: bool
    is_residual: bool
    is_tied: bool
    """The embedding table is the output layer, too."""
    embeddings: tuple[Piece, ...]
    stacks: tuple[StackOutline, ...]
    outputs: tuple[Piece, ...]
    """What turns the last stack's vectors into logits, and a generator where there is one."""
    heads: tuple[Piece, ...]
    """Heads of labels, by their names."""
    parameters: int
    without_embeddings: int
    """Parameters less the tables that are looked up: of tokens, positions and segments (arXiv 2001.08361)."""


def parts_of(model: Model) -> list[Part]:
    """The tensors of a model in order, those of alike layers told once with their count."""
    found: dict[tuple[str, tuple[int, ...]], Part] = {}
    for name, weight in model.named_parameters():
        words = name.split(".")
        alike = ".".join(
            "*" if word.isdigit() and words[index - 1] == "layers" else word for index, word in enumerate(words)
        )
        key = (alike, tuple(weight.shape))
        before = found.get(key)
        count = before.count + 1 if before else 1
        found[key] = Part(alike, tuple(weight.shape), weight.numel() * count, count)
    return list(found.values())


def outline(model: Model) -> Outline:
    """The model's stacks and what stands around them; no parameter is left out or told twice."""
    settings = model.settings
    tables = {
        id(module.weight): module.weight.numel() for module in model.modules() if isinstance(module, nn.Embedding)
    }
    pieces = _pieces(model, ("encoder", "decoder", "heads"))
    is_embedding = {"embedding", "source_embedding", "sentences"}
    total = sum(weight.numel() for weight in model.parameters())
    return Outline(
        width=model.shape.width,
        context=settings.context,
        vocabulary=model.vocabulary,
        source_vocabulary=model.source_vocabulary,
        positions=settings.positions,
        norm=settings.norm,
        norm_place=settings.norm_place,
        has_embedding_norm=settings.embedding_norm,
        is_residual=settings.residual,
        is_tied=model.head is None,
        embeddings=tuple(piece for piece in pieces if piece.name in is_embedding),
        stacks=tuple(
            _stack(name, stack, names)
            for name, stack, names in (
                ("encoder", model.encoder, settings.encoder),
                ("decoder", model.decoder, settings.decoder),
            )
            if stack is not None
        ),
        outputs=tuple(piece for piece in pieces if piece.name not in is_embedding),
        heads=_pieces(model.heads, ()),
        parameters=total,
        without_embeddings=total - sum(tables.values()),
    )


def _stack(name: str, stack: Stack, names: tuple[str, ...]) -> StackOutline:
    layers = [
        (
            tuple(_piece(mixer, said, mixer.named_parameters()) for said, mixer in _named(names, layer)),
            _pieces(layer, ("mixers",)),
        )
        for layer in stack.layers
    ]
    blocks = tuple(Block(len(list(alike)), mixers=mixers, beside=beside) for (mixers, beside), alike in groupby(layers))
    around = _pieces(stack, ("layers",))
    return StackOutline(
        name,
        stack.is_causal,
        before=tuple(piece for piece in around if piece.name != "output_norm"),
        blocks=blocks,
        after=tuple(piece for piece in around if piece.name == "output_norm"),
        repeats=stack.repeats,
    )


def _named(names: tuple[str, ...], layer: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    assert isinstance(layer, Layer)
    return zip(names, layer.mixers, strict=True)


def _pieces(module: nn.Module, but: tuple[str, ...]) -> tuple[Piece, ...]:
    """What has parameters directly below `module`, in their order, but for the children named."""
    found: dict[str, dict[str, Tensor]] = {}
    for name, weight in module.named_parameters():
        first, _, rest = name.partition(".")
        if first not in but:
            found.setdefault(first, {})[rest or first] = weight
    children = dict(module.named_children())
    return tuple(_piece(children.get(name), name, tensors.items()) for name, tensors in found.items())


def _piece(module: object, name: str, tensors: Iterable[tuple[str, Tensor]]) -> Piece:
    held = dict(tensors)
    heads, head_width = getattr(module, "heads", None), getattr(module, "head_width", None)
    return Piece(
        name,
        _alike(held),
        sum(weight.numel() for weight in held.values()),
        heads=heads if isinstance(heads, int) else None,
        head_width=head_width if isinstance(head_width, int) else None,
        attends_memory=bool(getattr(module, "attends_memory", False)),
    )


def _alike(held: Mapping[str, Tensor]) -> tuple[Tensors, ...]:
    shapes: dict[tuple[int, ...], list[str]] = {}
    for name, weight in held.items():
        shapes.setdefault(tuple(weight.shape), []).append(name.removesuffix(".weight"))
    return tuple(Tensors(tuple(names), shape) for shape, names in shapes.items())
