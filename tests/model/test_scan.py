from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.model import scan as module
from groundup.model.scan import scan


@pytest.fixture(params=[False, True], ids=["march", "double"])
def is_wide(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Both ways through, whatever the device."""
    monkeypatch.setattr(module, "_is_wide", lambda a: request.param)
    return bool(request.param)


def inputs(seed: int, batch: int, time: int, width: int, kind: torch.dtype = torch.float64) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    shapes = ((batch, time, width), (batch, time, width), (batch, width))
    a, b, first = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    return tuple(part.to(kind).requires_grad_() for part in (a.sigmoid().detach(), b, first))


def one_by_one(a: Tensor, b: Tensor, first: Tensor) -> Tensor:
    states = [first]
    for share, new in zip(a.unbind(1), b.unbind(1), strict=True):
        states.append(share * states[-1] + new)
    return torch.stack(states[1:], 1)


@pytest.mark.usefixtures("is_wide")
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 19), st.integers(1, 4))
def test_it_is_the_recurrence_and_so_are_its_gradients(seed: int, batch: int, time: int, width: int) -> None:
    parts = inputs(seed, batch, time, width)
    ours, plain = scan(*parts), one_by_one(*parts)
    torch.testing.assert_close(ours, plain)
    weights = torch.randn(plain.shape, dtype=plain.dtype)
    for found, expected in zip(
        torch.autograd.grad(ours, parts, weights), torch.autograd.grad(plain, parts, weights), strict=True
    ):
        torch.testing.assert_close(found, expected)


@pytest.mark.usefixtures("is_wide")
@pytest.mark.parametrize("time", [1, 2, 7])
def test_gradients_agree_with_finite_differences(time: int) -> None:
    assert torch.autograd.gradcheck(scan, inputs(1, 2, time, 3))


@pytest.mark.usefixtures("is_wide")
def test_inputs_need_not_lie_in_order() -> None:
    a, b, first = (part.detach() for part in inputs(2, 4, 9, 5))
    expected = one_by_one(a, b, first)
    torch.testing.assert_close(scan(a.mT.contiguous().mT, b.flip(1).flip(1), first.t().contiguous().t()), expected)
    torch.testing.assert_close(scan(a, b.transpose(0, 1).contiguous().transpose(0, 1), first), expected)


@pytest.mark.usefixtures("is_wide")
def test_half_precision_goes_in_and_the_state_is_kept_in_full() -> None:
    """1 + 1/512 is lost to bfloat16; summed 256 times in full precision it is not."""
    a = torch.ones(1, 256, 1, dtype=torch.bfloat16)
    b = torch.full((1, 256, 1), 2.0**-9, dtype=torch.bfloat16, requires_grad=True)
    h = scan(a, b, torch.ones(1, 1))
    assert h.dtype == torch.float32
    assert h[0, -1, 0].item() == 1.5
    h.sum().backward()
    assert b.grad is not None
    assert b.grad.dtype == torch.bfloat16


def test_a_state_goes_on_where_it_was() -> None:
    a, b, first = (part.detach() for part in inputs(3, 2, 12, 3))
    parts, state = [], first
    for start, end in pairwise([0, 1, 5, 12]):
        parts.append(scan(a[:, start:end], b[:, start:end], state))
        state = parts[-1][:, -1]
    torch.testing.assert_close(torch.cat(parts, 1), scan(a, b, first))


def test_the_operators_keep_to_the_rules_of_the_compiler() -> None:
    torch.library.opcheck(module._scan, inputs(4, 2, 6, 3))
    a, b, first = (part.detach() for part in inputs(4, 2, 6, 3))
    torch.library.opcheck(module._scan_backward, (b, a, one_by_one(a, b, first), first))


def test_compiling_does_not_unroll_the_row() -> None:
    """A graph of one call, however long the row: seconds and not minutes."""
    calls: list[int] = []

    def count(graph: torch.fx.GraphModule, example: object) -> torch.fx.GraphModule:
        calls.append(sum(node.op == "call_function" for node in graph.graph.nodes))
        return graph

    parts = inputs(5, 2, 500, 3, torch.float32)
    compiled = torch.compile(scan, backend=count, dynamic=False, fullgraph=True)
    torch.testing.assert_close(compiled(*parts), scan(*parts))
    assert calls == [1]
