from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounter

from groundup.errors import GroundupError
from groundup.model.context import Context, all_at_once
from groundup.model.mixers.recurrence import RECURRENCES, Recurrence
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of
from groundup.model.stack import Layer

PLAIN = ModelSettings(width=16, heads=2, context=8, residual=False)
RESIDUAL = replace(PLAIN, residual=True)
TORCH: dict[str, Callable[..., nn.Module]] = {"lstm": nn.LSTM, "gru": nn.GRU}
NAMES = {"input": "weight_ih", "recurrent": "weight_hh", "input_bias": "bias_ih", "recurrent_bias": "bias_hh"}


def recurrence(name: str, is_causal: bool = True, values: ModelSettings = PLAIN, seed: int = 0) -> Recurrence:
    torch.manual_seed(seed)
    mixer = RECURRENCES[name](values, shape_of(values), is_causal)
    assert isinstance(mixer, Recurrence)
    for weight in mixer.parameters():
        nn.init.normal_(weight, std=0.3)
    return mixer.eval()


def twin(mixer: Recurrence, name: str) -> nn.Module:
    """The same network made by PyTorch, with the same weights."""
    width, count = mixer.directions[0].width, len(mixer.directions)
    other = TORCH[name](16, width, batch_first=True, bidirectional=count == 2)
    with torch.no_grad():
        for direction, ending in zip(mixer.directions, ("_l0", "_l0_reverse"), strict=False):
            for ours, theirs in NAMES.items():
                getattr(other, theirs + ending).copy_(getattr(direction, ours))
    return other


def states_of(left: Any) -> list[Tensor]:
    return [part[0] for part in (left if isinstance(left, tuple) else (left,))]


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(["lstm", "gru"]), st.booleans(), st.integers(1, 9), st.integers(1, 4), st.integers(0, 99))
def test_it_is_torchs_network_forward_and_backward(
    name: str, is_causal: bool, times: int, rows: int, seed: int
) -> None:
    mixer = recurrence(name, is_causal, seed=seed)
    other = twin(mixer, name)
    x = torch.randn(rows, times, 16, requires_grad=True)
    again = x.detach().clone().requires_grad_()
    context = replace(all_at_once(x[..., 0], is_causal=is_causal), keep_state=is_causal)
    y, state = mixer(x, context, None)
    expected, left = other(again)
    torch.testing.assert_close(y, expected, atol=1e-6, rtol=1e-6)
    if is_causal:
        for ours, theirs in zip(state.values(), states_of(left), strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-6)
    weighed = torch.randn_like(y)
    (y * weighed).sum().backward()
    (expected * weighed).sum().backward()
    torch.testing.assert_close(x.grad, again.grad, atol=1e-5, rtol=1e-5)
    for ours, theirs in NAMES.items():
        gradient = getattr(mixer.directions[0], ours).grad
        torch.testing.assert_close(gradient, getattr(other, theirs + "_l0").grad, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", RECURRENCES)
def test_it_goes_on_from_a_state_as_torchs_does(name: str) -> None:
    mixer = recurrence(name)
    other, x = twin(mixer, name), torch.randn(3, 5, 16)
    first = {part: torch.randn(3, 16) for part in mixer.cell.states}
    context = replace(all_at_once(x[..., 0]), keep_state=True)
    y, state = mixer(x, context, first)
    given = tuple(part[None] for part in first.values())
    expected, left = other(x, given if name == "lstm" else given[0])
    torch.testing.assert_close(y, expected, atol=1e-6, rtol=1e-6)
    for ours, theirs in zip(state.values(), states_of(left), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["lstm", "gru"]),
    st.lists(st.lists(st.integers(1, 5), max_size=4), min_size=1, max_size=4),
    st.data(),
)
def test_the_state_is_what_the_last_document_of_a_row_left(
    name: str, lengths: list[list[int]], data: st.DataObject
) -> None:
    """Also in rows of padding alone, which keep the state that they came with."""
    time = max(1, *(sum(row) for row in lengths))
    mixer, x = recurrence(name), torch.randn(len(lengths), time, 16)
    first = None
    if data.draw(st.booleans()):
        first = {part: torch.randn(len(lengths), 16) for part in mixer.cell.states}
    documents, real = torch.zeros(len(lengths), time, dtype=torch.long), torch.zeros(len(lengths), time).bool()
    for row, parts in enumerate(lengths):
        numbers = [number for number, length in enumerate(parts) for _ in range(length)]
        documents[row, : len(numbers)] = torch.tensor(numbers, dtype=torch.long)
        real[row, : len(numbers)] = True
    if not real.any():
        return
    context = replace(all_at_once(x[..., 0], documents=documents, real=real), keep_state=True)
    y, state = mixer(x, context, first)
    for row, parts in enumerate(lengths):
        begun = None if first is None else {part: value[row : row + 1] for part, value in first.items()}
        kept = begun or {part: torch.zeros(1, 16) for part in mixer.cell.states}
        place = 0
        for number, length in enumerate(parts):
            piece = x[row : row + 1, place : place + length]
            alone = replace(all_at_once(piece[..., 0]), keep_state=True)
            z, kept = mixer(piece, alone, begun if number == 0 else None)
            torch.testing.assert_close(y[row : row + 1, place : place + length], z, atol=1e-5, rtol=1e-5)
            place += length
        assert not y[row, place:].any()
        for part, value in kept.items():
            torch.testing.assert_close(state[part][row : row + 1], value, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("is_causal", [True, False])
@pytest.mark.parametrize("name", RECURRENCES)
def test_rows_of_one_document_each_are_plain_rows(name: str, is_causal: bool) -> None:
    mixer, x = recurrence(name, is_causal), torch.randn(3, 6, 16)
    plain = all_at_once(x[..., 0], is_causal=is_causal)
    whole = replace(plain, documents=torch.tensor([[4], [4], [0]]).expand(3, 6), real=torch.ones(3, 6).bool())
    assert torch.equal(mixer(x, whole, None)[0], mixer(x, plain, None)[0])


@pytest.mark.parametrize("name", RECURRENCES)
def test_in_a_residual_stream_it_is_projected(name: str) -> None:
    mixer, plain, x = recurrence(name, values=RESIDUAL), recurrence(name), torch.randn(2, 5, 16)
    plain.directions.load_state_dict(mixer.directions.state_dict())
    context = all_at_once(x[..., 0])
    torch.testing.assert_close(mixer(x, context, None)[0], plain(x, context, None)[0] @ mixer.output.weight.T)


@pytest.mark.parametrize("name", RECURRENCES)
def test_a_new_one_remembers(name: str) -> None:
    torch.manual_seed(3)
    mixer = RECURRENCES[name](PLAIN, shape_of(PLAIN), True)
    gates = mixer.cell.gates
    for gate in mixer.directions[0].recurrent.detach().chunk(gates):
        torch.testing.assert_close(gate @ gate.T, torch.eye(16), atol=1e-5, rtol=1e-5)
    biases = mixer.directions[0].input_bias.view(gates, 16)
    assert [bool(bias.all()) for bias in biases] == [number == 1 for number in range(gates)]
    torch.manual_seed(3)
    again = RECURRENCES[name](PLAIN, shape_of(PLAIN), True)
    assert all(torch.equal(one, other) for one, other in zip(mixer.parameters(), again.parameters(), strict=True))


@pytest.mark.parametrize("name", RECURRENCES)
def test_weight_drop_forgets_recurrent_connections_while_training(name: str) -> None:
    values = replace(PLAIN, weight_drop=0.5)
    mixer, plain, x = recurrence(name, values=values), recurrence(name), torch.randn(2, 6, 16)
    context = all_at_once(x[..., 0])

    def drawn(seed: int) -> Tensor:
        torch.manual_seed(seed)
        y: Tensor = mixer(x, context, None)[0]
        return y

    assert torch.equal(drawn(1), plain(x, context, None)[0])
    mixer.train()
    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1)[:, 2:], drawn(2)[:, 2:])
    # The first position meets a state of zeros, so that only biases and inputs count: those are never dropped.
    torch.testing.assert_close(drawn(1)[:, 0], plain(x, context, None)[0][:, 0])
    drawn(1).square().sum().backward()
    dropped = (mixer.directions[0].recurrent.grad == 0).float().mean()
    assert 0.4 < dropped < 0.6


@pytest.mark.parametrize("name", RECURRENCES)
def test_an_odd_width_is_refused_in_an_encoder_alone(name: str) -> None:
    values = ModelSettings(width=15, heads=1, positions="none")
    RECURRENCES[name](values, shape_of(values), True)
    with pytest.raises(GroundupError, match=r"model\.width 15.*such as 16"):
        RECURRENCES[name](values, shape_of(values), False)


@pytest.mark.parametrize("name", RECURRENCES)
def test_what_it_cannot_show_or_hide_is_refused(name: str) -> None:
    x = torch.randn(2, 4, 16)
    causal, both = (recurrence(name, is_causal) for is_causal in (True, False))
    onward = all_at_once(x[..., 0])
    around = replace(onward, is_causal=False)
    for mixer, context, state, place in (
        (causal, around, None, "model.decoder"),
        (causal, replace(onward, prefix=torch.ones(2, 4).bool()), None, "model.decoder"),
        (both, onward, None, "model.encoder"),
        (both, replace(around, keep_state=True), None, "model.encoder"),
        (both, around, {part: torch.zeros(2, 8) for part in both.cell.states}, "model.encoder"),
    ):
        with pytest.raises(GroundupError, match=place):
            mixer(x, context, state)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", RECURRENCES)
def test_a_compiled_layer_is_the_same_and_compiled_once(name: str, kind: torch.dtype) -> None:
    torch.manual_seed(0)
    layer = Layer((name, "glu"), RESIDUAL, shape_of(RESIDUAL), is_causal=True, skipped=0.0)
    for weight in layer.parameters():
        nn.init.normal_(weight, std=0.3)
    inputs = [torch.randn(2, 6, 16).to(kind) for _ in range(4)]
    # As many runs in a batch as there may be: their number is none of the compiler's business.
    documents = [torch.arange(6)[None].expand(2, 6) // (count + 1) for count in range(4)]
    contexts = [all_at_once(x[..., 0], documents=numbers) for x, numbers in zip(inputs, documents, strict=True)]
    expected = [layer(x, x, context, None)[0] for x, context in zip(inputs, contexts, strict=True)]
    torch._dynamo.reset()
    counter = CompileCounter()
    layer.compile(dynamic=False, backend=counter)
    sizes = []
    for x, context, y in zip(inputs, contexts, expected, strict=True):
        torch.testing.assert_close(layer(x, x, context, None)[0], y)
        sizes.append(counter.frame_count)
    assert 0 < sizes[0] == sizes[-1]
    # The kernel stays one call: operations do not grow with the number of positions.
    assert counter.op_count < 60
    torch._dynamo.reset()


def test_single_steps_need_no_more_than_the_state() -> None:
    mixer, x, state = recurrence("lstm"), torch.randn(2, 7, 16), None
    whole = mixer(x, all_at_once(x[..., 0]), None)[0]
    for place in range(7):
        y, state = mixer(x[:, place : place + 1], Context(torch.tensor([place]), keep_state=True), state)
        torch.testing.assert_close(y[:, 0], whole[:, place], atol=1e-5, rtol=1e-5)
        assert {part: value.shape for part, value in state.items()} == {"hidden": (2, 16), "cell": (2, 16)}
