from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.progress import SILENT
from groundup.tasks.examples import Labelled
from groundup.tasks.made.vader_score import baselines, best_cut


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 1)), min_size=1, max_size=30))
def test_no_cut_serves_better(pairs):
    scores, golds = (
        np.array(column, kind) for column, kind in zip(zip(*pairs, strict=True), (float, int), strict=True)
    )
    right = {cut: int(((scores >= cut) == golds).sum()) for cut in scores.tolist()}
    assert right[best_cut(scores, golds)] == max(right.values())


def test_the_baselines_are_those_of_the_test_part(tmp_path):
    (tmp_path / "vader_lexicon.txt").write_text("good\t2\t0\t[]\nbad\t-2\t0\t[]\nlong\t0.5\t0\t[]\n", "utf-8")
    (tmp_path / "rules.txt").write_text("NEGATE = ['not']\nBOOSTER_DICT = {}\nSPECIAL_CASES = {}\n", "utf-8")

    def labelled(**texts: str) -> list[Labelled]:
        return [Labelled(text, text, label) for label, all_texts in texts.items() for text in all_texts.split("; ")]

    train = labelled(positive="a good film; not bad here", negative="a bad one; a long one; so long")
    test = labelled(positive="good; not bad", negative="long; bad; a film")
    figures = baselines(train, test, tmp_path, SILENT)
    assert figures["majority"]["accuracy"] == pytest.approx(3 / 5)
    # "long" is taken for praise, and "a film" for what most are.
    assert figures["vader"]["accuracy"] == pytest.approx(4 / 5)
    assert figures["vader"]["undecided"] == 1
    # From the training part it is known that "long" is none.
    assert figures["vader, cut fitted"]["accuracy"] == pytest.approx(1)
    assert figures["vader, cut fitted"]["macro_f1"] == pytest.approx(1)
