from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._dynamo.testing import CompileCounter

from groundup.errors import GroundupError
from groundup.model.context import all_at_once
from groundup.model.layers import rms_norm
from groundup.model.model import Model
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of
from groundup.model.stack import Layer, Stack

SETTINGS = ModelSettings(depth=3, width=16, heads=2, context=8)


def stack_of(settings: ModelSettings) -> Stack:
    return Stack(settings.decoder, settings, shape_of(settings), is_causal=True)


def run(stack: Stack, x: Tensor) -> Tensor:
    y: Tensor = stack(x, all_at_once(x[..., 0]), None)[0]
    return y


def test_a_new_stack_passes_on_what_it_gets() -> None:
    x = torch.randn(2, 5, 16)
    torch.testing.assert_close(run(stack_of(SETTINGS), x), rms_norm(x))


def test_what_several_segments_stand_for_adds_up(random_model: Callable[..., Model]) -> None:
    model = random_model(encoder=("attention",), decoder=(), segments=5)
    tokens, segments = torch.randint(11, (2, 6)), torch.randint(5, (2, 6, 3))
    one, _ = model(tokens, all_at_once(tokens, segments=segments, is_causal=False))
    table = model.encoder.segments.weight.detach()
    sums = table[segments].sum(2).flatten(0, 1)
    model.encoder.segments = torch.nn.Embedding.from_pretrained(sums)
    other, _ = model(tokens, all_at_once(tokens, segments=torch.arange(12).view(2, 6), is_causal=False))
    torch.testing.assert_close(one, other)


@pytest.mark.parametrize("embedding_skip", [True, False])
@pytest.mark.parametrize("decoder", [("attention", "relu_squared"), ("glu",), ("glu", "attention", "attention")])
def test_every_mixer_reads_a_normed_copy_and_adds_to_the_stream(
    random_model: Callable[..., Model], decoder: tuple[str, ...], embedding_skip: bool
) -> None:
    stack = random_model(decoder=decoder, depth=3, embedding_skip=embedding_skip).decoder
    x = torch.randn(2, 5, 16)
    context = all_at_once(x[..., 0])
    stream = embedded = rms_norm(x)
    for layer in stack.layers:
        if embedding_skip:
            stream = layer.shares[0] * stream + layer.shares[1] * embedded
        for mixer in layer.mixers:
            stream = stream + mixer(rms_norm(stream), context, None)[0]
    torch.testing.assert_close(run(stack, x), rms_norm(stream), atol=1e-5, rtol=1e-5)


def test_the_size_of_the_input_does_not_matter(random_model: Callable[..., Model]) -> None:
    stack, x = random_model().decoder, torch.randn(2, 5, 16)
    torch.testing.assert_close(run(stack, x), run(stack, 7 * x), atol=1e-5, rtol=1e-5)


def test_states_come_one_a_mixer_a_layer_and_only_when_kept(random_model: Callable[..., Model]) -> None:
    stack, x = random_model(decoder=("attention", "glu", "attention"), depth=2).decoder, torch.randn(1, 4, 16)
    context = all_at_once(x[..., 0])
    assert stack(x, context, None)[1] == ((None, None, None),) * 2
    for layer in stack(x, replace(context, keep_state=True), None)[1]:
        assert [part is None for part in layer] == [False, True, False]


@pytest.mark.parametrize(("depth", "repeats"), [(1, 4), (2, 3)])
def test_a_stack_that_repeats_goes_through_the_same_layers_and_knows_the_time(
    random_model: Callable[..., Model], depth: int, repeats: int
) -> None:
    stack = random_model(depth=depth, repeats=repeats, decoder=("attention", "relu")).decoder
    x = torch.randn(2, 5, 16)
    context = replace(all_at_once(x[..., 0]), keep_state=True)
    stream = embedded = rms_norm(x)
    for time in range(repeats):
        stream = stream + stack.times.weight[time]
        for layer in stack.layers:
            stream, _ = layer(stream, embedded, context, None)
    y, states = stack(x, context, None)
    torch.testing.assert_close(y, rms_norm(stream), atol=1e-5, rtol=1e-5)
    # Each time has keys and values of its own.
    assert len(stack.layers) == depth
    assert len(states) == depth * repeats


def test_dropout_is_a_function_of_the_seed_and_off_in_evaluation(random_model: Callable[..., Model]) -> None:
    stack, x = random_model(dropout=0.5).decoder, torch.randn(2, 5, 16)

    def drawn(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return run(stack, x)

    assert torch.equal(drawn(1), drawn(2))
    stack.train()
    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))


@pytest.mark.parametrize(
    ("wrong", "right"), [("atention", "attention"), ("relu_square", "relu_squared"), ("GLU", "glu")]
)
def test_an_unknown_mixer_suggests_the_nearest(wrong: str, right: str) -> None:
    with pytest.raises(GroundupError, match=r"model\.decoder") as caught:
        stack_of(replace(SETTINGS, decoder=("attention", wrong)))
    assert repr(wrong) in str(caught.value)
    assert right in str(caught.value)


def skipping(chance: float, **values: Any) -> Layer:
    """A layer of one mixer, all weights random, that skips rows with this chance."""
    torch.manual_seed(0)
    chosen = replace(SETTINGS, stochastic_depth=chance, **values)
    layer = Layer(("relu",), chosen, shape_of(chosen), True, chance)
    for weight in layer.mixers.parameters():
        torch.nn.init.normal_(weight, std=weight.shape[-1] ** -0.5)
    return layer


@torch.no_grad()
def through(layer: Layer, x: Tensor) -> Tensor:
    y: Tensor = layer(x, x, all_at_once(x[..., 0]), None)[0]
    return y


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.9])
def test_a_row_skips_a_layer_whole_or_not_at_all_and_the_expectation_stays(chance: float) -> None:
    layer, rows = skipping(chance), 4000
    x = torch.randn(1, 5, 16).expand(rows, -1, -1)
    usual = through(layer.eval(), x)
    y = through(layer.train(), x)
    is_skipped = (y == x).flatten(1).all(1)
    share = round(chance * 256) / 256
    # Six standard errors of a share of `rows` draws.
    assert float(is_skipped.float().mean()) == pytest.approx(share, abs=6 * (share * (1 - share) / rows) ** 0.5)
    added = (usual - x) / (1 - share)
    torch.testing.assert_close(y[~is_skipped], (x + added)[~is_skipped], atol=1e-5, rtol=1e-5)
    # Each number's mean over the rows is what evaluation says, within six standard errors of it.
    error = (y.mean(0) - usual[0]).abs()
    assert bool((error <= 6 * added[0].abs() * (share * (1 - share) / rows) ** 0.5 + 1e-4).all())


def test_the_chance_to_skip_grows_with_depth() -> None:
    """From one share of the last layer's chance to all of it (arXiv 1603.09382, equation 4)."""
    stack = stack_of(replace(SETTINGS, depth=4, stochastic_depth=0.5))
    assert [layer.skipped for layer in stack.layers] == [32, 64, 96, 128]
    assert all(layer.skipped == 0 for layer in stack_of(SETTINGS).layers)


@pytest.mark.parametrize("values", [{}, {"dropout": 0.1}, {"stochastic_depth": 0.5}, {"attention_dropout": 0.1}])
def test_all_layers_are_compiled_at_once_and_whole(values: dict[str, Any]) -> None:
    """Layers that are dropped or skipped with unlike chances too: one graph serves them all."""
    counter = CompileCounter()
    stack = stack_of(replace(SETTINGS, depth=4, embedding_skip=False, **values)).train()
    for layer in stack.layers:
        layer.compile(backend=counter, dynamic=False, fullgraph=True)
    run(stack, torch.randn(2, 5, 16, requires_grad=True))
    # The first layer's input is that of the stack, and so has a second graph.
    assert counter.frame_count <= 2
    assert stack.state_dict().keys() == stack_of(replace(SETTINGS, depth=4, embedding_skip=False)).state_dict().keys()


def test_a_chance_to_skip_is_there_where_weights_are_only_sketched() -> None:
    with torch.device("meta"):
        stack = stack_of(replace(SETTINGS, stochastic_depth=0.5))
    assert int(stack.layers[-1].skipped) == 128


def test_what_a_mixer_makes_can_be_left_out_only_where_it_is_added() -> None:
    with pytest.raises(ValueError, match="set residual to true"):
        ModelSettings(residual=False, stochastic_depth=0.1)
    assert not ModelSettings(residual=False).residual
