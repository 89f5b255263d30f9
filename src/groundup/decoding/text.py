"""Text in, text out: prompts are encoded, sampled from, decoded, and cut at stop texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from groundup.decoding.engine import Engine
from groundup.decoding.sample import sample
from groundup.decoding.settings import SamplingSettings


class TextCoder(Protocol):
    """What is needed of a tokenizer here."""

    @property
    def vocabulary(self) -> int:
        """Number of token ids."""

    @property
    def end(self) -> int:
        """The token that ends a document."""

    def encode(self, text: str) -> list[int]:
        """Token ids of a text."""

    def decode(self, ids: Sequence[int]) -> str:
        """Text of token ids."""


def write(
    engine: Engine,
    coder: TextCoder,
    prompts: Sequence[str],
    settings: SamplingSettings,
    hear: Callable[[int, str], None] = lambda row, text: None,
) -> list[str]:
    """Continue each prompt; the continuations come without their prompts and without stop texts.

    `hear(row, text)` is told of new text as soon as it is certain: never half a character, never what may turn out
    to be the beginning of a stop text.
    """
    # A document's beginning looks like the end of the one before it.
    ids = [coder.encode(prompt) or [coder.end] for prompt in prompts]
    rows = [_Row(settings.stop, lambda text, row=row: hear(row, text)) for row in range(len(prompts))]  # type: ignore[misc]

    def is_finished(row: int, written: list[int]) -> bool:
        return rows[row].take(_continuation(coder, ids[row], written))

    for _ in sample(engine, ids, settings, end=coder.end, is_finished=is_finished):
        pass
    return [row.close() for row in rows]


def _continuation(coder: TextCoder, prompt: list[int], written: list[int]) -> str:
    """Text of `written` as it reads after the prompt; some tokenizers treat the first token of a text apart."""
    before = coder.decode(prompt)
    return coder.decode([*prompt, *written])[len(before) :]


class _Row:
    """The text of one row so far and how much of it was told."""

    def __init__(self, stops: tuple[str, ...], tell: Callable[[str], None]) -> None:
        self.stops, self.tell = stops, tell
        self.text, self.told, self.is_stopped = "", 0, False

    def take(self, text: str) -> bool:
        """Receive the whole text again, longer by a token; True ends the row."""
        self.text = text
        found = [place for place in map(text.find, self.stops) if place >= 0]
        if found:
            self.text, self.is_stopped = text[: min(found)], True
        else:
            self._tell(self._certain())
        return self.is_stopped

    def close(self) -> str:
        self._tell(len(self.text))
        return self.text

    def _tell(self, until: int) -> None:
        if until > self.told:
            self.tell(self.text[self.told : until])
            self.told = until

    def _certain(self) -> int:
        # A replacement character at the end may be the first bytes of a character still to come.
        until = len(self.text.rstrip("\ufffd"))
        for stop in self.stops:
            for length in range(min(len(stop) - 1, len(self.text)), 0, -1):
                if self.text.endswith(stop[:length]):
                    until = min(until, len(self.text) - length)
                    break
        return until
