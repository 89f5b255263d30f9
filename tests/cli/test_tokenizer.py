from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import groundup
from groundup.cli.main import main
from groundup.tokens.tokenizer import load_tokenizer

TEXT = "To be, or not to be, that is the question.\nWhether 'tis nobler in the mind to suffer\n" * 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained tokenizer in the shape of a run folder, beside its text."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    train = ["tokenizer", "train", str(folder / "text.txt"), "--vocabulary", "300", "--sentinels", "2"]
    with pytest.raises(SystemExit) as left:
        main([*train, "--out", str(folder / "tokenizer")])
    assert left.value.code == 0
    return folder


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["tokenizer", *map(str, words)])
    return int(left.value.code or 0)


@pytest.mark.parametrize("kind", ["character", "word", "bpe", "wordpiece", "unigram"])
def test_train_prints_figures_and_saves(
    kind: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "deep" / "out"
    assert run("train", folder / "text.txt", "--kind", kind, "--vocabulary", 320, "--out", out, "--json") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    facts = json.loads(lines[0])
    assert facts["kind"] == kind
    assert facts["characters"] == len(TEXT)
    assert facts["unknown_rate"] == 0
    assert load_tokenizer(out).vocabulary == facts["vocabulary"]


def test_train_for_people(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("train", folder / "text.txt", folder / "text.txt", "--lower-case", "--out", tmp_path) == 0
    out = capsys.readouterr().out
    for words in ("Trained on 2 files", "characters per token", "Longest tokens: ' question'", "Try it:"):
        assert words in out


def test_show(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (folder, folder / "tokenizer", folder / "tokenizer" / "tokenizer.json"):
        assert run("show", path, "--json") == 0
        facts = json.loads(capsys.readouterr().out)
        assert facts["vocabulary"] == 300
        assert facts["special_tokens"]["<extra_1>"] == 6
    assert run("show", folder) == 0
    assert "<pad> 0  <unk> 1  <mask> 2  <sep> 3  <end> 4  <extra_0> 5" in capsys.readouterr().out


def test_encode_and_decode_agree(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "To be <end> [bold]markup[/bold] é\n"
    assert run("encode", folder, text, "--json") == 0
    encoded = json.loads(capsys.readouterr().out)
    assert 4 not in encoded["ids"]
    assert run("decode", folder, *encoded["ids"], 4, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"text": text}
    ids = " ".join(map(str, encoded["ids"]))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ids.encode())))
    assert run("decode", folder, "--special") == 0
    assert capsys.readouterr().out == text + "\n"


def test_encode_shows_tokens_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("encode", folder, "to be\x1b[31m [b]") == 0
    out = capsys.readouterr().out
    assert out.startswith("t|o| be|")
    assert "\x1b" not in out
    assert "\\x1b" in out
    assert "characters a token" in out


def test_encode_colours_them_on_a_terminal(folder: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(groundup.__file__).parents[1]),
        "FORCE_COLOR": "1",
        "TERM": "xterm",
    }
    environment.pop("NO_COLOR", None)
    words = [sys.executable, "-m", "groundup", "tokenizer", "encode", str(folder), "to be or"]
    out = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout
    assert "\x1b[" in out.splitlines()[0]
    assert "|" not in out.splitlines()[0]


def test_encode_reads_a_file_or_standard_input(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("encode", folder, "--file", folder / "text.txt", "--json") == 0
    from_file = capsys.readouterr().out
    assert json.loads(from_file)["characters"] == len(TEXT)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert run("encode", folder, "--json") == 0
    assert capsys.readouterr().out == from_file


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "{none}", "--out", "{tmp}"], "There is no file"),
        (["train", "{latin}", "--out", "{tmp}"], "is not UTF-8 text: byte 3 is 0xe9"),
        (["train", "{empty}", "--out", "{tmp}"], "no text to train"),
        (["train", "{text}", "--out", "{tmp}", "--vocabulary", "10"], "--vocabulary must be above 261"),
        (["train", "{text}", "--out", "{text}"], "cannot be made a folder"),
        (["train", "{text}", "--out", "{tmp}", "--kind", "chars"], "invalid choice"),
        (["show", "{none}"], "There is no tokenizer at"),
        (["encode", "{run}", "text", "--file", "{text}"], "both a TEXT and a --file"),
        (["encode", "{run}", "--file", "{none}"], "cannot be read"),
        (["encode", "{run}", "--file", "{latin}"], "is not UTF-8"),
        (["decode", "{run}", "300"], "There is no token 300"),
        (["decode", "{run}", "x"], "invalid int value"),
        ([], "required"),
    ],
)
def test_mistakes_are_one_paragraph_and_exit_code_2(
    words: list[str], said: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "empty.txt").write_bytes(b"")
    places = {
        "none": tmp_path / "none",
        "latin": tmp_path / "latin.txt",
        "empty": tmp_path / "empty.txt",
        "text": folder / "text.txt",
        "run": folder,
        "tmp": tmp_path / "out",
    }
    assert run(*(word.format(**places) for word in words)) == 2
    said_all = capsys.readouterr().err
    assert said in said_all
    assert "Traceback" not in said_all


def test_a_flipped_bit_in_a_built_run_is_noticed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from groundup.store.artefact import drafting, publish

    final = tmp_path / "tokenizer"
    with drafting(final) as draft:
        load_tokenizer(folder).save(draft)
        publish(draft, final, stage="tokenizer", fingerprint="0" * 64, settings={}, seed=0, parents={}, facts={})
    assert run("show", tmp_path) == 0
    file = final / "tokenizer.json"
    content = bytearray(file.read_bytes())
    content[content.index(b"Whethe")] ^= 1
    file.write_bytes(content)
    assert run("show", tmp_path) == 1
    assert "tokenizer.json" in capsys.readouterr().err


def test_files_are_read_as_a_corpus_would_mend_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in (("plain", TEXT.encode()), ("windows", b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())):
        (tmp_path / f"{name}.txt").write_bytes(content)
        assert run("train", tmp_path / f"{name}.txt", "--vocabulary", 300, "--out", tmp_path / name) == 0
    assert (tmp_path / "plain/tokenizer.json").read_bytes() == (tmp_path / "windows/tokenizer.json").read_bytes()
    capsys.readouterr()
    found = []
    for name in ("plain", "windows"):
        assert run("encode", tmp_path / "plain", "--file", tmp_path / f"{name}.txt", "--json") == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0] == found[1]
