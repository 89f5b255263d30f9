"""The entries themselves: pinned, licensed, and what the shared data folder holds."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from groundup.catalogue import fetch
from groundup.catalogue.cache import cached
from groundup.catalogue.dataset import DataSet, FromFolder, FromHub
from groundup.catalogue.entries import DATA_SETS


def test_names_are_unique_and_plain() -> None:
    names = [dataset.name for dataset in DATA_SETS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


@pytest.mark.parametrize("dataset", DATA_SETS, ids=lambda dataset: dataset.name)
def test_an_entry_tells_all_and_pins_every_file(dataset: DataSet) -> None:
    for text in (dataset.description, dataset.licence, dataset.home, dataset.citation):
        assert text.strip()
    assert dataset.size > 0
    assert dataset.splits
    for origin in dataset.origins:
        assert not isinstance(origin, FromFolder), "no folder of one machine belongs here"
        for file in origin.files if isinstance(origin, FromHub) else (origin.file,):
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
            assert file.size > 0


@pytest.mark.parametrize("name", ["tinyshakespeare", "novels"])
def test_the_shared_folder_is_a_mirror(name: str, shared_data: Path, monkeypatch) -> None:
    monkeypatch.setenv("GROUNDUP_MIRROR", str(shared_data))
    (dataset,) = (dataset for dataset in DATA_SETS if dataset.name == name)
    folder = fetch(name)
    assert sum(path.stat().st_size for path in folder.iterdir()) == dataset.size
    for origin in dataset.origins:
        found = hashlib.sha256((folder / origin.file.name).read_bytes()).hexdigest()
        assert found == origin.file.sha256


@pytest.mark.parametrize("name", ["movie-reviews", "product-reviews", "vader-lexicon"])
def test_what_was_unpacked_is_as_large_as_the_entry_says(name: str, monkeypatch) -> None:
    monkeypatch.delenv("GROUNDUP_CACHE")
    (dataset,) = (dataset for dataset in DATA_SETS if dataset.name == name)
    folder = cached(dataset)
    if folder is None:
        pytest.skip(f"{name} is not in the cache, and tests ask no network: groundup data get {name}")
    assert sum(path.stat().st_size for path in folder.iterdir()) == dataset.size
