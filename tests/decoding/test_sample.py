from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import PAIRS, Kind, random_kind
from torch import Tensor

from groundup.decoding.engine import DecoderEngine, Engine
from groundup.decoding.sample import sample
from groundup.decoding.settings import SamplingSettings
from groundup.errors import GroundupError
from groundup.model.context import all_at_once
from groundup.model.model import Model

MakeModel = Callable[..., Model]
VOCABULARY, END = 11, 4


class Recomputing(Engine):
    """An engine without a cache: it reads everything again for each token."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def start(self, sources: Any = None) -> Any:
        return None

    @torch.no_grad()
    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        whole = tokens if state is None else torch.cat((state, tokens), 1)
        return self.model.score(self.model(whole, all_at_once(whole))[0][:, -1]), whole

    def reorder(self, state: Any, rows: Tensor) -> Any:
        return state[rows]


class Counting(Recomputing):
    """An engine that counts on from the last token, and remembers how many rows it was asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        self.asked.append(len(tokens))
        following = (tokens[:, -1:] + 1) % VOCABULARY
        return torch.zeros(len(tokens), VOCABULARY).scatter_(1, following, 9.0), tokens


def texts(engine: Engine, prompts: Sequence[Sequence[int]], **rules: Any) -> list[list[int]]:
    """What was written after each prompt."""
    is_finished = rules.pop("is_finished", lambda row, written: False)
    sources = rules.pop("sources", None)
    written: list[list[int]] = [[] for _ in prompts]
    values = SamplingSettings(**{"tokens": 12, "temperature": 1.0} | rules)
    for row, token in sample(engine, prompts, values, end=END, is_finished=is_finished, sources=sources):
        written[row].append(token)
    return written


PROMPTS = st.lists(st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=14), min_size=1, max_size=4)
RULES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**40),
        "temperature": st.sampled_from([0.0, 0.7, 1.5]),
        "top_k": st.sampled_from([0, 3]),
        "top_p": st.sampled_from([1.0, 0.8]),
        "repetition_penalty": st.sampled_from([1.0, 1.3]),
    }
)
SHAPES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 1000),
        "context": st.sampled_from([4, 30]),
        "window": st.sampled_from([None, 3]),
        "key_value_heads": st.sampled_from([1, 2]),
    }
)
some = settings(max_examples=30, deadline=None)


@some
@given(SHAPES, PROMPTS, RULES)
def test_a_prompt_gets_the_text_that_it_gets_alone(
    random_model: MakeModel, shape: dict[str, Any], prompts: list[list[int]], rules: dict[str, Any]
) -> None:
    """Wherever it stands in the batch, however long the others are, and whenever they end."""
    engine = DecoderEngine(random_model(**shape))
    together = texts(engine, prompts, **rules)
    backwards = texts(engine, prompts[::-1], **rules)[::-1]
    for row, prompt in enumerate(prompts):
        if prompt not in prompts[:row]:
            assert together[row] == texts(engine, [prompt], **rules)[0]
        if prompts.count(prompt) == 1:
            assert together[row] == backwards[row]


@some
@given(SHAPES, PROMPTS, RULES)
def test_the_cache_changes_nothing(
    random_model: MakeModel, shape: dict[str, Any], prompts: list[list[int]], rules: dict[str, Any]
) -> None:
    model = random_model(**shape)
    assert texts(DecoderEngine(model), prompts, **rules) == texts(Recomputing(model), prompts, **rules)


def test_the_seed_decides(random_model: MakeModel) -> None:
    engine = DecoderEngine(random_model())
    drawn = [texts(engine, [[1, 2], [3]], seed=seed, tokens=30) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def test_equal_prompts_get_different_texts(random_model: MakeModel) -> None:
    engine = DecoderEngine(random_model())
    several = texts(engine, [[1, 2]] * 5, tokens=30)
    assert len({tuple(text) for text in several}) == 5
    # The first is the text of the prompt alone; a stranger in between changes none.
    assert texts(engine, [[1, 2], [7], [1, 2], [1, 2]], tokens=30)[::2] == [several[0], several[1]]


def test_the_callers_random_state_is_not_touched(random_model: MakeModel) -> None:
    engine, state = DecoderEngine(random_model()), torch.get_rng_state()
    texts(engine, [[1]])
    assert torch.equal(torch.get_rng_state(), state)


def test_the_end_token_ends_a_row_and_is_not_yielded() -> None:
    engine = Counting()
    assert texts(engine, [[0], [2], [9]], temperature=0.0) == [[1, 2, 3], [3], [10, 0, 1, 2, 3]]
    # Rows that have ended are no longer computed.
    assert engine.asked == [3, 3, 2, 2, 1, 1]


def test_an_end_token_in_a_prompt_ends_nothing() -> None:
    assert texts(Counting(), [[END], [1, END, 7]], temperature=0.0, tokens=2) == [[5, 6], [8, 9]]


@some
@given(PROMPTS, st.integers(1, 20))
def test_no_row_is_longer_than_the_limit(random_model: MakeModel, prompts: list[list[int]], tokens: int) -> None:
    for text in texts(DecoderEngine(random_model()), prompts, tokens=tokens):
        assert len(text) <= tokens
        assert END not in text
    assert texts(Counting(), [[5]], temperature=0.0, tokens=tokens) == [[6, 7, 8, 9, 10, 0, 1, 2, 3][:tokens]]


def test_a_row_may_be_ended_from_outside_and_the_others_go_on() -> None:
    heard: list[tuple[int, list[int]]] = []

    def is_finished(row: int, written: list[int]) -> bool:
        heard.append((row, list(written)))
        return row == 1 and len(written) == 2

    written = texts(Counting(), [[5], [6]], temperature=0.0, tokens=3, is_finished=is_finished)
    assert written == [[6, 7, 8], [7, 8]]
    assert heard == [(0, [6]), (1, [7]), (0, [6, 7]), (1, [7, 8]), (0, [6, 7, 8])]


@pytest.mark.parametrize("prompts", [[[0], [5, 6, 7, 8], [6, 7]], [[5, 6, 7, 8], [0]]])
def test_rows_with_longer_prompts_begin_at_their_end(prompts: list[list[int]]) -> None:
    written = texts(Counting(), prompts, temperature=0.0, tokens=2)
    assert written == [[prompt[-1] + 1, prompt[-1] + 2] for prompt in prompts]


def test_the_penalty_knows_prompt_and_text() -> None:
    """All but one token are forbidden in effect, as they were in the prompt; then that one is there too."""

    class Level(Counting):
        def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
            return torch.arange(VOCABULARY).expand(len(tokens), -1).float(), tokens

    prompt = [10, 9, 7]
    assert texts(Level(), [prompt], temperature=0.0, repetition_penalty=100.0, tokens=3) == [[8, 6, 5]]


@pytest.mark.parametrize("prompts", [[[]], [[1], []]])
def test_an_empty_prompt_says_what_to_do(prompts: list[list[int]]) -> None:
    with pytest.raises(GroundupError, match=r"no tokens.*end token"):
        texts(Counting(), prompts)


def test_no_prompts_give_no_texts() -> None:
    engine = Counting()
    assert texts(engine, []) == []
    assert engine.asked == []


@some
@given(PROMPTS, RULES)
def test_a_prompt_that_is_seen_whole_gets_the_text_that_it_gets_alone(
    random_model: MakeModel, prompts: list[list[int]], rules: dict[str, Any]
) -> None:
    """Its own length decides what it may see of itself, not that of the shortest."""
    engine = DecoderEngine(random_model(), sees_prompts_whole=True)
    together = texts(engine, prompts, **rules)
    for row, prompt in enumerate(prompts):
        if prompt not in prompts[:row]:
            assert together[row] == texts(engine, [prompt], **rules)[0]


@some
@given(st.sampled_from(PAIRS), PROMPTS, RULES, st.data())
def test_a_source_gets_the_text_that_it_gets_alone(
    kind: Kind, prompts: list[list[int]], rules: dict[str, Any], data: st.DataObject
) -> None:
    engine = DecoderEngine(random_kind(kind, VOCABULARY))
    source = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=9)
    sources = data.draw(st.lists(source, min_size=len(prompts), max_size=len(prompts)))
    together = texts(engine, prompts, **rules, sources=sources)
    rows = list(zip(prompts, sources, strict=True))
    for row, (prompt, own) in enumerate(rows):
        if (prompt, own) not in rows[:row]:
            assert together[row] == texts(engine, [prompt], **rules, sources=[own])[0]


def test_equal_prompts_of_different_sources_draw_from_streams_of_their_own(random_model: MakeModel) -> None:
    model = random_model(encoder=("attention",), decoder=("attention", "cross"))
    engine = DecoderEngine(model)
    both = texts(engine, [[END], [END]], sources=[[1, 2], [3]], tokens=30)
    assert both[1] == texts(engine, [[END]], sources=[[3]], tokens=30)[0]


def test_a_source_that_ends_where_another_rows_prompt_begins_is_no_company_either(random_model: MakeModel) -> None:
    """One behind the other, source and prompt of these rows are the same tokens."""
    engine = DecoderEngine(random_model(encoder=("attention",), decoder=("attention", "cross")))
    both = texts(engine, [[2, 3], [3]], sources=[[1], [1, 2]], tokens=30)
    assert both[1] == texts(engine, [[3]], sources=[[1, 2]], tokens=30)[0]
