"""Sampling with a cache, many prompts at once.

All rows march in step from the end of the shortest prompt; a row whose prompt is longer is fed its own tokens until
they are used up. No row is padded, so each gets what it would get alone; and each draws from a random stream of its
prompt's own, so its text does not depend on its company.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from groundup.decoding.engine import Engine, Sources, marches
from groundup.decoding.filters import draw, probabilities
from groundup.decoding.settings import SamplingSettings
from groundup.errors import GroundupError

IsFinished = Callable[[int, list[int]], bool]


def sample(
    engine: Engine,
    prompts: Sequence[Sequence[int]],
    settings: SamplingSettings,
    *,
    end: int,
    is_finished: IsFinished = lambda row, written: False,
    weigh: Callable[[int, float], None] | None = None,
    sources: Sources | None = None,
) -> Iterator[tuple[int, int]]:
    """Yield (row, token) as text is written; the `end` token ends a row and is not yielded.

    `is_finished(row, written)` is asked after every token and may end the row. `weigh(row, log probability)` is told
    what the model, before any of the settings' rules, gave each token that was drawn, the end token among them. A model
    with an encoder needs a source for each row. Raises GroundupError for an empty prompt.
    """
    if not all(prompts):
        raise GroundupError("A prompt has no tokens.", "Give at least one, such as the end token.")
    streams = _streams(prompts, sources, settings.seed)
    for rows in marches(engine, prompts):
        yield from _march(engine, prompts, settings, end, is_finished, weigh, sources, rows, streams)


def _march(
    engine: Engine,
    prompts: Sequence[Sequence[int]],
    settings: SamplingSettings,
    end: int,
    is_finished: IsFinished,
    weigh: Callable[[int, float], None] | None,
    sources: Sources | None,
    rows: list[int],
    streams: Sequence[np.random.Generator],
) -> Iterator[tuple[int, int]]:
    """Sample some of the rows, together."""
    written: dict[int, list[int]] = {row: [] for row in rows}
    place = min(len(prompts[row]) for row in rows)
    state = engine.start(None if sources is None else [sources[row] for row in rows])
    logits, state = engine.step(torch.tensor([list(prompts[row][:place]) for row in rows]), state)
    seen = torch.zeros(logits.shape, dtype=torch.bool, device=logits.device)
    for index, row in enumerate(rows):
        seen[index, list(prompts[row])] = True
    while True:
        # A row still reading its prompt draws nothing: its stream begins with its first own token.
        numbers = [0.0 if place < len(prompts[row]) else streams[row].random() for row in rows]
        uniform = torch.tensor(numbers, dtype=torch.float64, device=logits.device)
        chosen = draw(probabilities(logits, seen, settings), uniform)
        drawn, weights = chosen.tolist(), [] if weigh is None else _weights(logits, chosen)
        tokens, staying = [], []
        for index, row in enumerate(rows):
            is_prompt = place < len(prompts[row])
            token = prompts[row][place] if is_prompt else drawn[index]
            if not is_prompt:
                if weigh is not None:
                    weigh(row, weights[index])
                if token == end:
                    continue
                written[row].append(token)
                yield row, token
                if is_finished(row, written[row]) or len(written[row]) >= settings.tokens:
                    continue
            tokens.append(token)
            staying.append(index)
        if not staying:
            return
        if len(staying) < len(rows):
            kept = torch.tensor(staying)
            state, seen = engine.reorder(state, kept), seen[kept.to(seen.device)]
            rows = [rows[index] for index in staying]
        step = torch.tensor(tokens)[:, None]
        seen.scatter_(1, step.to(seen.device), True)
        logits, state = engine.step(step, state)
        place += 1


def _weights(logits: Tensor, tokens: Tensor) -> list[float]:
    """The log probabilities of one token a row: logits [B, V], tokens [B]."""
    weights: list[float] = logits.log_softmax(1).gather(1, tokens[:, None])[:, 0].tolist()
    return weights


def _streams(prompts: Sequence[Sequence[int]], sources: Sources | None, seed: int) -> list[np.random.Generator]:
    """A random stream a row from (seed, source and prompt); rows alike get different ones, the first as if alone."""
    streams, met = [], Counter[tuple[tuple[int, ...], tuple[int, ...]]]()
    for source, prompt in zip(sources or [()] * len(prompts), prompts, strict=True):
        given = (tuple(source), tuple(prompt))
        streams.append(np.random.default_rng([seed, met[given], *source, *prompt]))
        met[given] += 1
    return streams
