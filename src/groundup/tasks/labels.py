"""The labels of a set of examples, looked over before anything is trained: too few, too many, or slips of the pen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from groundup.errors import GroundupError
from groundup.tasks.examples import Labelled

# A slip is rare beside what was meant.
_TIMES_RARER = 5
# Under so many letters another letter makes another word.
_SHORTEST, _LONG = 4, 8
# Each label is held against each: more of them, or longer ones, are no names of classes that a hand wrote.
_MOST_LABELS, _LONGEST = 300, 60


@dataclass(frozen=True)
class Slip:
    """A label that looks like another one written wrong."""

    label: str
    count: int
    meant: str
    meant_count: int
    first: str
    """The id of the first example that has it."""

    def __str__(self) -> str:
        return (
            f"The label {self.label!r} ({self.count:,}, first at {self.first}) looks like a slip for {self.meant!r} "
            f"({self.meant_count:,}); until it is mended, it is a label of its own."
        )


@dataclass(frozen=True)
class Labels:
    """The labels of a file with their counts, the most frequent first."""

    counts: dict[str, int]
    first: dict[str, str]
    """The id of the first example of each."""

    @property
    def examples(self) -> int:
        """Number of examples."""
        return sum(self.counts.values())

    def slips(self) -> tuple[Slip, ...]:
        """Labels that are rare and nearly like a frequent one, or like another but for case and blanks.

        Beyond 300 labels none is looked for.
        """
        found: list[Slip] = []
        if len(self.counts) > _MOST_LABELS:
            return ()
        for label, count in self.counts.items():
            # Counts fall, so what was meant comes first.
            for meant, more in self.counts.items():
                if meant == label:
                    break
                if _is_same(label, meant) or (count * _TIMES_RARER <= more and _is_near(label, meant)):
                    found.append(Slip(label, count, meant, more, self.first[label]))
                    break
        return tuple(found)

    def warnings(self) -> tuple[str, ...]:
        """What may be wrong, a sentence each: slips, and labels that occur once."""
        slips = self.slips()
        once = [label for label, count in self.counts.items() if count == 1 and label not in {s.label for s in slips}]
        sentences = [str(slip) for slip in slips]
        if once:
            shown = ", ".join(f"{label!r} (at {self.first[label]})" for label in once[:5])
            more = f" and {len(once) - 5:,} more" if len(once) > 5 else ""
            sentences.append(f"One example has the label {shown}{more}: too little to learn it by.")
        return tuple(sentences)

    def check(self, name: str) -> None:
        """Raise GroundupError where there is nothing to tell apart, or the labels are no classes; `name`: the file."""
        if len(self.counts) == 1:
            (label,) = self.counts
            raise GroundupError(
                f"All {self.examples:,} examples of {name} have the label {label!r}: there is nothing to tell apart.",
                "Give examples of at least two labels, and check that task.columns.label names the right column.",
            )
        if len(self.counts) > max(2, self.examples / 2):
            shown = ", ".join(repr(label[:40]) for label in list(self.counts)[:5])
            raise GroundupError(
                f"{name} has {len(self.counts):,} different labels in {self.examples:,} examples ({shown}, ...).",
                "Most labels would be seen once. Check that task.columns.label names the right column; numbers "
                "such as prices are no classes.",
            )


def labels_of(examples: Iterable[Labelled]) -> Labels:
    """The labels of some examples."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for example in examples:
        counts[example.label] += 1
        first.setdefault(example.label, example.id)
    return Labels(dict(counts.most_common()), first)


def unknown_labels(labels: Labels, known: Mapping[str, int] | Iterable[str]) -> tuple[str, ...]:
    """Labels, of a test set say, that are not among the known ones."""
    known = set(known)
    return tuple(label for label in labels.counts if label not in known)


def _is_same(one: str, other: str) -> bool:
    return "".join(one.casefold().split()) == "".join(other.casefold().split())


def _is_near(one: str, other: str) -> bool:
    one, other = one.casefold(), other.casefold()
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _SHORTEST or len(longer) > _LONGEST or _digits(one) != _digits(other):
        return False  # `class 1` is no slip for `class 2`.
    if longer.endswith(shorter) and len(longer) > len(shorter) + 1:
        return False  # `unhappy` is no slip for `happy`.
    return _steps(one, other, 2) <= (2 if len(shorter) >= _LONG else 1)


def _digits(label: str) -> str:
    return "".join(character for character in label if character.isdigit())


def _steps(one: str, other: str, most: int) -> int:
    """Letters to add, drop, change or swap with a neighbour until the two are alike; `most` + 1 where more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, before, row = before, row, [i]
        for j, against in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                best = min(best, above[j - 2] + 1)
            row.append(best)
        if min(row) > most:
            return most + 1
    return row[-1]
