"""Texts from arguments, a file, or standard input."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from groundup.errors import GroundupError


def texts_of(texts: Sequence[str], file: Path | None) -> list[str]:
    """The texts given: the arguments, or the file's lines, or standard input's where it is not a terminal.

    A file's lines are one text each. Nothing given is one empty text.
    """
    if texts and file:
        raise GroundupError("Texts are given both as arguments and by --file.", "Give one of the two.")
    if texts:
        return list(texts)
    if file is not None:
        lines = read_text(file).splitlines()
        if not lines:
            raise GroundupError(f"{file} is empty.", "Write one text on each line.")
        return lines
    if not sys.stdin.isatty():
        piped = sys.stdin.read()
        return piped.splitlines() if piped.strip() else [""]
    return [""]


def read_text(file: Path) -> str:
    """A UTF-8 text file; `-` is standard input."""
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise GroundupError(
            f"{file} is not UTF-8 text: byte {error.start:,} cannot be read.", "Save it as UTF-8."
        ) from error
    except OSError as error:
        raise GroundupError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from error
