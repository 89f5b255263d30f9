"""Back-translation: texts that exist in the target language only get sources from a model of the other direction.

The target stays what a person wrote; only what is read is a machine's (Sennrich, Haddow and Birch, arXiv 1511.06709).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from groundup.progress import SILENT, Progress
from groundup.tasks.examples import Pair
from groundup.tasks.overlap import digest

# What the ids of written pairs begin with.
ORIGIN = "back:"
TAG = "<BT>"


def back_translate(
    texts: Iterable[str],
    write: Callable[[Sequence[str]], list[str]],
    *,
    name: str,
    batch: int = 64,
    done: int = 0,
    progress: Progress = SILENT,
) -> Iterator[Pair]:
    """A pair for each text, in their order: the text is its target, and its source is what `write` makes of it.

    `write` translates up to `batch` texts from the target language into the source language. Pair N, from 1, has the
    id `back:NAME#N`. To go on where an earlier run stopped, give the same texts and batch, and as `done` the number
    of pairs it left: the batch that was under way is written again as a whole, so a source never depends on where the
    run was cut. Blank texts are not given to `write`; their source is blank too, for the gate to drop on the record.
    """
    assert batch >= 1
    assert done >= 0
    first = done - done % batch
    remaining = islice(texts, first, None)
    number = first
    while some := list(islice(remaining, batch)):
        there = [text for text in some if text.strip()]
        written = iter(_written(there, write))
        for text in some:
            number += 1
            source = next(written) if text.strip() else ""
            if number > done:
                yield Pair(f"{ORIGIN}{name}#{number}", source, text)
        progress("translating back, in texts", number)


def tagged(pairs: Iterable[Pair], tag: str = TAG) -> Iterator[Pair]:
    """The pairs with `tag` and a blank before each source.

    A model can tell them by it from pairs of which people wrote both sides (Caswell, Chelba and Grangier 2019, arXiv
    1906.06442). Tag behind the gate, or it would measure the tag. The tag is text like any other and no special token:
    these are never made of text, and all that it has to do is stand there.
    """
    return (Pair(pair.id, f"{tag} {pair.source}", pair.target) for pair in pairs)


@dataclass(frozen=True)
class Choice:
    """The texts that are worth translating, and why the others are not."""

    texts: tuple[str, ...]
    left_out: Mapping[str, int]
    """Reason -> how many."""


def chosen(
    texts: Iterable[str],
    held_out: Iterable[str],
    *,
    is_too_long: Callable[[str], bool] = lambda text: False,
    limit: int | None = None,
) -> Choice:
    """The first `limit` texts that are fit for it, in their order, each once.

    Left out are blank texts, those that came before, targets that are `held_out` to measure on and to be judged by, of
    which a model would know the answers, and what `is_too_long` for the model that translates. Behind the limit there
    is no more than counting.
    """
    seen, known = set[bytes](), {digest(text) for text in held_out}
    kept: list[str] = []
    left_out = Counter[str]()
    for text in texts:
        mark = digest(text)
        if limit is not None and len(kept) == limit:
            reason = "beyond the limit"
        elif not text.strip():
            reason = "blank"
        elif mark in seen:
            reason = "seen before"
        elif mark in known:
            reason = "held out"
        elif is_too_long(text):
            reason = "too long"
        else:
            kept.append(text)
            reason = ""
        seen.add(mark)
        if reason:
            left_out[reason] += 1
    return Choice(tuple(kept), dict(left_out))


def likeness(texts: Iterable[str], others: Iterable[str]) -> float:
    """The share of the texts' runs of three characters that `others` have too, which one language has in common.

    It needs no word to be known and no list of languages: of 500 German captions .98 are in 1,000 others, and .75 in as
    many English ones.
    """
    known = {run for text in others for run in _runs(text)}
    met = [run in known for text in texts for run in _runs(text)]
    return sum(met) / len(met) if met else 0.0


def _runs(text: str) -> Iterator[str]:
    framed = f" {text.strip()} "
    return (framed[place : place + 3] for place in range(len(framed) - 2))


def _written(texts: list[str], write: Callable[[Sequence[str]], list[str]]) -> list[str]:
    written = write(texts) if texts else []
    assert len(written) == len(texts), f"{len(texts)} texts went in and {len(written)} came out"
    return written
