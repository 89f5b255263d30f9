from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from groundup.errors import DamagedError, GroundupError
from groundup.reports import markdown, words
from groundup.reports.document import Alert
from groundup.reports.gather import gather
from groundup.reports.report import headline, known_figures
from groundup.reports.story import tell

TEXT_STAGES = ("corpus", "tokenizer", "shards", "pretrain", "samples")


def test_a_finished_run_gives_all_it_has(run: Path):
    facts = gather(run)
    assert (facts.name, facts.description) == ("Plays & sonnets", "A small model of Shakespeare.")
    assert list(facts.stages) == list(TEXT_STAGES)
    assert facts.training == "finished"
    assert facts.figure("validation_loss") == 1.4712
    assert facts.seconds == pytest.approx(12.5 + 0.4 + 0.9 + 181.2 + 1.5)
    assert facts.account["documents"]["kept"] == 41
    assert facts.samples[0].prompt == "ROMEO:"
    assert len(facts.log.train) == 120
    assert "shakespeare" in facts.recipe


def test_a_killed_run_is_read_from_its_draft(unfinished: Path):
    facts = gather(unfinished)
    assert facts.training == "unfinished"
    assert not facts.stages
    assert facts.log.bad == 1
    assert facts.figure("validation_loss") == facts.log.validation[-1].loss
    assert facts.figure("steps") == 400
    assert math.isnan(facts.figure("parameters"))
    assert math.isnan(facts.seconds)


@pytest.mark.parametrize("missing", TEXT_STAGES)
def test_any_stage_may_be_missing(run: Path, missing: str):
    shutil.rmtree(run / missing)
    facts = gather(run)
    assert missing not in facts.stages
    assert facts.training == ("none" if missing == "pretrain" else "finished")


def test_a_recipe_alone_is_a_run(run: Path):
    for stage in TEXT_STAGES:
        shutil.rmtree(run / stage)
    assert gather(run).training == "none"


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)) + "name: *a59\n"


@pytest.mark.parametrize(
    "recipe", ["", "- 1", "name: [", "name:", "{a: !!python/name:os.system }", "[" * 5000, "\x00", BOMB]
)
def test_a_run_without_a_readable_name_is_called_by_its_folder(run: Path, recipe: str):
    (run / "recipe.yaml").write_text(recipe)
    facts = gather(run)
    assert (facts.name, facts.description) == ("demo", "")
    assert facts.recipe == recipe


def test_a_folder_that_is_no_run_is_refused_by_name(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(GroundupError, match="is not a run") as error:
        gather(tmp_path)
    assert str(tmp_path) in str(error.value)
    with pytest.raises(GroundupError, match="no folder"):
        gather(tmp_path / "absent")
    with pytest.raises(GroundupError, match="no folder"):
        gather(tmp_path / "notes.txt")


@pytest.mark.parametrize("name", ["corpus/account.json", "pretrain/metrics.jsonl", "samples/samples.jsonl"])
def test_a_flipped_bit_in_what_is_read_is_noticed_and_named(run: Path, name: str):
    file = run / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(DamagedError, match=Path(name).name):
        gather(run)


def test_a_run_being_made_again_shows_what_is_finished(run: Path):
    draft = run / ".draft-pretrain-abcdefabcdef"
    draft.mkdir()
    line = {"event": "validation", "step": 1, "tokens": 1, "loss": 9.0}
    (draft / "metrics.jsonl").write_text(json.dumps(line))
    assert gather(run).figure("validation_loss") == 1.4712


@pytest.mark.parametrize(("noted", "told"), [('{"message": "All went."}', "All went."), ("[]", ""), ("{", "")])
def test_a_corpus_that_came_to_nothing_since_is_told(run: Path, noted: str, told: str):
    assert gather(run).nothing == ""
    draft = run / ".draft-corpus-abcdefabcdef"
    draft.mkdir()
    (draft / "nothing.json").write_text(noted)
    assert gather(run).nothing == told
    alerts = [block.text for block in tell(gather(run), "runs/demo").opening if isinstance(block, Alert)]
    assert alerts == [f"A build of the corpus ended with nothing; what is shown is from before it. {told}"] * bool(told)


def test_half_a_character_at_the_end_of_a_log_is_no_error(unfinished: Path):
    log = unfinished / ".draft-pretrain-abcdefabcdef" / "metrics.jsonl"
    log.write_bytes(log.read_bytes() + "é".encode()[:1])
    assert gather(unfinished).training == "unfinished"


def test_a_line_separator_inside_a_sample_does_not_cut_the_line(build_run: Callable[..., Path]):
    line = '{"event": "sample", "step": 1, "tokens": 1, "prompt": "", "text": "a\u2028b\u0085c"}\n'
    facts = gather(build_run(log=line))
    assert facts.log.samples[0].text == "a\u2028b\u0085c"
    assert facts.log.bad == 0


def test_one_pair_of_times_stands_everywhere(run: Path):
    # The last measuring ends after the last step; both times hold it.
    facts = gather(run)
    last = replace(facts.log.validation[-1], seconds=200.0)
    later = replace(facts, log=replace(facts.log, validation=(*facts.log.validation[:-1], last)))
    assert (facts.training_seconds, later.training_seconds) == (181.2, 200.0)
    assert later.seconds == pytest.approx(facts.seconds + 200.0 - 181.2)
    found = headline(later)
    shown = known_figures(found)
    training, whole = words.duration(200.0), words.duration(found["seconds"])
    assert ("training", training) in shown
    assert ("all stages", whole) in shown
    page = markdown.render(tell(later, "x"))
    assert f"all stages {whole}" in page
    assert words.duration(181.2) not in page
