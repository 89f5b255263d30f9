"""What a question asks for, told from its words: a person, a time, a number, and so on.

The first of its question words decides, with what stands behind it: `what year` asks when, and so does `what was the
date`. Answers are told apart by what is asked (Li and Roth 2002, aclanthology.org/C02-1150, learn six classes of them);
ours is a short list, which takes nothing to learn. It knows English alone. A question in another language asks for
NOTHING that it knows, and what is told of it is then the same for all: that says nothing, and does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from groundup.tokens.tokenizer import Tokenizer

NOTHING, WHO, WHOSE, WHEN, WHERE, WHY, WHICH, WHAT, SORT, HOW_MANY, HOW_MUCH, HOW_LONG, HOW = range(13)
ASKED = 13

_QUESTION_WORDS = {
    "who": WHO,
    "whom": WHO,
    "whose": WHOSE,
    "when": WHEN,
    "where": WHERE,
    "why": WHY,
    "which": WHICH,
    "what": WHAT,
    "how": HOW,
}


def _by_word(words: Mapping[int, str]) -> dict[str, int]:
    """Numbers, each with its words between spaces -> the number of each word."""
    return {word: number for number, listed in words.items() for word in listed.split()}


# What stands behind `how`, and behind `what` and `which`, says what is asked in truth.
_BEHIND_HOW = _by_word(
    {
        HOW_MANY: "many",
        HOW_MUCH: "much",
        HOW_LONG: "long old far high tall deep wide big large heavy fast often late early soon hot cold",
    }
)
_BEHIND_WHAT = _by_word(
    {
        WHO: "person man woman people",
        WHEN: "year years date dates day days month months time century centuries decade decades period era season",
        WHERE: "city cities town country countries nation state states continent region area place places location",
        WHICH: "name names title",
        SORT: "type types kind kinds sort sorts form forms",
        HOW_MANY: "number percentage percent population",
        HOW_MUCH: "amount cost price",
        HOW_LONG: "age length height size distance temperature",
    }
)
# Stand between `what` and such a noun.
_BETWEEN = frozenset(("is", "are", "was", "were", "the", "s"))
# No nouns: `what did` asks for a thing, where `what team` asks for a name, as `which team` does.
_NO_NOUNS = _BETWEEN | {
    "do", "does", "did", "can", "could", "will", "would", "may", "might", "must", "should", "shall", "has", "have",
    "had", "be", "happens", "happened",
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+")


def asked(question: str) -> int:
    """What the question asks for: a number below ASKED."""
    words = _WORD.findall(question.lower())
    for place, word in enumerate(words):
        kind = _QUESTION_WORDS.get(word)
        if kind in (WHAT, WHICH):
            behind = words[place + 1 :]
            noun = next((other for other in behind if other not in _BETWEEN), "")
            return _BEHIND_WHAT.get(noun, WHICH if behind and behind[0] not in _NO_NOUNS else kind)
        if kind == HOW:
            return _BEHIND_HOW.get(words[place + 1] if place + 1 < len(words) else "", HOW)
        if kind is not None:
            return kind
    return NOTHING


def asked_by(tokens: Sequence[int], tokenizer: Tokenizer) -> int:
    """The same of a question's tokens [Q]. One with a hole asks by that, and its `who` and `which` ask for nothing."""
    return NOTHING if tokenizer.mask in tokens else asked(tokenizer.decode(tokens))
