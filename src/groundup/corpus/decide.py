"""The second half of a corpus: what stays is decided with all documents in view, then written shard by shard.

What is decided is a number or two a document, on disk for the workers; texts are read a few at a time.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from groundup.corpus.account import ACCOUNT, COUNTS, Account
from groundup.corpus.decided import (
    ALL,
    EXACT,
    NAMES,
    NEAR,
    REPEATS,
    Numbers,
    clusters_in,
    write_training,
)
from groundup.corpus.describe import clusters_described, described, facts
from groundup.corpus.duplicates import find_exact, find_near, require, scratch_bytes
from groundup.corpus.finish import columns_needed, finishes, without_evaluation_texts
from groundup.corpus.mixture import Weights, times, weights_of
from groundup.corpus.names import write_names
from groundup.corpus.nothing import NOTHING, nothing_left
from groundup.corpus.plan import planned, take_up
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.shard import DIGESTS, SIGNATURES
from groundup.corpus.shards import Shards
from groundup.corpus.split import Kept, split
from groundup.corpus.substrings import Repeats, estimate, find_repeats
from groundup.corpus.workers import ALONE, Crew
from groundup.corpus.write import (
    COUNTED,
    PARTS,
    WORK,
    JudgeSpec,
    WriteSpec,
    finished_lengths,
    judge_shard,
    write_shard,
)
from groundup.errors import no_room
from groundup.progress import SILENT, Progress
from groundup.store.files import write_durably
from groundup.store.fingerprint import fingerprint

Mask = NDArray[numpy.bool_]


def decide(
    settings: CorpusSettings,
    annotated: Path,
    draft: Path,
    crew: Crew = ALONE,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Write the corpus of `settings` into the folder `draft`, from what `annotate` left in `annotated`.

    Leaves train/, validation/ and ledger/ (Parquet) and account.json. Returns the account's totals as facts for the
    manifest. Memory: about 150 bytes a document beside what finding duplicates and passages takes, which is told before
    they begin; what these found is kept over a kill. Raises GroundupError where no document is left, and where memory
    would not do.
    """
    plan, work = fingerprint(planned(annotated), settings), draft / WORK
    if (done := _done_before(draft, plan)) is not None:
        return facts(done)
    for name in (*PARTS, "ledger"):
        shutil.rmtree(draft / name, ignore_errors=True)
    for name in (ACCOUNT, NOTHING):
        (draft / name).unlink(missing_ok=True)
    take_up(work, plan)
    shards = Shards(annotated)
    weights = weights_of(settings.sources, shards.facts["names"])
    writes = [
        WriteSpec(number, folder, start, stop, settings, weights, work, draft)
        for number, (folder, start, stop) in enumerate(
            zip(shards.folders, shards.starts, shards.starts[1:], strict=False)
        )
    ]
    stays = ~_gone(settings, shards, weights, work, crew, progress)
    if not stays.any():
        nobody = numpy.empty(0, numpy.int64)
        _name(shards, work, nobody, None)
        write_training(work, nobody, nobody)
        raise nothing_left(writes, shards, draft)
    cut = _part(settings, shards, stays, writes, crew, progress)
    account = Account()
    parts = {part: Counter(dict.fromkeys(COUNTED, 0)) for part in PARTS}
    sums = []
    for number, written in enumerate(crew.run(write_shard, writes), 1):
        account.merge(one := Account.from_plain(written["account"]))
        sums.append({what: one.total(what) for what in COUNTS})
        for part in PARTS:
            parts[part].update(written["parts"][part])
        progress("writing the corpus, shard by shard", number, len(writes))
    told = {
        **described(settings, shards, account, parts, cut),
        "shards": sums,
        **clusters_described(settings, shards, work),
        "plan": plan,
    }
    write_durably(draft / ACCOUNT, json.dumps(told, ensure_ascii=False, indent=1).encode())
    shutil.rmtree(work)
    return facts(told)


def _done_before(draft: Path, plan: str) -> dict[str, Any] | None:
    """The account of a corpus of this plan that is whole but for its work, which is removed."""
    try:
        account: dict[str, Any] = json.loads((draft / ACCOUNT).read_bytes())
    except (OSError, ValueError):
        return None
    if account.get("plan") != plan:
        return None
    shutil.rmtree(draft / WORK, ignore_errors=True)
    return account


def _gone(
    settings: CorpusSettings, shards: Shards, weights: Weights, work: Path, crew: Crew, progress: Progress
) -> Mask:
    """[documents] Which do not stay: signals speak against them, they are duplicates, or a weight leaves them out."""
    gone = numpy.zeros(len(shards), numpy.bool_)
    judged = crew.run(judge_shard, [JudgeSpec(folder, settings) for folder in shards.folders])
    for number, (start, numbers) in enumerate(zip(shards.starts, judged, strict=False), 1):
        gone[start + numbers] = True
        progress("judging documents, shard by shard", number, len(shards.folders))
    _find_duplicates(settings, shards, gone, work, progress)
    if any(weight < 1 for weight in weights.values()):
        progress("mixing sources by weight")
        for number, row in shards.rows(["id", "source"]):
            gone[number] |= not times(row["id"], weights.get(row["source"], 1.0))
    return gone


def _find_duplicates(settings: CorpusSettings, shards: Shards, gone: Mask, work: Path, progress: Progress) -> None:
    """Find which duplicates go, for `clusters_in`, and mark them in `gone`."""
    near = settings.near_duplicates
    if not len(shards) or not (settings.exact_duplicates or near is not None):
        return
    needed = require(len(shards), near)
    if shutil.disk_usage(work).free < (room := scratch_bytes(len(shards), near)):
        raise no_room(work, room)
    progress(f"looking for duplicates, in {needed / 1e6:,.0f} MB of memory at most")
    if settings.exact_duplicates:
        found = find_exact(shards.files(DIGESTS), work / EXACT.folder, gone)
        # An exact copy is gone already and must not stand for its cluster.
        gone |= found.dropped_mask(len(shards))
    if near is not None:
        lengths = shards.column("characters", int)
        out = gone | ~shards.column("has_words", bool)
        found = find_near(shards.files(SIGNATURES), near, work / NEAR.folder, lengths, out, progress=progress)
        gone |= found.dropped_mask(len(shards))


def _part(
    settings: CorpusSettings, shards: Shards, stays: Mask, writes: Sequence[WriteSpec], crew: Crew, progress: Progress
) -> str:
    """Decide which passages go and which documents train, for the workers; the document that is cut in two, or ""."""
    work = writes[0].work
    staying = numpy.flatnonzero(stays)
    repeats = None
    if settings.substring_duplicates is not None:
        size = int(shards.column("bytes", int)[stays].sum())
        needed = estimate(size, len(staying))
        progress(f"looking for repeated passages, in {needed / 1e6:,.0f} MB of memory at most")
        rows = shards.rows(columns_needed(settings), stays)
        texts = (without_evaluation_texts(row, settings)[0] for _, row in rows)
        repeats = find_repeats(texts, size, len(staying), settings.substring_duplicates, work / REPEATS)
    _name(shards, work, staying, repeats)
    lengths = shards.column("characters", int)[stays]
    by_characters = settings.validation.by == "characters"
    if by_characters and finishes(settings):
        write_training(work, staying, lengths)
        lengths = numpy.concatenate(list(crew.run(finished_lengths, writes)))
    training = split(_kept(shards, stays, lengths), settings.validation)
    # Whole documents may grow or shrink yet; only the end of all training lies inside one.
    write_training(work, staying, training if by_characters else numpy.where(training > 0, ALL, 0))
    inside = staying[(training > 0) & (training < lengths)]
    cut = numpy.zeros(len(shards), numpy.bool_)
    cut[inside] = True
    return next((row["id"] for _, row in shards.rows(["id"], cut)), "") if len(inside) else ""


def _kept(shards: Shards, stays: Mask, lengths: Numbers) -> Iterator[Kept]:
    rows = shards.rows(["id", "title"], stays)
    return (Kept(row["id"], row["title"], int(length)) for (_, row), length in zip(rows, lengths, strict=True))


def _name(shards: Shards, work: Path, staying: Numbers, repeats: Repeats | None) -> None:
    """Write down the names of documents that rows of other documents tell of."""
    named = numpy.zeros(len(shards), numpy.bool_)
    for _, clusters in clusters_in(work):
        named[clusters.rows["kept"]] = True
    if repeats is not None:
        named[staying[repeats.rows["original"]]] = True
    rows = shards.rows(["id", "title"], named) if named.any() else iter(())
    write_names(((number, (row["id"], row["title"])) for number, row in rows), work / NAMES)
