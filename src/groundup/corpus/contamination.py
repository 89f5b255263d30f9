"""Documents that hold what a model will be examined on: n-grams in common with evaluation texts.

An index holds the hash of every run of `size` units of every evaluation item, sorted, on disk; it is mapped, so all
workers share it. Looking costs one search a run. What is found is kept as signals; `decontaminate` obeys thresholds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from groundup.corpus.contamination_settings import ContaminationSettings, OverlapSettings
from groundup.corpus.document import Change, sample
from groundup.corpus.duplicates.signing import Hashes, character_hashes, shingle_hashes, word_hashes
from groundup.corpus.whole import whole_or_absent
from groundup.errors import DamagedError, GroundupError

_WORD = re.compile(r"\w+")
_LETTER = re.compile(r"\w")
_UNITS = {"words": _WORD, "characters": _LETTER}

_FACTS = "index.json"
_HASHES = "hashes.npy"
_STARTS = "starts.npy"
_ITEMS = "items.npy"
_RUNS = "runs.npy"


@dataclass(frozen=True)
class Contamination:
    """What a text has in common with evaluation items."""

    text_share: float = 0.0
    """Share of the text's runs that stand in any item."""
    item_share: float = 0.0
    """Share of `item`'s different runs that stand in the text."""
    longest_run: int = 0
    """The most units in a row that found runs cover."""
    item: str = ""
    """The item of which the largest share was found, and of equal ones the first; "" where nothing was."""
    passages: tuple[tuple[int, int], ...] = ()
    """Where found runs stand in the text, in characters, those that overlap or touch as one."""


@dataclass(frozen=True)
class Index:
    """The runs of all items of evaluation sets, by hash."""

    settings: OverlapSettings
    names: tuple[str, ...]
    """Of the items, in order."""
    sizes: tuple[int, ...]
    """How long runs are: `settings.size`, and the lengths of shorter items."""
    too_short: int
    """Items that are not looked for, having fewer than `settings.shortest` units."""
    hashes: Hashes
    """[runs] Different ones, ascending."""
    starts: NDArray[numpy.int64]
    """[runs + 1] Where in `items` those begin that hold a run."""
    items: NDArray[numpy.int64]
    """Numbers of items, for each run ascending."""
    runs: NDArray[numpy.int64]
    """[items] How many different runs each item has."""

    @cached_property
    def _filter(self) -> NDArray[numpy.bool_]:
        """[65,536] Whether a run's hash begins with these 16 bits: most of a text is told apart without a search."""
        seen = numpy.zeros(65_536, numpy.bool_)
        seen[self.hashes >> numpy.uint64(48)] = True
        return seen

    def find(self, hashes: Hashes) -> NDArray[numpy.int64]:
        """[hashes] The place of each in the index, -1 where it is not there."""
        found = numpy.full(len(hashes), -1, numpy.int64)
        if not len(self.hashes):
            return found
        likely = numpy.flatnonzero(self._filter[hashes >> numpy.uint64(48)])
        places = numpy.minimum(numpy.searchsorted(self.hashes, hashes[likely]), len(self.hashes) - 1)
        is_there = self.hashes[places] == hashes[likely]
        found[likely[is_there]] = places[is_there]
        return found


def build_index(items: Iterable[tuple[str, str]], settings: OverlapSettings, into: Path) -> Index:
    """Write the index of evaluation `items`, each a name and a text, into the folder `into`, whole or not at all.

    About 60 bytes of memory a run. Raises GroundupError where no item is long enough to be looked for.
    """
    names: list[str] = []
    sizes = set()
    pieces: list[Hashes] = []
    too_short = 0
    for name, text in items:
        units = _hashed_units(text, settings)
        if len(units) < settings.shortest:
            too_short += 1
            continue
        sizes.add(min(settings.size, len(units)))
        names.append(name)
        pieces.append(numpy.unique(shingle_hashes(units, settings.size)))
    if not names:
        raise GroundupError(
            f"None of the {too_short:,} evaluation items has {settings.shortest} {settings.unit} or more.",
            "Name the files that hold the items' texts, or lower `shortest`.",
        )
    runs = numpy.array([len(piece) for piece in pieces], numpy.int64)
    every = numpy.concatenate(pieces)
    # Stable: of the items that hold a run, the first comes first.
    order = numpy.argsort(every, kind="stable")
    every = every[order]
    begins = numpy.flatnonzero(numpy.append(True, every[1:] != every[:-1]))
    with whole_or_absent(into, is_alone=True) as folder:
        numpy.save(folder / _HASHES, every[begins], allow_pickle=False)
        numpy.save(folder / _STARTS, numpy.append(begins, len(every)), allow_pickle=False)
        numpy.save(folder / _ITEMS, numpy.repeat(numpy.arange(len(runs)), runs)[order], allow_pickle=False)
        numpy.save(folder / _RUNS, runs, allow_pickle=False)
        facts = {"settings": asdict(settings), "sizes": sorted(sizes), "too_short": too_short, "names": names}
        (folder / _FACTS).write_text(json.dumps(facts, ensure_ascii=False), "utf-8")
    return open_index(into)


def open_index(folder: Path) -> Index:
    """The index that was built into `folder`, mapped. Raises GroundupError or DamagedError where there is none."""
    if not folder.is_dir():
        raise GroundupError(f"There is no index of evaluation texts at {folder}.", "Check the path, or build it first.")
    try:
        facts = json.loads((folder / _FACTS).read_text("utf-8"))
        hashes, starts, items, runs = (_mapped(folder / name) for name in (_HASHES, _STARTS, _ITEMS, _RUNS))
        index = Index(
            OverlapSettings(**facts["settings"]),
            tuple(facts["names"]),
            tuple(facts["sizes"]),
            facts["too_short"],
            hashes,
            starts,
            items,
            runs,
        )
        if len(starts) != len(hashes) + 1 or starts[-1] != len(items) or len(runs) != len(index.names):
            raise ValueError("its files do not belong together")
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise DamagedError(
            f"The index {folder} is damaged ({error}).", "Delete the folder and build the index again."
        ) from error
    return index


# The columns in which a document's `Contamination` is kept with it.
COLUMNS: dict[str, type] = {
    "contamination_text_share": float,
    "contamination_item_share": float,
    "contamination_longest_run": int,
    "contamination_item": str,
    "contamination_passages": str,
}


def as_columns(found: Contamination) -> dict[str, Any]:
    """A value for each of `COLUMNS`; `from_columns` reads them back."""
    passages = " ".join(f"{start}-{end}" for start, end in found.passages)
    values = (found.text_share, found.item_share, found.longest_run, found.item, passages)
    return dict(zip(COLUMNS, values, strict=True))


def from_columns(row: Mapping[str, Any]) -> Contamination:
    """What `as_columns` wrote into a document's row."""
    text_share, item_share, longest_run, item, passages = (row[name] for name in COLUMNS)
    pairs = (one.partition("-") for one in passages.split())
    spans = tuple((int(start), int(end)) for start, _, end in pairs)
    return Contamination(text_share, item_share, longest_run, item, spans)


def contamination(text: str, index: Index) -> Contamination:
    """What `text` has in common with the items of the index. A pure function; linear in the text."""
    settings = index.settings
    units = _hashed_units(text, settings)
    places: list[NDArray[numpy.int64]] = []
    edges = numpy.zeros(len(units) + 1, numpy.int64)
    share = 0.0
    for size in index.sizes:
        if size > len(units):
            continue
        # Runs of another length have other hashes.
        found = index.find(shingle_hashes(units, size))
        there = numpy.flatnonzero(found >= 0)
        if size == settings.size:
            share = len(there) / len(found)
        places.append(found[there])
        edges[there] += 1
        edges[there + size] -= 1
    every = numpy.unique(numpy.concatenate([numpy.empty(0, numpy.int64), *places]))
    if not len(every):
        return Contamination()
    covered = numpy.cumsum(edges) > 0
    # Where covered stretches of units begin, and the unit behind each.
    turns = numpy.flatnonzero(numpy.diff(covered, prepend=False)).reshape(-1, 2)
    holders = numpy.concatenate([index.items[index.starts[place] : index.starts[place + 1]] for place in every])
    held, counts = numpy.unique(holders, return_counts=True)
    shares = counts / index.runs[held]
    best = int(numpy.argmax(shares))
    return Contamination(
        share,
        float(shares[best]),
        int((turns[:, 1] - turns[:, 0]).max()),
        index.names[held[best]],
        _in_characters(text, turns, settings),
    )


def reached_threshold(found: Contamination, settings: ContaminationSettings) -> tuple[str, float, float] | None:
    """The first threshold that is reached, as its name, the value and the threshold; None where none is."""
    for name, (rule, limit) in settings.thresholds.items():
        value = float(getattr(found, name))
        if value >= limit:
            return rule, value, limit
    return None


def decontaminate(text: str, found: Contamination, settings: ContaminationSettings) -> tuple[str, Change | None]:
    """What stays of a text by the thresholds, and the change that this is; None where it is left alone.

    The change's cluster is the evaluation item's name, its sample the first passage found.
    """
    reached = reached_threshold(found, settings)
    if reached is None:
        return text, None
    rule, value, limit = reached
    left = _without(text, found.passages, settings.margin) if settings.action == "cut" else ""
    start, end = found.passages[0]
    return left, Change(
        "contamination",
        rule,
        settings.action,
        len(text),
        len(left),
        round(value, 4),
        limit,
        sample(f"{found.item}: {text[start:end]}"),
        cluster=found.item,
    )


def _hashed_units(text: str, settings: OverlapSettings) -> Hashes:
    """[units] Words or letters in small letters, without what stands between them."""
    units = _UNITS[settings.unit].findall(text)
    if settings.unit == "words":
        return word_hashes(map(str.lower, units))
    # A letter that becomes two, made small, stays one unit: the first of them.
    return character_hashes("".join(letter.lower()[0] for letter in units))


def _in_characters(text: str, turns: NDArray[numpy.int64], settings: OverlapSettings) -> tuple[tuple[int, int], ...]:
    """Stretches of units (first, one behind the last) as stretches of characters."""
    edges: dict[int, tuple[int, int]] = dict.fromkeys([*turns[:, 0].tolist(), *(turns[:, 1] - 1).tolist()], (0, 0))
    for number, match in enumerate(_UNITS[settings.unit].finditer(text)):
        if number in edges:
            edges[number] = match.span()
    return tuple((edges[begin][0], edges[end - 1][1]) for begin, end in turns.tolist())


def _without(text: str, passages: Sequence[tuple[int, int]], margin: int) -> str:
    kept = []
    at = 0
    for start, end in passages:
        # Margins of neighbours may overlap.
        kept.append(text[at : max(at, start - margin)])
        at = max(at, min(len(text), end + margin))
    return "".join([*kept, text[at:]])


def _mapped(path: Path) -> NDArray[Any]:
    found: NDArray[Any] = numpy.load(path, allow_pickle=False, mmap_mode="r")
    return found
