"""What the machine at hand offers: where to compute, in which precision, how fast, and whether to compile."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import torch

from groundup.errors import GroundupError
from groundup.training.settings import TrainingSettings

# Compiling took 25 seconds on two cores and made each step a fifth to a third shorter.
SECONDS_WORTH_COMPILING = 150.0
# What two ordinary cores do in a second, to judge budgets that are not clocks.
ORDINARY_FLOPS = 1.5e11
PROBE_WIDTH, PROBE_SECONDS = 1024, 0.3


def choose_device(settings: TrainingSettings) -> torch.device:
    """The device that `settings` ask for."""
    if settings.device == "cuda" and not torch.cuda.is_available():
        raise GroundupError(
            "The recipe sets device to cuda, but PyTorch finds no GPU here.",
            "Set it to auto or cpu; see: groundup doctor",
        )
    if settings.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(settings.device)


def has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 products run at full speed rather than being emulated."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) and _processor_has("avx512_bf16", "amx_bf16", "bf16")


def choose_precision(settings: TrainingSettings, device: torch.device) -> torch.dtype:
    """The type of the arithmetic inside the layers."""
    if settings.precision == "auto":
        return torch.bfloat16 if has_bfloat16(device) else torch.float32
    return torch.bfloat16 if settings.precision == "bfloat16" else torch.float32


def has_compiler() -> bool:
    """Whether torch.compile finds the C++ compiler that it needs on a processor."""
    return any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "g++", "clang++"))


def should_compile(settings: TrainingSettings, device: torch.device, flops: float | None) -> bool:
    """Whether to compile; `flops` of the whole run, or None for a clock budget. Follows from recipe and machine."""
    if settings.compile != "auto":
        return settings.compile == "yes"
    if device.type == "cpu" and not has_compiler():
        return False
    seconds = settings.budget.total if flops is None else flops / ORDINARY_FLOPS
    return device.type == "cuda" or seconds >= SECONDS_WORTH_COMPILING


def threads_each(members: int) -> int:
    """The threads of each of so many trainings at the same time: its share of those that one alone would have."""
    return max(1, torch.get_num_threads() // members)


def _processor_has(*flags: str) -> bool:
    if sys.platform != "linux":
        return False
    words = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    return any(flag in words for flag in flags)


def memory_of(device: torch.device) -> int | None:
    """All the memory, in bytes, that a run on this device could ever have; None where the system does not say."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def product_speed(device: torch.device, precision: torch.dtype) -> float:
    """Operations a second of a square matrix product, the best of a few."""
    x = torch.randn(PROBE_WIDTH, PROBE_WIDTH, device=device).to(precision)
    best, began = float("inf"), time.perf_counter()
    x @ x
    while best == float("inf") or time.perf_counter() - began < PROBE_SECONDS:
        start = time.perf_counter()
        x @ x
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - start)
    return 2 * PROBE_WIDTH**3 / best
