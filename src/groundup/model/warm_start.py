"""Starting an encoder-decoder from models that are trained already (Rothe et al., arXiv 1907.12461).

The encoder's weights come from one model and the decoder's from another, or both from the same; what no model has,
such as cross-attention, stays as it begins. A new mixer adds nothing at first where its output is zero, so behind norms
that come before the mixers the new decoder says exactly what the old one said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from groundup.errors import GroundupError
from groundup.model.model import Model
from groundup.model.stack import Stack

# What stands behind the stacks and belongs to the vocabulary that is written.
OUTPUT = ("transform", "head", "head_bias")
# Settings that say how weights are used: where they differ, weights fit and mean something else.
USES = (
    "positions",
    "rotary_base",
    "window",
    "norm",
    "norm_place",
    "residual",
    "repeats",
    "sentences",
    "sentence_ages",
    "query_key_norm",
    "attention_scale",
    "embedding_norm",
    "scale_embedding",
    "soft_cap",
)


@dataclass(frozen=True)
class WarmStart:
    """An account of where a model's weights come from."""

    taken: Mapping[str, str]
    """Names of weights, each with where it was found, such as `encoder model: encoder.layers.0.mixers.0.key.weight`."""
    new: tuple[str, ...]
    """Names of the weights that are as they were."""
    differences: tuple[str, ...]
    """What the new model does otherwise with the weights than the one they come from, such as `norm_place: pre, was
    post in the encoder model`; it has to learn that anew."""


@torch.no_grad()
def warm_start(
    model: Model, *, encoder: Model | None = None, decoder: Model | None = None, heads: Collection[str] = ()
) -> WarmStart:
    """Copy into `model` every weight of the given models whose part and shape fit, and say which.

    The encoder is filled from `encoder` and the decoder from `decoder`, each from that model's stack of the same side
    or, where it has none, from its other one. Tables and output layer are those of `decoder` where both have them, as
    it has to write with them. Whether vocabularies of the same size are the same is the caller's to check, and so is
    whether labels are: `heads` names the sides whose donor has heads that decide the same, and those that fit are taken
    from the donor of the side that is labelled.

    Raises GroundupError where a stack is missing, vocabularies differ in size, or nothing of a stack fits; the model is
    then as it was.
    """
    ours, taken, differences = dict(model.named_parameters()), dict[str, str](), list[str]()
    found: dict[str, Tensor] = {}
    for side, donor in (("encoder", encoder), ("decoder", decoder)):
        if donor is None:
            continue
        theirs, fitting = dict(donor.named_parameters()), dict[str, str]()
        parts = list(_parts(model, donor, side))
        if side in heads and side == _labelled(model):
            parts += _same_heads(model, donor)
        for name, other in parts:
            if name in ours and other in theirs and ours[name].shape == theirs[other].shape:
                fitting[name] = other
        has_mixers = any(name.startswith(f"{side}.") and ".mixers." in name for name in fitting)
        # Heads of another width fit by their shape when there are fewer of them, and would be cut in the wrong places.
        if not has_mixers or _heads(model) != _heads(donor):
            raise GroundupError(
                f"Nothing of the given {side} model fits the new model's {side}: {_described(donor)} against "
                f"{_described(model)}.",
                "Give the new model model.width, model.heads and the mixers of the one that it is to start from.",
            )
        for name, other in fitting.items():
            found[name] = theirs[other]
            taken[name] = f"{side} model: {other}"
        said = [("layers", _depth(model, side), _depth(donor, _there(donor, side)))]
        said += [(use, getattr(model.settings, use), getattr(donor.settings, use)) for use in USES]
        for use, here, before in said:
            if here != before:
                differences.append(f"{use}: {here}, was {before} in the {side} model")
    # Only now that no error can come: a model is started whole or left as it was.
    for name, weight in found.items():
        ours[name].copy_(weight)
    return WarmStart(taken, tuple(name for name in ours if name not in taken), tuple(differences))


def _parts(model: Model, donor: Model, side: str) -> Iterator[tuple[str, str]]:
    """Names in `model`, each with the name in `donor` of what has the same part to play there."""
    stack = _stack(model, side)
    if stack is None:
        raise GroundupError(f"The new model has no {side} to start.", f"Name its mixers in model.{side}.")
    there = _there(donor, side)
    other_stack = _stack(donor, there)
    assert other_stack is not None
    mixers = _counterparts(_names(model, side), _names(donor, there))
    for name, _ in stack.named_parameters():
        counterpart = _renumbered(name, mixers)
        # Distances both ways and distances backwards are sorted into unlike buckets.
        is_alike = stack.is_causal == other_stack.is_causal or not name.startswith("relative.")
        if counterpart and is_alike:
            yield f"{side}.{name}", f"{there}.{counterpart}"
    yield from _words(model, donor, side, there)


def _words(model: Model, donor: Model, side: str, there: str) -> Iterator[tuple[str, str]]:
    """The same for tables and output layer."""
    has_own_table = side == "encoder" and model.source_vocabulary is not None
    vocabulary = model.source_vocabulary if has_own_table else model.vocabulary
    reads_source = there == "encoder" and donor.source_vocabulary is not None
    known = donor.source_vocabulary if reads_source else donor.vocabulary
    if vocabulary != known:
        raise GroundupError(
            f"The given {side} model knows {known:,} tokens, the new model's {side} is to know {vocabulary:,}.",
            "Train both with the same tokenizer.",
        )
    yield (f"{_table(has_own_table)}.weight", f"{_table(reads_source)}.weight")
    if side == there == "encoder" and donor.sentences is not None and model.sentences is not None:
        yield from ((f"sentences.{name}", f"sentences.{name}") for name, _ in model.sentences.named_parameters())
    if not has_own_table and not reads_source:
        yield from ((name, name) for name, _ in model.named_parameters() if name.partition(".")[0] in OUTPUT)


def _labelled(model: Model) -> str:
    """The side whose vectors the heads read."""
    return "encoder" if model.decoder is None else "decoder"


def _same_heads(model: Model, donor: Model) -> Iterator[tuple[str, str]]:
    """The same for heads that are called and made alike."""
    for head, settings in model.head_settings.items():
        if donor.head_settings.get(head) == settings:
            yield from ((name, name) for name, _ in model.named_parameters() if name.startswith(f"heads.{head}."))


def _counterparts(ours: tuple[str, ...], theirs: tuple[str, ...]) -> dict[int, int]:
    """Places of our mixers in a layer -> those of theirs: a name's first for its first, its second for its second."""
    places: dict[tuple[str, int], int] = {}
    for place, name in enumerate(theirs):
        places[name, theirs[:place].count(name)] = place
    keys = ((place, (name, ours[:place].count(name))) for place, name in enumerate(ours))
    return {place: places[key] for place, key in keys if key in places}


def _renumbered(name: str, mixers: Mapping[int, int]) -> str | None:
    """A weight's name in a stack -> that of its counterpart, where a mixer may stand elsewhere in its layer."""
    parts = name.split(".")
    if parts[0] == "layers" and parts[2] in ("mixers", "norms"):
        place = mixers.get(int(parts[3]))
        if place is None:
            return None
        parts[3] = str(place)
    return ".".join(parts)


def _stack(model: nn.Module, side: str) -> Stack | None:
    stack: Stack | None = getattr(model, side)
    return stack


def _names(model: Model, side: str) -> tuple[str, ...]:
    names: tuple[str, ...] = getattr(model.settings, side)
    return names


def _heads(model: Model) -> tuple[int, int, int]:
    return model.shape.heads, model.shape.key_value_heads, model.shape.head_width


def _depth(model: Model, side: str) -> int:
    stack = _stack(model, side)
    assert stack is not None
    return len(stack.layers)


def _there(donor: Model, side: str) -> str:
    """The side of the donor that starts our `side`: an encoder may start a decoder and the other way round."""
    other = "decoder" if side == "encoder" else "encoder"
    return other if _stack(donor, side) is None else side


def _table(is_source: bool) -> str:
    return "source_embedding" if is_source else "embedding"


def _described(model: Model) -> str:
    shape = model.shape
    sides = (
        f"{side} {list(_names(model, side))}" for side in ("encoder", "decoder") if _stack(model, side) is not None
    )
    return f"{' and '.join(sides)} of width {shape.width} with {shape.heads} heads"
