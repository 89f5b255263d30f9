from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from groundup.reports.gather import Facts, gather
from groundup.reports.story import tell
from groundup.reports.terms import TERMS_HEADER, term_rows

TERMS = {
    "tokens": {"loss": 5.25, "accuracy": 0.25, "count": 1000, "majority": 0.05, "unigram": 6.5},
    "next_sentence": {"loss": 0.4, "accuracy": 0.84, "count": 200, "majority": 0.51, "unigram": None},
}


def with_terms(run: Path, terms: Any) -> Facts:
    facts = gather(run)
    pretrain = facts.stages["pretrain"]
    return replace(
        facts, stages={**facts.stages, "pretrain": replace(pretrain, facts={**pretrain.facts, "terms": terms})}
    )


def test_what_is_predicted_stands_beside_the_guesses(run: Path) -> None:
    rows = term_rows(with_terms(run, TERMS))
    assert rows == (
        ("tokens", "1,000", "5.250", "6.500", "25 %", "5 %"),
        ("next sentence", "200", "0.400", "-", "84 %", "51 %"),
    )
    assert all(len(row) == len(TERMS_HEADER) for row in rows)
    assert "next sentence" in str(tell(with_terms(run, TERMS), "run"))


def test_a_run_that_knows_none_has_no_rows(run: Path) -> None:
    assert term_rows(gather(run)) == ()
    # Whatever else stands there breaks nothing.
    for odd in (None, [], "x", {"tokens": 3}):
        term_rows(with_terms(run, odd))
