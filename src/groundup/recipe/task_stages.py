"""The walk from a task's examples to a judged model, as stages of the runner."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from groundup.errors import GroundupError
from groundup.progress import SILENT, Progress
from groundup.recipe.donors import Beginning, facts_of, start
from groundup.recipe.finetuning import LEARNING, READING, finetuning, of_task, reads_one_way
from groundup.recipe.notes import note
from groundup.recipe.recipe import Recipe
from groundup.recipe.task_inputs import TaskInputs
from groundup.store.artefact import Artefact
from groundup.store.files import write_durably
from groundup.store.fingerprint import fingerprint
from groundup.store.runner import Bench, Stage
from groundup.tasks.parts import PARTS, Parts, read_parts, read_written, write_examples
from groundup.tasks.recipe import TaskSettings

if TYPE_CHECKING:
    from groundup.tasks.materials.pairs import Coders
    from groundup.tasks.setting import Prepared
    from groundup.training.start import Training

Hear = Callable[[Mapping[str, Any]], None]
Side = Literal["source", "target"]
TASK, PREDICTIONS, SOURCE = "task.json", "predictions.jsonl", "source.json"


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
    from groundup.corpus.account import Account
    from groundup.corpus.document import LEDGER_SCHEMA
    from groundup.store.tables import TableWriter
    from groundup.tasks.gate import gate

    account = Account()
    with TableWriter(draft / "ledger" / "00000.parquet", LEDGER_SCHEMA) as ledger:
        train = list(gate(parts.train, task.gate, ledger.write, account, data="train"))
    if not train:
        raise GroundupError(
            f"None of the {len(parts.train):,} training pairs passed the gate.",
            "Read why with: groundup corpus report, or widen task.gate.",
        )
    return Parts(train, parts.validation, parts.test), {"gate": account.as_plain()}


def parts_of(examples: Artefact) -> Parts:
    """The examples that the stage wrote."""
    kind = examples.manifest.facts["kind"]
    return Parts(*(read_written(examples.file(f"{name}.jsonl"), kind) for name in PARTS))


def texts_of(recipe: Recipe, examples: Artefact, part: str, sides: Sequence[Side]) -> Iterator[str]:
    """The texts of a part's examples that make the vocabulary: those that are read, those that are written."""
    from groundup.tasks.kinds import kind_of

    assert recipe.task is not None
    kind = kind_of(recipe.task)
    for example in read_written(examples.file(f"{part}.jsonl"), examples.manifest.facts["kind"]):
        for side in sides:
            yield from getattr(kind, side)(example)


def coders_of(tokenizer: Artefact) -> Coders:
    """The tokenizers of a run, one for both sides or one for each."""
    from groundup.tasks.materials.pairs import Coders
    from groundup.tokens.tokenizer import load_tokenizer

    target = load_tokenizer(tokenizer.path)
    if SOURCE not in tokenizer.manifest.files:
        return Coders(target, target)
    return Coders(load_tokenizer(tokenizer.file(SOURCE)), target)


@dataclass(frozen=True)
class _Finetuning:
    """The settings that the weights depend on."""

    model: Any
    finetune: Any
    task: Any


def finetune_stage(recipe: Recipe, beginning: Beginning | None, hear: Hear) -> Stage:
    """Training on the task."""
    assert recipe.task is not None
    parents = ("tokenizer", "examples", *(() if recipe.corpus is None else ("pretrain",)))

    def work(bench: Bench) -> dict[str, Any]:
        note(recipe, bench)
        return _finetune(recipe, beginning, hear, bench)

    return Stage(
        "finetune",
        _Finetuning(recipe.model, finetuning(recipe), of_task(recipe.task, LEARNING)),
        parents,
        work,
        inputs="" if beginning is None else beginning.fingerprint,
        worth="hours",
        section="",
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
    from groundup.tasks.setting import Setting
    from groundup.training.start import Training

    assert recipe.task is not None
    tokenizer, examples = parents["tokenizer"], parents["examples"]
    setting = Setting(
        task=recipe.task,
        parts=parts_of(examples),
        coders=coders_of(tokenizer),
        context=recipe.model.context,
        is_causal=reads_one_way(recipe),
        seed=recipe.seed,
        fingerprint=fingerprint(tokenizer.manifest.fingerprint, examples.manifest.fingerprint),
    )
    prepared = kind_of(recipe.task).prepare(setting)
    training = Training(
        model=recipe.model,
        settings=finetuning(recipe, prepared.sample),
        material=prepared.material,
        draft=draft,
        seed=recipe.seed,
        fingerprint=run_fingerprint,
        section="finetune",
        warm_start=None if beginning is None else lambda model: start(model, beginning, tokenizer, draft, progress),
        progress=progress,
        hear=hear,
    )
    return training, prepared


def _finetune(recipe: Recipe, beginning: Beginning | None, hear: Hear, bench: Bench) -> dict[str, Any]:
    from groundup.recipe.donors import own_beginning
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
    facts = train(training)
    write_durably(bench.draft / TASK, json.dumps(prepared.facts, ensure_ascii=False, indent=1).encode())
    return {**facts, **facts_of(bench.draft), "task": prepared.facts, "machine": this_machine()}


def test_stage(recipe: Recipe) -> Stage:
    """The final judgement."""
    assert recipe.task is not None
    return Stage(
        "test",
        recipe.task,
        ("tokenizer", "examples", "finetune"),
        lambda bench: _test(recipe, bench),
        section="task",
        worth="little",
    )


def _test(recipe: Recipe, bench: Bench) -> dict[str, Any]:
    from groundup.model.files import load_model
    from groundup.recipe.judgement import judged
    from groundup.tasks.kinds import kind_of

    assert recipe.task is not None
    parts = parts_of(bench.parents["examples"])
    finetune = bench.parents["finetune"]
    model = load_model(finetune.path)
    predictor = kind_of(recipe.task).predictor(
        model, coders_of(bench.parents["tokenizer"]), recipe.task, finetune.manifest.facts["task"]
    )
    part = "test" if parts.test else "validation"
    found = judged(recipe.task, predictor, parts.train, parts[part], bench.progress)
    lines = (
        json.dumps({"id": example.id, **asdict(prediction)}, ensure_ascii=False) + "\n"
        for example, prediction in zip(parts[part], found.predictions, strict=True)
    )
    (bench.draft / PREDICTIONS).write_text("".join(lines), encoding="utf-8")
    return {"part": part, **found.facts}
