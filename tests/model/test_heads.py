from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from groundup.model.context import Context, all_at_once
from groundup.model.heads import HEADS, WIDE_FROM, HeadSettings, SpanHead
from groundup.model.layers import rms_norm

WIDTH, LABELS = 8, 3


def random_head(kind: str, pool: str = "first") -> nn.Module:
    torch.manual_seed(1)
    head = HEADS[kind](WIDTH, HeadSettings(kind, LABELS, pool), 0)
    for weight in head.parameters():
        nn.init.normal_(weight, std=0.5)
    return head


def rows(lengths: list[int], seed: int = 0) -> tuple[Tensor, Context]:
    """Hidden vectors of padded rows, the second half of each in a second segment."""
    generator = torch.Generator().manual_seed(seed)
    time = max(lengths)
    hidden = torch.randn(len(lengths), time, WIDTH, generator=generator)
    place, length = torch.arange(time), torch.tensor(lengths)[:, None]
    context = all_at_once(
        hidden[..., 0], real=place < length, segments=(place >= (length + 1) // 2).long(), is_causal=False
    )
    return hidden, context


@pytest.mark.parametrize(
    ("kind", "shape"), [("sequence", (3, 3)), ("pair", (3, 3)), ("token", (3, 6, 3)), ("span", (3, 2, 6))]
)
@pytest.mark.parametrize("segments", [0, WIDE_FROM])
def test_a_new_head_is_undecided(kind: str, shape: tuple[int, ...], segments: int) -> None:
    hidden, context = rows([6, 2, 4])
    logits = HEADS[kind](WIDTH, HeadSettings(kind, LABELS), segments)(hidden, context)
    assert logits.shape == shape
    shares = logits.softmax(-1)
    if kind == "span":
        # Evenly over the real positions of each row.
        assert shares[1, 0].tolist() == pytest.approx([0.5, 0.5, 0, 0, 0, 0])
    else:
        torch.testing.assert_close(shares, torch.full(shape, 1 / 3))


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(
        [*(("sequence", pool) for pool in ("first", "mean", "last", "all")), ("pair", ""), ("token", ""), ("span", "")]
    ),
    st.lists(st.integers(2, 7), min_size=1, max_size=4),
)
def test_padding_has_no_say(kind: tuple[str, str], lengths: list[int]) -> None:
    head, (hidden, context) = random_head(*kind), rows(lengths)
    assert context.real is not None
    spoiled = hidden.masked_fill(~context.real[..., None], 1e6)
    one, other = head(hidden, context), head(spoiled, context)
    if kind[0] == "token":
        one, other = one[context.real], other[context.real]
    assert torch.equal(one, other)


def test_the_pooled_vector_is_that_of_its_name() -> None:
    hidden, context = rows([4, 2])
    context = Context(context.positions, real=context.real)
    wanted = {"first": hidden[1, 0], "mean": hidden[1, :2].mean(0), "last": hidden[1, 1]}
    for pool, vector in wanted.items():
        head = random_head("sequence", pool)
        alone = head(vector[None, None], Context(torch.arange(1)))
        torch.testing.assert_close(head(hidden, context)[1:], alone)


def test_all_is_last_mean_and_maximum_beside_each_other() -> None:
    head, (hidden, context) = random_head("sequence", "all"), rows([4, 2])
    for row, length in enumerate([4, 2]):
        part = hidden[row, :length]
        features = torch.cat((part[-1], part.mean(0), part.amax(0)))
        expected = head.output(torch.tanh(head.dense(features)))
        torch.testing.assert_close(head(hidden, context)[row], expected)
        torch.testing.assert_close(head(part[None], Context(torch.arange(length)))[0], expected)


def test_a_pair_is_judged_by_what_its_texts_have_in_common() -> None:
    """Written out for a row of six, in which the first token of either text is the same."""
    head, (hidden, context) = random_head("pair"), rows([6])
    hidden[:, 3] = hidden[:, 0]
    weights, matched = head.weigh(hidden)[0, :, 0], rms_norm(head.match(hidden))[0]
    one, other = weights[:3].softmax(0), weights[3:].softmax(0)
    a, b = rms_norm(one @ hidden[0, :3]), rms_norm(other @ hidden[0, 3:])
    alike = matched[:3] @ matched[3:].mT / WIDTH
    assert float(alike[0, 0].detach()) == pytest.approx(1, abs=1e-4)
    found = 10 * torch.stack((one @ alike.amax(1), other @ alike.amax(0)))
    # <end> x <sep> y y <sep>: the first text has one token, the second two.
    edges = (hidden[0, 1], hidden[0, 1], hidden[0, 3], hidden[0, 4])
    features = torch.cat((hidden[0, 0], a, b, (a - b).abs(), a * b, *edges, found))
    expected = head.output(torch.tanh(head.dense(features)))
    torch.testing.assert_close(head(hidden, context)[0], expected, atol=1e-4, rtol=1e-4)


def test_a_span_never_ends_in_padding() -> None:
    hidden, context = rows([5, 3])
    logits = random_head("span")(hidden, context)
    assert logits[1, :, 3:].max() == torch.finfo(torch.float32).min
    assert math.isfinite(float(logits.detach().logsumexp(-1).sum()))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(1, 4), st.integers(0, 10**6))
def test_what_is_told_of_a_token_is_heard_beside_its_vector(lengths: list[int], kinds: int, seed: int) -> None:
    head = SpanHead(WIDTH, HeadSettings("span"), WIDE_FROM)
    for weight in head.parameters():
        nn.init.normal_(weight)
    (hidden, two), draws = rows(lengths, seed), torch.Generator().manual_seed(seed)
    told = torch.randint(WIDE_FROM, (*hidden.shape[:2], kinds), generator=draws)
    context = all_at_once(hidden[..., 0], real=two.real, segments=told, is_causal=False)
    assert head.wide is not None
    both = (head.output(hidden) + head.wide(told)).mT
    real = two.real[:, None].expand_as(both)
    logits = head(hidden, context)
    torch.testing.assert_close(logits[real], both[real])
    assert (logits[~real] == torch.finfo(logits.dtype).min).all()
    # Which of two texts a token belongs to is no such thing, and a row of one text has nothing told.
    for less in (two, all_at_once(hidden[..., 0], real=two.real, is_causal=False)):
        assert torch.equal(head(hidden, less)[real], head.output(hidden).mT[real])


def test_a_head_has_no_more_weights_than_it_has_a_use_for() -> None:
    head = SpanHead(WIDTH, HeadSettings("span"), WIDE_FROM - 1)
    assert [name for name, _ in head.named_parameters()] == ["output.weight", "output.bias"]


def test_a_pair_without_a_second_text_is_judged_alike_with_and_without_padding() -> None:
    head = random_head("pair")
    hidden = torch.randn(2, 4, WIDTH)
    whole, more = torch.zeros(2, 4), torch.zeros(2, 6)
    context = all_at_once(whole, segments=whole.long(), is_causal=False)
    padded = all_at_once(more, real=(torch.arange(6) < 4).expand(2, -1), segments=more.long(), is_causal=False)
    behind = torch.cat((hidden, torch.randn(2, 2, WIDTH)), 1)
    torch.testing.assert_close(head(behind, padded), head(hidden, context))
