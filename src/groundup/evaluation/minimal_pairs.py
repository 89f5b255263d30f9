"""Grammar by minimal pairs: of two sentences that differ in one point, a model shall hold the good one to be likelier.

BLiMP (Warstadt et al., arXiv 1912.00582) has 67 paradigms of 1,000 pairs each, one JSON Lines file a paradigm, read
here as they are published. Guessing gives 50 %.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundup.errors import GroundupError, did_you_mean
from groundup.evaluation.sentence_scores import Marks, marks_of, scores
from groundup.model.model import Model
from groundup.progress import SILENT, Progress
from groundup.tokens.tokenizer import Tokenizer

GOOD, BAD, PARADIGM = "sentence_good", "sentence_bad", "UID"
# Scores closer than this, in nats, are a tie: single precision cannot tell them apart.
TIE = 1e-5
# Standard deviations of a normal that hold 95 % of it.
Z = 1.959964
EXPECTED = f'Each line is a JSON object with the texts "{GOOD}" and "{BAD}", as in the files of BLiMP.'


@dataclass(frozen=True)
class Pair:
    """Two sentences that differ in what a paradigm is about."""

    good: str
    bad: str


@dataclass(frozen=True)
class Figures:
    """How often the good sentence was the likelier one."""

    right: int
    ties: int
    pairs: int

    @property
    def accuracy(self) -> float:
        """Share of pairs told right; a tie counts half, as a coin would."""
        return (self.right + self.ties / 2) / self.pairs

    @property
    def interval(self) -> tuple[float, float]:
        """Where the accuracy would lie with other pairs of the kind, in 95 cases of 100."""
        return wilson(self.accuracy, self.pairs)


def read_pairs(path: Path, limit: int | None = None) -> dict[str, list[Pair]]:
    """The pairs by paradigm, at most `limit` of each, from a JSON Lines file or all those of a folder.

    A paradigm is called what its lines call it under "UID", else as its file. Raises GroundupError with file and line.
    """
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    found: dict[str, list[Pair]] = {}
    for file in files:
        for number, line in enumerate(_lines(file), 1):
            if line.strip():
                name, pair = _pair(line, file, number)
                held = found.setdefault(name, [])
                if limit is None or len(held) < limit:
                    held.append(pair)
    if not found:
        what = "no .jsonl file with pairs in it" if path.is_dir() else "no pairs"
        raise GroundupError(f"{path} holds {what}.", f"Give BLiMP's folder or one of its files. {EXPECTED}")
    return found


def evaluate_pairs(
    model: Model,
    tokenizer: Tokenizer,
    paradigms: Mapping[str, Sequence[Pair]],
    way: str,
    objective: str,
    progress: Progress = SILENT,
) -> dict[str, Figures]:
    """The figures of each paradigm, the sentences scored in one of `sentence_scores.WAYS`.

    Raises GroundupError where a sentence is longer than the model can read.
    """
    done, total = 0, sum(map(len, paradigms.values()))
    figures = {}
    for name, pairs in paradigms.items():
        tell = _part_of(progress, f"scoring {way}", done, len(pairs), total)
        sentences = tokenizer.encode_batch([text for pair in pairs for text in (pair.good, pair.bad)])
        _check_lengths(model, sentences, name)
        couples = list(zip(sentences[::2], sentences[1::2], strict=True))
        figures[name] = _compared(model, couples, way, marks_of(tokenizer, objective), tell)
        done += len(pairs)
    return figures


def mean_accuracy(figures: Mapping[str, Figures]) -> float:
    """The mean over paradigms, each counting alike, as published figures are."""
    return sum(each.accuracy for each in figures.values()) / len(figures)


def mean_interval(figures: Mapping[str, Figures]) -> tuple[float, float]:
    """The 95 % interval of the mean, as of so many pairs that each counted alike: P^2 / sum of 1 / n."""
    return wilson(mean_accuracy(figures), len(figures) ** 2 / sum(1 / each.pairs for each in figures.values()))


def wilson(share: float, count: float) -> tuple[float, float]:
    """The 95 % score interval of a share of `count` draws (Wilson 1927), which holds for few and for all right, too."""
    shrink = 1 + Z**2 / count
    middle = (share + Z**2 / (2 * count)) / shrink
    half = Z / shrink * math.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def _compared(
    model: Model, couples: Sequence[tuple[list[int], list[int]]], way: str, marks: Marks, progress: Progress
) -> Figures:
    # What both begin with can be left unscored: it is as likely in the one as in the other.
    asked = [(tokens, _shared(*couple)) for couple in couples for tokens in couple]
    found = scores(model, asked, way, marks, progress)
    gaps = [good - bad for good, bad in zip(found[::2], found[1::2], strict=True)]
    return Figures(sum(gap >= TIE for gap in gaps), sum(abs(gap) < TIE for gap in gaps), len(gaps))


def _part_of(progress: Progress, work: str, before: int, pairs: int, all_pairs: int) -> Progress:
    """Progress of some of `all_pairs`, heard as progress of them all."""

    def tell(what: str, done: float = 0, total: float | None = None) -> None:
        progress(work, before + int(pairs * done / (total or 1)), all_pairs)

    return tell


def _lines(file: Path) -> list[str]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise GroundupError(f"{file} cannot be read: {error.strerror}.", "Check the path given with --data.") from None
    try:
        return data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise GroundupError(
            f"{file}, line {line}: the byte 0x{data[error.start]:02x} is not UTF-8.", "Save the file as UTF-8."
        ) from None


def _pair(line: str, file: Path, number: int) -> tuple[str, Pair]:
    where = f"{file}, line {number}"
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise GroundupError(f"{where} is not JSON: {error}.", EXPECTED) from None
    if not isinstance(row, dict):
        raise GroundupError(f"{where} is no JSON object.", EXPECTED)
    for column in (GOOD, BAD):
        if column not in row:
            raise GroundupError(f"{where} has no {column!r}. {did_you_mean(column, map(str, row))}", EXPECTED)
        if not isinstance(row[column], str) or not row[column].strip():
            raise GroundupError(f"{where}: {column!r} holds no sentence.", EXPECTED)
    return str(row.get(PARADIGM) or file.stem), Pair(row[GOOD], row[BAD])


def _shared(good: Sequence[int], bad: Sequence[int]) -> int:
    """How many tokens both sentences begin with."""
    count = 0
    for ours, theirs in zip(good, bad, strict=False):
        if ours != theirs:
            break
        count += 1
    return count


def _check_lengths(model: Model, sentences: Sequence[Sequence[int]], paradigm: str) -> None:
    # Two end tokens frame a sentence.
    most, longest = max(map(len, sentences)) + 2, model.longest
    if longest is not None and most > longest:
        raise GroundupError(
            f"A sentence of {paradigm} comes to {most} tokens; this model reads at most {longest} (model.context).",
            "Give it shorter sentences, or train a model with a longer context.",
        )
