"""What a run takes from other runs: their tokenizer, their weights; and that it then needs them no more."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from groundup.errors import DamagedError, GroundupError
from groundup.recipe.loader import load
from groundup.recipe.recipe import Recipe
from groundup.recipe.stages import build
from groundup.training.signals import StoppedError

TINY: dict[str, Any] = {
    "name": "Tiny",
    "corpus": {
        "sources": [{"data": "text.txt", "kind": "files"}],
        "near_duplicates": None,
        "validation": {"by": "characters", "fraction": 0.2},
    },
    "tokenizer": {"kind": "character", "vocabulary": 90},
    "model": {"depth": 1, "width": 16, "heads": 2, "context": 16, "encoder": [], "decoder": ["attention", "glu"]},
    "pretrain": {"budget": "4 steps", "batch": 4, "precision": "float32", "compile": "no", "validations": 0},
}
READER = {"model": {"encoder": ["attention", "glu"], "decoder": []}, "pretrain": {"objective": {"kind": "masked"}}}
BOTH = {"encoder": ["attention", "glu"], "decoder": ["attention", "cross", "glu"]}


def text_of(words: str, seed: int = 3) -> str:
    chance = random.Random(seed)
    return "".join(" ".join(chance.choices(words.split(), k=9)) + ".\n" for _ in range(120))


def recipe_in(folder: Path, words: str = "the sea storm ship wind night", **sections: Any) -> Recipe:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "text.txt").write_text(text_of(words))
    changed = {name: section and {**TINY.get(name, {}), **section} for name, section in sections.items()}
    (folder / "recipe.yaml").write_text(json.dumps({**TINY, **changed}))
    return load(folder / "recipe.yaml", Recipe)


@pytest.fixture(scope="module")
def donors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two finished runs: `reader`, an encoder, and `writer`, a decoder with the reader's tokenizer."""
    folder = tmp_path_factory.mktemp("donors")
    build(recipe_in(folder, **READER), folder / "reader", base=folder)
    writer = recipe_in(
        folder / "w", "a wind came over", tokenizer={"kind": "bpe", "vocabulary": 8000, "from_run": "../reader"}
    )
    build(writer, folder / "writer", base=folder / "w")
    return folder


@pytest.fixture
def home(donors: Path, tmp_path: Path) -> Path:
    """A copy of it, to be harmed."""
    return Path(shutil.copytree(donors, tmp_path / "home"))


def both(home: Path, *, encoder: str | None = "reader", decoder: str | None = "writer", **sections: Any) -> Recipe:
    pretrain = {"objective": {"kind": "sequence"}, "warm_start": {"encoder": encoder, "decoder": decoder}}
    sections = {"model": BOTH, "tokenizer": {"from_run": "reader"}} | sections
    sections["pretrain"] = pretrain | sections.get("pretrain", {})
    return recipe_in(home, "the sea came over", **sections)


def test_a_tokenizer_is_taken_byte_for_byte_with_its_settings(donors: Path) -> None:
    taken, own = (donors / run / "tokenizer" for run in ("writer", "reader"))
    assert (taken / "tokenizer.json").read_bytes() == (own / "tokenizer.json").read_bytes()
    settings = json.loads((taken / "manifest.json").read_text())["settings"]
    assert settings["kind"] == "character"
    assert settings["vocabulary"] == 90
    assert settings["from_run"] == "../reader"


def test_a_tokenizer_that_was_made_otherwise_is_refused(home: Path) -> None:
    recipe = recipe_in(home, tokenizer={"kind": "word", "from_run": "reader"})
    with pytest.raises(GroundupError, match=r"tokenizer\.kind is 'word'.* made with 'character'.*Leave out"):
        build(recipe, home / "run", base=home)
    with pytest.raises(GroundupError, match=r"tokenizer\.from_run is 'nothing'.*no finished tokenizer"):
        build(recipe_in(home, tokenizer={"from_run": "nothing"}), home / "run", base=home)
    assert not (home / "run").exists()


def test_a_model_starts_from_the_weights_of_two_runs_and_says_so(home: Path) -> None:
    said: list[str] = []
    rates = {f"{part}_rate": 1e-9 for part in ("matrix", "embedding", "head", "scalar")}
    recipe = both(home, pretrain={"budget": "1 steps", "average": 0.5, **rates})
    made = build(recipe, home / "run", base=home, progress=lambda what, done=0, total=None: said.append(what))
    facts = made["pretrain"].manifest.facts["warm_start"]
    weights = load_file(made["pretrain"].file("model.safetensors"))
    theirs = {side: load_file(home / run / "pretrain" / "model.safetensors") for side, run in facts["runs"].items()}
    for name, origin in facts["taken"].items():
        side, _, there = origin.partition(" model: ")
        assert (weights[name] - theirs[side][there]).abs().max() < 1e-6
    assert set(weights) == {*facts["taken"], *facts["new"]}
    assert all(".mixers.1." in name for name in facts["new"])
    for side, run in facts["runs"].items():
        count = sum(origin.startswith(side) for origin in facts["taken"].values())
        assert count >= 7
        assert f"warm start: {count} weights from {run} for the {side}" in said
    assert any(line.startswith("warm start: 4 weights are new (decoder.layers.0.mixers.1.") for line in said)


def stopped(recipe: Recipe, out: Path, base: Path, at: int) -> None:
    """Build until a signal comes at step `at`."""

    def hear(event: Any) -> None:
        if event["event"] == "train" and event["step"] == at:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(StoppedError):
        build(recipe, out, base=base, hear=hear)


def test_a_run_that_goes_on_needs_its_donors_no_more_and_ends_the_same(home: Path) -> None:
    recipe = both(home, pretrain={"budget": "6 steps", "log_every": 1})
    whole = build(recipe, home / "whole", base=home)["pretrain"]
    stopped(recipe, home / "run", home, 3)
    for name in ("reader", "writer"):
        shutil.move(home / name, home / f"gone-{name}")
    made = build(recipe, home / "run", base=home)["pretrain"]
    files = [artefact.manifest.files["model.safetensors"].sha256 for artefact in (whole, made)]
    assert files[0] == files[1]
    assert made.manifest.facts["warm_start"] == whole.manifest.facts["warm_start"]
    # Done, nothing is made again.
    assert build(recipe, home / "run", base=home)["pretrain"].manifest == made.manifest
    with pytest.raises(GroundupError, match="no finished"):
        build(recipe, home / "another", base=home)


def test_without_a_checkpoint_and_without_its_donors_it_does_not_begin_afresh(home: Path) -> None:
    recipe = both(home, pretrain={"budget": "6 steps", "log_every": 1})
    stopped(recipe, home / "run", home, 3)
    (draft,) = (home / "run").glob(".draft-pretrain-*")
    shutil.rmtree(draft / "checkpoints")
    shutil.move(home / "writer", home / "gone")
    with pytest.raises(GroundupError, match=r"pretrain\.warm_start\.decoder is 'writer'.*no finished pretrain"):
        build(recipe, home / "run", base=home)


def test_other_weights_in_a_donor_are_another_run(home: Path) -> None:
    recipe = both(home)
    made = build(recipe, home / "run", base=home)["pretrain"].manifest.fingerprint
    shutil.rmtree(home / "writer")
    writer = recipe_in(home / "w", tokenizer={"from_run": "../reader"}, pretrain={"budget": "3 steps"})
    build(writer, home / "writer", base=home / "w")
    with pytest.raises(GroundupError, match=r"pretrain was made by another recipe: .*data it reads"):
        build(both(home), home / "run", base=home)
    assert build(both(home), home / "other", base=home)["pretrain"].manifest.fingerprint != made


def test_what_cannot_start_a_model_is_refused_before_any_text_is_read(home: Path) -> None:
    for sections, match in (
        ({"decoder": "nowhere"}, r"pretrain\.warm_start\.decoder is 'nowhere', but there is no finished pretrain"),
        ({"tokenizer": {"kind": "bpe", "vocabulary": 300}}, r"another tokenizer.*Set tokenizer\.from_run to reader"),
        ({"model": BOTH | {"width": 32, "heads": 4}}, "Nothing of the given encoder model fits"),
        ({"model": {"decoder": ["attention", "glu"]}, "pretrain": {"objective": {}}}, "no encoder to start"),
    ):
        with pytest.raises(GroundupError, match=match):
            build(both(home, **sections), home / "run", base=home)
        assert not (home / "run").exists()


def test_a_tokenizer_with_the_same_settings_from_another_text_is_noticed_too(home: Path) -> None:
    recipe = both(home, tokenizer={"kind": "character", "vocabulary": 90})
    with pytest.raises(GroundupError, match=r"reader has another tokenizer.*Set tokenizer\.from_run to reader"):
        build(recipe, home / "run", base=home)


def test_damaged_weights_are_noticed(home: Path) -> None:
    file = home / "writer" / "pretrain" / "model.safetensors"
    raw = bytearray(file.read_bytes())
    raw[-5] ^= 1
    file.write_bytes(raw)
    with pytest.raises(DamagedError, match=r"model\.safetensors"):
        build(both(home), home / "run", base=home)


def test_a_decoder_that_learned_to_look_ahead_is_not_made_to_read_one_way(tmp_path: Path) -> None:
    build(recipe_in(tmp_path, pretrain={"objective": {"kind": "masked"}}), tmp_path / "masked", base=tmp_path)
    (tmp_path / "a.csv").write_text("text,label\n" + "the sea,good\na storm,bad\n" * 20)
    recipe = recipe_in(
        tmp_path,
        corpus=None,
        task={"kind": "classification", "train": "a.csv"},
        tokenizer={"from_run": "masked"},
        finetune={"warm_start": {"decoder": "masked"}},
    )
    with pytest.raises(GroundupError, match=r"finetune\.warm_start\.decoder: masked learned .* masked to look ahead"):
        build(recipe, tmp_path / "run", base=tmp_path)


def learner(folder: Path, name: str, labels: str = "good bad", **sections: Any) -> Recipe:
    """A recipe of a task alone, with labels of its own."""
    one, other = labels.split()
    (folder / f"{name}.csv").write_text(
        "text,label\n" + "".join(f"the sea {number},{one}\na storm {number},{other}\n" for number in range(20))
    )
    task = {"kind": "classification", "train": f"{name}.csv"}
    return recipe_in(folder, corpus=None, task=task, model={**READER["model"]}, **sections)


def test_a_run_that_learned_a_task_alone_gives_its_weights_and_a_head_of_the_same_labels(tmp_path: Path) -> None:
    rates = {f"{part}_rate": 1e-9 for part in ("matrix", "embedding", "head", "scalar", "label")}
    build(learner(tmp_path, "first", finetune={"budget": "5 steps"}), tmp_path / "first", base=tmp_path)
    theirs = load_file(tmp_path / "first" / "finetune" / "model.safetensors")
    for name, labels, verdict in (("same", "good bad", "taken, too"), ("other", "fair foul", "new")):
        said: list[str] = []
        finetune = {"budget": "1 steps", "warm_start": {"encoder": "first"}, **rates}
        recipe = learner(tmp_path, name, labels, finetune=finetune, tokenizer={"from_run": "first"})
        made = build(recipe, tmp_path / name, base=tmp_path, progress=lambda what, *_, said=said: said.append(what))
        facts = made["finetune"].manifest.facts["warm_start"]
        weights = load_file(made["finetune"].file("model.safetensors"))
        heads = {weight for weight in weights if weight.startswith("heads.")}
        assert set(facts["taken"]) == (set(weights) if verdict != "new" else set(weights) - heads)
        assert set(facts["new"]) == set(weights) - set(facts["taken"])
        for weight in facts["taken"]:
            assert (weights[weight] - theirs[weight]).abs().max() < 1e-6, weight
        assert any("weights from first, as they were after its task, for the encoder" in line for line in said)
        assert f"warm start: the head label is {verdict}" in said, said
