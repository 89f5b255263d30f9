"""VADER's sentiment of a text, from its own word lists, as a baseline that learns nothing from the examples.

The rules are those of Hutto and Gilbert (2014, VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social
Media Text) as vaderSentiment 3.3.2 applies them, its slips included, so that the score is the one that its users get;
only emoji are not spelt out. The lists are read from its files; none of its code is run.
"""

from __future__ import annotations

import ast
import math
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundup.errors import GroundupError

# Means of ratings, as the paper's section on heuristics and the program give them.
CAPITALS = 0.733
EXCLAMATION, MOST_EXCLAMATIONS = 0.292, 4
QUESTION, MANY_QUESTIONS = 0.18, 0.96
NEGATION = -0.74
NEVER_SO = 1.25
BEFORE_BUT, AFTER_BUT = 0.5, 1.5
# A modifier counts less, the farther before its word it stands.
BY_DISTANCE = (1.0, 0.95, 0.9)
# About the largest sum that a text reaches, squared.
SPREAD = 15


@dataclass(frozen=True)
class Lists:
    """Words with what they add to the sentiment, or do to it."""

    lexicon: Mapping[str, float]
    boosters: Mapping[str, float]
    phrases: Mapping[str, float]
    negations: frozenset[str]


def read_lists(folder: Path) -> Lists:
    """The lists of the data set `vader-lexicon`. Raises GroundupError where the folder holds something else."""
    try:
        lines = (folder / "vader_lexicon.txt").read_text("utf-8").split("\n")
        rows = [line.strip().split("\t") for line in lines if line]
        named = _assigned((folder / "rules.txt").read_text("utf-8"))
        return Lists(
            {row[0]: float(row[1]) for row in rows},
            named["BOOSTER_DICT"],
            named["SPECIAL_CASES"],
            frozenset(named["NEGATE"]),
        )
    except (OSError, ValueError, KeyError, IndexError, SyntaxError, TypeError) as error:
        raise GroundupError(
            f"{folder} does not hold VADER's lists: {type(error).__name__}, {error}.",
            "Fetch them with `groundup data get vader-lexicon`.",
        ) from error


def compound(text: str, lists: Lists) -> float:
    """The sentiment of a text, from -1 to 1; 0 where no word of the lexicon stands in it."""
    words = [_bare(word) for word in text.split()]
    lower = [word.lower() for word in words]
    capitals = sum(word.isupper() for word in words)
    shouts = 0 < capitals < len(words)
    valences = [_valence(words, lower, place, shouts, lists) for place in range(len(words))]
    _turn_at_but(lower, valences)
    total = float(sum(valences))
    questions = text.count("?")
    emphasis = min(text.count("!"), MOST_EXCLAMATIONS) * EXCLAMATION
    emphasis += 0 if questions < 2 else questions * QUESTION if questions < 4 else MANY_QUESTIONS
    total += emphasis if total > 0 else -emphasis if total < 0 else 0
    return round(total / math.sqrt(total * total + SPREAD), 4)


def _valence(words: list[str], lower: list[str], place: int, shouts: bool, lists: Lists) -> float:
    """What the word at `place` adds, as the three words before it and the phrase around it make it."""
    word = lower[place]
    behind = lower[place + 1] if place + 1 < len(lower) else ""
    if word in lists.boosters or (word == "kind" and behind == "of") or word not in lists.lexicon:
        return 0.0
    # "no" says no to the word behind it, and nothing by itself.
    value = 0.0 if word == "no" and behind in lists.lexicon else lists.lexicon[word]
    one, two, three = (lower[place - back] if place >= back else "" for back in (1, 2, 3))
    if "no" in (one, two) or (three == "no" and one in ("or", "nor")):
        value = lists.lexicon[word] * NEGATION
    if shouts and words[place].isupper():
        value += CAPITALS if value > 0 else -CAPITALS
    for back, before in enumerate((one, two, three), 1):
        if back > place or before in lists.lexicon:
            continue
        value += BY_DISTANCE[back - 1] * _boost(words[place - back], value, shouts, lists)
        value *= _negation(back, (one, two, three), lists)
        if back == 3:
            value = _in_phrase(value, lower, place, lists)
    if one == "least" and one not in lists.lexicon and two not in ("at", "very"):
        value *= NEGATION
    return value


def _boost(before: str, value: float, shouts: bool, lists: Lists) -> float:
    """What a word such as "very" before one of that value adds to it."""
    boost = lists.boosters.get(before.lower(), 0.0)
    if not boost:
        return 0.0
    boost = -boost if value < 0 else boost
    if shouts and before.isupper():
        boost += CAPITALS if value > 0 else -CAPITALS
    return boost


def _negation(back: int, before: tuple[str, str, str], lists: Lists) -> float:
    """What a word `back` places before does to the value: a factor. `before` are the nearest words, the last first."""
    one, two, three = before
    if back == 2 and two == "never" and one in ("so", "this"):
        return NEVER_SO
    # "so good" counts as "never so good" from the fourth word on: a slip of the program, kept.
    if back == 3 and ((three == "never" and two in ("so", "this")) or one in ("so", "this")):
        return NEVER_SO
    if (back == 2 and (two, one) == ("without", "doubt")) or (
        back == 3 and three == "without" and "doubt" in (one, two)
    ):
        return 1.0
    word = before[back - 1]
    return NEGATION if word in lists.negations or "n't" in word else 1.0


def _in_phrase(value: float, lower: list[str], place: int, lists: Lists) -> float:
    """The value of a phrase such as "yeah right" in place of its word's, then what "sort of" before it adds."""
    spans = ((-1, 1), (-2, 1), (-2, 0), (-3, 0), (-3, -1))
    phrases = [" ".join(lower[place + start : place + stop]) for start, stop in spans]
    value = next((lists.phrases[phrase] for phrase in phrases if phrase in lists.phrases), value)
    for stop in (2, 3):
        value = lists.phrases.get(" ".join(lower[place : place + stop]), value) if place + stop <= len(lower) else value
    return value + sum(lists.boosters.get(phrases[span], 0.0) for span in (3, 4, 2))


def _turn_at_but(lower: list[str], valences: list[float]) -> None:
    """What stands behind the first "but" counts more than what stands before it.

    The program finds a value by its size, so that of two equal ones the first is changed twice; kept.
    """
    if "but" not in lower:
        return
    turn = lower.index("but")
    for place in range(len(valences)):
        first = valences.index(valences[place])
        if first != turn:
            valences[first] *= BEFORE_BUT if first < turn else AFTER_BUT


def _bare(word: str) -> str:
    """The word without the marks around it, unless it seems to be made of marks, as :) is."""
    bare = word.strip(string.punctuation)
    return bare if len(bare) > 2 else word


def _assigned(code: str) -> dict[str, Any]:
    """The numbers, lists and tables that a program assigns at its top, read and not run."""
    found: dict[str, Any] = {}

    def value(node: ast.expr | None) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.Name():
                return found[node.id]
            case ast.List():
                return [value(item) for item in node.elts]
            case ast.Dict():
                return {value(key): value(item) for key, item in zip(node.keys, node.values, strict=True)}
        raise ValueError(f"line {node.lineno if node else 0} of rules.txt is no plain value")

    for node in ast.parse(code).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = value(node.value)
    return found
