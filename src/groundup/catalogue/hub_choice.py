"""Which files of a data set on the hub are meant by a configuration and a split.

The card says so in its `configs`; without them names do, by the words that the `datasets` library looks for
(huggingface.co/docs/datasets/repository_structure). Nothing is guessed beyond that: what is not clear is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from groundup.catalogue.hub_listing import HubFile, HubListing
from groundup.catalogue.hub_reference import ALL_SPLITS, HubReference
from groundup.errors import GroundupError, did_you_mean

# What a corpus reads; texts and tables may be compressed.
READABLE = (".parquet", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt")
COMPRESSED = (".gz", ".zst", ".xz", ".bz2")
# Words about the data, not data.
_ABOUT = frozenset(
    {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "config.json", "state.json", "requirements.txt"}
    | {"license.txt", "licence.txt", "croissant.json", "robots.txt"}
)
_SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_OTHER = "other"
_SHARDED = re.compile(r"data/([\w.]{1,60})-\d{1,6}-of-\d{1,6}\.[\w.]{1,20}")
# The hub makes Parquet files of what it can read, on a branch of their own.
CONVERTED = "refs/convert/parquet"


def choose(listing: HubListing, reference: HubReference) -> tuple[HubFile, ...]:
    """The files that are meant, in the order of their names. Raises GroundupError where that is not clear."""
    splits = _splits(listing, reference)
    split = _split(splits, reference)
    names = {name for part in (splits if split == ALL_SPLITS else [split]) for name in splits[part]}
    chosen = [file for file in listing.files if file.name in names and _fits(file.name, reference.files)]
    if not chosen:
        raise GroundupError(
            f"No file of {_shown(reference)} fits files={', '.join(reference.files)}; {_sample(sorted(names))}",
            "Patterns are matched against a file's path in the repository: `en/*.json.gz`.",
        )
    return tuple(sorted(chosen, key=lambda file: file.name))


def is_readable(name: str) -> bool:
    """Whether a corpus reads a file of this name, and the file is data."""
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    if suffix in COMPRESSED:
        suffix = path.with_suffix("").suffix.lower()
        return suffix in READABLE and suffix != ".parquet"
    return suffix in READABLE and path.name.lower() not in _ABOUT


def is_match(pattern: str, name: str) -> bool:
    """Whether a path fits a pattern: `*` stays inside one name, `**` is any folders, a folder's name all that is in it.

    The places in the pattern that the path's beginning can have reached are kept, so no pattern takes long.
    """
    wanted: list[str] = []
    for part in pattern.split("/"):
        if part not in ("", ".") and not (part == "**" and wanted[-1:] == ["**"]):
            wanted.append(part)
    parts = name.split("/")
    reached = _skip({0}, wanted)
    for number, part in enumerate(parts, 1):
        inside = {place for place in reached if place < len(wanted)}
        after = {place for place in inside if wanted[place] == "**"}
        after |= {place + 1 for place in inside if wanted[place] != "**" and fnmatchcase(part, wanted[place])}
        reached = _skip(after, wanted)
        if len(wanted) in reached and number == len(wanted) < len(parts) and "*" not in pattern:
            return True
    return len(wanted) in reached


def _skip(places: set[int], wanted: Sequence[str]) -> set[int]:
    """The places, and those after a `**`, which may stand for no folder; never two of them stand in a row."""
    return places | {place + 1 for place in places if place < len(wanted) and wanted[place] == "**"}


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(is_match(pattern, name) for pattern in patterns)


def _splits(listing: HubListing, reference: HubReference) -> dict[str, list[str]]:
    """The names of the files of each split of the configuration that is meant."""
    # What a pattern of the user's own picks out is read, whatever the reader makes of it.
    names = [file.name for file in listing.files if reference.files or is_readable(file.name)]
    if not names:
        raise GroundupError(
            f"The data set {listing.repository!r} has no file that a corpus reads ({', '.join(READABLE)}); "
            + _sample([file.name for file in listing.files]),
            f"Try what the hub made of it: {_at(reference, CONVERTED)}",
        )
    configuration = _configuration(listing, reference)
    if configuration is None:
        if not reference.config:
            return _by_name(names)
        inside = [name for name in names if name.startswith(reference.config.strip("/") + "/")]
        if not inside:
            folders = sorted({name.partition("/")[0] for name in names if "/" in name})
            raise GroundupError(
                f"The card of {listing.repository!r} names no configurations, and there is no folder"
                f" {reference.config!r}. {did_you_mean(reference.config, folders)}",
                "Choose files by their names instead, as in ?files=en/*.json.gz",
            )
        return _by_name(inside)
    folder = str(configuration.get("data_dir") or "").strip("/")
    patterns = _patterns(configuration.get("data_files"))
    if not any(patterns.values()):
        return _by_name([name for name in names if not folder or name.startswith(folder + "/")])
    found = {
        split: [name for name in names if any(is_match(f"{folder}/{pattern}", name) for pattern in those)]
        for split, those in patterns.items()
    }
    found = {split: those for split, those in found.items() if those}
    if not found:
        raise GroundupError(
            f"The card of {listing.repository!r} names files that are not there or that a corpus cannot read: "
            f"{', '.join(pattern for those in patterns.values() for pattern in those)[:300]}; {_sample(names)}",
            f"Choose files by their names, as in ?files=*.parquet, or try {_at(reference, CONVERTED)}",
        )
    return found


def _configuration(listing: HubListing, reference: HubReference) -> Mapping[str, Any] | None:
    """The card's entry for the configuration that is meant; None where the card has none."""
    known = {str(one.get("config_name", "default")): one for one in listing.configurations}
    if not known:
        return None
    if reference.config:
        if reference.config not in known:
            raise GroundupError(
                f"The data set {listing.repository!r} has no configuration {reference.config!r}."
                f" {did_you_mean(reference.config, known)}",
                f"It has {len(known):,}: {', '.join(list(known)[:12])}{' ...' if len(known) > 12 else ''}.",
            )
        return known[reference.config]
    default = next((one for one in known.values() if one.get("default") is True), known.get("default"))
    if default is None and len(known) == 1:
        default = next(iter(known.values()))
    if default is None and not reference.files:
        raise GroundupError(
            f"The data set {listing.repository!r} has {len(known):,} configurations and no default: "
            f"{', '.join(list(known)[:12])}{' ...' if len(known) > 12 else ''}.",
            f"Name one: {replace(reference, config=next(iter(known))).command}",
        )
    return default


def _patterns(files: Any) -> dict[str, list[str]]:
    """The card's `data_files`: a pattern, a list of them, or both for each split; what has no split is `train`."""
    if isinstance(files, str):
        return {"train": [files]}
    if isinstance(files, Mapping):
        return {str(split): _texts(those) for split, those in files.items()}
    found: dict[str, list[str]] = {}
    for one in files if isinstance(files, list) else []:
        if isinstance(one, Mapping):
            found.setdefault(str(one.get("split", "train")), []).extend(_texts(one.get("path")))
        else:
            found.setdefault("train", []).extend(_texts(one))
    return found


def _texts(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def _by_name(names: Iterable[str]) -> dict[str, list[str]]:
    """The names by the split that their words tell; where none tells, all are `train`."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(_named_split(name), []).append(name)
    return {"train": found[_OTHER]} if set(found) == {_OTHER} else found


def _named_split(name: str) -> str:
    """The split in a file's name, else in that of the nearest folder; `other` where none is."""
    # data/unsupervised-00000-of-00001.parquet: in such a name any word is a split.
    if sharded := _SHARDED.fullmatch(name):
        return sharded[1]
    words = re.split(r"[-._ 0-9/]+", name.lower())
    return next((split for word in reversed(words) for split, marks in _SPLITS.items() if word in marks), _OTHER)


def _split(splits: Mapping[str, Sequence[str]], reference: HubReference) -> str:
    """The split that is meant: the named one, the only one, or `train`."""
    if reference.split == ALL_SPLITS or (reference.split and reference.split in splits):
        return reference.split
    if reference.split:
        raise GroundupError(
            f"{_shown(reference)} has no split {reference.split!r}; it has {', '.join(splits)}."
            f" {did_you_mean(reference.split, splits)}",
            f"Name one of them, or all: {replace(reference, split=ALL_SPLITS).command}",
        )
    if reference.files or len(splits) == 1:
        return ALL_SPLITS
    if "train" not in splits:
        raise GroundupError(
            f"{_shown(reference)} has several splits and none called train: {', '.join(splits)}.",
            f"Name one, or all: {replace(reference, split=ALL_SPLITS).command}",
        )
    return "train"


def _shown(reference: HubReference) -> str:
    config = f" ({reference.config})" if reference.config else ""
    return f"The data set {reference.repository!r}{config}"


def _sample(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return f"it has {', '.join(names[:5]) or 'no files'}{more}."


def _at(reference: HubReference, revision: str) -> str:
    return HubReference(reference.repository, revision).command
