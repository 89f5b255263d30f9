from __future__ import annotations

import gzip
import math

import pytest


def test_the_figures_are_those_of_the_whole_text(tiny, groundup) -> None:
    outcome = groundup("evaluate", tiny.run, "--data", tiny.text, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("\n") == 1
    found = outcome.json
    assert found["bytes"] == tiny.text.stat().st_size
    assert found["documents"] == 1
    assert found["perplexity"] == pytest.approx(math.exp(found["loss"]))
    nats = found["loss"] * found["tokens"]
    assert found["bits_per_byte"] == pytest.approx(nats / found["bytes"] / math.log(2))


def test_a_folder_in_any_format_is_measured_like_the_text_itself(tiny, groundup, tmp_path) -> None:
    (tmp_path / "text.txt.gz").write_bytes(gzip.compress(tiny.text.read_bytes()))
    plain = groundup("evaluate", tiny.run, "--data", tiny.text, "--json", "--task", "language-modelling").json
    assert groundup("evaluate", tiny.run, "--data", tmp_path, "--json").json == plain


def test_more_to_look_back_on_is_another_figure_of_the_same_text(tiny, groundup) -> None:
    plain = groundup("evaluate", tiny.run, "--data", tiny.text, "--json").json
    closer = groundup("evaluate", tiny.run, "--data", tiny.text, "--stride", 4, "--json").json
    assert closer["tokens"] == plain["tokens"]
    assert closer["loss"] != plain["loss"]


def test_people_are_told_units(tiny, groundup) -> None:
    out = groundup("evaluate", tiny.run, "--data", tiny.text).out
    assert "nats a token" in out
    assert "bits per byte" in out


def test_mistakes_name_the_place(tiny, groundup, tmp_path) -> None:
    (tmp_path / "zeros.txt").write_bytes(bytes(99))
    (tmp_path / "empty.txt").write_bytes(b"")
    for path, part in (("zeros.txt", "zeros.txt"), ("empty.txt", "no text"), ("none.txt", "none.txt")):
        outcome = groundup("evaluate", tiny.run, "--data", tmp_path / path)
        assert outcome.code == 2
        assert part in outcome.error
    outcome = groundup("evaluate", tiny.run, "--data", tiny.text, "--stride", 0)
    assert outcome.code == 2
    assert "1 to 16" in outcome.error


def test_a_run_without_a_trained_model_is_said(copy, groundup) -> None:
    (copy.run / "pretrain").rename(copy.run.parent / "elsewhere")
    outcome = groundup("evaluate", copy.run, "--data", copy.text)
    assert outcome.code == 2
    assert "no trained model yet" in outcome.error
