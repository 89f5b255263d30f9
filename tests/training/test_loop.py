"""What a run writes to its log, when it looks at the model, and when it saves."""

from __future__ import annotations

import itertools
import json
import math
import os
import signal
from dataclasses import replace

import pytest
from tiny_runs import MODEL, Letters, events_of, tiny_training

from groundup.model.files import load_model
from groundup.objectives.causal import causal
from groundup.objectives.scoring import score
from groundup.reports.log import read_log
from groundup.tokens.batches import EveryToken
from groundup.training import loop as loop_module
from groundup.training.checkpoint import load_checkpoint
from groundup.training.duration import Duration
from groundup.training.loop import TRIED, Loop, seconds_of_looks
from groundup.training.running_text import RunningText
from groundup.training.signals import StoppedError
from groundup.training.start import begin
from groundup.training.trainer import train

PLACE = {"event", "step", "tokens", "seconds"}
SHAPES = {
    "train": PLACE | {"loss", "learning_rate", "gradient_norm", "tokens_per_second"},
    "validation": PLACE | {"loss", "perplexity", "bits_per_byte", "scored", "terms"},
    "sample": PLACE | {"prompt", "text"},
    "bad": PLACE | {"batch", "fault", "loss", "gradient_norm"},
}


def lines_of(folder) -> list[str]:
    return (folder / "metrics.jsonl").read_text(encoding="utf-8").split("\n")[:-1]


def test_every_event_has_its_documented_shape(tmp_path, monkeypatch):
    honest = loop_module.update

    def poisoned(run):
        done = honest(run)
        return loop_module.Update(math.nan, 1.0, done.factor, "the loss is nan") if run.step == 4 else done

    monkeypatch.setattr(loop_module, "update", poisoned)
    train(tiny_training(tmp_path, on_bad_number="skip", sample_prompt="To be"))
    events = [json.loads(line) for line in lines_of(tmp_path)]
    assert {event["event"] for event in events} == set(SHAPES)
    for event in events:
        assert event.keys() == SHAPES[event["event"]], event
        assert event["tokens"] == event["step"] * 48
    seconds = [event["seconds"] for event in events]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0
    (bad,) = [event for event in events if event["event"] == "bad"]
    assert (bad["batch"], bad["fault"]) == (3, "the loss is nan")
    assert math.isnan(bad["loss"])
    (sample, _) = [event for event in events if event["event"] == "sample"]
    assert sample["prompt"] == "To be"
    assert 0 < len(sample["text"]) <= 6


def test_the_reader_of_logs_finds_all_of_it(tmp_path):
    train(tiny_training(tmp_path))
    log = read_log(lines_of(tmp_path))
    assert [step.step for step in log.train] == list(range(1, 13))
    assert [step.step for step in log.validation] == [4, 8, 12]
    assert [sample.step for sample in log.samples] == [4, 8]
    assert (log.bad, log.again, log.faults, log.not_finite) == (0, 0, (), ())
    assert all(math.isfinite(step.tokens_per_second) and step.tokens_per_second > 0 for step in log.train)


@pytest.mark.parametrize(
    ("every", "steps"), [(1, list(range(1, 13))), (5, [1, 5, 10, 12]), (100, [1, 12])], ids=["each", "fifth", "rare"]
)
def test_the_first_the_last_and_every_nth_step_are_logged(tmp_path, every, steps):
    train(tiny_training(tmp_path, log_every=every))
    assert [step.step for step in read_log(lines_of(tmp_path)).train] == steps


@pytest.mark.parametrize(("validations", "steps"), [(0, [12]), (1, [12]), (2, [6, 12]), (12, list(range(1, 13)))])
def test_validations_are_spread_evenly_and_the_last_scores_every_token(tmp_path, validations, steps):
    facts = train(tiny_training(tmp_path, validations=validations, sample_tokens=0))
    events = [event for event in events_of(tmp_path) if event["event"] == "validation"]
    assert [event["step"] for event in events] == steps
    # The 64 tokens asked for, up to one more row.
    assert all(64 <= event["scored"] <= 64 + 16 for event in events[:-1])
    assert events[-1]["scored"] == 300
    assert facts["validation_tokens"] == 300
    assert facts["validation_loss"] == events[-1]["loss"]
    assert facts["bits_per_byte"] == pytest.approx(facts["validation_loss"] / math.log(2))
    assert not [event for event in events_of(tmp_path) if event["event"] == "sample"]


def test_the_rate_that_is_logged_rises_and_falls(tmp_path):
    train(tiny_training(tmp_path))
    rates = [step.learning_rate for step in read_log(lines_of(tmp_path)).train]
    assert max(rates) == pytest.approx(0.02)
    assert rates[-1] < 0.25 * 0.02


def test_measuring_and_sampling_do_not_touch_the_training(tmp_path):
    quiet, busy = tmp_path / "quiet", tmp_path / "busy"
    train(tiny_training(quiet, validations=0))
    train(tiny_training(busy, validations=12, sample_tokens=20))
    assert (quiet / "model.safetensors").read_bytes() == (busy / "model.safetensors").read_bytes()


@pytest.mark.parametrize("every", ["5 steps", "233 tokens"])
def test_checkpoints_come_every_so_many_steps_or_tokens_and_at_the_end(tmp_path, monkeypatch, every):
    saved = []
    monkeypatch.setattr(loop_module, "save_checkpoint", lambda draft, at, *rest, **named: saved.append(at.step))
    train(tiny_training(tmp_path, checkpoint_every=Duration.parse(every)))
    assert saved == [5, 10, 12]


def test_checkpoints_come_by_the_clock(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(loop_module, "save_checkpoint", lambda draft, at, *rest, **named: saved.append(at.step))
    monkeypatch.setattr(Loop, "_now", lambda loop: float(loop.run.step))
    train(tiny_training(tmp_path, checkpoint_every=Duration(3, "seconds")))
    assert saved == [3, 6, 9, 12]


def test_a_validation_that_a_signal_cuts_short_is_made_again(tmp_path, monkeypatch):
    """Half of it in the log would look like a whole one."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train(tiny_training(whole))

    def cut_short(*given):
        result = score(*given)
        os.kill(os.getpid(), signal.SIGTERM)
        return result

    for looks in (1, 2, 3):
        monkeypatch.setattr(loop_module, "score", cut_short)
        with pytest.raises(StoppedError) as caught:
            train(tiny_training(broken))
        assert caught.value.exit_code == 143
        assert load_checkpoint(broken).position.step == looks * 4
        # A look that is not cut short takes the run to the next.
        sound = iter([score] if looks < 3 else [score, score])
        monkeypatch.setattr(loop_module, "score", lambda *given, s=sound: next(s, cut_short)(*given))
        if looks < 3:
            with pytest.raises(StoppedError):
                train(tiny_training(broken))
        else:
            train(tiny_training(broken))
    assert events_of(broken) == events_of(whole)


def test_what_is_measured_and_kept_is_the_average(tmp_path):
    facts = train(tiny_training(tmp_path / "averaged", average=0.9))
    plain = train(tiny_training(tmp_path / "plain"))
    assert facts["validation_loss"] != plain["validation_loss"]
    training = tiny_training(tmp_path / "averaged")
    kept = load_model(tmp_path / "averaged")
    examples = (causal(batch) for batch in EveryToken(training.material.validation, context=16, rows=8))
    assert score(kept, examples, 1.0).loss == pytest.approx(facts["validation_loss"], rel=1e-6)


def test_a_sample_is_written_by_the_model_as_it_stands(tmp_path):
    """The same seed and weights write the same text, with the tokenizer's own letters."""
    train(tiny_training(tmp_path / "one"))
    train(tiny_training(tmp_path / "two"))
    texts = [[e["text"] for e in events_of(tmp_path / name) if e["event"] == "sample"] for name in ("one", "two")]
    assert texts[0] == texts[1]
    letters = Letters().decode(range(Letters.vocabulary))
    assert set("".join(texts[0])) <= set(letters)


def test_who_listens_is_told_what_the_log_is_told(tmp_path):
    told = []
    train(tiny_training(tmp_path, hear=told.append))
    assert [json.loads(line) | {"steps": 12, "section": "pretrain"} for line in lines_of(tmp_path)] == told


def test_what_looks_will_take_grows_with_what_they_do(tmp_path, monkeypatch):
    # A clock that moves one second each time it is asked: a try of anything takes a second.
    ticks = itertools.count()
    monkeypatch.setattr("groundup.training.loop.time.perf_counter", lambda: float(next(ticks)))
    training = tiny_training(tmp_path, validations=3, sample_tokens=16)
    run = begin(training)
    # Of 300 tokens, one of 19 batches of one row is tried; the last time all are scored.
    each_scored, each_written = 19 / 300, 1 / TRIED
    assert seconds_of_looks(training, run) == pytest.approx((2 * (64 * each_scored + 16 * each_written), 19))
    run.settings = replace(run.settings, validations=0)
    assert seconds_of_looks(training, run) == pytest.approx((0, 19))
    assert run.model.training


def test_a_sample_is_tried_within_the_positions_that_a_model_has(tmp_path):
    """Learned positions end with the context: trying a few tokens more behind the prompt is an error."""
    training = tiny_training(tmp_path, model=replace(MODEL, positions="learned", context=4), sample_prompt="To")
    on_the_way, _ = seconds_of_looks(training, begin(training))
    assert on_the_way > 0


def test_what_looks_have_in_common_is_made_once(tmp_path, monkeypatch):
    """Finding sentences in all of the held-out text takes longer than a look at a part of it."""
    made = []
    honest = RunningText.held_out

    def noted(text, settings, tokens):
        made.append(tokens)
        return honest(text, settings, tokens)

    monkeypatch.setattr(RunningText, "held_out", noted)
    train(tiny_training(tmp_path, validations=6))
    assert sum(event["event"] == "validation" for event in events_of(tmp_path)) == 6
    # Once to know that there is something to measure, once for all looks, once for the whole.
    assert made == [1, 64, 300]
