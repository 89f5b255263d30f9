"""Back-translation: texts that exist in the target language only get sources from a model of the other direction.

The target stays what a person wrote; only what is read is a machine's (Sennrich, Haddow and Birch, arXiv 1511.06709).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from groundup.progress import SILENT, Progress
from groundup.tasks.examples import Pair

# What the ids of written pairs begin with.
ORIGIN = "back:"


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


def tagged(pairs: Iterable[Pair], tag: str) -> Iterator[Pair]:
    """The pairs with `tag`, such as `<BT>`, and a blank before each source.

    A model can tell them by it from pairs of which people wrote both sides (Caswell, Chelba and Grangier 2019, arXiv
    1906.06442). Tag behind the gate, or it would measure the tag. The tag is text like any other: no special token
    is made of it.
    """
    return (Pair(pair.id, f"{tag} {pair.source}", pair.target) for pair in pairs)


def _written(texts: list[str], write: Callable[[Sequence[str]], list[str]]) -> list[str]:
    written = write(texts) if texts else []
    assert len(written) == len(texts), f"{len(texts)} texts went in and {len(written)} came out"
    return written
