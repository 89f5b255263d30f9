"""Text in, text out: texts are encoded, gone on from (or, where a model has an encoder, written of), and decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from groundup.decoding.beam import Hypothesis, beam_search
from groundup.decoding.engine import Engine, Sources
from groundup.decoding.sample import sample
from groundup.decoding.settings import BeamSettings, SamplingSettings


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


@dataclass(frozen=True)
class Written:
    """A text that was drawn, or that beam search found."""

    text: str
    log_probability: float
    """In nats, with the token that ends it."""
    score: float
    """The log probability with the length penalty; what texts are ranked by."""


def write(
    engine: Engine,
    coder: TextCoder,
    prompts: Sequence[str],
    settings: SamplingSettings,
    hear: Callable[[int, str], None] = lambda row, text: None,
    *,
    source_coder: TextCoder | None = None,
) -> list[str]:
    """Continue each prompt; the continuations come without their prompts and without stop texts.

    Where the engine reads sources, the prompts are these, encoded by `source_coder` (None: by `coder`), and what is
    written of each begins a text of its own. `hear(row, text)` is told of new text as soon as it is certain: never half
    a character, never what may turn out to be the beginning of a stop text.
    """
    return [written.text for written in write_weighed(engine, coder, prompts, settings, hear, source_coder)]


def write_weighed(
    engine: Engine,
    coder: TextCoder,
    prompts: Sequence[str],
    settings: SamplingSettings,
    hear: Callable[[int, str], None] = lambda row, text: None,
    source_coder: TextCoder | None = None,
) -> list[Written]:
    """As `write`, and how likely each text was to the model before the settings' rules, which is its score too."""
    ids, sources = _given(engine, coder, prompts, source_coder)
    weights = [0.0] * len(prompts)

    def weigh(row: int, log_probability: float) -> None:
        weights[row] += log_probability

    rows = [_Row(settings.stop, partial(hear, row)) for row in range(len(prompts))]
    # Told apart only after decoding: some tokenizers treat the first token of a text unlike the others.
    begins = [len(coder.decode(prompt)) for prompt in ids]

    def is_finished(row: int, written: list[int]) -> bool:
        return rows[row].take(coder.decode([*ids[row], *written])[begins[row] :])

    drawing = sample(engine, ids, settings, end=coder.end, is_finished=is_finished, weigh=weigh, sources=sources)
    for _ in drawing:
        pass
    return [Written(row.close(), weight, weight) for row, weight in zip(rows, weights, strict=True)]


def write_best(
    engine: Engine,
    coder: TextCoder,
    prompts: Sequence[str],
    settings: BeamSettings,
    *,
    source_coder: TextCoder | None = None,
) -> list[list[Written]]:
    """The best continuations of each prompt (or the best texts of each source, as in `write`), best first."""
    ids, sources = _given(engine, coder, prompts, source_coder)
    found = beam_search(engine, ids, settings, end=coder.end, sources=sources)

    def written(prompt: Sequence[int], hypothesis: Hypothesis) -> Written:
        text = coder.decode([*prompt, *hypothesis.tokens])[len(coder.decode(prompt)) :]
        return Written(whole(text), hypothesis.log_probability, hypothesis.score)

    return [
        [written(prompt, hypothesis) for hypothesis in hypotheses]
        for prompt, hypotheses in zip(ids, found, strict=True)
    ]


def reader_of(engine: Engine, coder: TextCoder, source_coder: TextCoder | None) -> TextCoder:
    """Who encodes what is given: `source_coder`, where there is one and the engine reads sources."""
    return source_coder if engine.reads_sources and source_coder is not None else coder


def _given(
    engine: Engine, coder: TextCoder, texts: Sequence[str], source_coder: TextCoder | None
) -> tuple[list[list[int]], Sources | None]:
    """The token ids that each row begins with, and the sources, where there are any."""
    reader = reader_of(engine, coder, source_coder)
    ids = [reader.encode(text) for text in texts]
    # A document's beginning looks like the end of the one before it.
    if not engine.reads_sources:
        return [row or [coder.end] for row in ids], None
    return [[coder.end] for _ in texts], [as_source(row, reader.end, is_closed=engine.ends_sources) for row in ids]


def as_source(ids: list[int], end: int, *, is_closed: bool) -> list[int]:
    """A text's ids as a source: with the end token behind them, if that is how sources are read or it is empty."""
    return [*ids, end] if is_closed or not ids else ids


class _Row:
    """The text of one row so far and how much of it was told."""

    def __init__(self, stops: tuple[str, ...], tell: Callable[[str], None]) -> None:
        self.stops, self.tell = stops, tell
        self.text, self.told = "", 0

    def take(self, text: str) -> bool:
        """Receive the whole text again, longer by a token; True ends the row."""
        found = [place for place in map(text.find, self.stops) if place >= 0]
        self.text = whole(text[: min(found, default=None)])
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


def whole(text: str) -> str:
    """`text` without a half character: a replacement character at the end stands for bytes that lack the rest."""
    return text.rstrip("\ufffd")
