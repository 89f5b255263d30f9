"""Every key of a recipe: its type, its default and what it means."""

from __future__ import annotations

import argparse
import textwrap

from rich.text import Text

from groundup.cli.output import print_json, results
from groundup.errors import GroundupError
from groundup.recipe.recipe import Recipe
from groundup.recipe.schema import Row, json_schema, key_table

EXAMPLES = (
    "groundup schema",
    "groundup schema pretrain",
    "groundup schema pretrain.budget",
    "groundup schema --json > recipe.schema.json",
)

# A line of documentation longer than this is hard to read however wide the window is.
WIDEST = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the section to show and the choice of a JSON schema."""
    parser.add_argument(
        "section", nargs="?", default="", metavar="SECTION", help="only this section or key, such as pretrain"
    )
    parser.add_argument(
        "--json", action="store_true", help="print a JSON schema, which editors check and complete recipes by"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the keys, or their JSON schema."""
    if arguments.json:
        print_json(json_schema(Recipe, arguments.section))
        return 0
    for row in _rows(arguments.section):
        _print(row)
    return 0


def _rows(section: str) -> list[Row]:
    from groundup.cli.main import COMMANDS

    try:
        return key_table(Recipe, section)
    except GroundupError as error:
        if section not in COMMANDS:
            raise
        remedy = f"It is a command, with options of its own. See: groundup {section} --help"
        raise GroundupError(f"A recipe has no key {section!r}.", remedy) from error


def _print(row: Row) -> None:
    # Documentation goes below its key: beside three other columns it would be a dozen letters wide.
    default = row.default if row.default == "required" else f"default {row.default}"
    results.print(Text.assemble((row.key, "bold"), "  ", (row.type, "cyan"), "  ", (default, "green")))
    width = min(results.width, WIDEST)
    about = textwrap.fill(row.documentation, width, initial_indent="    ", subsequent_indent="    ")
    results.print(about, markup=False)
