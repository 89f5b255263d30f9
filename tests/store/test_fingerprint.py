"""Fingerprints: equal values give equal ones, different values different ones, everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.store.fingerprint import file_sha256, fingerprint, folder_fingerprint, plain

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Minutes:
    """A value class, as recipes have them."""

    def __init__(self, count: int) -> None:
        self.count = count

    @classmethod
    def parse(cls, text: str) -> Minutes:
        return cls(int(text.split()[0]))

    def __str__(self) -> str:
        return f"{self.count} minutes"


@dataclass(frozen=True)
class Inner:
    rate: float = 0.1
    names: tuple[str, ...] = ("a", "b")


@dataclass(frozen=True)
class Outer:
    inner: Inner = field(default_factory=Inner)
    budget: Minutes = field(default_factory=lambda: Minutes(3))
    size: int | None = None


def test_settings_become_plain_data():
    assert plain(Outer()) == {
        "inner": {"rate": 0.1, "names": ["a", "b"]},
        "budget": "3 minutes",
        "size": None,
    }


@given(st.dictionaries(st.text(), JSON, max_size=6), st.randoms())
def test_the_order_of_keys_does_not_matter(values, random):
    keys = list(values)
    random.shuffle(keys)
    assert fingerprint(values) == fingerprint({key: values[key] for key in keys})


@given(JSON, JSON)
def test_different_text_is_a_different_fingerprint(one, other):
    assert (fingerprint(one) == fingerprint(other)) == (_typed(one) == _typed(other))


def _typed(value):
    """The value with its types: equality alone does not tell True from 1. Whole floats count as integers."""
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    return (isinstance(value, bool), value)


def test_a_whole_number_is_the_same_setting_as_float_or_integer():
    assert fingerprint(Inner(rate=1)) == fingerprint(Inner(rate=1.0)) != fingerprint(Inner(rate=1.0000001))


def test_parts_do_not_run_into_each_other():
    assert len({fingerprint("a", "b"), fingerprint("ab"), fingerprint(["a", "b"]), fingerprint("b", "a")}) == 4


@pytest.mark.parametrize("value", [Path("here"), {1: 2}, {1, 2}, object(), b"raw"])
def test_what_would_differ_between_machines_is_refused(value):
    with pytest.raises(TypeError):
        fingerprint(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_only_finite_numbers_are_recorded(value):
    with pytest.raises(ValueError, match="finite"):
        fingerprint({"loss": value})


def test_the_seed_of_the_hash_function_does_not_matter():
    script = (
        "from groundup.store.fingerprint import fingerprint\n"
        "names = {'width', 'depth', 'heads', 'rate', 'seed'}\n"
        "print(fingerprint({name: len(name) / 7 for name in names}, ('a', 1, None, True)))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(found) == 1
    assert len(found.pop().strip()) == 64


def test_a_folder_is_known_by_names_and_bytes_and_not_by_place(tmp_path):
    for place in ("one", "two"):
        (tmp_path / place / "deep").mkdir(parents=True)
        (tmp_path / place / "b.txt").write_text("b")
        (tmp_path / place / "deep" / "a.txt").write_text("a")
    one, two = tmp_path / "one", tmp_path / "two"
    before = folder_fingerprint(one)
    assert before == folder_fingerprint(two)
    (two / "deep" / "a.txt").write_text("A")
    assert folder_fingerprint(two) != before
    (one / "b.txt").rename(one / "c.txt")
    assert folder_fingerprint(one) != before


def test_a_single_file_has_a_fingerprint_too(tmp_path):
    file = tmp_path / "novel.txt"
    file.write_text("abc")
    before = folder_fingerprint(file)
    assert file_sha256(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2
    file.write_text("abd")
    assert folder_fingerprint(file) != before


def test_a_missing_folder_is_the_users_mistake(tmp_path):
    with pytest.raises(GroundupError, match="nowhere"):
        folder_fingerprint(tmp_path / "nowhere")


def test_progress_calls_hashing_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    heard: list[str] = []
    folder_fingerprint(tmp_path, progress=lambda what, done=0, total=None: heard.append(what))
    assert set(heard) == {f"hashing {tmp_path}"}
