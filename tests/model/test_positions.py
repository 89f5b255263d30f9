from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.model.positions import RelativeBias, _bucket, rotate

SEEDS = st.integers(0, 10_000)
PLACES = st.integers(0, 1000)


def heads(seed: int, times: int, width: int) -> torch.Tensor:
    return torch.randn(1, times, 3, width, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.lists(PLACES, min_size=1, max_size=5), st.sampled_from([2, 4, 8, 64]))
def test_turning_keeps_lengths(seed: int, places: list[int], width: int) -> None:
    x = heads(seed, len(places), width)
    turned = rotate(x, torch.tensor(places))
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1), atol=1e-5, rtol=1e-5)


@settings(max_examples=50, deadline=None)
@given(SEEDS, PLACES, st.integers(0, 200), PLACES, st.sampled_from([2, 8, 16]))
def test_a_product_depends_on_the_distance_alone(seed: int, place: int, apart: int, shift: int, width: int) -> None:
    q, k = heads(seed, 1, width), heads(seed + 1, 1, width)

    def product(first: int) -> torch.Tensor:
        return (rotate(q, torch.tensor([first + apart])) * rotate(k, torch.tensor([first]))).sum(-1)

    # Angles near 1,000 radians are exact to 6e-5 in single precision.
    torch.testing.assert_close(product(place), product(place + shift), atol=2e-3, rtol=0)


def test_the_distance_matters() -> None:
    x = torch.ones(1, 1, 1, 8)
    products = [float((rotate(x, torch.tensor([apart])) * x).sum()) for apart in range(20)]
    assert len({round(product, 3) for product in products}) == 20


def test_position_0_is_not_turned() -> None:
    x = heads(3, 1, 8)
    assert torch.equal(rotate(x, torch.zeros(1, dtype=torch.int64)), x)


@pytest.mark.parametrize("base", [10_000, 500_000])
def test_the_angles_of_the_paper(base: int) -> None:
    """A pair i of width W turns by position / base^(2i/W) radians."""
    place, width = 7, 6
    x = heads(5, 1, width)
    pairs = torch.complex(x[..., : width // 2], x[..., width // 2 :])
    angles = torch.tensor([place / base ** (2 * i / width) for i in range(width // 2)])
    expected = pairs * torch.polar(torch.ones(width // 2), angles)
    turned = rotate(x, torch.tensor([place]), base)
    torch.testing.assert_close(turned, torch.cat((expected.real, expected.imag), -1), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float32, torch.float64])
def test_the_type_stays(kind: torch.dtype) -> None:
    assert rotate(heads(1, 2, 4).to(kind), torch.arange(2)).dtype == kind


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 300), st.integers(1, 40), st.integers(1, 12), st.booleans())
def test_a_bias_is_that_of_the_distance_in_value_and_gradient(first: int, seen: int, new: int, is_causal: bool) -> None:
    bias = RelativeBias(3, is_causal)
    places = torch.arange(first, first + seen + new)
    own, weights = places[-new:], torch.randn(3, new, seen + new)
    got = bias(own, places)
    one_by_one = bias.table(_bucket(places[None, :] - own[:, None], is_causal)).permute(2, 0, 1)
    assert torch.equal(got, one_by_one)
    (got_gradient,) = torch.autograd.grad((got * weights).sum(), bias.table.weight)
    (gradient,) = torch.autograd.grad((one_by_one * weights).sum(), bias.table.weight)
    torch.testing.assert_close(got_gradient, gradient, atol=1e-4, rtol=1e-4)
