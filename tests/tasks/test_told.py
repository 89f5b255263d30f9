"""What was read is told in sentences: nothing where all is as it was said, and every figure where not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundup.tasks.reading.rows import Account
from groundup.tasks.settings import Columns
from groundup.tasks.told import TO_EVALUATE, told, told_by_gate


def test_a_file_that_is_as_was_said_needs_no_words() -> None:
    account = Account(rows=3, read=3, columns={"text": "Review", "label": "label"})
    assert list(told(Columns(text="Review"), account.facts())) == []
    assert list(told_by_gate({})) == []


@given(st.dictionaries(st.sampled_from(["empty cell", "wrong form", "no text"]), st.integers(1, 5000), min_size=1))
def test_rows_that_were_left_out_are_told_with_their_reasons_and_the_first(skipped: dict[str, int]) -> None:
    account = Account(rows=9000 + sum(skipped.values()), read=9000, first_bad="Line 4 of a.csv: it is empty.")
    account.skipped.update(skipped)
    (said,) = told(Columns(), account.facts())
    assert said.startswith(f"{sum(skipped.values()):,} of {account.rows:,} rows left out (")
    assert all(f"{reason}: {count:,}" in said for reason, count in skipped.items())
    assert said.endswith("the first: Line 4 of a.csv: it is empty.")


def test_columns_and_files_that_nobody_named_are_told_with_the_way_to_name_others() -> None:
    (said,) = told(Columns(), Account(columns={"label": "Stars"}).facts(), TO_EVALUATE)
    assert said == "the label is read from the column 'Stars'; --columns label=NAME can name another"
    (said,) = told(Columns(), Account(files={"source": "a.fr", "target": "a.en"}).facts())
    assert said == "a.fr is read and a.en is written, as the former was named; task.columns.source can name the other"


def test_the_gate_tells_how_many_pairs_each_rule_took() -> None:
    rules = {"a": {"rule": "copy", "documents": 2}, "b": {"rule": "length ratio", "documents": 1003}}
    (said,) = told_by_gate({"rules": rules})
    assert said.startswith("1,005 training pairs did not pass task.gate (length ratio: 1,003, copy: 2)")
