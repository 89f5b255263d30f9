from __future__ import annotations

import tempfile
from pathlib import Path

import numpy
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.duplicates.forest import Forest

numbers = st.integers(0, 29)


@effort(deadline=None, max_examples=150)
@given(st.lists(st.lists(st.tuples(numbers, numbers), max_size=30), max_size=4))
def test_any_pairs_in_any_batches_make_the_connected_components(batches) -> None:
    group = {number: {number} for number in range(30)}
    with tempfile.TemporaryDirectory() as folder:
        forest = Forest(Path(folder) / "parents", 30)
        for batch in batches:
            ones, others = numpy.array(batch, numpy.int64).reshape(-1, 2).T
            forest.join(ones, others)
            for one, other in batch:
                both = group[one] | group[other]
                for member in both:
                    group[member] = both
        assert forest.roots(numpy.arange(30)).tolist() == [min(group[number]) for number in range(30)]


def test_a_long_chain_takes_few_steps(tmp_path: Path, monkeypatch) -> None:
    # One pair hung below the next a hundred thousand times would be walked for minutes, step by step.
    forest = Forest(tmp_path / "parents", 100_000)
    steps = []
    unique = numpy.array_equal
    monkeypatch.setattr(numpy, "array_equal", lambda *both: steps.append(1) or unique(*both))
    forest.join(numpy.arange(99_999), numpy.arange(1, 100_000))
    assert not forest.roots(numpy.arange(100_000)).any()
    assert len(steps) < 40
