"""R7 and R8 for what is found among all documents: kills leave it whole or absent; nothing else changes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

import groundup
from groundup.corpus.duplicates import digest, digest_rows, signature
from groundup.corpus.settings import NearDuplicateSettings
from groundup.store.fingerprint import folder_fingerprint

SOURCE = Path(groundup.__file__).parents[1]
FOUND = ("exact", "near", "repeats", "index")

# Finds all that can be found. With KILL_AT it kills itself at that many changes to the disk.
FIND = """
import os, signal, sys
from pathlib import Path

import numpy

from groundup.corpus.contamination import build_index
from groundup.corpus.contamination_settings import OverlapSettings
from groundup.corpus.duplicates import find_exact, find_near
from groundup.corpus.settings import NearDuplicateSettings
from groundup.corpus.substring_settings import SubstringSettings
from groundup.corpus.substrings import find_repeats

given, into = Path(sys.argv[1]), Path(sys.argv[2])
kill_at, at_once = int(os.environ.get("KILL_AT", -1)), int(os.environ.get("AT_ONCE", 20))
count = 0


def watch(event, arguments):
    global count
    changes = event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree") or (
        event == "open" and isinstance(arguments[1], str) and set("wa") & set(arguments[1])
    )
    if changes and str(into) in str(arguments[0]):
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1


sys.addaudithook(watch)
texts = (given / "texts").read_text("utf-8").split("\\n")
exact = find_exact(sorted(given.glob("digests*")), into / "exact", at_once=at_once)
near = find_near(
    sorted(given.glob("signatures*")),
    NearDuplicateSettings(keep="longest"),
    into / "near",
    numpy.array([len(text) for text in texts]),
    exact.dropped_mask(len(texts)),
    at_once,
)
found = find_repeats(texts, sum(len(text.encode()) for text in texts), SubstringSettings(60), into / "repeats")
build_index(((f"item {n}", text) for n, text in enumerate(texts[:20])), OverlapSettings(), into / "index")
assert len(exact.rows) and len(near.rows) and len(found.rows)
print(count)
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Signatures and digests of 90 texts in three shards: copies, near copies, and shared passages among them."""
    folder = tmp_path_factory.mktemp("corpus")
    chance = numpy.random.default_rng(0)
    originals = [" ".join(f"w{one}" for one in chance.integers(0, 900, 120).tolist()) for _ in range(30)]
    texts = [*originals, *(text + " and one more" for text in originals), *originals[:10]]
    texts += [f"other {number} " + text[: 200 + number] for number, text in enumerate(originals[:20])]
    (folder / "texts").write_text("\n".join(texts), "utf-8")
    for number, start in enumerate(range(0, 90, 30)):
        shard = texts[start : start + 30]
        numpy.save(folder / f"digests{number}.npy", digest_rows([digest(text) for text in shard]))
        numpy.save(
            folder / f"signatures{number}.npy",
            numpy.stack([mark for text in shard if (mark := signature(text, NearDuplicateSettings())) is not None]),
        )
    return folder


def find(corpus: Path, into: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    into.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", FIND, str(corpus), str(into)],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def unbroken(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], int]:
    """The fingerprint of each folder that an unbroken run leaves, and how many changes to the disk it made."""
    into = tmp_path_factory.mktemp("unbroken") / "found"
    done = find(corpus, into)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in into.iterdir()) == sorted(FOUND)
    return {name: folder_fingerprint(into / name) for name in FOUND}, int(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("point", range(20))
def test_r7_a_kill_leaves_each_folder_whole_or_absent(corpus, tmp_path, unbroken, point: int) -> None:
    expected, changes = unbroken
    into = tmp_path / "found"
    killed = find(corpus, into, KILL_AT=str(int((point + 0.5) / 20 * changes)))
    assert killed.returncode == -signal.SIGKILL
    there = {name: folder_fingerprint(into / name) for name in FOUND if (into / name).exists()}
    assert there.items() <= expected.items()
    again = find(corpus, into)
    assert again.returncode == 0, again.stderr
    assert {path.name: folder_fingerprint(path) for path in into.iterdir()} == expected


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "at_once"), [("0", "7"), ("1", "1000000"), ("2718", "64")])
def test_r8_hash_seeds_and_memory_change_nothing(corpus, tmp_path, unbroken, seed: str, at_once: str) -> None:
    done = find(corpus, tmp_path / "found", PYTHONHASHSEED=seed, AT_ONCE=at_once)
    assert done.returncode == 0, done.stderr
    assert {path.name: folder_fingerprint(path) for path in (tmp_path / "found").iterdir()} == unbroken[0]
