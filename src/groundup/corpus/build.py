"""The first half of a corpus, shard by shard: documents are read, made texts, cleaned, and given signals.

`decide` is the second half: with all of them in view it says what stays. So a changed threshold reads nothing again. A
killed build goes on in the same draft: shards that were read are not read again, and the result is the same to the
byte.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

from groundup.corpus.account import Account
from groundup.corpus.annotate import annotation_settings
from groundup.corpus.guard import end_idle
from groundup.corpus.mixture import weights_of
from groundup.corpus.plan import take_up
from groundup.corpus.prepare import files_of, make_instruments
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.shard import ShardSpec, run_shard
from groundup.corpus.shards import SHARDS, shard_folder
from groundup.corpus.sources.listing import InputFile, Resolved, share_out
from groundup.corpus.whole import remove_halves
from groundup.corpus.workers import ALONE, Crew
from groundup.progress import SILENT, Progress
from groundup.store.files import write_durably
from groundup.store.fingerprint import fingerprint

_INSTRUMENTS = "instruments"


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
    # Two weights for one source are an error, which is not to wait for the second half.
    weights_of(settings.sources, every.names)
    settings = annotation_settings(settings)
    take_up(draft, fingerprint(every.marks(), settings))
    instruments = draft / _INSTRUMENTS
    made = make_instruments(settings, every, instruments, progress)
    shards = share_out(every.sources)
    specs = [
        ShardSpec(number, shard, settings, shard_folder(draft, number), instruments)
        for number, shard in enumerate(shards)
    ]
    done = list(accumulate(sum(file.bytes for file in shard) for shard in shards))
    account, others, documents = Account(), Counter[str](), 0
    # The first document may be long in coming: a process for pages takes seconds to begin on a busy machine.
    progress("reading and cleaning texts, in bytes", 0, done[-1])
    try:
        # Of several shards the finished ones tell how far it is; one alone, a dump say, must tell it itself.
        here = partial(run_shard, progress=progress) if len(specs) == 1 else None
        for bytes_done, manifest in zip(done, crew.run(run_shard, specs, here), strict=True):
            account.merge(Account.from_plain(manifest["account"]))
            others.update(manifest["others"])
            documents += manifest["documents"]
            progress("reading and cleaning texts, in bytes", bytes_done, done[-1])
    finally:
        end_idle()
    # A killed build's shards, under the names of processes that are no more.
    remove_halves(draft)
    found = {
        "shards": len(specs),
        "first": str(every.sources[0].path),
        "names": every.names,
        "sources": _sources(every.sources),
        "others": dict(sorted(others.items())),
        "made": made,
    }
    write_durably(draft / SHARDS, json.dumps(found, ensure_ascii=False).encode())
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
