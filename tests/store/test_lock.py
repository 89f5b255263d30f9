"""The lock of a run folder: one process at a time, gone with its process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from groundup.errors import GroundupError
from groundup.store.lock import locked, refuse_held

HOLD = """
import os, signal, sys, time
from pathlib import Path
from groundup.store.lock import locked

with locked(Path(sys.argv[1])):
    worker = os.fork() if sys.argv[2] == "killed" else 0
    if worker:
        os.kill(os.getpid(), signal.SIGKILL)
    print(os.getpid(), flush=True)
    time.sleep(60)
"""


def start(folder, how: str) -> tuple[subprocess.Popen, int]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), how],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, int(process.stdout.readline())


def test_another_process_is_named(tmp_path):
    process, number = start(tmp_path, "alive")
    try:
        with pytest.raises(GroundupError, match=rf"\b{number}\b"), locked(tmp_path):
            pass
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    with locked(tmp_path):
        assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"


def test_a_worker_that_outlives_its_killed_parent_does_not_keep_the_lock(tmp_path):
    process, worker = start(tmp_path, "killed")
    try:
        process.wait()
        with locked(tmp_path):
            pass
    finally:
        os.kill(worker, signal.SIGKILL)
        process.stdout.close()


def test_the_lock_is_let_go_after_an_error(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path):
        raise KeyError
    with locked(tmp_path):
        pass


def test_a_file_is_no_run_folder(tmp_path):
    (tmp_path / "file").write_text("text")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(GroundupError, match="--out"), locked(path):
            pass


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_one_may_not_write_to_is_no_run_folder(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(GroundupError, match="Permission denied"), locked(tmp_path / "run"):
        pass


def test_who_only_asks_is_told_and_leaves_nothing(tmp_path):
    refuse_held(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with locked(tmp_path), pytest.raises(GroundupError, match=rf"\b{os.getpid()}\b"):
        refuse_held(tmp_path)
    refuse_held(tmp_path)
