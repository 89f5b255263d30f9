from __future__ import annotations

from itertools import pairwise

import pytest

from groundup.errors import GroundupError
from groundup.tokens.settings import Kind, TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import _sample, train_tokenizer

KINDS: tuple[Kind, ...] = ("character", "word", "bpe", "wordpiece", "unigram")


def words_of(tokenizer: Tokenizer, text: str) -> list[str]:
    return [tokenizer.text(token) for token in tokenizer.encode(text)]


def test_character_holds_every_character_by_code_point() -> None:
    tokenizer = train_tokenizer(["bca", "", "é!a"], TokenizerSettings(kind="character"))
    assert [tokenizer.text(token) for token in range(5, tokenizer.vocabulary)] == list("!abcé")


def test_rare_characters_may_be_left_out() -> None:
    tokenizer = train_tokenizer(["aab"], TokenizerSettings(kind="character", minimum_frequency=2))
    assert tokenizer.encode("aba") == [5, tokenizer.unknown, 5]


def test_character_looks_beyond_the_sample() -> None:
    settings = TokenizerSettings(kind="character", sample=1)
    assert train_tokenizer(["abc", "xyz"], settings).vocabulary == 5 + 6


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_byte_level_kinds_hold_all_bytes(kind: Kind) -> None:
    tokenizer = train_tokenizer(["only these few words"], TokenizerSettings(kind=kind, vocabulary=400))
    text = "".join(map(chr, [*range(0x250), *range(0x4E00, 0x4E40), *range(0x1F600, 0x1F640)]))
    ids = tokenizer.encode(text)
    assert tokenizer.unknown not in ids
    assert tokenizer.decode(ids) == text


@pytest.mark.parametrize("kind", KINDS)
def test_the_vocabulary_is_never_exceeded_and_is_filled_where_text_allows(kind: Kind, texts: list[str]) -> None:
    vocabulary = 330
    tokenizer = train_tokenizer(texts, TokenizerSettings(kind=kind, vocabulary=vocabulary, sentinels=10))
    assert tokenizer.vocabulary <= vocabulary
    if kind in ("bpe", "wordpiece"):
        assert tokenizer.vocabulary == vocabulary


def test_digits_stand_alone() -> None:
    tokenizer = train_tokenizer(["in 1984 1984 1984 1984"], TokenizerSettings(kind="bpe", vocabulary=400))
    assert words_of(tokenizer, "in 1984")[1:] == [" 1", "9", "8", "4"]


def test_no_token_crosses_a_word() -> None:
    tokenizer = train_tokenizer(["to be or " * 50], TokenizerSettings(kind="bpe", vocabulary=400))
    assert words_of(tokenizer, "to be or to be") == ["to", " be", " or", " to", " be"]


def test_accents_and_vowel_signs_stay_with_their_letters() -> None:
    hindi = "हिन्दी"
    tokenizer = train_tokenizer([f"{hindi} {hindi}"], TokenizerSettings(kind="word"))
    assert words_of(tokenizer, hindi) == [hindi]


def test_word_keeps_spaces_and_line_ends() -> None:
    text = "Who's there?\n\n  Nay, answer  me!!"
    tokenizer = train_tokenizer([text], TokenizerSettings(kind="word"))
    assert words_of(tokenizer, text) == [
        "Who", "'s", " there", "?", "\n\n", " ", " Nay", ",", " answer", " ", " me", "!", "!",
    ]  # fmt: skip
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.encode("Who goes") == [tokenizer.encode("Who")[0], tokenizer.unknown]


def test_wordpiece_writes_known_characters_anywhere_in_a_word() -> None:
    tokenizer = train_tokenizer(["abc ##x #"], TokenizerSettings(kind="wordpiece"))
    for text in ("cba", "##abc", "x#ca", "# ## ### #"):
        assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("kind", ["bpe", "wordpiece", "unigram"])
@pytest.mark.parametrize("character", "a !\n")
def test_no_run_is_too_long(kind: Kind, character: str) -> None:
    tokenizer = train_tokenizer(["a !\n"], TokenizerSettings(kind=kind))
    ids = tokenizer.encode(character * 1000)
    assert tokenizer.unknown not in ids
    assert tokenizer.decode(ids) == character * 1000


@pytest.mark.parametrize("kind", KINDS)
def test_lower_case(kind: Kind, texts: list[str]) -> None:
    tokenizer = train_tokenizer(texts, TokenizerSettings(kind=kind, vocabulary=600, lower_case=True))
    assert tokenizer.encode("The FOX") == tokenizer.encode("the fox")
    assert tokenizer.decode(tokenizer.encode(" The fox said")) == " the fox said"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nothing", [[], ["", ""]])
def test_no_text_is_an_error(kind: Kind, nothing: list[str]) -> None:
    with pytest.raises(GroundupError, match="no text to train"):
        train_tokenizer(nothing, TokenizerSettings(kind=kind))


@pytest.mark.parametrize("kind", ["character", "wordpiece"])
def test_a_vocabulary_too_small_for_the_characters_says_what_is_needed(kind: Kind) -> None:
    text = "".join(map(chr, range(97, 123)))
    needed = 5 + 26 * (2 if kind == "wordpiece" else 1)
    with pytest.raises(GroundupError, match=f"{needed} or more"):
        train_tokenizer([text], TokenizerSettings(kind=kind, vocabulary=needed - 1))
    assert train_tokenizer([text], TokenizerSettings(kind=kind, vocabulary=needed)).vocabulary == needed


def test_the_sample_is_spread_evenly_in_order_and_bounded() -> None:
    texts = [f"{i:04}" for i in range(1000)]
    kept = _sample(iter(texts), 400)
    numbers = list(map(int, kept))
    assert 50 <= len(numbers) <= 100
    assert len({b - a for a, b in pairwise(numbers)}) == 1
    assert numbers[-1] > 900
    assert _sample(["a" * 100], 10) == ["a" * 10]
    assert _sample(texts, 4000) == texts


def test_progress_reaches_the_end(texts: list[str]) -> None:
    heard: list[tuple[float, float | None]] = []
    train_tokenizer(
        texts,
        TokenizerSettings(vocabulary=300),
        lambda what, done=0, total=None: heard.append((done, total)),
    )
    assert heard[-1] == (sum(map(len, texts)), sum(map(len, texts)))
