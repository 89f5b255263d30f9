"""Models of Hugging Face transformers, carried over by name: their configuration and weights in, ours out.

Every tensor of ours must come from one of theirs, and every one of theirs must be used: what has no counterpart is an
error and never left out. A configuration is the content of a `config.json`, weights are tensors by name.
"""

from __future__ import annotations

import dataclasses
import re

import torch
from torch import Tensor

from groundup.errors import GroundupError, did_you_mean
from groundup.exchange.families import FAMILIES
from groundup.exchange.family import REMEDY, Architecture, Config, Family, Weights
from groundup.model.model import Model
from groundup.settings import SettingError

# Our word for the last part of a tensor's name -> theirs.
LEAVES = {"weight": "weight", "bias": "bias", "gain": "weight"}
MOST_SHOWN = 5
CHECK = "Are these all the weights, and is this the config.json that belongs to them?"


def architecture_from(config: Config, weights: Weights) -> Architecture:
    """What `config` describes, in our settings; the weights say which heads there are, and whether both ends are tied.

    Raises GroundupError for what has no counterpart here.
    """
    family = _family(config)
    try:
        architecture = family.describe(config, weights)
    except SettingError as error:
        raise GroundupError(f"The model's configuration asks for what Groundup cannot build: {error}", REMEDY) from None
    tied = _is_tied(family, config, _merged(family, config, weights))
    settings = dataclasses.replace(architecture.settings, tied=tied)
    return dataclasses.replace(architecture, settings=settings)


def weights_from(config: Config, weights: Weights) -> dict[str, Tensor]:
    """Copies of their weights under our names, in full precision.

    Raises GroundupError where one is missing, left over, or of another shape than the configuration says.
    """
    family = _family(config)
    architecture = architecture_from(config, weights)
    remaining = _merged(family, config, weights)
    if architecture.settings.tied and family.output in remaining:
        _move(remaining, family.output, family.embedding)
    taken: dict[str, Tensor] = {}
    for name, parameter in _empty(architecture).named_parameters():
        theirs = _name(family, name)
        if theirs not in remaining:
            raise GroundupError(f"The weights hold no {theirs!r}, which is our {name}.", CHECK)
        taken[name] = _fitting(remaining.pop(theirs), theirs, parameter)
    left = [name for name in remaining if not re.fullmatch(family.constants, name)]
    if left:
        more = f" and {len(left) - MOST_SHOWN:,} more" if len(left) > MOST_SHOWN else ""
        raise GroundupError(
            f"There is no place in our model for the weights {', '.join(left[:MOST_SHOWN])}{more}.", REMEDY
        )
    return taken


def model_from(config: Config, weights: Weights) -> Model:
    """Their model as ours, in evaluation mode. Raises GroundupError as `weights_from` does."""
    model = _empty(architecture_from(config, weights))
    model.load_state_dict(weights_from(config, weights), assign=True)
    return model.eval()


def _family(config: Config) -> Family:
    kind = str(config.get("model_type"))
    if kind not in FAMILIES:
        raise GroundupError(
            f"The model's configuration says model_type is {kind!r}. {did_you_mean(kind, FAMILIES)}",
            f"Groundup reads {', '.join(sorted(FAMILIES))}.",
        )
    return FAMILIES[kind]


def _merged(family: Family, config: Config, weights: Weights) -> dict[str, Tensor]:
    """Their weights in our form, none of them twice."""
    merged = family.unpack(weights, config)
    for name, first in family.repeats.items():
        if name in merged:
            _move(merged, name, first)
    return merged


def _move(weights: dict[str, Tensor], name: str, first: str) -> None:
    """Take `name` out; it becomes `first`, or equals it where that is there. Raises GroundupError where it does not."""
    weight = weights.pop(name)
    if not _equal(weights.setdefault(first, weight), weight):
        raise GroundupError(f"The weights {first} and {name} differ, and in our model they are one.", REMEDY)


def _is_tied(family: Family, config: Config, merged: Weights) -> bool:
    """Whether one matrix serves as embedding and output layer: asked of the weights, where they hold both."""
    table, output = merged.get(family.embedding), merged.get(family.output)
    if table is None or output is None:
        return bool(config.get("tie_word_embeddings", family.is_tied))
    return _equal(table, output)


def _equal(one: Tensor, other: Tensor) -> bool:
    return one is other or (one.dtype == other.dtype and torch.equal(one, other))


def _empty(architecture: Architecture) -> Model:
    """The model without memory for its weights."""
    with torch.device("meta"):
        return Model(
            architecture.settings,
            architecture.vocabulary,
            source_vocabulary=architecture.source_vocabulary,
            heads=architecture.heads,
        )


def _name(family: Family, name: str) -> str:
    """Their name for our parameter."""
    ends = {"embedding.weight": family.embedding, "head.weight": family.output}
    layer = re.search(r"layers\.(\d+)\.", name)
    key = name if layer is None else name.replace(layer[0], "layers.{i}.", 1)
    module, _, leaf = key.rpartition(".")
    theirs = ends.get(key) or family.modules.get(key) or f"{family.modules[module]}.{LEAVES[leaf]}"
    return theirs if layer is None else theirs.replace("{i}", layer[1])


def _fitting(weight: Tensor, theirs: str, ours: Tensor) -> Tensor:
    if weight.shape != ours.shape:
        raise GroundupError(
            f"The weight {theirs} has the shape {list(weight.shape)}, and the configuration asks for "
            f"{list(ours.shape)}.",
            CHECK,
        )
    if not weight.is_floating_point():
        raise GroundupError(
            f"The weight {theirs} holds {str(weight.dtype).removeprefix('torch.')} numbers: it is quantised.",
            "Give the weights in float32, float16 or bfloat16.",
        )
    return weight.detach().to(torch.float32, copy=True).contiguous()
