"""A tiny model of every family with the objective that it is made for: for these tests and for trust's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tiny_runs import MODEL, SYMBOLS, VOCABULARY, stream, tiny_training

from groundup.objectives.settings import ObjectiveSettings
from groundup.tokens.sentences import SentenceRules
from groundup.training.start import Training

# Every fourth letter ends a sentence, which is then short enough for a row of pairs.
IS_STOP = (np.arange(VOCABULARY) % 4 == 0) & (np.arange(VOCABULARY) >= SYMBOLS.special)
NO, YES = np.zeros(VOCABULARY, dtype=bool), np.ones(VOCABULARY, dtype=bool)
SENTENCES = SentenceRules(
    stops=IS_STOP,
    stops_unspaced=IS_STOP,
    period=NO,
    shortened=NO,
    lines=np.zeros(VOCABULARY, dtype=np.int8),
    blank=NO,
    opens=np.arange(VOCABULARY) >= SYMBOLS.special,
    closing=NO,
    spaced=NO,
    closes_spaced=NO,
    telling=YES,
    small=NO,
)


@dataclass(frozen=True)
class Family:
    """A kind of model and what it learns."""

    model: dict[str, Any]
    objective: dict[str, Any]
    noise: dict[str, Any]
    """What of the model is left to chance while it learns."""
    r_drop: float = 0.0


CAUSAL, MASKED = {"kind": "causal"}, {"kind": "masked"}
ENCODER = {"encoder": ("attention", "glu"), "decoder": ()}
FAMILIES: dict[str, Family] = {
    "decoder": Family({"decoder": ("attention", "glu")}, CAUSAL, {"attention_dropout": 0.1, "stochastic_depth": 0.3}),
    "rnn": Family({"decoder": ("lstm", "glu")}, CAUSAL, {"dropout": 0.2, "locked_dropout": True, "weight_drop": 0.2}),
    "gru": Family({"decoder": ("gru", "glu")}, CAUSAL, {"weight_drop": 0.3, "dropout": 0.1}, r_drop=0.5),
    "mixture": Family(
        {"decoder": ("convolution", "mingru", "attention", "glu")}, CAUSAL, {"dropout": 0.2, "stochastic_depth": 0.2}
    ),
    "masked": Family(ENCODER, MASKED, {"dropout": 0.2}),
    "pairs": Family(
        ENCODER | {"segments": 2},
        MASKED | {"pairs": "sentence_order"},
        {"dropout": 0.1, "attention_dropout": 0.2},
        r_drop=1.0,
    ),
    "masked rnn": Family({"encoder": ("lstm", "glu"), "decoder": ()}, MASKED, {"dropout": 0.2, "locked_dropout": True}),
    "hybrid": Family({"decoder": ("attention", "glu")}, {"kind": "hybrid", "causal_share": 0.3}, {"dropout": 0.2}),
    "prefix": Family({"decoder": ("attention", "glu")}, {"kind": "prefix"}, {"embedding_dropout": 0.2}),
    "detection": Family(ENCODER, {"kind": "detection"}, {"dropout": 0.1}),
    "spans": Family(
        {"encoder": ("attention", "glu"), "decoder": ("attention", "cross", "glu"), "positions": "relative"},
        {"kind": "spans", "smoothing": 0.1},
        {"dropout": 0.1, "stochastic_depth": 0.2},
    ),
    "sequence rnn": Family(
        {"encoder": ("gru",), "decoder": ("gru", "additive"), "residual": False},
        {"kind": "sequence"},
        {"dropout": 0.2, "weight_drop": 0.2},
    ),
    "sentences": Family(
        {"encoder": ("attention", "glu"), "decoder": ("attention", "cross", "glu"), "sentences": 3, "repeats": 2},
        {"kind": "sequence"},
        {"dropout": 0.1},
    ),
}


def family_training(
    draft: Path, name: str, *, is_noisy: bool = False, tokens: int = 36 * 16, **settings: Any
) -> Training:
    """A run of a family in `draft`, like `tiny_training`; `is_noisy`: with all that its dropouts draw."""
    family = FAMILIES[name]
    noise = family.noise if is_noisy else {}
    # Sizes that follow from others are said outright, so that no test moves when a rule does.
    model = replace(MODEL, **{"key_value_heads": 1, "expansion": 4.0} | family.model | noise)
    objective = ObjectiveSettings(**family.objective, r_drop=family.r_drop if is_noisy else 0.0)
    training = tiny_training(draft, model=model, objective=objective, **settings)
    train, validation = stream(tokens, lowest=SYMBOLS.special), stream(300, seed=2, lowest=SYMBOLS.special)
    ends = tuple(np.flatnonzero(IS_STOP).tolist())
    material = replace(training.material, train=train, validation=validation, sentences=SENTENCES, sentence_ends=ends)
    return replace(training, material=material)
