"""Examples of a test set that the training set holds too: what a model has seen, it is not judged on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

from groundup.tasks.examples import Example, Labelled, Pair, Question, Story

_SHOWN = 5


@dataclass(frozen=True)
class Overlap:
    """How many of a test set's examples the training set holds word for word."""

    tests: int
    """Examples of the test set."""
    seen: int
    """Those among them whose texts stand in the training set; labels and answers are not compared."""
    first: tuple[tuple[str, str], ...]
    """The ids of the first few: in the test set, and in the training set."""
    sides: dict[str, int] = field(default_factory=dict)
    """Of pairs, those whose `source` or whose `target` stands in the training set, whatever stands beside it there."""

    def __str__(self) -> str:
        if not self.seen:
            return f"None of the {self.tests:,} test examples stands in the training set."
        shown = ", ".join(f"{test} = {train}" for test, train in self.first)
        return (
            f"{self.seen:,} of the {self.tests:,} test examples ({self.seen / self.tests:.1%}) stand in the training "
            f"set word for word (first: {shown})."
        )


def overlap(train: Iterable[Example], test: Iterable[Example]) -> Overlap:
    """What of `test` stands in `train`, exactly but for blanks at the ends; about 300 bytes an example of `train`."""
    known: dict[bytes, str] = {}
    known_sides: dict[str, set[bytes]] = {}
    for example in train:
        known.setdefault(_digest(example), example.id)
        for side, text in _sides(example).items():
            known_sides.setdefault(side, set()).add(digest(text))
    tests = seen = 0
    sides = dict.fromkeys(known_sides, 0)
    first: list[tuple[str, str]] = []
    for example in test:
        tests += 1
        for side, text in _sides(example).items():
            sides[side] = sides.get(side, 0) + (digest(text) in known_sides.get(side, ()))
        if (found := known.get(_digest(example))) is not None:
            seen += 1
            if len(first) < _SHOWN:
                first.append((example.id, found))
    return Overlap(tests, seen, tuple(first), sides)


def comparable(text: str) -> str:
    """A text as it is held against others: blanks at its ends do not count."""
    return text.strip()


def digest(*texts: str) -> bytes:
    """16 bytes that are the same for the same texts in the same order, as they are comparable."""
    # Lengths first, or ("ab", "c") would be ("a", "bc").
    parts = list(map(comparable, texts))
    written = ",".join(str(len(part)) for part in parts) + ":" + "".join(parts)
    return blake2b(written.encode(), digest_size=16).digest()


def _digest(example: Example) -> bytes:
    return digest(*_TEXTS[type(example)](example))


def _sides(example: Example) -> dict[str, str]:
    return {"source": example.source, "target": example.target} if isinstance(example, Pair) else {}


_TEXTS: dict[type, Callable[..., tuple[str, ...]]] = {
    Labelled: lambda example: (example.text, example.second),
    Pair: lambda example: (example.source, example.target),
    Question: lambda example: (example.context, example.question),
    Story: lambda example: (*(sentence.text for sentence in example.sentences), example.question),
}
