"""Beam search over many rows at once: the likeliest texts that a model can be found to write.

A row's beam has `beams` places. A hypothesis that ends keeps its place, so the others have one fewer to compete for,
and a row is done when all of its places are taken (as in Nematus, arXiv 1703.04357). With one place this is greedy
search whatever the length penalty; with as many places as there are texts it tries them all.

As in sampling, all rows march in step from the end of the shortest prompt, none is padded, and what is finished leaves
the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from groundup.decoding.engine import Engine, Sources, marches
from groundup.decoding.settings import BeamSettings, most_tokens
from groundup.errors import GroundupError

# What may follow a hypothesis: (token, its log probability), likeliest first.
Choices = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Hypothesis:
    """One text that was found."""

    tokens: tuple[int, ...]
    """What was written, without the prompt and the end token."""
    log_probability: float
    """Of the tokens and the end token, given the source and the prompt; in nats."""
    score: float
    """The log probability with the length penalty; what texts are ranked by."""
    is_finished: bool
    """It ended by itself; otherwise it was cut where the tokens ran out."""


def beam_search(
    engine: Engine,
    prompts: Sequence[Sequence[int]],
    settings: BeamSettings,
    *,
    end: int,
    sources: Sources | None = None,
) -> list[list[Hypothesis]]:
    """The `n_best` best hypotheses of each row, best first; fewer where there are no more.

    Every text of a row begins with its prompt, whose probability is not counted: for a model with an encoder, which
    needs a source for each row, that is the end token and whatever the text is to begin with. Raises GroundupError for
    an empty prompt.
    """
    if not all(prompts):
        raise GroundupError("A prompt has no tokens.", "Give at least one, such as the end token.")
    found: list[list[Hypothesis]] = [[] for _ in prompts]
    for rows in marches(engine, prompts):
        limits = {row: most_tokens(settings, None if sources is None else len(sources[row])) for row in rows}
        beams = [_Beam(prompts[row], settings, end, limits[row]) for row in rows]
        _march(engine, beams, None if sources is None else [sources[row] for row in rows])
        for row, beam in zip(rows, beams, strict=True):
            found[row] = beam.best
    return found


class _Beam:
    """The hypotheses of one row: those that go on, likeliest first, and those that are done."""

    def __init__(self, prompt: Sequence[int], settings: BeamSettings, end: int, limit: int) -> None:
        """`limit`: most tokens to write."""
        self.prompt, self.settings, self.end, self.limit = prompt, settings, end, limit
        self.open: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
        self.done: list[Hypothesis] = []

    @property
    def best(self) -> list[Hypothesis]:
        """What was found; of equal scores the one that was done first."""
        return sorted(self.done, key=lambda hypothesis: -hypothesis.score)[: self.settings.n_best]

    def grow(self, choices: Sequence[Choices]) -> list[tuple[int, int]]:
        """Let each open hypothesis go on by one of its choices; (its number, token) for each that is open then."""
        length = len(self.open[0][0]) + 1
        candidates = [
            (-log_probability - step, number, token)
            for number, ((_, log_probability), own) in enumerate(zip(self.open, choices, strict=True))
            for token, step in own
            if token != self.end or length > self.settings.minimum_tokens
        ]
        grown: list[tuple[int, int]] = []
        following: list[tuple[tuple[int, ...], float]] = []
        # All are of one length, so the penalty, which is the same for all, has no say yet.
        for against, number, token in sorted(candidates)[: self.settings.beams - len(self.done)]:
            written = self.open[number][0]
            if token == self.end:
                self._close(written, -against, length, is_finished=True)
            elif length == self.limit:
                self._close((*written, token), -against, length, is_finished=False)
            else:
                grown.append((number, token))
                following.append(((*written, token), -against))
        self.open = following
        if self.settings.stop_early and self._is_settled():
            self.open = []
        return grown if self.open else []

    def _close(self, tokens: tuple[int, ...], log_probability: float, length: int, *, is_finished: bool) -> None:
        score = log_probability / self._penalty(length)
        self.done.append(Hypothesis(tokens, log_probability, score, is_finished))

    def _penalty(self, length: int) -> float:
        penalty: float = ((5 + length) / 6) ** self.settings.length_penalty
        return penalty

    def _is_settled(self) -> bool:
        """Nothing that is open can become one of the best.

        Take an open hypothesis of log probability p <= 0. All that it can become has a log probability q <= p, as each
        further token adds a logarithm that is not above 0, and a length n of at most N, the most tokens allowed. The
        penalty c is positive and does not fall with the length. So its score is q / c(n) <= p / c(n) <= p / c(N), the
        last because p is not above 0. Where the last of the best scores at least that much for the likeliest open
        hypothesis, none can rank before it: of equal scores, what was done first is the better.
        """
        if not self.open or len(self.done) < self.settings.n_best:
            return False
        return self.best[-1].score >= self.open[0][1] / self._penalty(self.limit)


def _march(engine: Engine, beams: Sequence[_Beam], sources: Sources | None) -> None:
    """Search until every beam is done."""
    place = min(len(beam.prompt) for beam in beams)
    going = list(beams)
    width = beams[0].settings.beams
    first = torch.tensor([list(beam.prompt[:place]) for beam in beams])
    logits, state = engine.step(first, engine.start(sources))
    while True:
        choices = _choices(logits, width)
        parents: list[int] = []
        tokens: list[int] = []
        passed = 0
        for beam in going:
            own = choices[passed : passed + len(beam.open)]
            # A row that still reads its prompt has one hypothesis, which goes on as it is told.
            grown = [(0, beam.prompt[place])] if place < len(beam.prompt) else beam.grow(own)
            parents += [passed + number for number, _ in grown]
            tokens += [token for _, token in grown]
            passed += len(own)
        going = [beam for beam in going if beam.open]
        if not going:
            return
        if parents != list(range(passed)):
            state = engine.reorder(state, torch.tensor(parents))
        logits, state = engine.step(torch.tensor(tokens)[:, None], state)
        place += 1


def _choices(logits: Tensor, width: int) -> list[Choices]:
    """Logits [N, V] -> what may follow each hypothesis and can matter to a beam of `width`.

    That is the `width` likeliest tokens, and one more in case that the end token is among them and not allowed yet.
    """
    values, tokens = logits.log_softmax(1).topk(min(width + 1, logits.shape[1]))
    return [list(zip(*row, strict=True)) for row in zip(tokens.tolist(), values.tolist(), strict=True)]
