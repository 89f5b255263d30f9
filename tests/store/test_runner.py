"""The stage runner: what is done is not done again, what was killed goes on, contradictions come first."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from groundup.errors import DamagedError, GroundupError, NoRoomError
from groundup.store.artefact import open_artefact
from groundup.store.runner import Bench, Stage, run_stages, stage_fingerprints


@dataclass(frozen=True)
class Cleaning:
    minimum: int = 10


@dataclass(frozen=True)
class Corpus:
    cleaning: Cleaning = Cleaning()
    name: str = "novels"


class Kitchen:
    """A corpus and a tokenizer made from it, which count how often each is made."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.made: list[str] = []
        self.said: list[str] = []

    def corpus(self, bench: Bench) -> dict:
        self.made.append("corpus")
        (bench.draft / "text").write_text(f"text {bench.seed}")
        return {"documents": 3}

    def tokenizer(self, bench: Bench) -> dict:
        self.made.append("tokenizer")
        (bench.draft / "words").write_text(bench.parents["corpus"].file("text").read_text().upper())
        return {}

    def run(self, minimum=10, size=100, seed=1, inputs="data", version=1, replace=False, **works):
        stages = [
            Stage("corpus", Corpus(Cleaning(minimum)), (), works.get("corpus", self.corpus), version, inputs),
            Stage("tokenizer", {"size": size}, ("corpus",), works.get("tokenizer", self.tokenizer)),
        ]
        return run_stages(stages, self.out, seed=seed, replace=replace, progress=self.hear)

    def hear(self, what, done=0, total=None):
        self.said.append(what)


@pytest.fixture
def kitchen(tmp_path) -> Kitchen:
    return Kitchen(tmp_path / "run")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_stages_are_run_in_order_and_kept_with_their_facts(kitchen):
    found = kitchen.run()
    assert kitchen.made == ["corpus", "tokenizer"]
    assert found["tokenizer"].file("words").read_text() == "TEXT 1"
    manifest = open_artefact(kitchen.out / "corpus").manifest
    assert manifest.facts["documents"] == 3
    assert manifest.facts["seconds"] >= 0
    assert manifest.settings == {"cleaning": {"minimum": 10}, "name": "novels"}
    assert found["tokenizer"].manifest.parents == {"corpus": manifest.fingerprint}
    assert names(kitchen.out) == [".lock", "corpus", "tokenizer"]


def test_what_is_done_is_not_done_again(kitchen):
    first = kitchen.run()
    assert kitchen.run() == first
    assert kitchen.made == ["corpus", "tokenizer"]
    assert any("corpus: done before" in line for line in kitchen.said)


def test_a_new_stage_joins_those_that_are_done(kitchen):
    kitchen.run()
    for file in (kitchen.out / "tokenizer").iterdir():
        file.unlink()
    (kitchen.out / "tokenizer").rmdir()
    kitchen.run(size=200)
    assert kitchen.made == ["corpus", "tokenizer", "tokenizer"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"minimum": 20}, r"corpus was made.*corpus\.cleaning\.minimum was 10, now 20.*--out.*--replace"),
        ({"size": 200}, r"tokenizer was made.*tokenizer\.size was 100, now 200"),
        ({"seed": 2}, r"seed was 1, now 2"),
        ({"inputs": "other"}, r"corpus was made.*the data it reads"),
        ({"version": 2}, r"corpus was made.*the way it works"),
    ],
)
def test_a_done_stage_of_another_recipe_is_an_error_that_says_what_differs(kitchen, change, words):
    first = kitchen.run()
    with pytest.raises(GroundupError, match=words) as caught:
        kitchen.run(**change)
    assert caught.value.exit_code == 2
    assert kitchen.run() == first
    assert kitchen.made == ["corpus", "tokenizer"]


def test_contradictions_are_found_before_any_work(kitchen):
    kitchen.run()
    (kitchen.out / "corpus").rename(kitchen.out.parent / "elsewhere")
    with pytest.raises(GroundupError, match="size"):
        kitchen.run(size=200)
    assert kitchen.made == ["corpus", "tokenizer"]


def test_replacing_makes_the_stage_and_those_after_it_again(kitchen):
    kitchen.run()
    kitchen.run(minimum=20, replace=True)
    assert kitchen.made == ["corpus", "tokenizer"] * 2
    kitchen.run(minimum=20, size=200, replace=True)
    assert kitchen.made == ["corpus", "tokenizer"] * 2 + ["tokenizer"]
    assert names(kitchen.out) == [".lock", "corpus", "tokenizer"]


def test_the_old_one_stays_until_the_new_one_is_whole(kitchen):
    kitchen.run()

    def fail(bench):
        raise KeyError

    with pytest.raises(KeyError):
        kitchen.run(minimum=20, replace=True, corpus=fail)
    kitchen.run()
    assert kitchen.made == ["corpus", "tokenizer"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, KeyError, GroundupError("a mistake")])
def test_an_interrupted_stage_finds_its_draft_again(kitchen, error):
    def interrupted(bench):
        (bench.draft / "half").write_text("half")
        raise error

    with pytest.raises(error if isinstance(error, type) else type(error)):
        kitchen.run(tokenizer=interrupted)

    def going_on(bench):
        assert (bench.draft / "half").read_text() == "half"
        return {"seconds": 99.0}

    found = kitchen.run(tokenizer=going_on)["tokenizer"]
    assert found.file("half").exists()
    assert found.manifest.facts == {"seconds": 99.0}
    assert kitchen.made == ["corpus"]


def test_the_draft_of_other_settings_is_not_gone_on_with(kitchen):
    def interrupted(bench):
        (bench.draft / "half").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kitchen.run(tokenizer=interrupted)
    bystander = kitchen.out / ".draft-tokenizer-small-0123456789ab"
    bystander.mkdir()
    assert not kitchen.run(size=200)["tokenizer"].file("half").exists()
    assert [name for name in names(kitchen.out) if "draft" in name] == [bystander.name]


def test_long_work_of_other_settings_is_thrown_away_on_demand_only(tmp_path):
    def interrupted(bench):
        (bench.draft / "hours").write_text("of work")
        raise KeyboardInterrupt

    def stages(size, work):
        return [Stage("pretrain", {"size": size}, (), work, worth="hours")]

    with pytest.raises(KeyboardInterrupt):
        run_stages(stages(1, interrupted), tmp_path, seed=1)
    with pytest.raises(GroundupError, match=r"unfinished work on the pretrain stage.*--replace"):
        run_stages(stages(2, lambda bench: {}), tmp_path, seed=1)
    assert next(tmp_path.glob(".draft-pretrain-*/hours")).read_text() == "of work"
    assert run_stages(stages(2, lambda bench: {}), tmp_path, seed=1, replace=True)
    assert not list(tmp_path.glob(".draft-*"))


def test_what_is_worth_little_is_made_again_unasked(tmp_path):
    def stages(title):
        return [Stage("report", {"title": title}, (), lambda bench: {"title": title}, worth="little")]

    run_stages(stages("first"), tmp_path, seed=1)
    assert run_stages(stages("second"), tmp_path, seed=1)["report"].manifest.facts["title"] == "second"


def test_keys_are_named_as_the_recipe_names_them(tmp_path):
    def stages(size):
        settings = {"model": {"size": size}}
        return [Stage("pretrain", settings, (), lambda bench: {}, section="")]

    run_stages(stages(1), tmp_path, seed=1)
    with pytest.raises(GroundupError, match=r": model\.size was 1, now 2\."):
        run_stages(stages(2), tmp_path, seed=1)


def test_a_stage_goes_on_and_stays_done_under_settings_that_do_not_make_it(tmp_path):
    seen = []

    def stages(after_trouble, size=1):
        def work(bench):
            seen.append([path.name for path in bench.draft.iterdir()])
            (bench.draft / "half").write_text("")
            if after_trouble == "stop":
                raise KeyboardInterrupt
            return {}

        settings = {"training": {"after_trouble": after_trouble, "size": size}}
        return [Stage("pretrain", settings, (), work, worth="hours", apart=("training.after_trouble",))]

    with pytest.raises(KeyboardInterrupt):
        run_stages(stages("stop"), tmp_path, seed=1)
    with pytest.raises(GroundupError, match="unfinished work"):
        run_stages(stages("skip", size=2), tmp_path, seed=1)
    done = run_stages(stages("skip"), tmp_path, seed=1)["pretrain"].manifest
    assert done.settings["training"]["after_trouble"] == "skip"
    run_stages(stages("stop"), tmp_path, seed=1)
    assert seen == [[], ["half"]]


def test_a_full_disk_leaves_the_draft(kitchen):
    def full(bench):
        (bench.draft / "half").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(NoRoomError, match="tokenizer"):
        kitchen.run(tokenizer=full)
    assert kitchen.run()["tokenizer"].file("half").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from groundup.store.runner import Stage, run_stages

def count(bench):
    counter = bench.draft / "counter"
    for number in range(int(counter.read_text()) + 1 if counter.exists() else 1, 10):
        counter.write_text(str(number))
        with open(sys.argv[2], "a") as log:
            log.write(f"{number} ")
        if number % 4 == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return {}

run_stages([Stage("counting", {}, (), count)], Path(sys.argv[1]), seed=1)
"""


def test_a_killed_stage_goes_on_where_it_was(tmp_path):
    log = tmp_path / "log"
    ends = [
        subprocess.run(
            [sys.executable, "-c", KILLED, str(tmp_path / "run"), str(log)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        ).returncode
        for _ in range(4)
    ]
    assert ends == [-signal.SIGKILL, -signal.SIGKILL, 0, 0]
    assert log.read_text().split() == [str(number) for number in range(1, 10)]
    assert open_artefact(tmp_path / "run" / "counting").file("counter").read_text() == "9"


@pytest.mark.parametrize("name", ["manifest.json", "text"])
def test_a_damaged_stage_that_was_done_is_said(kitchen, name):
    file = kitchen.run()["corpus"].file(name)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DamagedError, match=rf"corpus.{name}.*delete the folder|{name}.*Delete the folder"):
        kitchen.run()
    kitchen.run(replace=True)
    assert kitchen.made == ["corpus", "tokenizer", "corpus"]


def test_every_byte_of_a_parent_is_checked_before_it_is_used(kitchen):
    first = kitchen.run()
    first["corpus"].file("text").write_text("tex! 1")
    kitchen.run()  # nothing is read from it, so its size suffices
    with pytest.raises(DamagedError, match=r"corpus.text"):
        kitchen.run(size=200, replace=True)
    assert kitchen.made == ["corpus", "tokenizer"]


@pytest.mark.parametrize("replace", [False, True])
def test_a_folder_that_is_not_ours_is_never_replaced(kitchen, replace):
    mine = kitchen.out / "corpus" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("my own text")
    with pytest.raises(GroundupError, match=r"corpus is in the way"):
        kitchen.run(replace=replace)
    assert mine.read_text() == "my own text"
    assert kitchen.made == []


def test_a_run_folder_must_be_a_folder(kitchen):
    kitchen.out.write_text("a file")
    with pytest.raises(GroundupError, match="is a file"):
        kitchen.run()


def test_fingerprints_follow_from_settings_alone(kitchen):
    stages = [Stage("a", {"x": 1}, (), kitchen.corpus), Stage("b", {}, ("a",), kitchen.tokenizer)]
    found = stage_fingerprints(stages, 1)
    assert found == {name: artefact.manifest.fingerprint for name, artefact in run_stages_of(stages, kitchen)}
    changed = stage_fingerprints([Stage("a", {"x": 2}, (), kitchen.corpus), stages[1]], 1)
    assert not set(found.values()) & set(changed.values())


def run_stages_of(stages, kitchen):
    stages[1] = Stage("b", {}, ("a",), lambda bench: {})
    return run_stages(stages, kitchen.out, seed=1).items()
