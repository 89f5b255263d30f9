from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundup.reports.cleanings import beside, bits_per_original_byte, cleaning, original_bytes, share_left
from groundup.reports.compare import as_json, cleaned, compare, save_comparison, warnings
from groundup.reports.gather import gather
from groundup.reports.report import headline, known_figures

sys.path.insert(0, str(Path(__file__).parent))
import tasked
from plays import PRETRAIN_FACTS, as_lines, metrics, put

BITS = PRETRAIN_FACTS["bits_per_byte"]


@pytest.fixture
def cleaned_run(tmp_path: Path) -> Callable[..., Path]:
    """A run whose held-out text had 1,000 bytes before cleaning, or as many as is said, and has `left` of them."""

    def make(name: str, profile: str, left: int, before: int | None = 1000, **settings: Any) -> Path:
        run = tmp_path / name
        sizes = {"documents": 1, "characters": left, "bytes": left}
        held_out = sizes if before is None else {**sizes, "original_bytes": before}
        text = {"validation.parquet": f"{profile}{left}{before}"}
        put(run, "corpus", text, {"cleaning": profile, "validation": held_out}, **settings)
        put(run, "pretrain", {"metrics.jsonl": as_lines(metrics())}, PRETRAIN_FACTS, budget="180 seconds")
        return run

    return make


def test_bits_are_shared_out_over_the_bytes_before_cleaning(cleaned_run) -> None:
    facts = gather(cleaned_run("a", "classic", 800, classic={"lowercase": True}))
    assert (original_bytes(facts), share_left(facts)) == (1000, 0.8)
    assert bits_per_original_byte(facts) == pytest.approx(0.8 * BITS)
    assert cleaning(facts) == "classic, small letters"
    assert beside(facts) == "1.698 per byte before cleaning"
    assert headline(facts)["bits_per_original_byte"] == pytest.approx(0.8 * BITS)
    assert ("before cleaning", "1.6980 bits per byte") in known_figures(headline(facts))


def test_a_clean_text_has_one_figure_and_an_unknown_one_none(cleaned_run) -> None:
    same = gather(cleaned_run("a", "standard", 1000))
    assert bits_per_original_byte(same) == pytest.approx(BITS)
    assert beside(same) == ""
    assert "before cleaning" not in dict(known_figures(headline(same)))
    for name, before in (("b", None), ("c", 0)):
        unknown = gather(cleaned_run(name, "standard", 1000, before))
        assert math.isnan(bits_per_original_byte(unknown))
        assert "bits_per_original_byte" not in headline(unknown)
        assert beside(unknown) == ""


def test_the_examples_of_a_task_are_no_held_out_text(tmp_path) -> None:
    facts = gather(tasked.build(tmp_path / "task"))
    assert cleaning(facts) == ""
    assert math.isnan(original_bytes(facts))


def test_cleanings_stand_side_by_side(cleaned_run, tmp_path) -> None:
    runs = [cleaned_run("plain", "standard", 990), cleaned_run("bare", "classic", 900)]
    rows = compare(runs)
    (table,) = cleaned(rows)
    assert table.rows == (
        ("plain", "standard", "1,000", "99 %", "2.123", "2.101"),
        ("bare", "classic", "1,000", "90 %", "2.123", "1.910"),
    )
    assert as_json(rows[1])["bits_per_original_byte"] == pytest.approx(0.9 * BITS)
    (said,) = warnings(rows)
    assert "same held-out text, cleaned in different ways" in said
    save_comparison(rows, tmp_path / "c.html")
    assert "costs nothing there" in (tmp_path / "c.md").read_text(encoding="utf-8")


def test_runs_cleaned_alike_have_no_such_table(cleaned_run) -> None:
    assert cleaned(compare([cleaned_run("a", "standard", 990), cleaned_run("b", "standard", 980)])) == ()


def test_other_documents_are_still_said_to_be_others(cleaned_run) -> None:
    for name, before in (("b", 1001), ("c", None)):
        rows = compare(
            [cleaned_run(f"a{name}", "standard", 990, before and 1000), cleaned_run(name, "classic", 9, before)]
        )
        assert any("measured on different held-out texts" in said for said in warnings(rows))
