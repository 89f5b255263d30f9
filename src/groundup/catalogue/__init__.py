"""Named data sets: where each comes from, its hash, its licence and its splits."""

from groundup.catalogue.dataset import DataSet
from groundup.catalogue.references import Resolved, fetch, find, resolve, where

__all__ = ["DataSet", "Resolved", "fetch", "find", "resolve", "where"]
