"""A corpus from web archives by datatrove, in one process of its own: what `corpus_throughput.py` measures against.

The steps are those of its example for FineWeb, by its local executor: archives to texts, quality filters, texts to
Parquet; signatures, buckets, clusters of near duplicates; Parquet without these. What a filter drops it writes down, as
that example has it. Left out, because groundup's recipe in the benchmark leaves them out too: addresses, languages
(its model is fetched at run time), personal data, tokens. English words are cut by spaCy, its own choice. Options are
chosen to do the work that groundup does, and where they cannot be, its defaults stand.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from timing import peer, positive

# The folders that the steps leave behind.
JUDGED, SIGNATURES, BUCKETS, CLUSTERS, TEXTS = "judged", "signatures", "buckets", "clusters", "texts"
DROPPED = "dropped"


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    options.add_argument("archives", type=Path, nargs="+", help="WARC files of one folder")
    options.add_argument("--out", type=Path, required=True, help="an empty folder")
    options.add_argument("--workers", type=positive(int), default=1)
    arguments = options.parse_args()
    peer("datatrove")
    build(arguments.archives, arguments.out, arguments.workers)
    print(json.dumps(account(arguments.out)))


def build(archives: list[Path], out: Path, workers: int) -> None:
    """Every step after the other, with as many tasks as there are archives."""
    from datatrove.executor.local import LocalPipelineExecutor
    from datatrove.pipeline.dedup import minhash
    from datatrove.pipeline.extractors import Trafilatura
    from datatrove.pipeline.filters import C4QualityFilter, GopherQualityFilter, GopherRepetitionFilter
    from datatrove.pipeline.formatters import FTFYFormatter, SymbolLinesFormatter
    from datatrove.pipeline.readers import ParquetReader, WarcReader
    from datatrove.pipeline.writers.jsonl import JsonlWriter
    from datatrove.pipeline.writers.parquet import ParquetWriter

    def path(name: str) -> str:
        return str(out / name)

    def dropped(name: str) -> Any:
        return JsonlWriter(path(f"{DROPPED}/{name}"), compression=None)

    def run(name: str, tasks: int, *steps: Any) -> None:
        LocalPipelineExecutor(list(steps), tasks, min(tasks, workers), path(f"logs/{name}")).run()

    tasks, names = len(archives), out / "archives.txt"
    names.write_text("".join(f"{archive.name}\n" for archive in archives), "utf-8")
    config = minhash.MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8)
    run(
        JUDGED,
        tasks,
        WarcReader(str(archives[0].parent), paths_file=str(names)),
        Trafilatura(favour_precision=False, deduplicate=False, timeout=30, fast=True),
        FTFYFormatter(unescape_html=False, remove_terminal_escapes=False),
        SymbolLinesFormatter(),
        C4QualityFilter(
            dropped("c4"),
            remove_citations=False,
            filter_no_terminal_punct=False,
            min_num_sentences=3,
            min_words_per_line=3,
        ),
        GopherQualityFilter(exclusion_writer=dropped("gopher")),
        GopherRepetitionFilter(exclusion_writer=dropped("gopher-repetition")),
        ParquetWriter(path(JUDGED)),
    )
    run(SIGNATURES, tasks, ParquetReader(path(JUDGED)), minhash.MinhashDedupSignature(path(SIGNATURES), config))
    run(BUCKETS, config.num_buckets, minhash.MinhashDedupBuckets(path(SIGNATURES), path(BUCKETS), config=config))
    run(CLUSTERS, 1, minhash.MinhashDedupCluster(path(BUCKETS), path(CLUSTERS), config))
    run(
        TEXTS,
        tasks,
        ParquetReader(path(JUDGED)),
        minhash.MinhashDedupFilter(path(CLUSTERS), dropped("near duplicates")),
        ParquetWriter(path(TEXTS), compression="zstd"),
    )


def account(out: Path) -> dict[str, int]:
    """Documents that the reader gave and the extractor gave, and those that lie written down at the end."""
    from pyarrow import parquet

    reader, extractor, *_ = json.loads((out / "logs" / JUDGED / "stats.json").read_text("utf-8"))
    return {
        "read": _total(reader, "documents"),
        "extracted": _total(extractor, "forwarded"),
        "kept": sum(parquet.read_metadata(file).num_rows for file in (out / TEXTS).glob("*.parquet")),
        "with a reason": sum(_lines(file) for file in (out / DROPPED).rglob("*.jsonl")),
    }


def _total(step: dict[str, Any], what: str) -> int:
    """A sum of a step; it is written in full only where it says more than a number."""
    value = step["stats"].get(what, 0)
    return int(value["total"] if isinstance(value, dict) else value)


def _lines(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for _ in lines)


if __name__ == "__main__":
    main()
