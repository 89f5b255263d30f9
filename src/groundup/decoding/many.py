"""Thousands of texts at once: cut into batches of like length, written, and put back into the order they came in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groundup.decoding.engine import Engine
from groundup.decoding.settings import BeamSettings, SamplingSettings
from groundup.decoding.text import TextCoder, Written, reader_of, write_best, write_weighed
from groundup.progress import SILENT, Progress

TOKENS_AT_ONCE = 8192
"""Tokens of a batch, each counted once a beam."""


def write_many(
    engine: Engine,
    coder: TextCoder,
    texts: Sequence[str],
    settings: BeamSettings | SamplingSettings,
    *,
    tokens_at_once: int = TOKENS_AT_ONCE,
    progress: Progress = SILENT,
    source_coder: TextCoder | None = None,
) -> list[list[Written]]:
    """What is written of each text (source or prompt), best first: what each would get alone, in the order of `texts`.

    Sampling gives one text of each. Texts that read alike are written once, and so alike. A batch holds so many texts
    that the longest one's tokens, times the texts, times the beams, are at most `tokens_at_once`, or one text; of an
    engine that reads no sources, the tokens to be written count with the prompt's. `progress` counts texts.
    """
    reader = reader_of(engine, coder, source_coder)
    read = [tuple(reader.encode(text)) for text in texts]
    alike = dict(zip(read, texts, strict=True))
    beams = settings.beams if isinstance(settings, BeamSettings) else 1
    more = 0 if engine.reads_sources else settings.tokens
    found: dict[tuple[int, ...], list[Written]] = {}
    progress("write", 0, len(alike))
    for batch in _batches(sorted(alike, key=len), more, tokens_at_once // beams):
        own = [alike[ids] for ids in batch]
        if isinstance(settings, BeamSettings):
            written = write_best(engine, coder, own, settings, source_coder=source_coder)
        else:
            drawn = write_weighed(engine, coder, own, settings, source_coder=source_coder)
            written = [[text] for text in drawn]
        found.update(zip(batch, written, strict=True))
        progress("write", len(found), len(alike))
    return [found[ids] for ids in read]


def _batches(rows: Sequence[tuple[int, ...]], more: int, tokens: int) -> Iterator[list[tuple[int, ...]]]:
    """`rows`, from short to long, in batches of at most `tokens` positions, where each row takes `more` than it has."""
    batch: list[tuple[int, ...]] = []
    for row in rows:
        if batch and (len(row) + more) * (len(batch) + 1) > tokens:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
