"""Show and fetch data sets of the Hugging Face hub."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from groundup.catalogue import hub
from groundup.catalogue.hub_choice import is_readable
from groundup.catalogue.hub_listing import list_files
from groundup.catalogue.hub_reference import HubReference
from groundup.cli.data_files import copy_files, megabytes
from groundup.cli.output import notes, print_json, results, terminal_progress
from groundup.errors import GroundupError

_OPTIONS = ("revision", "config", "split", "files", "most")


def configure_hub(parser: argparse.ArgumentParser) -> None:
    """Declare the options that choose a part of a data set of the hub."""
    of_hub = parser.add_argument_group("for hf://OWNER/NAME")
    of_hub.add_argument("--revision", metavar="NAME", help="a branch, a tag or a commit; main by default")
    of_hub.add_argument("--config", metavar="NAME", help="a subset that its card names")
    of_hub.add_argument("--split", metavar="NAME", help="train by default, where there are several; all for all")
    of_hub.add_argument("--files", metavar="PATTERN", action="append", help="files by their path in the repository")
    of_hub.add_argument(
        "--most", metavar="GB", type=float, help=f"fetch no more than this; {hub.MOST / 1e9:.0f} by default"
    )


def refuse_hub_options(arguments: argparse.Namespace) -> None:
    """Raise GroundupError for an option that a data set of the catalogue does not have."""
    for name in _OPTIONS:
        if getattr(arguments, name, None) is not None:
            raise GroundupError(
                f"--{name} is for data sets of the hub, named hf://OWNER/NAME; {arguments.name} is none.",
                "Leave it out.",
            )


def get_hub(arguments: argparse.Namespace) -> None:
    """Fetch a part of a data set, unless it is here, and say where it lies and how a recipe names it."""
    reference = _reference(arguments)
    most = hub.MOST if arguments.most is None else round(arguments.most * 1e9)
    folder = hub.fetch(reference, most=most, progress=terminal_progress())
    out: Path | None = arguments.out
    path = folder.files if out is None else copy_files(folder.files, out)
    files = [file for file in sorted(folder.files.rglob("*")) if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    data = str(folder.pinned(reference))
    if arguments.json:
        print_json(
            {
                "name": folder.repository,
                "licence": folder.licence,
                "commit": folder.commit,
                "data": data,
                "path": str(path),
                "files": len(files),
                "bytes": size,
                "fingerprint": folder.fingerprint,
            }
        )
        return
    licence = folder.licence or "not said by its card"
    notes.print(f"{folder.repository}: {len(files)} files, {megabytes(size)}; licence: {licence}", markup=False)
    notes.print(f"In a recipe: data: {data}", markup=False)
    results.print(str(path), markup=False)


def show_hub(arguments: argparse.Namespace) -> None:
    """What the hub says of a data set, without its files."""
    reference = _reference(arguments)
    listing = list_files(reference)
    files = [file for file in listing.files if is_readable(file.name)]
    folder = hub.find(reference)
    size = sum(file.size for file in files)
    names = [str(one.get("config_name", "default")) for one in listing.configurations]
    here = "" if folder is None else str(folder.files)
    if arguments.json:
        print_json(
            {
                "name": listing.repository,
                "commit": listing.commit,
                "licence": listing.licence,
                "configurations": names,
                "files": len(files),
                "bytes": size,
                "here": here,
            }
        )
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key, value in (
        ("name", listing.repository),
        ("commit", listing.commit),
        ("licence", listing.licence or "not said by its card"),
        ("configurations", ", ".join(names) or "none named"),
        ("files", f"{len(files):,} that a corpus reads, {megabytes(size)}"),
        ("here", here or "no"),
    ):
        table.add_row(key, value)
    results.print(table, soft_wrap=False)


def _reference(arguments: argparse.Namespace) -> HubReference:
    """The data set and the part of it that the words of the command mean together."""
    reference = HubReference.parse(arguments.name)
    given = {name: getattr(arguments, name, None) for name in ("revision", "config", "split")}
    reference = replace(reference, **{name: value for name, value in given.items() if value is not None})
    if files := getattr(arguments, "files", None):
        reference = replace(reference, files=(*reference.files, *files))
    # Once more through the reader: what an option says must be writable in a recipe.
    return HubReference.parse(str(reference))
