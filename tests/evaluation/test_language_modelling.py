from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.evaluation import language_modelling
from groundup.evaluation.language_modelling import evaluate_texts
from groundup.model.context import Context, all_at_once
from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

MakeModel = Callable[..., Model]
ALPHABET = "abcé😀 \n"


@pytest.fixture(scope="module")
def characters() -> Tokenizer:
    return train_tokenizer([ALPHABET], TokenizerSettings(kind="character"))


@torch.no_grad()
def nats_by_hand(model: Model, tokenizer: Tokenizer, texts: list[str], stride: int) -> tuple[float, int]:
    """One token at a time: what it is predicted from is cut out of the text for it alone."""
    context = model.settings.context
    documents = [[*tokenizer.encode(text), tokenizer.end] for text in texts]
    tokens = [tokenizer.end, *(token for document in documents for token in document)]
    # An end token counts with the document behind it, the one before the first of all with that.
    numbers = [*(number for number, document in enumerate(documents) for _ in document), len(texts)]
    total = 0.0
    for target in range(1, len(tokens)):
        # Rows begin every `stride` tokens; a token is scored in the first row that reaches it.
        row = max(0, math.ceil((target - context) / stride))
        first = row * stride
        seen = [place for place in range(first, target) if numbers[place] == numbers[target - 1]]
        inputs = torch.tensor([[tokens[place] for place in seen]])
        shares = model.score(model(inputs, Context(torch.tensor(seen)))[0][0, -1]).log_softmax(-1)
        total -= float(shares[tokens[target]])
    return total, len(tokens) - 1


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text(ALPHABET, max_size=12), min_size=1, max_size=4).filter(any),
    st.sampled_from([None, 1, 2, 3, 5, 6]),
    st.integers(0, 100),
)
def test_every_token_is_scored_once(
    random_model: MakeModel, characters: Tokenizer, texts: list[str], stride: int | None, seed: int
) -> None:
    model = random_model(vocabulary=characters.vocabulary, context=6, seed=seed)
    nats, count = nats_by_hand(model, characters, texts, stride or 6)
    result = evaluate_texts(model, characters, iter(texts), stride=stride)
    assert result["tokens"] == count == sum(len(text) + 1 for text in texts)
    assert result["documents"] == len(texts)
    assert result["bytes"] == sum(len(text.encode()) for text in texts)
    assert result["loss"] == pytest.approx(nats / count, rel=1e-5)
    assert result["perplexity"] == pytest.approx(math.exp(nats / count), rel=1e-5)
    assert result["bits_per_byte"] == pytest.approx(nats / math.log(2) / result["bytes"], rel=1e-5)


def test_a_uniform_model_needs_the_bits_of_its_vocabulary(characters: Tokenizer) -> None:
    model = build_model(ModelSettings(depth=1, width=16, heads=2, context=8), characters.vocabulary, seed=1)
    text = "ab é😀" * 20
    result = evaluate_texts(model, characters, [text])
    assert result["perplexity"] == pytest.approx(characters.vocabulary, rel=1e-4)
    bits = math.log2(characters.vocabulary) * (len(text) + 1)
    assert result["bits_per_byte"] == pytest.approx(bits / len(text.encode()), rel=1e-5)


def test_how_rows_fall_into_batches_does_not_matter(random_model: MakeModel, characters: Tokenizer) -> None:
    model, texts = random_model(vocabulary=characters.vocabulary, context=6), ["abc é" * 9, "c😀b" * 5]
    usual = evaluate_texts(model, characters, texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language_modelling, "TOKENS_AT_ONCE", 13)
        few = evaluate_texts(model, characters, texts)
    assert few.pop("loss") == pytest.approx(usual.pop("loss"), rel=1e-5)
    assert few["tokens"] == usual["tokens"]


def test_a_stride_lets_a_model_that_uses_its_past_do_better(characters: Tokenizer) -> None:
    """Trained to look back, it is lost at a row's first tokens; with a stride only the first row has such."""
    torch.manual_seed(1)
    model = build_model(
        ModelSettings(depth=2, width=32, heads=2, context=8, soft_cap=0.0), characters.vocabulary, seed=1
    )
    # A period of seven with an `a` or a `b` at its head: what follows can be known from what was seen alone.
    text = "".join(head + "ccc😀😀é" for head in "abba" * 40)
    tokens = torch.tensor(characters.encode(text))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(80):
        starts = torch.randint(len(tokens) - 9, (16,))
        rows = torch.stack([tokens[start : start + 9] for start in starts])
        logits = model.score(model(rows[:, :-1], all_at_once(rows[:, :-1]))[0])
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten()).backward()
        optimizer.step()
    losses = [evaluate_texts(model, characters, [text], stride=stride)["loss"] for stride in (8, 4, 1)]
    assert max(losses[1:]) < losses[0] - 0.05


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_no_text_is_an_error(random_model: MakeModel, characters: Tokenizer, texts: list[str]) -> None:
    with pytest.raises(GroundupError) as caught:
        evaluate_texts(random_model(vocabulary=characters.vocabulary), characters, texts)
    assert "no text to measure" in str(caught.value)
    assert "--data" in str(caught.value)


@pytest.mark.parametrize("stride", [0, 17, -1])
def test_a_stride_that_would_skip_tokens_is_an_error(
    random_model: MakeModel, characters: Tokenizer, stride: int
) -> None:
    with pytest.raises(GroundupError, match=r"stride.*1 to 16"):
        evaluate_texts(random_model(vocabulary=characters.vocabulary), characters, ["abc"], stride=stride)


def test_it_leaves_no_files_and_tells_how_far_it_is(
    random_model: MakeModel, characters: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    told: list[tuple[float, float | None]] = []
    evaluate_texts(
        random_model(vocabulary=characters.vocabulary),
        characters,
        ["abc" * 30],
        progress=lambda what, done=0, total=None: told.append((done, total)),
    )
    assert told[-1] == (91, 91)
    assert list(tmp_path.iterdir()) == []
