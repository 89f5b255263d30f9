"""Before documents are read: which files there are, and what is made to hold documents against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from groundup.corpus.annotate import annotated
from groundup.corpus.contamination import build_index, open_index
from groundup.corpus.evaluation import evaluation_files, evaluation_texts
from groundup.corpus.instruments import FILTER, INDEX
from groundup.corpus.quality.settings import QualitySettings
from groundup.corpus.settings import CorpusSettings, SourceSettings
from groundup.corpus.sources.common_crawl import check_indexes
from groundup.corpus.sources.files import read_file
from groundup.corpus.sources.listing import InputFile, Resolved, distinct_names, list_files
from groundup.corpus.whole import whole_or_absent
from groundup.progress import SILENT, Progress


@dataclass(frozen=True)
class Files:
    """All files that a corpus is made from."""

    names: list[str]
    """Of the sources, in their order; two of the same place have one."""
    sources: list[InputFile]
    """Those whose documents it has."""
    evaluation: list[list[InputFile]]
    """Of each evaluation set."""
    good: list[InputFile]
    """What teaches the quality filter, and its opposite."""
    ordinary: list[InputFile]

    def marks(self) -> list[Any]:
        """What tells these files from others, for a fingerprint."""
        parts = [self.sources, *self.evaluation, self.good, self.ordinary]
        return [[[file.id, file.bytes, file.licence] for file in part] for part in parts]


def files_of(settings: CorpusSettings, inputs: Sequence[Resolved]) -> Files:
    """The files of `settings.texts`, of which `inputs` are the places. Raises GroundupError as `list_files` does."""
    rest = iter(inputs)

    def listed(sources: Sequence[SourceSettings]) -> list[InputFile]:
        files = list_files(sources, list(islice(rest, len(sources))))
        check_indexes(files)
        return files

    sources = listed(settings.sources)
    sets = () if settings.contamination is None else settings.contamination.sets
    evaluation = evaluation_files(sets, list(islice(rest, len(sets))))
    linear = None if settings.quality is None else settings.quality.linear
    good, ordinary = ([], []) if linear is None else (listed(linear.good), listed(linear.ordinary))
    assert next(rest, None) is None, "more places than texts"
    return Files(distinct_names(inputs[: len(settings.sources)]), sources, evaluation, good, ordinary)


def make_instruments(settings: CorpusSettings, files: Files, into: Path, progress: Progress = SILENT) -> dict[str, Any]:
    """Make what these settings hold documents against in the folder `into`, which keeps what is whole there.

    Returns how much it was made of, for the account. Raises GroundupError for texts that are missing or cannot be read.
    """
    into.mkdir(exist_ok=True)
    made: dict[str, Any] = {}
    contamination = settings.contamination
    if contamination is not None:
        progress("reading evaluation texts")
        folder = into / INDEX
        if folder.is_dir():
            index = open_index(folder)
        else:
            index = build_index(evaluation_texts(contamination.sets, files.evaluation), contamination.overlap, folder)
        made["evaluation_items"] = {"looked_for": len(index.names), "too_short": index.too_short}
    linear = None if settings.quality is None else settings.quality.linear
    if linear is not None and not (into / FILTER).is_dir():
        from groundup.corpus.quality.linear import save_filter, train_filter

        good, ordinary = _texts(files.good, settings), _texts(files.ordinary, settings)
        filter = train_filter(good, ordinary, linear.training, progress)
        with whole_or_absent(into / FILTER, is_alone=True) as folder:
            save_filter(filter, folder)
    return made


def _texts(files: Sequence[InputFile], settings: CorpusSettings) -> Iterator[str]:
    """The texts of files as the corpus would have them, without those that could not be read."""
    lines = None if settings.quality is None else settings.quality.lines
    plain = replace(
        settings,
        language=None,
        quality=QualitySettings(lines=lines),
        contamination=None,
        near_duplicates=None,
        exact_duplicates=False,
    )
    found = (one for file in files for one in read_file(file))
    return (one.reading.document.text for one in annotated(found, plain) if not one.reading.is_dropped)
