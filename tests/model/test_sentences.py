from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.model.context import Memory, all_at_once
from groundup.model.model import Model
from groundup.model.positions import waves
from groundup.model.sentences import Sentences
from groundup.model.settings import ModelSettings
from groundup.settings import SettingError

MakeModel = Callable[..., Model]
VOCABULARY, PLACES, WIDTH = 11, 3, 4
# Of eleven tokens, those that end a sentence.
ENDS = (3, 7)
BOTH: dict[str, Any] = {"encoder": ("attention", "glu"), "decoder": ("attention", "cross", "glu"), "sentences": PLACES}
SEEDS = st.integers(0, 100_000)
texts = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=12)


def make(seed: int = 0, *, has_ages: bool = False) -> Sentences:
    torch.manual_seed(seed)
    return Sentences(PLACES, WIDTH, ENDS, has_ages=has_ages).double()


def cut(tokens: list[int]) -> list[list[int]]:
    """The sentences of a text, said another way."""
    found: list[list[int]] = []
    for place, token in enumerate(tokens):
        if place == 0 or (tokens[place - 1] in ENDS and token not in ENDS):
            found.append([])
        found[-1].append(token)
    return found


def table(seed: int) -> Tensor:
    return torch.randn(VOCABULARY, WIDTH, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(texts, SEEDS)
@settings(max_examples=50, deadline=None)
def test_a_sentence_is_the_sum_of_its_tokens_times_the_masks_of_their_places(tokens: list[int], seed: int) -> None:
    sentences, embedded = make(seed), table(seed)
    row = torch.tensor([tokens])
    got, around = sentences(row, embedded[row], all_at_once(row, is_causal=False))
    masks = sentences.masks.weight
    wanted = [
        sum(embedded[token] * masks[min(place, PLACES - 1)] for place, token in enumerate(sentence))
        for sentence in cut(tokens)
    ]
    torch.testing.assert_close(got[0], torch.stack(wanted))  # type: ignore[arg-type]
    assert around.positions.tolist() == list(range(len(wanted)))
    assert around.real is not None
    assert bool(around.real.all())


@given(st.lists(texts, min_size=1, max_size=3), st.integers(0, 3), SEEDS, st.booleans(), st.booleans())
@settings(max_examples=50, deadline=None)
def test_padded_and_packed_texts_are_what_each_is_alone(
    rows: list[list[int]], padding: int, seed: int, is_packed: bool, has_ages: bool
) -> None:
    """To the bit, and padding may hold anything, even what is no number."""
    sentences, embedded = make(seed, has_ages=has_ages), table(seed)
    alone = []
    for text in rows:
        row = torch.tensor([text])
        alone.append(sentences(row, embedded[row], all_at_once(row))[0][0])
    if is_packed:
        numbers = [(7 - index) % 7 for index in range(len(rows))]
        lengths = [len(text) for text in rows]
        tokens = torch.tensor([[token for text in rows for token in text] + [7] * padding])
        documents = torch.tensor([n for n, length in zip(numbers, lengths, strict=True) for _ in range(length)])
        documents = torch.cat((documents, torch.zeros(padding, dtype=torch.long)))[None]
        real = (torch.arange(tokens.shape[1]) < sum(lengths))[None]
    else:
        time = max(map(len, rows)) + padding
        tokens = torch.tensor([text + [7] * (time - len(text)) for text in rows])
        real = torch.stack([torch.arange(time) < len(text) for text in rows])
        documents = None
    values = embedded[tokens].masked_fill(~real[..., None], torch.nan)
    got, around = sentences(tokens, values, all_at_once(tokens, real=real, documents=documents))
    assert around.real is not None
    assert torch.equal(got[around.real], torch.cat(alone))
    if documents is not None:
        assert around.documents is not None
        wanted = [n for n, text in zip(numbers, alone, strict=True) for _ in text]
        assert around.documents[around.real].tolist() == wanted


@given(texts, SEEDS)
@settings(max_examples=25, deadline=None)
def test_a_sentence_says_how_many_stand_behind_it(tokens: list[int], seed: int) -> None:
    row, embedded = torch.tensor([tokens]), table(seed)
    plain, aged = (make(seed, has_ages=told)(row, embedded[row], all_at_once(row))[0][0] for told in (False, True))
    behind = torch.arange(len(plain)).flip(0)
    torch.testing.assert_close(aged - plain, waves(behind, WIDTH).double())


@torch.no_grad()
def test_training_on_many_sentences_a_row_takes_few_lengths_and_little_padding() -> None:
    sentences, embedded = make(), table(0)
    found = set()
    for count in range(1, 300):
        row = torch.tensor([[1, ENDS[0]] * count])
        got, around = sentences(row, embedded[row], all_at_once(row))
        assert around.real is not None
        assert int(around.real.sum()) == count
        assert count <= got.shape[1] <= 9 * count / 8
        found.add(got.shape[1])
        at_rest, _ = sentences.eval()(row, embedded[row], all_at_once(row))
        assert torch.equal(at_rest, got[:, :count])
        sentences.train()
    assert len(found) < 60


def test_a_row_of_padding_has_no_sentence() -> None:
    sentences = make()
    tokens = torch.tensor([[1, 2, 3, 4], [5, 5, 5, 5]])
    real = torch.tensor([[True] * 4, [False] * 4])
    got, around = sentences(tokens, table(0)[tokens], all_at_once(tokens, real=real))
    assert got.shape == (2, 2, WIDTH)
    assert around.real is not None
    assert around.real.tolist() == [[True, True], [False, False]]
    assert not got[1].any()


@dataclass(frozen=True)
class Asked:
    """A model, and what it says."""

    model: Model

    def __call__(self, source: list[int], *more: list[int]) -> Tensor:
        longest = max(len(source), *map(len, more), 1)
        rows = [[*text, *[0] * (longest - len(text))] for text in (source, *more)]
        tokens = torch.tensor(rows)
        real = torch.stack([torch.arange(longest) < len(text) for text in (source, *more)])
        memory: Memory = self.model.read(tokens, all_at_once(tokens, real=real, is_causal=False))
        target = torch.tensor([[4, 1, 2]] * len(rows))
        hidden: Tensor = self.model(target, all_at_once(target, memory=memory))[0]
        return hidden


@torch.no_grad()
def test_a_model_tells_the_order_of_words_and_of_sentences_and_where_one_ends(random_model: MakeModel) -> None:
    ask = Asked(random_model(VOCABULARY, 1, sentence_ends=ENDS, **BOTH))
    first = ask([1, 2, 3, 4, 5, 3])
    for other in ([2, 1, 3, 4, 5, 3], [4, 5, 3, 1, 2, 3], [1, 2, 0, 4, 5, 3], [1, 2, 3, 4, 5, 7]):
        assert not torch.allclose(first, ask(other), atol=1e-4), other
    # Behind the last place of its own, order no longer counts, and tokens are still there.
    torch.testing.assert_close(ask([1, 2, 3, 0, 0, 5, 6, 3]), ask([1, 2, 3, 0, 0, 6, 5, 3]), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(ask([0, 0, 5, 6, 3]), ask([0, 0, 5, 5, 3]), atol=1e-4)


@pytest.mark.parametrize(
    "change",
    [
        {"encoder": ()},
        {"decoder": ()},
        {"sentences": -1},
        {"sentences": 5000},
        {"sentences": 0, "sentence_ages": True},
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="sentences"):
        ModelSettings(**{**BOTH, **change})


def test_all_that_a_recipe_leaves_open_stays_as_it_was() -> None:
    assert ModelSettings().sentences == 0
