"""From sources to a corpus in two halves: annotate documents by shards; decide with all of them in view, and write.

A killed build goes on in the same draft: shards that were read are not read again, and the result is the same to the
byte. A changed threshold runs the second half (`decide`) only.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groundup.corpus.account import Account
from groundup.corpus.annotate import annotation_settings
from groundup.corpus.decide import ACCOUNT, SHARDS, decide, done_before, facts
from groundup.corpus.mixture import weights_of
from groundup.corpus.prepare import files_of, make_instruments
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.shard import WORK, ShardSpec, run_shard
from groundup.corpus.shards import shard_folder
from groundup.corpus.sources.listing import InputFile, Resolved, share_out
from groundup.corpus.whole import remove_halves
from groundup.corpus.workers import ALONE, Crew, Engine
from groundup.progress import SILENT, Progress
from groundup.store.files import write_durably
from groundup.store.fingerprint import fingerprint

__all__ = ["ACCOUNT", "SHARDS", "annotate", "build_corpus", "decide"]

_PLAN = "plan.json"
_INSTRUMENTS = "instruments"


def build_corpus(
    settings: CorpusSettings,
    inputs: Sequence[Resolved],
    draft: Path,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = SILENT,
    engine: Engine = "processes",
) -> dict[str, Any]:
    """Both halves at once: what was annotated goes when the corpus is whole. Otherwise as `decide`.

    Nothing is drawn by chance, so `seed` changes nothing; it is there because every stage has one.
    """
    plan = fingerprint(fingerprint(files_of(settings, inputs).marks(), annotation_settings(settings)), settings)
    if (done := done_before(draft, plan)) is not None:
        return facts(done)
    crew = Crew(workers, engine)
    # Other settings may annotate alike, but their draft holds the tables of another corpus.
    annotated = draft / WORK / "annotated"
    annotate(settings, inputs, annotated, crew, progress)
    return decide(settings, annotated, draft, crew, progress)


def annotate(
    settings: CorpusSettings,
    inputs: Sequence[Resolved],
    draft: Path,
    crew: Crew = ALONE,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Read, extract and clean the documents of the sources into `draft`; `inputs` are the places of `settings.texts`.

    Leaves a folder a shard with documents, signals and ledger, and shards.json. Returns facts for the manifest. Raises
    GroundupError for input that is missing or cannot be read.
    """
    every = files_of(settings, inputs)
    files, names = every.sources, every.names
    weights_of(settings.sources, names)
    settings = annotation_settings(settings)
    plan = fingerprint(every.marks(), settings)
    _begin(draft, plan)
    instruments = draft / _INSTRUMENTS
    made = make_instruments(settings, every, instruments, progress)
    shards = share_out(files)
    specs = [
        ShardSpec(number, shard, settings, shard_folder(draft, number), instruments)
        for number, shard in enumerate(shards)
    ]
    sizes = [sum(file.bytes for file in shard) for shard in shards]
    account = Account()
    documents = 0
    others: Counter[str] = Counter()
    for number, manifest in enumerate(crew.run(run_shard, specs)):
        account.merge(Account.from_plain(manifest["account"]))
        documents += manifest["documents"]
        others.update(manifest["others"])
        progress("reading and cleaning texts, in bytes", sum(sizes[: number + 1]), sum(sizes))
    # A killed build's shards, under the names of processes that are no more.
    remove_halves(draft)
    found = {
        "plan": plan,
        "shards": len(specs),
        "first": str(files[0].path),
        "names": names,
        "sources": _sources(files),
        "others": dict(sorted(others.items())),
        "made": made,
    }
    write_durably(draft / SHARDS, json.dumps(found, ensure_ascii=False).encode())
    (draft / _PLAN).unlink(missing_ok=True)
    return {
        "documents_read": account.total("documents_read"),
        "documents": documents,
        "characters_read": account.total("characters_read"),
        "shards": len(specs),
    }


def _sources(files: Sequence[InputFile]) -> list[dict[str, Any]]:
    licences = {file.source: file.licence for file in files}
    counts = Counter(file.source for file in files)
    return [{"source": name, "licence": licence, "files": counts[name]} for name, licence in licences.items()]


def _begin(draft: Path, plan: str) -> None:
    """Take up the annotations of this plan, and remove those of any other."""
    draft.mkdir(parents=True, exist_ok=True)
    if plan in (_planned(draft / _PLAN), _planned(draft / SHARDS)):
        return
    for folder in draft.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
    (draft / SHARDS).unlink(missing_ok=True)
    write_durably(draft / _PLAN, json.dumps({"plan": plan}).encode())


def _planned(path: Path) -> str | None:
    try:
        plan: str = json.loads(path.read_bytes())["plan"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return plan
