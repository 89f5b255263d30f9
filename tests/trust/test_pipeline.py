"""From files to token shards: the way of the data survives kills (R7), and nothing but the recipe changes it (R8)."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow
import pyarrow.parquet
import pytest
import zstandard

import groundup.corpus

SOURCE = Path(groundup.corpus.__file__).parents[2]
POINTS = 20
# Seconds that a test may take: some on a free machine.
LONGEST = 600
# The stages that are killed, by the half of the work that they belong to: the files and folders of the corpus room that
# do their work; `changes` are those to the disk, wherever they come from.
STAGES = {
    "documents": {
        "read": ("sources",),
        "extract": ("guard",),
        "clean": ("clean",),
        "signals": ("language", "quality"),
        "instruments": ("prepare", "instruments", "evaluation", "contamination"),
        "changes": (),
    },
    "corpus": {
        "judge": ("judge", "mixture"),
        "duplicates": ("duplicates", "substrings"),
        "finish": ("finish", "privacy", "classic"),
        "changes": (),
    },
}

# ROOT OUT kill POINTS       builds a corpus, unbroken, and prints the fingerprints of both halves; then, for each half
#                            and stage that comes in, goes on from what is on the disk at so many points of it, and
#                            prints whether a kill at one of them leaves just that, and the fingerprints of the results
# ROOT OUT walk WORKERS      runs the stages of a recipe as far as the shards; prints the SHA-256 of each file
SCRIPT = """
import hashlib, json, multiprocessing, os, shutil, signal, sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import groundup.corpus
from groundup.corpus import settings as s
from groundup.corpus.build import annotate
from groundup.corpus.contamination_settings import ContaminationSettings, EvaluationSettings
from groundup.corpus.decide import decide
from groundup.corpus.document import Document, Page
from groundup.corpus.extraction.extract import extract
from groundup.corpus.extraction.settings import ExtractionSettings
from groundup.corpus.language import LanguageSettings
from groundup.corpus.privacy.settings import PrivacySettings
from groundup.corpus.quality.settings import LinearFilterSettings, LinearSettings, LineSettings, QualitySettings
from groundup.corpus.sources import listing
from groundup.corpus.substring_settings import SubstringSettings
from groundup.store.fingerprint import folder_fingerprint

ROOM = str(Path(groundup.corpus.__file__).parent) + os.sep
STAGE_OF = {part: stage for half in STAGES.values() for stage, parts in half.items() for part in parts}
listing.SHARD_BYTES = 6_000


@dataclass(frozen=True)
class Place:
    path: Path
    licence: str = "CC0"

    @property
    def name(self):
        return self.path.name


def settings(root):
    \"\"\"Every stage has something to do.\"\"\"
    texts = str(root / "texts")
    learned = LinearFilterSettings(
        (s.SourceSettings(texts, include=("story*",)),),
        (s.SourceSettings(texts, include=("*.csv",)),),
        at_least=0.01,
        training=LinearSettings(bits=8, steps=3),
    )
    return s.CorpusSettings(
        (s.SourceSettings(texts, damaged="drop", weight=0.8), s.SourceSettings(str(root / "pages"), weight=1.5)),
        cleaning="classic",
        language=LanguageSettings(),
        quality=QualitySettings(rules=("gopher",), lines=LineSettings(least_words=3), linear=learned),
        contamination=ContaminationSettings((EvaluationSettings(str(root / "items")),)),
        minimum_characters=20,
        near_duplicates=s.NearDuplicateSettings(permutations=32),
        substring_duplicates=SubstringSettings(80),
        privacy=PrivacySettings(),
        validation=s.ValidationSettings(0.3, by="characters"),
    )


def build(root, half, documents, draft, moment=None):
    \"\"\"A half of the work, in `draft`; the second begins with the `documents` of the first.

    `moment` is told the number of each call of each stage, and of each change to the disk.
    \"\"\"
    calls = Counter()
    stages = {}

    def tell(name):
        calls[name] += 1
        moment(name, calls[name])

    def stage_of(path):
        part = path.removeprefix(ROOM).split(os.sep)[0].removesuffix(".py")
        return STAGE_OF.get(part) if path.startswith(ROOM) else None

    def on_call(frame, event, argument):
        path = frame.f_code.co_filename
        if path not in stages:
            stages[path] = stage_of(path)
        if stages[path] is not None:
            tell(stages[path])

    def on_change(event, arguments):
        changes = event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree") or (
            event == "open" and isinstance(arguments[1], str) and "w" in arguments[1]
        )
        if changes and listening and str(draft) in str(arguments[0]):
            tell("changes")

    listening = moment is not None
    if listening:
        # There is no way to take it away again.
        sys.addaudithook(on_change)
        sys.settrace(on_call)
    chosen = settings(root)
    if half == "documents":
        annotate(chosen, [Place(Path(text.data)) for text in chosen.texts], draft)
    else:
        decide(chosen, documents, draft)
    sys.settrace(None)
    listening = False
    return calls


def state_of(draft, maker):
    \"\"\"What is on the disk, but for the number of the process that writes it.\"\"\"
    found = sorted((str(path.relative_to(draft)).replace(str(maker), "PID"), path) for path in draft.rglob("*"))
    marks = [[name, path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest()] for name, path in found]
    return hashlib.sha256(json.dumps(marks).encode()).hexdigest()


def in_child(work):
    \"\"\"Everything is loaded by now, and a fork of it begins at once; its number, and the signal that ended it.\"\"\"
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
    return child, os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


class Forks:
    \"\"\"The process that pages are worked on in, as a fork too: a fresh one would load everything again.\"\"\"

    forks = multiprocessing.get_context("fork")

    def Pipe(self):
        self.ends = self.forks.Pipe()
        return self.ends

    def Process(self, target, args, daemon):
        return self.forks.Process(target=serve, args=(self.ends[0], target, args), daemon=daemon)


def serve(builders_end, target, args):
    # Else it would not see the builder close it.
    builders_end.close()
    sys.settrace(None)
    target(*args)


def kill(root, out, points):
    multiprocessing.get_context = lambda method: Forks()
    # Here, so that it is loaded in every fork.
    extract(Page(Document("id", "source"), b"<p>A page.</p>", "text/html"), ExtractionSettings())
    documents, draft = out / "documents", out / "draft"
    # Of each half: the points of each stage, in order, and the state of the disk at each; of all states, a copy.
    chosen, states, copies = {}, {}, {}

    def keep(half):
        def moment(stage, call):
            if call in chosen[half].get(stage, ()):
                state = state_of(draft, os.getpid())
                states[half, stage, call] = state
                if draft.exists() and (half, state) not in copies:
                    copies[half, state] = out / f"{half} {state}"
                    shutil.copytree(draft, copies[half, state])

        return moment

    for half in STAGES:
        build(root, half, documents, out / f"{half} in which everything is loaded")
        calls = build(root, half, documents, out / half, lambda stage, call: None)
        assert all(calls[stage] >= points for stage in STAGES[half]), calls
        # One in each so many-th of a stage's work.
        chosen[half] = {
            stage: [1 + int((point + 0.5) / points * calls[stage]) for point in range(points)] for stage in STAGES[half]
        }
        build(root, half, documents, draft, keep(half))
        shutil.rmtree(draft)
    print(json.dumps({half: folder_fingerprint(out / half) for half in STAGES}), flush=True)
    results = {}
    for line in sys.stdin:
        half, stage = line.split()
        at = chosen[half][stage][points // 2]
        child, ended = in_child(
            lambda: build(
                root, half, documents, draft, lambda *now: now == (stage, at) and os.kill(os.getpid(), signal.SIGKILL)
            )
        )
        assert ended == signal.SIGKILL, f"no call {at} of {stage}"
        is_like = state_of(draft, child) == states[half, stage, at]
        shutil.rmtree(draft, ignore_errors=True)
        found = []
        for call in chosen[half][stage]:
            state = half, states[half, stage, call]
            # What comes of a state follows from it alone, however many points leave it.
            if state not in results:
                if state in copies:
                    shutil.copytree(copies[state], draft)
                assert in_child(lambda: build(root, half, documents, draft))[1] == 0
                results[state] = folder_fingerprint(draft)
                shutil.rmtree(draft)
            found.append(results[state])
        print(json.dumps([is_like, found]), flush=True)


def walk(root, out, workers):
    from groundup.corpus.workers import Crew
    from groundup.progress import SILENT
    from groundup.recipe.inputs import Inputs, corpus_inputs
    from groundup.recipe.recipe import Recipe
    from groundup.recipe.stages import stages_of
    from groundup.store.runner import run_stages
    from groundup.tokens.settings import TokenizerSettings

    recipe = Recipe(name="walk", corpus=settings(root), tokenizer=TokenizerSettings(vocabulary=400))
    # No model is made of it, so none is checked: that would load PyTorch, which takes longer than all the stages.
    inputs = Inputs(corpus=corpus_inputs(recipe.corpus, out, None, SILENT))
    stages = stages_of(recipe, inputs, Crew(workers))
    last = [stage.name for stage in stages].index("shards")
    artefacts = run_stages(stages[: last + 1], out, seed=1)
    files = {name: {file: entry.sha256 for file, entry in artefact.manifest.files.items()}
             for name, artefact in artefacts.items()}
    print(json.dumps(files))


if __name__ == "__main__":
    (kill if sys.argv[3] == "kill" else walk)(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[4]))
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders with something for every reader and every rule, and what documents are held against."""
    root = tmp_path_factory.mktemp("pipeline")
    texts, pages, items = (root / name for name in ("texts", "pages", "items"))
    for folder in (texts, pages, items):
        folder.mkdir()
    chance = random.Random(0)
    letters = "etaoinshrdlucmfwypvbgk"
    words = ["the", "of", "and", "to", *("".join(chance.choices(letters, k=5)) for _ in range(600))]
    notice = "All that stands here may be read by whoever finds it, and may be copied by none of them at any time. "

    def story() -> str:
        return f"{notice}{' '.join(chance.choices(words, k=60))}.\n* * *\nIt’s the end of it, isn't it?\n"

    stories = [story() for _ in range(7)]
    for number, text in enumerate(stories):
        (texts / f"story{number}.txt").write_text(text, "utf-8", newline="\r\n" if number % 3 else "\n")
    (texts / "copy.txt").write_text(stories[0], "utf-8")
    (texts / "near.md").write_text(stories[1] + "One more line, and it is the last.\n", "utf-8")
    (texts / "private.txt").write_text(f"Write to ada@example.org, or call +49 30 901820. {stories[2][120:]}", "utf-8")
    (texts / "old.txt").write_bytes("Où est l'été ? Près du café.\n".encode("cp1252") * 5)
    (texts / "short.txt").write_text("Too short.\n", "utf-8")
    (texts / "odd.bin").write_bytes(b"\x00" * 50)
    (texts / "broken.txt.gz").write_bytes(gzip.compress(stories[2].encode())[:-30])
    rows = "\n".join(json.dumps({"text": story(), "title": str(number)}) for number in range(5))
    (texts / "rows.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress((rows + "\n{bad").encode()))
    (texts / "rows.csv").write_text("text\n" + "\n".join(f'"{story()}"' for _ in range(3)), "utf-8")
    pyarrow.parquet.write_table(pyarrow.table({"text": [story(), None, "é\x07"]}), texts / "rows.parquet")
    for number in range(4):
        text = f"This is page {number} of the book, and there is more of it to come. " * (4 + number)
        (pages / f"{number}.html").write_text(f"<title>T</title><p>{text}</p><script>x</script>", "utf-8")
    (items / "items.txt").write_text(stories[3].splitlines()[0], "utf-8")
    return root


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("script") / "build.py"
    path.write_text(f"STAGES = {STAGES!r}\n{SCRIPT}", "utf-8")
    return path


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", **more}


@dataclass(frozen=True)
class Killed:
    """A process in which everything is loaded, and whose forks are killed or go on."""

    out: Path
    running: subprocess.Popen[str]

    def answer(self) -> Any:
        """The next line that it prints, as JSON."""
        output: IO[str] | None = self.running.stdout
        line = output.readline() if output else ""
        assert line, "it ended; why is on its standard error"
        return json.loads(line)

    def ask(self, half: str, stage: str) -> Any:
        """Whether a kill leaves what was on the disk; the fingerprints of what went on from the points of a stage."""
        self.running.stdin.write(f"{half} {stage}\n")
        self.running.stdin.flush()
        return self.answer()


@pytest.fixture(scope="module")
def killed(root, script, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killed]:
    out = tmp_path_factory.mktemp("killed")
    words = [sys.executable, script, root, out, "kill", str(POINTS)]
    with subprocess.Popen(
        words, env=environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        yield Killed(out, running)
        running.stdin.close()


@pytest.fixture(scope="module")
def unbroken(killed: Killed) -> dict[str, str]:
    """The fingerprints of what nobody killed, by half."""
    return killed.answer()


def walk(script: Path, root: Path, out: Path, workers: int, **more: str) -> dict[str, dict[str, str]]:
    """The files of each stage, with their SHA-256."""
    done = subprocess.run(
        [sys.executable, script, root, out, "walk", str(workers)],
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def walked(root, script, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Of one worker, whom nobody killed."""
    return walk(script, root, tmp_path_factory.mktemp("walked") / "out", 1)


@pytest.mark.timeout(LONGEST)
def test_every_stage_has_something_to_do(killed, unbroken) -> None:
    """Else a stage that did nothing would pass."""
    account = json.loads((killed.out / "corpus" / "account.json").read_text("utf-8"))
    stages = {"read", "extract", "clean", "filter", "contamination", "duplicates", "mixture", "finish"}
    assert {rule["stage"] for rule in account["rules"]} == stages
    assert {"exact duplicates", "near duplicates", "repeated passages", "e-mail addresses", "classic"} <= {
        rule["rule"] for rule in account["rules"]
    }
    made = killed.out / "documents" / "instruments"
    assert {path.name for path in made.iterdir()} == {"evaluation", "filter"}
    assert len(list((killed.out / "corpus" / "ledger").iterdir())) > 2


@pytest.mark.slow
@pytest.mark.timeout(LONGEST)
@pytest.mark.parametrize(("half", "stage"), [(half, stage) for half, stages in STAGES.items() for stage in stages])
def test_r7_each_stage_killed_anywhere_goes_on_to_the_same_bytes(killed, unbroken, half: str, stage: str) -> None:
    """What a kill leaves is what is on the disk just then: so it is copied at each point while one build goes on."""
    is_like, results = killed.ask(half, stage)
    assert is_like
    assert results == [unbroken[half]] * POINTS


@pytest.mark.timeout(LONGEST)
def test_r7_workers_of_a_killed_build_end_and_the_next_goes_on(root, script, walked, tmp_path) -> None:
    """The whole walk by two workers, killed while they read; that two others with another seed go on is R8's too."""
    out = tmp_path / "out"
    running = subprocess.Popen(
        [sys.executable, script, root, out, "walk", "2"],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not list(out.glob(".draft-documents-*/0*")) and running.poll() is None:
        time.sleep(0.005)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    workers = children.read_text().split() if children.exists() else []
    running.kill()
    running.wait()
    assert not (out / "corpus").exists()
    # What another worker, killed with the machine, would have left.
    (draft,) = out.glob(".draft-documents-*")
    (draft / ".00002-1").mkdir()
    assert walk(script, root, out, 2, PYTHONHASHSEED="1") == walked
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{worker}").exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]


@pytest.mark.slow
@pytest.mark.timeout(LONGEST)
def test_r8_workers_and_hash_seeds_change_nothing_of_corpus_tokenizer_and_shards(
    root, script, walked, tmp_path
) -> None:
    """Four of them, beside one worker with the seed 0, and the two above with the seed 1."""
    assert {"documents", "corpus", "tokenizer", "shards"} == set(walked)
    assert walk(script, root, tmp_path / "out", 4, PYTHONHASHSEED="2718", RAYON_NUM_THREADS="2") == walked
