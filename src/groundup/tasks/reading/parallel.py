"""Parallel files: `train.en` and `train.de`, whose lines belong together by number.

Where the counts differ, a line was lost or split somewhere; the lengths of the lines tell about where.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path

from groundup.corpus.sources.expand import COMPRESSED
from groundup.errors import GroundupError, did_you_mean
from groundup.tasks.examples import Pair
from groundup.tasks.reading.columns import suggestion
from groundup.tasks.reading.content import numbered_lines, read_text
from groundup.tasks.reading.rows import Fault, shortened
from groundup.tasks.settings import Columns

# ISO 639 codes, with a script, region or variant behind them or not: en, deu, pt_BR, zh-Hans, ca-valencia.
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2,8})?")
_NO_LANGUAGES = {"txt", "csv", "tsv", "tab", "gz", "zst", "bz2", "xz", "md", "zip", "tar", "log", "bak", "src", "tok"}


def language_of(path: Path) -> str:
    """The language that ends a file's name, before .gz and its like; "" where none does."""
    ending = _unpacked(path).suffix[1:]
    return ending if _LANGUAGE.fullmatch(ending) and ending not in _NO_LANGUAGES else ""


def _unpacked(path: Path) -> Path:
    """A path less what says that its file is packed."""
    return path.with_suffix("") if path.suffix.lower() in COMPRESSED else path


def parallel_files(path: Path) -> dict[str, Path]:
    """The files `PATH.LANGUAGE`, packed or not, by language."""
    if not path.parent.is_dir():
        return {}
    found: dict[str, Path] = {}
    for file in sorted(path.parent.iterdir()):
        language = language_of(file)
        name = file.name.removesuffix(file.suffix) if file.suffix.lower() in COMPRESSED else file.name
        if language and name == f"{path.name}.{language}":
            found.setdefault(language, file)
    return found


def names_in(folder: Path) -> list[str]:
    """What files of a folder can be called, of the first thousand: their names, and the common ones of parallel files.

    A folder that is not there has none.
    """
    files = list(islice(folder.iterdir(), 1000)) if folder.is_dir() else []
    stems = Counter(_unpacked(file).stem for file in files if language_of(file))
    return [*(file.name for file in files), *(stem for stem, count in stems.items() if count > 1)]


def stem_of(path: Path) -> tuple[Path, str]:
    """Where `path` is one of parallel files, what they have in common and its own language; else `path` and ""."""
    language = language_of(path) if path.is_file() else ""
    if not language:
        return path, ""
    stem = _unpacked(path).with_suffix("")
    return (stem, language) if len(parallel_files(stem)) > 1 else (path, "")


def languages(path: Path, columns: Columns) -> tuple[Path, Path]:
    """The files of the source and the target for a common name, or for one of the two. Raises GroundupError."""
    stem, own = stem_of(path)
    files = parallel_files(stem)
    for language in filter(None, (columns.source, columns.target)):
        if language not in files:
            raise GroundupError(
                f"There is no file {stem}.{language}. {did_you_mean(language, files)}", "Name the ending of a file."
            )
    target = columns.target
    source = columns.source or (own if own != target else "")
    rest = [language for language in files if language not in (source, target)]
    if len(rest) == 1 and bool(source) != bool(target):
        source, target = source or rest[0], target or rest[0]
    if not source or not target:
        guess = {"source": source or rest[0], "target": target or rest[-1]}
        raise GroundupError(
            f"{stem} comes in {', '.join(files)}, and nothing says which is translated into which.",
            f"Add this, the other way round if that is meant:\n{suggestion(guess)}",
        )
    return files[source], files[target]


def read_parallel(path: Path, columns: Columns, encoding: str | None = None) -> Iterator[Pair | Fault]:
    """The pairs of two files, line by line. Raises GroundupError where one has more lines than the other."""
    source, target = languages(path, columns)
    left = [line for _, line in numbered_lines(read_text(source, encoding)[0])]
    right = [line for _, line in numbered_lines(read_text(target, encoding)[0])]
    if len(left) != len(right):
        raise _unequal(source, target, left, right)
    name = stem_of(path)[0].name
    pairs = enumerate(zip(left, right, strict=True), 1)
    return (_pair(name, number, {source.name: text, target.name: translation}) for number, (text, translation) in pairs)


def _pair(name: str, number: int, lines: dict[str, str]) -> Pair | Fault:
    empty = [file for file, line in lines.items() if not line.strip()]
    if empty:
        return Fault(number, "empty line", detail=f"the line is empty in {' and '.join(empty)}")
    return Pair(f"{name}#{number}", *lines.values())


def parting(left: list[str], right: list[str]) -> int:
    """The line, from 1, behind which the lines of two files seem no longer to belong together.

    Translations are about as long as each other, so the place is where reading on without a shift begins to fit
    worse than reading on with the shift that makes the ends meet (the idea of Gale and Church, 1993, for one gap).
    """
    shift = len(left) - len(right)
    longer, shorter = (left, right) if shift > 0 else (right, left)
    unlike = [_unlike(longer[i], line) for i, line in enumerate(shorter)]
    shifted = [_unlike(longer[i + abs(shift)], line) for i, line in enumerate(shorter)]
    before = accumulate(unlike, initial=0.0)
    behind = sum(shifted)
    costs = [so_far + behind - passed for so_far, passed in zip(before, accumulate(shifted, initial=0.0), strict=True)]
    return min(range(len(costs)), key=costs.__getitem__) + 1


def _unlike(one: str, other: str) -> float:
    return abs(math.log((len(one) + 1) / (len(other) + 1)))


def _unequal(source: Path, target: Path, left: list[str], right: list[str]) -> GroundupError:
    line = parting(left, right)
    shown = [shortened(lines[line - 1]) if line <= len(lines) else "(the file has ended)" for lines in (left, right)]
    return GroundupError(
        f"{source} has {_lines(left)} but {target} has {_lines(right)}.",
        f"Judging by their lengths, they part about line {line:,}. Look around there for a line that "
        "is missing or split, and mend it: line N of one belongs to line N of the other. "
        f"Line {line:,} reads:\n  {source.name}: {shown[0]}\n  {target.name}: {shown[1]}",
    )


def _lines(lines: list[str]) -> str:
    return f"{len(lines):,} line{'s' * (len(lines) != 1)}"
