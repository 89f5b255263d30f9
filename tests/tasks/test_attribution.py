from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from groundup.model.context import Context, all_at_once
from groundup.model.heads import HeadSettings
from groundup.model.model import Model, build_model
from groundup.model.presets import PRESETS
from groundup.model.settings import ModelSettings
from groundup.tasks.attribution import attribute, word_scores
from groundup.tokens.settings import Kind, TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

VOCABULARY, LABELS, MASK, SEPARATOR, END = 19, 3, 2, 3, 4
FIRST, MEAN, LAST = (HeadSettings("sequence", LABELS, pool) for pool in ("first", "mean", "last"))
KINDS: dict[str, tuple[dict[str, Any], HeadSettings]] = {
    "encoder": ({"encoder": ("attention", "relu_squared"), "decoder": ()}, FIRST),
    "decoder": ({}, LAST),
    "bert": (dict(PRESETS["bert"]), FIRST),
    "two lstms": ({"encoder": ("lstm",), "decoder": ()}, MEAN),
    "gru": ({"decoder": ("gru",), "scale_embedding": True}, LAST),
    "hybrid": ({"decoder": ("mingru", "attention", "glu"), "positions": "learned"}, MEAN),
    "both": ({"encoder": ("gru",), "decoder": ("attention", "cross", "glu"), "tied": True}, LAST),
}
TEXTS = [
    "the quick brown fox didn't jump over lazy dogs; 1984 Zażółć gęślą jaźń!\n\n  日本語 😀 and so on, and so on. " * 3
]


def random_judge(name: str, seed: int = 0) -> Model:
    """A tiny model with a head `label`, all of its weights random."""
    values, head = KINDS[name]
    wanted = ModelSettings(**{"depth": 2, "width": 16, "heads": 2, "context": 16, **values})
    model = build_model(wanted, VOCABULARY, seed, heads={"label": head})
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=weight.shape[-1] ** -0.5, generator=generator)
    return model.eval()


def rows(model: Model, lengths: list[int], seed: int = 0) -> tuple[Tensor, Context]:
    """Rows `<end> text <end>` of these lengths, and their surroundings."""
    draws = torch.Generator().manual_seed(seed)
    time, number = max(lengths), torch.tensor(lengths)[:, None]
    tokens = torch.randint(5, VOCABULARY, (len(lengths), time), generator=draws)
    places = torch.arange(time)
    tokens = tokens.masked_fill((places == 0) | (places == number - 1), END).masked_fill(places >= number, 0)
    memory = None
    if model.encoder is not None and model.decoder is not None:
        source = torch.randint(5, VOCABULARY, (len(lengths), 5), generator=draws)
        with torch.no_grad():
            memory = model.read(source, all_at_once(source, is_causal=False))
    is_causal = model.decoder is not None
    return tokens, all_at_once(tokens, real=places < number, is_causal=is_causal, memory=memory)


@torch.no_grad()
def log_odds(model: Model, tokens: Tensor, context: Context, classes: Tensor) -> Tensor:
    shares = model.label("label", model(tokens, context)[0], context).double().softmax(-1)
    return shares.gather(1, classes[:, None])[:, 0].logit()


def gained(model: Model, tokens: Tensor, context: Context, classes: Tensor) -> Tensor:
    """What the text changed: its log odds less those of the text masked."""
    masked = torch.where((tokens > END) | (tokens == 1), MASK, tokens)
    return log_odds(model, tokens, context, classes) - log_odds(model, masked, context, classes)


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(sorted(KINDS)),
    st.lists(st.integers(3, 9), min_size=1, max_size=4),
    st.sampled_from([2, 16, 64]),
    st.integers(0, 5),
)
def test_scores_add_up_to_what_the_text_changed_the_closer_the_more_steps(
    name: str, lengths: list[int], steps: int, seed: int
) -> None:
    model = random_judge(name, seed)
    tokens, context = rows(model, lengths, seed)
    classes = torch.arange(len(lengths)) % LABELS
    scores = attribute(model, "label", tokens, context, classes, steps)
    gain = gained(model, tokens, context, classes)
    assert context.real is not None
    off = (scores.double().sum(1) - gain).abs() / gain.abs().clamp(min=1)
    assert float(off.detach().max()) < 0.2 / steps + 1e-4
    # Neither padding nor what frames the text; and nothing else is left without a say.
    is_text = context.real & (tokens != END)
    assert bool((scores[~is_text] == 0).all())
    assert bool((scores[is_text] != 0).all())


def test_a_sure_model_whose_mind_changes_at_once_is_summed_as_well() -> None:
    """At the nodes of one stretch alone nothing of the change may be seen."""
    model = random_judge("encoder")
    with torch.no_grad():
        for weight in model.encoder.parameters() if model.encoder is not None else ():
            weight.mul_(3)
        model.heads["label"].dense.weight.mul_(20)
    tokens, context = rows(model, [9, 7, 8])
    classes = torch.zeros(3, dtype=torch.long)
    scores, gain = attribute(model, "label", tokens, context, classes), gained(model, tokens, context, classes)
    assert float((scores.sum(1) - gain).abs().max()) < 0.05


@pytest.mark.parametrize("name", sorted(KINDS))
def test_neighbours_and_padding_change_nothing_and_the_model_stays_as_it_was(name: str) -> None:
    model = random_judge(name)
    tokens, context = rows(model, [9, 5, 7])
    classes = torch.tensor([0, 1, 2])
    before = log_odds(model, tokens, context, classes)
    together = attribute(model, "label", tokens, context, classes)
    assert not model.embedding._forward_hooks
    assert all(weight.grad is None for weight in model.parameters())
    torch.testing.assert_close(log_odds(model, tokens, context, classes), before)
    alone_tokens = tokens[1:2, :5]
    memory = context.memory
    if memory is not None:
        memory = type(memory)(memory.hidden[1:2])
    surroundings = all_at_once(alone_tokens, is_causal=context.is_causal, memory=memory)
    alone = attribute(model, "label", alone_tokens, surroundings, classes[1:2])
    torch.testing.assert_close(together[1:2, :5], alone, atol=2e-3, rtol=0)


def test_with_two_labels_what_speaks_for_one_speaks_against_the_other() -> None:
    wanted = ModelSettings(depth=1, width=8, heads=2)
    model = build_model(wanted, VOCABULARY, 0, heads={"label": HeadSettings("sequence", 2, "mean")})
    nn.init.normal_(model.heads["label"].output.weight)
    tokens, context = rows(model, [6, 8])
    one, other = (attribute(model, "label", tokens, context, torch.full((2,), label)) for label in (0, 1))
    assert float(one.abs().max()) > 0
    torch.testing.assert_close(one, -other)


def test_the_token_that_decides_is_found_and_dropout_does_not_disturb() -> None:
    """A model written by hand: its label is decided by one direction of the mean embedding."""
    wanted = ModelSettings(
        encoder=("relu",), decoder=(), depth=1, width=8, heads=2, positions="none", norm="none", dropout=0.5,
        embedding_norm=False, embedding_skip=False,
    )  # fmt: skip
    model = build_model(wanted, VOCABULARY, 0, heads={"label": HeadSettings("sequence", 2, "mean")}).train()
    head = model.heads["label"]
    with torch.no_grad():
        model.embedding.weight.zero_()
        model.embedding.weight[7, 0], model.embedding.weight[8, 0] = 2.0, -1.0
        head.dense.weight.copy_(torch.eye(8) * 0.1)
        head.output.weight[1, 0] = 10.0
    tokens = torch.tensor([[END, 6, 7, 9, 8, SEPARATOR, 7, SEPARATOR]])
    context = all_at_once(tokens, is_causal=False)
    scores = attribute(model, "label", tokens, context, torch.tensor([1]))[0].tolist()
    assert not model.training
    assert scores[2] == pytest.approx(scores[6])
    assert scores[2] == pytest.approx(-2 * scores[4], rel=1e-4)
    assert [score for place, score in enumerate(scores) if place not in (2, 4, 6)] == [0.0] * 5
    assert scores[2] > 0


def test_it_works_where_gradients_are_off() -> None:
    model = random_judge("decoder")
    tokens, context = rows(model, [5])
    with torch.no_grad():
        scores = attribute(model, "label", tokens, context, torch.tensor([0]))
        assert not torch.is_grad_enabled()
    assert not scores.requires_grad


@pytest.fixture(scope="module", params=("character", "word", "bpe", "wordpiece", "unigram"))
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    kind: Kind = request.param
    return train_tokenizer(TEXTS, TokenizerSettings(kind=kind, vocabulary=400))


def test_words_put_together_are_the_text_and_their_scores_the_sum(tokenizer: Tokenizer) -> None:
    text = "the lazy foxes didn't jump, Zażółć 日本語 😀 on"
    ids = tokenizer.encode(text)
    scores = [float(place + 1) for place in range(len(ids))]
    row = [tokenizer.end, *ids, tokenizer.end, tokenizer.padding, tokenizer.padding]
    found = word_scores(tokenizer, row, [0.0, *scores, 0.0, 0.0, 0.0])
    assert "".join(word for word, _ in found) == tokenizer.decode(ids, show_special=True)
    assert sum(score for _, score in found) == pytest.approx(sum(scores))
    assert "lazy" in [word.strip() for word, _ in found]


def test_two_texts_stay_two(tokenizer: Tokenizer) -> None:
    """What stands behind a special token is a word of its own, even where it could go on with one."""
    one, other = tokenizer.encode("fox"), tokenizer.encode("fox")
    row = [tokenizer.end, *one, tokenizer.separator, *other, tokenizer.separator]
    found = word_scores(tokenizer, row, [1.0] * len(row))
    text = tokenizer.decode(one, show_special=True)
    assert [word for word, _ in found] == [text, "<sep>", text, "<sep>"]


def test_scores_need_a_token_each(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="shorter"):
        word_scores(tokenizer, [5, 6], [1.0])


def test_the_ids_that_frame_a_text_are_the_tokenizers(tokenizer: Tokenizer) -> None:
    from groundup.tasks import attribution

    assert (tokenizer.padding, tokenizer.separator, tokenizer.end) == attribution._FRAME
    assert tokenizer.mask == attribution._MASK
