"""R7 and R8 for what is found among all documents: kills leave it whole or absent; nothing else changes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy
import pytest

import groundup
from groundup.corpus.duplicates import digest, digest_rows, signature
from groundup.corpus.settings import NearDuplicateSettings
from groundup.store.fingerprint import folder_fingerprint

SOURCE = Path(groundup.__file__).parents[1]
FOUND = ("exact", "near", "repeats", "index")

# Of a folder with texts and their marks: for each line INTO, KILL_AT and AT_ONCE that comes in, finds all that can be
# found, in a fork, which begins at once as everything is loaded by then. Says how many changes to the disk it made, or
# minus the signal that ended it: it kills itself at the change KILL_AT.
FIND = """
import json, os, signal, sys, traceback
from pathlib import Path

import numpy

from groundup.corpus.contamination import build_index
from groundup.corpus.contamination_settings import OverlapSettings
from groundup.corpus.duplicates import find_exact, find_near
from groundup.corpus.settings import NearDuplicateSettings
from groundup.corpus.substring_settings import SubstringSettings
from groundup.corpus.substrings import find_repeats

given = Path(sys.argv[1])
texts = (given / "texts").read_text("utf-8").split("\\n")


def find(into, kill_at, at_once):
    count = 0

    def watch(event, arguments):
        nonlocal count
        changes = event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree") or (
            event == "open" and isinstance(arguments[1], str) and set("wa") & set(arguments[1])
        )
        if changes and str(into) in str(arguments[0]):
            if count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1

    sys.addaudithook(watch)
    exact = find_exact(sorted(given.glob("digests*")), into / "exact", at_once=at_once)
    near = find_near(
        sorted(given.glob("signatures*")),
        NearDuplicateSettings(keep="longest"),
        into / "near",
        numpy.array([len(text) for text in texts]),
        exact.dropped_mask(len(texts)),
        at_once,
    )
    size = sum(len(text.encode()) for text in texts)
    found = find_repeats(texts, size, len(texts), SubstringSettings(60), into / "repeats")
    build_index(((f"item {n}", text) for n, text in enumerate(texts[:20])), OverlapSettings(), into / "index")
    assert len(exact.rows) and len(near.rows) and len(found.rows)
    return count


for line in sys.stdin:
    into, kill_at, at_once = json.loads(line)
    child = os.fork()
    if not child:
        try:
            print(find(Path(into), kill_at, at_once), flush=True)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        print(-abs(status), flush=True)
"""
Find = Callable[..., int]


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


@contextmanager
def finder(corpus: Path, seed: str = "0") -> Iterator[Find]:
    """Finds all in forks of one process: `find(into, kill_at, at_once)` gives the number that FIND says."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": seed}
    words = [sys.executable, "-c", FIND, str(corpus)]
    with subprocess.Popen(words, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:

        def find(into: Path, kill_at: int = -1, at_once: int = 20) -> int:
            into.mkdir(exist_ok=True)
            print(json.dumps([str(into), kill_at, at_once]), file=running.stdin, flush=True)
            line = running.stdout.readline()
            assert line, "it ended; why is on its standard error"
            return int(line)

        yield find


@pytest.fixture(scope="module")
def find(corpus: Path) -> Iterator[Find]:
    with finder(corpus) as one:
        yield one


@pytest.fixture(scope="module")
def unbroken(find: Find, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], int]:
    """The fingerprint of each folder that an unbroken run leaves, and how many changes to the disk it made."""
    into = tmp_path_factory.mktemp("unbroken") / "found"
    changes = find(into)
    assert changes > 20
    assert sorted(path.name for path in into.iterdir()) == sorted(FOUND)
    return {name: folder_fingerprint(into / name) for name in FOUND}, changes


@pytest.mark.slow
@pytest.mark.parametrize("point", range(20))
def test_r7_a_kill_leaves_each_folder_whole_or_absent(find, tmp_path, unbroken, point: int) -> None:
    expected, changes = unbroken
    into = tmp_path / "found"
    assert find(into, int((point + 0.5) / 20 * changes)) == -signal.SIGKILL
    there = {name: folder_fingerprint(into / name) for name in FOUND if (into / name).exists()}
    assert there.items() <= expected.items()
    assert find(into) > 0
    assert {path.name: folder_fingerprint(path) for path in into.iterdir()} == expected


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "at_once"), [("0", 7), ("1", 1_000_000), ("2718", 64)])
def test_r8_hash_seeds_and_memory_change_nothing(corpus, tmp_path, unbroken, seed: str, at_once: int) -> None:
    with finder(corpus, seed) as find:
        assert find(tmp_path / "found", at_once=at_once) > 0
    assert {path.name: folder_fingerprint(path) for path in (tmp_path / "found").iterdir()} == unbroken[0]
