"""Data sets that are made by code, from what the package brings or from pinned data sets of the catalogue."""

from groundup.tasks.made.table import MADE
from groundup.tasks.made.what import Made, MadeFiles

__all__ = ["MADE", "Made", "MadeFiles"]
