"""The corpus's promises of trust.md: R12 odd input, S3 bombs, S4 and S6 hostile text."""

from __future__ import annotations

import bz2
import gzip
import lzma
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
import zstandard
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

import groundup.corpus
from groundup.corpus.annotate import readable as reading_of
from groundup.corpus.classic import make_classic
from groundup.corpus.clean import clean
from groundup.corpus.duplicates import folded
from groundup.corpus.extraction.settings import ExtractionSettings
from groundup.corpus.settings import ClassicSettings, CorpusSettings, SourceSettings
from groundup.corpus.sources.books import split_book
from groundup.corpus.sources.files import read_file
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.markup import readable
from groundup.errors import GroundupError

SOURCE = Path(groundup.corpus.__file__).parents[2]
THOROUGH = effort(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def mutations(original: bytes) -> st.SearchStrategy[bytes]:
    """The original with a few stretches cut out, doubled or overwritten."""

    def mutate(edits: list[tuple[int, int, bytes]]) -> bytes:
        data = original
        for place, length, new in edits:
            start = place % (len(data) + 1)
            data = data[:start] + new + data[start + length :]
        return data

    stretch = st.tuples(st.integers(0, 10**6), st.integers(0, 40), st.binary(max_size=12))
    return st.lists(stretch, min_size=1, max_size=6).map(mutate)


HTML = b"<!doctype html><html><head><title>T</title></head><body><p class='a'>One &amp; &#33; two</p><!-- c --></body>"
JSONL = b'{"text": "one \\u00e9", "title": "T"}\n{"text": "two", "n": [1, {"a": null}]}\n{"text": "\\ud83d\\ude00"}\n'
CSV = b'id,text\n1,"one, ""two"""\n2,zwei\n3,"drei\nvier"\n'
BOOK = (
    b"The Project Gutenberg eBook of X\n\n*** START OF THE PROJECT GUTENBERG EBOOK X ***\n\nOne.\n\n"
    b"*** END OF THE PROJECT GUTENBERG EBOOK X ***\n"
)


def read_all(path: Path, data: bytes) -> None:
    """Whatever the bytes, under both ways with damage: readings that add up, or our error."""
    path.write_bytes(data)
    for damaged in ("stop", "drop"):
        settings = SourceSettings("x", damaged=damaged)
        # For the other extractors test_extraction.py has more.
        corpus = CorpusSettings((settings,), extraction=ExtractionSettings(extractor="plain"))
        file = InputFile("s", path.name, path, path.parent, len(data), "", settings, True)
        try:
            for found in read_file(file):
                reading = reading_of(found, corpus)
                length = reading.characters
                for change in reading.changes:
                    assert change.before == length
                    length = change.after
                assert length == len(reading.document.text)
                reading.document.text.encode()
        except GroundupError:
            assert damaged == "stop" or path.suffix in (".csv", ".parquet"), "only a missing column stops both"


@pytest.mark.slow
@THOROUGH
@given(mutations(HTML))
def test_r12_mutated_html(tmp_path, data: bytes) -> None:
    read_all(tmp_path / "a.html", data)


@pytest.mark.slow
@THOROUGH
@given(mutations(JSONL))
def test_r12_mutated_jsonl(tmp_path, data: bytes) -> None:
    read_all(tmp_path / "a.jsonl", data)


@pytest.mark.slow
@THOROUGH
@given(mutations(CSV))
def test_r12_mutated_csv(tmp_path, data: bytes) -> None:
    read_all(tmp_path / "a.csv", data)


@pytest.mark.slow
@THOROUGH
@given(mutations(BOOK))
def test_r12_mutated_books(tmp_path, data: bytes) -> None:
    read_all(tmp_path / "a.txt", data)


@pytest.mark.slow
@THOROUGH
@given(data=st.data())
def test_r12_mutated_parquet(tmp_path, data) -> None:
    original = tmp_path / "original.parquet"
    if not original.exists():
        table = pyarrow.table({"text": ["one", None, "zwei é"] * 5, "n": list(range(15))})
        pyarrow.parquet.write_table(table, original, compression="zstd", write_page_checksum=True)
    read_all(tmp_path / "a.parquet", data.draw(mutations(original.read_bytes())))


ZEROS = bytes(2**20)


def _claims_gigabytes(suffix: str, path: Path) -> None:
    """Write a file that unpacks to 10 GB of zeros: 160 packed files in a row, which all four formats allow."""
    if suffix == ".gz":
        path.write_bytes(gzip.compress(ZEROS * 64, 9) * 160)
    elif suffix == ".bz2":
        path.write_bytes(bz2.compress(ZEROS * 64) * 160)
    elif suffix == ".xz":
        path.write_bytes(lzma.compress(ZEROS * 64, preset=0) * 160)
    else:
        frame = zstandard.ZstdCompressor(level=1).compress(ZEROS * 64)
        path.write_bytes(frame * 160)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [".txt", ".jsonl", ".csv", ".html"])
@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_s3_bombs_of_ten_gigabytes_fizzle(tmp_path, suffix: str, kind: str) -> None:
    path = tmp_path / f"bomb{kind}{suffix}"
    _claims_gigabytes(suffix, path)
    settings = SourceSettings("x", damaged="drop")
    file = InputFile("s", path.name, path, tmp_path, path.stat().st_size, "", settings, True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    (reading,) = read_file(file)
    assert time.process_time() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
    assert "as bombs do" in reading.changes[0].sample


# Each makes some ordinary pattern backtrack: runs of what it looks for, without what must follow.
HOSTILE = {
    "one letter": "a",
    "spaces": " ",
    "symbols": "* ",
    "openings": "<a '\"=",
    "comments": "<!--",
    "references": "&#9",
    "line ends": "\r\n\n\f",
    "project": "*** START OF THE PROJECT GUTENBERG ETEXT of, by ",
}


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "clean": lambda text: clean(text, "standard"),
    "clean accented": lambda text: clean(text + "é" + text, "standard"),
    "make_classic": lambda text: make_classic(text, ClassicSettings()),
    "readable": readable,
    "split_book": split_book,
    "split_book without line ends": lambda text: split_book(text.replace("\n", "") + "gutenberg"),
    "folded": lambda text: folded(text, True),
}


def _seconds(work: Callable[[str], object], text: str) -> float:
    """The best of three: the machine has other work too."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        work(text)
        best = min(best, time.process_time() - began)
    return best


def _assert_near_linear(work: Callable[[str], object], unit: str) -> None:
    times = [_seconds(work, (unit * (size // len(unit) + 1))[:size]) for size in (25_000, 50_000, 100_000)]
    assert times[-1] < 0.2
    # Four times the text may take four times as long, and as much again for the caches; not sixteen times.
    assert times[-1] < 8 * times[0] + 0.005, times


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_s6_nothing_that_meets_text_hangs(function: Callable[[str], object], unit: str) -> None:
    _assert_near_linear(function, unit)


@dataclass(frozen=True)
class Page:
    text: str
    says: str


@pytest.mark.parametrize(
    "page",
    [
        Page("<p>start</p><p>" + "x" * 50_000_000 + "</p><p>end</p>", "end"),
        Page("<div>" * 500_000 + "deep" + "</div>" * 500_000, "deep"),
        Page("<p " + "a=1 " * 1_000_000 + ">after</p>", "after"),
        Page("<script>" * 200_000 + "seen", "seen"),
        Page("<p>&" + "#9" * 500_000 + ";" + "&amp;" * 200_000 + "last", "last"),
        Page('<a href="' * 200_000 + '">link', "link"),
    ],
    ids=["long node", "deep", "attributes", "unclosed scripts", "references", "quotes"],
)
def test_s4_hostile_markup_ends_without_silent_loss(page: Page) -> None:
    began = time.process_time()
    assert page.says in readable(page.text).text
    assert time.process_time() - began < 5
