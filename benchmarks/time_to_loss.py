"""Whole processes from a cold start: seconds on the clock against loss on Shakespeare's characters.

Ours is `groundup build recipes/shakespeare-characters.yaml` with several budgets: from raw text through corpus,
tokenizer, shards, training, validations and samples to the report. The peer is `small_gpt2.py`, nanoGPT's published
recipe, which trains and measures and does nothing else. Both are measured on the whole last tenth of the text, in
windows of their own context that do not overlap; ours scores one end token more. Nothing compiled is left from before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from timing import ROOT, environment, find_source, peer, positive, say, show

RECIPE = ROOT / "recipes" / "shakespeare-characters.yaml"


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    options.add_argument(
        "--budgets", type=positive(float), nargs="*", default=[33.0, 85.0, 170.0], help="seconds (default 33 85 170)"
    )
    options.add_argument(
        "--peer-steps", type=positive(int), nargs="*", default=[2000], help="updates of the peer (default 2000)"
    )
    options.add_argument("--rounds", type=positive(int), default=1, help="times that all are run (default 1)")
    options.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="more of our recipe's keys")
    options.add_argument("--json", action="store_true", help="one JSON object on one line")
    arguments = options.parse_args()
    find_source()
    if arguments.peer_steps:
        peer("transformers")
    rows = measure(arguments)
    title = "Time to loss, Shakespeare by characters: whole processes, medians"
    show(title, rows, ("torch", "transformers", "numpy"), as_json=arguments.json)


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Run all of them in turn, `rounds` times; one row each."""
    # Here rather than in the first process that is timed, should it have to be fetched.
    from groundup.catalogue import fetch

    text = fetch("tinyshakespeare", lambda what, done=0, total=None: None) / "input.txt"
    found: dict[str, list[dict[str, float]]] = {}
    for number in range(arguments.rounds):
        for steps in arguments.peer_steps:
            name = f"nanoGPT's recipe, {steps:,} steps"
            say(f"round {number + 1}: {name}")
            script = str(Path(__file__).with_name("small_gpt2.py"))
            found.setdefault(name, []).append(timed([sys.executable, script, str(text), "--steps", str(steps)]))
        for budget in arguments.budgets:
            name = f"groundup, budget {budget:g} s"
            say(f"round {number + 1}: {name}")
            found.setdefault(name, []).append(build(budget, arguments.set))
    return [
        {
            "contender": name,
            "process, s": round(median(run["seconds"] for run in runs), 1),
            "validation loss, nats/character": round(median(run["validation_loss"] for run in runs), 4),
            "tokens trained on": float(median(run["tokens"] for run in runs)),
        }
        for name, runs in found.items()
    ]


def build(budget: float, more: Sequence[str]) -> dict[str, float]:
    """Our whole build with a training budget in seconds, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        words = [sys.executable, "-m", "groundup", "build", str(RECIPE), "--out", str(run), "--json"]
        words += ["--pretrain.budget", f"{budget:g} seconds"]
        for pair in more:
            key, _, value = pair.partition("=")
            words += [f"--{key}", value]
        result = timed(words)
        manifest = json.loads((run / "pretrain" / "manifest.json").read_text("utf-8"))
        return {**result, "tokens": manifest["facts"]["tokens"]}


def timed(words: Sequence[str]) -> dict[str, float]:
    """The JSON that a process ends with, and the `seconds` of the whole process."""
    with tempfile.TemporaryDirectory() as cold:
        variables = environment(TORCHINDUCTOR_CACHE_DIR=cold)
        began = time.perf_counter()
        done = subprocess.run(words, env=variables, stdout=subprocess.PIPE, text=True, check=True)
        seconds = time.perf_counter() - began
    return {**json.loads(done.stdout.splitlines()[-1]), "seconds": seconds}


if __name__ == "__main__":
    main()
