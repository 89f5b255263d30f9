"""The training log `metrics.jsonl`: one JSON object a line, read as far as it goes.

A run that is still going, or was killed, has a log whose last line may be half written: such lines are
skipped and counted. A loss that is not a number is kept, counted and shown; it is never averaged out (R6).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from groundup.reports.loose import NOT_A_NUMBER, number, part


@dataclass(frozen=True)
class Choice:
    """How often a labelled head was right of held-out examples, and how often the commonest answer is: shares of 1."""

    name: str
    accuracy: float
    majority: float


@dataclass(frozen=True)
class Step:
    """One line of training or validation: `loss` in nats a token, NaN where none was written."""

    step: int
    tokens: float
    loss: float
    seconds: float = NOT_A_NUMBER
    learning_rate: float = NOT_A_NUMBER
    gradient_norm: float = NOT_A_NUMBER
    tokens_per_second: float = NOT_A_NUMBER
    perplexity: float = NOT_A_NUMBER
    bits_per_byte: float = NOT_A_NUMBER
    choices: tuple[Choice, ...] = ()
    """What was chosen among labels or places, and not written."""


@dataclass(frozen=True)
class Sample:
    """A text the model wrote: at `step` of training, or with `step` None when it was trained."""

    text: str
    prompt: str = ""
    step: int | None = None
    seed: int | None = None
    temperature: float | None = None


@dataclass(frozen=True)
class Fault:
    """A batch from which nothing was learnt, and why: its loss or gradient was not finite, or leapt."""

    batch: int
    fault: str
    loss: float


@dataclass(frozen=True)
class Log:
    """All lines of a log. `bad` lines could not be read, `again` were written twice because a run went on.

    `not_finite` are the steps whose loss was not a finite number, those that were trained again included.
    """

    train: tuple[Step, ...] = ()
    validation: tuple[Step, ...] = ()
    samples: tuple[Sample, ...] = ()
    faults: tuple[Fault, ...] = ()
    bad: int = 0
    again: int = 0
    not_finite: tuple[int, ...] = ()


def read_log(lines: Iterable[str]) -> Log:
    """The log written in `lines`. Lines of events not known here are left alone."""
    train: list[Step] = []
    validation: list[Step] = []
    samples: list[Sample] = []
    faults: dict[int, Fault] = {}
    bad = again = 0
    not_finite: set[int] = set()
    for line in lines:
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            event = entry["event"]
            if event == "sample":
                sample = read_sample(entry)
                again += _rewind(samples, _whole(entry["step"]))
                samples.append(sample)
            elif event == "bad":
                # The same batch can fail again after a rewind; it is one fault.
                batch = _whole(entry["batch"])
                faults[batch] = Fault(batch, str(entry.get("fault", "")), number(entry.get("loss")))
            elif event in ("train", "validation"):
                step = _step(entry)
                if not math.isfinite(step.loss):
                    not_finite.add(step.step)
                steps = train if event == "train" else validation
                again += _rewind(steps, step.step)
                steps.append(step)
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            bad += 1
    return Log(
        train=tuple(train),
        validation=tuple(validation),
        samples=tuple(samples),
        faults=tuple(faults[batch] for batch in sorted(faults)),
        bad=bad,
        again=again,
        not_finite=tuple(sorted(not_finite)),
    )


def read_sample(entry: dict[str, Any]) -> Sample:
    """The sample in one line; KeyError, TypeError or ValueError where the line is of another shape."""
    if not isinstance(entry["text"], str):
        raise TypeError("a sample's text is a string")
    seed, step = entry.get("seed"), entry.get("step")
    temperature = number(entry.get("temperature"))
    return Sample(
        text=entry["text"],
        prompt=str(entry.get("prompt") or ""),
        step=None if step is None else _whole(step),
        seed=None if seed is None else _whole(seed),
        temperature=temperature if math.isfinite(temperature) else None,
    )


def _step(entry: dict[str, Any]) -> Step:
    step = _whole(entry["step"])
    fields = [name for name in Step.__dataclass_fields__ if name not in ("step", "choices")]
    figures = {name: number(entry.get(name)) for name in fields}
    figures["loss"] = number(entry["loss"])
    return Step(step=step, **figures, choices=_choices(part(entry, "terms")))


def _choices(terms: Mapping[str, Any]) -> tuple[Choice, ...]:
    # A term that is written has the loss of guessing by frequency beside it; one that is chosen has none.
    return tuple(
        Choice(str(name), number(term.get("accuracy")), number(term.get("majority")))
        for name in terms
        if (term := part(terms, name)) and term.get("unigram") is None
    )


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a step is a whole number")
    if abs(value) > 10**15:
        raise ValueError("no run has so many steps")
    return value


def _rewind(entries: list[Any], step: int) -> int:
    """Drop what was logged at `step` or later: the run went back to a checkpoint and does it again."""
    before = len(entries)
    while entries and entries[-1].step >= step:
        entries.pop()
    return before - len(entries)


def smoothed(points: Iterable[tuple[float, float]], span: float) -> list[tuple[float, float]]:
    """An exponential moving average over about `span` points, corrected for its short beginning.

    A point that is not finite stays as it is and the average begins anew after it.
    """
    keep = math.exp(-1 / max(span, 1e-9))
    total = weight = 0.0
    result = []
    for x, y in points:
        if not math.isfinite(y):
            total = weight = 0.0
            result.append((x, y))
            continue
        total, weight = keep * total + y, keep * weight + 1
        result.append((x, total / weight))
    return result


def thinned(points: list[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """At most about `most` of the points, the first and the last among them, and every one not finite."""
    if len(points) <= most:
        return points
    stride = math.ceil(len(points) / most)
    last = len(points) - 1
    return [
        point
        for place, point in enumerate(points)
        if place % stride == 0 or place == last or not math.isfinite(point[1])
    ]
