"""Translation word for word, by a dictionary that IBM's model 1 learns from the pairs.

Model 1 (Brown et al. 1993, aclanthology.org/J93-2003, section 4.1) takes each target word to come from one source
word, or from none, wherever either stands: p(t | s) is found by expectation maximisation,
    c(s, t) = sum over pairs of p(t | s) / sum over the source's words s' of p(t | s'),    p(t | s) <- c(s, t) / c(s).
The order stays the source's, so what is lost to a model is mostly grammar.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from groundup.tasks.baselines.baseline import Baseline, Guesses
from groundup.tasks.examples import Pair

ROUNDS = 6
# Links of a source word with a target word of the same pair: 20 seconds or so, and some 500 MB.
MOST_LINKS = 8_000_000
# Pairs of longer texts are left out: too many words might belong together.
MOST_WORDS = 100

_WORD = re.compile(r"\w+")
# Stands in every source for what no word of it gave rise to.
_NONE = ""

Places = NDArray[np.int64]


def dictionary(train: Sequence[Pair]) -> Baseline:
    """Each word of the source in its most probable translation; unknown words, marks and blanks stay as they are.

    Pairs with a text of more than `MOST_WORDS` words are not learnt from, and beyond `MOST_LINKS` links of words only
    as many pairs as make those, evenly chosen.
    """
    train = _within(train)
    sources = [[_NONE, *_words(pair.source)] for pair in train]
    targets = [_words(pair.target) for pair in train]
    written = _usual_spellings(pair.target for pair in train)
    best = {source: written.get(target, target) for source, target in best_translations(sources, targets).items()}

    def word(match: re.Match[str]) -> str:
        found = best.get(match[0].lower())
        if found is None:
            return match[0]
        is_first = not match.string[: match.start()].strip()
        return found[:1].upper() + found[1:] if is_first and match[0][:1].isupper() else found

    def predict(examples: Sequence[Pair]) -> Guesses:
        return Guesses([_WORD.sub(word, example.source) for example in examples])

    return Baseline(
        "word for word",
        f"Translates each word by itself and keeps the order, with a dictionary of {len(best):,} words learnt from "
        f"{len(train):,} training pairs (IBM model 1).",
        predict,
    )


def best_translations(
    sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]], rounds: int = ROUNDS
) -> dict[str, str]:
    """By source word: the target word t of greatest p(t | s); words of the same place belong together."""
    numbers: tuple[dict[str, int], dict[str, int]] = ({}, {})
    links, slots = _links(sources, targets, *numbers)
    names = tuple(list(table) for table in numbers)
    if not len(links):
        return {}
    kinds, kind = np.unique(links, return_inverse=True)
    source, target = np.divmod(kinds, len(names[1]))
    chance = np.ones(len(kinds))
    for _ in range(rounds):
        weight = chance[kind]
        weight /= np.bincount(slots, weight)[slots]
        counted = np.bincount(kind, weight, minlength=len(kinds))
        chance = counted / np.bincount(source, counted)[source]
    # By source word, the most probable last.
    order = np.lexsort((chance, source))
    last = order[np.append(np.diff(source[order]) > 0, True)]
    return {names[0][s]: names[1][t] for s, t in zip(source[last], target[last], strict=True) if names[0][s] != _NONE}


def _links(
    sources: Sequence[Sequence[str]],
    targets: Sequence[Sequence[str]],
    source_numbers: dict[str, int],
    target_numbers: dict[str, int],
) -> tuple[Places, Places]:
    """Every link of a source word and a target word of one pair: its kind, and the target word's place of all."""
    rows = [
        tuple(
            np.array([numbers.setdefault(word, len(numbers)) for word in words], np.int64)
            for words, numbers in ((source, source_numbers), (target, target_numbers))
        )
        for source, target in zip(sources, targets, strict=True)
    ]
    empty = np.zeros(0, np.int64)
    kinds, slots, first = [empty], [empty], 0
    for source, target in rows:
        kinds.append((source[:, None] * len(target_numbers) + target).ravel())
        slots.append(np.tile(np.arange(first, first + len(target)), len(source)))
        first += len(target)
    return np.concatenate(kinds), np.concatenate(slots)


def _within(train: Sequence[Pair]) -> list[Pair]:
    """The pairs that are not too long, or as many evenly chosen ones as make no more than about `MOST_LINKS` links."""
    sizes = [(len(_words(pair.source)), len(_words(pair.target))) for pair in train]
    kept = [place for place, size in enumerate(sizes) if max(size) <= MOST_WORDS]
    links = sum(sizes[place][0] * sizes[place][1] for place in kept)
    return [train[place] for place in kept[:: max(1, -(-links // MOST_LINKS))]]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _usual_spellings(texts: Iterable[str]) -> dict[str, str]:
    """By word in small letters: how it is mostly written, which its first place in a text tells nothing of."""
    forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for word in _WORD.findall(text)[1:]:
            forms[word.lower()][word] += 1
    return {word: counts.most_common(1)[0][0] for word, counts in forms.items()}
