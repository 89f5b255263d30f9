from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import DamagedError, GroundupError
from groundup.tokens import tokenizer as module
from groundup.tokens.settings import Kind, TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer, batched, load_tokenizer, whole_characters
from groundup.tokens.train import train_tokenizer

KINDS: tuple[Kind, ...] = ("character", "word", "bpe", "wordpiece", "unigram")


def test_special_tokens_have_fixed_ids(tokenizer: Tokenizer) -> None:
    assert (tokenizer.padding, tokenizer.unknown, tokenizer.mask, tokenizer.separator, tokenizer.end) == (
        0,
        1,
        2,
        3,
        4,
    )
    assert tokenizer.sentinels == (5, 6, 7)
    assert tokenizer.special_tokens["<extra_2>"] == 7


def test_training_text_comes_back(tokenizer: Tokenizer, texts: list[str]) -> None:
    for text in texts:
        ids = tokenizer.encode(text)
        if tokenizer.unknown not in ids:
            assert tokenizer.decode(ids) == text
        else:
            assert tokenizer.kind == "word"


def test_a_batch_is_each_text_alone(tokenizer: Tokenizer, texts: list[str]) -> None:
    some = ["", *texts, "", "x"]
    assert tokenizer.encode_batch(some) == [tokenizer.encode(text) for text in some]
    assert tokenizer.encode("") == []
    assert tokenizer.decode([]) == ""


def test_a_long_text_is_parted_where_nothing_changes(
    tokenizer: Tokenizer, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = random.Random(1)
    pieces = [*"\n\n\n   \t\r'sdt19!?#<>é日", "\u00a0", "\u2028", "\x1c", "word", "Don't", " the", *texts]
    text = "".join(generator.choices(pieces, k=400))
    whole = tokenizer.encode(text)
    for part in (1, 2, 3, 5, 17, 100):
        monkeypatch.setattr(module, "_PART", part)
        assert len(list(module._parts(text))) > 3
        assert tokenizer.encode(text) == whole


def test_special_tokens_are_shown_or_hidden(tokenizer: Tokenizer) -> None:
    ids = [tokenizer.end, *tokenizer.encode("the fox"), tokenizer.mask, *tokenizer.sentinels]
    assert "fox" in tokenizer.decode(ids)
    assert "<" not in tokenizer.decode(ids)
    shown = tokenizer.decode(ids, show_special=True)
    assert shown.startswith("<end>")
    assert shown.endswith("<mask><extra_0><extra_1><extra_2>")


@pytest.mark.parametrize("token", [-1, 600, 2**40])
def test_an_id_outside_the_vocabulary_is_refused(character_tokenizer: Tokenizer, token: int) -> None:
    with pytest.raises(GroundupError, match="There is no token"):
        character_tokenizer.decode([0, token])


def test_saved_and_loaded_it_is_the_same(tokenizer: Tokenizer, texts: list[str], tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["tokenizer.json"]
    for path in (tmp_path, tmp_path / "tokenizer.json"):
        again = load_tokenizer(path)
        assert again.encode_batch(texts) == tokenizer.encode_batch(texts)
        assert (again.kind, again.vocabulary) == (tokenizer.kind, tokenizer.vocabulary)
        assert again.special_tokens == tokenizer.special_tokens
    again.save(tmp_path / "second.json")
    assert (tmp_path / "second.json").read_bytes() == (tmp_path / "tokenizer.json").read_bytes()


def test_one_is_like_another_that_does_the_same(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    assert tokenizer.is_like(load_tokenizer(tmp_path))
    settings = TokenizerSettings(kind="character", vocabulary=40)
    one, other = (train_tokenizer([text] * 2, settings) for text in ("abc", "abd"))
    assert one.vocabulary == other.vocabulary
    assert not one.is_like(other)
    assert not one.is_like(tokenizer)


def test_a_run_folder_will_do(character_tokenizer: Tokenizer, tmp_path: Path) -> None:
    (tmp_path / "tokenizer").mkdir()
    character_tokenizer.save(tmp_path / "tokenizer")
    assert load_tokenizer(tmp_path).vocabulary == character_tokenizer.vocabulary


def test_no_tokenizer_is_said(tmp_path: Path) -> None:
    with pytest.raises(GroundupError, match="There is no tokenizer"):
        load_tokenizer(tmp_path / "nothing")


def test_a_tokenizer_of_another_make_is_refused(character_tokenizer: Tokenizer, tmp_path: Path) -> None:
    character_tokenizer.save(tmp_path)
    file = tmp_path / "tokenizer.json"
    content = json.loads(file.read_text())
    content["added_tokens"] = content["added_tokens"][1:]
    file.write_text(json.dumps(content))
    with pytest.raises(GroundupError, match=r"no special token <pad>") as caught:
        load_tokenizer(file)
    assert not isinstance(caught.value, DamagedError)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lower_case", [False, True])
def test_offsets_cover_any_text(kind: Kind, lower_case: bool, texts: list[str]) -> None:
    """In order, without a gap; neighbours share a character at most, of which each has a part."""
    made = train_tokenizer(texts, TokenizerSettings(kind=kind, vocabulary=600, lower_case=lower_case))
    pieces = st.sampled_from(
        [*"Ddé日İẞ \n#<", "\U0001f600", "\ud83d\ude00", "\udcff", "\u0301", " the", "  Fox", *texts]
    )

    @given(st.text(st.characters(codec=None)) | st.lists(pieces).map("".join), st.sampled_from([3, 250_000]))
    @settings(max_examples=100, deadline=None, database=None)
    def check(text: str, part: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_PART", part)
            ids, offsets = made.encode_with_offsets(text)
        assert ids == made.encode(text)
        assert len(offsets) == len(ids)
        covered = 0
        for first, end in offsets:
            assert first < end
            assert first <= covered <= end
            assert len(whole_characters(text[first:covered])) <= 1
            covered = end
        assert covered == len(text)

    check()


def test_offsets_are_where_each_token_stands(tokenizer: Tokenizer, texts: list[str]) -> None:
    """What a token's characters say is what it says, but for parts of characters and tokens of unknown words."""
    for text in texts:
        ids, offsets = tokenizer.encode_with_offsets(text)
        for token, (first, end) in zip(ids, offsets, strict=True):
            said = tokenizer.text(token)
            if "\ufffd" not in said and token != tokenizer.unknown:
                said = said.removeprefix("##") if tokenizer.kind == "wordpiece" and len(said) > 2 else said
                assert said == text[first:end]


@given(st.text(st.characters(codec=None)))
@settings(max_examples=300, deadline=None)
def test_whole_characters_have_a_utf8_form_and_change_only_surrogates(text: str) -> None:
    whole = whole_characters(text)
    whole.encode()
    if not any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        assert whole == text


def test_surrogates() -> None:
    assert whole_characters("\ud83d\ude00") == "😀"
    assert whole_characters("a\udcffb") == "a\ufffdb"


@given(st.lists(st.text()), st.integers(1, 20))
@settings(deadline=None)
def test_batches_keep_order_and_lose_nothing(texts: list[str], characters: int) -> None:
    batches = list(batched(iter(texts), characters))
    assert [text for batch in batches for text in batch] == texts
    assert all(sum(map(len, batch[:-1])) < characters for batch in batches)


def test_many_texts_are_at_work_in_parts(tokenizer: Tokenizer, texts: list[str], monkeypatch) -> None:
    whole = tokenizer.encode_batch(texts)
    monkeypatch.setattr(module, "_BATCH", 5)
    assert tokenizer.encode_batch(texts) == whole == [tokenizer.encode(text) for text in texts]
