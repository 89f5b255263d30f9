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

from groundup.decoding.engine import Engine
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
) -> Iterator[tuple[int, int]]:
    """Yield (row, token) as text is written; the `end` token ends a row and is not yielded.

    `is_finished(row, written)` is asked after every token and may end the row. Raises GroundupError for an
    empty prompt.
    """
    if not all(prompts):
        raise GroundupError("A prompt has no tokens.", "Give at least one, such as the end token.")
    rows = list(range(len(prompts)))
    written: list[list[int]] = [[] for _ in prompts]
    streams = _streams(prompts, settings.seed)
    shortest = min(map(len, prompts), default=0)
    if not rows:
        return
    logits, state = engine.step(torch.tensor([list(prompt[:shortest]) for prompt in prompts]), engine.start())
    place = shortest
    seen = torch.zeros(logits.shape, dtype=torch.bool, device=logits.device)
    for row, prompt in enumerate(prompts):
        seen[row, list(prompt)] = True
    while True:
        # A row still reading its prompt draws nothing: its stream begins with its first own token.
        numbers = [0.0 if place < len(prompts[row]) else streams[row].random() for row in rows]
        uniform = torch.tensor(numbers, dtype=torch.float64, device=logits.device)
        drawn = draw(probabilities(logits, seen, settings), uniform).tolist()
        tokens, staying = [], []
        for index, row in enumerate(rows):
            is_prompt = place < len(prompts[row])
            token = prompts[row][place] if is_prompt else drawn[index]
            if not is_prompt:
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
            chosen = torch.tensor(staying)
            state, seen = engine.reorder(state, chosen), seen[chosen.to(seen.device)]
            rows = [rows[index] for index in staying]
        step = torch.tensor(tokens)[:, None]
        seen.scatter_(1, step.to(seen.device), True)
        logits, state = engine.step(step, state)
        place += 1


def _streams(prompts: Sequence[Sequence[int]], seed: int) -> list[np.random.Generator]:
    """A random stream a row from (seed, prompt); prompts that are alike get different ones, the first as if alone."""
    streams, met = [], Counter[tuple[int, ...]]()
    for prompt in map(tuple, prompts):
        streams.append(np.random.default_rng([seed, met[prompt], *prompt]))
        met[prompt] += 1
    return streams
