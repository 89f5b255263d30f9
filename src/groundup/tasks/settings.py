"""What a recipe says of a task: where its examples are, how they are read, and how the trained model answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from groundup.decoding.settings import BeamSettings
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


@dataclass(frozen=True)
class BackTranslationSettings:
    """More pairs for a translation, of texts that are there in the target language alone (arXiv 1511.06709)."""

    EXAMPLES: ClassVar[tuple[str, ...]] = ("{run: runs/de-en, texts: more.de}",)

    run: str
    """The folder of a finished run that translates the other way, from the current folder or else from the recipe's: it
    writes the sources."""
    texts: str
    """Texts in the target language: a file with one a line, or a table (CSV, TSV, JSON lines, Parquet), packed or
    not."""
    column: str | None = None
    """Column of a table that holds the texts; null: that of the targets (`columns.target`), or one of a usual name."""
    limit: int | None = None
    """Translate the first so many texts that are fit for it; null: all of them."""
    search: Literal["beams", "greedy", "sampling"] = "beams"
    """How sources are written. beams: as the other run searches. greedy: the likeliest token each time, in a fraction
    of the time. sampling: tokens are drawn as they are likely. Sampling helps most where millions of pairs taught the
    other run; with 80 thousand, beams do better (arXiv 1808.09381), and a tag does what noise does (1906.06442)."""
    tag: bool = True
    """Begin each source that was made so with `<BT>`, so that the model can tell such pairs from those that people
    wrote (arXiv 1906.06442)."""

    def __post_init__(self) -> None:
        for name, what in (("run", "a run that translates the other way"), ("texts", "a file of texts")):
            require(getattr(self, name).strip() != "", name, f"{name} must name {what}.")
        require(self.limit is None or self.limit >= 1, "limit", "limit must be 1 or more, or null.")


@dataclass(frozen=True)
class Exchangeable:
    """Words that could as well be each other."""

    EXAMPLES: ClassVar[tuple[str, ...]] = ("{words: [Mary, John, Sandra]}",)

    words: tuple[str, ...]
    """The words, such as names: each may stand for each, in a whole text at once."""
    also: tuple[str, ...] = ()
    """Another form of each of the words, in their order, that goes where the word goes: `[n, s]` beside
    `[north, south]`, or plurals. Empty: they have none."""
    unless: tuple[str, ...] = ()
    """Texts in which one of these words stands keep theirs: they say more of one than of another."""

    def __post_init__(self) -> None:
        for name in ("words", "also", "unless"):
            words = [word.lower() for word in getattr(self, name)]
            require(
                len(set(words)) == len(words) and all(word == word.strip() != "" for word in words),
                name,
                f"{name} is a list of words, none of which stands there twice, be it in capitals.",
            )
        require(len(self.also) in (0, len(self.words)), "also", "give a form for each of the words, in their order.")

    @property
    def forms(self) -> tuple[tuple[str, ...], ...]:
        """The words and, if they have another form, those."""
        return (self.words, self.also) if self.also else (self.words,)


@dataclass(frozen=True)
class NgramSettings:
    """A second classifier beside the network: which runs of words and letters speak for which label."""

    EXAMPLES: ClassVar[tuple[str, ...]] = ("{words: 2, letters: 5}",)

    words: int = 2
    """Runs of up to so many words."""
    letters: int = 0
    """Runs of two up to so many letters within a word, with its edges: for a few thousand short texts, where many words
    are new. 0: none."""

    def __post_init__(self) -> None:
        require(1 <= self.words <= 8, "words", "words must be 1 to 8.")
        require(self.letters == 0 or 2 <= self.letters <= 16, "letters", "letters must be 0 (none) or 2 to 16.")


@dataclass(frozen=True)
class TaskSettings:
    """A task, its examples and what its model is judged on; dials of other kinds are ignored."""

    EXAMPLES: ClassVar[tuple[str, ...]] = ("{kind: classification, train: reviews.csv}",)

    kind: Literal["translation", "classification", "questions"]
    """translation: a text is written for each text. classification: one of several labels is chosen for a text, or for
    two that belong together. questions: an answer is found in a passage, or written (`answers`)."""
    train: str
    """The examples to learn from: a table (CSV, TSV, JSON lines, Parquet), lines of label and text, the common name of
    parallel files (`train` for train.en and train.de), SQuAD's JSON, or a folder or pattern of bAbI's files."""
    data: str | None = None
    """A folder, or the name of a data set (`groundup data list`), in which `train`, `validation` and `test` lie; null:
    they are paths, from the current folder or else from the recipe's."""
    validation: str | None = None
    """Examples to measure on while training; null: a share of those to learn from is held out."""
    test: str | None = None
    """Examples to be judged on at the very end, once; null: `test_share` of those to learn from or, where that is 0,
    the validation examples, which then are no independent test."""
    validation_share: float = 0.1
    """Share held out for measuring where no `validation` is given; what belongs together (questions on a passage, or of
    a story) stays together."""
    test_share: float = 0.0
    """Share held out for the final judgement where no `test` is given."""
    limit: int | None = None
    """Learn from the first so many examples only; null: from all."""
    columns: Columns = Columns()
    """Which column holds what, where the names do not say so; for parallel files the languages."""
    on_bad_row: OnBadRow = "stop"
    """A row that cannot be used: stop and say which, or skip it and count it."""
    encoding: str | None = None
    """The encoding of files that are neither UTF-8 nor marked."""
    gate: PairGateSettings = PairGateSettings()
    """translation: which pairs are not learned from."""
    back_translation: BackTranslationSettings | None = None
    """translation: more training pairs, whose targets are texts of yours and whose sources another run writes; null:
    none."""
    vocabulary: Literal["joint", "separate"] = "joint"
    """translation: one set of tokens for both languages, or one each, of `tokenizer.vocabulary` tokens."""
    pool: Literal["first", "mean", "last", "all"] = "mean"
    """classification: which vector stands for a text: its first token's, the mean, its last token's, or all: last, mean
    and maximum beside each other (arXiv 1801.06146)."""
    keep: Literal["beginning", "end", "both"] = "both"
    """classification: what stays of a text that is longer than model.context; both: the first quarter and the rest from
    the end (arXiv 1905.05583 found beginning and end to tell most)."""
    ngrams: NgramSettings | None = None
    """classification: a linear classifier on runs of words answers together with the network, each with the weight that
    fits the validation examples best. null: the network alone."""
    answers: Literal["spans", "texts"] = "spans"
    """questions: answers are spans of the passage, or texts that are written."""
    stride: int = 64
    """questions: tokens that neighbouring windows over a long passage share."""
    longest_question: int = 48
    """questions: tokens of a question that are read."""
    longest_answer: int = 24
    """questions: most tokens of a span."""
    whole_words: bool = False
    """questions: spans begin and end where words do. For languages that write spaces between words."""
    kinds: tuple[str, ...] = ()
    """questions: learn from these kinds alone and be judged on them, as `[qa16, qa19]`. The tokenizer knows the words
    of all kinds, so that a run of all can go on from what was learned of the hard ones. Empty: all."""
    exchangeable: tuple[Exchangeable, ...] = ()
    """questions: words that could as well be each other. Where answers are texts, those of each list are dealt out anew
    whenever a question is learned from, alike in its passage and answer; nothing is when one is asked."""
    null_threshold: float | None = None
    """questions: say that there is no answer where the best one is not better than none by this, in nats; null: an
    answer is always given."""
    search: BeamSettings = BeamSettings(beams=5, length_penalty=1.0)
    """How texts are searched for where they are written."""

    def __post_init__(self) -> None:
        require(self.train.strip() != "", "train", "train must name the examples to learn from.")
        for name in ("validation_share", "test_share"):
            require(0 <= getattr(self, name) <= 0.9, name, f"{name} is a share: 0 to 0.9.")
        require(
            self.validation is not None or self.validation_share > 0,
            "validation_share",
            "there must be examples to measure on: name a validation file, or hold out a share.",
        )
        require(self.validation_share + self.test_share <= 0.9, "test_share", "more than 0.9 would be held out.")
        require(self.limit is None or self.limit >= 2, "limit", "limit must be 2 or more, or null.")
        require(
            self.back_translation is None or self.kind == "translation",
            "back_translation",
            f"back_translation makes pairs for a translation, and kind is {self.kind}.",
        )
        require(
            self.ngrams is None or self.kind == "classification",
            "ngrams",
            f"ngrams label texts, and kind is {self.kind}: leave ngrams out.",
        )
        require(
            not self.kinds or self.kind == "questions",
            "kinds",
            f"kinds are kinds of question, and kind is {self.kind}: leave kinds out.",
        )
        require(self.stride >= 0, "stride", "stride must be 0 or more.")
        words = [word.lower() for these in self.exchangeable for form in these.forms for word in form]
        require(len(set(words)) == len(words), "exchangeable", "a word can change places in one list alone.")
        require(
            not words or (self.kind == "questions" and self.writes),
            "exchangeable",
            "words change places where answers are written: set kind to questions and answers to texts, or leave "
            "exchangeable out.",
        )
        for name in ("longest_question", "longest_answer"):
            require(getattr(self, name) >= 1, name, f"{name} must be 1 or more.")

    @property
    def writes(self) -> bool:
        """Whether its model writes texts."""
        return self.kind == "translation" or (self.kind == "questions" and self.answers == "texts")
