"""A task's examples in three parts: to learn from, to measure on while learning, and to be judged on at the end.

They are read once from whatever files they come in, and written down as JSON lines, an example a line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from groundup.errors import DamagedError, GroundupError
from groundup.tasks.examples import Answer, Labelled, Pair, Question, Story
from groundup.tasks.overlap import comparable, overlap
from groundup.tasks.read import read_examples
from groundup.tasks.reading.formats import Stories, find
from groundup.tasks.reading.rows import Account
from groundup.tasks.settings import TaskSettings

PARTS = ("train", "validation", "test")
# Kind of task -> the type of its examples.
EXAMPLES: Mapping[str, type] = {"translation": Pair, "classification": Labelled, "questions": Question}


@dataclass(frozen=True)
class Parts:
    """Examples of one kind."""

    train: Sequence[Any]
    validation: Sequence[Any]
    test: Sequence[Any]
    """Empty where nothing was kept from choosing by: `validation` stands in for it then."""

    def __getitem__(self, name: str) -> Sequence[Any]:
        part: Sequence[Any] = getattr(self, name)
        return part


def read_task(path: Path, settings: TaskSettings, account: Account | None = None) -> Iterator[Any]:
    """The examples of a file as the task of `settings` reads them. Raises GroundupError as `read_examples` does."""
    kind = EXAMPLES[settings.kind]
    is_told = kind is Question and isinstance(find(path, settings.encoding), Stories)
    examples: Iterator[Any] = read_examples(
        path,
        Story if is_told else kind,
        settings.columns,
        on_bad_row=settings.on_bad_row,
        encoding=settings.encoding,
        account=account,
    )
    return map(question_of, examples) if is_told else examples


def question_of(story: Story) -> Question:
    """A story as a passage with a question whose answer is written."""
    passage = " ".join(sentence.text for sentence in story.sentences)
    group = f"{story.id.partition('#')[0]} {story.story}"
    return Question(story.id, passage, story.question, (Answer(story.answer),), kind=f"qa{story.task}", group=group)


def read_parts(places: Mapping[str, Path | None], settings: TaskSettings) -> tuple[Parts, dict[str, Any]]:
    """The three parts out of the files in `places`, and an account of how they came about.

    Raises GroundupError for what cannot be read, and where a part that must be there is empty.
    """
    account: dict[str, Any] = {}

    def of_file(name: str) -> list[Any]:
        path, read = places.get(name), Account()
        if path is None:
            return []
        examples = list(read_task(path, settings, read))
        account[f"{name}_file"] = read.facts()
        return examples

    train, validation, test = map(of_file, PARTS)
    if not test and settings.test_share:
        train, test = split(train, settings.test_share, "test")
    if not validation:
        train, validation = split(train, settings.validation_share, "validation")
    if settings.limit is not None:
        train = train[: settings.limit]
    for name, part in (("train", train), ("validation", validation)):
        if not part:
            raise GroundupError(
                f"There are no {name} examples: {places['train']} has {len(train) + len(validation) + len(test):,} in "
                "all.",
                "Give more examples, or name a file for each of task.train, task.validation and task.test.",
            )
    for name, part in (("validation", validation), ("test", test)):
        if part:
            account[f"{name}_seen"] = asdict(overlap(train, part))
    account["examples"] = {"train": len(train), "validation": len(validation), "test": len(test)}
    return Parts(train, validation, test), account


def of_kinds(parts: Parts, kinds: Collection[str]) -> Parts:
    """The questions of these kinds, or all where none is named. Raises GroundupError for a kind that is not there."""
    if not kinds:
        return parts
    known = dict.fromkeys(example.kind for example in parts.train)
    named = ", ".join(filter(None, known))
    for kind in kinds:
        if kind not in known:
            raise GroundupError(
                f"task.kinds: there are no questions of the kind {kind!r} to learn from.",
                f"Choose among those that are there: {named}."
                if named
                else "These examples name none, as a table does in a column `kind`: leave task.kinds out.",
            )
    found = Parts(*([example for example in parts[name] if example.kind in kinds] for name in PARTS))
    if not found.validation:
        raise GroundupError(
            f"task.kinds: there are no questions of the kind {' or '.join(kinds)} to measure on.",
            "Hold more out, by task.validation_share, or name other kinds.",
        )
    return found


def split(examples: Sequence[Any], share: float, purpose: str) -> tuple[list[Any], list[Any]]:
    """Examples less about a `share` of each stratum, and those: whole groups, by the hash of what they have in common.

    Which groups are taken depends on them and the `purpose` alone, so that more examples move few of them.
    """
    # Of labels too rare to give any, a share is taken of all of them together.
    taken = _drawn(examples, _stratum, share, purpose) or _drawn(examples, lambda example: "", share, purpose)
    # A text that stands in two strata is never parted.
    both = {_group(examples[place]) for place in taken}
    chosen = [_group(example) in both for example in examples]
    kept = [example for example, is_taken in zip(examples, chosen, strict=True) if not is_taken]
    return kept, [example for example, is_taken in zip(examples, chosen, strict=True) if is_taken]


def _drawn(examples: Sequence[Any], stratum: Callable[[Any], str], share: float, purpose: str) -> set[int]:
    """The places of about a `share` of the examples of each stratum."""
    strata: dict[str, dict[str, list[int]]] = {}
    for place, example in enumerate(examples):
        strata.setdefault(stratum(example), {}).setdefault(_group(example), []).append(place)
    taken: set[int] = set()
    for groups in strata.values():
        wanted = share * sum(map(len, groups.values()))
        count = 0
        for group in sorted(groups, key=lambda name: blake2b(f"{purpose} {name}".encode()).digest()):
            # The group that crosses the line is taken where that comes nearer to the share.
            if count + len(groups[group]) / 2 > wanted:
                break
            taken.update(groups[group])
            count += len(groups[group])
    return taken


def _stratum(example: Any) -> str:
    return str(example.label if isinstance(example, Labelled) else getattr(example, "kind", ""))


def _group(example: Any) -> str:
    """What examples have in common that must not stand in two parts, by the rule by which the parts are compared."""
    return _GROUPS[type(example)](example)


_GROUPS: Mapping[type, Callable[[Any], str]] = {
    # Of two texts the first: a premise comes with several hypotheses, a question with several candidates.
    # The line feed is there so that parts stay what they have been.
    Labelled: lambda example: f"{comparable(example.text)}\n",
    # Of targets no such care is taken but an account: through those that many sources have, as `Yes.` in subtitles,
    # nearly all pairs would hang together, and there would be nothing to part.
    Pair: lambda example: comparable(example.source),
    Question: lambda example: comparable(example.group or example.context),
}


def write_examples(path: Path, examples: Iterable[Any]) -> None:
    """Write examples down, one JSON object a line."""
    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            file.write(json.dumps(_plain(example), ensure_ascii=False) + "\n")


def _plain(example: Any) -> dict[str, Any]:
    # Readers may give more than their kind: a line keeps what the kind has.
    kind = next(kind for kind in EXAMPLES.values() if isinstance(example, kind))
    values = asdict(example)
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]
    # What is as it always is goes unsaid: a column of empty cells would be taken for a mistake when it is read again.
    return {name: values[name] for name, field in names.items() if values[name] != field.default}


def read_written(path: Path, kind: str) -> list[Any]:
    """The examples that `write_examples` wrote, of a kind of task. Raises DamagedError."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        examples = [EXAMPLES[kind](**row) for row in rows]
        if kind == "questions":
            examples = [
                replace(example, answers=tuple(Answer(**answer) for answer in example.answers)) for example in examples
            ]
    except (ValueError, TypeError) as error:
        raise DamagedError(f"{path} is damaged: {error}.", "Delete its folder and build again.") from error
    return examples
