"""Each published architecture is built from its name, learns, decodes as it reads, and has the published size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from groundup.model.context import Context, all_at_once
from groundup.model.heads import HeadSettings
from groundup.model.mixers import MIXERS
from groundup.model.model import Model, build_model, parameter_count
from groundup.model.presets import PRESETS
from groundup.model.settings import from_preset
from groundup.objectives.example import Example, Source
from groundup.objectives.losses import terms

VOCABULARY = 13
MASK = 2


@pytest.fixture
def model_of(random_model):
    def make(name: str, **settings: Any) -> Model:
        return random_model(vocabulary=VOCABULARY, **PRESETS[name], **settings)

    return make


def tokens_of(rows: int, length: int, seed: int = 0) -> Tensor:
    return torch.randint(3, VOCABULARY, (rows, length), generator=torch.Generator().manual_seed(seed))


def an_example(model: Model) -> Example:
    """What the model's stacks are made for: the next token, the hidden token, or what the encoder read."""
    tokens = tokens_of(4, 9)
    if model.decoder is None:
        hidden = torch.arange(9) % 3 == 0
        return Example(tokens.masked_fill(hidden, MASK), tokens.masked_fill(~hidden, -100), is_causal=False)
    source = None if model.encoder is None else Source(tokens_of(4, 7, seed=1))
    return Example(tokens[:, :-1], tokens[:, 1:], source=source)


def loss_of(model: Model, example: Example) -> Tensor:
    (term,) = terms(model, example)
    return term.total / term.count


def context_of(
    model: Model, tokens: Tensor, real: Tensor | None, source: Tensor, source_real: Tensor | None
) -> Context:
    memory = None
    if model.encoder is not None and model.decoder is not None:
        memory = model.read(source, all_at_once(source, real=source_real, is_causal=False))
    return all_at_once(tokens, real=real, memory=memory, is_causal=model.decoder is not None)


@pytest.mark.parametrize("name", PRESETS)
def test_a_name_and_a_size_make_a_model_that_learns(name):
    model = build_model(from_preset(name, size=1), VOCABULARY, seed=0)
    assert model.settings.preset == name
    example = an_example(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    before = loss_of(model.eval(), example)
    model.train()
    for _ in range(12):
        loss = loss_of(model, example)
        optimizer.zero_grad()
        loss.backward()
        assert all(weight.grad is not None for weight in model.parameters()), "a weight that nothing uses"
        optimizer.step()
    after = loss_of(model.eval(), example)
    # Where one table serves both ends, a new model first guesses the very token that it reads: up to sqrt(64) nats.
    assert before < 8
    # An even guess costs ln 13, 2.56 nats.
    assert after < min(2.3, before - 0.2)


@pytest.mark.parametrize("name", [name for name in PRESETS if PRESETS[name].get("decoder", True)])
@torch.no_grad()
def test_token_by_token_is_as_all_at_once(name, model_of):
    model = model_of(name)
    tokens, source = tokens_of(3, 8), tokens_of(3, 6, seed=1)
    source_real = torch.arange(6) < torch.tensor([[6], [2], [4]])
    whole = context_of(model, tokens, None, source, source_real)
    expected = model.score(model(tokens, whole)[0])
    state, found = None, []
    for position in range(8):
        context = replace(whole, positions=torch.tensor([position]), keep_state=True)
        hidden, state = model(tokens[:, position : position + 1], context, state)
        found.append(model.score(hidden))
    torch.testing.assert_close(torch.cat(found, 1), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", PRESETS)
@torch.no_grad()
def test_a_padded_row_is_as_the_row_alone(name, model_of):
    model = model_of(name)
    lengths, source_lengths = (8, 3, 5), (2, 6, 4)
    tokens, source = tokens_of(3, 8), tokens_of(3, 6, seed=1)
    real = torch.arange(8) < torch.tensor(lengths)[:, None]
    source_real = torch.arange(6) < torch.tensor(source_lengths)[:, None]
    hidden, _ = model(tokens, context_of(model, tokens, real, source, source_real))
    for row, (length, source_length) in enumerate(zip(lengths, source_lengths, strict=True)):
        alone, read = tokens[row : row + 1, :length], source[row : row + 1, :source_length]
        expected, _ = model(alone, context_of(model, alone, None, read, None))
        torch.testing.assert_close(hidden[row : row + 1, :length], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", [name for name in PRESETS if PRESETS[name].get("decoder", True)])
@torch.no_grad()
def test_no_position_of_a_decoder_sees_what_comes_later(name, model_of):
    model = model_of(name)
    tokens, source = tokens_of(2, 8), tokens_of(2, 6, seed=1)
    changed = tokens.clone()
    changed[:, 5] = (changed[:, 5] - 2) % (VOCABULARY - 3) + 3
    one, other = (model(rows, context_of(model, rows, None, source, None))[0] for rows in (tokens, changed))
    assert torch.equal(one[:, :5], other[:, :5])
    assert not torch.allclose(one[:, 5:], other[:, 5:])


def counted(name: str, vocabulary: int, labels: dict[str, HeadSettings] | None = None, **settings: Any) -> int:
    with torch.device("meta"):
        return parameter_count(Model(from_preset(name, **settings), vocabulary, heads=labels or {}))


BASE = {"depth": 12, "width": 768, "heads": 12}
SEVEN = {"depth": 32, "width": 4096, "heads": 32}
SMALL = {"depth": 6, "width": 512, "heads": 8, "hidden": 2048}


@pytest.mark.parametrize(
    ("name", "vocabulary", "settings", "published"),
    [
        # OpenAI's checkpoint "gpt2".
        ("gpt2", 50_257, BASE | {"context": 1024}, 124_439_808),
        # Llama 7B and Llama 2 7B; Llama 2 70B with 8 heads of keys and values.
        ("llama", 32_000, SEVEN | {"hidden": 11_008}, 6_738_415_616),
        (
            "llama",
            32_000,
            {"depth": 80, "width": 8192, "heads": 64, "key_value_heads": 8, "hidden": 28_672},
            68_976_648_192,
        ),
        # google-bert/bert-base-uncased as a masked language model: 109,482,240 of BERT with its pooler, less that, and
        # with the layer before the output and the output's bias.
        ("bert", 30_522, BASE | {"context": 512}, 109_482_240 - 590_592 + 592_128 + 30_522),
        # google-t5/t5-small and google/t5-v1_1-small.
        ("t5", 32_128, SMALL, 60_506_624),
        (
            "t5",
            32_128,
            {"depth": 8, "width": 512, "heads": 6, "head_width": 64, "hidden": 1024, "tied": False}
            | {"encoder": ("attention", "geglu"), "decoder": ("attention", "cross", "geglu")},
            76_961_152,
        ),
    ],
)
def test_published_shapes_have_the_published_number_of_parameters(name, vocabulary, settings, published):
    assert counted(name, vocabulary, **settings) == published


def test_the_transformer_of_2017_has_about_65_million():
    assert counted("transformer", 37_000, **SMALL) == pytest.approx(65e6, rel=0.04)


def test_the_pooler_of_bert_belongs_to_its_head():
    settings = BASE | {"context": 512}
    pairs = {"next_sentence": HeadSettings("sequence")}
    assert counted("bert", 30_522, pairs, **settings) - counted("bert", 30_522, **settings) == 590_592 + 2 * 768 + 2


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_leaves_size_to_the_user_and_names_mixers_that_exist(name):
    preset = PRESETS[name]
    assert not preset.keys() & {"preset", "size", "context", "depth", "encoder_depth", "width", "heads", "hidden"}
    assert {*preset.get("encoder", ()), *preset["decoder"]} <= MIXERS.keys()
    small, large = counted(name, VOCABULARY, size=2), counted(name, VOCABULARY, size=4)
    assert small < large
