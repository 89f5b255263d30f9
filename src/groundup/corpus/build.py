"""From sources to a corpus in two halves: annotate documents by shards; decide with all of them in view, and write.

A killed build goes on in the same draft: shards that were read are not read again, and the result is the same to the
byte. A changed threshold runs the second half only.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from groundup.corpus.account import Account, by_category, ordered_rules, totals
from groundup.corpus.annotate import annotation_settings
from groundup.corpus.document import Change, Document
from groundup.corpus.duplicates import Clusters, find_exact, find_near, require
from groundup.corpus.finish import finishes
from groundup.corpus.judge import judge_of
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.shard import (
    DIGESTS,
    DOCUMENTS,
    PARTS,
    SIGNATURES,
    STAGES,
    WORK,
    JudgeSpec,
    ShardSpec,
    WriteSpec,
    finished_lengths,
    judge_shard,
    no_documents,
    run_shard,
    shard_manifest,
    write_shard,
)
from groundup.corpus.sources.listing import InputFile, Resolved, list_files, share_out
from groundup.corpus.split import Kept, split
from groundup.corpus.substrings import Repeats, Span, find_repeats
from groundup.corpus.workers import ALONE, Crew, Engine
from groundup.errors import GroundupError
from groundup.progress import SILENT, Progress
from groundup.store.files import write_durably
from groundup.store.fingerprint import fingerprint
from groundup.store.tables import read_rows

ACCOUNT = "account.json"
# What was annotated: the files that were read, and how many shards they are.
SHARDS = "shards.json"
_PLAN = "plan.json"
CLUSTERS_SHOWN = 200


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
    files = list_files(settings.sources, inputs)
    if (done := _whole(draft, _plan_of(files, settings))) is not None:
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
    """Read, extract and clean the documents of `inputs`, the sources' places in their order, into `draft`.

    Leaves a folder a shard with documents, signals and ledger, and shards.json. Returns facts for the manifest. Raises
    GroundupError for input that is missing or cannot be read.
    """
    files = list_files(settings.sources, inputs)
    settings = annotation_settings(settings)
    plan = fingerprint([[file.id, file.bytes, file.licence] for file in files], settings)
    _begin(draft, plan)
    shards = share_out(files)
    specs = [ShardSpec(number, shard, settings, _shard(draft, number)) for number, shard in enumerate(shards)]
    sizes = [sum(file.bytes for file in shard) for shard in shards]
    account = Account()
    documents = 0
    others: Counter[str] = Counter()
    for number, manifest in enumerate(crew.run(run_shard, specs)):
        account.merge(Account.from_plain(manifest["account"]))
        documents += manifest["documents"]
        others.update(manifest["others"])
        progress("reading and cleaning texts, in bytes", sum(sizes[: number + 1]), sum(sizes))
    found = {
        "plan": plan,
        "shards": len(specs),
        "first": str(files[0].path),
        "sources": _sources(files),
        "others": dict(sorted(others.items())),
    }
    write_durably(draft / SHARDS, json.dumps(found, ensure_ascii=False).encode())
    (draft / _PLAN).unlink(missing_ok=True)
    return {
        "documents_read": account.total("documents_read"),
        "documents": documents,
        "characters_read": account.total("characters_read"),
        "shards": len(specs),
    }


def decide(
    settings: CorpusSettings,
    annotated: Path,
    draft: Path,
    crew: Crew = ALONE,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Write the corpus of `settings` into the folder `draft`, from what `annotate` left in `annotated`.

    Leaves train/, validation/ and ledger/ (Parquet) and account.json. Returns the account's totals as facts for the
    manifest. Raises GroundupError where no document is left, and where memory would not do.
    """
    found = json.loads((annotated / SHARDS).read_bytes())
    plan = fingerprint(found["plan"], settings)
    if (done := _whole(draft, plan)) is not None:
        return facts(done)
    _clear(draft, keep=annotated)
    shards = _Shards(annotated, found["shards"])
    decided = _decide(settings, shards, draft / WORK, found["first"], crew, progress)
    account = shards.account()
    parts = no_documents()
    writes = _writes(decided, shards, settings, draft)
    for number, written in enumerate(crew.run(write_shard, writes), 1):
        account.merge(Account.from_plain(written["account"]))
        for part, counts in written["parts"].items():
            for what, count in counts.items():
                parts[part][what] += count
        progress("writing the corpus, shard by shard", number, len(writes))
    account.check()
    described = {**_described(settings, found, account, parts, decided), "plan": plan}
    write_durably(draft / ACCOUNT, json.dumps(described, ensure_ascii=False, indent=1).encode())
    shutil.rmtree(draft / WORK)
    return facts(described)


def facts(account: dict[str, Any]) -> dict[str, Any]:
    """What the manifest says of a corpus."""
    return {
        "documents": account["documents"]["kept"],
        "characters": account["characters"]["kept"],
        "bytes": sum(account[part]["bytes"] for part in PARTS),
        "documents_read": account["documents"]["read"],
        "characters_read": account["characters"]["read"],
        "train": account["train"],
        "validation": account["validation"],
        "cleaning": account["cleaning"],
    }


class _Shards:
    """What was annotated, documents numbered through all shards."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folders = [_shard(folder, number) for number in range(count)]
        self.manifests = [shard_manifest(folder) for folder in self.folders]
        self.starts = [0, *numpy.cumsum([manifest["documents"] for manifest in self.manifests]).tolist()]

    def __len__(self) -> int:
        return int(self.starts[-1])

    def files(self, name: str) -> list[Path]:
        return [folder / name for folder in self.folders]

    def account(self) -> Account:
        account = Account()
        for manifest in self.manifests:
            account.merge(Account.from_plain(manifest["account"]))
        return account

    def column(self, name: str, kind: type) -> NDArray[Any]:
        """[documents] A column of numbers or truth values."""
        values = (row[name] for path in self.files(DOCUMENTS) for row in read_rows(path, [name]))
        return numpy.fromiter(values, kind, len(self))

    def rows(self, numbers: NDArray[Any], columns: list[str]) -> dict[int, dict[str, Any]]:
        """Some columns of the documents with these numbers, ascending."""
        found: dict[int, dict[str, Any]] = {}
        for start, stop, path in zip(self.starts, self.starts[1:], self.files(DOCUMENTS), strict=False):
            inside = set(numbers[(numbers >= start) & (numbers < stop)].tolist())
            if inside:
                rows = enumerate(read_rows(path, columns), start)
                found |= {number: row for number, row in rows if number in inside}
        return found


@dataclass
class _Decisions:
    """What became of every document that came through its shard: by number, counted through all shards."""

    drops: dict[int, Change] = field(default_factory=dict)
    """Duplicates; what signals speak against is told again from the signals."""
    training: dict[int, int] = field(default_factory=dict)
    spans: dict[int, tuple[Span, ...]] = field(default_factory=dict)
    originals: dict[int, str] = field(default_factory=dict)
    clusters: list[dict[str, Any]] = field(default_factory=list)
    clusters_found: int = 0
    cut: str = ""
    """The document that the end of training cuts in two."""


def _decide(
    settings: CorpusSettings, shards: _Shards, work: Path, first: str, crew: Crew, progress: Progress
) -> _Decisions:
    decided = _Decisions()
    gone = numpy.zeros(len(shards), numpy.bool_)
    judged = crew.run(judge_shard, [JudgeSpec(folder, settings) for folder in shards.folders])
    for number, (start, numbers) in enumerate(zip(shards.starts, judged, strict=False), 1):
        gone[[start + one for one in numbers]] = True
        progress("judging documents, shard by shard", number, len(shards.folders))
    _find_duplicates(decided, settings, shards, gone, work, progress)
    if gone.all():
        raise GroundupError(
            f"Nothing is left of the {shards.account().total('documents_read'):,} documents read: "
            f"{_reasons(settings, shards, decided)}. The first file was {first}.",
            "Look at the sources' paths, `include` and `text_field`, or lower `minimum_characters`.",
        )
    staying = numpy.flatnonzero(~gone)
    rows = shards.rows(staying, ["id", "title", "characters"])
    if settings.substring_duplicates is not None:
        _find_passages(decided, settings, shards, staying, work, progress)
    lengths = {number: row["characters"] for number, row in rows.items()}
    if settings.validation.by == "characters" and finishes(settings):
        decided.training = dict.fromkeys(lengths, 0)
        measures = _writes(decided, shards, settings, work)
        for start, found in zip(shards.starts, crew.run(finished_lengths, measures), strict=False):
            lengths |= {start + number: length for number, length in found.items()}
    kept = [Kept(row["id"], row["title"], lengths[number]) for number, row in rows.items()]
    decided.training = dict(zip(rows, split(kept, settings.validation), strict=True))
    # Whole documents may grow or shrink yet; only the end of all training lies inside one.
    if settings.validation.by == "characters":
        cut = [number for number, count in decided.training.items() if 0 < count < lengths[number]]
        decided.cut = rows[cut[0]]["id"] if cut else ""
    else:
        decided.training = {number: _ALL if count else 0 for number, count in decided.training.items()}
    return decided


# More characters than a document can have.
_ALL = 2**62


def _find_duplicates(
    decided: _Decisions,
    settings: CorpusSettings,
    shards: _Shards,
    gone: NDArray[numpy.bool_],
    work: Path,
    progress: Progress,
) -> None:
    """Decide which duplicates go, and mark them in `gone`."""
    near = settings.near_duplicates
    if not len(shards) or not (settings.exact_duplicates or near is not None):
        return
    require(len(shards), near)
    progress("looking for duplicates")
    work.mkdir(parents=True, exist_ok=True)
    if settings.exact_duplicates:
        found = find_exact(shards.files(DIGESTS), work / "exact", gone)
        _drop(decided, shards, found, "exact duplicates", "the same as", 1.0)
        # An exact copy is gone already and must not stand for its cluster.
        gone |= found.dropped_mask(len(shards))
    if near is not None:
        lengths = shards.column("characters", int)
        left_out = gone | ~shards.column("has_words", bool)
        found = find_near(shards.files(SIGNATURES), near, work / "near", lengths, left_out, progress=progress)
        _drop(decided, shards, found, "near duplicates", "much like", near.threshold)
        gone |= found.dropped_mask(len(shards))


def _drop(decided: _Decisions, shards: _Shards, found: Clusters, rule: str, likeness: str, threshold: float) -> None:
    members = numpy.asarray(found.rows)
    rows = shards.rows(numpy.unique(members["member"]), ["id", "title", "characters"])
    shown: dict[int, dict[str, Any]] = {}
    for member, kept_number, size, similarity in members.tolist():
        kept, row = rows[kept_number], rows[member]
        decided.clusters_found += kept_number not in shown
        cluster = shown.setdefault(
            kept_number, {"rule": rule, "kept": kept["id"], "title": kept["title"], "dropped": []}
        )
        if member == kept_number:
            continue
        alike = round(similarity, 4)
        decided.drops[member] = Change(
            "duplicates",
            rule,
            "drop",
            row["characters"],
            0,
            alike,
            threshold,
            sample=f"{likeness} {kept['title'] or kept['id']}",
            cluster=kept["id"],
            cluster_size=size,
        )
        cluster["dropped"].append({"id": row["id"], "title": row["title"], "similarity": alike})
    decided.clusters += list(shown.values())[: CLUSTERS_SHOWN - len(decided.clusters)]


def _find_passages(
    decided: _Decisions,
    settings: CorpusSettings,
    shards: _Shards,
    staying: NDArray[Any],
    work: Path,
    progress: Progress,
) -> None:
    """Find passages that stand in an earlier document that stays, or earlier in the same."""
    progress("looking for repeated passages")
    assert settings.substring_duplicates is not None, "asked for only where passages are looked for"
    size = sum(row["bytes"] for row in shards.rows(staying, ["bytes"]).values())
    inside = set(staying.tolist())
    texts = (
        row["text"]
        for start, path in zip(shards.starts, shards.files(DOCUMENTS), strict=False)
        for number, row in enumerate(read_rows(path, ["text"]), start)
        if number in inside
    )
    work.mkdir(parents=True, exist_ok=True)
    found: Repeats = find_repeats(texts, size, settings.substring_duplicates, work / "repeats")
    numbers = staying.tolist()
    for place in numpy.unique(found.rows["document"]).tolist():
        spans = [replace(span, original=numbers[span.original]) for span in found.of(place)]
        decided.spans[numbers[place]] = tuple(spans)
    originals = numpy.array(sorted({span.original for spans in decided.spans.values() for span in spans}), int)
    decided.originals = {number: row["id"] for number, row in shards.rows(originals, ["id"]).items()}


def _writes(decided: _Decisions, shards: _Shards, settings: CorpusSettings, draft: Path) -> list[WriteSpec]:
    def own(values: Mapping[int, Any], start: int, stop: int) -> dict[int, Any]:
        return {number - start: values[number] for number in range(start, stop) if number in values}

    writes = []
    for number, folder in enumerate(shards.folders):
        take = partial(own, start=shards.starts[number], stop=shards.starts[number + 1])
        spans = take(decided.spans)
        named = {span.original for of_one in spans.values() for span in of_one}
        originals = {original: decided.originals[original] for original in sorted(named)}
        drops, training = take(decided.drops), take(decided.training)
        writes.append(WriteSpec(number, folder, settings, drops, training, draft, spans, originals))
    return writes


def _described(
    settings: CorpusSettings,
    annotated: Mapping[str, Any],
    account: Account,
    parts: dict[str, dict[str, int]],
    decided: _Decisions,
) -> dict[str, Any]:
    """The whole account as account.json holds it."""
    found = totals(account)
    written = parts["train"]["characters"] + parts["validation"]["characters"]
    assert found["characters"]["kept"] == written, "characters written are not those kept"
    counts = account.as_plain()["sources"]
    return {
        "cleaning": settings.cleaning,
        **found,
        **parts,
        "split": {
            "by": settings.validation.by,
            "fraction": settings.validation.fraction,
            "cut_document": decided.cut,
        },
        "sources": [{**source, **counts.get(source["source"], {})} for source in annotated["sources"]],
        "others": annotated["others"],
        "rules": ordered_rules(account, STAGES),
        "removed": by_category(account.removed),
        "clusters": decided.clusters,
        "clusters_found": decided.clusters_found,
    }


def _sources(files: Sequence[InputFile]) -> list[dict[str, Any]]:
    licences = {file.source: file.licence for file in files}
    counts = Counter(file.source for file in files)
    return [{"source": name, "licence": licence, "files": counts[name]} for name, licence in licences.items()]


def _reasons(settings: CorpusSettings, shards: _Shards, decided: _Decisions) -> str:
    """What took the documents, where none is left."""
    account, judge = shards.account(), judge_of(settings)
    for start, path in zip(shards.starts, shards.files(DOCUMENTS), strict=False):
        for number, row in enumerate(read_rows(path), start):
            change = decided.drops.get(number) or judge(row)
            assert change is not None, "nothing is left"
            account.change(Document(row["id"], row["source"], title=row["title"]), change)
    drops = [rule for rule in ordered_rules(account, STAGES) if rule["action"] == "drop"]
    if not drops:
        return "the files hold no documents"
    first = next((shown["sample"] for rule in drops for shown in rule["samples"]), "")
    counted = ", ".join(f"{rule['documents']:,} by {rule['stage']}/{rule['rule']}" for rule in drops)
    return f"{counted}" + (f" (such as: {first})" if first else "")


def _shard(folder: Path, number: int) -> Path:
    return folder / f"{number:05}"


def _plan_of(files: Sequence[InputFile], settings: CorpusSettings) -> str:
    annotated = fingerprint([[file.id, file.bytes, file.licence] for file in files], annotation_settings(settings))
    return fingerprint(annotated, settings)


def _whole(draft: Path, plan: str) -> dict[str, Any] | None:
    """The account of a corpus of this plan that is whole but for its work, which is removed."""
    try:
        account: dict[str, Any] = json.loads((draft / ACCOUNT).read_bytes())
    except (OSError, ValueError):
        return None
    if account.get("plan") != plan:
        return None
    shutil.rmtree(draft / WORK, ignore_errors=True)
    return account


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


def _clear(draft: Path, keep: Path) -> None:
    """Remove what another plan, or a kill, left in the draft beside what was annotated."""
    draft.mkdir(parents=True, exist_ok=True)
    for name in (*PARTS, "ledger"):
        shutil.rmtree(draft / name, ignore_errors=True)
    (draft / ACCOUNT).unlink(missing_ok=True)
    work = draft / WORK
    work.mkdir(exist_ok=True)
    for left in work.iterdir():
        if left != keep:
            shutil.rmtree(left) if left.is_dir() else left.unlink()
