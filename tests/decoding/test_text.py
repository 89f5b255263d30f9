from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from groundup.decoding.beam import beam_search
from groundup.decoding.engine import DecoderEngine, Engine
from groundup.decoding.sample import sample
from groundup.decoding.settings import BeamSettings, SamplingSettings
from groundup.decoding.text import write, write_best, write_weighed
from groundup.model.model import Model
from groundup.tokens.settings import Kind, TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

MakeModel = Callable[..., Model]

TEXTS = [
    "The quick brown fox didn't jump over 12 lazy dogs; it's late. " * 3,
    "Zażółć gęślą jaźń. Ein Bär läßt grüßen. Ça va très bien, señor. ",
    "日本語の文章です。 Привет, как дела? हिन्दी भाषा ประเทศไทย مرحبا بالعالم ",
    "Hands 👋🏽, a family 👩‍👩‍👧 and a flag 🇫🇷.\n\n\tIndented.\r\n",
]
PROMPTS = ["The quick", "", "Ein Bär läßt ", "日本", "Привет", "हिन्दी", "مرحبا", "👩‍👩‍👧", "\n", "<end>", "ĀЖ not seen"]


@pytest.fixture(scope="module", params=["bpe", "unigram", "character", "word", "wordpiece"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return train(request.param)


@pytest.fixture(scope="module")
def bpe() -> Tokenizer:
    return train("bpe")


def train(kind: Kind) -> Tokenizer:
    return train_tokenizer(TEXTS, TokenizerSettings(kind=kind, vocabulary=320))


class Bytes:
    """One token a byte, and 256 for the end: the hardest coder to stream."""

    vocabulary, end = 257, 256

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def decode(self, ids: Sequence[int]) -> str:
        return bytes(token for token in ids if token < 256).decode("utf-8", "replace")


class Reciting(Engine):
    """An engine that writes each row's given tokens, then the end token, whatever it is told."""

    def __init__(self, texts: Sequence[Sequence[int]], vocabulary: int, end: int) -> None:
        longest = max(map(len, texts)) + 1
        self.script = torch.tensor([[*text, *[end] * (longest - len(text))] for text in texts])
        self.vocabulary = vocabulary

    def start(self, sources: Any = None) -> Any:
        return 0, self.script

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        place, script = state
        logits = torch.zeros(len(tokens), self.vocabulary)
        return logits.scatter_(1, script[:, place : place + 1], 9.0), (place + 1, script)

    def reorder(self, state: Any, rows: Tensor) -> Any:
        return state[0], state[1][rows]


def listen(engine: Any, coder: Any, prompts: Sequence[str], **rules: Any) -> tuple[list[str], list[list[str]]]:
    """What `write` returns, and the pieces that it told row by row."""
    heard: list[list[str]] = [[] for _ in prompts]
    values = SamplingSettings(**{"tokens": 10_000, "temperature": 0.0} | rules)
    texts = write(engine, coder, prompts, values, lambda row, text: heard[row].append(text))
    return texts, heard


def recite(text: bytes, stop: tuple[str, ...] = (), **rules: Any) -> tuple[str, list[str]]:
    """A row of the byte coder that writes `text`."""
    engine = Reciting([list(text)], Bytes.vocabulary, Bytes.end)
    texts, heard = listen(engine, Bytes(), ["x"], stop=stop, **rules)
    return texts[0], heard[0]


ALPHABET = "ab😀é"
STOPS = st.lists(st.text(ALPHABET, min_size=1, max_size=4), max_size=3).map(tuple)


def until_stop(text: str, stops: tuple[str, ...]) -> str:
    """The reference: grow the text by a character at a time until a stop text is there."""
    for length in range(len(text) + 1):
        places = [place for stop in stops if (place := text[:length].find(stop)) >= 0]
        if places:
            return text[: min(places)]
    return text


@settings(max_examples=200, deadline=None)
@given(st.text(ALPHABET, max_size=20), STOPS)
def test_no_stop_text_is_shown_not_even_in_part(text: str, stops: tuple[str, ...]) -> None:
    returned, heard = recite(text.encode(), stops)
    assert returned == until_stop(text, stops)
    # As what was told can never be taken back, this says that nothing beyond the stop was ever shown.
    assert "".join(heard) == returned
    assert all(heard)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=30), STOPS)
def test_any_bytes_are_told_as_they_are_returned_and_no_half_characters(content: bytes, stops: tuple[str, ...]) -> None:
    returned, heard = recite(content, stops)
    assert "".join(heard) == returned
    assert not returned.endswith("\ufffd")
    # Where no stop text holds back what follows, a broken byte comes with it: alone it could be half a character.
    assert stops or not any(piece.endswith("\ufffd") for piece in heard)
    assert content.decode("utf-8", "replace").startswith(returned)


@settings(max_examples=100, deadline=None)
@given(st.text(ALPHABET, max_size=12), st.integers(1, 40))
def test_tokens_that_run_out_within_a_character_leave_it_out(text: str, tokens: int) -> None:
    returned, heard = recite(text.encode(), tokens=tokens)
    assert returned == text.encode()[:tokens].decode("utf-8", "ignore")
    assert "".join(heard) == returned


def test_text_is_told_as_soon_as_it_is_certain() -> None:
    assert recite("aé😀b".encode())[1] == ["a", "é", "😀", "b"]
    # `b` and `bc` may begin the stop text; the next character shows that they do not.
    assert recite(b"abcabd", ("bcd",)) == ("abcabd", ["a", "bca", "bd"])
    assert recite(b"abcd", ("bcd",)) == ("a", ["a"])
    # What began like a stop text when the tokens ran out is told at the end.
    assert recite(b"ab", ("bcd",)) == ("ab", ["a", "b"])


def test_a_stop_text_that_may_have_begun_before_a_half_character_is_kept_back() -> None:
    assert recite("ab😀c".encode(), ("b😀",)) == ("a", ["a"])


def test_the_stop_text_ends_the_writing() -> None:
    engine = Reciting([list(b"one. two. three."), list(b"1 2 3 4")], Bytes.vocabulary, Bytes.end)
    texts, heard = listen(engine, Bytes(), ["x", "y"], stop=(". t", "5"))
    assert texts == ["one", "1 2 3 4"]
    assert ["".join(pieces) for pieces in heard] == texts


def test_a_stop_text_in_the_prompt_stops_nothing() -> None:
    engine = Reciting([list(b"bc")], Bytes.vocabulary, Bytes.end)
    assert listen(engine, Bytes(), ["a"], stop=("ab", "a"))[0] == ["bc"]


def test_an_empty_prompt_begins_a_document() -> None:
    asked: list[Tensor] = []

    class Remembering(Reciting):
        def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
            asked.append(tokens)
            return super().step(tokens, state)

    assert listen(Remembering([list(b"ab")], Bytes.vocabulary, Bytes.end), Bytes(), [""])[0] == ["ab"]
    assert asked[0].tolist() == [[Bytes.end]]


@pytest.mark.parametrize("seed", range(3))
def test_a_babbling_model_never_tells_half_a_character(random_model: MakeModel, bpe: Tokenizer, seed: int) -> None:
    """Random byte-level tokens: most of what they give is parts of characters."""
    engine = DecoderEngine(random_model(vocabulary=bpe.vocabulary, seed=seed, decoder=("attention",), depth=1))
    rules = {"tokens": 40, "temperature": 2.0, "seed": seed}
    texts, heard = listen(engine, bpe, PROMPTS, **rules)
    ids = [bpe.encode(prompt) or [bpe.end] for prompt in PROMPTS]
    written: list[list[int]] = [[] for _ in PROMPTS]
    for row, token in sample(engine, ids, SamplingSettings(**rules), end=bpe.end):
        written[row].append(token)
    for prompt, text, pieces, tokens in zip(PROMPTS, texts, heard, written, strict=True):
        assert "".join(pieces) == text
        assert not any(piece.endswith("\ufffd") for piece in pieces)
        assert prompt + text == bpe.decode([*bpe.encode(prompt), *tokens]).rstrip("\ufffd")
    assert any("\ufffd" in text for text in texts)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(TEXTS).flatmap(lambda text: st.integers(1, len(text)).map(lambda n: text[:n])),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(PROMPTS),
)
def test_texts_of_many_scripts_come_out_as_they_were(bpe: Tokenizer, recited: list[str], prompt: str) -> None:
    engine = Reciting([bpe.encode(text) for text in recited], bpe.vocabulary, bpe.end)
    texts, heard = listen(engine, bpe, [prompt or "x"] * len(recited))
    assert texts == recited
    assert ["".join(pieces) for pieces in heard] == recited


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PROMPTS), st.integers(0, 10_000), st.integers(0, 12))
def test_a_prompt_reads_the_same_with_its_continuation(
    tokenizer: Tokenizer, prompt: str, seed: int, length: int
) -> None:
    """What `write` leans on to tell them apart, for every kind of tokenizer."""
    generator = torch.Generator().manual_seed(seed)
    written = torch.randint(tokenizer.vocabulary, (length,), generator=generator).tolist()
    ids = tokenizer.encode(prompt)
    assert tokenizer.decode([*ids, *written]).startswith(tokenizer.decode(ids))


def test_every_kind_of_tokenizer_writes_and_each_prompt_as_if_alone(
    random_model: MakeModel, tokenizer: Tokenizer
) -> None:
    engine = DecoderEngine(random_model(vocabulary=tokenizer.vocabulary))
    rules = {"tokens": 15, "temperature": 1.0, "stop": ("a", "é ")}
    texts, heard = listen(engine, tokenizer, PROMPTS, **rules)
    assert ["".join(pieces) for pieces in heard] == texts
    assert any(texts)
    met: set[tuple[int, ...]] = set()
    for prompt, text in zip(PROMPTS, texts, strict=True):
        ids = tuple(tokenizer.encode(prompt))
        if ids not in met:
            assert listen(engine, tokenizer, [prompt], **rules)[0] == [text]
        met.add(ids)
        assert not any(stop in text for stop in rules["stop"])


def test_an_encoder_reads_the_texts_and_what_is_written_begins_anew(random_model: MakeModel, bpe: Tokenizer) -> None:
    model = random_model(vocabulary=bpe.vocabulary, encoder=("attention", "glu"), decoder=("attention", "cross", "glu"))
    engine, rules = DecoderEngine(model), {"tokens": 15, "temperature": 1.0}
    sources = [bpe.encode(prompt) or [bpe.end] for prompt in PROMPTS]
    written: list[list[int]] = [[] for _ in PROMPTS]
    begins = [[bpe.end] for _ in PROMPTS]
    for row, token in sample(engine, begins, SamplingSettings(**rules), end=bpe.end, sources=sources):
        written[row].append(token)
    returned, heard = listen(engine, bpe, PROMPTS, **rules)
    assert returned == [bpe.decode(tokens).rstrip("\ufffd") for tokens in written]
    assert ["".join(pieces) for pieces in heard] == returned


class Noting(Engine):
    """An engine that reads sources, notes them, and writes nothing."""

    reads_sources = True

    def __init__(self, vocabulary: int, end: int, *, ends_sources: bool) -> None:
        self.vocabulary, self.end, self.ends_sources = vocabulary, end, ends_sources
        self.noted: list[Any] = []

    def start(self, sources: Any = None) -> Any:
        self.noted.append(sources)

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        self.noted.append(tokens.tolist())
        logits = torch.full((len(tokens), self.vocabulary), -9.0)
        logits[:, self.end] = 9.0
        return logits, state

    def reorder(self, state: Any, rows: Tensor) -> Any:
        return state


@pytest.mark.parametrize("ends_sources", [True, False])
@pytest.mark.parametrize("is_apart", [True, False])
@pytest.mark.parametrize("is_beam", [True, False])
def test_sources_are_read_by_their_own_coder_and_closed_as_they_were_learnt(
    bpe: Tokenizer, ends_sources: bool, is_apart: bool, is_beam: bool
) -> None:
    """An empty text is an end token either way; what is written begins with the target's."""
    engine = Noting(bpe.vocabulary, bpe.end, ends_sources=ends_sources)
    reader: Any = Bytes() if is_apart else bpe
    values: dict[str, Any] = {"source_coder": reader} if is_apart else {}
    if is_beam:
        write_best(engine, bpe, ["ab", ""], BeamSettings(), **values)
    else:
        write(engine, bpe, ["ab", ""], SamplingSettings(), **values)
    end = [reader.end]
    assert engine.noted == [[reader.encode("ab") + end * ends_sources, end], [[bpe.end], [bpe.end]]]


def test_a_prompt_that_is_no_source_is_left_open(random_model: MakeModel, bpe: Tokenizer) -> None:
    """Whatever is said of sources."""
    model, rules = random_model(vocabulary=bpe.vocabulary), SamplingSettings(tokens=5)
    plain, told = (DecoderEngine(model, ends_sources=ends) for ends in (False, True))
    assert write(told, bpe, ["The", ""], rules, source_coder=Bytes()) == write(plain, bpe, ["The", ""], rules)


def test_a_text_that_was_drawn_is_as_likely_as_the_model_says(random_model: MakeModel, bpe: Tokenizer) -> None:
    """Whatever the rules by which it was drawn; the end token counts."""
    engine = DecoderEngine(random_model(vocabulary=bpe.vocabulary))
    likeliest = SamplingSettings(tokens=6, temperature=0, repetition_penalty=1.0)
    greedy = write_best(engine, bpe, PROMPTS, BeamSettings(beams=1, tokens=6))
    drawn = write_weighed(engine, bpe, PROMPTS, likeliest)
    assert [text.text for text in drawn] == [best.text for (best,) in greedy]
    assert [text.score for text in drawn] == pytest.approx([best.log_probability for (best,) in greedy], abs=1e-4)


@pytest.mark.parametrize("encoder", [(), ("attention", "glu")])
def test_the_best_texts_are_those_of_the_beam(
    random_model: MakeModel, tokenizer: Tokenizer, encoder: tuple[str, ...]
) -> None:
    decoder = ("attention", *(["cross"] if encoder else []), "glu")
    engine = DecoderEngine(random_model(vocabulary=tokenizer.vocabulary, encoder=encoder, decoder=decoder))
    rules = BeamSettings(beams=3, n_best=2, tokens=8, length_penalty=1.0)
    ids = [tokenizer.encode(prompt) or [tokenizer.end] for prompt in PROMPTS]
    begins = [[tokenizer.end] for _ in ids] if encoder else ids
    found = beam_search(engine, begins, rules, end=tokenizer.end, sources=ids if encoder else None)
    for prompt, best, hypotheses in zip(PROMPTS, write_best(engine, tokenizer, PROMPTS, rules), found, strict=True):
        assert len(best) == len(hypotheses) == 2
        for written, hypothesis in zip(best, hypotheses, strict=True):
            assert written.score == hypothesis.score
            read = tokenizer.encode("" if encoder else prompt)
            whole = tokenizer.decode([*read, *hypothesis.tokens])
            assert ("" if encoder else tokenizer.decode(read)) + written.text == whole.rstrip("\ufffd")
