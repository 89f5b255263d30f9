"""What there is to say of files of examples once they are read: what was taken for what, and what was left out.

A report has it all; who looks on while a run begins, or only measures, should not have to look for it there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from groundup.tasks.settings import Columns

# How another column is named: in a recipe, and to `groundup evaluate`.
IN_RECIPE, TO_EVALUATE = "task.columns.{}", "--columns {}=NAME"


def told(columns: Columns, read: Mapping[str, Any], key: str = IN_RECIPE) -> Iterator[str]:
    """Sentences about what `Account.facts` says of a file that was read by `columns`; `key` is for their names."""
    for role, column in read.get("columns", {}).items():
        if hasattr(columns, role) and role not in columns.given() and column != role:
            yield f"the {role} is read from the column {column!r}; {key.format(role)} can name another"
    if files := read.get("files"):
        yield (
            f"{files['source']} is read and {files['target']} is written, as the former was named; "
            f"{key.format('source')} can name the other"
        )
    if skipped := read["skipped"]:
        reasons = ", ".join(f"{reason}: {count:,}" for reason, count in skipped.items())
        yield (
            f"{sum(skipped.values()):,} of {read['rows']:,} rows left out ({reasons}); the first: {read['first_bad']}"
        )


def told_by_gate(account: Mapping[str, Any]) -> Iterator[str]:
    """The sentence about what an account of the gate says was kept out; none where all passed."""
    rules = sorted(account.get("rules", {}).values(), key=lambda rule: -rule["documents"])
    if dropped := sum(rule["documents"] for rule in rules):
        reasons = ", ".join(f"{rule['rule']}: {rule['documents']:,}" for rule in rules if rule["documents"])
        pairs = f"{dropped:,} training pair{'s' * (dropped != 1)}"
        yield f"{pairs} did not pass task.gate ({reasons}); the ledger of the examples has each"
