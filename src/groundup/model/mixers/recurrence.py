"""LSTM and GRU: a state that is carried from position to position, in a decoder forwards, in an encoder both ways.

All positions go through PyTorch's fused kernel in one call. Rows that are packed or padded are cut into runs, and runs
of like length read side by side, the shorter ones idling at their end. Forward and backward of an LSTM on one thread of
a processor, 32 rows of 128, width 256: 159 ms for whole rows (one step of Python after another: about 20 % more), 141
where a quarter is padding and 216 for packed documents of 25 on average; a PackedSequence of the same takes 160, 478
and 1,324. In bfloat16 85 and 92 ms for the first two, against 93 and 298.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from groundup.errors import GroundupError
from groundup.model.context import Context
from groundup.model.layers import Linear, dropout
from groundup.model.runs import Runs, alike, chosen, cut, joined, runs_of
from groundup.model.settings import ModelSettings
from groundup.model.sizes import Shape

State = dict[str, Tensor]
# A state as a list of its parts, in the order of the cell.
Parts = list[Tensor]


@dataclass(frozen=True)
class Cell:
    """What tells one recurrent network from another."""

    name: str
    gates: int
    """How many vectors of the state's width are made at each step."""
    states: tuple[str, ...]
    """The parts of the state."""
    kernel: Callable[..., tuple[Tensor, ...]]
    """Of (input, first state, weights, ...) -> output and the parts of the last state."""


def _lstm(x: Tensor, first: tuple[Tensor, ...], *rest: Any) -> tuple[Tensor, ...]:
    y, hidden, cell = torch._VF.lstm(x, first, *rest)
    return y, hidden, cell


def _gru(x: Tensor, first: tuple[Tensor, ...], *rest: Any) -> tuple[Tensor, ...]:
    y, hidden = torch._VF.gru(x, first[0], *rest)
    return y, hidden


# Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000; Cho et al. 2014 (arXiv 1406.1078) as
# torch.nn.GRU has it. Gates lie in the order of torch.nn, so that its weights can be carried over.
LSTM = Cell("lstm", 4, ("hidden", "cell"), _lstm)
GRU = Cell("gru", 3, ("hidden",), _gru)
# In both it is the second gate that keeps the old state.
KEEPING_GATE = 1


class Direction(nn.Module):
    """One reading of rows from their first position to their last."""

    def __init__(self, cell: Cell, inputs: int, width: int, weight_drop: float) -> None:
        super().__init__()
        self.cell, self.width, self.weight_drop = cell, width, weight_drop
        self.input = nn.Parameter(torch.empty(cell.gates * width, inputs))
        self.recurrent = nn.Parameter(torch.empty(cell.gates * width, width))
        self.input_bias = nn.Parameter(torch.zeros(cell.gates * width))
        self.recurrent_bias = nn.Parameter(torch.zeros(cell.gates * width))
        nn.init.normal_(self.input, std=inputs**-0.5)
        with torch.no_grad():
            # Turned but neither grown nor shrunk, a state lasts longest (Saxe et al., arXiv 1312.6120).
            for gate in self.recurrent.view(cell.gates, width, width):
                nn.init.orthogonal_(gate)
            # A new network remembers (Jozefowicz et al. 2015, who found it to matter for the LSTM).
            self.input_bias.view(cell.gates, width)[KEEPING_GATE] = 1.0

    def weights(self, kind: torch.dtype) -> list[Tensor]:
        """The weights for one call: all its positions forget the same connections (AWD-LSTM, arXiv 1708.02182)."""
        recurrent = dropout(self.recurrent, self.weight_drop, self.training)
        return [part.to(kind) for part in (self.input, recurrent, self.input_bias, self.recurrent_bias)]

    def forward(self, x: Tensor, first: Parts | None, weights: list[Tensor]) -> tuple[Tensor, Parts]:
        """X [N, L, D] after the state `first` -> [N, L, width] and the last state, parts [N, width] in both."""
        if first is None:
            first = [x.new_zeros(x.shape[0], self.width) for _ in self.cell.states]
        begun = tuple(part[None].contiguous() for part in first)
        is_learning = torch.is_grad_enabled()
        y, *last = self.cell.kernel(x, begun, weights, True, 1, 0.0, is_learning, False, True)
        return y, [part[0] for part in last]


class Recurrence(nn.Module):
    """A recurrent network: one direction of width D in a decoder, two of D/2 side by side in an encoder."""

    # In a decoder it cannot be shown what lies ahead.
    is_one_way = True

    def __init__(self, settings: ModelSettings, shape: Shape, is_causal: bool, cell: Cell) -> None:
        super().__init__()
        self.cell, self.is_causal = cell, is_causal
        count = 1 if is_causal else 2
        if shape.width % count:
            raise GroundupError(
                f"model.width {shape.width} cannot be shared evenly by the two directions of {cell.name} in "
                "model.encoder.",
                f"Choose an even width, such as {shape.width + 1}.",
            )
        width = shape.width // count
        self.directions = nn.ModuleList(Direction(cell, shape.width, width, settings.weight_drop) for _ in range(count))
        # Without a stream to add to, the state itself is the output, as in stacks of torch.nn.
        self.output = (
            Linear(shape.width, shape.width, has_bias=settings.biases, is_zero=True) if settings.residual else None
        )

    def forward(self, x: Tensor, context: Context, state: State | None) -> tuple[Tensor, State | None]:
        """X [B, T, D] -> [B, T, D]; the state is what the last real position left, parts [B, D].

        Raises GroundupError where the positions may see what this reading order does not show them.
        """
        y, state = self._read(x, context, state)
        return y if self.output is None else self.output(y), state

    # The compiler would unroll the kernel into as many steps as there are positions.
    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def _read(self, x: Tensor, context: Context, state: State | None) -> tuple[Tensor, State | None]:
        self._check(context, state)
        first = None if state is None else [state[name] for name in self.cell.states]
        runs = runs_of(context, (x.shape[0], x.shape[1]))
        outputs, last = [], []
        for index, direction in enumerate(self.directions):
            assert isinstance(direction, Direction)
            is_reversed, weights = index == 1, direction.weights(x.dtype)
            if runs is None:
                y, last = direction(x.flip(1) if is_reversed else x, first, weights)
                outputs.append(y.flip(1) if is_reversed else y)
                continue
            groups = alike(runs)
            parts = [
                direction(cut(x, group, is_reversed=is_reversed), _begun(first, group), weights)[0] for group in groups
            ]
            outputs.append(joined(parts, groups, is_reversed=is_reversed))
            if context.keep_state:
                last = _last(direction, weights, x, first, runs)
        y = outputs[0] if self.is_causal else torch.cat(outputs, -1)
        return y, dict(zip(self.cell.states, last, strict=True)) if context.keep_state else None

    def _check(self, context: Context, state: State | None) -> None:
        name = self.cell.name
        if self.is_causal and (not context.is_causal or context.prefix is not None):
            raise GroundupError(
                f"{name} in model.decoder reads from the first position to the last, and cannot show a position what "
                "comes after it.",
                f"A masked or prefix objective needs {name} in model.encoder, which reads both ways.",
            )
        if not self.is_causal and context.is_causal:
            raise GroundupError(
                f"{name} in model.encoder reads both ways, and cannot hide from a position what comes after it.",
                f"A causal objective needs {name} in model.decoder.",
            )
        if not self.is_causal and (state is not None or context.keep_state):
            raise GroundupError(
                f"{name} in model.encoder reads its whole input both ways, and cannot go on from where it stopped.",
                f"To write text token by token, put {name} into model.decoder.",
            )


def _begun(first: Parts | None, runs: Runs) -> Parts | None:
    """The state before each run: what came before a row goes on in its first run alone."""
    return None if first is None else [part[runs.rows] * runs.begins_row[:, None] for part in first]


def _last(direction: Direction, weights: list[Tensor], x: Tensor, first: Parts | None, runs: Runs) -> Parts:
    """The state behind the last run of each row: read again, runs of one length at a time, to stop at their end."""
    last = first or [x.new_zeros(x.shape[0], direction.width) for _ in direction.cell.states]
    for length in sorted(set(runs.lengths[runs.ends_row].tolist())):
        ending = chosen(runs, runs.ends_row & (runs.lengths == length))
        _, left = direction(cut(x, ending), _begun(first, ending), weights)
        last = [part.index_copy(0, ending.rows, new) for part, new in zip(last, left, strict=True)]
    return last


RECURRENCES: dict[str, Callable[[ModelSettings, Shape, bool], nn.Module]] = {
    cell.name: partial(Recurrence, cell=cell) for cell in (LSTM, GRU)
}
