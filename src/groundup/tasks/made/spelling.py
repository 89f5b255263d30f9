"""Parallel files of Shakespeare's lines: the Folio's spelling, and modern spelling, by whole plays.

Which plays are held out is settled in `tasks.shakespeare`, so the seed changes nothing here. Some lines stand in many
plays ("My lord?"); they stay, for they are part of any play, and the account says how many of a part are such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from groundup.progress import Progress
from groundup.tasks.examples import Pair
from groundup.tasks.made.parts import shared
from groundup.tasks.made.what import MadeFiles
from groundup.tasks.parts import PARTS
from groundup.tasks.shakespeare import PairAccount, SpellingPair, shakespeare_pairs, split_of

# Endings of the files, in the form of language tags: English of the Folio and of today.
OLD, MODERN = "en-folio", "en-modern"


def make_spelling(data: Mapping[str, Path], into: Path, seed: int, progress: Progress) -> MadeFiles:
    """Write `train.en-folio`, `train.en-modern` and so on, line beside line. Raises GroundupError."""
    del seed  # Nothing is drawn.
    account = PairAccount()
    parts: dict[str, list[SpellingPair]] = {part: [] for part in PARTS}
    for pair in shakespeare_pairs(data["shakespeare"], progress, account=account):
        parts[split_of(pair.play)].append(pair)
    for part, pairs in parts.items():
        for ending, lines in (
            (OLD, (pair.source for pair in pairs)),
            (MODERN, (pair.target for pair in pairs)),
        ):
            (into / f"{part}.{ending}").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return MadeFiles(
        *PARTS,
        account={
            "parts": {part: _figures(pairs) for part, pairs in parts.items()},
            "alignment": asdict(account),
            "in_train_word_for_word": shared({part: [_plain(pair) for pair in pairs] for part, pairs in parts.items()}),
        },
    )


def _plain(pair: SpellingPair) -> Pair:
    return Pair(pair.id, pair.source, pair.target)


def _figures(pairs: list[SpellingPair]) -> dict[str, object]:
    return {
        "pairs": len(pairs),
        "plays": sorted({pair.play for pair in pairs}),
        "identical": sum(pair.source == pair.target for pair in pairs),
        "source_characters": sum(len(pair.source) for pair in pairs),
        "target_characters": sum(len(pair.target) for pair in pairs),
    }
