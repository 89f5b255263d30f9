"""Web archives to a clean corpus, whole processes: documents and megabytes a second, beside datatrove.

`groundup corpus build` and datatrove's local executor (`datatrove_corpus.py`) do the same work on the same WARC files:
records read, main text by trafilatura without its fallbacks, encoding mended and lines of symbols dropped, C4's rules
for lines and pages, Gopher's for quality and repetition, near duplicates by MinHash of 112 numbers over 5 words, texts
to Parquet. Left out on both sides: languages, because datatrove fetches its model at run time; personal data, exact
duplicates, held-out texts; WET and WAT files, because datatrove looks for a page's main text in their plain text.

What stays different: groundup takes title, date and licence too, accounts for every line and document, and keeps all
signals, so that a changed threshold reads nothing again. It drops what has an estimated similarity of .8, datatrove
what shares one of 14 bands of 8 numbers. groundup's words are what stands between white space, datatrove's are spaCy's.

A document is a record of something from the web, counted here by warcio; a megabyte is a million bytes of these,
archives unpacked. Documents of which a side says nothing at the end, neither text nor row nor reason, are lost.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from made_pages import make_archives
from timing import Result, alternate, environment, find_source, parser, peer, positive, rounded, say, show

PACKAGES = ("datatrove", "trafilatura", "spacy", "warcio", "fastwarc", "pyarrow")
NAMES = ("*.warc", "*.warc.gz")
DOCUMENTS = ("response", "resource", "conversion")
PEER = Path(__file__).with_name("datatrove_corpus.py")

RECIPE = """
name: Throughput
corpus:
  sources:
    - {{data: {folder}, include: {names}, damaged: drop}}
  extraction: {{extractor: trafilatura, fallbacks: false}}
  quality:
    rules: [c4, gopher, gopher-repetition]
    lines: {{least_words: 3}}
  exact_duplicates: false
  near_duplicates: {{shingle: 5, threshold: 0.8, permutations: 112}}
  validation: {{fraction: 0}}
"""


@dataclass(frozen=True)
class Archives:
    """WARC files of one folder."""

    name: str
    files: tuple[Path, ...]
    documents: int
    """Records of something from the web."""
    megabytes: float
    """Million bytes of these."""


@dataclass(frozen=True)
class Outcome:
    """What became of the documents."""

    kept: int
    with_a_reason: int
    """Dropped, and a row or a reason says so."""
    unread: int = 0
    """Lost in reading, without a word."""
    unextracted: int = 0
    """Lost in extraction, without a word."""


@dataclass(frozen=True)
class Contender:
    """One side with so many workers."""

    side: str
    workers: int

    @property
    def name(self) -> str:
        """As the tables show it."""
        return f"{self.side}, {self.workers} worker{'s' * (self.workers > 1)}"


def main() -> None:
    options = parser(__doc__, rounds=3, seconds=1.0)
    options.add_argument("folders", type=Path, nargs="*", help="folders with WARC files; a table for each")
    options.add_argument("--megabytes", type=float, default=1000.0, help="of made-up pages (default 1000; 0: none)")
    options.add_argument("--seed", type=int, default=1, help="of the made-up pages")
    options.add_argument("--workers", type=positive(int), nargs="+", default=[1, 2], help="default 1 2")
    options.add_argument("--alone", action="store_true", help="without the peer")
    arguments = options.parse_args()
    find_source()
    peer("warcio")
    if not arguments.alone:
        peer("datatrove")
    sides = ["groundup"] if arguments.alone else ["datatrove", "groundup"]
    contenders = [Contender(side, workers) for workers in arguments.workers for side in sides]
    with tempfile.TemporaryDirectory() as name:
        scratch, folders = Path(name), list(arguments.folders)
        if arguments.megabytes:
            say(f"making {arguments.megabytes:g} MB of pages")
            folders.append(scratch / "made-up pages")
            make_archives(folders[-1], arguments.megabytes, arguments.seed)
        for folder in folders:
            archives = counted(folder)
            outcomes: dict[Contender, Outcome] = {}
            results = alternate(
                {one.name: partial(measured, one, archives, scratch, outcomes) for one in contenders},
                rounds=arguments.rounds,
                seconds=arguments.seconds,
                # A long run needs none; a short one would measure how programs come into memory.
                warm_ups=1 if archives.megabytes < 50 else 0,
            )
            title = f"{archives.documents:,} documents, {archives.megabytes:,.1f} MB of {archives.name}"
            rows = speeds(archives, contenders, results)
            show(f"Archives to corpus: {title}", rows, PACKAGES, as_json=arguments.json)
            rows = [account(archives, one, outcomes[one]) for one in contenders]
            show(f"What became of them: {title}", rows, PACKAGES, as_json=arguments.json)


def measured(contender: Contender, archives: Archives, scratch: Path, outcomes: dict[Contender, Outcome]) -> float:
    """One whole build in a folder that is gone afterwards; the number of documents. Notes what became of them."""
    build = {"datatrove": theirs, "groundup": ours}[contender.side]
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        outcomes[contender] = build(archives, contender.workers, Path(name))
    return float(archives.documents)


def counted(folder: Path) -> Archives:
    """The archives of a folder and what is in them. Exits with status 2 where there are none."""
    from warcio.archiveiterator import ArchiveIterator

    files = tuple(sorted(file for name in NAMES for file in folder.glob(name)))
    documents, size = 0, 0
    for file in files:
        with file.open("rb") as opened:
            for record in ArchiveIterator(opened, no_record_parse=True):
                address = record.rec_headers.get_header("WARC-Target-URI", "").lstrip("<")
                if record.rec_type in DOCUMENTS and address.startswith("http"):
                    documents += 1
                    size += int(record.rec_headers.get_header("Content-Length"))
    if not documents:
        print(f"No pages are in WARC files of {folder}.", file=sys.stderr)
        raise SystemExit(2)
    return Archives(folder.name, files, documents, size / 1e6)


def ours(archives: Archives, workers: int, folder: Path) -> Outcome:
    """`groundup corpus build` into a folder."""
    recipe = folder / "recipe.yaml"
    names = json.dumps([file.name for file in archives.files])
    recipe.write_text(RECIPE.format(folder=json.dumps(str(archives.files[0].parent.resolve())), names=names), "utf-8")
    words = ["-m", "groundup", "corpus", "build", recipe, "--out", folder / "run", "--workers", workers, "--json"]
    told = said(words, folder)["documents"]
    return Outcome(told["kept"], told["dropped"], archives.documents - told["read"])


def theirs(archives: Archives, workers: int, folder: Path) -> Outcome:
    """datatrove, into a folder."""
    told = said([PEER, *archives.files, "--out", folder, "--workers", workers], folder)
    unread, unextracted = archives.documents - told["read"], told["read"] - told["extracted"]
    return Outcome(told["kept"], told["with a reason"], unread, unextracted)


def said(words: Sequence[object], folder: Path) -> Any:
    """The JSON that a Python process ends with. Where it fails, its last lines are shown and this one ends too."""
    with (folder / "said.txt").open("w+", encoding="utf-8") as log:
        done = subprocess.run(
            [sys.executable, *map(str, words)], env=environment(), stdout=subprocess.PIPE, stderr=log, text=True
        )
        if done.returncode:
            log.seek(0)
            say("".join(log.readlines()[-30:]))
            raise SystemExit(done.returncode)
    return json.loads(done.stdout.splitlines()[-1])


def speeds(archives: Archives, contenders: Sequence[Contender], results: Sequence[Result]) -> list[dict[str, Any]]:
    """A row a contender; ratios to the peer with as many workers, and to the same side with the fewest."""
    by = {(one.side, one.workers): result for one, result in zip(contenders, results, strict=True)}
    fewest = min(one.workers for one in contenders)
    return [
        {
            "contender": one.name,
            "s": rounded(result.median * archives.documents),
            "documents/s": rounded(result.rate),
            "MB/s": rounded(result.rate * archives.megabytes / archives.documents),
            "spread %": round(100 * result.spread),
            "times as fast as datatrove": ratio(result, by.get(("datatrove", one.workers))),
            f"times as fast as with {fewest}": ratio(result, by[one.side, fewest]),
        }
        for one, result in zip(contenders, results, strict=True)
    ]


def ratio(result: Result, other: Result | None) -> float | str:
    """How many times as fast it was, "" where there is nothing to compare with."""
    return "" if other is None else rounded(result.times_as_fast_as(other))


def account(archives: Archives, contender: Contender, outcome: Outcome) -> dict[str, Any]:
    """What became of the documents; a difference that nothing explains has a column of its own."""
    told = outcome.kept + outcome.with_a_reason + outcome.unread + outcome.unextracted
    return {
        "contender": contender.name,
        "documents": archives.documents,
        "kept": outcome.kept,
        "dropped with a reason": outcome.with_a_reason,
        "lost in reading": outcome.unread,
        "lost in extraction": outcome.unextracted,
        "lost elsewhere": archives.documents - told,
    }


if __name__ == "__main__":
    main()
