"""The gate before translation: pairs that teach nothing or the wrong thing stay out, each with a row in the ledger.

The ledger and the account are those of a corpus, so a pair is a document there, both of its sides together. Rules that
look at one pair come before those that compare it with others, so that no pair is dropped for one that was itself
dropped.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from groundup.corpus.account import Account
from groundup.corpus.document import LEDGER_SCHEMA, SAMPLE_LENGTH, Change, Document
from groundup.errors import GroundupError
from groundup.store.tables import TableWriter
from groundup.tasks.examples import Pair
from groundup.tasks.overlap import digest
from groundup.tasks.settings import PairGateSettings

STAGE = "gate"
_ARROW = " → "
# With what groups digits by three in the many ways of writing 1,000; other parts, as of dates, count as numbers.
_NUMBER = re.compile(r"\d+(?:[.,'’٫٬\u00a0\u202f]\d{3}(?!\d))*")


@dataclass(frozen=True)
class Broken:
    """A rule that a pair broke: what was measured, the limit it crossed, and the pair it was held against."""

    rule: str
    value: float | None = None
    threshold: float | None = None
    kept: str = ""
    """The id of the pair that stays in its place, for duplicates."""


def gate(
    pairs: Iterable[Pair],
    settings: PairGateSettings,
    ledger: Callable[[Mapping[str, Any]], None],
    account: Account | None = None,
    *,
    data: str = "pairs",
) -> Iterator[Pair]:
    """The pairs that break no rule of `settings`, in their order and unchanged.

    `ledger` is called with a row of the corpus's LEDGER_SCHEMA for every other, as the `write` of a TableWriter takes
    them; characters count both sides. `account` learns what was read, kept and dropped by which rule, under the name
    `data`, and is asserted to add up. Where duplicates or targets matter, memory grows by about 200 bytes a kept pair.
    """
    account = Account() if account is None else account
    earlier = _Earlier()
    for pair in pairs:
        document = Document(pair.id, data)
        characters = len(pair.source) + len(pair.target)
        account.read(document, characters)
        broken = broken_rule(pair, settings) or earlier.broken_rule(pair, settings)
        if broken is None:
            earlier.keep(pair, settings)
            account.kept(data, 1, characters)
            yield pair
            continue
        change = Change(
            STAGE,
            broken.rule,
            "drop",
            characters,
            0,
            broken.value,
            broken.threshold,
            _shown(pair),
            cluster=broken.kept,
        )
        ledger(change.row(document))
        account.change(document, change)
    account.check()


def gated(
    pairs: Sequence[Pair], settings: PairGateSettings, draft: Path, *, data: str, what: str
) -> tuple[list[Pair], dict[str, Any]]:
    """The pairs that passed the gate, and its account; the ledger of the others is written into the folder `draft`.

    Raises GroundupError where none passed, which calls the pairs `what`.
    """
    account = Account()
    with TableWriter(draft / "ledger" / "00000.parquet", LEDGER_SCHEMA) as ledger:
        kept = list(gate(pairs, settings, ledger.write, account, data=data))
    if not kept:
        why = ", ".join(f"{rule['rule']}: {rule['documents']:,}" for rule in account.as_plain()["rules"].values())
        raise GroundupError(
            f"None of the {len(pairs):,} {what} passed the gate ({why}).",
            "Mend the pairs, or widen the rules: groundup schema task.gate",
        )
    return kept, account.as_plain()


def broken_rule(pair: Pair, settings: PairGateSettings) -> Broken | None:
    """The first rule that the pair breaks by itself, or None; whether it was seen before is not asked."""
    return next(filter(None, (rule(pair, settings) for rule in _RULES)), None)


def _empty_sides(pair: Pair, settings: PairGateSettings) -> Broken | None:
    is_empty = settings.empty_sides and not (pair.source.strip() and pair.target.strip())
    return Broken("empty side") if is_empty else None


def _most_words(pair: Pair, settings: PairGateSettings) -> Broken | None:
    return _above("too many words", settings.most_words, pair, lambda text: len(text.split()))


def _most_characters(pair: Pair, settings: PairGateSettings) -> Broken | None:
    return _above("too many characters", settings.most_characters, pair, lambda text: len(text.strip()))


def _length_ratio(pair: Pair, settings: PairGateSettings) -> Broken | None:
    if settings.length_ratio is None:
        return None
    shorter, longer = sorted((_printed_width(pair.source), _printed_width(pair.target)))
    ratio = longer / shorter if shorter else math.inf if longer else 1.0
    return Broken("length ratio", ratio, settings.length_ratio) if ratio > settings.length_ratio else None


def _non_letters(pair: Pair, settings: PairGateSettings) -> Broken | None:
    return _above("few letters", settings.non_letters, pair, _share_of_non_letters)


def _alphabets(pair: Pair, settings: PairGateSettings) -> Broken | None:
    least = settings.alphabet_share
    for text, alphabets in ((pair.source, settings.source_alphabets), (pair.target, settings.target_alphabets)):
        if alphabets and (share := _share_of_alphabets(text, alphabets)) < least:
            return Broken("other alphabet", share, least)
    return None


def _matching_numbers(pair: Pair, settings: PairGateSettings) -> Broken | None:
    if settings.matching_numbers is None:
        return None
    source, target = _numbers(pair.source), _numbers(pair.target)
    count = source.total() + target.total()
    # Dice: 1 where all numbers of each side stand on the other.
    share = 2 * (source & target).total() / count if count else 1.0
    least = settings.matching_numbers
    return Broken("other numbers", share, least) if share < least else None


def _copies(pair: Pair, settings: PairGateSettings) -> Broken | None:
    return Broken("copy") if settings.copies and _bare(pair.source) == _bare(pair.target) else None


# In the order of the settings.
_RULES: tuple[Callable[[Pair, PairGateSettings], Broken | None], ...] = (
    _empty_sides,
    _most_words,
    _most_characters,
    _length_ratio,
    _non_letters,
    _alphabets,
    _matching_numbers,
    _copies,
)


@dataclass
class _Earlier:
    """The pairs kept so far, by digest."""

    pairs: dict[bytes, str] = field(default_factory=dict)
    targets: Counter[bytes] = field(default_factory=Counter)
    """By source: how many different targets were kept."""

    def broken_rule(self, pair: Pair, settings: PairGateSettings) -> Broken | None:
        if not self._matters(settings):
            return None
        first = self.pairs.get(digest(pair.source, pair.target))
        if first is not None:
            return Broken("exact duplicate", kept=first) if settings.exact_duplicates else None
        most = settings.most_targets
        targets = self.targets[digest(pair.source)] + 1
        return Broken("too many targets", targets, most) if most is not None and targets > most else None

    def keep(self, pair: Pair, settings: PairGateSettings) -> None:
        if not self._matters(settings):
            return
        both = digest(pair.source, pair.target)
        if settings.most_targets is not None and both not in self.pairs:
            self.targets[digest(pair.source)] += 1
        self.pairs.setdefault(both, pair.id)

    def _matters(self, settings: PairGateSettings) -> bool:
        return settings.exact_duplicates or settings.most_targets is not None


def _above(rule: str, most: float | None, pair: Pair, measure: Callable[[str], float]) -> Broken | None:
    if most is None:
        return None
    value = max(measure(pair.source), measure(pair.target))
    return Broken(rule, value, most) if value > most else None


def _printed_width(text: str) -> int:
    text = text.strip()
    return len(text) if text.isascii() else len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def _share_of_non_letters(text: str) -> float:
    characters = "".join(text.split())
    # Marks too: vowels are marks in Hindi and Thai.
    letters = sum(unicodedata.category(character)[0] in "LM" for character in characters)
    return 1 - letters / len(characters) if characters else 0.0


def _share_of_alphabets(text: str, alphabets: tuple[str, ...]) -> float:
    letters = [character for character in text if character.isalpha()]
    # Without letters no alphabet is wrong.
    return sum(_is_of(letter, alphabets) for letter in letters) / len(letters) if letters else 1.0


@lru_cache(maxsize=10_000)
def _is_of(letter: str, alphabets: tuple[str, ...]) -> bool:
    # Python knows no property for it, but Unicode names begin with the script: FULLWIDTH LATIN SMALL LETTER A.
    words = re.findall(r"\w+", unicodedata.name(letter, ""))[:2]
    return any({"han": "CJK"}.get(alphabet, alphabet.upper()) in words for alphabet in alphabets)


def _numbers(text: str) -> Counter[str]:
    # Without separators and zeros, 1,000.00 and 1.000 and ١٠٠٠ are one number; so are 1 and 10, which is the price.
    found = ("".join(str(unicodedata.digit(c, 0) or "") for c in number) for number in _NUMBER.findall(text))
    return Counter(filter(None, found))


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFC", text).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] not in "PZC")


def _shown(pair: Pair) -> str:
    most = (SAMPLE_LENGTH - len(_ARROW)) // 2
    sides = (" ".join(text.split()) for text in (pair.source, pair.target))
    return _ARROW.join(side if len(side) <= most else side[: most - 1] + "…" for side in sides)
