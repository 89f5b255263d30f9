from __future__ import annotations

import gzip

import pytest

from groundup.corpus.read import corpus_folder, read_account, texts_at
from groundup.corpus.settings import CorpusSettings, SourceSettings
from groundup.errors import DamagedError, GroundupError
from groundup.store import artefact
from groundup.store.artefact import publish
from groundup.store.fingerprint import file_sha256


@pytest.fixture
def run(tmp_path, place, build_corpus):
    texts = tmp_path / "texts"
    texts.mkdir()
    for name in ("emma", "persuasion", "copy"):
        (texts / f"{name}.txt").write_text(f"A long story of {'emma' if name == 'copy' else name}, and so on.\r\n")
    build_corpus(CorpusSettings((SourceSettings("x"),)), [place(texts, "texts")], tmp_path / "run" / "corpus")
    return tmp_path / "run"


def test_a_run_or_its_corpus_may_be_named(run) -> None:
    assert corpus_folder(run) == corpus_folder(run / "corpus") == run / "corpus"
    assert read_account(run / "corpus")["documents"]["read"] == 3


def test_a_folder_without_corpus_is_said(run, tmp_path) -> None:
    with pytest.raises(GroundupError, match="has no corpus"):
        corpus_folder(tmp_path)
    with pytest.raises(GroundupError, match="There is no folder"):
        corpus_folder(tmp_path / "none")


def test_a_damaged_account_is_said(run) -> None:
    (run / "corpus" / "account.json").write_text("{")
    with pytest.raises(DamagedError, match="damaged"):
        read_account(run / "corpus")


def test_an_account_is_read_without_hashing_the_texts_it_is_of(run, monkeypatch) -> None:
    corpus = run / "corpus"
    publish(corpus, run / "new", stage="corpus", fingerprint="f", settings={}, seed=0, parents={}, facts={})
    (run / "new").rename(corpus)
    hashed = []
    monkeypatch.setattr(artefact, "file_sha256", lambda path: hashed.append(path.name) or file_sha256(path))
    read_account(corpus_folder(run))
    assert hashed == ["account.json"]
    account = corpus / "account.json"
    account.write_text(account.read_text().replace("3", "4", 1))
    with pytest.raises(DamagedError, match="SHA-256"):
        read_account(corpus_folder(run))


def test_texts_come_from_every_format_in_the_order_of_names(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("plain")
    (tmp_path / "b.jsonl").write_text('{"text": "one"}\n{"text": "two"}\n')
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(b"packed"))
    assert list(texts_at(tmp_path)) == ["plain", "one", "two", "packed"]
    assert list(texts_at(tmp_path / "a.txt")) == ["plain"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("picture.png", b"\x89PNG\r\n"),
        ("zeros.txt", bytes(100)),
        ("half.txt.gz", gzip.compress(b"A text of some length." * 99, mtime=0)[:-9]),
        ("rows.jsonl", b'{"text": "one"}\n{"te'),
        ("other.jsonl", b'{"body": "one"}\n'),
    ],
)
def test_no_text_is_passed_over(name, content, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("plain")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(GroundupError, match=name) as error:
        list(texts_at(tmp_path))
    assert "damaged: drop" not in str(error.value)
