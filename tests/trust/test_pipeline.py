"""From files to token shards: the way of the data survives kills (R7), and nothing but the recipe changes it (R8)."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
import zstandard

import groundup

SOURCE = Path(groundup.__file__).parents[1]
POINTS = 20
# Seconds that a test may take: some on a free machine.
LONGEST = 600
# The parts of the corpus room that are killed, each by its file or folder; `changes` are those to the disk, wherever
# they come from.
STAGES = (
    *("sources", "clean", "language", "quality", "duplicates", "shard"),
    *("judge", "substrings", "privacy", "classic", "build", "changes"),
)

# TEXTS OUT build                    builds the corpus
# TEXTS OUT kill STAGE POINTS        builds it; then, as often as said, is killed in that stage and goes on; prints the
#                                    fingerprints, that of the unbroken one first
# TEXTS OUT walk WORKERS             runs the stages of a recipe as far as the shards; prints the SHA-256 of each file
SCRIPT = """
import json, os, shutil, signal, sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import groundup.corpus
from groundup.corpus import settings as s
from groundup.corpus.build import build_corpus
from groundup.corpus.privacy.settings import PrivacySettings
from groundup.corpus.quality.settings import LineSettings, QualitySettings
from groundup.corpus.language import LanguageSettings
from groundup.corpus.sources import listing
from groundup.corpus.substring_settings import SubstringSettings
from groundup.store.fingerprint import folder_fingerprint

ROOM = str(Path(groundup.corpus.__file__).parent) + os.sep
listing.SHARD_BYTES = 12_000


@dataclass(frozen=True)
class Place:
    path: Path
    name: str = "texts"
    licence: str = "CC0"


def settings(texts):
    \"\"\"Every stage has something to do.\"\"\"
    return s.CorpusSettings(
        (s.SourceSettings(str(texts), damaged="drop"),),
        cleaning="classic",
        language=LanguageSettings(),
        quality=QualitySettings(rules=("gopher",), lines=LineSettings(least_words=3)),
        minimum_characters=20,
        substring_duplicates=SubstringSettings(80),
        privacy=PrivacySettings(),
        validation=s.ValidationSettings(0.3, by="characters"),
    )


def build(texts, draft, stage="", at=0):
    \"\"\"The calls of functions by stage; at one of them it kills itself.\"\"\"
    calls = Counter()

    def moment(name):
        calls[name] += 1
        if name == stage and calls[name] == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def on_call(frame, event, argument):
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(ROOM):
            moment(name[len(ROOM) :].split(os.sep)[0].removesuffix(".py"))

    def on_change(event, arguments):
        changes = event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree") or (
            event == "open" and isinstance(arguments[1], str) and "w" in arguments[1]
        )
        if changes and str(draft) in str(arguments[0]):
            moment("changes")

    if stage:
        sys.addaudithook(on_change)
        sys.setprofile(on_call)
    build_corpus(settings(texts), [Place(texts)], draft)
    sys.setprofile(None)
    return calls


def in_child(work):
    \"\"\"Everything is loaded by now, and a fork of it begins at once; the signal that ended it.\"\"\"
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        except BaseException:
            __import__("traceback").print_exc()
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def kill(texts, out, stage, points):
    build(texts, out / "warm")
    calls = build(texts, out / "whole", "none")[stage]
    found = [folder_fingerprint(out / "whole")]
    # One call in each so many-th of the stage's work; all of them, where there are fewer.
    for at in sorted({1 + int((point + 0.5) / points * calls) for point in range(points if calls else 0)}):
        draft = out / f"{stage}-{at}"
        assert in_child(lambda: build(texts, draft, stage, at)) == signal.SIGKILL, f"no call {at} of {stage}"
        assert in_child(lambda: build(texts, draft)) == 0
        found.append(folder_fingerprint(draft))
        shutil.rmtree(draft)
    print(json.dumps(found))


def walk(texts, out, workers):
    from groundup.corpus.workers import Crew
    from groundup.recipe.inputs import inputs_of
    from groundup.recipe.recipe import Recipe
    from groundup.recipe.stages import stages_of
    from groundup.store.runner import run_stages
    from groundup.tokens.settings import TokenizerSettings

    recipe = Recipe(name="walk", corpus=settings(texts), tokenizer=TokenizerSettings(vocabulary=400))
    recipe, inputs = inputs_of(recipe, out, None)
    stages = stages_of(recipe, inputs, Crew(workers))
    last = [stage.name for stage in stages].index("shards")
    artefacts = run_stages(stages[: last + 1], out, seed=1)
    files = {name: {file: entry.sha256 for file, entry in artefact.manifest.files.items()}
             for name, artefact in artefacts.items()}
    print(json.dumps(files))


def main():
    texts, out, what, *rest = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]
    if what == "build":
        build(texts, out)
        print(json.dumps("built"))
    elif what == "kill":
        kill(texts, out, rest[0], int(rest[1]))
    else:
        walk(texts, out, int(rest[0]))


if __name__ == "__main__":
    main()
"""


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with something for every reader and every rule."""
    folder = tmp_path_factory.mktemp("pipeline") / "texts"
    folder.mkdir()
    chance = random.Random(0)
    letters = "etaoinshrdlucmfwypvbgk"
    words = ["the", "of", "and", "to", *("".join(chance.choices(letters, k=5)) for _ in range(600))]
    notice = "All that stands here may be read by whoever finds it, and may be copied by none of them at any time. "

    def story(length: int = 150) -> str:
        return f"{notice}{' '.join(chance.choices(words, k=length))}.\n* * *\nIt’s the end of it, isn't it?\n"

    stories = [story() for _ in range(14)]
    for number, text in enumerate(stories):
        (folder / f"story{number:02}.txt").write_text(text, "utf-8", newline="\r\n" if number % 3 else "\n")
    (folder / "copy.txt").write_text(stories[0], "utf-8")
    (folder / "near.md").write_text(stories[1] + "One more line, and it is the last.\n", "utf-8")
    (folder / "private.txt").write_text(f"Write to ada@example.org, or call +49 30 901820. {stories[2][120:]}", "utf-8")
    (folder / "old.txt").write_bytes("Où est l'été ? Près du café.\n".encode("cp1252") * 20)
    (folder / "short.txt").write_text("Too short.\n", "utf-8")
    (folder / "picture.txt").write_bytes(b"\x89PNG\x00\x00" * 50)
    (folder / "odd.bin").write_bytes(b"\x00" * 50)
    (folder / "broken.txt.gz").write_bytes(gzip.compress(stories[2].encode())[:-30])
    rows = "\n".join(json.dumps({"text": story(60), "title": str(number)}) for number in range(12))
    (folder / "rows.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress((rows + "\n{bad").encode()))
    (folder / "rows.csv").write_text("text\n" + "\n".join(f'"{story(60)}"' for _ in range(4)), "utf-8")
    pyarrow.parquet.write_table(pyarrow.table({"text": [story(60), None, "é\x07"]}), folder / "rows.parquet")
    return folder


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pages, which are worked on in a process of their own."""
    folder = tmp_path_factory.mktemp("pages") / "pages"
    folder.mkdir()
    for number in range(4):
        text = f"This is page {number} of the book, and there is more of it to come. " * (8 + number)
        (folder / f"{number}.html").write_text(f"<title>T</title><p>{text}</p><script>x</script>", "utf-8")
    return folder


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("script") / "build.py"
    path.write_text(SCRIPT, "utf-8")
    return path


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", **more}


def say(*words: object, **more: str) -> Any:
    """What the script prints, as JSON."""
    done = subprocess.run(
        [sys.executable, *map(str, words)], env=environment(**more), capture_output=True, text=True, timeout=LONGEST
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_stage_has_something_to_do(texts, script, tmp_path) -> None:
    """Else a stage that did nothing would pass."""
    say(script, texts, tmp_path / "draft", "build")
    account = json.loads((tmp_path / "draft" / "account.json").read_text("utf-8"))
    assert {rule["stage"] for rule in account["rules"]} == {"read", "clean", "filter", "duplicates", "finish"}
    assert {"exact duplicates", "near duplicates", "repeated passages", "e-mail addresses", "classic"} <= {
        rule["rule"] for rule in account["rules"]
    }
    assert len(list((tmp_path / "draft" / "ledger").iterdir())) > 3


@pytest.mark.slow
@pytest.mark.timeout(LONGEST)
@pytest.mark.parametrize("stage", STAGES)
def test_r7_each_stage_killed_anywhere_goes_on_to_the_same_bytes(texts, script, tmp_path, stage: str) -> None:
    unbroken, *found = say(script, texts, tmp_path, "kill", stage, POINTS)
    assert found == [unbroken] * POINTS


@pytest.mark.slow
@pytest.mark.timeout(LONGEST)
def test_r7_killed_while_pages_are_extracted(pages, script, tmp_path) -> None:
    """They are worked on in a process of their own, which is killed with the build."""
    unbroken, *found = say(script, pages, tmp_path, "kill", "guard", POINTS)
    assert len(found) > POINTS // 2
    assert set(found) == {unbroken}


def test_r7_workers_of_a_killed_build_end_and_the_next_goes_on(texts, script, tmp_path) -> None:
    """The whole walk by two workers, killed while they read."""
    out = tmp_path / "out"
    running = subprocess.Popen(
        [sys.executable, script, texts, out, "walk", "2"],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list(out.glob(".draft-documents-*/0*")) and time.monotonic() < deadline:
        time.sleep(0.005)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    workers = children.read_text().split() if children.exists() else []
    running.kill()
    running.wait()
    assert not (out / "corpus").exists()
    assert say(script, texts, out, "walk", 2) == say(script, texts, tmp_path / "unbroken", "walk", 1)
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{worker}").exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]


@pytest.mark.slow
@pytest.mark.timeout(LONGEST)
def test_r8_workers_and_hash_seeds_change_nothing_of_corpus_tokenizer_and_shards(texts, script, tmp_path) -> None:
    found = {}
    for workers in (1, 2, 4):
        for seed in ("0", "1", "2718"):
            out = tmp_path / f"{workers}-{seed}"
            threads = str(min(workers, 2))
            found[out.name] = say(script, texts, out, "walk", workers, PYTHONHASHSEED=seed, RAYON_NUM_THREADS=threads)
    first = found["1-0"]
    assert {"documents", "corpus", "tokenizer", "shards"} == set(first)
    assert [name for name, files in found.items() if files != first] == []
