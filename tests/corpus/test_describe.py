"""What account.json says of a corpus."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from groundup.corpus import describe
from groundup.corpus.decide import decide
from groundup.corpus.quality.settings import QualitySettings, ThresholdSettings
from groundup.corpus.settings import CorpusSettings, SourceSettings, ValidationSettings


def test_the_account_names_the_sets_of_rules_with_version_and_source(build_corpus, place, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Some words of a text, which is short.")
    thresholds = (
        ThresholdSettings("long", signal="words", at_least=2),
        ThresholdSettings("gopher/words", at_least=1),
        ThresholdSettings("gopher/stop words", apply=False),
        ThresholdSettings("c4/sentences", apply=False),
    )
    quality = QualitySettings(rules=("gopher", "c4"), thresholds=thresholds)
    settings = CorpusSettings((SourceSettings("a"),), quality=quality, validation=ValidationSettings(0))
    build_corpus(settings, [place(tmp_path / "a.txt", "a")], tmp_path / "out")
    gopher, c4, mine = json.loads((tmp_path / "out" / "account.json").read_text())["rule_sets"]
    assert (gopher["name"], gopher["version"], gopher["languages"]) == ("gopher", "1", ["en"])
    assert "arXiv 2112.11446" in gopher["source"]
    assert "arXiv 1910.10683" in c4["source"]
    assert (mine["name"], mine["source"], mine["languages"]) == ("own", "the recipe", [])


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
