"""Made questions have their answer where the label says, and nothing of it in the question."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.tokens.cloze import FREQUENT, MOST_WORDS, Cloze, answer_words
from groundup.tokens.sentences import sentence_rules, sentence_starts
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.shards import TokenStream
from groundup.tokens.shared_words import ALL_TOLD, CAPITAL, FIRST_OF_ASKED, SHAPES, SharedWords, shared_words
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

NAMES = [f"Name{number}" for number in range(40)]
SMALL = ["of", "the", "and"]


def sentence(draws: random.Random) -> str:
    words = [draws.choice(SMALL) if draws.random() < 0.6 else draws.choice(NAMES) for _ in range(draws.randint(4, 30))]
    return " ".join(words).capitalize() + "."


def documents_of(seed: int, count: int = 12) -> list[str]:
    draws = random.Random(seed)
    return [" ".join(sentence(draws) for _ in range(draws.randint(1, 12))) for _ in range(count)]


CODER = train_tokenizer(documents_of(0, 40), TokenizerSettings("bpe", 400))
WORDS = shared_words(CODER)
# As in a long text: small words are frequent, and no name is.
COUNTS = np.isin(np.arange(CODER.vocabulary), [CODER.encode(f" {word}")[0] for word in SMALL]) * 1000


def stream_of(texts: list[str], coder: Tokenizer = CODER) -> TokenStream:
    ids = [[*coder.encode(text), coder.end] for text in texts]
    starts = np.cumsum([0, *map(len, ids)])[:-1]
    tokens = np.array([token for row in ids for token in row], dtype=np.uint16)
    return TokenStream(tokens, starts, sum(map(len, texts)), coder.vocabulary, coder.end)


def cloze_of(
    texts: list[str],
    context: int = 64,
    rows: int = 4,
    seed: int = 1,
    is_told: bool = False,
    words: SharedWords = WORDS,
) -> Cloze:
    stream = stream_of(texts)
    return Cloze(
        stream,
        sentence_starts(stream, sentence_rules(CODER)),
        words,
        answer_words(words, COUNTS),
        context=context,
        rows=rows,
        mask=CODER.mask,
        separator=CODER.separator,
        padding=CODER.padding,
        fingerprint="f",
        seed=seed,
        is_told=is_told,
    )


@given(st.integers(0, 10**6), st.integers(48, 160), st.integers(0, 30), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_the_label_says_where_in_the_passage_the_answer_stands(seed, context, step, rows):
    texts = documents_of(seed % 97)
    cloze = cloze_of(texts, context, rows, seed)
    batch = cloze.at(step)
    assert batch.tokens.shape == batch.segments.shape == batch.real.shape == (rows, context)
    assert batch.labels.shape == (rows, 2)
    for tokens, segments, real, (first, last) in zip(
        batch.tokens, batch.segments, batch.real, batch.labels, strict=True
    ):
        row = tokens[real].tolist()
        middle = row.index(CODER.separator)
        assert row[0] == CODER.end
        assert row[-1] == CODER.separator
        assert (tokens[~real] == CODER.padding).all()
        assert segments.tolist() == [int(middle < place < len(row)) for place in range(context)]
        question, passage = row[1:middle], row[middle + 1 : -1]
        assert question.count(CODER.mask) == 1
        assert len(question) <= cloze.longest
        # The passage is a piece of one document, and the answer a piece of it: whole words of one sentence.
        assert any(CODER.decode(passage).strip() in text for text in texts)
        assert middle < first <= last < len(row) - 1
        answer = CODER.decode(row[first : last + 1])
        assert 1 <= len(answer.split()) <= MOST_WORDS
        assert "." not in answer
        # What is left of the question stands around the answer in its order.
        rest = iter(row[middle + 1 : first] + row[last + 1 : -1])
        assert all(token in rest for token in question if token != CODER.mask)


def test_a_batch_depends_on_its_number_alone_and_rows_on_theirs():
    texts = documents_of(3)
    one, other = cloze_of(texts, rows=4), cloze_of(texts, rows=2)
    whole = one.at(7).tokens
    assert (one.at(7).tokens == whole).all()
    assert (np.concatenate([other.at(14).tokens, other.at(15).tokens]) == whole).all()
    assert not (cloze_of(texts, seed=2).at(7).tokens == whole).all()


def test_a_cycle_asks_of_every_sentence_once_and_the_next_asks_otherwise():
    cloze = cloze_of(documents_of(5), rows=1)
    count = len(cloze.asked)
    assert sorted(cloze._cycle(0)) == sorted(cloze._cycle(1)) == sorted(cloze.asked)
    first = {cloze.at(step).tokens.tobytes() for step in range(count)}
    assert len(first & {cloze.at(step).tokens.tobytes() for step in range(count, 2 * count)}) < count / 4
    assert cloze.epoch(2 * count) == 2
    assert cloze.size == 64


def test_answers_are_words_that_are_not_frequent_and_begin_with_no_mark():
    counts = np.full(CODER.vocabulary, 1)
    the = CODER.encode(" the")
    assert len(the) == 1
    counts[the[0]] = int(CODER.vocabulary / FREQUENT)
    answers = answer_words(WORDS, counts)
    assert not answers.may[the[0]]
    assert not answers.weight[CODER.encode(".")[0]]
    assert not answers.weight[: len(CODER.special_tokens)].any()
    capital = next(token for token in range(CODER.vocabulary) if WORDS.shapes[token] >= CAPITAL and WORDS.begins[token])
    assert answers.weight[capital] > 1


def test_segments_tell_what_words_are_to_the_question_where_they_are_asked_to():
    cloze = cloze_of(documents_of(4), is_told=True)
    batch, words = cloze.at(0), cloze.words
    assert isinstance(words, SharedWords)
    for tokens, segments, real in zip(batch.tokens, batch.segments, batch.real, strict=True):
        row = tokens[real]
        first = row.tolist().index(CODER.separator) + 1
        assert (segments[real] == words.segments(row, first)).all()
        assert not segments[~real].any()
    assert batch.segments.shape == (*batch.tokens.shape, 3)


def test_a_hole_asks_for_nothing_that_words_could():
    batch = cloze_of(documents_of(4), is_told=True, words=shared_words(CODER, ALL_TOLD)).at(0)
    assert batch.segments.shape == (*batch.tokens.shape, 4)
    told = batch.segments[..., 3]
    assert ((told == 0) | ((told >= FIRST_OF_ASKED) & (told < FIRST_OF_ASKED + SHAPES))).all()
    assert (told > 0).any()


def test_what_is_held_out_is_the_same_whenever_it_is_asked():
    held_out = cloze_of(documents_of(6, 30)).held_out()
    assert len(held_out) > 1
    again = cloze_of(documents_of(6, 30)).held_out()
    for batch, same in zip(held_out, again, strict=True):
        assert (batch.tokens == same.tokens).all()
        assert (batch.labels == same.labels).all()


def test_text_without_a_sentence_to_ask_of_is_refused():
    with pytest.raises(GroundupError, match="No sentence of the text fits") as error:
        cloze_of(["Of the.", "And."])
    assert "pairs to none" in error.value.remedy
