"""The machine at hand, in the few words that make a speed or a time comparable, for a training's manifest."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def this_machine() -> dict[str, str | int]:
    """Processor, cores this process may use, memory in bytes, operating system; what is unknown is left out.

    The stage that trains keeps it among its facts under `machine`, where the report finds it.
    """
    found: dict[str, str | int] = {}
    processor = _listed(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine()
    if processor:
        found["processor"] = processor
    # Containers and `taskset` give a process fewer cores than the machine has.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if cores:
        found["cores"] = cores
    memory = _listed(Path("/proc/meminfo"), "MemTotal").split()
    if memory and memory[0].isdigit():
        found["memory"] = int(memory[0]) * 1024
    found["system"] = f"{platform.system()} {platform.machine()}"
    return found


def _listed(path: Path, key: str) -> str:
    """The first value of `key` in one of Linux's lists of `key: value`; "" where there is none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() == key:
                    return " ".join(value.split())
    except OSError:
        pass
    return ""
