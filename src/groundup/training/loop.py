"""One stretch of a run: when to log, to look at the model, to save, and what to do about a bad number.

Whatever it writes to the log can be written again: a checkpoint says how long the log was, and a run that goes
back to it cuts the log there. So the log of a run that was stopped reads like that of one that was not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from groundup.decoding.engine import DecoderEngine
from groundup.decoding.settings import SamplingSettings, fitting
from groundup.decoding.text import write
from groundup.objectives.example import Example
from groundup.objectives.scoring import Score, in_order, score
from groundup.objectives.settings import sees_prompts_whole, writes
from groundup.training.average import averaged
from groundup.training.checkpoint import Position, save_checkpoint
from groundup.training.feed import HeldOutExamples
from groundup.training.guard import BadNumberError, is_lost
from groundup.training.horizon import Horizon, settled, write_horizon
from groundup.training.journal import Journal
from groundup.training.material import HeldOut
from groundup.training.run import Run, Update, update
from groundup.training.schedule import falls_next
from groundup.training.signals import Stop, StoppedError
from groundup.training.start import HORIZON, Training, go_back

# Tokens that are enough to know how long a sample takes.
TRIED = 8
# Examples of a bad batch that are named, and characters of a name; the log has it all.
NAMED, LONGEST = 8, 60


class Loop:
    """A run on its way from where it stands to its end or to a signal."""

    def __init__(
        self, training: Training, run: Run, journal: Journal, stop: Stop, horizon: Horizon, began: float
    ) -> None:
        """`began`: what `time.perf_counter()` said, or would have said, when the run was at zero seconds."""
        self.training, self.run, self.journal, self.stop, self.began = training, run, journal, stop, began
        self.material = training.material
        self._aim(horizon)
        self.counts = self.material.counts()
        self.saved: tuple[int, float] = (run.step, self._now())
        self.said = self.saved

    def go(self) -> Score:
        """Update until the horizon and measure on all of the held-out text; raises StoppedError after a signal."""
        run = self.run
        run.model.train()
        while self._goes_on():
            if not self._is_look_due() or self._look():
                self._advance()
            if self.stop.number or self._is_save_due():
                self._save()
            self._stop_if_asked()
        # The weights are safe before the last validation, which may take a while.
        if self.saved[0] < run.step:
            self._save()
        whole = self.material.held_out(run.settings, self.material.held_out_tokens)
        final = self._score(whole, 1.0, "scoring held-out text")
        self._stop_if_asked()
        self._log_score(final)
        return final

    def _aim(self, horizon: Horizon) -> None:
        """Take up a horizon."""
        self.horizon, run = horizon, self.run
        run.steps, run.settings = horizon.steps, horizon.governed(run.settings)

    def _goes_on(self) -> bool:
        """Whether there is another update; when the rates are about to fall, the clock says where the end is."""
        run = self.run
        if not self.horizon.is_settled and run.step and falls_next(run.settings, run.step, run.steps):
            horizon = settled(self.horizon, run.settings, run.step, self._now())
            write_horizon(self.training.draft / HORIZON, horizon)
            self._aim(horizon)
        return run.step < run.steps

    def _advance(self) -> None:
        """One step, told to the log and to whoever watches."""
        run = self.run
        done = update(run)
        run.seconds = self._now()
        if done.fault:
            self._bad(done)
        elif run.step % run.settings.log_every == 0 or run.step in (1, run.steps):
            self._log(done)

    def _is_look_due(self) -> bool:
        run, times = self.run, self.run.settings.validations
        # The last of all validations follows the last step.
        every = max(1, math.ceil(run.steps / max(1, times)))
        return times > 0 and run.step > 0 and run.step % every == 0

    def _look(self) -> bool:
        """A validation and a sample along the way; False where a signal cut it short, so that it is made again."""
        settings = self.run.settings
        result = self._score(self._part, min(1.0, settings.validation_tokens / self.material.held_out_tokens))
        is_writing = settings.sample_tokens > 0 and writes(settings.objective.kind)
        text = self._sample() if is_writing and not self.stop.number else ""
        if self.stop.number:
            return False
        self._log_score(result)
        if is_writing:
            self._event("sample", prompt=settings.sample_prompt, text=text)
        return True

    @cached_property
    def _part(self) -> HeldOut:
        """The batches that a look along the way is taken from: the same each time, so made once."""
        return self.material.held_out(self.run.settings, self.run.settings.validation_tokens)

    def _score(self, held_out: HeldOut, share: float, what: str = "") -> Score:
        """How well a share of held-out text is predicted; with the averaged weights where there are any."""
        run = self.run
        measured = {name: self._heard(part, what) for name, part in run.feed.measured(held_out, share).items()}
        with _at_rest(run):
            return measure(run, measured, self.material.bytes_per_token, self.counts)

    def _heard(self, examples: HeldOutExamples, what: str) -> Iterator[Example]:
        """Examples, told to whoever watches; they end early when a signal comes."""
        for number in range(len(examples)):
            if self.stop.number:
                return
            yield examples[number]
            if what:
                self.training.progress(what, number + 1, len(examples))

    def _sample(self) -> str:
        settings = self.run.settings
        with _at_rest(self.run):
            text = _written(self.training, self.run, settings.sample_tokens)
        self.run.model.train()
        return text

    def _save(self) -> None:
        """Write a checkpoint."""
        run = self.run
        self.journal.secure()
        position = Position(
            step=run.step,
            tokens=run.step * run.tokens_per_step,
            seconds=run.seconds,
            guard=asdict(run.guard),
            skipped=run.skipped,
            logged=self.journal.size,
            threads=torch.get_num_threads(),
        )
        tensors = {
            "model": {name: weight.detach() for name, weight in run.model.named_parameters()},
            "optimizer": run.optimizers.tensors(),
        }
        if run.average is not None:
            tensors["average"] = run.average
        save_checkpoint(
            self.training.draft, position, tensors, fingerprint=self.training.fingerprint, seed=self.training.seed
        )
        self.saved = (run.step, self._now())

    def _is_save_due(self) -> bool:
        every = self.run.settings.checkpoint_every
        step, at = self.saved
        since = self.run.step - step
        passed = {"clock": self._now() - at, "steps": since, "tokens": since * self.run.tokens_per_step}
        return passed[every.kind] >= every.total

    def _bad(self, done: Update) -> None:
        run, batch = self.run, self.run.step - 1
        if batch in run.skipped:
            return
        names = self._names(batch)
        found = {"batch": batch, "fault": done.fault, "loss": done.loss, "gradient_norm": done.norm}
        if names:
            found["examples"] = names
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        what = f" Its examples are {', '.join(name[:LONGEST] for name in names[:NAMED])}{more}." if names else ""
        where = f"Batch {batch:,}: {done.fault}.{what}"
        run.skipped = (*run.skipped, batch)
        if run.settings.on_bad_number == "stop" or is_lost(run.skipped):
            self._event("bad", **found)
            self.journal.secure()
            lost = " So were those before it: the weights are lost." if run.settings.on_bad_number != "stop" else ""
            way_on = f"Let the run go on without it by {self.training.section}.on_bad_number: skip. Or lower"
            raise BadNumberError(
                f"{where}{lost} Nothing was learned from it.",
                f"{'Lower' if lost else way_on} the learning rates, and train anew. "
                "See the batch with: groundup inspect batch",
            )
        self.training.progress(f"{where} It is left out.")
        if run.settings.on_bad_number == "rewind":
            skipped = run.skipped
            self.journal.cut(go_back(self.training, run))
            run.skipped = skipped
            self.saved = self.said = (run.step, self._now())
        self._event("bad", **found)

    def _names(self, batch: int) -> list[str]:
        """What the examples of an update are called, as far as they have names."""
        rows, feed = self.run.settings.accumulate, self.run.feed
        numbers = range(batch * rows, (batch + 1) * rows)
        return [name for number in numbers for name in self.material.names(feed.batches, number)]

    def _log(self, done: Update) -> None:
        run, now = self.run, self._now()
        step, at = self.said
        speed = (run.step - step) * run.tokens_per_step / max(now - at, 1e-9)
        self.said = (run.step, now)
        self._event(
            "train",
            # The main term's, so that it can be held against what is measured on held-out text.
            loss=done.terms[in_order(done.terms)[0]] if done.terms else done.loss,
            **({"terms": dict(done.terms), "weighted": done.loss} if done.terms else {}),
            learning_rate=done.factor * max(max(peaks) for peaks in run.optimizers.peaks),
            gradient_norm=done.norm,
            tokens_per_second=round(speed, 1),
        )

    def _log_score(self, result: Score) -> None:
        self._event(
            "validation",
            loss=result.loss,
            perplexity=result.perplexity,
            bits_per_byte=known(result.bits_per_byte),
            scored=result.tokens,
            terms={name: asdict(term) for name, term in result.terms.items()},
        )

    def _event(self, event: str, **values: Any) -> None:
        run = self.run
        place = {"step": run.step, "tokens": run.step * run.tokens_per_step}
        told = {"event": event, **place, **values, "seconds": round(self._now(), 3)}
        self.journal.write(told)
        self.training.hear({**told, "steps": run.steps, "section": self.training.section})

    def _stop_if_asked(self) -> None:
        if self.stop.number:
            raise StoppedError(self.stop.number, self.run.step)

    def _now(self) -> float:
        """Seconds of training so far, those of earlier stretches included."""
        return time.perf_counter() - self.began


def measure(
    run: Run, measured: Mapping[str, Iterable[Example]], bytes_per_token: float, counts: NDArray[np.int64] | None
) -> Score:
    """The score of the objective, to which the terms of whatever else is measured are added under their names.

    `counts`: how often each token stands in the training text, for the guess by frequency.
    """
    scores = {name: score(run.model, examples, bytes_per_token, counts) for name, examples in measured.items()}
    main = scores.pop("")
    if not writes(run.settings.objective.kind):
        # Nothing but a text written from its beginning has bits per byte.
        main = replace(main, bits_per_byte=math.nan)
    more = {f"{name} {term}": found for name, other in scores.items() for term, found in other.terms.items()}
    return replace(main, terms={**main.terms, **more})


def known(figure: float) -> float | None:
    """A figure for a log: None where there is none."""
    return None if math.isnan(figure) else figure


def seconds_of_looks(training: Training, run: Run) -> tuple[float, float]:
    """What measuring and sampling along the way, and the last validation, will take, from trying a little of each."""
    settings, material = run.settings, training.material
    whole = material.held_out_tokens
    part = min(settings.validation_tokens, whole)
    held_out = material.held_out(settings, part)
    measured = {name: [examples[0]] for name, examples in run.feed.measured(held_out, 1.0).items()}
    with _at_rest(run):
        each_scored = (
            _seconds_of(lambda: measure(run, measured, material.bytes_per_token, None)) * len(held_out) / whole
        )
        each_written = 0.0
        if writes(settings.objective.kind):
            each_written = _seconds_of(lambda: _written(training, run, TRIED)) / TRIED
    run.model.train()
    before_last = max(0, settings.validations - 1)
    on_the_way = before_last * (part * each_scored + settings.sample_tokens * each_written)
    return on_the_way, whole * each_scored


def _written(training: Training, run: Run, tokens: int) -> str:
    """A sample of so many tokens, or of as many as the model holds behind the prompt.

    Running text is gone on from by drawing; of a source that someone wrote a target for, the likeliest is written.
    """
    settings, material = run.settings, training.material
    engine = DecoderEngine(
        run.model, sees_prompts_whole=sees_prompts_whole(settings.objective.kind), ends_sources=material.ends_sources
    )
    usual = SamplingSettings()
    temperature = 0.0 if material.ends_sources else usual.temperature
    prompt = material.source_coder.encode(settings.sample_prompt)
    rules = fitting(
        replace(usual, tokens=tokens, temperature=temperature, seed=training.seed),
        run.model.longest,
        max(1, len(prompt)),
    )
    (text,) = write(engine, material.coder, [settings.sample_prompt], rules, source_coder=material.source_coder)
    return text


def _seconds_of(work: Callable[[], object]) -> float:
    """How long `work` takes once it is warm: what it takes cold is not what a run is full of."""
    work()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def _at_rest(run: Run) -> Iterator[None]:
    """For measuring and sampling: the averaged weights, where there are any, and no compiled layers.

    Compiling anew for shapes that only a sample has takes longer than the sample.
    """
    with averaged(run.model, run.average), torch.compiler.set_stance("force_eager"):
        yield
