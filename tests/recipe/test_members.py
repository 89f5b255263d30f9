"""Models that learn side by side are those that each would be alone, whatever stopped them on the way."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from multiprocessing.process import BaseProcess

import pytest
from side_works import counting, killed, refusing, speaking, stopping
from task_runs import prepare

from groundup.errors import GroundupError
from groundup.recipe.answering import answering
from groundup.recipe.finetuning import learning_of
from groundup.recipe.loader import load
from groundup.recipe.members import folder_of, seed_of, side_by_side
from groundup.recipe.recipe import Recipe
from groundup.recipe.stages import build
from groundup.recipe.task_stages import parts_of
from groundup.store.artefact import open_artefact
from groundup.training.signals import StoppedError

WEIGHTS = "model.safetensors"


def unheard(*told: object) -> None:
    """Nobody listens."""


def at_work() -> list[BaseProcess]:
    """Members alive; other work in this process may have left helpers of its own."""
    return [child for child in multiprocessing.active_children() if child.name.startswith("member ")]


def test_each_has_a_folder_and_a_seed_of_its_own(tmp_path) -> None:
    assert [folder_of(tmp_path, number) for number in (1, 2)] == [tmp_path, tmp_path / "member-2"]
    seeds = [seed_of(seed, number) for seed in range(20) for number in range(1, 6)]
    assert len({*seeds}) == len(seeds)
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert seeds[::5] == list(range(20))


def test_a_recipe_of_one_model_has_the_fingerprint_that_it_had(tmp_path) -> None:
    recipe = load(prepare("classification", tmp_path), Recipe)
    assert "members" not in learning_of(recipe)["finetune"]
    two = replace(recipe, finetune=replace(recipe.finetune, members=2))
    assert learning_of(two)["finetune"] == {**learning_of(recipe)["finetune"], "members": 2}


def test_they_tell_what_they_do_and_come_in_order() -> None:
    said, heard = [], []
    works = [partial(speaking, number) for number in (1, 2)]
    found = side_by_side(works, 1, lambda *told: said.append(told), heard.append)
    assert found == [{"number": 1, "threads": 1}, {"number": 2, "threads": 1}]
    assert heard == [{"event": "train", "step": 1}]
    # The second counts aloud where it comes behind the end of the first.
    told = sorted(set(said) - {("member 2: counting", 2, 10)}, key=str)
    assert told == [("beginning", 0, None), ("counting", 1, 10), ("member 2: beginning", 0, None)]


def test_who_is_still_at_work_is_heard_when_the_first_has_ended(tmp_path) -> None:
    heard = tmp_path / "heard"

    def listen(what: str, done: float = 0, total: float | None = None) -> None:
        if what == "member 2: counting":
            heard.touch()

    works = [partial(speaking, 1), partial(counting, heard)]
    found = side_by_side(works, 1, listen, unheard)
    assert found[1]["counted"] > 0


@pytest.mark.parametrize(("fault", "message"), [(refusing, "The loss is odd. Mend it."), (killed, "ended by SIGKILL")])
def test_the_error_of_one_ends_the_others_politely(tmp_path, fault, message) -> None:
    works = [partial(stopping, tmp_path / "mark"), partial(fault, tmp_path / "mark")]
    with pytest.raises(GroundupError, match=f"Member 2: .*{message}"):
        side_by_side(works, 1, unheard, unheard)
    assert (tmp_path / "mark").read_text() == "politely"
    assert not at_work()


def test_an_error_of_who_listens_ends_them_politely(tmp_path) -> None:
    def fail(event: object) -> None:
        while not (tmp_path / "mark").is_file():
            time.sleep(0.01)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        side_by_side([partial(speaking, 1), partial(stopping, tmp_path / "mark")], 1, unheard, fail)
    assert (tmp_path / "mark").read_text() == "politely"


SCRIPT = """
import sys
from functools import partial
from pathlib import Path
from groundup.errors import GroundupError
from groundup.recipe.members import side_by_side
from side_works import stopping

if __name__ == "__main__":
    works = [partial(stopping, Path(mark)) for mark in sys.argv[1:]]
    try:
        side_by_side(works, 1, lambda *told: None, lambda event: None)
    except GroundupError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
"""


# A terminal sends Ctrl-C to all, as some that end whole jobs send SIGTERM.
@pytest.mark.parametrize(
    ("sent", "to_all"),
    [(signal.SIGINT, True), (signal.SIGTERM, True), (signal.SIGTERM, False), (signal.SIGKILL, False)],
)
def test_a_signal_ends_all(tmp_path, sent, to_all) -> None:
    marks = [tmp_path / "1", tmp_path / "2"]
    (tmp_path / "script.py").write_text(SCRIPT)
    parent = subprocess.Popen(
        [sys.executable, tmp_path / "script.py", *marks],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A suite that was started in the background ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while not all(mark.is_file() and mark.read_text() for mark in marks):
        time.sleep(0.05)
        assert parent.poll() is None
    if to_all:
        os.killpg(parent.pid, sent)
    else:
        parent.send_signal(sent)
    # It ends when nobody holds the pipe of the errors any more: with the last of them.
    _, said = parent.communicate(timeout=60)
    if sent == signal.SIGKILL:
        assert parent.returncode == -signal.SIGKILL
    else:
        assert parent.returncode == 128 + sent
        assert said.startswith(f"Stopped by {sent.name} after step 7"), said
        assert [mark.read_text() for mark in marks] == ["politely"] * 2


def test_two_are_to_the_bit_what_they_are_unbroken_and_the_first_what_it_is_alone(tmp_path) -> None:
    """Ctrl-C first, then one of them killed; the third build goes on to the end."""
    changes = {"budget": "150 steps", "checkpoint_every": "10 steps", "log_every": 1}
    path = prepare("classification", tmp_path, finetune={**changes, "members": 2})
    recipe, run = load(path, Recipe), tmp_path / "run"

    def interrupt(event) -> None:
        if event["step"] == 20:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(StoppedError) as stopped:
        build(recipe, run, base=tmp_path, hear=interrupt)
    assert stopped.value.exit_code == 130
    (draft,) = run.glob(".draft-finetune-*")

    def kill(event) -> None:
        if event["step"] == 60:
            (second,) = [child for child in at_work() if child.name == "member 2"]
            os.kill(second.pid or 0, signal.SIGKILL)

    with pytest.raises(GroundupError, match="Member 2: its process ended by SIGKILL"):
        build(recipe, run, base=tmp_path, hear=kill)
    assert not at_work()
    assert all(list((folder_of(draft, number) / "checkpoints").glob("step-*")) for number in (1, 2))
    said: list[str] = []
    build(recipe, run, base=tmp_path, progress=lambda what, *_: said.append(what))
    assert any(sentence.startswith("going on from the checkpoint of step") for sentence in said), said
    assert any(sentence.startswith("member 2: going on from the checkpoint of step") for sentence in said), said
    assert not list((run / "finetune").rglob("checkpoints"))

    unbroken, alone = tmp_path / "unbroken", tmp_path / "alone"
    build(recipe, unbroken, base=tmp_path)
    build(replace(recipe, finetune=replace(recipe.finetune, members=1)), alone, base=tmp_path)
    for number in (1, 2):
        broken, whole = (folder_of(made / "finetune", number) / WEIGHTS for made in (run, unbroken))
        assert broken.read_bytes() == whole.read_bytes()
    first, second = (folder_of(run / "finetune", number) / WEIGHTS for number in (1, 2))
    assert first.read_bytes() == (alone / "finetune" / WEIGHTS).read_bytes() != second.read_bytes()
    found = open_artefact(run / "finetune").manifest
    assert f"member-2/{WEIGHTS}" in found.files
    assert [each["seed"] for each in found.facts["members"]] == [seed_of(recipe.seed, number) for number in (1, 2)]
    assert found.facts["members"][0]["validation_loss"] == found.facts["validation_loss"]

    parts = parts_of(open_artefact(run / "examples"))
    together = answering(run).predictor.predict(parts.test)
    lines = (run / "test" / "predictions.jsonl").read_text().splitlines()
    assert [json.loads(line)["score"] for line in lines] == [said.score for said in together]
    report = (run / "report" / "report.md").read_text()
    assert "learned side by side" in report
