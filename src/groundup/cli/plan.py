"""Predict what a recipe will take before it runs: parameters, memory, disk, operations and time.

Nothing is downloaded or written. Time is measured: a few updates of the model are made, of made-up tokens, a few texts
are translated where there are some to be translated back, and runs of words are learned from a few where the recipe
wants them. What else the machine does just now counts; where training compiles its layers, which it does when that
pays, it takes about a quarter less.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from groundup.catalogue.references import local_path, missing
from groundup.cli.output import notes, print_json, results
from groundup.cli.recipes import add_recipe, read_recipe
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.sources.listing import list_files
from groundup.errors import existing_parent
from groundup.reports import words

if TYPE_CHECKING:
    from groundup.recipe.recipe import Recipe
    from groundup.tasks.settings import TaskSettings
    from groundup.training.plan import Plan
    from groundup.training.settings import TrainingSettings

EXAMPLES = (
    "groundup plan recipes/demo.yaml",
    'groundup plan recipes/books.yaml --model.size 8 --pretrain.budget "1 hour"',
    "groundup plan recipes/shakespeare-characters.yaml --json",
)

# Bytes of English text that one token stands for, before any tokenizer was trained.
BYTES_PER_TOKEN = {"character": 1.0, "word": 5.6, "bpe": 4.0, "wordpiece": 4.0, "unigram": 4.0}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `plan`."""
    add_recipe(parser)
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where the run would be, for its disk")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print the plan."""
    recipe = read_recipe(arguments)
    from groundup.recipe.donors import with_tokenizer

    base = arguments.recipe.parent
    recipe, _ = with_tokenizer(recipe, None, base)
    parts = list(_trainings(recipe, base))
    written = None if recipe.task is None else _written(recipe.task, base)
    trainings = [_planned(recipe, *part, written if part[0] == "finetune" else None) for part in parts]
    fitted = None if recipe.task is None else _fitted(recipe.task, base)
    free = shutil.disk_usage(existing_parent(arguments.out)).free
    disk = sum(training.disk for training in trainings)
    first = trainings[0]
    if arguments.json:
        facts = {"text_bytes": first.size, "text_tokens": first.tokens, "disk": disk, "disk_free": free}
        more = {each.what: {**asdict(each.plan), "text_bytes": each.size} for each in trainings[1:]}
        if written is not None:
            more["back_translation"] = {"texts": written.texts, "seconds": written.seconds}
        if fitted is not None:
            more["ngrams"] = asdict(fitted)
        print_json({**asdict(first.plan), **facts, **more})
        return 0
    plan = first.plan
    rows = [
        (
            "model",
            f"{words.plural(plan.depth, 'layer')} of width {plan.width}, {words.plural(plan.heads, 'head')}, "
            f"context {recipe.model.context}",
        ),
        ("parameters", f"{plan.parameters:,}" + (" at most" if recipe.tokenizer.kind != "character" else " or fewer")),
    ]
    if written is not None:
        took = f"{words.duration(written.seconds)} for {words.plural(written.texts, 'text')}, before training"
        rows.append(("back-translation", took))
    for training in trainings:
        if len(trainings) > 1:
            rows.append((f"{training.what}:", ""))
        rows += training.rows()
    if fitted is not None:
        took = f"{words.duration(fitted.seconds)} for {words.plural(fitted.examples, 'example')}, after training"
        rows.append(("runs of words", took))
    rows.append(("disk", f"{words.size(disk)} of {words.size(free)} free"))
    wide = max(12, *(len(name) for name, _ in rows))
    for name, value in rows:
        results.print(f"{name:<{wide}} {value}".rstrip(), markup=False)
    if disk > free:
        results.print("There is not enough room on this disk for the run.", markup=False)
    return 0


@dataclass(frozen=True)
class Planned:
    """One of a recipe's trainings, and what it will take."""

    what: str
    settings: TrainingSettings
    size: int | None
    """Bytes of what is learned from; None: not known before it is here."""
    tokens: int | None
    plan: Plan

    @property
    def disk(self) -> int:
        """Clean text, shards of two bytes a token, and what training needs."""
        return self.plan.disk + (0 if self.size is None or self.tokens is None else self.size + 2 * self.tokens)

    def rows(self) -> list[tuple[str, str]]:
        """What it will take, in words."""
        plan = self.plan
        size = "size not known before it is here"
        if self.size is not None:
            size = f"{words.size(self.size)}, about {self.tokens:,} tokens"
        each = " for each" if plan.members > 1 else ""
        return [
            ("text" if self.what == "pretrain" else "examples", size),
            *self._members(),
            ("budget", str(self.settings.budget)),
            ("steps", f"about {plan.steps:,} of {plan.tokens_per_step:,} tokens ({plan.batch} rows){each}"),
            ("tokens", f"about {plan.tokens:,}" + (f", {plan.epochs:.2g} epochs" if plan.epochs else "")),
            ("operations", f"{plan.flops:.2e}{each}"),
            ("time", f"{words.duration(plan.seconds)} of training ({plan.precision} on {plan.device})"),
            ("memory", words.size(plan.memory) + (" for all" if plan.members > 1 else "")),
        ]

    def _members(self) -> list[tuple[str, str]]:
        """How many models learn at the same time, of which what is said below is said of each."""
        plan = self.plan
        if plan.members == 1:
            return []
        if plan.device != "cpu":
            where = "taking turns on one GPU"
        elif plan.members > plan.cores:
            where = f"taking turns on {words.plural(plan.cores, 'core')}, so that each is slower"
        else:
            where = f"each on {words.plural(plan.threads, 'thread')} of {plan.cores}"
        return [("members", f"{plan.members} models side by side, {where}")]


@dataclass(frozen=True)
class Written:
    """The pairs that are to be made by translating back."""

    texts: int
    size: int
    """Bytes of the texts, and of sources of about their length."""
    seconds: float


@dataclass(frozen=True)
class Fitted:
    """What is to be learned of runs of words."""

    examples: int
    seconds: float


def _planned(
    recipe: Recipe, what: str, settings: TrainingSettings, size: int | None, written: Written | None
) -> Planned:
    """The plan of one training, on `size` bytes and on what is `written` for it."""
    from groundup.training.plan import predict

    kind = recipe.tokenizer.kind
    vocabulary = recipe.tokenizer.vocabulary if kind != "character" else 256
    # Where texts are translated, a row stands for as much that is read as is written.
    sides = 2 if what == "finetune" and recipe.task is not None and recipe.task.kind == "translation" else 1
    if size is not None and written is not None:
        size += written.size
    tokens = None if size is None else int(size / BYTES_PER_TOKEN[kind])
    members = recipe.finetune.members if what == "finetune" else 1
    plan = predict(recipe.model, settings, vocabulary, tokens, sides=sides, members=members)
    return Planned(what, settings, size, tokens, plan)


def _trainings(recipe: Recipe, base: Path) -> Iterator[tuple[str, TrainingSettings, int | None]]:
    """Each training's section and settings and the bytes it learns from; GroundupError where one cannot be."""
    from groundup.recipe.checks import check_model, check_task
    from groundup.recipe.finetuning import finetuning

    if recipe.corpus is not None:
        check_model(recipe)
        for text in recipe.corpus.texts:
            if error := missing(text.data, base):
                notes.print(f"Note: {error}", markup=False)
        yield "pretrain", recipe.pretrain, _text_bytes(recipe.corpus, base)
    if recipe.task is not None:
        check_task(recipe)
        yield "finetune", finetuning(recipe), _example_bytes(recipe.task, base)


def _example_bytes(task: TaskSettings, base: Path) -> int | None:
    """Bytes of the training examples; None where they are not here yet, or are made by code."""
    from groundup.recipe.task_inputs import check_columns, files_at

    place = _training_file(task, base)
    files = [] if place is None else files_at(place, task)
    if place is not None and files:
        check_columns(place, task)
    return sum(file.stat().st_size for file in files) if files else None


def _training_file(task: TaskSettings, base: Path) -> Path | None:
    """Where the training examples are to lie; None where nobody knows yet, or they are made by code."""
    from groundup.recipe.task_inputs import path_of
    from groundup.tasks.made import MADE

    if task.data in MADE:
        return None
    if task.data is None:
        return path_of(task.train, base)
    folder = local_path(task.data, base)
    return None if folder is None else folder / task.train


def _fitted(task: TaskSettings, base: Path) -> Fitted | None:
    """What is to be learned of runs of words; None where nothing is, or the examples are not here yet."""
    from groundup.recipe.ngrams_stage import seconds_to_fit
    from groundup.tasks.parts import read_task

    place = None if task.ngrams is None else _training_file(task, base)
    if task.ngrams is None or place is None or not place.exists():
        return None
    examples = list(islice(read_task(place, task), task.limit))
    return Fitted(len(examples), seconds_to_fit(task.ngrams, examples))


def _written(task: TaskSettings, base: Path) -> Written | None:
    """What is to be translated back; None where nothing is."""
    from groundup.recipe.back_translation_inputs import back_translation_inputs, texts_of
    from groundup.recipe.back_translation_stage import seconds_to_write

    inputs = back_translation_inputs(task, None, base)
    if inputs is None or task.back_translation is None:
        return None
    texts = list(islice(filter(str.strip, texts_of(inputs.texts, task)), task.back_translation.limit))
    size = 2 * sum(len(text.encode()) for text in texts)
    return Written(len(texts), size, seconds_to_write(task.back_translation, inputs, texts))


def _text_bytes(corpus: CorpusSettings, base: Path) -> int | None:
    """Bytes of all files of the sources, as often as they weigh; None where a data set is not here yet."""
    places = [local_path(source.data, base) for source in corpus.sources]
    found = [Located(path, path.name) for path in places if path is not None]
    if len(found) < len(places):
        return None
    return round(sum(file.bytes * file.settings.weight for file in list_files(corpus.sources, found)))


@dataclass(frozen=True)
class Located:
    """Where a source lies, without its fingerprint, which would mean reading all of it."""

    path: Path
    name: str
    licence: str = ""
