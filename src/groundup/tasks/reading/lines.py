"""Lines of a label and a text, `1 a stirring film`: the form of SST-2, and of fastText with its `__label__`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from groundup.tasks.reading.content import numbered_lines
from groundup.tasks.reading.rows import Fault, Row, Table

_PREFIX = "__label__"
_LOOKED_AT = 2000
# A first word that is a label comes back; the first words of sentences are mostly seen once or twice.
_LARGEST_SHARE = 0.5
_MOST_LABELS = 200


def looks_labelled(text: str) -> bool:
    """Whether the lines begin with few enough different words for these to be labels."""
    firsts = []
    for number, line in numbered_lines(text):
        words = line.split(None, 1)
        if len(words) == 2:
            firsts.append(words[0])
        if number == _LOOKED_AT:
            break
    different = len(set(firsts))
    return bool(firsts) and different <= min(_MOST_LABELS, max(2, _LARGEST_SHARE * len(firsts)))


def lines_table(path: Path, text: str, encoding: str) -> Table:
    """The table of two columns, label and text, of such lines; blank lines are passed over."""

    def rows() -> Iterator[Row | Fault]:
        for number, line in numbered_lines(text):
            words = line.split(None, 1)
            if len(words) == 2:
                yield Row(number, {"label": words[0].removeprefix(_PREFIX), "text": words[1]})
            elif words:
                yield Fault(number, "one word", value=line, detail="it has no label and text with a blank between")

    return Table(path, "label and text", encoding, ("label", "text"), rows)
