"""List, show and fetch the named data sets, and any of the Hugging Face hub.

A data set is looked for in the folder GROUNDUP_MIRROR/NAME first, then in the cache (GROUNDUP_CACHE, else
~/.cache/groundup), and only `get` fetches it from its origins, each pinned by SHA-256. A data set of the hub is named
hf://OWNER/NAME here and in a recipe; only `show` and `get` ask the hub.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.table import Table

from groundup.catalogue import DataSet, fetch, find, where
from groundup.catalogue.entries import DATA_SETS
from groundup.catalogue.hub_reference import is_hub_reference
from groundup.cli.data_files import copy_files, megabytes
from groundup.cli.data_hub import configure_hub, get_hub, refuse_hub_options, show_hub
from groundup.cli.output import notes, print_json, results, terminal_progress
from groundup.errors import GroundupError
from groundup.store.fingerprint import folder_fingerprint

EXAMPLES: tuple[str, ...] = (
    "groundup data list",
    "groundup data show shakespeare",
    "groundup data get shakespeare",
    "groundup data get tinyshakespeare --out texts --json",
    "groundup data get hf://Salesforce/wikitext --config wikitext-2-raw-v1 --split train",
    "GROUNDUP_MIRROR=~/data groundup data get novels",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare `list`, `show` and `get`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|get")
    for name, about in (
        ("list", "every data set: licence, size, origin, and whether it is here"),
        ("show", "all that is known about one"),
        ("get", "fetch one, unless it is here, and say where it lies"),
    ):
        action = actions.add_parser(name, help=about, description=about, allow_abbrev=False)
        if name != "list":
            action.add_argument("name", metavar="NAME", help="a name from `groundup data list`, or hf://OWNER/NAME")
        if name == "get":
            configure_hub(action)
            action.add_argument(
                "--out", type=Path, metavar="DIR", help="copy the files there (nothing there is overwritten)"
            )
        action.add_argument("--json", action="store_true", help="print one JSON object instead")


def run(arguments: argparse.Namespace) -> int:
    """Carry out one of the three."""
    if arguments.action == "list":
        _list(arguments.json)
    elif is_hub_reference(arguments.name):
        (show_hub if arguments.action == "show" else get_hub)(arguments)
    elif arguments.action == "show":
        _show(_found(arguments.name), arguments.json)
    else:
        refuse_hub_options(arguments)
        _get(_found(arguments.name), arguments.out, arguments.json)
    return 0


def _found(name: str) -> DataSet:
    """The catalogue's entry; an error says what else the name may be."""
    from groundup.tasks.made.table import MADE

    if name in MADE:
        raise GroundupError(
            f"{name} is made when a build asks for it, and not fetched. {MADE[name].what}",
            f"Name it in a recipe: task.data: {name}.",
        )
    return find(name)


def _list(as_json: bool) -> None:
    if as_json:
        print_json({"data_sets": [_facts(dataset) for dataset in DATA_SETS]})
        return
    from groundup.tasks.made.table import MADE

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "size", "here", "licence", "origin"):
        table.add_column(column, justify="right" if column == "size" else "left", overflow="fold")
    for dataset in DATA_SETS:
        here = where(dataset) or "no"
        # Of an address the host is enough here; `show` has all of it.
        origin = "\n".join(urlsplit(line).hostname or line for line in _origins(dataset).splitlines())
        table.add_row(dataset.name, megabytes(dataset.size), here, dataset.licence, origin)
    results.print(table, soft_wrap=False)
    results.print("\nFetch one: groundup data get NAME", markup=False)
    results.print(f"Made when a recipe names one as task.data: {', '.join(MADE)}", markup=False)


def _show(dataset: DataSet, as_json: bool) -> None:
    if as_json:
        print_json(_facts(dataset))
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    splits = "\n".join(f"{split.name}: {split.files}, {split.part}" for split in dataset.splits)
    for key, value in (
        ("name", dataset.name),
        ("about", dataset.description),
        ("licence", dataset.licence),
        ("size", megabytes(dataset.size)),
        ("splits", splits),
        ("origin", _origins(dataset)),
        ("SHA-256", "\n".join(f"{file['sha256']}  {file['name']}" for file in _pinned(dataset)) or "none"),
        ("home", dataset.home),
        ("cite", dataset.citation),
        ("here", where(dataset) or "no"),
    ):
        table.add_row(key, value)
    results.print(table, soft_wrap=False)


def _get(dataset: DataSet, out: Path | None, as_json: bool) -> None:
    folder = fetch(dataset.name, terminal_progress())
    if out is not None:
        folder = copy_files(folder, out)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files)
    if as_json:
        facts = {
            "path": str(folder),
            "files": len(files),
            "bytes": size,
            "fingerprint": folder_fingerprint(folder),
        }
        print_json({"name": dataset.name, "licence": dataset.licence, **facts})
        return
    notes.print(f"{dataset.name}: {len(files)} files, {megabytes(size)}; licence: {dataset.licence}", markup=False)
    results.print(str(folder), markup=False)


def _facts(dataset: DataSet) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "description": dataset.description,
        "licence": dataset.licence,
        "bytes": dataset.size,
        "splits": [dataclasses.asdict(split) for split in dataset.splits],
        "origins": [str(origin) for origin in dataset.origins],
        "pins": _pinned(dataset),
        "home": dataset.home,
        "citation": dataset.citation,
        "here": where(dataset),
    }


def _pinned(dataset: DataSet) -> list[dict[str, Any]]:
    files = []
    for origin in dataset.origins:
        files += list(getattr(origin, "files", ())) or [getattr(origin, "file", None)]
    return [dataclasses.asdict(file) for file in files if file is not None]


def _origins(dataset: DataSet) -> str:
    return "\n".join(map(str, dataset.origins)) or "GROUNDUP_MIRROR only"
