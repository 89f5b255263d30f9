from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundup.errors import DamagedError, GroundupError
from groundup.tokens import shards as module
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.shards import open_shards, write_shards
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

FILES = ("train.json", "train.starts.npy", "train.tokens")


@pytest.fixture
def folder(character_tokenizer: Tokenizer, texts: list[str], tmp_path: Path) -> Path:
    write_shards(texts, character_tokenizer, tmp_path, "train")
    return tmp_path


def test_documents_come_back_in_order(tokenizer: Tokenizer, texts: list[str], tmp_path: Path) -> None:
    some = [*texts, "", "the end", ""]
    facts = write_shards(iter(some), tokenizer, tmp_path, "train")
    stream = open_shards(tmp_path, "train")
    assert [stream.document(i).tolist() for i in range(len(some))] == tokenizer.encode_batch(some)
    assert stream.documents == facts["documents"] == len(some)
    assert len(stream.tokens) == facts["tokens"] == sum(map(len, tokenizer.encode_batch(some))) + len(some)
    assert stream.bytes == facts["bytes"] == sum(len(text.encode()) for text in some)
    assert facts["largest"] == stream.tokens.max()
    assert facts["unknown"] == (stream.tokens == tokenizer.unknown).sum()
    assert stream.vocabulary == tokenizer.vocabulary
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(FILES)


@given(
    texts=st.lists(st.text(st.characters(codec=None), max_size=30), min_size=1, max_size=12),
    at_once=st.integers(1, 40),
)
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_packing_and_unpacking(texts: list[str], at_once: int, character_tokenizer: Tokenizer, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", at_once)
        write_shards(texts, character_tokenizer, tmp_path, "any")
    stream = open_shards(tmp_path, "any")
    assert [stream.document(i).tolist() for i in range(stream.documents)] == [
        character_tokenizer.encode(text) for text in texts
    ]


def test_texts_are_read_as_they_are_written(
    character_tokenizer: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 10)
    read = 0
    ahead: list[int] = []

    def texts() -> Iterator[str]:
        nonlocal read
        for _ in range(20):
            read += 1
            yield "0123456789"

    write_shards(texts(), character_tokenizer, tmp_path, "x", lambda what, done=0, total=None: ahead.append(read))
    assert ahead == list(range(1, 21))


def test_the_type_follows_from_the_vocabulary(tmp_path: Path) -> None:
    # 65,536 ids fit into two bytes, one more does not.
    characters = [chr(i) for i in range(0x20, 0x20 + 140_000) if not 0xD800 <= i <= 0xDFFF]
    for vocabulary, name, kind in ((65_536, "uint16", "<u2"), (65_537, "uint32", "<u4")):
        text = "".join(characters[: vocabulary - 5])
        tokenizer = train_tokenizer([text], TokenizerSettings(kind="character", vocabulary=vocabulary))
        assert tokenizer.vocabulary == vocabulary
        facts = write_shards([text], tokenizer, tmp_path, name)
        assert (facts["type"], facts["largest"]) == (name, vocabulary - 1)
        stream = open_shards(tmp_path, name)
        assert stream.tokens.dtype == np.dtype(kind)
        assert stream.document(0).tolist() == tokenizer.encode(text)


def test_tokens_are_read_only(folder: Path) -> None:
    stream = open_shards(folder, "train")
    for part in (stream.tokens, stream.starts):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 1


def test_no_documents_is_an_error(character_tokenizer: Tokenizer, tmp_path: Path) -> None:
    with pytest.raises(GroundupError, match="validation part of the corpus has no documents"):
        write_shards([], character_tokenizer, tmp_path, "validation")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_empty_file_is_named(folder: Path, name: str) -> None:
    file = folder / name
    file.write_bytes(b"")
    with pytest.raises(DamagedError, match=name):
        open_shards(folder, "train")
    file.unlink()
    with pytest.raises(DamagedError, match=f"{name} is damaged: it is not there"):
        open_shards(folder, "train")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("type", "float64"),
        ("type", "uint32"),
        ("tokens", 3),
        ("tokens", "many"),
        ("tokens", True),
        ("documents", 1),
        ("documents", -1),
        ("end", 5),
        ("end", 10**9),
        ("vocabulary", 0),
        ("bytes", None),
    ],
)
def test_facts_that_do_not_fit_are_noticed(folder: Path, key: str, value: object) -> None:
    file = folder / "train.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {key: value}))
    with pytest.raises(DamagedError):
        open_shards(folder, "train")


@pytest.mark.parametrize(
    "starts",
    [
        np.array([0, 5, 5, 9]),
        np.array([1, 5, 6, 9]),
        np.array([0, 5, 6, 10**7]),
        np.array([0, 5, 6]),
        np.array([0, 5, 6, 9], dtype=np.int32),
        np.array([[0, 5, 6, 9]]),
        np.array(7),
        np.array([], dtype=np.int64),
    ],
)
def test_starts_that_do_not_fit_are_noticed(folder: Path, starts: np.ndarray) -> None:
    np.save(folder / "train.starts.npy", starts)
    with pytest.raises(DamagedError, match=r"train\.starts\.npy"):
        open_shards(folder, "train")


def test_a_pickle_is_never_loaded(folder: Path) -> None:
    np.save(folder / "train.starts.npy", np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(DamagedError, match=r"train\.starts\.npy"):
        open_shards(folder, "train")
