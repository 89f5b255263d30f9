"""How a data set on the Hugging Face hub is named: in one word, wherever a path or a data set's name can stand.

hf://OWNER/NAME[@REVISION][?config=CONFIG&split=SPLIT&files=PATTERN]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from groundup.errors import GroundupError, did_you_mean

SCHEME = "hf://"
DEFAULT_REVISION = "main"
ALL_SPLITS = "all"

# Names on the hub: letters, digits, -, _ and . with no two dots or two hyphens in a row, at most 96 characters.
_NAME = re.compile(r"(?!.*--)[A-Za-z0-9_](?:[A-Za-z0-9_-]|\.(?!\.)){0,95}")
_REVISION = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_/+-]|\.(?!\.)){0,199}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_KEYS = ("config", "split", "files")


@dataclass(frozen=True)
class HubReference:
    """A data set on the hub, at a revision, and which part of it."""

    repository: str
    """OWNER/NAME."""
    revision: str = DEFAULT_REVISION
    """A branch, a tag, or a full commit, which alone cannot move."""
    config: str = ""
    """A subset that the data set's card names; "" for its default."""
    split: str = ""
    """`train`, `test` and the like, or `all`; "" for `train`, where there is more than one."""
    files: tuple[str, ...] = ()
    """Patterns of file names, for what neither card nor names tell apart; empty for all."""

    @classmethod
    def parse(cls, text: str) -> HubReference:
        """The reference that `text` is. Raises GroundupError."""
        place, _, query = text.removeprefix(SCHEME).partition("?")
        name, at, revision = place.partition("@")
        parts = name.removeprefix("datasets/").strip("/").split("/")
        if not text.startswith(SCHEME) or len(parts) != 2 or not all(map(_NAME.fullmatch, parts)):
            raise _wrong(text, "it names no owner and data set")
        if at and not _REVISION.fullmatch(revision):
            raise _wrong(text, f"{revision!r} is no branch, tag or commit")
        pairs = parse_qsl(query, keep_blank_values=True)
        for key, value in pairs:
            if key not in _KEYS:
                raise _wrong(text, f"{key!r} is not known. {did_you_mean(key, _KEYS)}".rstrip("."))
            if not value.strip() or not value.isprintable():
                raise _wrong(text, f"{key} says nothing")
        config, split = (_single(text, pairs, key) for key in ("config", "split"))
        files = tuple(value for key, value in pairs if key == "files")
        return cls("/".join(parts), revision or DEFAULT_REVISION, config, split, files)

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit."""
        return _COMMIT.fullmatch(self.revision) is not None

    @property
    def part(self) -> str:
        """The query that says which part of the data set is meant; "" for the default."""
        pairs = [("config", self.config), ("split", self.split), *(("files", pattern) for pattern in self.files)]
        return urlencode([(key, value) for key, value in pairs if value], safe="*/,[]!", quote_via=quote)

    def __str__(self) -> str:
        revision = "" if self.revision == DEFAULT_REVISION else f"@{self.revision}"
        return f"{SCHEME}{self.repository}{revision}{'?' if self.part else ''}{self.part}"

    @property
    def command(self) -> str:
        """What a user types to fetch it."""
        return f"groundup data get '{self}'"


def is_hub_reference(text: str) -> bool:
    """Whether a reference means the hub."""
    return text.startswith(SCHEME)


def _single(text: str, pairs: list[tuple[str, str]], key: str) -> str:
    values = [value for name, value in pairs if name == key]
    if len(values) > 1:
        raise _wrong(text, f"it has more than one {key}")
    return values[0] if values else ""


def _wrong(text: str, reason: str) -> GroundupError:
    return GroundupError(
        f"{text!r} names no data set on the Hugging Face hub: {reason}.",
        "Write it as hf://OWNER/NAME, hf://OWNER/NAME@REVISION or hf://OWNER/NAME?config=en&split=train.",
    )
