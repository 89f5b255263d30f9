"""What the store promises in the face of kills (R1), full disks (R4) and damage (R5).

The killed processes are forks of one small process that does not import torch: run as a script, this file is
that process. It kills, mends and looks, and prints what it found.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from groundup.errors import DamagedError, GroundupError, NoRoomError
from groundup.store.artefact import Artefact, discard, drafting, open_artefact, publish, sweep
from groundup.store.tables import write_table

KILLS = 200
LONGEST_LIFE = 0.03  # seconds; one publication takes about a tenth
SIZES = [8, 16, 24, 32, 48, 64, 96, 128, 192, 256]  # KiB


def publish_number(final: Path, number: int) -> Artefact:
    """An artefact whose every file says the same number."""
    with drafting(final) as draft:
        (draft / "number").write_text(f"{number}\n" * 500)
        (draft / "deep").mkdir()
        (draft / "deep" / "number").write_text(str(number))
        return publish(
            draft,
            final,
            stage="step",
            fingerprint="",
            settings={},
            seed=0,
            parents={},
            facts={"number": number},
        )


def read_number(path: Path) -> int:
    artefact = open_artefact(path)
    number = int(artefact.file("deep/number").read_text())
    assert set(artefact.file("number").read_text().split()) == {str(number)}
    assert artefact.manifest.facts == {"number": number}
    return number


def place(folder: Path, number: int, is_replacing: bool) -> Path:
    return folder / ("last" if is_replacing else f"step-{number:06}")


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def kill_at_random(folder: Path, is_replacing: bool) -> dict[str, int]:
    """Kill a process that publishes ever higher numbers `KILLS` times, and look each time what it left."""
    chance = random.Random(is_replacing)
    found = {"unreadable": 0, "lost": 0, "unswept": 0, "in_the_middle": 0, "published": 0}
    newest = 0
    publish_number(place(folder, 0, is_replacing), 0)
    for kill in range(KILLS):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            number = newest
            while True:
                number += 1
                publish_number(place(folder, number, is_replacing), number)
                os.write(writing, number.to_bytes(8))
        os.close(writing)
        # Every other time it lives to publish at least once, however busy the machine is.
        first = os.read(reading, 8) if kill % 2 else b""
        time.sleep(chance.uniform(0, LONGEST_LIFE))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        said = max(newest, int.from_bytes((first + os.read(reading, 65536))[-8:]))
        os.close(reading)
        found["in_the_middle"] += bool(leftovers(folder))
        sweep(folder)
        found["unswept"] += len(leftovers(folder))
        there = []
        for path in folder.iterdir():
            try:
                there.append(read_number(path))
            except GroundupError:
                found["unreadable"] += 1
        found["published"] += max(there) - newest
        found["lost"] += max(there) < said
        newest = max(there)
        for path in folder.iterdir():
            if read_number(path) < newest:
                discard(path)
    return found


def killed_before(step: int, work: Callable, *given: object) -> bool:
    """Run `work` in a fork, killed just before its change number `step` to the disk; False if fewer."""
    child = os.fork()
    if child == 0:
        left = step

        def watch(event: str, arguments: tuple) -> None:
            nonlocal left
            is_written = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if is_written or event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir"):
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1

        sys.addaudithook(watch)
        work(*given)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def kill_at_every_step(folder: Path, is_replacing: bool) -> dict[str, int]:
    """Kill a publication before each change that it makes, and the sweep after it before each of its own."""

    found = {"steps": 0, "sweeps": 0, "old": 0, "new": 0, "wrong": 0}
    is_ended = False
    while not is_ended:
        for path in folder.iterdir():
            discard(path)
        if is_replacing:
            publish_number(folder / "last", 0)
        is_ended = not killed_before(found["steps"], publish_number, folder / "last", 1)
        found["steps"] += 1
        step = 0
        while killed_before(step, sweep, folder):
            step += 1
        found["sweeps"] += step
        names = [path.name for path in folder.iterdir()]
        if names == ["last"]:
            found["new" if read_number(folder / "last") else "old"] += 1
        elif names == [] and not is_replacing:
            found["old"] += 1
        else:
            found["wrong"] += 1
    return found


def kill_while_discarding(folder: Path) -> dict[str, int]:
    """Kill the deletion of an artefact before each of its changes: what bears its name is whole, or gone."""
    found = {"steps": 0, "whole": 0, "gone": 0}
    is_ended = False
    while not is_ended:
        publish_number(folder / "last", 1)
        is_ended = not killed_before(found["steps"], discard, folder / "last")
        found["steps"] += 1
        found["whole" if (folder / "last").exists() and read_number(folder / "last") else "gone"] += 1
        sweep(folder)
    return found | {"unswept": len(leftovers(folder))}


def in_small_process(task: str, folder: Path, is_replacing: bool = False) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, __file__, task, str(folder), str(int(is_replacing))],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("is_replacing", [False, True], ids=["fresh", "replacing"])
def test_200_kills_leave_whole_artefacts_or_none(tmp_path, is_replacing):
    found = in_small_process("random", tmp_path, is_replacing)
    assert found["unreadable"] == found["lost"] == found["unswept"] == 0
    # Otherwise the kills came between the publications, and nothing was shown.
    assert found["in_the_middle"] > KILLS / 3
    assert found["published"] >= KILLS / 2


@pytest.mark.parametrize("is_replacing", [False, True], ids=["fresh", "replacing"])
def test_no_instant_between_two_changes_is_a_bad_one(tmp_path, is_replacing):
    found = in_small_process("every", tmp_path, is_replacing)
    assert found["wrong"] == 0
    assert found["steps"] > 5
    assert found["sweeps"] > 5
    assert found["old"] > 0 < found["new"]


def test_a_killed_deletion_leaves_the_whole_artefact_or_none_of_it(tmp_path):
    found = in_small_process("discard", tmp_path)
    assert found["steps"] == found["whole"] + found["gone"] > 5
    assert found["whole"] > 0 < found["gone"]
    assert found["unswept"] == 0


@contextmanager
def tiny_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A file system in memory of the given size, mounted at `folder`."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    try:
        subprocess.run(["mount", *options], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {getattr(error, 'stderr', error)}".strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("kilobytes", SIZES)
def test_a_full_disk_loses_nothing(tmp_path, kilobytes):
    with tiny_disk(tmp_path / "disk", kilobytes) as disk:

        def fill():
            for number in range(1000):
                publish_number(place(disk, number, False), number)

        with pytest.raises(NoRoomError) as caught:
            fill()
        published = len(list(disk.iterdir()))
        assert str(place(disk, published, False)) in str(caught.value)
        assert " MB are free" in str(caught.value)
        assert leftovers(disk) == []
        assert sorted(map(read_number, disk.iterdir())) == list(range(published))
        assert published >= kilobytes // 32


@pytest.mark.parametrize("kilobytes", SIZES[2:])
def test_a_full_disk_leaves_the_old_one_where_a_new_one_should_come(tmp_path, kilobytes):
    """The room left over is filled up to every page in turn, so that each kind of write is refused once."""
    with tiny_disk(tmp_path / "disk", kilobytes) as disk:
        publish_number(disk / "last", 0)
        refusals = []
        for pages in range(7):
            filler = disk / "filler"
            room = os.statvfs(disk)
            filler.write_bytes(b"x" * max(0, room.f_bavail - pages) * room.f_frsize)
            try:
                publish_number(disk / "last", pages + 1)
                expected = pages + 1
            except NoRoomError as error:
                refusals.append(str(error))
                expected = 0
            filler.unlink()
            assert read_number(disk / "last") == expected
            assert leftovers(disk) == []
        assert 0 < len(refusals) < 7
        assert all(str(disk / "last") in refusal for refusal in refusals)
        publish_number(disk / "last", 99)
        assert read_number(disk / "last") == 99


def test_a_full_disk_leaves_no_half_table(tmp_path):
    chance = random.Random(3)
    with tiny_disk(tmp_path / "disk", 64) as disk:
        with pytest.raises(NoRoomError, match="corpus"), drafting(disk / "corpus") as draft:
            write_table(draft / "0.parquet", {"text": [str(chance.random()) for _ in range(10_000)]})
        assert list(disk.iterdir()) == []


@pytest.fixture
def artefact(tmp_path) -> Artefact:
    chance = random.Random(8)
    with drafting(tmp_path / "corpus") as draft:
        (draft / "train").mkdir()
        write_table(draft / "train" / "00000.parquet", {"text": [str(chance.random()) for _ in range(200)]})
        (draft / "weights.safetensors").write_bytes(chance.randbytes(3000))
        (draft / "tokenizer.json").write_text(json.dumps({str(n): n for n in range(100)}))
        given = {"stage": "corpus", "fingerprint": "f" * 64, "settings": {"size": 3}, "seed": 1}
        return publish(draft, tmp_path / "corpus", **given, parents={"a": "b"}, facts={"seconds": 1.5})


def damaged_names(artefact: Artefact) -> list[str]:
    return [*artefact.manifest.files, "manifest.json"]


def test_1000_flipped_bits_are_noticed(artefact):
    chance = random.Random(1000)
    for _ in range(1000):
        file = artefact.file(chance.choice(damaged_names(artefact)))
        whole = file.read_bytes()
        broken = bytearray(whole)
        broken[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        file.write_bytes(broken)
        with pytest.raises(DamagedError) as caught:
            open_artefact(artefact.path)
        assert str(file) in str(caught.value)
        file.write_bytes(whole)
    assert open_artefact(artefact.path) == artefact


@pytest.mark.parametrize("verify", [True, False])
def test_100_truncations_are_noticed(artefact, verify):
    chance = random.Random(100)
    for _ in range(100):
        file = artefact.file(chance.choice(damaged_names(artefact)))
        whole = file.read_bytes()
        file.write_bytes(whole[: chance.randrange(len(whole))])
        with pytest.raises(DamagedError) as caught:
            open_artefact(artefact.path, verify=verify)
        assert str(file) in str(caught.value)
        file.write_bytes(whole)
    assert open_artefact(artefact.path) == artefact


if __name__ == "__main__":
    task, folder, is_replacing = sys.argv[1], Path(sys.argv[2]), sys.argv[3] == "1"
    tasks = {
        "random": lambda: kill_at_random(folder, is_replacing),
        "every": lambda: kill_at_every_step(folder, is_replacing),
        "discard": lambda: kill_while_discarding(folder),
    }
    print(json.dumps(tasks[task]()))
