from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import KINDS, PAIRS, WRITERS, Kind, Rows, expected, random_kind, texts

from groundup.decoding.beam import beam_search
from groundup.decoding.engine import DecoderEngine
from groundup.decoding.ensemble import Ensemble
from groundup.decoding.settings import BeamSettings
from groundup.errors import GroundupError

VOCABULARY, END = 7, 4
some = settings(max_examples=50, deadline=None)
rows_of_text = texts(VOCABULARY, 6, least=3, most=3)


@some
@given(st.sampled_from(KINDS), st.integers(1, 3), rows_of_text, rows_of_text, st.integers(1, 4))
def test_an_ensemble_of_one_or_of_the_same_is_the_model(
    kind: Kind, members: int, prompts: Rows, sources: Rows, beams: int
) -> None:
    engine = DecoderEngine(random_kind(kind, VOCABULARY))
    given_sources = sources if engine.reads_sources else None
    rules = BeamSettings(beams=beams, n_best=beams, tokens=8, length_penalty=0.7)
    alone = beam_search(engine, prompts, rules, end=END, sources=given_sources)
    together = beam_search(Ensemble([engine] * members), prompts, rules, end=END, sources=given_sources)
    for ours, own in zip(together, alone, strict=True):
        assert [hypothesis.tokens for hypothesis in ours] == [hypothesis.tokens for hypothesis in own]
        assert [hypothesis.score for hypothesis in ours] == pytest.approx([h.score for h in own], abs=1e-4)


@some
@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), rows_of_text, st.integers(0, 20))
def test_unlike_models_say_the_mean_of_their_probabilities(kinds: list[Kind], sources: Rows, seed: int) -> None:
    """Whatever they are made of, however wide, and whether they read the source or not."""
    models = [random_kind(kind, VOCABULARY, number, width=8 + 4 * number) for number, kind in enumerate(kinds)]
    ensemble = Ensemble([DecoderEngine(model) for model in models])
    assert ensemble.reads_sources == any(model.encoder is not None for model in models)
    tokens = torch.randint(VOCABULARY, (3, 5), generator=torch.Generator().manual_seed(seed))
    state = ensemble.start(sources if ensemble.reads_sources else None)
    _, state = ensemble.step(tokens[:, :3], state)
    rows = [2, 0, 0]
    logits, _ = ensemble.step(tokens[rows, 3:], ensemble.reorder(state, torch.tensor(rows)))
    for row, came_from in enumerate(rows):
        text = tokens[came_from : came_from + 1]
        said = [
            expected(model, text, None if model.encoder is None else sources[came_from])[0, -1].exp()
            for model in models
        ]
        torch.testing.assert_close(logits[row].exp(), torch.stack(said).mean(0), atol=2e-5, rtol=1e-4)


def test_a_recurrent_translator_and_a_transformer_write_together() -> None:
    """Neither of the two alone writes what both do."""
    first, second = (DecoderEngine(random_kind(kind, VOCABULARY, 3)) for kind in (PAIRS[0], PAIRS[5]))
    rules, source = BeamSettings(beams=4, tokens=8), [[1, 2, 3]]
    texts = [
        beam_search(engine, [[END]], rules, end=END, sources=source)[0][0].log_probability
        for engine in (first, second, Ensemble([first, second]))
    ]
    assert len(set(texts)) == 3


def test_vocabularies_that_differ_are_told() -> None:
    kind: Kind = ((), WRITERS[0])
    ensemble = Ensemble([DecoderEngine(random_kind(kind, size)) for size in (7, 8)])
    with pytest.raises(GroundupError, match=r"7, 8 tokens.*same tokenizer"):
        ensemble.step(torch.tensor([[1]]), ensemble.start())


def test_an_ensemble_needs_members() -> None:
    with pytest.raises(GroundupError, match="no members"):
        Ensemble([])


def test_members_must_agree_on_how_a_source_ends() -> None:
    """Those that read none have no say."""
    reader, writer = (random_kind(kind, VOCABULARY) for kind in (PAIRS[0], ((), WRITERS[0])))
    ended = DecoderEngine(reader, ends_sources=True)
    assert Ensemble([ended, DecoderEngine(writer)]).ends_sources
    assert not Ensemble([DecoderEngine(reader), DecoderEngine(writer)]).ends_sources
    with pytest.raises(GroundupError, match="trained alike"):
        Ensemble([ended, DecoderEngine(reader)])


def test_one_that_sees_prompts_whole_makes_all_march_by_length() -> None:
    model = random_kind(((), WRITERS[0]), VOCABULARY)
    assert Ensemble([DecoderEngine(model), DecoderEngine(model, sees_prompts_whole=True)]).sees_prompts_whole
