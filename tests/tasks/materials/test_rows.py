"""Rows with labels: padded only as far as the batch needs, every row once, in batches of what was asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.model.heads import HeadSettings
from groundup.objectives.scoring import TOKENS_AT_ONCE
from groundup.objectives.settings import ObjectiveSettings
from groundup.tasks.materials.rows import LabelledRows, RowMaterial, in_batches
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.shared_words import shared_words
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer
from groundup.training.material import PIECES
from groundup.training.settings import TrainingSettings

SETTINGS = TrainingSettings(batch=2, objective=ObjectiveSettings(kind="labels"))
READ = train_tokenizer(["Some letters. To be read"], TokenizerSettings(kind="bpe", vocabulary=300))
quick = settings(max_examples=60, deadline=None)
ids = st.lists(st.lists(st.integers(5, 40), min_size=1, max_size=16), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def coder() -> Tokenizer:
    return train_tokenizer(["some letters to be read"], TokenizerSettings(kind="character", vocabulary=100))


def rows_of(ids: list[list[int]], is_pair: bool = False) -> LabelledRows:
    labels = {"label": np.arange(len(ids)), "span": np.stack([np.arange(len(ids)), -np.arange(len(ids))], -1)}
    return LabelledRows(ids, np.array([len(row) // 2 for row in ids]) if is_pair else None, labels)


def material_of(coder: Tokenizer, ids: list[list[int]], context: int = 16, seed: int = 1) -> RowMaterial:
    rows = rows_of(ids)
    return RowMaterial(rows, rows, coder, {"label": HeadSettings("sequence", 2)}, context, seed, "f", False)


@quick
@given(ids, st.booleans(), st.data())
def test_a_batch_holds_its_rows_and_their_labels(ids, is_pair, data):
    chosen = data.draw(st.lists(st.integers(0, len(ids) - 1), min_size=1, max_size=5))
    batch = rows_of(ids, is_pair).batch(np.array(chosen), 0, is_causal=True)
    assert batch.tokens.shape == (len(chosen), max(len(ids[row]) for row in chosen))
    for place, row in enumerate(chosen):
        assert batch.tokens[place][batch.real[place]].tolist() == ids[row]
        assert batch.real[place].tolist() == sorted(batch.real[place].tolist(), reverse=True)
        assert (batch.tokens[place][~batch.real[place]] == 0).all()
        if is_pair:
            first, padding = len(ids[row]) // 2, batch.tokens.shape[1] - len(ids[row])
            assert batch.segments[place].tolist() == [0] * first + [1] * (len(ids[row]) - first) + [0] * padding
    assert is_pair or batch.segments is None
    assert batch.labels["label"].tolist() == chosen
    assert batch.labels["span"].tolist() == [[row, -row] for row in chosen]
    assert batch.is_causal


@quick
@given(ids, st.data())
def test_segments_tell_what_words_are_to_those_of_the_other_text_where_they_are_asked_to(ids, data):
    chosen = data.draw(st.lists(st.integers(0, len(ids) - 1), min_size=1, max_size=5))
    plain, words = rows_of(ids, is_pair=True), shared_words(READ)
    batch = replace(plain, words=words).batch(np.array(chosen), 0, is_causal=False)
    for place, row in enumerate(chosen):
        told = words.segments(np.array(ids[row]), int(plain.second[row]))
        assert (batch.segments[place, : len(ids[row])] == told).all()
        assert not batch.segments[place, len(ids[row]) :].any()


@quick
@given(ids, st.integers(1, 60))
def test_rows_to_be_labelled_stand_once_in_batches_of_so_many_positions(ids, tokens):
    batches = in_batches(rows_of(ids), tokens, 0, is_causal=False)
    assert sorted(row for batch in batches for row in batch.labels["label"].tolist()) == list(range(len(ids)))
    for chosen, batch in zip(batches.chosen, batches, strict=True):
        assert batch.labels["label"].tolist() == chosen.tolist()
        assert batch.tokens.size <= tokens or len(chosen) == 1
        assert not batch.is_causal


@settings(max_examples=20, deadline=None)
@given(ids, st.integers(0, 9))
def test_the_examples_of_a_batch_are_named(coder, ids, number):
    bare = material_of(coder, ids)
    named = replace(bare, called=[f"a.csv#{row}" for row in range(len(ids))])
    batches = named.batches(SETTINGS)
    assert named.names(batches, number) == [f"a.csv#{row}" for row in batches.at(number).labels["label"]]
    assert not bare.names(bare.batches(SETTINGS), number)


@settings(max_examples=20, deadline=None)
@given(ids, st.integers(0, 3))
def test_an_epoch_learns_from_each_row_once(coder, ids, seed):
    batches = material_of(coder, ids, seed=seed).batches(SETTINGS)
    seen: list[int] = []
    step = 0
    while len(seen) < len(ids):
        batch = batches.at(step)
        assert batch.tokens.size <= 2 * 16
        assert batch.tokens.tolist() == batches.at(step).tokens.tolist()
        seen += batch.labels["label"].tolist()
        step += 1
    assert sorted(seen) == list(range(len(ids)))


@settings(max_examples=20, deadline=None)
@given(ids, st.integers(1, 900))
def test_held_out_rows_stand_once_and_in_small_batches_where_a_part_is_taken(coder, ids, tokens):
    material = material_of(coder, ids)
    held_out = material.held_out(SETTINGS, tokens)
    batches = [held_out.at(step) for step in range(len(held_out))]
    assert Counter(row for batch in batches for row in batch.labels["label"].tolist()) == Counter(range(len(ids)))
    most = TOKENS_AT_ONCE if tokens >= material.held_out_tokens else tokens // PIECES
    assert all(len(batch.tokens) == 1 or batch.tokens.size <= most for batch in batches)


def test_the_material_says_what_there_is(coder: Tokenizer) -> None:
    material = material_of(coder, [[5, 6], [7, 8, 9]])
    assert (material.tokens, material.held_out_tokens) == (5, 5)
    assert material.symbols.end == coder.end
    assert material.counts().tolist() == [0] * coder.vocabulary
    assert material.batches(SETTINGS).size == 5
