"""How text is drawn from a model's probabilities."""

from __future__ import annotations

from dataclasses import dataclass, replace

from groundup.settings import require


def fitting(settings: SamplingSettings, longest: int | None, prompt: int) -> SamplingSettings:
    """`settings` for a model that can hold `longest` positions (None: any number), behind `prompt` tokens."""
    if longest is None:
        return settings
    return replace(settings, tokens=max(1, min(settings.tokens, longest - prompt)))


@dataclass(frozen=True)
class SamplingSettings:
    """The rules of one sampling; they are applied in the order of the fields."""

    tokens: int = 200
    """Most tokens to write."""
    repetition_penalty: float = 1.0
    """Divide the logits of tokens already there by this (multiply where negative; arXiv 1909.05858); 1: off."""
    temperature: float = 0.8
    """Below 1 sharpens, above 1 flattens the probabilities; 0 always takes the likeliest token."""
    top_k: int = 0
    """Draw from the k likeliest tokens only (arXiv 1805.04833); 0: from all."""
    top_p: float = 1.0
    """Draw from the fewest tokens that hold this share of the probability (arXiv 1904.09751)."""
    min_p: float = 0.0
    """Drop tokens less likely than this share of the likeliest (arXiv 2407.01082)."""
    stop: tuple[str, ...] = ()
    """End at the first of these texts, which is not part of what is returned."""
    seed: int = 1
    """The same seed, prompt and settings write the same text."""

    def __post_init__(self) -> None:
        require(self.tokens >= 1, "tokens", "tokens must be 1 or more.")
        require(self.repetition_penalty > 0, "repetition_penalty", "repetition_penalty must be positive.")
        require(self.temperature >= 0, "temperature", "temperature must be 0 or more.")
        require(self.top_k >= 0, "top_k", "top_k must be 0 (off) or more.")
        require(0 < self.top_p <= 1, "top_p", "top_p is a share: above 0, at most 1.")
        require(0 <= self.min_p < 1, "min_p", "min_p is a share: 0 or more and below 1.")
        require(self.seed >= 0, "seed", "seed must be 0 or more.")
        require(all(self.stop), "stop", "an empty stop text would end every answer at once.")


# What is written of a short source may be longer by this many tokens than `tokens_per_source_token` says.
SLACK = 10


def most_tokens(settings: BeamSettings, source: int | None) -> int:
    """How many tokens may be written of a source of so many tokens; None: there is none."""
    if source is None or not settings.tokens_per_source_token:
        return settings.tokens
    enough = int(settings.tokens_per_source_token * source) + SLACK
    return min(settings.tokens, max(settings.minimum_tokens, enough))


@dataclass(frozen=True)
class BeamSettings:
    """How the likeliest texts are searched for; one beam is greedy search."""

    beams: int = 4
    """Hypotheses of a row that are followed at once, finished ones included."""
    n_best: int = 1
    """Texts to return of a row, best first."""
    tokens: int = 200
    """Most tokens to write, the end token included; what has not ended by then is cut and counts as it is."""
    tokens_per_source_token: float = 2.0
    """Where texts are written of sources: most tokens to write for each token of the source, and 10 more, if that is
    fewer than `tokens`; so that a search which finds no end does not hold up the others. 0: off."""
    minimum_tokens: int = 0
    """Fewest tokens to write before the end token."""
    length_penalty: float = 0.0
    """A text's score is its log probability / ((5 + n) / 6) ^ this, for n tokens with the end token (arXiv 1609.08144,
    equation 14). 0 prefers the likeliest text, which is often a short one; .6 to 1 suits translation."""
    stop_early: bool = True
    """Leave a row as soon as nothing that is still open can change its result, which is the same either way."""

    def __post_init__(self) -> None:
        require(self.beams >= 1, "beams", "beams must be 1 or more.")
        require(self.tokens >= 1, "tokens", "tokens must be 1 or more.")
        require(
            1 <= self.n_best <= self.beams,
            "n_best",
            f"n_best must be 1 or more and at most the number of beams, which is {self.beams}.",
        )
        require(
            0 <= self.tokens_per_source_token < float("inf"),
            "tokens_per_source_token",
            "tokens_per_source_token must be 0 (off) or more.",
        )
        require(
            0 <= self.minimum_tokens <= self.tokens,
            "minimum_tokens",
            f"minimum_tokens must be 0 or more and at most tokens, which is {self.tokens}.",
        )
        # Below 0 it would favour short texts, and the early stop's bound would not hold.
        require(0 <= self.length_penalty < float("inf"), "length_penalty", "length_penalty must be 0 (off) or more.")
