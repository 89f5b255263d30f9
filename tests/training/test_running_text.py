"""What batches a run reads: as many rows as asked for, all of the held-out text, small enough to be taken in parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tiny_families import family_training
from tiny_runs import SYMBOLS

from groundup.errors import GroundupError
from groundup.tokens import cloze
from groundup.tokens.batches import UNSCORED
from groundup.tokens.pairs import NextSentence, SentenceOrder
from groundup.tokens.shared_words import MARK, SMALL, TOLD, SharedWords
from groundup.training import running_text
from groundup.training.material import PIECES

few = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(rows=some.integers(1, 9), step=some.integers(0, 300), name=some.sampled_from(["decoder", "pairs"]))
def test_a_batch_has_the_rows_and_the_context_asked_for(tmp_path, rows, step, name):
    training = family_training(tmp_path, name, batch=rows)
    batches = training.material.batches(training.settings)
    assert batches.size == rows * 16
    assert batches.at(step).tokens.shape == (rows, 16 if name == "pairs" else 17)


@few
@given(tokens=some.integers(1, 400))
def test_held_out_batches_score_every_token_once_in_pieces_of_what_is_taken(tmp_path, tokens):
    training = family_training(tmp_path, "decoder")
    batches = training.material.held_out(training.settings, tokens)
    read = [batches.at(step) for step in range(len(batches))]
    scored = np.concatenate([batch.targets[batch.targets != UNSCORED] for batch in read])
    assert Counter(scored.tolist()) == Counter(training.material.validation.tokens.tolist())
    # Of a part, no batch is more than one of its pieces, save that a row is the least.
    if tokens < training.material.validation.tokens.size:
        assert max(batch.targets.shape[0] for batch in read) <= max(1, tokens // PIECES // 16)


@pytest.mark.parametrize(("name", "kind"), [("sentence_order", SentenceOrder), ("next_sentence", NextSentence)])
def test_pairs_are_of_the_kind_that_was_asked_for(tmp_path, name, kind):
    training = family_training(tmp_path, "pairs")
    wanted = replace(training.settings, objective=replace(training.settings.objective, pairs=name))
    assert isinstance(training.material.batches(wanted), kind)
    held_out = training.material.held_out(wanted, 10**9)
    batch = held_out.at(0)
    assert (batch.tokens[:, 0] == SYMBOLS.end).all()
    assert (batch.tokens[~batch.real] == SYMBOLS.padding).all()
    assert ((batch.tokens == SYMBOLS.separator).sum(1) == 2).all()


def test_questions_are_made_of_the_text_where_they_are_asked_for(tmp_path, monkeypatch):
    # Sentences of four letters, each of which is frequent.
    monkeypatch.setattr(cloze, "SHORTEST", 3)
    monkeypatch.setattr(cloze, "FREQUENT", 1.0)
    training = family_training(tmp_path, "pairs")
    begins = SYMBOLS.begins_word
    letters = np.arange(len(begins)) >= SYMBOLS.special
    shapes = np.where(letters, SMALL, MARK)
    every, rules = np.arange(len(begins)), training.material.sentences
    words = SharedWords(begins, every.astype(np.uint64), shapes, letters * 1, letters, rules)
    wanted = replace(training.settings, objective=replace(training.settings.objective, pairs="cloze"))
    for is_told in (False, True):
        material = replace(training.material, context=40, words=words, is_told=is_told)
        for batch in (material.batches(wanted).at(3), material.held_out(wanted, 10**9).at(0)):
            assert batch.labels.shape == (len(batch.tokens), 2)
            assert (batch.tokens == SYMBOLS.mask).any(1).all()
            assert batch.segments.ndim == (3 if is_told else 2)
            assert batch.segments.max() < (TOLD if is_told else 2)


def test_documents_are_told_apart_where_they_are_to_be(tmp_path):
    training = family_training(tmp_path, "decoder")
    apart, together = (replace(training.settings, documents_apart=wanted) for wanted in (True, False))
    for batches in (training.material.batches, lambda settings: training.material.held_out(settings, 10**9)):
        # Documents of 50 tokens in rows of 16: some of the rows hold two.
        assert any(batches(apart).at(step).documents is not None for step in range(2))
        assert batches(together).at(0).documents is None


def test_tokens_are_counted_up_to_what_is_enough(tmp_path, monkeypatch):
    training = family_training(tmp_path, "decoder")
    counts = training.material.counts()
    assert counts.shape == (training.material.coder.vocabulary,)
    assert counts.sum() == training.material.train.tokens.size
    monkeypatch.setattr(running_text, "COUNTED", 100)
    assert training.material.counts().sum() == 100


def test_text_without_pairs_is_named_with_its_documents(tmp_path):
    training = family_training(tmp_path, "pairs")
    training = replace(training, material=replace(training.material, context=5))
    for stream, named, batches in (
        (training.material.train, "training", lambda: training.material.batches(training.settings)),
        (training.material.validation, "held-out", lambda: training.material.held_out(training.settings, 10**9)),
    ):
        with pytest.raises(GroundupError, match=rf"The {named} text \({stream.documents} documents?\)") as caught:
            batches()
        assert "corpus.validation" in caught.value.remedy
