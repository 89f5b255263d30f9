"""The memory of a decoder between two calls: nested tuples, dicts and dataclasses of batch-first tensors."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class ChoosesRows(Protocol):
    """A part of a state that does not lie row by row, and knows itself what the rows need of it."""

    def chosen(self, rows: Tensor) -> Any:
        """The part for these `rows`, as in `reorder`."""


def reorder(state: Any, rows: Tensor) -> Any:
    """The state of the given `rows` [N] int64, in that order; a row may come several times, or not at all.

    Tensors of one dimension or none hold what all rows share (positions, say) and stay as they are.
    """
    if isinstance(state, Tensor):
        return state.index_select(0, rows) if state.ndim > 1 else state
    if isinstance(state, ChoosesRows):
        return state.chosen(rows)
    if isinstance(state, dict):
        return {name: reorder(part, rows) for name, part in state.items()}
    if isinstance(state, tuple):
        return tuple(reorder(part, rows) for part in state)
    if is_dataclass(state) and not isinstance(state, type):
        return replace(state, **{field.name: reorder(getattr(state, field.name), rows) for field in fields(state)})
    return state
