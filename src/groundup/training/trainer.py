"""The training loop: from token shards to weights, in a folder where a killed run goes on.

The loop itself only decides when to log, validate, save and stop; what an update is stands in `run`, what a
checkpoint is in `checkpoint`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from groundup.decoding.engine import DecoderEngine
from groundup.decoding.settings import SamplingSettings
from groundup.decoding.text import TextCoder, write
from groundup.errors import GroundupError
from groundup.model.files import save_model
from groundup.model.model import Model, build_model, parameter_count
from groundup.model.settings import ModelSettings
from groundup.objectives.causal import causal
from groundup.objectives.example import Example
from groundup.objectives.scoring import TOKENS_AT_ONCE, Score, score
from groundup.progress import SILENT, Progress
from groundup.store.artefact import discard
from groundup.store.files import write_durably
from groundup.tokens.batches import EveryToken, Windows
from groundup.tokens.shards import TokenStream
from groundup.training import checkpoint as checkpoints
from groundup.training.cost import training_flops
from groundup.training.guard import BadNumberError, Guard
from groundup.training.horizon import Horizon, read_horizon, seconds_of, steps_in, write_horizon
from groundup.training.journal import Journal
from groundup.training.machine import choose_device, choose_precision, should_compile
from groundup.training.optimizers import Optimizers
from groundup.training.rates import rates_for, rows_for
from groundup.training.run import Run, Update, begin_average, examples_of, gradients, update
from groundup.training.settings import TrainingSettings
from groundup.training.signals import Stop, StoppedError, polite_stop
from groundup.versions import versions

HORIZON, JOURNAL, FACTS = "horizon.json", "metrics.jsonl", "facts.json"


@dataclass(frozen=True)
class Task:
    """All that a training run is made from. `draft` is where it writes, and where it goes on."""

    model: ModelSettings
    settings: TrainingSettings
    train: TokenStream
    validation: TokenStream
    coder: TextCoder
    draft: Path
    seed: int
    fingerprint: str
    data_fingerprint: str
    """Of the token shards: batches depend on it and the seed, on nothing else."""
    progress: Progress = SILENT


def pretrain(task: Task) -> dict[str, Any]:
    """Train to the end of the budget and write weights, model settings, metrics and facts into `task.draft`.

    Goes on from the newest whole checkpoint there. Raises StoppedError after a signal, BadNumberError when a
    number goes bad and the settings say to stop, NoRoomError when the disk is full.
    """
    done = task.draft / FACTS
    if done.exists():
        facts: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
        return facts
    began = time.perf_counter()
    run = _begin(task)
    with polite_stop() as stop:
        horizon = _horizon(task, run, began, stop)
        run.steps = horizon.steps
        _resume(task, run)
        journal = Journal(task.draft / JOURNAL, run.step)
        loop = _Loop(task, run, journal, stop, clock=time.perf_counter() - (run.seconds or _since(began)))
        loop.go()
        final = loop.validate(most_tokens=None)
        journal.close()
        stop_if_asked(stop, loop)
    return _finish(task, run, horizon, final)


def _since(began: float) -> float:
    return time.perf_counter() - began


def _begin(task: Task) -> Run:
    """A run before its first update."""
    device = choose_device(task.settings)
    model = build_model(task.model, task.coder.vocabulary, task.seed)
    settings = rows_for(task.settings, task.model.context, parameter_count(model))
    model.precision = choose_precision(settings, device)
    model.to(device)
    assert settings.batch is not None
    run = Run(
        model=model,
        optimizers=Optimizers(model, settings, rates_for(settings, model.shape)),
        windows=Windows(
            task.train,
            context=task.model.context,
            rows=settings.batch,
            fingerprint=task.data_fingerprint,
            seed=task.seed,
            documents=settings.documents_apart,
        ),
        settings=settings,
        seed=task.seed,
    )
    begin_average(run)
    return run


def _horizon(task: Task, run: Run, began: float, stop: Stop) -> Horizon:
    """The recorded horizon, or a new one; compiles the layers where the horizon says so."""
    path = task.draft / HORIZON
    horizon = read_horizon(path)
    if horizon is not None:
        _compile(run.model, horizon.is_compiled)
        return horizon
    budget = run.settings.budget
    if budget.kind == "clock":
        is_compiled = should_compile(run.settings, run.device, None)
        _compile(run.model, is_compiled)
        task.progress("measuring the speed of a step")
        each = seconds_of(lambda: _rehearse(run), budget.total)
        left = budget.total - _since(began) - _validation_seconds(task, run, each)
        horizon = Horizon(max(1, int(left / each)), str(budget), is_compiled, each)
    else:
        steps = steps_in(budget, run.tokens_per_step, task.train.tokens.size)
        flops = training_flops(run.model, steps * run.tokens_per_step)
        horizon = Horizon(steps, str(budget), should_compile(run.settings, run.device, flops))
        _compile(run.model, horizon.is_compiled)
    write_horizon(path, horizon)
    return horizon


def _compile(model: Model, is_compiled: bool) -> None:
    """Compile each layer alone: they are alike, so one compilation serves them all."""
    if is_compiled:
        for layer in model.decoder.layers:
            layer.compile(dynamic=False)


def _rehearse(run: Run) -> None:
    """A whole update at rate zero: costs what one costs and changes nothing."""
    gradients(run, examples_of(run, 0), 0)
    run.optimizers.step(0.0)
    run.optimizers.forget_history()


def _validation_seconds(task: Task, run: Run, seconds_per_step: float) -> float:
    """What measuring on held-out text will take: a forward pass is a third of a step's work."""
    each = min(run.settings.validation_tokens, task.validation.tokens.size)
    tokens = (run.settings.validations - 1) * each + task.validation.tokens.size
    return tokens / run.tokens_per_step * seconds_per_step / 3


def _resume(task: Task, run: Run) -> None:
    """Take up the newest whole checkpoint, if there is one."""
    saved = checkpoints.load_checkpoint(task.draft, progress=task.progress)
    if saved is None:
        return
    position = saved.position
    with torch.no_grad():
        for name, weight in run.model.named_parameters():
            weight.copy_(saved.tensors["model"][name])
        for name, average in (run.average or {}).items():
            average.copy_(saved.tensors["average"][name])
    run.optimizers.load(saved.tensors["optimizer"])
    run.step, run.seconds = position.step, position.seconds
    run.guard, run.skipped = Guard(**position.guard), position.skipped
    task.progress(f"going on from the checkpoint of step {run.step:,}")
    for warning in _differences(saved):
        task.progress(f"note: {warning}")


def _differences(saved: checkpoints.Checkpoint) -> list[str]:
    """What may make the rest of the run differ in the last bits from an unbroken one."""
    said = []
    if saved.position.threads != torch.get_num_threads():
        said.append(
            f"the checkpoint was made with {saved.position.threads} threads, now there are "
            f"{torch.get_num_threads()}: sums round differently, so the run will not repeat to the bit"
        )
    now = versions()
    for name in ("torch", "numpy", "groundup"):
        if saved.versions.get(name) != now.get(name):
            said.append(
                f"the checkpoint was made with {name} {saved.versions.get(name)}, this is {now.get(name)}: "
                "the run may not repeat to the bit"
            )
    return said


class _Loop:
    """One stretch of a run, from where it stands to its end or to a signal."""

    def __init__(self, task: Task, run: Run, journal: Journal, stop: Stop, clock: float) -> None:
        self.task, self.run, self.journal, self.stop, self.clock = task, run, journal, stop, clock
        self.saved_at = self._now()
        self.said: tuple[int, float] = (run.step, self.saved_at)

    def go(self) -> None:
        """Update until the horizon."""
        run, settings = self.run, self.run.settings
        run.model.train()
        every = max(1, round(run.steps / max(1, settings.validations)))
        while run.step < run.steps:
            done = update(run)
            run.seconds = self._now()
            if done.fault:
                self._bad(done)
            elif run.step % settings.log_every == 0 or run.step in (1, run.steps):
                self._log(done)
            self.task.progress("training", run.step, run.steps)
            if settings.validations and run.step % every == 0 and run.step < run.steps:
                self._look()
            if self.stop.number:
                self.save()
                stop_if_asked(self.stop, self)
            if self._is_save_due():
                self.save()
        run.seconds = self._now()
        # The weights are safe before the last validation, which may take a while.
        self.save()

    def validate(self, most_tokens: int | None) -> Score:
        """Measure on held-out text, with the averaged weights where there are any, and log it."""
        run = self.run
        stream = self.task.validation
        with _averaged(run):
            result = score(run.model, self._held_out(most_tokens), stream.bytes / stream.tokens.size)
        self._event(
            "validation",
            loss=result.loss,
            perplexity=result.perplexity,
            bits_per_byte=result.bits_per_byte,
            scored=result.tokens,
        )
        return result

    def _held_out(self, most_tokens: int | None) -> Iterator[Example]:
        """The held-out text, or its first `most_tokens`; ends early when a signal comes."""
        run, scored = self.run, 0
        limit = self.task.validation.tokens.size if most_tokens is None else most_tokens
        rows = max(1, min(TOKENS_AT_ONCE, limit) // run.windows.context)
        batches = EveryToken(
            self.task.validation,
            context=run.windows.context,
            rows=rows,
            documents=run.settings.documents_apart,
        )
        for batch in batches:
            if scored >= limit or self.stop.number:
                return
            yield causal(batch, run.device)
            scored += batch.scored
            if most_tokens is None:
                self.task.progress("scoring held-out text", scored, limit)

    def save(self) -> None:
        """Write a checkpoint."""
        run = self.run
        self.journal.secure()
        position = checkpoints.Position(
            step=run.step,
            tokens=run.step * run.tokens_per_step,
            seconds=run.seconds,
            guard=asdict(run.guard),
            skipped=run.skipped,
            threads=torch.get_num_threads(),
        )
        tensors = {
            "model": {name: weight.detach() for name, weight in run.model.named_parameters()},
            "optimizer": run.optimizers.tensors(),
        }
        if run.average is not None:
            tensors["average"] = run.average
        checkpoints.save_checkpoint(
            self.task.draft, position, tensors, fingerprint=self.task.fingerprint, seed=self.task.seed
        )
        self.saved_at = self._now()
        self.saved_step = run.step

    saved_step = 0

    def _is_save_due(self) -> bool:
        every = self.run.settings.checkpoint_every
        since = self.run.step - self.saved_step
        passed = {
            "clock": self._now() - self.saved_at,
            "steps": since,
            "tokens": since * self.run.tokens_per_step,
        }
        return passed[every.kind] >= every.total

    def _look(self) -> None:
        """A validation and a sample along the way."""
        self.validate(self.run.settings.validation_tokens)
        if self.run.settings.sample_tokens:
            self._event("sample", prompt=self.run.settings.sample_prompt, text=self._sample())

    def _sample(self) -> str:
        run = self.run
        prompt = run.settings.sample_prompt
        wanted = SamplingSettings(tokens=run.settings.sample_tokens, seed=self.task.seed)
        with _averaged(run):
            (text,) = write(DecoderEngine(run.model), self.task.coder, [prompt], wanted)
        run.model.train()
        return text

    def _bad(self, done: Update) -> None:
        run, step = self.run, self.run.step - 1
        self._event("bad", batch=step, fault=done.fault, loss=done.loss, gradient_norm=done.norm)
        if step in run.skipped:
            return
        where = f"Batch {step:,} (rows {step * run.tokens_per_step // run.windows.context:,} and on)"
        if run.settings.on_bad_number == "stop":
            self.journal.secure()
            raise BadNumberError(
                f"{where}: {done.fault}. Nothing was learned from it; the last checkpoint is before it.",
                "Lower the learning rates, or set pretrain.on_bad_number to skip or rewind. "
                "See the batch with: groundup inspect batch",
            )
        run.skipped = (*run.skipped, step)
        self.task.progress(f"{where}: {done.fault}; left out")
        if run.settings.on_bad_number == "rewind":
            skipped, seconds = run.skipped, run.seconds
            _go_back(self.task, run)
            run.skipped, run.seconds = skipped, seconds
            self.saved_step = run.step

    def _log(self, done: Update) -> None:
        run, now = self.run, self._now()
        step, at = self.said
        speed = (run.step - step) * run.tokens_per_step / max(now - at, 1e-9)
        self.said = (run.step, now)
        rate = done.factor * max(max(peaks) for peaks in run.optimizers.peaks)
        self._event(
            "train",
            loss=done.loss,
            learning_rate=rate,
            gradient_norm=done.norm,
            tokens_per_second=round(speed, 1),
        )

    def _event(self, event: str, **values: Any) -> None:
        run = self.run
        place = {"step": run.step, "tokens": run.step * run.tokens_per_step}
        self.journal.write({"event": event, **place, **values, "seconds": round(self._now(), 3)})

    def _now(self) -> float:
        """Seconds of training so far, those of earlier stretches included."""
        return time.perf_counter() - self.clock


def stop_if_asked(stop: Stop, loop: _Loop) -> None:
    """Raise StoppedError where a signal came."""
    if stop.number:
        raise StoppedError(stop.number, loop.run.step)


def _go_back(task: Task, run: Run) -> None:
    """Return to the newest checkpoint, or to the beginning where there is none yet."""
    if checkpoints.load_checkpoint(task.draft) is None:
        fresh = _begin(task)
        run.model.load_state_dict(fresh.model.state_dict())
        run.optimizers.forget_history()
        run.step, run.guard, run.average = 0, Guard(), fresh.average
    else:
        _resume(task, run)


class _averaged:  # noqa: N801 - reads as a verb in a with statement
    """Swap the averaged weights in for the time of a `with` block, where there are any."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __enter__(self) -> None:
        self._swap()

    def __exit__(self, *error: object) -> None:
        self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, weight in self.run.model.named_parameters():
            if self.run.average is not None:
                kept = weight.detach().clone()
                weight.copy_(self.run.average[name])
                self.run.average[name].copy_(kept)


def _finish(task: Task, run: Run, horizon: Horizon, final: Score) -> dict[str, Any]:
    """Write what the stage is for, then let the checkpoints go."""
    with _averaged(run):
        save_model(run.model, task.draft)
    tokens = run.step * run.tokens_per_step
    flops = training_flops(run.model, tokens)
    facts: dict[str, Any] = {
        "seconds": round(run.seconds, 3),
        "steps": run.step,
        "tokens": tokens,
        "epochs": round(tokens / task.train.tokens.size, 4),
        "validation_loss": final.loss,
        "perplexity": final.perplexity,
        "bits_per_byte": final.bits_per_byte,
        "validation_tokens": final.tokens,
        "parameters": parameter_count(run.model),
        "tokens_per_second": round(tokens / max(run.seconds, 1e-9), 1),
        "flops": flops,
        "flops_per_second": flops / max(run.seconds, 1e-9),
        "budget": str(run.settings.budget),
        "batch": run.settings.batch,
        "context": task.model.context,
        "rates": asdict(rates_for(run.settings, run.model.shape)),
        "shape": asdict(run.model.shape),
        "precision": str(run.model.precision).removeprefix("torch."),
        "device": str(run.device),
        "threads": torch.get_num_threads(),
        "compiled": horizon.is_compiled,
        "seconds_per_step_measured": horizon.seconds_per_step,
        "skipped": list(run.skipped),
    }
    write_durably(task.draft / FACTS, json.dumps(facts).encode())
    folder = task.draft / checkpoints.FOLDER
    if folder.exists():
        discard(folder)
    return facts


def check_task(task: Task) -> None:
    """Raise GroundupError for what could only fail later: texts too short for the context."""
    for name, stream in (("training", task.train), ("validation", task.validation)):
        if stream.tokens.size == 0:
            raise GroundupError(
                f"The {name} text has no tokens.", "Check corpus.sources and corpus.validation in the recipe."
            )
