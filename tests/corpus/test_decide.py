"""Decisions over very many documents: what is held in memory is some numbers for each."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from groundup.corpus import decide as deciding
from groundup.corpus.decide import decide
from groundup.corpus.duplicates import exact, need
from groundup.corpus.settings import CorpusSettings, SourceSettings, ValidationSettings
from groundup.corpus.substring_settings import SubstringSettings
from groundup.errors import NoRoomError

PLAIN = CorpusSettings((SourceSettings("x", weight=0.9),), exact_duplicates=False, near_duplicates=None)


@pytest.mark.parametrize(
    "settings",
    [
        PLAIN,
        CorpusSettings(
            PLAIN.sources,
            exact_duplicates=False,
            near_duplicates=None,
            cleaning="classic",
            validation=ValidationSettings(by="characters"),
        ),
    ],
    ids=["by documents", "by characters"],
)
def test_memory_grows_by_some_numbers_a_document(
    annotated: Callable[..., Path], tmp_path: Path, settings: CorpusSettings
) -> None:
    peaks = []
    for documents in (1_000, 6_000):
        folder = annotated(tmp_path / str(documents), documents)
        gc.collect()
        tracemalloc.start()
        facts = decide(settings, folder, tmp_path / f"out{documents}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert 0.85 * documents < facts["documents"] < 0.95 * documents
    assert (peaks[1] - peaks[0]) / 5_000 < 120


def test_what_was_found_of_duplicates_is_kept_over_a_kill_and_not_over_other_settings(
    annotated: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = annotated(tmp_path / "in", 1_000, different=100), tmp_path / "out"
    settings = CorpusSettings((SourceSettings("x"),), near_duplicates=None)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(deciding, "write_shard", die)
        with pytest.raises(KeyboardInterrupt):
            decide(settings, folder, out)
    with monkeypatch.context() as patch:
        # Whoever looks for duplicates sorts.
        patch.setattr(exact, "sorted_rows", die)
        with pytest.raises(KeyboardInterrupt):
            decide(replace(settings, minimum_characters=2), folder, tmp_path / "other")
        assert decide(settings, folder, out)["documents"] == 100
        with pytest.raises(KeyboardInterrupt):
            decide(replace(settings, minimum_characters=2), folder, out)
    assert decide(settings, folder, out)["documents"] == 100


def test_the_memory_that_a_search_may_take_is_said_before_it_begins(
    annotated: Callable[..., Path], tmp_path: Path
) -> None:
    told: list[str] = []
    settings = CorpusSettings((SourceSettings("x"),), near_duplicates=None, substring_duplicates=SubstringSettings())
    decide(settings, annotated(tmp_path / "in", 500), tmp_path / "out", progress=lambda what, *_: told.append(what))
    assert f"looking for duplicates, in {need.estimate(500, None) / 1e6:,.0f} MB of memory at most" in told
    assert any(line.startswith("looking for repeated passages, in 64 MB of memory") for line in told), told


def test_a_disk_without_room_for_the_search_is_said_before_it_begins(
    annotated: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = CorpusSettings((SourceSettings("x"),), near_duplicates=None)
    folder = annotated(tmp_path / "in", 500)
    monkeypatch.setattr(deciding.shutil, "disk_usage", lambda path: SimpleNamespace(free=10))
    with pytest.raises(NoRoomError, match="MB are needed"):
        decide(settings, folder, tmp_path / "out")
