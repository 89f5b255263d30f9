from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from groundup.corpus import memory
from groundup.corpus.duplicates import estimate, require, scratch_bytes
from groundup.corpus.settings import NearDuplicateSettings
from groundup.errors import GroundupError

# The most that a new process held while it looked for duplicates, beyond what it held before.
MEASURE = """
import json, resource, sys
from pathlib import Path
import numpy
from groundup.corpus.duplicates import find_exact, find_near
from groundup.corpus.settings import NearDuplicateSettings

folder, documents, keep = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
chance = numpy.random.default_rng(0)
files = []
for number, start in enumerate(range(0, documents, 5000)):
    marks = chance.integers(0, 2**32, (5000, 128), numpy.uint32)
    marks[1::2] = marks[::2]
    marks[:400] = marks[0]
    marks[1::2, ::9] += 1
    numpy.save(folder / f"s{number}.npy", marks)
    numpy.save(folder / f"d{number}.npy", marks[:, :4].copy().view(numpy.uint64))
    files.append(number)
lengths = numpy.arange(documents)
del marks
# The mark of the most memory goes back to what is held now.
Path("/proc/self/clear_refs").write_text("5")
def peak(): return next(int(l.split()[1]) * 1024 for l in open("/proc/self/status") if l.startswith("VmHWM"))
before = peak()
find_exact([folder / f"d{n}.npy" for n in files], folder / "exact")
settings = NearDuplicateSettings(keep=keep)
found = find_near([folder / f"s{n}.npy" for n in files], settings, folder / "near", lengths)
print(json.dumps([peak() - before, len(found.rows)]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measured by Linux's account of a process")
@pytest.mark.parametrize(("documents", "keep"), [(5_000, "first"), (100_000, "longest")])
def test_no_more_is_taken_than_was_said(tmp_path: Path, documents: int, keep: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path), str(documents), keep],
        env={**os.environ, "PYTHONPATH": str(Path(memory.__file__).parents[2]), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    taken, clustered = json.loads(done.stdout)
    assert clustered >= documents * 0.9
    assert taken <= estimate(documents, NearDuplicateSettings(keep=keep))


def test_the_estimate_grows_with_the_documents_and_not_with_their_square() -> None:
    near = NearDuplicateSettings()
    sizes = [estimate(10**power, near) for power in range(10)]
    assert sizes == sorted(sizes)
    assert sizes[-1] < 11 * sizes[-2]
    assert estimate(200_000, near) < 1_000_000_000
    assert estimate(10**9, None) < sizes[-1]
    assert scratch_bytes(1000, near) > scratch_bytes(1000, None)


def test_more_than_is_allowed_or_there_is_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    near = NearDuplicateSettings()
    needed = estimate(1_000_000, near)
    assert require(1_000_000, near, needed) == needed
    with pytest.raises(GroundupError, match=r"1,000,000 documents needs .* MB of memory; 1 MB are allowed"):
        require(1_000_000, near, 1_000_000)
    monkeypatch.setattr(memory, "available_memory", lambda: 5_000_000)
    with pytest.raises(GroundupError, match="5 MB are available"):
        require(1_000_000, near)
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    assert require(1_000_000, near) == needed
