"""What is said where no document is left: which rules took how many, at which thresholds, and what to change.

It is kept in the unfinished corpus, so that whoever asks for the report hears why there is none.
"""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from groundup.corpus.account import ordered_rules
from groundup.corpus.describe import STAGES
from groundup.corpus.document import Document, sample
from groundup.corpus.judge import judge_of
from groundup.corpus.mixture import left_out
from groundup.corpus.privacy.mask import hidden
from groundup.corpus.shard import DOCUMENTS
from groundup.corpus.shards import Shards
from groundup.corpus.write import WriteSpec
from groundup.errors import GroundupError
from groundup.reports.words import shortened
from groundup.store.artefact import DRAFT
from groundup.store.files import write_durably
from groundup.store.tables import read_rows

NOTHING = "nothing.json"
"""The message and the remedy, in the draft of a corpus that came to nothing; apart from them where the first file lay,
for reports go to other people."""
EXAMPLE_LENGTH = 80


@dataclass
class _Figures:
    """What a rule asks, and what it found in the documents that it took."""

    thresholds: set[float] = field(default_factory=set)
    """One, or two where a rule has two bounds and both were broken."""
    values: array[float] = field(default_factory=lambda: array("d"))

    def __str__(self) -> str:
        said = [f"threshold {' or '.join(f'{one:g}' for one in sorted(self.thresholds))}"] if self.thresholds else []
        said += [f"median {median(self.values):.4g}"] if self.values else []
        return f" ({', '.join(said)})" if said else ""


def nothing_left(writes: Sequence[WriteSpec], shards: Shards, draft: Path) -> GroundupError:
    """The error for documents of which none stays, of which a note is left in `draft`."""
    account, figures = shards.account(), defaultdict[str, _Figures](_Figures)
    for spec in writes:
        judge, decided = judge_of(spec.settings), spec.decided()
        for number, row in enumerate(read_rows(spec.shard / DOCUMENTS)):
            change = decided.drop(number, row["characters"]) or judge(row) or left_out(row, spec.weights)
            assert change is not None, "nothing is left"
            change = replace(change, sample=hidden(change.sample, spec.settings.privacy))
            account.change(Document(row["id"], row["source"]), change)
            found = figures[f"{change.stage}/{change.rule}"]
            if change.threshold is not None:
                found.thresholds.add(change.threshold)
            if change.value is not None:
                found.values.append(change.value)
    drops = [rule for rule in ordered_rules(account, STAGES) if rule["action"] == "drop"]
    if drops:
        names = [f"{rule['stage']}/{rule['rule']}" for rule in drops]
        reasons = "; ".join(
            f"{rule['documents']:,} by {name}{figures[name]}{_example(rule)}"
            for name, rule in zip(names, drops, strict=True)
        )
        most = max(drops, key=lambda rule: rule["documents"])
        remedy = _remedy(most["stage"], most["rule"])
    else:
        others = ", ".join(f"{kind} {count:,}" for kind, count in shards.facts["others"].items())
        reasons = "the files hold no documents" + (f", but records of other kinds: {others}" if others else "")
        remedy = _remedy("read", "")
    read = account.total("documents_read")
    message = f"Nothing is left of the {read:,} document{'s' if read != 1 else ''} read: {reasons}."
    place = f"The first file was {shards.facts['first']}."
    note = json.dumps({"message": message, "place": place, "remedy": remedy}, ensure_ascii=False)
    write_durably(draft / NOTHING, note.encode())
    return GroundupError(f"{message} {place}", remedy)


def _example(rule: Mapping[str, Any]) -> str:
    """The first document that a rule took, by its id, and how what went begins."""
    shown = next(iter(rule["samples"]), None)
    if shown is None:
        return ""
    begins = shortened(" ".join(shown["sample"].split()), EXAMPLE_LENGTH)
    return f", such as {sample(shown['id'])}: {begins}"


def came_to_nothing(run: Path) -> GroundupError | None:
    """What the last build in a run folder without a corpus said where it was left with nothing; None: it was not."""
    if (said := _noted(run)) is None:
        return None
    message = f"{run} has no corpus, for its build ended with nothing. {said['message']} {said['place']}"
    return GroundupError(message, said["remedy"])


def nothing_since(corpus: Path) -> str:
    """What is to be said beside a corpus where a later build in its run folder ended with nothing; "": none did."""
    if (said := _noted(corpus.absolute().parent)) is None:
        return ""
    return (
        "A later build with other settings ended with nothing, and this corpus is from before it. "
        f"{said['message']} {said['remedy']}"
    )


def _noted(run: Path) -> dict[str, str] | None:
    # A build that ends with a corpus takes the drafts of all others away.
    for note in run.glob(f"{DRAFT}corpus-*/{NOTHING}"):
        said: dict[str, str] = json.loads(note.read_bytes())
        return said
    return None


def _remedy(stage: str, rule: str) -> str:
    """What may be changed where this rule took most documents."""
    part, _, name = rule.partition("/")
    if stage == "contamination":
        return (
            "Cut what is found with `--corpus.contamination.action cut`, or name fewer sets in `corpus.contamination`."
        )
    if stage == "mixture":
        return "Raise the `weight` of the sources."
    if stage != "filter":
        return "Look at the sources' paths, `include` and `text_field`."
    if rule == "minimum characters":
        return "Lower `--corpus.minimum_characters`, or look at the sources' paths, `include` and `text_field`."
    if part == "language":
        code = name.removeprefix("unsure ")
        asked = "lower the `confidence` of" if name != code else "add"
        return f"In `corpus.language.keep`, {asked} {{language: {code}}}; `--corpus.language.keep '[]'` keeps them all."
    if part == "linear":
        return "Lower `--corpus.quality.linear.at_least`."
    if part == "own":
        return f"Change the rule {name!r} in `corpus.quality.thresholds`."
    return (
        f"Leave {part} out of `--corpus.quality.rules`, or change this rule: `--corpus.quality.thresholds "
        f"'[{{rule: {rule}, apply: false}}]'`, or another bound for it by at_least, at_most, above or below."
    )
