"""What a template was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Arguments:
    """The arguments of one template. Each becomes text when it is asked for, and not before."""

    values: Mapping[str, Callable[[], str]]
    """By name, or by number from "1" on."""
    title: str = ""
    """The title of the page."""
    date: str = ""
    """When the page was written, as `2016-04-22T10:19:33Z`."""
    is_english: bool = True
    """Whether the wiki is in English, so that months may have English names."""

    def get(self, *names: str) -> str:
        """The first of the named arguments that is there and not empty, else ""."""
        for name in names:
            if name in self.values and (text := self.values[name]()):
                return text
        return ""

    def numbered(self) -> list[str]:
        """The arguments without a name, up to the first that is missing."""
        found: list[str] = []
        while (name := str(len(found) + 1)) in self.values:
            found.append(self.values[name]())
        return found

    def is_yes(self, *names: str) -> bool:
        """Whether a switch is on."""
        return self.get(*names).lower() in ("y", "yes", "true", "1", "on")


Rule: TypeAlias = Callable[[Arguments], str | None]
"""Writes a template's text, or gives None where it cannot."""
