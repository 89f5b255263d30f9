from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from groundup.reports.gather import Facts, gather
from groundup.reports.report import headline, known_figures
from groundup.reports.story import tell
from groundup.reports.terms import MARK, TERMS_HEADER, term_rows

TERMS = {
    "tokens": {"loss": 5.25, "accuracy": 0.25, "count": 1000, "majority": 0.05, "unigram": 6.5},
    "next_sentence": {"loss": 0.4, "accuracy": 0.84, "count": 200, "majority": 0.51, "unigram": None},
}


def with_terms(run: Path, terms: Any, main: str = "tokens") -> Facts:
    facts = gather(run)
    pretrain = facts.stages["pretrain"]
    known = {**pretrain.facts, "terms": terms, "main_term": main}
    return replace(facts, stages={**facts.stages, "pretrain": replace(pretrain, facts=known)})


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


def test_the_final_figures_have_their_guess_beside_them(run: Path) -> None:
    loss = dict(known_figures(headline(with_terms(run, TERMS))))["validation loss"]
    assert loss == "1.4712 nats a token (by frequency alone 6.5000)"
    right = dict(known_figures(headline(with_terms(run, TERMS, "next_sentence"))))["held out, right"]
    assert right == "84 % (always the commonest: 51 %)"


def test_what_is_worse_than_its_guess_is_marked(run: Path) -> None:
    worse = {"tokens": {**TERMS["tokens"], "loss": 6.6, "accuracy": 0.04}, "next_sentence": TERMS["next_sentence"]}
    bad, good = term_rows(with_terms(run, worse))
    assert [cell.endswith(MARK) for cell in bad] == [False, False, True, False, True, False]
    assert not any(cell.endswith(MARK) for cell in good)
    # What looks the same is not called worse.
    near = {"tokens": {**TERMS["tokens"], "accuracy": 0.04999}}
    assert not any(cell.endswith(MARK) for row in term_rows(with_terms(run, near)) for cell in row)
