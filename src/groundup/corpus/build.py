"""From sources to a corpus: read and clean by shards, decide with all of them in view, write, and add up.

A killed build goes on in the same draft: shards that were read are not read again, and the result is the same
to the byte.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy

from groundup.corpus.account import Account, by_category, ordered_rules, totals
from groundup.corpus.document import Change
from groundup.corpus.duplicates import Cluster, exact_clusters, near_clusters
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.shard import (
    DOCUMENTS,
    PARTS,
    STAGES,
    ShardSpec,
    WriteSpec,
    read_signatures,
    run_shard,
    write_shard,
)
from groundup.corpus.sources.listing import InputFile, Resolved, list_files, share_out
from groundup.corpus.split import Kept, split
from groundup.corpus.workers import in_order
from groundup.errors import GroundupError
from groundup.progress import SILENT, Progress
from groundup.store.files import write_durably
from groundup.store.fingerprint import fingerprint
from groundup.store.tables import read_rows

ACCOUNT = "account.json"
_WORK = "work"
_PLAN = "plan.json"
CLUSTERS_SHOWN = 200


def build_corpus(
    settings: CorpusSettings,
    inputs: Sequence[Resolved],
    draft: Path,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Write the corpus of `settings` into the folder `draft`; `inputs` are its sources' places, in the same order.

    Leaves train/, validation/ and ledger/ (Parquet) and account.json. Nothing is drawn by chance, so `seed`
    changes nothing; it is there because every stage has one. Returns the account's totals as facts for the
    manifest. Raises GroundupError for input that is missing or cannot be read, and where no document is left.
    """
    files = list_files(settings.sources, inputs)
    work = draft / _WORK
    plan = fingerprint([[file.id, file.bytes, file.licence] for file in files], settings)
    account_file = draft / ACCOUNT
    if _planned(work / _PLAN) != plan:
        if account_file.exists() and (done := json.loads(account_file.read_bytes()))["plan"] == plan:
            shutil.rmtree(work, ignore_errors=True)
            return facts(done)
        _clear(draft)
        work.mkdir(parents=True)
        write_durably(work / _PLAN, json.dumps({"plan": plan}).encode())
    shards = share_out(files)
    specs = [ShardSpec(number, shard, settings, work / f"{number:05}") for number, shard in enumerate(shards)]
    account = Account()
    manifests = []
    sizes = [sum(file.bytes for file in shard) for shard in shards]
    for number, manifest in enumerate(in_order(run_shard, specs, workers)):
        manifests.append(manifest)
        account.merge(Account.from_plain(manifest["account"]))
        progress("reading and cleaning texts, in bytes", sum(sizes[: number + 1]), sum(sizes))
    progress("looking for duplicates")
    decided = _decide(settings, specs, account)
    writes = _writes(decided, specs, manifests, settings, draft)
    parts = {part: {"documents": 0, "characters": 0, "bytes": 0} for part in PARTS}
    for number, written in enumerate(in_order(write_shard, writes, workers), 1):
        account.merge(Account.from_plain(written["account"]))
        for part, counts in written["parts"].items():
            for what, count in counts.items():
                parts[part][what] += count
        progress("writing the corpus, shard by shard", number, len(writes))
    account.check()
    found = _described(settings, files, account, parts, decided, plan)
    write_durably(account_file, json.dumps(found, ensure_ascii=False, indent=1).encode())
    shutil.rmtree(work)
    return facts(found)


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


class _Decisions:
    """What became of every document that came through its shard: by number, counted through all shards."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.drops: dict[int, Change] = {}
        self.training: dict[int, int] = {}
        self.clusters: list[dict[str, Any]] = []


def _decide(settings: CorpusSettings, specs: Sequence[ShardSpec], account: Account) -> _Decisions:
    decided = _Decisions()
    columns = ["id", "title", "characters", "digest", "signature"]
    signatures = []
    holders: list[int] = []
    for spec in specs:
        start = len(decided.rows)
        decided.rows.extend(read_rows(spec.into / DOCUMENTS, columns))
        signatures.append(read_signatures(spec.into))
        holders.extend(
            number for number in range(start, len(decided.rows)) if decided.rows[number]["signature"] is not None
        )
    if settings.exact_duplicates:
        clusters = exact_clusters([row["digest"] for row in decided.rows])
        _drop(decided, clusters, "exact duplicates", "the same as", 1.0)
    if settings.near_duplicates is not None:
        # An exact copy is gone already and must not stand for its cluster.
        left = [place for place, number in enumerate(holders) if number not in decided.drops]
        numbers = [holders[place] for place in left]
        lengths = [decided.rows[number]["characters"] for number in numbers]
        found = near_clusters(numpy.concatenate(signatures)[left], lengths, settings.near_duplicates)
        clusters = [
            Cluster(numbers[one.kept], tuple(numbers[member] for member in one.members), one.similarity)
            for one in found
        ]
        _drop(decided, clusters, "near duplicates", "much like", settings.near_duplicates.threshold)
    staying = [number for number in range(len(decided.rows)) if number not in decided.drops]
    if not staying:
        raise GroundupError(
            f"Nothing is left of the {account.total('documents_read'):,} documents read: {_reasons(account)}. The "
            f"first file was {specs[0].files[0].path}.",
            "Look at the sources' paths, `include` and `text_field`, or lower `minimum_characters`.",
        )
    kept = [Kept(row["id"], row["title"], row["characters"]) for row in map(decided.rows.__getitem__, staying)]
    decided.training = dict(zip(staying, split(kept, settings.validation), strict=True))
    return decided


def _drop(decided: _Decisions, clusters: Sequence[Cluster], rule: str, likeness: str, threshold: float) -> None:
    for cluster in clusters:
        kept = decided.rows[cluster.kept]
        dropped = []
        for number, similarity in zip(cluster.members, cluster.similarity, strict=True):
            if number == cluster.kept:
                continue
            row = decided.rows[number]
            decided.drops[number] = Change(
                "duplicates",
                rule,
                "drop",
                row["characters"],
                0,
                round(similarity, 4),
                threshold,
                sample=f"{likeness} {kept['title'] or kept['id']}",
                cluster=kept["id"],
                cluster_size=len(cluster.members),
            )
            dropped.append({"id": row["id"], "title": row["title"], "similarity": round(similarity, 4)})
        decided.clusters.append({"rule": rule, "kept": kept["id"], "title": kept["title"], "dropped": dropped})


def _writes(
    decided: _Decisions,
    specs: Sequence[ShardSpec],
    manifests: Sequence[dict[str, Any]],
    settings: CorpusSettings,
    draft: Path,
) -> list[WriteSpec]:
    writes = []
    start = 0
    for spec, manifest in zip(specs, manifests, strict=True):
        numbers = range(start, start + manifest["documents"])
        drops = {number - start: decided.drops[number] for number in numbers if number in decided.drops}
        training = {number - start: decided.training[number] for number in numbers if number in decided.training}
        writes.append(WriteSpec(spec.number, spec.into, drops, training, draft))
        start = numbers.stop
    return writes


def _described(
    settings: CorpusSettings,
    files: Sequence[InputFile],
    account: Account,
    parts: dict[str, dict[str, int]],
    decided: _Decisions,
    plan: str,
) -> dict[str, Any]:
    """The whole account as account.json holds it."""
    found = totals(account)
    cut = [number for number, count in decided.training.items() if 0 < count < decided.rows[number]["characters"]]
    whole = parts["train"]["documents"] + parts["validation"]["documents"] - len(cut)
    assert found["documents"]["kept"] == whole, "documents written are not those kept"
    written = parts["train"]["characters"] + parts["validation"]["characters"]
    assert found["characters"]["kept"] == written, "characters written are not those kept"
    licences = {file.source: file.licence for file in files}
    return {
        "cleaning": settings.cleaning,
        **found,
        **parts,
        "split": {
            "by": settings.validation.by,
            "fraction": settings.validation.fraction,
            "cut_document": decided.rows[cut[0]]["id"] if cut else "",
        },
        "sources": [
            {
                "source": name,
                "licence": licences[name],
                "files": sum(file.source == name for file in files),
                **counts,
            }
            for name, counts in account.as_plain()["sources"].items()
        ],
        "rules": ordered_rules(account, STAGES),
        "removed": by_category(account.removed),
        "clusters": decided.clusters[:CLUSTERS_SHOWN],
        "clusters_found": len(decided.clusters),
        "plan": plan,
    }


def _reasons(account: Account) -> str:
    drops = [rule for rule in ordered_rules(account, STAGES) if rule["action"] == "drop"]
    if not drops:
        return "the files hold no documents"
    first = next((shown["sample"] for rule in drops for shown in rule["samples"]), "")
    counted = ", ".join(f"{rule['documents']:,} by {rule['stage']}/{rule['rule']}" for rule in drops)
    return f"{counted}" + (f" (such as: {first})" if first else "")


def _planned(path: Path) -> str | None:
    try:
        plan: str = json.loads(path.read_bytes())["plan"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return plan


def _clear(draft: Path) -> None:
    """Remove what another plan left in the draft."""
    draft.mkdir(parents=True, exist_ok=True)
    for name in (_WORK, *PARTS, "ledger"):
        shutil.rmtree(draft / name, ignore_errors=True)
    (draft / ACCOUNT).unlink(missing_ok=True)
