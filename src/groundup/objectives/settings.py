"""What a model is asked to learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from groundup.settings import require

# Objectives whose models go on writing where a text stops.
WRITING = ("causal", "prefix", "hybrid", "sequence")


@dataclass(frozen=True)
class ObjectiveSettings:
    """An objective and its dials; dials of other kinds are ignored."""

    kind: Literal["causal", "masked", "prefix", "spans", "hybrid", "detection", "sequence", "labels"] = "causal"
    """causal: the next token. masked: tokens hidden in a text seen whole (BERT, arXiv 1810.04805). prefix: the next
    token behind a beginning that is seen whole (arXiv 1804.10198). spans: what was taken out, written by a decoder (T5,
    arXiv 1910.10683). hybrid: causal and masked next tokens by one model (GPT-BERT, arXiv 2410.24159). detection: which
    tokens a small generator replaced (ELECTRA, arXiv 2003.10555). sequence: a decoder goes on where the encoder's part
    of the text ends. labels: what people said of texts, or where an answer stands; for fine-tuning alone."""
    pairs: Literal["none", "next_sentence", "sentence_order", "cloze"] = "none"
    """With masked: rows of two texts, and whether the second follows the first (BERT) or the two were swapped (ALBERT,
    arXiv 1909.11942), learned beside the masks. cloze: a sentence with most words left out and a hole where some of
    them stood, before the passage it was taken from, and where in it stands what fills the hole (arXiv 1906.04980): for
    a task of questions whose answers are spans."""
    mask_rate: float = 0.3
    """masked, hybrid, detection: share of tokens that is hidden at the beginning of a run."""
    mask_rate_end: float = 0.15
    """The share at its end. It changes linearly (arXiv 2410.24159); with a trapezoid from where the rates begin to
    fall, for the end of a run on the clock is not known before."""
    mask_unit: Literal["tokens", "words", "spans"] = "spans"
    """Hide single tokens, whole words, or spans of 1 to `mask_words` whole words (arXiv 1907.10529)."""
    mask_words: int = 3
    """Most words in one masked span."""
    replacement: Literal["mixed", "mask"] = "mixed"
    """Hidden tokens become: mixed, the mask token in 80 of 100 cases, a random token in 10 and themselves in 10 (BERT);
    mask, always the mask token, as always in detection."""
    noise: float = 0.15
    """spans: share of tokens taken out."""
    noise_span: float = 3.0
    """spans: their mean length in tokens."""
    causal_share: float = 0.0625
    """hybrid: share of rows that are read causally; the others predict masked next tokens."""
    generator: float = 0.25
    """detection: width of the generator, as a share of the model's; it is as deep (arXiv 2003.10555, section 3.2)."""
    detection_weight: float = 50.0
    """detection: what the detector's loss counts beside the generator's."""
    smoothing: float = 0.0
    """Share of each token target spread over the vocabulary (arXiv 1512.00567); .1 suits sequence to sequence."""
    label_smoothing: float = 0.0
    """The same for the labels of heads (sentence pairs, detection, labelled texts; not spans); in training alone."""
    r_drop: float = 0.0
    """Weight of the difference between two passes with different dropout (R-Drop, arXiv 2106.14448); 0: one pass."""
    token_dropout: float = 0.0
    """labels: share of tokens hidden under the mask in training alone, so that none is leant on too much (word dropout,
    aclanthology P15-1162, which leaves them out)."""
    bpe_dropout: float = 0.0
    """Chance that a merge of a bpe tokenizer is left out while training (arXiv 1910.13267); 0: never."""

    def __post_init__(self) -> None:
        require(
            self.pairs == "none" or self.kind == "masked",
            "pairs",
            f"sentence pairs are learned beside masks: set kind to masked, or pairs to none (kind is {self.kind}).",
        )
        for name in ("mask_rate", "mask_rate_end", "noise"):
            require(0 < getattr(self, name) < 1, name, f"{name} is a share: above 0 and below 1.")
        require(self.mask_words >= 1, "mask_words", "mask_words must be 1 or more.")
        require(1 <= self.noise_span <= 100, "noise_span", "noise_span must lie between 1 and 100 tokens.")
        require(0 < self.causal_share < 1, "causal_share", "causal_share is a share: above 0 and below 1.")
        require(0 < self.generator <= 1, "generator", "generator is a share of the model: above 0, at most 1.")
        require(self.detection_weight > 0, "detection_weight", "detection_weight must be positive.")
        for name in ("smoothing", "label_smoothing", "token_dropout", "bpe_dropout"):
            require(0 <= getattr(self, name) < 1, name, f"{name} is a share: 0 or more and below 1.")
        require(
            self.bpe_dropout == 0 or self.pairs == "none",
            "bpe_dropout",
            "pairs of sentences are taken as they are cut once: set bpe_dropout to 0, or pairs to none.",
        )
        require(self.r_drop >= 0, "r_drop", "r_drop must be 0 (off) or positive.")
        require(
            self.r_drop == 0 or self.kind != "detection",
            "r_drop",
            "two passes of a generator draw different tokens, of which they need not agree: set r_drop to 0.",
        )


def writes(kind: str) -> bool:
    """Whether a model of this kind of objective can write text."""
    return kind in WRITING


def sees_prompts_whole(kind: str) -> bool:
    """Whether a model of this kind of objective looks at a prompt from all sides before it goes on."""
    return kind == "prefix"
