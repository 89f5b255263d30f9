"""A dozen examples that a task's model was judged on, with what it said: picked by a rule, so that nobody chose them.

`reports` lies below `tasks`, so examples and predictions are known here by their JSON lines alone; a line of another
shape is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from groundup.reports import words
from groundup.reports.document import Block, Paragraph, Quote, Quotes
from groundup.reports.loose import entries, number

MOST = 12
LONG, SHORT = 500, 200
Item = TypeVar("Item")


@dataclass(frozen=True)
class Shown:
    """What the model was given, the right answers, what it said, and its score for that (NaN where it has none)."""

    given: str
    right: tuple[str, ...]
    said: str
    score: float
    is_right: bool | None
    """None where no answer is plainly right or wrong, as in translation."""
    about: str = ""
    """The passage of a question; the second of two texts."""


def shown(kind: str, examples: str, predictions: str) -> tuple[Shown, ...]:
    """The dozen of a kind of task, in the order of the examples; both are JSON lines, one belonging to one.

    Half of them right and half wrong where there are as many of both, each half spread evenly over the file.
    """
    if kind not in _READERS:
        return ()
    every = [
        _READERS[kind](example, said)
        for example, said in zip(_rows(examples), _rows(predictions), strict=False)
        if example.get("id") == said.get("id")
    ]
    wrong, others = ([n for n, one in enumerate(every) if (one.is_right is False) == it] for it in (True, False))
    few = min(len(wrong), MOST // 2) if len(others) >= MOST // 2 else min(len(wrong), MOST - len(others))
    chosen = sorted([*spread(wrong, few), *spread(others, MOST - few)])
    return tuple(every[place] for place in chosen)


def spread(items: Sequence[Item], most: int) -> Sequence[Item]:
    """At most `most` of the items, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return items
    if most < 2:
        return items[:most]
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]


def _rows(lines: str) -> Iterable[dict[str, Any]]:
    # Not splitlines: JSON lines may hold other line ends of Unicode as they are.
    for line in lines.split("\n"):
        try:
            found = json.loads(line) if line else None
        except (ValueError, RecursionError):
            found = {}
        if found is not None:
            yield found if isinstance(found, dict) else {}


def _labelled(example: Mapping[str, Any], said: Mapping[str, Any]) -> Shown:
    label, text = str(example.get("label", "")), str(said.get("text", ""))
    second = str(example.get("second") or "")
    return Shown(str(example.get("text", "")), (label,), text, number(said.get("score")), text == label, second)


def _pair(example: Mapping[str, Any], said: Mapping[str, Any]) -> Shown:
    right = (str(example.get("target", "")),)
    return Shown(str(example.get("source", "")), right, str(said.get("text", "")), number(said.get("score")), None)


def _question(example: Mapping[str, Any], said: Mapping[str, Any]) -> Shown:
    answers = tuple(dict.fromkeys(str(answer.get("text", "")) for answer in entries(example.get("answers"))))
    text = str(said.get("text", ""))
    # Stricter than the exact match of the figures, which overlooks articles and punctuation too.
    is_right = _same(text) in map(_same, answers or ("",))
    context = str(example.get("context", ""))
    return Shown(str(example.get("question", "")), answers, text, number(said.get("score")), is_right, context)


def _same(text: str) -> str:
    return " ".join(text.casefold().split())


_READERS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Shown]] = {
    "classification": _labelled,
    "translation": _pair,
    "questions": _question,
}


def prediction_blocks(shown: Sequence[Shown]) -> Iterable[Block]:
    """The examples as quotes, behind a sentence on how they were picked; nothing where there is none."""
    if not shown:
        return
    is_judged = shown[0].is_right is not None
    chosen = (
        "half of them right and half wrong where there are as many, each half spread evenly over all"
        if is_judged
        else "spread evenly over all"
    )
    yield Paragraph(f"{words.plural(len(shown), 'example')} that it was judged on, {chosen}: nobody picked them.")
    yield Quotes(tuple(_quote(place, one) for place, one in enumerate(shown, 1)))


def _quote(place: int, one: Shown) -> Quote:
    right = " / ".join(words.shortened(text, SHORT) for text in one.right[:3]) or "no answer"
    said = words.shortened(one.said, SHORT) or "no answer"
    given, about = words.shortened(one.given, LONG), words.shortened(one.about, LONG)
    if one.is_right is None:
        return Quote(f"Example {place}", f"\nit wrote:  {said}\nreference: {right}", given)
    verdict = "Right" if one.is_right else "Wrong"
    score = f" (score {one.score:.3f})" if math.isfinite(one.score) else ""
    label = f"{verdict}: it said {said}{score}" + ("" if one.is_right else f"; right is {right}")
    return Quote(label, f"\n{about}", given) if about else Quote(label, given)
