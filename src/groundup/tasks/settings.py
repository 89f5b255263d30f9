"""Which columns of a user's file hold what, where their names do not say so themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal

from groundup.errors import GroundupError, did_you_mean
from groundup.settings import require

OnBadRow = Literal["stop", "skip"]


@dataclass(frozen=True)
class Columns:
    """Columns by name; by number from 1 in a file whose first line holds no names. None: found by usual names."""

    text: str | None = None
    """Column of the text to be labelled."""
    second: str | None = None
    """Column of the second text, where pairs of texts are labelled."""
    label: str | None = None
    """Column of the label."""
    source: str | None = None
    """Column of the text to translate from; for parallel files the ending of the file, such as en."""
    target: str | None = None
    """Column of the translation; for parallel files the ending of the file, such as de."""
    context: str | None = None
    """Column of the passage that questions are asked about."""
    question: str | None = None
    """Column of the question."""
    answer: str | None = None
    """Column of the answer or the list of answers."""
    start: str | None = None
    """Column of the character of the passage at which the answer begins, counted from 0."""
    id: str | None = None
    """Column of the name by which predictions refer to a row; by default file and line."""

    def __post_init__(self) -> None:
        taken: dict[str, str] = {}
        for role, name in self.given().items():
            require(name != "", role, "a column has no name")
            require(name not in taken, role, f"the column {name!r} is already taken for {taken.get(name)}")
            taken[name] = role

    def given(self) -> dict[str, str]:
        """The columns that the user named, by what they hold."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {role: name for role, name in values.items() if name is not None}


def columns_from(words: Iterable[str]) -> Columns:
    """The columns of a command line's `text=Review Body` words. Raises GroundupError."""
    known = [field.name for field in fields(Columns)]
    values: dict[str, str] = {}
    for word in words:
        role, equals, name = word.partition("=")
        if not equals or role not in known:
            hint = did_you_mean(role, known) if equals else ""
            raise GroundupError(
                f"{word!r} does not say which column holds what. {hint}".rstrip(),
                "Write what it holds, an equals sign and the column: --columns 'text=Review Body' label=Stars",
            )
        values[role] = name
    try:
        return Columns(**values)
    except ValueError as error:
        raise GroundupError(f"--columns is not right: {error}.") from error


Alphabet = Literal[
    "arabic", "armenian", "bengali", "cyrillic", "devanagari", "ethiopic", "georgian", "greek", "gujarati", "gurmukhi",
    "han", "hangul", "hebrew", "hiragana", "kannada", "katakana", "khmer", "lao", "latin", "malayalam", "myanmar",
    "oriya", "sinhala", "tamil", "telugu", "thai", "tibetan",
]  # fmt: skip


@dataclass(frozen=True)
class PairGateSettings:
    """Which pairs of a source and a target are not learnt from.

    The rules are tried in the order of the fields here, a pair goes by the first that it breaks, and the ledger says
    which. None of them knows what a text means.
    """

    empty_sides: bool = True
    """Drop pairs with nothing but blanks on a side."""
    most_words: int | None = 250
    """Drop pairs with a side of more words than this, told apart by blanks. Systems draw the line between 100 words
    (OpusFilter's default) and 250 pieces of words (arXiv 1906.06442). null: as long as they like."""
    most_characters: int | None = None
    """The same in characters, for languages that put no blanks between words."""
    length_ratio: float | None = 3.0
    """Drop pairs with a side more than so many times as long as the other, in characters; Chinese characters and others
    that are printed twice as wide count two. Moses's clean-corpus-n has 9 and OpusFilter 3, both in words; Bicleaner
    has 2, in characters. null: any lengths."""
    non_letters: float | None = 0.5
    """Drop pairs with a side in which more than this share of the characters, blanks not counted, are no letters.
    Mozilla's training of Firefox's translator has the same half; OpusFilter asks for letters in three quarters, of all
    characters. null: any characters."""
    source_alphabets: tuple[Alphabet, ...] = ()
    """Alphabets that sources are written in, such as `[cyrillic]`, or `[han, hiragana, katakana]` for Japanese; empty
    takes any. This tells English from Russian but not from German: it is no identification of languages."""
    target_alphabets: tuple[Alphabet, ...] = ()
    """Alphabets that targets are written in."""
    alphabet_share: float = 0.5
    """Drop pairs with a side in which a smaller share of the letters than this is of its alphabets. OpusFilter's
    default is all of them, 1; half leaves room for foreign names."""
    matching_numbers: float | None = None
    """Drop pairs whose sides have a smaller share of their numbers in common, by digits other than 0 and in any order.
    OpusFilter's default for a like measure is .5. It takes good pairs too, such as `five` beside `5`; so null: off."""
    copies: bool = True
    """Drop pairs whose target is the source but for case, punctuation and blanks: models learn to copy from them
    (arXiv 1805.12282). Put it off where the sides are one language, as in old and modern spelling."""
    exact_duplicates: bool = True
    """Drop pairs that are the same as an earlier one but for blanks at the ends."""
    most_targets: int | None = None
    """Drop the different targets of one source beyond the first so many; null keeps them all."""

    def __post_init__(self) -> None:
        for name in ("most_words", "most_characters", "most_targets"):
            value = getattr(self, name)
            require(value is None or value >= 1, name, f"{name} must be 1 or more, or null.")
        require(self.length_ratio is None or self.length_ratio >= 1, "length_ratio", "length_ratio is 1 or more.")
        for name in ("non_letters", "alphabet_share", "matching_numbers"):
            value = getattr(self, name)
            require(value is None or 0 <= value <= 1, name, f"{name} is a share from 0 to 1.")
