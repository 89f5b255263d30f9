"""Examples in a file that the recipe does not name: read as its own are, as far as the file is of that kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from groundup.tasks.made.table import columns_of
from groundup.tasks.reading.formats import find
from groundup.tasks.reading.rows import Table
from groundup.tasks.settings import Columns, TaskSettings


def for_file(task: TaskSettings, path: Path) -> TaskSettings:
    """The task's settings with the columns that `path` is read by.

    They are the recipe's, those of the data that it had made, or the usual names where a table has none of these, as
    the examples that a run has written down.

    Raises GroundupError where the file cannot be read.
    """
    columns, found = columns_of(task), find(path, task.encoding)
    is_other = isinstance(found, Table) and not set(columns.given().values()) & set(found.names)
    return replace(task, columns=Columns() if is_other else columns)
