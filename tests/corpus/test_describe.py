"""What account.json says of a corpus."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from groundup.corpus import describe
from groundup.corpus.decide import decide
from groundup.corpus.settings import CorpusSettings, SourceSettings


def test_the_account_shows_the_first_of_many_clusters_and_members(
    annotated: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(describe, "CLUSTERS_SHOWN", 3)
    monkeypatch.setattr(describe, "MEMBERS_SHOWN", 2)
    settings = CorpusSettings((SourceSettings("x"),), near_duplicates=None)
    facts = decide(settings, annotated(tmp_path / "in", 1_000, different=100), tmp_path / "out")
    account = json.loads((tmp_path / "out" / "account.json").read_text())
    assert facts["documents"] == 100 == account["clusters_found"]
    assert [(one["kept"], [row["id"] for row in one["dropped"]]) for one in account["clusters"]] == [
        (f"x/{number:09}.txt", [f"x/{number + 100:09}.txt", f"x/{number + 200:09}.txt"]) for number in range(3)
    ]
    assert account["clusters"][0]["title"] == "Title 0"
