"""Muon's update is orthogonal, whatever the shape, and the one that PyTorch's own Muon makes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from groundup.training.muon import Muon, orthogonal

shapes = some.tuples(some.integers(1, 4), some.integers(1, 48), some.integers(1, 48))
seeds = some.integers(0, 2**32)


def normal(shape, seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@settings(deadline=None, derandomize=True, max_examples=100)
@given(shapes, seeds)
def test_singular_values_end_near_one(shape, seed):
    """Those that are lost in the noise stay small: a square random matrix can have one near zero."""
    before = normal(shape, seed)
    after = torch.linalg.svdvals(orthogonal(before))
    singular = torch.linalg.svdvals(before)
    is_clear = singular > 0.02 * singular.norm(dim=-1, keepdim=True)
    assert (after < 1.3).all()
    assert (after[is_clear] > 0.6).all()


@settings(deadline=None, derandomize=True, max_examples=50)
@given(shapes, seeds)
def test_a_batch_is_what_its_matrices_are_one_by_one(shape, seed):
    matrices = normal(shape, seed)
    together = orthogonal(matrices)
    for matrix, result in zip(matrices, together, strict=True):
        # The products run in bfloat16, and one of a batch may add up in another order.
        torch.testing.assert_close(result, orthogonal(matrix[None])[0], atol=0.05, rtol=0)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(shapes, seeds, some.floats(1e-4, 1e4))
def test_the_size_of_a_matrix_does_not_matter_only_its_direction(shape, seed, size):
    matrices = normal(shape, seed)
    torch.testing.assert_close(orthogonal(matrices * size), orthogonal(matrices), atol=0.05, rtol=0)


def test_the_singular_vectors_stay():
    u, _, vh = torch.linalg.svd(normal((1, 24, 40), 1), full_matrices=False)
    assert torch.cosine_similarity(orthogonal(u * 3 @ vh).flatten(), (u @ vh).flatten(), dim=0) > 0.999


def test_zeros_stay_zeros():
    assert (orthogonal(torch.zeros(2, 5, 3)) == 0).all()


@pytest.mark.parametrize("shape", [(32, 8), (8, 32), (16, 16)])
def test_it_walks_as_the_muon_of_pytorch_does(shape):
    theirs = torch.nn.Parameter(normal(shape, 0))
    ours = torch.nn.Parameter(theirs.detach().clone())
    start = theirs.detach().clone()
    walks = [
        torch.optim.Muon([theirs], lr=0.05, momentum=0.9, weight_decay=0.1),
        Muon([ours], lr=0.05, momentum=0.9, weight_decay=0.1),
    ]
    for seed in range(5):
        theirs.grad = normal(shape, seed)
        ours.grad = theirs.grad.clone()
        for walk in walks:
            walk.step()
    moved, expected = ours.detach() - start, theirs.detach() - start
    assert torch.cosine_similarity(moved.flatten(), expected.flatten(), dim=0) > 0.99
    assert float(moved.norm()) == pytest.approx(float(expected.norm()), rel=0.03)


def test_weight_decay_shrinks_by_rate_times_decay_and_does_not_enter_the_momentum():
    matrix = torch.nn.Parameter(torch.full((4, 3), 2.0))
    matrix.grad = torch.zeros(4, 3)
    optimizer = Muon([matrix], lr=0.1, weight_decay=0.5)
    optimizer.step()
    assert torch.equal(matrix.detach(), torch.full((4, 3), 2.0 * (1 - 0.1 * 0.5)))
    assert (optimizer.state[matrix]["momentum"] == 0).all()


def test_a_tall_matrix_is_stretched_to_keep_its_share():
    matrix = torch.nn.Parameter(torch.zeros(64, 16))
    matrix.grad = normal((64, 16), 3)
    Muon([matrix], lr=1.0).step()
    assert float(torch.linalg.svdvals(matrix.detach()).mean()) == pytest.approx(2.0, rel=0.15)


def test_a_matrix_without_a_gradient_stays():
    left, right = (torch.nn.Parameter(torch.ones(3, 3)) for _ in range(2))
    left.grad = normal((3, 3), 1)
    Muon([left, right], lr=0.1).step()
    assert not torch.equal(left, torch.ones(3, 3))
    assert torch.equal(right, torch.ones(3, 3))
