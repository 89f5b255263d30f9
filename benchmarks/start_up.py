"""Seconds of whole processes that do little: our help and schema against a bare Python and one that loads PyTorch.

A command that answers a question should cost little more than Python itself, and never the second that PyTorch takes.
"""

from __future__ import annotations

import sys

from timing import alternate, find_source, parser, process, show, table

COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "python -c 'import torch'": ("-c", "import torch"),
    "groundup --help": ("-m", "groundup", "--help"),
    "groundup build --help": ("-m", "groundup", "build", "--help"),
    "groundup schema": ("-m", "groundup", "schema"),
}


def main() -> None:
    arguments = parser(__doc__, rounds=7, seconds=0.5).parse_args()
    find_source()
    contenders = {name: process([sys.executable, *words]) for name, words in COMMANDS.items()}
    results = alternate(contenders, rounds=arguments.rounds, seconds=arguments.seconds, warm_ups=1)
    rows = table(results, "seconds", "python -c 'import torch'", is_rate=False)
    show("Start-up of whole processes", rows, ("torch",), as_json=arguments.json)


if __name__ == "__main__":
    main()
