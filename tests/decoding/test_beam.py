from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import KINDS, Kind, Rows, expected, random_kind, sources_of, texts
from torch import Tensor

from groundup.decoding.beam import Hypothesis, beam_search
from groundup.decoding.engine import DecoderEngine, Engine
from groundup.decoding.sample import sample
from groundup.decoding.settings import BeamSettings, SamplingSettings
from groundup.errors import GroundupError
from groundup.model.model import Model

VOCABULARY, END = 5, 4
SMALL = 3
some = settings(max_examples=60, deadline=None)

RULES = st.fixed_dictionaries(
    {
        "beams": st.integers(1, 6),
        "tokens": st.integers(1, 9),
        "length_penalty": st.sampled_from([0.0, 0.6, 1.0, 4.0]),
    }
)
kinds = st.sampled_from(KINDS)
seeds = st.integers(0, 20)


def search(model: Model, prompts: Rows, sources: Rows, end: int = END, **rules: Any) -> list[list[Hypothesis]]:
    """Beam search, with the sources for models that read them."""
    given_sources = sources_of(model, sources[: len(prompts)])
    return beam_search(DecoderEngine(model), prompts, BeamSettings(**rules), end=end, sources=given_sources)


def written(hypothesis: Hypothesis, end: int = END) -> list[int]:
    """All that the hypothesis' probability counts."""
    return [*hypothesis.tokens, *([end] if hypothesis.is_finished else [])]


def log_probability(model: Model, prompt: list[int], source: list[int] | None, tokens: list[int]) -> float:
    """Of `tokens` behind `prompt`, in one call."""
    whole = [*prompt, *tokens]
    said = expected(model, torch.tensor([whole[:-1]]), source)[0, len(prompt) - 1 :]
    return float(said.gather(1, torch.tensor(tokens)[:, None]).sum())


def all_texts(vocabulary: int, end: int, longest: int) -> list[list[int]]:
    """Every sequence that ends with the end token, or that has the greatest length."""
    others = [token for token in range(vocabulary) if token != end]
    ended = [[*text, end] for length in range(longest) for text in product(others, repeat=length)]
    return ended + [list(text) for text in product(others, repeat=longest)]


@settings(max_examples=50, deadline=None)
@given(kinds, seeds, texts(SMALL, 3), texts(SMALL, 4), st.sampled_from([0.0, 0.7, 3.0]), st.integers(0, 2), st.data())
def test_a_beam_that_holds_everything_is_a_search_through_everything(
    kind: Kind, seed: int, prompts: Rows, sources: Rows, alpha: float, least: int, data: st.DataObject
) -> None:
    """Every text over a tiny vocabulary, scored in parallel, ranked, and found; early stop or not."""
    model, end, longest = random_kind(kind, SMALL, seed), SMALL - 1, 4
    (prompt,), source = prompts, (sources_of(model, sources) or [None])[0]
    every = [text for text in all_texts(SMALL, end, longest) if text[-1] != end or len(text) > least]
    scores = {}
    for text in every:
        scores[tuple(text)] = log_probability(model, prompt, source, text) / ((5 + len(text)) / 6) ** alpha
    ranked = sorted(scores.values(), reverse=True)
    n_best = data.draw(st.integers(1, len(every)), "n_best")
    rules = {"beams": SMALL**longest, "tokens": longest, "minimum_tokens": least, "length_penalty": alpha}
    for stop_early in (True, False):
        (found,) = search(model, prompts, sources, end, **rules, n_best=n_best, stop_early=stop_early)
        assert len(found) == n_best
        for hypothesis, score in zip(found, ranked, strict=False):
            # The rank's score and the text's own: so equal scores may stand in any order.
            assert hypothesis.score == pytest.approx(score, abs=1e-4)
            assert hypothesis.score == pytest.approx(scores[tuple(written(hypothesis, end))], abs=1e-4)
        assert len({hypothesis.tokens for hypothesis in found}) == n_best


@settings(max_examples=80, deadline=None)
@given(kinds, seeds, texts(VOCABULARY, 4, most=4), texts(VOCABULARY, 6, least=4, most=4), st.integers(1, 12))
def test_one_beam_is_greedy(kind: Kind, seed: int, prompts: Rows, sources: Rows, tokens: int) -> None:
    """Whatever the length penalty: as sampling at temperature 0, and as a loop over all that was written."""
    model = random_kind(kind, VOCABULARY, seed)
    given_sources = sources_of(model, sources[: len(prompts)])
    sampled: Rows = [[] for _ in prompts]
    coldest = SamplingSettings(tokens=tokens, temperature=0.0)
    for row, token in sample(DecoderEngine(model), prompts, coldest, end=END, sources=given_sources):
        sampled[row].append(token)
    looped: Rows = []
    for row, prompt in enumerate(prompts):
        text = list(prompt)
        for _ in range(tokens):
            token = int(expected(model, torch.tensor([text]), (given_sources or {row: None})[row])[0, -1].argmax())
            if token == END:
                break
            text.append(token)
        looped.append(text[len(prompt) :])
    assert sampled == looped
    for alpha in (0.0, 1.0):
        found = search(model, prompts, sources, beams=1, tokens=tokens, length_penalty=alpha)
        assert [list(hypothesis.tokens) for (hypothesis,) in found] == looped


@some
@given(kinds, seeds, texts(VOCABULARY, 5, most=4), texts(VOCABULARY, 6, least=4, most=4), RULES)
def test_a_beam_in_a_batch_is_the_beam_alone(
    kind: Kind, seed: int, prompts: Rows, sources: Rows, rules: dict[str, Any]
) -> None:
    """However long the others' prompts and sources are and whenever they end: the same texts, the same scores."""
    model = random_kind(kind, VOCABULARY, seed)
    together = search(model, prompts, sources, **rules, n_best=rules["beams"])
    for row, prompt in enumerate(prompts):
        (alone,) = search(model, [prompt], sources[row : row + 1], **rules, n_best=rules["beams"])
        assert [hypothesis.tokens for hypothesis in together[row]] == [hypothesis.tokens for hypothesis in alone]
        for ours, own in zip(together[row], alone, strict=True):
            assert ours.score == pytest.approx(own.score, abs=1e-4)


@some
@given(kinds, seeds, texts(VOCABULARY, 5, most=3), texts(VOCABULARY, 6, least=3, most=3), RULES, st.integers(0, 9))
def test_what_is_found_is_sorted_distinct_as_long_as_allowed_and_as_likely_as_is_said(
    kind: Kind, seed: int, prompts: Rows, sources: Rows, rules: dict[str, Any], least: int
) -> None:
    """The probability is that behind the forced beginning, which is not counted itself."""
    model = random_kind(kind, VOCABULARY, seed)
    rules = {**rules, "minimum_tokens": min(least, rules["tokens"]), "n_best": rules["beams"]}
    for row, found in enumerate(search(model, prompts, sources, **rules)):
        scores = [hypothesis.score for hypothesis in found]
        assert scores == sorted(scores, reverse=True)
        assert 1 <= len({hypothesis.tokens for hypothesis in found}) == len(found) <= rules["beams"]
        for hypothesis in found:
            text = written(hypothesis)
            assert END not in hypothesis.tokens
            assert rules["minimum_tokens"] <= len(hypothesis.tokens) <= rules["tokens"]
            assert hypothesis.is_finished == (len(hypothesis.tokens) < rules["tokens"])
            own = log_probability(model, prompts[row], (sources_of(model, sources) or {row: None})[row], text)
            assert hypothesis.log_probability == pytest.approx(own, abs=1e-4)
            penalty = ((5 + len(text)) / 6) ** rules["length_penalty"]
            assert hypothesis.score == pytest.approx(hypothesis.log_probability / penalty)


@settings(max_examples=100, deadline=None)
@given(kinds, seeds, texts(VOCABULARY, 3, most=3), texts(VOCABULARY, 6, least=3, most=3), RULES, st.data())
def test_stopping_early_changes_nothing(
    kind: Kind, seed: int, prompts: Rows, sources: Rows, rules: dict[str, Any], data: st.DataObject
) -> None:
    model = random_kind(kind, VOCABULARY, seed)
    rules = {**rules, "n_best": data.draw(st.integers(1, rules["beams"]))}
    early = search(model, prompts, sources, **rules, stop_early=True)
    late = search(model, prompts, sources, **rules, stop_early=False)
    assert [[(h.tokens, h.is_finished) for h in found] for found in early] == [
        [(h.tokens, h.is_finished) for h in found] for found in late
    ]


class Chain(Engine):
    """What comes next depends on the last token alone; it remembers how many rows it was asked for."""

    def __init__(self, odds: dict[int, dict[int, float]]) -> None:
        self.logits = torch.full((VOCABULARY, VOCABULARY), -30.0)
        for token, following in odds.items():
            for after, share in following.items():
                self.logits[token, after] = torch.tensor(share).log()
        self.asked: list[int] = []

    def start(self, sources: Any = None) -> Any:
        return ()

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        self.asked.append(len(tokens))
        return self.logits[tokens[:, -1]], state

    def reorder(self, state: Any, rows: Tensor) -> Any:
        return state


def test_two_beams_find_what_one_passes_by() -> None:
    odds = {0: {1: 0.6, 2: 0.4}, 1: {1: 0.3, 3: 0.3, END: 0.4}, 2: {END: 1.0}}
    for beams, tokens in ((1, (1,)), (2, (2,))):
        (found,) = beam_search(Chain(odds), [[0]], BeamSettings(beams=beams), end=END)
        assert found[0].tokens == tokens


def test_the_length_penalty_lets_longer_texts_win() -> None:
    odds = {0: {1: 0.7, END: 0.3}, 1: {2: 0.6, 1: 0.4}, 2: {3: 0.6, 1: 0.4}, 3: {END: 1.0}}
    best = {
        alpha: beam_search(Chain(odds), [[0]], BeamSettings(beams=3, length_penalty=alpha), end=END)[0][0].tokens
        for alpha in (0.0, 1.5)
    }
    assert best == {0.0: (), 1.5: (1, 2, 3)}


def test_rows_and_hypotheses_that_are_done_leave_the_batch() -> None:
    engine = Chain({0: {END: 0.9, 1: 0.1}, 1: {2: 1.0}, 2: {3: 1.0}, 3: {END: 1.0}})
    beam_search(engine, [[0], [1], [3]], BeamSettings(beams=1), end=END)
    assert engine.asked == [3, 1, 1]


def test_it_stops_when_nothing_can_come_better_and_not_before() -> None:
    odds = {0: {END: 0.6, 1: 0.4}, 1: {2: 1.0}, 2: {1: 1.0}}

    def steps(**rules: Any) -> int:
        engine = Chain(odds)
        beam_search(engine, [[0]], BeamSettings(beams=2, tokens=30, **rules), end=END)
        return len(engine.asked)

    assert steps() == 1
    assert steps(stop_early=False) == 30
    # The second text of two is still to be found, and so is one that the penalty will prefer.
    assert steps(n_best=2) == 30
    assert steps(length_penalty=1.0) == 30


def test_a_text_may_be_told_how_to_begin_each_row_its_own_way() -> None:
    odds = {END: {0: 0.9, 1: 0.1}, 0: {0: 1.0}, 1: {2: 0.5, 3: 0.5}, 2: {END: 1.0}, 3: {3: 0.9, END: 0.1}}
    prompts = [[END], [END, 1, 3], [END, 1]]
    found = beam_search(Chain(odds), prompts, BeamSettings(beams=2, tokens=2, n_best=2), end=END)
    assert [[hypothesis.tokens for hypothesis in row] for row in found] == [
        [(0, 0), (1, 2)],
        [(3, 3), ()],
        [(2,), (3, 3)],
    ]


@pytest.mark.parametrize(
    ("rules", "lengths"),
    [
        ({}, [12, 14, 30]),
        ({"tokens_per_source_token": 0}, [30, 30, 30]),
        ({"tokens_per_source_token": 0.5, "minimum_tokens": 11}, [11, 11, 15]),
    ],
)
def test_a_short_source_gets_no_endless_text(rules: dict[str, float], lengths: list[int]) -> None:
    """Twice the source and ten more, and no more than the tokens of all; without a source the tokens alone count."""
    engine, sources = Chain({0: {0: 1.0}}), [[1], [1] * 2, [1] * 11]
    values = BeamSettings(**{"beams": 2, "tokens": 30} | rules)
    found = beam_search(engine, [[0]] * 3, values, end=END, sources=sources)
    assert [len(row[0].tokens) for row in found] == lengths
    assert not any(row[0].is_finished for row in found)
    assert len(beam_search(engine, [[0]], values, end=END)[0][0].tokens) == 30


@pytest.mark.parametrize("prompts", [[[]], [[1], []]])
def test_an_empty_prompt_says_what_to_do(prompts: Rows) -> None:
    with pytest.raises(GroundupError, match=r"no tokens.*end token"):
        beam_search(Chain({}), prompts, BeamSettings(), end=END)


def test_no_prompts_give_no_texts() -> None:
    assert beam_search(Chain({}), [], BeamSettings(), end=END) == []
