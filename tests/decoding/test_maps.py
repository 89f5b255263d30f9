from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import KINDS, PAIRS, Kind, random_kind

from groundup.decoding.beam import beam_search
from groundup.decoding.engine import DecoderEngine
from groundup.decoding.maps import END, Alignment, alignment, attention_maps, by_words
from groundup.decoding.settings import BeamSettings
from groundup.errors import GroundupError
from groundup.model.context import Context
from groundup.model.model import Model

VOCABULARY = 9
OVER_SOURCE = {"cross", "additive", "luong"}
tokens_of = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=7)


def wanted(model: Model) -> list[str]:
    """The mixers of a decoder's layer that attend."""
    return [name for name in model.settings.decoder if name in OVER_SOURCE | {"attention"}]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(KINDS), tokens_of, tokens_of, st.booleans())
def test_every_mixer_that_attends_shows_where_and_to_what(
    kind: Kind, tokens: list[int], source: list[int], is_as_long: bool
) -> None:
    """Also where text and source are of one length, so that their maps look alike."""
    model = random_kind(kind, VOCABULARY, depth=3)
    if is_as_long:
        source = [*source, *tokens][: len(tokens)]
    maps = attention_maps(model, tokens, source if model.encoder is not None else None)
    assert [found.mixer for found in maps] == wanted(model)
    for found in maps:
        assert found.is_over_source == (found.mixer in OVER_SOURCE)
        layers, heads, time, seen = found.weights.shape
        assert (layers, time, seen) == (3, len(tokens), len(source if found.is_over_source else tokens))
        assert heads == (1 if found.mixer in {"additive", "luong"} else 2)
        torch.testing.assert_close(found.weights.sum(-1), torch.ones(layers, heads, time))
        if not found.is_over_source:
            assert torch.equal(found.weights, found.weights.tril())


@pytest.mark.parametrize("kind", PAIRS, ids=str)
def test_the_weights_are_those_of_decoding(kind: Kind) -> None:
    """The rows of the map, one by one, as the mixers left them step by step."""
    model, source = random_kind(kind, VOCABULARY, depth=2), [3, 1, 2, 5]
    engine = DecoderEngine(model)
    (hypotheses,) = beam_search(engine, [[4]], BeamSettings(beams=3, tokens=5), end=4, sources=[source])
    tokens = [4, *hypotheses[0].tokens]
    maps = attention_maps(model, tokens, source)
    _, _, memory = engine.start([source])
    state = None
    for place, token in enumerate(tokens):
        left: list[torch.Tensor] = []
        context = Context(torch.tensor([place]), memory=memory, maps=left, keep_state=True)
        with torch.no_grad():
            _, state = model(torch.tensor([[token]]), context, state)
        steps = iter(left)
        for layer in range(2):
            for found in maps:
                row = next(steps)[0, :, 0]
                torch.testing.assert_close(found.weights[layer, :, place, : row.shape[1]], row, atol=1e-5, rtol=1e-5)


def test_nothing_is_left_behind(random_model) -> None:  # type: ignore[no-untyped-def]
    model = random_model()
    first = attention_maps(model, [1, 2, 3])
    second = attention_maps(model, [1, 2, 3])
    assert torch.equal(first[0].weights, second[0].weights)
    assert not any(mixer._forward_pre_hooks for layer in model.layers for mixer in layer.mixers)


class Bytes:
    """A token a byte, from 0, behind an end token of a number of its own."""

    vocabulary = 257

    def __init__(self, end: int) -> None:
        self.end = end

    def encode(self, text: str) -> list[int]:
        return [byte + 1 for byte in text.encode()] if self.end == 0 else list(text.encode())

    def decode(self, ids: Sequence[int]) -> str:
        first = 1 if self.end == 0 else 0
        return bytes(token - first for token in ids if token != self.end).decode("utf-8", "replace")


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(PAIRS), st.text("ab é😀", max_size=5), st.text("ab é😀", max_size=5), st.booleans())
def test_texts_are_aligned_piece_by_piece(kind: Kind, source: str, target: str, is_ended: bool) -> None:
    """The mean of all heads and layers, over pieces that join to the texts, each text in its own vocabulary."""
    model, coder, reader = random_kind(kind, 257, depth=2), Bytes(256), Bytes(0)
    found = alignment(model, coder, source, target, reader, ends_source=is_ended)
    pieces, written, weights = found
    assert "".join(written) == target + "<end>"
    assert "".join(pieces) == source + ("<end>" if is_ended or not source else "")
    assert weights.shape == (len(written), len(pieces))
    ids = reader.encode(source) + ([0] if is_ended or not source else [])
    maps = attention_maps(model, [256, *target.encode()], ids)
    (over,) = (found for found in maps if found.is_over_source)
    torch.testing.assert_close(weights, over.weights.flatten(0, 1).mean(0))


def test_a_source_is_aligned_as_training_pairs_are_read() -> None:
    model = random_kind(PAIRS[0], 257)
    pieces, written, _ = alignment(model, Bytes(256), "ab", "é")
    assert (pieces, written) == (["a", "b", "<end>"], ["", "é", "<end>"])


def test_a_model_that_reads_sentences_is_aligned_sentence_by_sentence(random_model) -> None:  # type: ignore[no-untyped-def]
    stacks = {"encoder": ("attention",), "decoder": ("attention", "cross"), "sentences": 4}
    # With as many sentences as there are pieces to be written, too.
    for source, sentences in (("a b. c\nd", ["a b.", " c\n", "d"]), ("a.", ["a."]), ("a. b.", ["a.", " b."])):
        model = random_model(257, sentence_ends=(0, *(ord(mark) + 1 for mark in ".\n")), **stacks)
        pieces, written, weights = alignment(model, Bytes(256), source, "x", Bytes(0))
        assert (pieces, written) == (sentences, ["x", "<end>"])
        torch.testing.assert_close(weights.sum(1), torch.ones(2))


@given(st.lists(st.text("ab .é中", max_size=3), max_size=8), st.lists(st.text("ab .é中", max_size=3), max_size=8))
def test_words_hold_all_that_their_pieces_held(source: list[str], target: list[str]) -> None:
    weights = torch.rand(len(target) + 1, len(source) + 1)
    weights /= weights.sum(1, keepdim=True)
    found = by_words(Alignment([*source, END], [*target, END], weights))
    assert found.weights.shape == (len(found.target), len(found.source))
    torch.testing.assert_close(found.weights.sum(1), torch.ones(len(found.target)))
    for words, pieces in ((found.source, source), (found.target, target)):
        assert words[-1] == END
        assert "".join("".join(words[:-1]).split()) == "".join("".join(pieces).split())


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        (["a", " do", "g", " bar", "ks", "."], ["a", "dog", "barks", "."]),
        (["a", " ", "d", "o", "g", "!"], ["a", "dog", "!"]),
        (["a ", "dog ", "s"], ["a", "dog", "s"]),
        # A character of several tokens goes to the word that it is in.
        (["ca", "", "fé", " ", "", "é"], ["café", "é"]),
        (["cafe", "\u0301", "s", " x"], ["cafe\u0301s", "x"]),
        (["", "中", "文", " a"], ["中", "文", "a"]),
        # One word is shown as it is spelled.
        (["b", "ar", "ks"], ["b", "ar", "ks"]),
        ([], []),
    ],
)
def test_words_end_where_letters_do(pieces: list[str], words: list[str]) -> None:
    even = torch.full((len(pieces) + 1, len(pieces) + 1), 1 / (len(pieces) + 1))
    found = by_words(Alignment([*pieces, END], [*pieces, END], even))
    assert found.source == found.target == [*words, END]


def test_a_word_gets_the_sum_and_looks_by_the_mean_of_its_pieces() -> None:
    weights = torch.tensor([[0.5, 0.25, 0.25, 0.0], [0.0, 0.5, 0.0, 0.5], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    found = by_words(Alignment(["a", " b", "c", END], ["x", " y", "z", END], weights))
    assert found.source == ["a", "bc", END]
    torch.testing.assert_close(found.weights, torch.tensor([[0.5, 0.5, 0.0], [0.5, 0.25, 0.25], [0.0, 0.0, 1.0]]))


def test_a_prefix_is_seen_whole(random_model) -> None:  # type: ignore[no-untyped-def]
    (found,) = attention_maps(random_model(), [1, 2, 3, 4], prefix=2)
    is_seen = (found.weights > 0).all(0).all(0)
    assert is_seen.tolist() == [[True, True, False, False]] * 2 + [[True, True, True, False], [True] * 4]


def test_a_model_that_attends_to_nothing_has_no_maps() -> None:
    assert attention_maps(random_kind(((), ("lstm",)), VOCABULARY), [1, 2]) == ()


def test_an_encoder_alone_writes_nothing_to_be_shown(random_model) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(GroundupError, match="encoder only"):
        attention_maps(random_model(encoder=("attention",), decoder=()), [1])


def test_a_text_beyond_the_learned_positions_is_an_error(random_model) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(GroundupError, match="17 tokens, but this model has learned positions for 16"):
        attention_maps(random_model(positions="learned", context=16), [1] * 17)
