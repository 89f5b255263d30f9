"""What a recipe says of a task: where its examples are, how they are read, and how the trained model answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from groundup.decoding.settings import BeamSettings
from groundup.settings import require
from groundup.tasks.settings import Columns, OnBadRow, PairGateSettings


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
    vocabulary: Literal["joint", "separate"] = "joint"
    """translation: one set of tokens for both languages, or one each, of `tokenizer.vocabulary` tokens."""
    pool: Literal["first", "mean", "last", "all"] = "mean"
    """classification: which vector stands for a text: its first token's, the mean, its last token's, or all: last, mean
    and maximum beside each other (arXiv 1801.06146)."""
    keep: Literal["beginning", "end", "both"] = "both"
    """classification: what stays of a text that is longer than model.context; both: the first quarter and the rest from
    the end (arXiv 1905.05583 found beginning and end to tell most)."""
    answers: Literal["spans", "texts"] = "spans"
    """questions: answers are spans of the passage, or texts that are written."""
    stride: int = 64
    """questions: tokens that neighbouring windows over a long passage share."""
    longest_question: int = 48
    """questions: tokens of a question that are read."""
    longest_answer: int = 24
    """questions: most tokens of a span."""
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
        require(self.stride >= 0, "stride", "stride must be 0 or more.")
        for name in ("longest_question", "longest_answer"):
            require(getattr(self, name) >= 1, name, f"{name} must be 1 or more.")

    @property
    def writes(self) -> bool:
        """Whether its model writes texts."""
        return self.kind == "translation" or (self.kind == "questions" and self.answers == "texts")
