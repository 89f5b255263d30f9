"""Runs that die, or are stopped, in a forward pass of choice, and how they differ from an unbroken one in the end.

Whoever trains here does so in a process that is to end: the trainer is patched and not mended.
"""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import torch
from tiny_runs import events_of, weights_of

from groundup.training import run as run_module
from groundup.training import trainer
from groundup.training.signals import StoppedError
from groundup.training.start import Training

# How a process ends that was killed, or that stopped politely.
ENDS = {"kill": -signal.SIGKILL, "stop": 128 + signal.SIGTERM}


def train_noting(training: Training, dying_in: int | None = None, kind: str = "kill") -> None:
    """Train to the end, or die in a forward pass; writes down which batch each step read."""
    passes = 0
    honest_terms, honest_examples = run_module.terms, run_module.examples_of

    def terms(model, example):
        nonlocal passes
        if passes == dying_in:
            os.kill(os.getpid(), signal.SIGKILL if kind == "kill" else signal.SIGTERM)
        passes += 1
        return honest_terms(model, example)

    def examples_of(run, step):
        examples = honest_examples(run, step)
        read = hashlib.sha256(b"".join(bytes_of(examples))).hexdigest()
        with training.draft.with_suffix(".order").open("a") as file:
            file.write(f"{step} {read}\n")
        return examples

    run_module.terms, run_module.examples_of = terms, examples_of
    torch.set_num_threads(1)
    trainer.train(training)


def bytes_of(value: Any) -> Iterator[bytes]:
    """Every tensor of an example: what is read, what is asked, and who sees what."""
    if isinstance(value, torch.Tensor):
        yield value.numpy().tobytes()
    elif is_dataclass(value):
        for field in fields(value):
            yield from bytes_of(getattr(value, field.name))
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from bytes_of(part)


def order_of(draft: Path) -> set[str]:
    """Each step with what it read: a step that read something else when it was done again would stand twice."""
    return set(draft.with_suffix(".order").read_text().splitlines())


def differences(draft: Path, unbroken: Path) -> list[str]:
    """What differs between two finished runs: weights, log or the order of batches."""
    found = [(look.__name__, look(draft), look(unbroken)) for look in (weights_of, events_of, order_of)]
    return [f"{draft.name}: {name}" for name, one, other in found if one != other]


def forked(work: Callable[[], object]) -> int:
    """Do `work` in a fork of this process; its exit status, negative for a signal, or that of the error."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            work()
            code = 0
        except StoppedError as error:
            code = error.exit_code
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
