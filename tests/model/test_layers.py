from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.model.layers import Linear, dropout, rms_norm


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float32])
def test_a_product_is_in_the_type_of_its_input_and_the_weights_stay_whole(kind: torch.dtype) -> None:
    linear = Linear(5, 3)
    x = torch.randn(2, 4, 5).to(kind)
    y = linear(x)
    assert y.dtype == kind
    assert linear.weight.dtype == torch.float32
    torch.testing.assert_close(y, x @ linear.weight.to(kind).T)


def test_a_product_keeps_the_size_of_activations() -> None:
    torch.manual_seed(0)
    y = Linear(256, 512)(torch.randn(64, 256))
    assert float(y.detach().std()) == pytest.approx(1, abs=0.05)


def test_a_zero_layer_begins_with_zero() -> None:
    assert not Linear(4, 4, is_zero=True)(torch.ones(1, 4)).any()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(1, 100))
def test_a_norm_leaves_a_root_mean_square_of_1(seed: int, size: float) -> None:
    x = torch.randn(3, 4, 8, generator=torch.Generator().manual_seed(seed)) * size
    y = rms_norm(x)
    torch.testing.assert_close(y.square().mean(-1), torch.ones(3, 4), atol=1e-3, rtol=0)
    # The direction stays.
    torch.testing.assert_close(torch.cosine_similarity(x, y, dim=-1), torch.ones(3, 4), atol=1e-5, rtol=0)


SHARES = st.floats(0, 0.9999)


@settings(max_examples=40, deadline=None)
@given(SHARES, st.integers(0, 1000))
def test_dropout_keeps_the_mean_and_drops_every_place_alike(share: float, seed: int) -> None:
    torch.manual_seed(seed)
    count = 40_000
    y = dropout(torch.ones(count // 40, 40), share, is_training=True)
    kept = 1 - min(round(share * 256), 255) / 256
    # Each element is 0 or scaled up, never anything else.
    assert all(value == 0 or value == pytest.approx(1 / kept) for value in y.unique().tolist())
    # Six standard errors of a share of `count` draws.
    assert float((y > 0).float().mean()) == pytest.approx(kept, abs=6 * (kept * (1 - kept) / count) ** 0.5)
    # Random bytes are drawn eight at a time; the eighth must be as random as the first.
    for lane in (y > 0).view(-1, 8).float().mean(0).tolist():
        assert lane == pytest.approx(kept, abs=6 * (kept * (1 - kept) / (count // 8)) ** 0.5)


def test_dropout_is_a_function_of_the_seed() -> None:
    def drawn(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return dropout(torch.ones(5, 7, 3), 0.3, is_training=True)

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))


@settings(deadline=None)
@given(SHARES)
def test_dropout_is_off_in_evaluation(share: float) -> None:
    x = torch.randn(3)
    assert dropout(x, share, is_training=False) is x
    assert dropout(x, 0.0, is_training=True) is x


@settings(deadline=None)
@given(st.integers(0, 20), st.integers(1, 5))
def test_dropout_takes_any_shape(rows: int, width: int) -> None:
    assert dropout(torch.ones(rows, width), 0.5, is_training=True).shape == (rows, width)


def test_gradients_flow_through_what_was_kept() -> None:
    x = torch.ones(1000, requires_grad=True)
    y = dropout(x, 0.5, is_training=True)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.1, 0.9))
def test_locked_dropout_drops_the_same_numbers_at_all_positions_of_a_row(seed: int, share: float) -> None:
    torch.manual_seed(seed)
    y = dropout(torch.ones(40, 7, 100), share, is_training=True, is_locked=True)
    assert torch.equal(y, y[:, :1].expand_as(y))
    # Rows draw for themselves.
    assert not torch.equal(y[0], y[1])
    kept = 1 - round(share * 256) / 256
    assert float((y[:, 0] > 0).float().mean()) == pytest.approx(kept, abs=6 * (kept * (1 - kept) / 4000) ** 0.5)
    assert y.max() == pytest.approx(1 / kept)
    assert dropout(y, share, is_training=False, is_locked=True) is y
