from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from groundup.errors import GroundupError
from groundup.model.context import all_at_once
from groundup.model.layers import rms_norm
from groundup.model.model import Model
from groundup.model.settings import ModelSettings
from groundup.model.sizes import shape_of
from groundup.model.stack import Stack

SETTINGS = ModelSettings(depth=3, width=16, heads=2, context=8)


def stack_of(settings: ModelSettings) -> Stack:
    return Stack(settings.decoder, settings, shape_of(settings), is_causal=True)


def run(stack: Stack, x: Tensor) -> Tensor:
    y: Tensor = stack(x, all_at_once(x[..., 0]), None)[0]
    return y


def test_a_new_stack_passes_on_what_it_gets() -> None:
    x = torch.randn(2, 5, 16)
    torch.testing.assert_close(run(stack_of(SETTINGS), x), rms_norm(x))


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
