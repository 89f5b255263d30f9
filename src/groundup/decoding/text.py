"""Text in, text out: prompts are encoded, sampled from, decoded, and cut at stop texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
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
    rows = [_Row(settings.stop, partial(hear, row)) for row in range(len(prompts))]
    # Told apart only after decoding: some tokenizers treat the first token of a text unlike the others.
    begins = [len(coder.decode(prompt)) for prompt in ids]

    def is_finished(row: int, written: list[int]) -> bool:
        return rows[row].take(coder.decode([*ids[row], *written])[begins[row] :])

    for _ in sample(engine, ids, settings, end=coder.end, is_finished=is_finished):
        pass
    return [row.close() for row in rows]


class _Row:
    """The text of one row so far and how much of it was told."""

    def __init__(self, stops: tuple[str, ...], tell: Callable[[str], None]) -> None:
        self.stops, self.tell = stops, tell
        self.text, self.told = "", 0

    def take(self, text: str) -> bool:
        """Receive the whole text again, longer by a token; True ends the row."""
        found = [place for place in map(text.find, self.stops) if place >= 0]
        self.text = _whole(text[: min(found, default=None)])
        if not found:
            self._tell(len(self.text) - self._doubtful())
        return bool(found)

    def close(self) -> str:
        """Tell the rest and return the whole."""
        self._tell(len(self.text))
        return self.text

    def _tell(self, until: int) -> None:
        if until > self.told:
            self.tell(self.text[self.told : until])
            self.told = until

    def _doubtful(self) -> int:
        """How many characters at the end may be the beginning of a stop text."""
        beginnings = (stop[:length] for stop in self.stops for length in range(1, len(stop)))
        return max((len(part) for part in beginnings if self.text.endswith(part)), default=0)


def _whole(text: str) -> str:
    """`text` without a half character: a replacement character at the end stands for bytes that lack the rest."""
    return text.rstrip("\ufffd")
