"""Texts from arguments, a file, or standard input."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from groundup.cli.output import notes
from groundup.errors import GroundupError

# Not .tsv: a tab stands between the two texts of a pair, or a question and its passage.
_TABLES = (".csv", ".json", ".jsonl", ".ndjson")


def texts_of(texts: Sequence[str], file: Path | None) -> list[str]:
    """The texts given: the arguments, or the file's lines, or standard input's where it is not a terminal.

    A file's lines are one text each. Nothing given is one empty text.
    """
    if texts and file:
        raise GroundupError("Texts are given both as arguments and by --file.", "Give one of the two.")
    if texts:
        return list(texts)
    if file is not None:
        text = read_text(file)
        if not text:
            raise GroundupError(f"{file} is empty.", "Write one text on each line.")
        if file.suffix.lower() in _TABLES:
            notes.print(
                f"note: {file} is a table by its name, and each of its lines is taken for a text as it is; "
                "texts alone, one a line, are what is wanted",
                markup=False,
            )
        return _lines(text)
    if not sys.stdin.isatty():
        piped = sys.stdin.read()
        return _lines(piped) if piped.strip() else [""]
    return [""]


def _lines(text: str) -> list[str]:
    """The lines of a text. Line feeds alone end them, as in every other tool: Unicode's other ends stand in texts."""
    return text.removesuffix("\n").split("\n")


def read_text(file: Path) -> str:
    """A UTF-8 text file; `-` is standard input."""
    if str(file) == "-":
        return sys.stdin.read()
    try:
        # Not as text, or a carriage return in the middle of a line would end it.
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise GroundupError(
            f"{file} is not UTF-8 text: byte {error.start:,} cannot be read.", "Save it as UTF-8."
        ) from error
    except OSError as error:
        raise GroundupError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from error
