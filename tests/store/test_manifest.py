"""Manifests: what is written is read again, and nothing else is taken for one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.errors import DamagedError
from groundup.store.manifest import FileEntry, Manifest, dump_manifest, parse_manifest

PATH = Path("run/corpus/manifest.json")
MANIFEST = Manifest(
    stage="corpus",
    fingerprint="f" * 64,
    settings={"minimum": 0.1, "names": ["naïve", "\udc80"], "inner": {"depth": None}},
    seed=7,
    parents={"books": "a" * 64},
    versions={"python": "3.11.7"},
    files={"train/00000.parquet": FileEntry("b" * 64, 12), "account.json": FileEntry("c" * 64, 30)},
    facts={"documents": 3, "seconds": 1.25},
)

FACTS = st.dictionaries(
    st.text(), st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.none()
)


@given(FACTS, st.integers())
def test_what_is_written_is_read_again(facts, seed):
    manifest = replace(MANIFEST, facts=facts, seed=seed)
    assert parse_manifest(dump_manifest(manifest), PATH) == manifest


def test_the_size_is_that_of_all_files():
    assert MANIFEST.bytes == 42


def test_every_flipped_bit_is_noticed():
    good = dump_manifest(MANIFEST)
    for place in range(len(good)):
        for bit in range(8):
            bad = bytearray(good)
            bad[place] ^= 1 << bit
            with pytest.raises(DamagedError, match=str(PATH)):
                parse_manifest(bytes(bad), PATH)


@given(st.binary(max_size=200))
def test_other_bytes_are_no_manifest(raw):
    with pytest.raises(DamagedError):
        parse_manifest(raw, PATH)


@pytest.mark.parametrize("raw", [b"[" * 100_000, b"9" * 100_000, b"[]", b"{}", b"null", b'{"seal": 1}'])
def test_hostile_json_is_no_manifest(raw):
    with pytest.raises(DamagedError):
        parse_manifest(raw, PATH)


def test_the_same_content_in_other_words_is_noticed():
    content = json.loads(dump_manifest(MANIFEST))
    with pytest.raises(DamagedError):
        parse_manifest(json.dumps(content).encode(), PATH)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "..\\secret"])
def test_no_file_outside_its_folder_is_named(name):
    raw = dump_manifest(replace(MANIFEST, files={name: FileEntry("b" * 64, 1)}))
    with pytest.raises(DamagedError):
        parse_manifest(raw, PATH)
