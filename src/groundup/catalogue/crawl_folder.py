"""The folder of a crawl, as far as those who read its pages must know it; `crawl/run.py` says what else is there."""

from __future__ import annotations

from pathlib import Path

FRONTIER = "frontier.sqlite"
ARCHIVES = "warc"


def pages_of(path: Path) -> Path:
    """Where the documents of a folder lie: those of a crawl in its archives, all others in the folder itself.

    Beside the archives is the crawl's account, which is no text and changes with each run.
    """
    archives = path / ARCHIVES
    return archives if (path / FRONTIER).is_file() and archives.is_dir() else path
