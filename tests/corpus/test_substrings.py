from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus import substrings
from groundup.corpus.substring_settings import SubstringSettings
from groundup.corpus.substrings import Span, estimate, find_repeats, repeats, without
from groundup.errors import GroundupError


def oracle(texts: list[str], settings: SubstringSettings) -> list[list[tuple[int, int]]]:
    """Every window held against all that stands wholly before it; what repeats goes, character by character."""
    seen: dict[str, tuple[int, int]] = {}
    windows = []
    for document, text in enumerate(texts):
        for start in range(len(text)):
            if settings.unit == "characters":
                window = text[start : start + settings.minimum]
                is_whole = len(window) == settings.minimum
            else:
                end = next(
                    (end for end in range(start, len(text) + 1) if len(text[start:end].encode()) >= settings.minimum), 0
                )
                window, is_whole = text[start:end], end > 0
            if is_whole:
                windows.append((document, start, window))
    found = []
    for document, text in enumerate(texts):
        goes = [False] * len(text)
        for mine, start, window in windows:
            if mine == document:
                where, at = seen.setdefault(window, (mine, start))
                if where < mine or at + len(window) <= start:
                    goes[start : start + len(window)] = [True] * len(window)
        edges = numpy.flatnonzero(numpy.diff([False, *goes, False])).tolist()
        found.append(list(zip(edges[::2], edges[1::2], strict=True)))
    return found


def plain(spans: list[list[Span]]) -> list[list[tuple[int, int]]]:
    return [[(span.start, span.end) for span in some] for some in spans]


@st.composite
def corpora(draw: st.DrawFn) -> list[str]:
    """Texts put together from a few phrases, so that much stands again, within a text and across."""
    chance = random.Random(draw(st.integers(0, 10**6)))
    letters = draw(st.sampled_from(["a", "ab", "aé漢𝄞", "abcdefgh"]))
    phrases = ["".join(chance.choices(letters, k=chance.randint(0, 30))) for _ in range(5)]
    return ["".join(chance.choices(phrases, k=chance.randint(0, 5))) for _ in range(draw(st.integers(0, 6)))]


@effort(deadline=None, max_examples=150)
@given(corpora(), st.integers(8, 12), st.sampled_from(["characters", "bytes"]), st.sampled_from([1, 7, 1_000_000]))
def test_what_goes_is_what_brute_force_finds(texts: list[str], minimum: int, unit, at_once: int) -> None:
    settings = SubstringSettings(minimum, unit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(substrings, "_AT_ONCE", at_once)
        found = repeats(texts, settings)
    assert plain(found) == oracle(texts, settings)


@effort(deadline=None, max_examples=60)
@given(corpora())
def test_what_goes_stood_before_and_the_account_adds_up(texts: list[str]) -> None:
    settings = SubstringSettings(8)
    for document, (text, spans) in enumerate(zip(texts, repeats(texts, settings), strict=True)):
        left, change = without(text, spans, settings, "id {}".format)
        if change is None:
            assert left == text
            continue
        assert (change.action, change.before, change.after) == ("cut", len(text), len(left))
        assert len(text) - len(left) == sum(span.end - span.start for span in spans)
        for span in spans:
            assert span.original <= document
            assert text[span.start : span.start + 8] in texts[span.original]
        assert change.value == max(span.end - span.start for span in spans)
        assert change.cluster in {f"id {span.original}" for span in spans}


def test_a_long_run_leaves_its_first_window() -> None:
    settings = SubstringSettings(10)
    assert plain(repeats(["ha " * 40], settings)) == [[(12, 120)]]


def test_the_result_on_disk_is_that_in_memory_and_is_taken_as_it_is(tmp_path: Path) -> None:
    texts = ["The quick brown fox jumps over é.", "", "So: The quick brown fox jumps over é. And on."]
    settings = SubstringSettings(20)
    size = sum(len(text.encode()) for text in texts)
    found = find_repeats(texts, size, len(texts), settings, tmp_path / "repeats")
    assert [found.of(document) for document in range(3)] == repeats(texts, settings) == [[], [], [Span(4, 37, 0)]]
    assert find_repeats([], 0, 0, settings, tmp_path / "repeats").of(2) == [Span(4, 37, 0)]
    assert [path.name for path in tmp_path.iterdir()] == ["repeats"]
    with tempfile.TemporaryDirectory() as folder:
        assert find_repeats([], 0, 0, settings, Path(folder) / "none").of(0) == []


# The most that a new process held while it looked for passages, beyond what it held before.
MEASURE = """
import random, sys
from pathlib import Path
from groundup.corpus.substring_settings import SubstringSettings
from groundup.corpus.substrings import find_repeats
import pydivsufsort

size, kind = 12_000_000, sys.argv[2]
chance = random.Random(0)
def texts():
    if kind == "one letter":
        yield "a" * size
        return
    for n in range(size // 4000):
        chance.seed(n % 2000)
        yield "".join(chance.choices("abcdefgh ", k=4000))
# The mark of the most memory goes back to what is held now.
Path("/proc/self/clear_refs").write_text("5")
def peak(): return next(int(l.split()[1]) * 1024 for l in open("/proc/self/status") if l.startswith("VmHWM"))
before = peak()
found = find_repeats(texts(), size, 3_000, SubstringSettings(), Path(sys.argv[1]))
assert len(found.rows) == (1 if kind == "one letter" else 1000)
print(peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measured by Linux's account of a process")
@pytest.mark.parametrize("kind", ["one letter", "documents again"])
def test_no_more_is_taken_than_was_said(tmp_path: Path, kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "repeats"), kind],
        env={**os.environ, "PYTHONPATH": str(Path(substrings.__file__).parents[2]), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) <= estimate(12_000_000, 3_000)


def test_too_much_is_refused_before_a_text_is_read(tmp_path: Path) -> None:
    def texts():
        raise AssertionError("a text was read")
        yield ""

    settings = SubstringSettings()
    with pytest.raises(GroundupError, match=r"500\.0 MB of text needs 7,564 MB of memory; 1,000 MB are allowed"):
        find_repeats(texts(), 500_000_000, 1, settings, tmp_path / "x", allowed=10**9)
    # Very many short ones need more beside their text.
    with pytest.raises(GroundupError, match=r"500\.0 MB of text needs 7,874 MB of memory"):
        find_repeats(texts(), 500_000_000, 10**7, settings, tmp_path / "x", allowed=10**9)
    with pytest.raises(GroundupError, match="there are 3,000"):
        find_repeats(texts(), 3 * 10**9, 1, settings, tmp_path / "x")
    assert estimate(10**9, 10**6) < 16 * 10**9
