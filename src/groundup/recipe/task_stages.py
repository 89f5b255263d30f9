"""The walk from a task's examples to a judged model, as stages of the runner."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.progress import SILENT, Hear, Progress
from groundup.recipe.donors import Beginning, facts_of, own_beginning, start
from groundup.recipe.finetuning import (
    READING,
    finetuning,
    learning_of,
    model_of,
    of_task,
    reads_one_way,
    sources_of_examples,
)
from groundup.recipe.members import count_of, facts_of_all, folder_of, seed_of, side_by_side
from groundup.recipe.notes import note
from groundup.recipe.recipe import Recipe
from groundup.recipe.task_inputs import TaskInputs
from groundup.recipe.tokenizer_stage import coders_of
from groundup.reports.words import plural
from groundup.store.artefact import Artefact
from groundup.store.fingerprint import fingerprint
from groundup.store.runner import Bench, Stage
from groundup.tasks.parts import PARTS, Parts, of_kinds, read_parts, read_written, write_examples
from groundup.tasks.settings import TaskSettings
from groundup.tasks.told import told, told_by_gate

if TYPE_CHECKING:
    from groundup.model.model import Model
    from groundup.tasks.prediction import Predictor
    from groundup.tasks.preparation import Prepared
    from groundup.training.start import Training

PREDICTIONS, LOOKS = "predictions.jsonl", "looks.json"


def examples_stage(recipe: Recipe, inputs: TaskInputs) -> Stage:
    """Reading the examples, and parting them."""
    assert recipe.task is not None
    return Stage(
        "examples",
        of_task(recipe.task, READING),
        (),
        lambda bench: _examples(recipe, inputs, bench),
        inputs=inputs.fingerprint,
        section="task",
    )


def _examples(recipe: Recipe, inputs: TaskInputs, bench: Bench) -> dict[str, Any]:
    note(recipe, bench)
    found = inputs.place(bench.draft / "made")
    bench.progress("reading examples")
    parts, account = read_parts(found.places, found.settings)
    parts, dropped = _gated(parts, found.settings, bench.draft)
    # Parts that are read alike say some things twice.
    files = [account[f"{name}_file"] for name in PARTS if f"{name}_file" in account]
    said = chain.from_iterable(told(found.settings.columns, file) for file in files)
    for sentence in dict.fromkeys((*said, *told_by_gate(dropped.get("gate", {})))):
        bench.progress(f"note: {sentence}")
    for name in PARTS:
        write_examples(bench.draft / f"{name}.jsonl", parts[name])
    counts = {name: len(parts[name]) for name in PARTS}
    return {
        **found.account,
        **account,
        **dropped,
        "examples": counts,
        "kind": found.settings.kind,
        "inputs": inputs.fingerprint,
    }


def _gated(parts: Parts, task: TaskSettings, draft: Path) -> tuple[Parts, dict[str, Any]]:
    """The parts with pairs that are fit to learn from; every other has a row in the ledger."""
    if task.kind != "translation":
        return parts, {}
    from groundup.tasks.gate import gated

    train, account = gated(parts.train, task.gate, draft, data="train", what="training pairs")
    return Parts(train, parts.validation, parts.test), {"gate": account}


def parts_of(examples: Artefact, made: Artefact | None = None) -> Parts:
    """The examples that the stage wrote; those to learn from with the pairs that were `made` of texts, if any."""
    kind = examples.manifest.facts["kind"]
    parts = Parts(*(read_written(examples.file(f"{name}.jsonl"), kind) for name in PARTS))
    if made is None:
        return parts
    return replace(parts, train=[*parts.train, *read_written(made.file("train.jsonl"), kind)])


def finetune_stage(recipe: Recipe, beginning: Beginning | None, hear: Hear) -> Stage:
    """Training on the task."""
    assert recipe.task is not None
    parents = (
        "tokenizer",
        *sources_of_examples(recipe),
        *(() if recipe.corpus is None else ("pretrain",)),
    )
    return Stage(
        "finetune",
        learning_of(recipe),
        parents,
        lambda bench: _finetune(recipe, beginning, hear, bench),
        inputs="" if beginning is None else beginning.fingerprint,
        worth="hours",
        section="",
        apart=("finetune.on_bad_number",),
    )


def finetuning_of(
    recipe: Recipe,
    parents: Mapping[str, Artefact],
    draft: Path,
    run_fingerprint: str,
    *,
    progress: Progress = SILENT,
    hear: Hear = lambda event: None,
    beginning: Beginning | None = None,
) -> tuple[Training, Prepared]:
    """What the training of the task of `recipe` is made from."""
    from groundup.tasks.kinds import kind_of
    from groundup.tasks.preparation import Ingredients
    from groundup.training.start import Training

    assert recipe.task is not None
    tokenizer, examples, made = parents["tokenizer"], parents["examples"], parents.get("back_translation")
    learned = [tokenizer, examples, *filter(None, [made])]
    given = Ingredients(
        task=recipe.task,
        parts=of_kinds(parts_of(examples, made), recipe.task.kinds),
        coders=coders_of(tokenizer),
        context=recipe.model.context,
        is_causal=reads_one_way(recipe),
        seed=recipe.seed,
        fingerprint=fingerprint(*(each.manifest.fingerprint for each in learned)),
        segments=recipe.model.segments,
    )
    prepared = kind_of(recipe.task).prepare(given)
    if recipe.task.kinds:
        prepared = replace(prepared, notes=(_of_some(recipe.task.kinds, given.parts), *prepared.notes))

    def warm_start(model: Model) -> None:
        assert beginning is not None
        start(model, beginning, tokenizer, draft, progress, prepared.facts.get("labels"))

    training = Training(
        model=model_of(recipe),
        settings=finetuning(recipe, prepared.sample),
        material=prepared.material,
        draft=draft,
        seed=recipe.seed,
        fingerprint=run_fingerprint,
        section="finetune",
        warm_start=None if beginning is None else warm_start,
        members=recipe.finetune.members,
        progress=progress,
        hear=hear,
    )
    return training, prepared


def _of_some(kinds: Sequence[str], parts: Parts) -> str:
    """How many questions `task.kinds` left, as a sentence."""
    train, validation, test = (f"{len(parts[name]):,}" for name in PARTS)
    return (
        f"of the kinds {', '.join(kinds)} alone: {train} examples to learn from, {validation} to measure on while it "
        f"learns, {test} to be judged on (task.kinds)"
    )


def _finetune(recipe: Recipe, beginning: Beginning | None, hear: Hear, bench: Bench) -> dict[str, Any]:
    note(recipe, bench)
    count = recipe.finetune.members
    if count == 1:
        return _learn(recipe, beginning, bench, hear)
    from groundup.training.machine import threads_each

    threads = threads_each(count)
    bench.progress(f"training {count} members side by side, each on {plural(threads, 'thread')}")
    sent = recipe, beginning, replace(bench, progress=SILENT)
    works = [partial(_member, *sent, number) for number in range(1, count + 1)]
    found = side_by_side(works, threads, bench.progress, hear)
    members = facts_of_all(found, recipe.seed)
    for number, each in enumerate(members, 1):
        bench.progress(
            f"member {number}, seed {each['seed']}: held-out loss {each['validation_loss']:.4f} after "
            f"{plural(each['steps'], 'update')}"
        )
    return {**found[0], "members": members}


def _member(
    recipe: Recipe, beginning: Beginning | None, bench: Bench, number: int, progress: Progress, hear: Hear
) -> dict[str, Any]:
    """What one of several does, in a process of its own."""
    folder = folder_of(bench.draft, number)
    folder.mkdir(exist_ok=True)
    own = replace(bench, draft=folder, progress=progress)
    return _learn(replace(recipe, seed=seed_of(recipe.seed, number)), beginning, own, hear)


def _learn(recipe: Recipe, beginning: Beginning | None, bench: Bench, hear: Hear) -> dict[str, Any]:
    """The training of one model, and its facts."""
    from groundup.reports.machine import this_machine
    from groundup.training.trainer import train

    if recipe.corpus is not None:
        beginning = own_beginning(recipe.model, bench.parents["pretrain"], bench.parents["tokenizer"])
    training, prepared = finetuning_of(
        recipe,
        bench.parents,
        bench.draft,
        bench.fingerprint,
        progress=bench.progress,
        hear=hear,
        beginning=beginning,
    )
    for sentence in prepared.notes:
        bench.progress(f"note: {sentence}")
    facts = {**train(training), **facts_of(bench.draft)}
    notes = {"notes": list(prepared.notes)} if prepared.notes else {}
    return {**facts, "task": prepared.facts, **notes, "machine": this_machine()}


def test_stage(recipe: Recipe) -> Stage:
    """The final judgement."""
    assert recipe.task is not None
    return Stage(
        "test",
        recipe.task,
        ("tokenizer", "examples", "finetune", *(() if recipe.task.ngrams is None else ("ngrams",))),
        lambda bench: _test(recipe, bench),
        section="task",
        worth="little",
    )


def _test(recipe: Recipe, bench: Bench) -> dict[str, Any]:
    from groundup.tasks.judgement import judged
    from groundup.tasks.looking import looking
    from groundup.tasks.prediction import prediction_lines
    from groundup.tasks.translation import Translator

    assert recipe.task is not None
    parts = of_kinds(parts_of(bench.parents["examples"]), recipe.task.kinds)
    learned = bench.parents["finetune"], bench.parents["tokenizer"]
    models = models_of(bench.parents["finetune"])
    predictor = pooled_with(predictor_of(recipe.task, *learned, models), bench.parents.get("ngrams"))
    part = "test" if parts.test else "validation"
    found = judged(recipe.task, predictor, parts.train, parts[part], bench.progress)
    (bench.draft / PREDICTIONS).write_text(prediction_lines(parts[part], found.predictions), encoding="utf-8")
    first = predictor_of(recipe.task, *learned, models[:1])
    if isinstance(first, Translator):
        looks = looking(first, parts[part], found.predictions)
        (bench.draft / LOOKS).write_text(json.dumps(looks), encoding="utf-8")
    return {"part": part, **found.facts}


def models_of(finetune: Artefact) -> list[Model]:
    """The models that the stage `finetune` left: of all members, the first one first."""
    from groundup.model.files import load_model

    numbers = range(1, count_of(finetune.manifest.facts) + 1)
    return [load_model(folder_of(finetune.path, number)) for number in numbers]


def predictor_of(
    task: TaskSettings, finetune: Artefact, tokenizer: Artefact, models: Sequence[Model] | None = None
) -> Predictor:
    """The models that the stage `finetune` left, or those of them that are given, ready to answer as `task` says."""
    from groundup.tasks.kinds import kind_of

    chosen = models_of(finetune) if models is None else models
    return kind_of(task).predictor(chosen, coders_of(tokenizer), task, finetune.manifest.facts["task"])


def pooled_with(network: Predictor, ngrams: Artefact | None) -> Predictor:
    """What chooses labels, together with the runs of words that the stage `ngrams` left, if it was there."""
    from groundup.tasks.classification import Chooser
    from groundup.tasks.ngram_classifier import load_pool

    if ngrams is None:
        return network
    assert isinstance(network, Chooser), "runs of words choose labels"
    return load_pool(ngrams.path, network)
