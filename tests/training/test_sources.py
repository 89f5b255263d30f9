"""What batches a run reads: as many rows as asked for, all of the held-out text, small enough to be taken in parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tiny_families import family_task
from tiny_runs import SYMBOLS

from groundup.errors import GroundupError
from groundup.tokens.batches import UNSCORED
from groundup.tokens.pairs import NextSentence, SentenceOrder
from groundup.training import sources
from groundup.training.sources import PIECES, held_out_batches, token_counts, training_batches

few = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(rows=some.integers(1, 9), step=some.integers(0, 300), name=some.sampled_from(["decoder", "pairs"]))
def test_a_batch_has_the_rows_and_the_context_asked_for(tmp_path, rows, step, name):
    task = family_task(tmp_path, name, batch=rows)
    batches = training_batches(task, task.settings)
    assert (batches.rows, batches.context) == (rows, 16)
    assert batches.at(step).tokens.shape == (rows, 16 if name == "pairs" else 17)


@few
@given(tokens=some.integers(1, 400))
def test_held_out_batches_score_every_token_once_in_pieces_of_what_is_taken(tmp_path, tokens):
    task = family_task(tmp_path, "decoder")
    batches = held_out_batches(task, task.settings, tokens)
    read = [batches.at(step) for step in range(len(batches))]
    scored = np.concatenate([batch.targets[batch.targets != UNSCORED] for batch in read])
    assert Counter(scored.tolist()) == Counter(task.validation.tokens.tolist())
    # Of a part, no batch is more than one of its pieces, save that a row is the least.
    if tokens < task.validation.tokens.size:
        assert max(batch.targets.shape[0] for batch in read) <= max(1, tokens // PIECES // 16)


@pytest.mark.parametrize(("name", "kind"), [("sentence_order", SentenceOrder), ("next_sentence", NextSentence)])
def test_pairs_are_of_the_kind_that_was_asked_for(tmp_path, name, kind):
    task = family_task(tmp_path, "pairs")
    wanted = replace(task.settings, objective=replace(task.settings.objective, pairs=name))
    assert isinstance(training_batches(task, wanted), kind)
    held_out = held_out_batches(task, wanted, 10**9)
    batch = held_out.at(0)
    assert (batch.tokens[:, 0] == SYMBOLS.end).all()
    assert (batch.tokens[~batch.real] == SYMBOLS.padding).all()
    assert ((batch.tokens == SYMBOLS.separator).sum(1) == 2).all()


def test_documents_are_told_apart_where_they_are_to_be(tmp_path):
    task = family_task(tmp_path, "decoder")
    apart, together = (replace(task.settings, documents_apart=wanted) for wanted in (True, False))
    for batches in (training_batches, lambda task, settings: held_out_batches(task, settings, 10**9)):
        # Documents of 50 tokens in rows of 16: some of the rows hold two.
        assert any(batches(task, apart).at(step).documents is not None for step in range(2))
        assert batches(task, together).at(0).documents is None


def test_tokens_are_counted_up_to_what_is_enough(tmp_path, monkeypatch):
    task = family_task(tmp_path, "decoder")
    counts = token_counts(task)
    assert counts.shape == (task.coder.vocabulary,)
    assert counts.sum() == task.train.tokens.size
    monkeypatch.setattr(sources, "COUNTED", 100)
    assert token_counts(task).sum() == 100


def test_text_without_pairs_is_named_with_its_documents(tmp_path):
    task = family_task(tmp_path, "pairs")
    task = replace(task, model=replace(task.model, context=5))
    for stream, named, batches in (
        (task.train, "training", lambda: training_batches(task, task.settings)),
        (task.validation, "held-out", lambda: held_out_batches(task, task.settings, 10**9)),
    ):
        with pytest.raises(GroundupError, match=rf"The {named} text \({stream.documents} documents?\)") as caught:
            batches()
        assert "corpus.validation" in caught.value.remedy
