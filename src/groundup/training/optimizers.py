"""Which optimizer moves which parameter, and how their state is written as plain named tensors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from groundup.model.model import Model
from groundup.training.levels import levels_of
from groundup.training.muon import Muon
from groundup.training.rates import Rates
from groundup.training.settings import TrainingSettings


class Optimizers:
    """The optimizers of one model, stepped together at a share of their peak rates."""

    def __init__(self, model: Model, settings: TrainingSettings, rates: Rates) -> None:
        self.names: dict[Tensor, str] = {parameter: name for name, parameter in model.named_parameters()}
        tables = {part.weight for part in model.modules() if isinstance(part, nn.Embedding)}
        levels = levels_of(model)
        by_level: dict[int, list[Tensor]] = defaultdict(list)
        members: dict[tuple[str, float], list[Tensor]] = defaultdict(list)
        for parameter, name in self.names.items():
            level = levels[name]
            kind = "embedding" if parameter in tables else _kind(name, parameter)
            # As many times as there are layers above: none for the heads and for the top layer.
            members[kind, (settings.layer_decay or 1.0) ** max(0, level - 1)].append(parameter)
            by_level[level].append(parameter)
        self.levels = [by_level[level] for level in sorted(by_level)]
        groups: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
        for (kind, share), parameters in members.items():
            is_matrix = kind == "matrix"
            decay = settings.weight_decay if is_matrix else 0.0
            rate = getattr(rates, kind) * share
            groups[is_matrix and settings.optimizer == "muon"].append(
                {"params": parameters, "lr": rate, "weight_decay": decay}
            )
        # One fused pass over the parameters is three to four times quicker than a loop on a processor.
        adamw = torch.optim.AdamW(groups[False], betas=(settings.betas[0], settings.betas[1]), eps=1e-10, fused=True)
        self.parts: list[torch.optim.Optimizer] = [adamw]
        if groups[True]:
            self.parts.append(Muon(groups[True], rates.matrix, settings.momentum, settings.weight_decay))
        self.peaks = [[float(group["lr"]) for group in part.param_groups] for part in self.parts]

    def learning(self, levels: int) -> list[Tensor] | None:
        """The parameters of so many levels, from the heads down; None: all there are."""
        if levels >= len(self.levels):
            return None
        return [parameter for level in self.levels[:levels] for parameter in level]

    def step(self, factor: float) -> None:
        """Update the parameters that have gradients at `factor` of the peak rates, and forget the gradients.

        What has none stays as it is, and so do its momenta and moments.
        """
        for part, peaks in zip(self.parts, self.peaks, strict=True):
            for group, peak in zip(part.param_groups, peaks, strict=True):
                group["lr"] = peak * factor
            part.step()
        self.forget_gradients()

    def forget_gradients(self) -> None:
        """Drop the gradients of all parameters."""
        for parameter in self.names:
            parameter.grad = None

    def forget_history(self) -> None:
        """Drop momenta and moments, as before the first update."""
        for part in self.parts:
            part.state.clear()

    def tensors(self) -> dict[str, Tensor]:
        """All state by `parameter/quantity`."""
        return {
            f"{self.names[parameter]}/{quantity}": torch.as_tensor(value)
            for part in self.parts
            for parameter, state in part.state.items()
            for quantity, value in state.items()
        }

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Take up the state that `tensors` wrote."""
        owners = {
            self.names[parameter]: (part, parameter)
            for part in self.parts
            for group in part.param_groups
            for parameter in group["params"]
        }
        self.forget_history()
        for key, value in tensors.items():
            name, quantity = key.rsplit("/", 1)
            part, parameter = owners[name]
            # A copy: what is read may lie in a mapped file, which keeps its room on the disk after it is deleted.
            part.state[parameter][quantity] = value.to(parameter.device, copy=True)


def _kind(name: str, parameter: Tensor) -> str:
    if name.startswith(("head.", "head_bias")):
        return "head"
    if name.startswith("heads."):
        return "label"
    # What has but one row is a vector, however it is written.
    return "matrix" if parameter.ndim == 2 and min(parameter.shape) > 1 else "scalar"
