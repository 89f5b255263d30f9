"""Bad input through the command line: one paragraph that names the place and the remedy, and nothing lost."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time

import pytest

from groundup.store.lock import locked

TEXT = "The old sea said under the storm.\n" * 200


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("empty.txt", b"", "empty.txt"),
        ("blank.txt", b" \n\t\n", "blank.txt"),
        ("binary.txt", bytes(range(256)) * 20, "binary"),
        ("zeros.txt", bytes(5000), "binary"),
        ("odd.txt", b"caf\xe9 \x81 " + TEXT.encode(), "encoding is not known"),
        ("half.txt.gz", gzip.compress(TEXT.encode(), mtime=0)[:-9], "cut short"),
        ("half.jsonl", b'{"text": "abc"}\n{"te', "Line 2"),
        ("half.parquet", b"PAR1abcd", "no whole Parquet file"),
        ("short.txt", b"Hi there.\nYou.", "too few"),
        ("letter.txt", b"a", "no train text"),
    ],
)
def test_a_source_that_gives_nothing_to_learn_from(name, content, part, recipe_of, groundup, tmp_path) -> None:
    (tmp_path / name).write_bytes(content)
    outcome = groundup("build", recipe_of(corpus={"sources": [{"data": name}]}), "--out", tmp_path / "run")
    assert outcome.code == 2
    assert part in outcome.error
    assert outcome.out == ""


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"corpus": {"sources": [{"data": "none/text.txt"}]}}, "none/text.txt"),
        ({"corpus": {"sources": [{"data": "shakespaere"}]}}, "'shakespeare'"),
        ({"corpus": {"validation": {"fraction": 0}}}, "no validation text"),
        ({"corpus": {"validation": {"fraction": 0.5}}}, "validation.by: characters"),
        ({"model": {"context": 20_000}}, "Set model.context below"),
        ({"pretrian": {}}, "'pretrain'"),
        ({"pretrain": {"bugdet": "3 minutes"}}, "'pretrain.budget'"),
        ({"pretrain": {"budget": "3 minuets"}}, "'minutes'"),
        ({"model": {"size": 1000}}, "1 to 64"),
        ({"model": {"width": 16, "heads": 3}}, "evenly"),
        ({"model": {"width": 17}}, "width"),
        ({"tokenizer": {"kind": "bpe", "vocabulary": 100}}, "above 261"),
        ({"tokenizer": {"kind": "character", "vocabulary": 8}}, "vocabulary"),
    ],
)
def test_a_recipe_that_cannot_be(changes, part, recipe_of, groundup, tmp_path) -> None:
    outcome = groundup("build", recipe_of(**changes), "--out", tmp_path / "run")
    assert outcome.code == 2
    assert part in outcome.error
    assert outcome.out == ""


@pytest.mark.parametrize("words", [("--model.size", 64, "--model.width", "null"), ("--pretrain.batch", 100_000_000)])
def test_a_run_larger_than_the_machine_is_refused(words, recipe_of, groundup, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("groundup.training.start.memory_of", lambda device: 2_000_000_000)
    outcome = groundup("build", recipe_of(), "--out", tmp_path / "run", *words)
    assert outcome.code == 2
    assert "this machine has 2.0 GB" in outcome.error
    assert "smaller" in outcome.error


@pytest.mark.parametrize(
    ("name", "content"), [("binary.yaml", bytes(256)), ("none.yaml", None), (".", None), ("list.yaml", b"- a")]
)
def test_a_recipe_that_is_none(name, content, groundup, tmp_path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    outcome = groundup("build", tmp_path / name, "--out", tmp_path / "run")
    assert outcome.code == 2
    assert str(tmp_path / name) in outcome.error
    assert not (tmp_path / "run").exists()


def test_a_run_of_another_recipe_is_left_alone(copy, groundup) -> None:
    before = (copy.run / "pretrain" / "model.safetensors").read_bytes()
    outcome = groundup("build", copy.recipe, "--out", copy.run, "--model.width", 32)
    assert outcome.code == 2
    assert "model.width was 16, now 32" in outcome.error
    assert "--replace" in outcome.error
    assert (copy.run / "pretrain" / "model.safetensors").read_bytes() == before


def test_a_place_that_cannot_be_a_run(tiny, groundup, tmp_path) -> None:
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        outcome = groundup("build", tiny.recipe, "--out", out)
        assert outcome.code == 2
        assert str(out) in outcome.error
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_may_not_be_written(tiny, groundup, tmp_path) -> None:
    (tmp_path / "shut").mkdir(mode=0o500)
    outcome = groundup("build", tiny.recipe, "--out", tmp_path / "shut" / "run")
    assert outcome.code == 2
    assert "shut" in outcome.error


def test_two_builds_in_one_folder(copy, groundup) -> None:
    with locked(copy.run):
        outcome = groundup("build", copy.recipe, "--out", copy.run)
    assert outcome.code == 2
    assert "Another process" in outcome.error


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("pretrain/model.safetensors", ("generate", "RUN", "The")),
        ("pretrain/model.safetensors", ("evaluate", "RUN", "--data", "RUN/../text.txt")),
        ("pretrain/model.safetensors", ("inspect", "model", "RUN")),
        ("pretrain/manifest.json", ("generate", "RUN", "The")),
        ("pretrain/metrics.jsonl", ("report", "RUN")),
        ("tokenizer/tokenizer.json", ("generate", "RUN", "The")),
        ("tokenizer/tokenizer.json", ("tokenizer", "show", "RUN")),
        ("shards/train.tokens", ("inspect", "batch", "RUN")),
        ("shards/train.tokens", ("build", "RECIPE", "--out", "RUN", "--replace", "--pretrain.budget", "11 steps")),
        ("shards/manifest.json", ("build", "RECIPE", "--out", "RUN")),
        ("corpus/account.json", ("corpus", "show", "RUN")),
        ("corpus/manifest.json", ("corpus", "show", "RUN")),
        ("corpus/train/00000.parquet", ("corpus", "explain", "RUN", "text.txt")),
        ("samples/samples.jsonl", ("report", "RUN")),
    ],
)
def test_one_flipped_bit_is_noticed_and_the_file_named(file, words, copy, groundup) -> None:
    damaged = copy.run / file
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 4
    damaged.write_bytes(content)
    places = {"RUN": str(copy.run), "RECIPE": str(copy.recipe), "RUN/../text.txt": str(copy.text)}
    outcome = groundup(*(places.get(word, word) for word in words))
    assert outcome.code == 1
    assert str(damaged) in outcome.error
    assert "elete" in outcome.error
    assert outcome.out == ""


@pytest.mark.parametrize(
    "words",
    [
        ("generate", "PLACE", "x"),
        ("evaluate", "PLACE", "--data", "PLACE"),
        ("inspect", "model", "PLACE"),
        ("inspect", "batch", "PLACE"),
        ("inspect", "run", "PLACE"),
        ("report", "PLACE"),
        ("corpus", "show", "PLACE"),
        ("corpus", "explain", "PLACE", "x"),
        ("tokenizer", "show", "PLACE"),
        ("tokenizer", "encode", "PLACE", "x"),
    ],
)
def test_a_place_that_is_no_run(words, groundup, tmp_path) -> None:
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "folder", tmp_path / "none"):
        outcome = groundup(*(str(place) if word == "PLACE" else word for word in words))
        assert outcome.code == 2
        assert str(place) in outcome.error
    assert list((tmp_path / "folder").iterdir()) == []


def test_ctrl_c_while_texts_are_read(recipe_of, tmp_path) -> None:
    recipe = recipe_of()
    # Reading stops before the first document, until the signal comes.
    script = (
        "import pathlib, signal, time, groundup.corpus.build as b\n"
        # A suite that was started in the background ignores Ctrl-C, and so would its children.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from groundup.cli.main import main\n"
        f"def wait(spec, progress=None): pathlib.Path({str(tmp_path / 'begun')!r}).touch(); time.sleep(60)\n"
        "b.run_shard = wait\n"
        f"main(['build', {str(recipe)!r}, '--out', {str(tmp_path / 'run')!r}, '--workers', '1'])"
    )
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True, env=environment) as child:
        deadline = time.monotonic() + 60
        while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "Traceback" not in said
