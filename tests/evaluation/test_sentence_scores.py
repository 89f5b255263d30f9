from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.evaluation import sentence_scores
from groundup.evaluation.sentence_scores import WAYS, Marks, scores
from groundup.model.context import all_at_once
from groundup.model.model import Model

MakeModel = Callable[..., Model]
END, MASK, SENTINEL = 4, 2, 5
STACKS = {
    "decoder": {"decoder": ("attention", "relu_squared")},
    "encoder": {"encoder": ("attention", "glu"), "decoder": ()},
    "both": {"encoder": ("attention", "gelu"), "decoder": ("attention", "cross", "gelu")},
}
FITTING = [
    ("decoder", "causal"),
    ("decoder", "masked_next"),
    ("encoder", "causal"),
    ("encoder", "masked"),
    ("encoder", "masked_next"),
    ("both", "encoder_mask"),
    ("both", "encoder_prefix"),
]
MARKS = [Marks(END, MASK), Marks(END, MASK, SENTINEL)]
sentences = st.lists(st.integers(6, 10), max_size=6)


@torch.no_grad()
def shares(model: Model, tokens: Sequence[int], is_causal: bool, source: Sequence[int] = ()) -> torch.Tensor:
    """Log-probabilities [T, V] behind each of the tokens, one row read alone."""
    memory = None
    if source:
        read = torch.tensor([source])
        memory = model.read(read, all_at_once(read, is_causal=False))
    row = torch.tensor([tokens])
    hidden, _ = model(row, all_at_once(row, is_causal=is_causal, memory=memory))
    return model.score(hidden)[0].double().log_softmax(-1)


def by_hand(model: Model, tokens: Sequence[int], read: int, way: str, marks: Marks) -> float:
    """The score as the papers define it: every token in a forward pass of its own."""
    total = 0.0
    hole = marks.mask if way.startswith("masked") or marks.sentinel is None else marks.sentinel
    behind = [] if marks.sentinel is None else [marks.sentinel]
    for place, token in enumerate(tokens):
        others = [END, *tokens[:place], hole, *tokens[place + 1 :], END]
        if way == "causal":
            found = shares(model, [END, *tokens[:place]], True)[-1]
        elif way == "masked":
            found = shares(model, others, False)[place + 1]
        elif way == "masked_next":
            found = shares(model, others, False)[place]
        elif way == "encoder_mask":
            found = shares(model, [END, *behind], True, others)[-1]
        elif place < read:
            continue
        else:
            written = [END, *behind, *tokens[read:place]]
            found = shares(model, written, True, [END, *tokens[:read], *behind])[-1]
        total += float(found[token])
    return total


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(FITTING),
    st.lists(st.tuples(sentences, st.integers(0, 6)), min_size=1, max_size=5),
    st.sampled_from(MARKS),
    st.integers(0, 100),
    st.sampled_from([1, 20, 8192]),
)
def test_every_way_is_what_it_says_token_by_token(
    random_model: MakeModel,
    fitting: tuple[str, str],
    asked: list[tuple[list[int], int]],
    marks: Marks,
    seed: int,
    tokens_at_once: int,
) -> None:
    stacks, way = fitting
    model = random_model(seed=seed, **STACKS[stacks])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sentence_scores, "TOKENS_AT_ONCE", tokens_at_once)
        found = scores(model, asked, way, marks)
    assert found == pytest.approx([by_hand(model, *each, way, marks) for each in asked], abs=1e-4)


def test_the_closing_end_token_is_seen_by_ways_that_look_ahead_and_scored_by_none() -> None:
    tokens = [6, 7, 8]
    for name, way in WAYS.items():
        for row in way.rows(tokens, 1, MARKS[0]):
            assert END not in row.targets, name
            seen = row.source if name == "encoder_mask" else row.inputs
            assert (seen[-1] == END and len(seen) == 5) == (name in ("masked", "masked_next", "encoder_mask"))


def test_each_token_is_scored_once() -> None:
    tokens = [6, 7, 8, 9]
    for name, way in WAYS.items():
        for marks in MARKS:
            rows = list(way.rows(tokens, 1, marks))
            scored = [target for row in rows for target in row.targets if target >= 0]
            assert scored == (tokens[1:] if name == "encoder_prefix" else tokens)
            assert all(len(row.inputs) == len(row.targets) for row in rows)


def test_a_model_that_writes_in_a_circle_finds_the_circle_likelier(random_model: MakeModel) -> None:
    model = random_model(vocabulary=12, width=32, decoder=("attention", "relu_squared"), soft_cap=0.0).train()
    circle = torch.tensor([END, *range(6, 12)] * 4)[None]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(40):
        logits = model.score(model(circle[:, :-1], all_at_once(circle[:, :-1]))[0])
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits[0], circle[0, 1:]).backward()
        optimizer.step()
    right, wrong = scores(model, [([6, 7, 8, 9], 0), ([6, 8, 7, 9], 0)], "causal", MARKS[0])
    assert right > wrong + 1
    assert model.training


@pytest.mark.parametrize("segments", [0, 2])
def test_a_model_of_pairs_reads_one_sentence_as_the_first_text(random_model: MakeModel, segments: int) -> None:
    model = random_model(segments=segments, **STACKS["encoder"])
    before = scores(model, [([6, 7], 0)], "masked", MARKS[0])
    if model.encoder is not None and model.encoder.segments is not None:
        with torch.no_grad():
            model.encoder.segments.weight[1].zero_()
        assert scores(model, [([6, 7], 0)], "masked", MARKS[0]) == before
        with torch.no_grad():
            model.encoder.segments.weight[0].zero_()
        assert scores(model, [([6, 7], 0)], "masked", MARKS[0]) != before


def test_progress_ends_where_it_should(random_model: MakeModel) -> None:
    told: list[float] = []
    asked = [([6, 7, 8], 0), ([6], 0)]
    scores(
        random_model(**STACKS["encoder"]), asked, "masked", MARKS[0], lambda what, done=0, total=None: told.append(done)
    )
    assert told[-1] == 4
    assert all(a < b for a, b in pairwise(told))
