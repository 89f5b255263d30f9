"""The errors a user can cause or meet, each a paragraph that says what was found and what to do next.

Everything else that goes wrong is a defect of ours and keeps its traceback.
"""

from __future__ import annotations

import difflib
import errno
import shutil
from collections.abc import Iterable
from pathlib import Path


class GroundupError(Exception):
    """A mistake the user can mend: `message` says what was found where, `remedy` what to do.

    Commands print it as one paragraph and leave with `exit_code`.
    """

    exit_code = 2

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class DamagedError(GroundupError):
    """A file is not what was written: a flipped bit, a truncation, a missing part."""

    exit_code = 1


class NoRoomError(GroundupError):
    """The disk is full, or will be."""

    exit_code = 1


def no_room(path: Path, needed: int | None = None) -> NoRoomError:
    """The error for a full disk at `path`, with the bytes that are needed (if known) and those left."""
    room = shutil.disk_usage(existing_parent(path)).free
    need = f"{needed / 1e6:,.1f} MB are needed" if needed is not None else "there was no room for more"
    return NoRoomError(
        f"The disk is full at {path}: {need}, {room / 1e6:,.1f} MB are free.",
        "What was saved before is whole. Make room, or choose another --out, and start the same command again.",
    )


def is_disk_full(error: OSError) -> bool:
    """Whether the operating system refused to write for want of room or quota."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def existing_parent(path: Path) -> Path:
    """`path` itself or the nearest folder above it that exists."""
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path


# What is called otherwise elsewhere: said where the name on the right is known and the one on the left is not.
OTHER_NAMES = {
    "albert": "sentence_order",
    "bert": "masked",
    "clm": "causal",
    "electra": "detection",
    "gpt": "causal",
    "gpt2": "causal",
    "mlm": "masked",
    "nsp": "next_sentence",
    "seq2seq": "sequence",
    "sop": "sentence_order",
    "swiglu": "glu",
    "t5": "spans",
}


# Names of files have like endings, so that of two far apart half the letters may be the same.
NEAR_FILE = 0.7


def did_you_mean(word: str, known: Iterable[str], *, cutoff: float = 0.5) -> str:
    """A sentence that suggests the nearest of the `known` words, or lists them when none is near.

    Capitals and punctuation do not count: `GPT-2` is `gpt2`. `cutoff` is how near, from 0 to 1: .5 finds a transposed
    or forgotten letter in short keys without absurd guesses.
    """
    choices = sorted(known)
    # Reversed, so that of words alike the first is suggested.
    plain = {_plain(choice): choice for choice in reversed(choices)}
    meant, otherwise = _plain(word), OTHER_NAMES.get(_plain(word))
    if meant not in plain and otherwise in choices:
        return f"Did you mean {otherwise!r}?"
    near = difflib.get_close_matches(meant, plain, n=1, cutoff=cutoff)
    if near:
        return f"Did you mean {plain[near[0]]!r}?"
    return f"Known here: {', '.join(choices)}." if choices else ""


def _plain(word: str) -> str:
    """The letters and digits of a word, small; the word itself where it has none."""
    return "".join(filter(str.isalnum, word.casefold())) or word
