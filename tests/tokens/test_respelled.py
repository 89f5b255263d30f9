from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tokens.batches import Batch, Windows
from groundup.tokens.bpe_dropout import BpeDropout
from groundup.tokens.respelled import Respelled
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.shards import TokenStream
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

WORDS = "the lower newest widest lowest fox didn't jump over 12 lazy dogs <end> 日本語 żółć 😀 \n\n \ufffd !'s"
TOKENIZER = train_tokenizer([WORDS] * 5, TokenizerSettings(vocabulary=340))
texts = st.lists(
    st.text(max_size=20) | st.lists(st.sampled_from(WORDS.split(" ")), max_size=12).map(" ".join),
    min_size=1,
    max_size=6,
)


def stream_of(texts: list[str], tokenizer: Tokenizer = TOKENIZER) -> TokenStream:
    documents = [[*ids, tokenizer.end] for ids in tokenizer.encode_batch(texts)]
    starts = np.cumsum([0, *map(len, documents)])[:-1]
    tokens = np.array([token for ids in documents for token in ids], np.uint16)
    return TokenStream(tokens, starts, sum(len(text.encode()) for text in texts), tokenizer.vocabulary, tokenizer.end)


def windows_of(stream: TokenStream, context: int, seed: int = 0, rows: int = 3) -> Windows:
    return Windows(stream, context=context, rows=rows, fingerprint="f", seed=seed)


def parts(ids: list[int]) -> list[str]:
    """The texts of a row between its end tokens, without what is no whole character."""
    found: list[list[int]] = [[]]
    for token in ids:
        if token == TOKENIZER.end:
            found.append([])
        else:
            found[-1].append(token)
    return [TOKENIZER.decode(part) for part in found]


def is_same_text(new: list[str], old: list[str]) -> bool:
    """Whether `new` is `old`, but for parts of characters at both ends and a cut behind."""
    lost = "\ufffd"
    *whole, last = new
    first, *_ = old
    if whole:
        inner = whole[1:] == old[1 : len(whole)]
        begins = first.lstrip(lost) == whole[0].lstrip(lost)
        return inner and begins and old[len(whole)].startswith(last.rstrip(lost))
    return first.lstrip(lost).startswith(last.strip(lost))


@given(texts, st.integers(2, 20), st.integers(0, 9), st.sampled_from([0.0, 0.1, 0.9]), st.integers(0, 99))
@settings(max_examples=300, deadline=None)
def test_rows_are_full_and_hold_the_same_text_of_the_same_documents(texts, context, step, rate, seed) -> None:
    stream = stream_of([*texts, WORDS])
    windows = windows_of(stream, context, seed)
    old, new = windows.at(step), Respelled(windows, BpeDropout(TOKENIZER, rate)).at(step)
    assert new.tokens.shape == old.tokens.shape
    assert (new.targets == new.tokens[:, 1:]).all()
    for before, after in zip(old.tokens.tolist(), new.tokens.tolist(), strict=True):
        assert is_same_text(parts(after), parts(before))
    assert (new.documents is None) == (old.documents is None)
    for row in range(windows.rows if old.documents is not None else 0):
        (first, *behind), (first_before, *behind_before) = numbers(new, row), numbers(old, row)
        # A first text may be no more than part of a character, and goes with it.
        assert first in (first_before, *behind_before[:1])
        assert behind == behind_before[: len(behind)] or (first, *behind) == (*behind_before[: len(behind) + 1],)


def numbers(batch: Batch, row: int) -> list[int]:
    """The documents of a row's texts in order; an end token belongs to what follows it."""
    assert batch.documents is not None
    documents, is_end = batch.documents[row], batch.tokens[row] == TOKENIZER.end
    # Documents change at end tokens and nowhere else.
    assert ((np.diff(documents) != 0) == is_end[1:]).all()
    return [int(documents[0]), *documents[1:][is_end[1:]].tolist()]


@given(st.integers(0, 50), st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_nothing_left_out_leaves_plain_rows_as_they_were(step, seed) -> None:
    windows = windows_of(stream_of(["the lower newest fox over the lazy dogs", "widest lowest jump"] * 9), 8, seed)
    assert (Respelled(windows, BpeDropout(TOKENIZER, 0)).at(step).tokens == windows.at(step).tokens).all()


def test_a_step_is_the_same_whenever_it_is_asked_for_and_unlike_others() -> None:
    stream = stream_of([WORDS] * 4)
    rows = Respelled(windows_of(stream, 30), BpeDropout(TOKENIZER, 0.4))
    due = [rows.at(step).tokens.tolist() for step in range(6)]
    again = Respelled(windows_of(stream, 30), BpeDropout(TOKENIZER, 0.4))
    assert [again.at(step).tokens.tolist() for step in (5, 0, 3)] == [due[5], due[0], due[3]]
    other = Respelled(windows_of(stream, 30, seed=1), BpeDropout(TOKENIZER, 0.4))
    assert other.at(0).tokens.tolist() != due[0]
    # The same text again and again, never spelled alike.
    same = windows_of(stream_of([WORDS]), len(stream_of([WORDS]).tokens) - 1, rows=4)
    spelled = Respelled(same, BpeDropout(TOKENIZER, 0.4)).at(0).tokens
    assert len({tuple(row) for row in spelled.tolist()}) == 4


def test_the_windows_are_left_as_they_are() -> None:
    windows = windows_of(stream_of([WORDS] * 3), 12)
    before = windows.stream.tokens.copy()
    Respelled(windows, BpeDropout(TOKENIZER, 0.9)).at(0)
    assert (windows.stream.tokens == before).all()


def test_real_text_in_two_languages(shared_data: Path) -> None:
    files = [shared_data / "multi30k" / f"val.{language}.gz" for language in ("en", "de")]
    lines = [line for file in files for line in gzip.decompress(file.read_bytes()).decode().splitlines()]
    tokenizer = train_tokenizer(lines, TokenizerSettings(vocabulary=2000))
    windows = windows_of(stream_of(lines, tokenizer), 128, rows=16)
    new = Respelled(windows, BpeDropout(tokenizer, 0.1)).at(0)
    old = windows.at(0)
    for before, after in zip(old.tokens.tolist(), new.tokens.tolist(), strict=True):
        assert tokenizer.decode(before).startswith(tokenizer.decode(after).rstrip("\ufffd"))
    # More pieces, so less text in as many tokens.
    assert sum(new.tokens[:, 1:].ravel() == tokenizer.end) < 0.95 * sum(old.tokens[:, 1:].ravel() == tokenizer.end)
