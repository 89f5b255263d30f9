from __future__ import annotations

import operator

import pytest

from groundup.corpus.workers import in_order


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_specs(workers: int) -> None:
    assert list(in_order(operator.neg, [3, 1, 2], workers)) == [-3, -1, -2]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_comes_out_as_it_was(workers: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order((1).__truediv__, [1, 0, 1], workers))
