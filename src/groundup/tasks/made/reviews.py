"""Sentences of film and product reviews, positive or negative by the mean of what people rated them.

Left out, and counted: means within half a point of 0 and sentences that stand there before. The mean of 15 to 29
ratings of both signs has a standard error of about a quarter of a point, so that with other people it might as well
have been of the other sign; and of most such sentences people felt nothing. Sentences of one review stay in one part.
Of a film there may be reviews in several parts; nothing in the files tells which film it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from groundup.errors import GroundupError
from groundup.progress import Progress
from groundup.tasks.examples import Labelled
from groundup.tasks.made.parts import shared
from groundup.tasks.made.vader_score import baselines
from groundup.tasks.made.what import MadeFiles
from groundup.tasks.parts import PARTS

# Data set, its file, and what its sentences are called here.
SOURCES = (
    ("movie-reviews", "movieReviewSnippets_GroundTruth.txt", "movie"),
    ("product-reviews", "amazonReviewSnippets_GroundTruth.txt", "product"),
)
NEUTRAL = 0.5
# Of the sentences of each source, at least this share is in the test part, and as much in the validation part.
HELD_OUT = 0.1

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Rated:
    """A sentence; `review` is shared by the sentences of one review."""

    source: str
    id: str
    review: str
    rating: float
    """The mean of the ratings, from -4 to 4."""
    text: str

    @property
    def label(self) -> str:
        """The sign in words."""
        return "positive" if self.rating > 0 else "negative"


def make_reviews(data: Mapping[str, Path], into: Path, seed: int, progress: Progress) -> MadeFiles:
    """Write `train.jsonl` and so on, with id, label, rating and text, in an order that was drawn.

    Raises GroundupError where a file is missing or has other lines.
    """
    progress("reading reviews")
    read = [rated for name, file, source in SOURCES for rated in read_rated(data[name] / file, source)]
    kept, left_out = chosen(read)
    parts = split(kept, seed)
    for part, rows in parts.items():
        lines = (json.dumps(_row(rated), ensure_ascii=False) for rated in rows)
        (into / f"{part}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    labelled = {part: [Labelled(rated.id, rated.text, rated.label) for rated in rows] for part, rows in parts.items()}
    return MadeFiles(
        train="train.jsonl",
        validation="validation.jsonl",
        test="test.jsonl",
        account={
            "read": dict(Counter(rated.source for rated in read)),
            "left_out": left_out,
            "parts": {part: _figures(rows) for part, rows in parts.items()},
            "in_train_word_for_word": shared(labelled),
            "baselines": baselines(labelled["train"], labelled["test"], data["vader-lexicon"], progress),
        },
    )


def read_rated(path: Path, source: str) -> list[Rated]:
    """The lines of a file: number, mean rating and sentence with tabs between."""
    if not path.is_file():
        raise GroundupError(f"There is no file {path}.", "Fetch its data set anew with `groundup data get`.")
    rated = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            place, rating, text = line.split("\t")
            review = place.partition("_")[0]
            rated.append(Rated(source, f"{source}-{place}", f"{source}-{review}", float(rating), text.strip()))
        except ValueError as error:
            raise GroundupError(
                f"Line {number:,} of {path} is no number, rating and sentence with tabs between: {line[:80]!r}.",
                "Fetch its data set anew with `groundup data get`.",
            ) from error
    return rated


def chosen(read: list[Rated]) -> tuple[list[Rated], dict[str, dict[str, int]]]:
    """What has a sign and stands there for the first time; what was left out, by reason and source."""
    kept: list[Rated] = []
    left_out: dict[str, Counter[str]] = {"neutral": Counter(), "repeated": Counter()}
    seen: set[str] = set()
    for rated in read:
        words = " ".join(_WORD.findall(rated.text.casefold()))
        if abs(rated.rating) < NEUTRAL:
            left_out["neutral"][rated.source] += 1
        elif words in seen:
            left_out["repeated"][rated.source] += 1
        else:
            kept.append(rated)
            seen.add(words)
    assert len(read) == len(kept) + sum(count.total() for count in left_out.values())
    return kept, {reason: dict(count) for reason, count in left_out.items()}


def split(kept: list[Rated], seed: int) -> dict[str, list[Rated]]:
    """Whole reviews in a drawn order: of each source first the test part, then the validation part, then the rest."""
    reviews: dict[str, list[Rated]] = {}
    for rated in kept:
        reviews.setdefault(rated.review, []).append(rated)
    sizes = Counter(rated.source for rated in kept)
    taken: Counter[str] = Counter()
    parts: dict[str, list[Rated]] = {part: [] for part in PARTS}
    key = hashlib.blake2b(f"vader-reviews {seed}".encode(), digest_size=16).digest()
    draws = numpy.random.Generator(numpy.random.Philox(key=numpy.frombuffer(key, "<u8")))
    drawn = [*reviews.values()]
    for place in draws.permutation(len(drawn)):
        review = drawn[place]
        source = review[0].source
        share = taken[source] / sizes[source]
        part = "test" if share < HELD_OUT else "validation" if share < 2 * HELD_OUT else "train"
        parts[part].extend(review)
        taken[source] += len(review)
    return parts


def _row(rated: Rated) -> dict[str, Any]:
    return {"id": rated.id, "label": rated.label, "rating": round(rated.rating, 3), "text": rated.text}


def _figures(rows: list[Rated]) -> dict[str, Any]:
    return {
        "examples": len(rows),
        "reviews": len({rated.review for rated in rows}),
        "sources": dict(Counter(rated.source for rated in rows)),
        "labels": dict(sorted(Counter(rated.label for rated in rows).items())),
    }
