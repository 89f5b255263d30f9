from __future__ import annotations

import pytest


def test_the_parts_of_a_model_add_up(tiny, groundup) -> None:
    found = groundup("inspect", "model", tiny.run, "--json").json
    assert sum(part["parameters"] for part in found["parts"]) == found["parameters"] == tiny.built.json["parameters"]
    assert f"{found['parameters']:,}" in groundup("inspect", "model", tiny.run).out


def test_a_batch_is_shown_as_tokens_and_text(tiny, groundup) -> None:
    found = groundup("inspect", "batch", tiny.run, "--rows", 3, "--json").json
    assert len(found["shown"]) == 3
    text = tiny.text.read_text()
    assert all(len(row["tokens"]) == 17 for row in found["shown"])
    assert any(row["text"] in text for row in found["shown"])
    assert groundup("inspect", "batch", tiny.run, "--step", 1, "--rows", 3, "--json").json["shown"] != found["shown"]
    assert "row 0 of" in groundup("inspect", "batch", tiny.run).out


def test_a_run_is_shown_by_what_each_stage_wrote(tiny, groundup) -> None:
    found = groundup("inspect", "run", tiny.run, "--json").json
    assert set(found) == {"corpus", "tokenizer", "shards", "pretrain", "samples", "report"}
    assert found["shards"]["parents"]["corpus"] == found["corpus"]["fingerprint"]
    assert "SHA-256 were checked" in groundup("inspect", "run", tiny.run).out


@pytest.mark.parametrize("words", [("--step", "-1"), ("--rows", "0")])
def test_batches_count_from_zero_and_rows_from_one(words, tiny, groundup) -> None:
    assert groundup("inspect", "batch", tiny.run, *words).code == 2
