"""What kind of file a path leads to: told by its name and held against what it begins with."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from groundup.corpus.sources.expand import COMPRESSED
from groundup.errors import NEAR_FILE, GroundupError, did_you_mean
from groundup.tasks.examples import Question, Story
from groundup.tasks.reading.babi import babi_files, is_babi, read_babi
from groundup.tasks.reading.content import read_text
from groundup.tasks.reading.delimited import delimited_table, read_delimited
from groundup.tasks.reading.lines import lines_table, looks_labelled
from groundup.tasks.reading.parallel import names_in, parallel_files, stem_of
from groundup.tasks.reading.records import json_array, parse_json, read_json_lines, read_parquet
from groundup.tasks.reading.rows import Fault, Table, shortened
from groundup.tasks.reading.squad import is_squad, squad_questions


@dataclass(frozen=True)
class Stories:
    """bAbI files, in the order of their tasks."""

    files: tuple[Path, ...]
    encoding: str | None

    def stories(self, file: Path) -> Iterator[Story | Fault]:
        """The questions of one of the files."""
        return read_babi(file, self.encoding)


@dataclass(frozen=True)
class Passages:
    """A SQuAD file, parsed."""

    path: Path
    encoding: str
    value: object

    def questions(self) -> Iterator[Question | Fault]:
        """Its questions."""
        return squad_questions(self.path, self.value)


@dataclass(frozen=True)
class Parallel:
    """Files of one name that end in languages; which is translated into which, the reading has to be told."""

    path: Path
    files: dict[str, Path]


Found = Table | Stories | Passages | Parallel


def find(path: Path, encoding: str | None = None) -> Found:
    """What `path` leads to: a file, a folder of bAbI, a pattern of bAbI files, or the common name of parallel files.

    Raises GroundupError where there is nothing, or nothing that can be read.
    """
    if path.is_dir():
        return Stories(tuple(babi_files(path)), encoding)
    if not path.exists():
        return _by_name(path, encoding)
    stem, language = stem_of(path)
    if language:
        return Parallel(path, parallel_files(stem))
    ending = _ending(path)
    if ending == ".parquet" or _begins(path, b"PAR1"):
        return read_parquet(path)
    return _text_file(path, ending, encoding)


def _by_name(path: Path, encoding: str | None) -> Found:
    files = parallel_files(path)
    if len(files) > 1:
        return Parallel(path, files)
    if glob.has_magic(path.name) and path.parent.is_dir():
        found = sorted(path.parent.glob(path.name))
        if found:
            return Stories(tuple(babi_files(path.parent, found)), encoding)
        raise GroundupError(f"No file fits the pattern {path}.", "Check the folder and the pattern.")
    if files:
        raise GroundupError(f"Beside {next(iter(files.values()))} there is no file of another language.", "Add it.")
    folder = path.parent
    names = names_in(folder)
    near = did_you_mean(path.name, names, cutoff=NEAR_FILE) if names else "Its folder is not there either."
    raise GroundupError(f"There is no file {path}. {near if len(near) < 300 else ''}".rstrip(), "Check the path.")


def _text_file(path: Path, ending: str, encoding: str | None) -> Found:
    text, found = read_text(path, encoding)
    start = text.lstrip()[:1]
    if not start:
        raise GroundupError(f"{path} is empty.", "Give a file with examples.")
    if start in "{[" and (ending in _JSON or ending not in _DELIMITED or _is_object(text)):
        return _json(path, text, found, encoding)
    if is_babi(text):
        return Stories((path,), encoding)
    if ending in _JSON:
        raise GroundupError(f"{path} is no JSON; it begins: {shortened(text)}", "Mend it, or give it another ending.")
    if ending in _DELIMITED:
        return read_delimited(path, encoding)
    table = delimited_table(path, text, found)
    if table is not None and table.has_names and table.delimiter != ",":
        return table
    if looks_labelled(text):
        return lines_table(path, text, found)
    if table is not None:
        return table
    raise GroundupError(
        f"{path} holds neither columns nor lines of a label and a text; it begins: {shortened(text)}",
        "Lines look like `positive a stirring film`, each label on many lines; or write CSV with names on top.",
    )


def _json(path: Path, text: str, found: str, encoding: str | None) -> Found:
    if text.lstrip()[0] == "{" and _is_object(text) and not _is_one_object(text):
        return read_json_lines(path, encoding)
    try:
        value = parse_json(text, str(path))
    except GroundupError:
        # Lines of which only the first is broken are lines all the same, and have a better message.
        if text.lstrip()[0] == "{" and _ending(path) in (".jsonl", ".ndjson"):
            return read_json_lines(path, encoding)
        raise
    if is_squad(value):
        return Passages(path, found, value)
    # The articles alone, as who cuts a file into pieces may leave them.
    if is_squad({"data": value}):
        return Passages(path, found, {"data": value})
    # Some keep the list of rows under a name.
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        value = value["data"]
    if isinstance(value, list):
        return json_array(path, value, found)
    if _ending(path) in (".jsonl", ".ndjson") or _is_object(text):
        return read_json_lines(path, encoding)
    raise GroundupError(
        f"{path} holds one JSON object with the keys {shortened(', '.join(value) if isinstance(value, dict) else '')}.",
        "Give a list of objects, one object a line, or SQuAD.",
    )


_JSON: frozenset[str] = frozenset({".json", ".jsonl", ".ndjson"})
_DELIMITED: frozenset[str] = frozenset({".csv", ".tsv", ".tab", ".psv"})


def is_table(path: Path) -> bool:
    """Whether a file is a table by its name, as JSON lines are; lines of text are none."""
    return _ending(path) in (*_JSON, *_DELIMITED, ".parquet")


def _first_line(text: str) -> str:
    return text.lstrip().split("\n", 1)[0]


def _is_object(text: str) -> bool:
    """Whether the first line alone is a JSON object."""
    try:
        return isinstance(json.loads(_first_line(text)), dict)
    except (ValueError, RecursionError):
        return False


def _is_one_object(text: str) -> bool:
    """Whether nothing stands behind the first line."""
    return len(_first_line(text)) >= len(text.strip()) - 1


def _ending(path: Path) -> str:
    name = path.with_suffix("") if path.suffix.lower() in COMPRESSED else path
    return name.suffix.lower()


def _begins(path: Path, start: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(start)) == start
    except OSError:
        return False
