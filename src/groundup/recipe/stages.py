"""The walk from raw text to a report: each room's work as a stage of the runner.

Rooms know nothing of stages; this is the only file that knows which output feeds which work.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.catalogue.references import Resolved, resolve
from groundup.corpus.settings import CorpusSettings
from groundup.errors import GroundupError
from groundup.objectives.settings import sees_prompts_whole, writes
from groundup.progress import SILENT, Progress
from groundup.recipe.checks import check_documents, check_model, check_task
from groundup.recipe.donors import (
    Beginning,
    Taken,
    beginning_of,
    check_fit,
    copy_tokenizer,
    facts_of,
    start,
    with_tokenizer,
)
from groundup.recipe.dump import dump
from groundup.recipe.recipe import Recipe
from groundup.recipe.task_inputs import Examples, TaskInputs, task_inputs
from groundup.recipe.task_stages import SOURCE, Side, examples_stage, finetune_stage, test_stage, texts_of
from groundup.store.artefact import Artefact, open_artefact
from groundup.store.files import write_durably
from groundup.store.fingerprint import fingerprint
from groundup.store.manifest import MANIFEST
from groundup.store.runner import Bench, Stage, run_stages
from groundup.store.tables import read_column
from groundup.tasks.recipe import TaskSettings

if TYPE_CHECKING:
    from groundup.training.start import Training

SPLITS = ("train", "validation")


def build(
    recipe: Recipe,
    out: Path,
    *,
    base: Path | None = None,
    workers: int = 1,
    progress: Progress = SILENT,
    replace: bool = False,
    hear: Callable[[Mapping[str, Any]], None] = lambda event: None,
) -> dict[str, Artefact]:
    """Run the stages of `recipe` that are not done yet in the run folder `out`; all artefacts by stage.

    Paths in the recipe may be relative to `base`, the recipe's folder; `hear` is told the events of training.
    Raises GroundupError for what the user can mend, StoppedError after a signal.
    """
    recipe, tokenizer = with_tokenizer(recipe, out, base)
    inputs = Inputs(tokenizer=tokenizer)
    if recipe.corpus is not None:
        beginning = beginning_of(recipe, out, base)
        if not (out / "pretrain").exists():
            check_model(recipe)
            if beginning is not None:
                check_fit(recipe, beginning, tokenizer)
        inputs = replaced(inputs, corpus=_corpus_inputs(recipe.corpus, out, base, progress), beginning=beginning)
    if recipe.task is not None:
        before = beginning_of(recipe, out, base, "finetune")
        if not (out / "finetune").exists():
            check_task(recipe)
            if before is not None:
                check_fit(recipe, before, tokenizer)
        found = _task_inputs(recipe.task, recipe.seed, out, base, progress)
        inputs = replaced(inputs, task=found, task_beginning=before)
    stages = stages_of(recipe, inputs, workers, hear)
    return run_stages(stages, out, seed=recipe.seed, progress=progress, replace=replace)


@dataclass(frozen=True)
class CorpusInputs:
    """What the sources of a corpus stand for, and the fingerprint of it all."""

    fingerprint: str
    resolved: Callable[[], tuple[Resolved, ...]]
    """Gives their places, or raises GroundupError where a source has vanished."""


@dataclass(frozen=True)
class Inputs:
    """What comes into a run from outside: texts, examples, and other runs that it builds on."""

    corpus: CorpusInputs | None = None
    task: TaskInputs | None = None
    tokenizer: Taken | None = None
    """That of another run, where it is taken from there."""
    beginning: Beginning | None = None
    """Whose weights the model starts from."""
    task_beginning: Beginning | None = None
    """Whose weights the model of the task starts from, where it is another run's."""


def _corpus_inputs(corpus: CorpusSettings, out: Path, base: Path | None, progress: Progress) -> CorpusInputs:
    try:
        found = tuple(resolve(source.data, base, progress) for source in corpus.sources)
    except GroundupError as missing:
        # A corpus that is done needs its sources no more; one that is not says what is missing when it begins.
        before, error = _inputs_before(out, "corpus"), missing
        if before is None:
            raise

        def refuse() -> tuple[Resolved, ...]:
            raise error

        return CorpusInputs(before, refuse)
    return CorpusInputs(fingerprint([source.fingerprint for source in found]), lambda: found)


def _task_inputs(task: TaskSettings, seed: int, out: Path, base: Path | None, progress: Progress) -> TaskInputs:
    try:
        return task_inputs(task, seed, base, progress)
    except GroundupError as missing:
        # The same holds for examples that were read already.
        before, error = _inputs_before(out, "examples"), missing
        if before is None:
            raise

        def refuse(folder: Path) -> Examples:
            raise error

        return TaskInputs(before, refuse)


def _inputs_before(out: Path, stage: str) -> str | None:
    """The fingerprint of what a stage in the run folder `out` was made from, None where there is none."""
    if not (out / stage / MANIFEST).is_file():
        return None
    inputs: str | None = open_artefact(out / stage, verify=False).manifest.facts.get("inputs")
    return inputs


def stages_of(
    recipe: Recipe,
    inputs: Inputs,
    workers: int = 1,
    hear: Callable[[Mapping[str, Any]], None] = lambda event: None,
) -> tuple[Stage, ...]:
    """The stages of a recipe in order."""
    stages: list[Stage] = []
    if recipe.corpus is not None:
        assert inputs.corpus is not None, "a corpus without what it is made from"
        found = inputs.corpus
        stages.append(
            Stage(
                "corpus",
                recipe.corpus,
                (),
                lambda bench: _corpus(recipe, found, workers, bench),
                inputs=found.fingerprint,
            )
        )
    if recipe.task is not None:
        assert inputs.task is not None, "a task without its examples"
        stages.append(examples_stage(recipe, inputs.task, _note))
    stages.append(
        Stage(
            "tokenizer",
            _Tokens(recipe.tokenizer, _vocabulary(recipe)) if _vocabulary(recipe) else recipe.tokenizer,
            tuple(stage.name for stage in stages),
            lambda bench: _tokenizer(recipe, inputs.tokenizer, bench),
            inputs="" if inputs.tokenizer is None else inputs.tokenizer.fingerprint,
        )
    )
    if recipe.corpus is not None:
        stages += _pretraining_stages(recipe, inputs.beginning, hear)
    if recipe.task is not None:
        stages += [finetune_stage(recipe, inputs.task_beginning, hear, _note), test_stage(recipe)]
    stages.append(
        Stage(
            "report",
            {"recipe": dump(recipe)},
            tuple(stage.name for stage in stages),
            lambda bench: _report(recipe, bench),
            worth="little",
        )
    )
    return tuple(stages)


def _pretraining_stages(
    recipe: Recipe, beginning: Beginning | None, hear: Callable[[Mapping[str, Any]], None]
) -> list[Stage]:
    stages = [
        Stage("shards", {}, ("corpus", "tokenizer"), lambda bench: _shards(recipe, bench)),
        Stage(
            "pretrain",
            _Pretraining(recipe.model, recipe.pretrain),
            ("tokenizer", "shards"),
            lambda bench: _pretrain(recipe, beginning, hear, bench),
            inputs="" if beginning is None else beginning.fingerprint,
            worth="hours",
            section="",
        ),
    ]
    # Not every objective makes a model that writes.
    if writes(recipe.pretrain.objective.kind):
        work = lambda bench: _samples(recipe, bench)  # noqa: E731
        stages.append(Stage("samples", recipe.samples, ("tokenizer", "pretrain"), work, worth="little"))
    return stages


def _vocabulary(recipe: Recipe) -> str:
    """How the sides of a task share their tokens, where there are two."""
    task = recipe.task
    return "" if task is None or not task.writes or task.vocabulary == "joint" else task.vocabulary


@dataclass(frozen=True)
class _Tokens:
    """The settings of a tokenizer that is made once for each side."""

    tokenizer: Any
    vocabulary: str


@dataclass(frozen=True)
class _Pretraining:
    """The settings that the weights depend on."""

    model: Any
    pretrain: Any


def _note(recipe: Recipe, bench: Bench) -> None:
    """Write down what is being made now, for those who look at the run before it ends."""
    write_durably(bench.draft.parent / "recipe.yaml", dump(recipe).encode())


def _corpus(recipe: Recipe, inputs: CorpusInputs, workers: int, bench: Bench) -> dict[str, Any]:
    from groundup.corpus.build import build_corpus

    assert recipe.corpus is not None
    places = inputs.resolved()
    _note(recipe, bench)
    facts = build_corpus(recipe.corpus, places, bench.draft, bench.seed, workers, bench.progress)
    return {**facts, "inputs": inputs.fingerprint}


def _texts(corpus: Artefact, split: str) -> Iterator[str]:
    if not corpus.manifest.facts[split]["documents"]:
        raise GroundupError(
            f"The corpus {corpus.path} has no {split} text.",
            "Give more text, or set corpus.validation.fraction between 0 and 1.",
        )
    return read_column(corpus.file(split), "text")


def _tokenizer(recipe: Recipe, taken: Taken | None, bench: Bench) -> dict[str, Any]:
    from groundup.tokens.compression import tokenizer_facts
    from groundup.tokens.tokenizer import load_tokenizer
    from groundup.tokens.train import train_tokenizer

    _note(recipe, bench)
    corpus, examples = bench.parents.get("corpus"), bench.parents.get("examples")
    if corpus is not None:
        check_documents(recipe, corpus)
    sides: tuple[Side, ...] = ("source", "target")
    if _vocabulary(recipe):
        assert examples is not None
        source = train_tokenizer(texts_of(recipe, examples, "train", sides[:1]), recipe.tokenizer, bench.progress)
        source.save(bench.draft / SOURCE)
        sides = sides[1:]

    def texts(split: str) -> Iterator[str]:
        if corpus is not None:
            yield from _texts(corpus, split)
        if examples is not None:
            yield from texts_of(recipe, examples, split, sides)

    if taken is None:
        tokenizer = train_tokenizer(texts("train"), recipe.tokenizer, bench.progress)
        tokenizer.save(bench.draft)
    else:
        copy_tokenizer(taken, bench.draft)
        tokenizer = load_tokenizer(bench.draft)
    return tokenizer_facts(tokenizer, texts("validation"))


def _shards(recipe: Recipe, bench: Bench) -> dict[str, Any]:
    from groundup.tokens.shards import write_shards
    from groundup.tokens.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(bench.parents["tokenizer"].path)
    corpus = bench.parents["corpus"]
    check_documents(recipe, corpus)
    return {
        split: write_shards(_texts(corpus, split), tokenizer, bench.draft, split, bench.progress) for split in SPLITS
    }


def pretraining(
    recipe: Recipe,
    tokenizer: Artefact,
    shards: Artefact,
    draft: Path,
    fingerprint: str,
    *,
    progress: Progress = SILENT,
    hear: Callable[[Mapping[str, Any]], None] = lambda event: None,
    beginning: Beginning | None = None,
) -> Training:
    """What the training of `recipe` is made from."""
    from groundup.tokens.bpe_dropout import BpeDropout
    from groundup.tokens.sentences import sentence_rules
    from groundup.tokens.shards import open_shards
    from groundup.tokens.tokenizer import load_tokenizer
    from groundup.training.running_text import RunningText
    from groundup.training.start import Training
    from groundup.training.symbols import symbols_of

    coder, objective = load_tokenizer(tokenizer.path), recipe.pretrain.objective
    text = RunningText(
        train=open_shards(shards.path, "train"),
        validation=open_shards(shards.path, "validation"),
        coder=coder,
        symbols=symbols_of(coder),
        context=recipe.model.context,
        seed=recipe.seed,
        fingerprint=shards.manifest.fingerprint,
        sentences=None if objective.pairs == "none" else sentence_rules(coder),
        respell=BpeDropout(coder, objective.bpe_dropout) if objective.bpe_dropout else None,
    )
    return Training(
        model=recipe.model,
        settings=recipe.pretrain,
        material=text,
        warm_start=None if beginning is None else lambda model: start(model, beginning, tokenizer, draft, progress),
        draft=draft,
        seed=recipe.seed,
        fingerprint=fingerprint,
        progress=progress,
        hear=hear,
    )


def _pretrain(
    recipe: Recipe, beginning: Beginning | None, hear: Callable[[Mapping[str, Any]], None], bench: Bench
) -> dict[str, Any]:
    from groundup.reports.machine import this_machine
    from groundup.training.trainer import train

    _note(recipe, bench)
    training = pretraining(
        recipe,
        bench.parents["tokenizer"],
        bench.parents["shards"],
        bench.draft,
        bench.fingerprint,
        progress=bench.progress,
        hear=hear,
        beginning=beginning,
    )
    return {**train(training), **facts_of(bench.draft), "machine": this_machine()}


def _samples(recipe: Recipe, bench: Bench) -> dict[str, Any]:
    from groundup.decoding.engine import DecoderEngine
    from groundup.decoding.settings import fitting
    from groundup.decoding.text import write
    from groundup.model.files import load_model
    from groundup.tokens.tokenizer import load_tokenizer

    _note(recipe, bench)
    wanted = recipe.samples
    model = load_model(bench.parents["pretrain"].path)
    engine = DecoderEngine(model, sees_prompts_whole=sees_prompts_whole(recipe.pretrain.objective.kind))
    coder = load_tokenizer(bench.parents["tokenizer"].path)
    bench.progress("writing samples")
    longest = max((len(coder.encode(prompt)) for prompt in wanted.prompts), default=0)
    texts = write(engine, coder, wanted.prompts, fitting(wanted.sampling, model.longest, max(1, longest)))
    rows = [
        {
            "prompt": prompt,
            "text": text,
            "seed": wanted.sampling.seed,
            "temperature": wanted.sampling.temperature,
        }
        for prompt, text in zip(wanted.prompts, texts, strict=True)
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (bench.draft / "samples.jsonl").write_text(lines, encoding="utf-8")
    return {"samples": len(rows)}


def _report(recipe: Recipe, bench: Bench) -> dict[str, Any]:
    from groundup.reports.report import write_report

    _note(recipe, bench)
    return write_report(bench.draft.parent, bench.draft, bench.progress)
