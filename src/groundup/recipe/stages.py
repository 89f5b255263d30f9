"""The walk from raw text to a report: each room's work as a stage of the runner.

Rooms know nothing of stages; this is the only file that knows which output feeds which work.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.catalogue.references import Resolved, resolve
from groundup.errors import GroundupError
from groundup.model.settings import ModelSettings, from_preset
from groundup.objectives.settings import sees_prompts_whole, writes
from groundup.progress import SILENT, Progress
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
from groundup.store.artefact import Artefact, open_artefact
from groundup.store.files import write_durably
from groundup.store.fingerprint import fingerprint
from groundup.store.manifest import MANIFEST
from groundup.store.runner import Bench, Stage, run_stages
from groundup.store.tables import read_column
from groundup.training.settings import WarmStartSettings

if TYPE_CHECKING:
    from torch.nn import Module

    from groundup.training.start import Task

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
    beginning = beginning_of(recipe, out, base)
    if not (out / "pretrain").exists():
        check_model(recipe)
        if beginning is not None:
            check_fit(recipe, beginning, tokenizer)
    inputs = dataclasses.replace(_inputs(recipe, out, base, progress), tokenizer=tokenizer, beginning=beginning)
    stages = stages_of(recipe, inputs, workers, hear)
    return run_stages(stages, out, seed=recipe.seed, progress=progress, replace=replace)


def check_model(recipe: Recipe) -> None:
    """Raise GroundupError for a model that cannot be or learn, before any text is read rather than after all of it."""
    from groundup.objectives.spans import sentinels_needed
    from groundup.objectives.table import check, looks_ahead
    from groundup.training.cost import sketch

    model = sketch(recipe.model, recipe.tokenizer.vocabulary)
    objective = recipe.pretrain.objective
    parts = list(model.modules())
    is_one_way = model.encoder is None and any(getattr(part, "is_one_way", False) for part in parts)
    check(objective, recipe.model.encoder, recipe.model.decoder, is_one_way=is_one_way)
    if is_one_way and looks_ahead(objective):
        raise GroundupError(
            f"The objective {objective.kind} shows a model what lies ahead, and model.decoder "
            f"{list(recipe.model.decoder)} has a mixer that only reads on from what came before.",
            "Put the mixers into model.encoder and leave model.decoder empty (masked, detection), or choose causal.",
        )
    _check_dials(recipe, parts)
    if recipe.model.weight_drop and not any(hasattr(part, "weight_drop") for part in parts):
        raise GroundupError(
            f"model.weight_drop is {recipe.model.weight_drop}, and the model has no recurrent weights to drop.",
            "Set it to 0, or give the model lstm or gru layers.",
        )
    # Dropped weights are none of them: they are drawn for a batch, and so the same in both passes.
    chances = ("dropout", "embedding_dropout", "attention_dropout", "stochastic_depth")
    if objective.r_drop and not any(getattr(recipe.model, name) for name in chances):
        raise GroundupError(
            "pretrain.objective.r_drop compares two passes with different dropout, and this model has none: they would "
            "be equal, at twice the cost.",
            "Set model.dropout, such as 0.1, or r_drop to 0.",
        )
    if objective.bpe_dropout and recipe.tokenizer.kind != "bpe":
        raise GroundupError(
            f"pretrain.objective.bpe_dropout is {objective.bpe_dropout}: it leaves out merges, and a tokenizer of kind "
            f"{recipe.tokenizer.kind} has none.",
            "Set tokenizer.kind to bpe, or pretrain.objective.bpe_dropout to 0.",
        )
    needed = sentinels_needed(objective, recipe.model.context) if objective.kind == "spans" else 0
    if recipe.tokenizer.sentinels < needed:
        raise GroundupError(
            f"The objective spans marks what it takes out of {recipe.model.context} tokens with up to {needed} "
            f"sentinels, and tokenizer.sentinels is {recipe.tokenizer.sentinels}.",
            f"Set tokenizer.sentinels to {needed}.",
        )


def _check_dials(recipe: Recipe, parts: list[Module]) -> None:
    """Raise GroundupError for a dial of the model that was turned and moves nothing; what a preset brings may idle."""
    from groundup.model.mixers.attention import Attention

    model = recipe.model
    usual = ModelSettings() if model.preset is None else from_preset(model.preset)

    def is_turned(name: str) -> bool:
        return bool(getattr(model, name) != getattr(usual, name))

    if model.locked_dropout and is_turned("locked_dropout") and not (model.dropout or model.embedding_dropout):
        raise GroundupError(
            "model.locked_dropout says how outputs and embeddings are dropped, and this model drops none.",
            "Set model.dropout, such as 0.1, or model.locked_dropout to false.",
        )
    is_plain = recipe.pretrain.objective.pairs == "none" and recipe.pretrain.warm_start == WarmStartSettings()
    if model.segments and is_turned("segments") and is_plain:
        raise GroundupError(
            f"model.segments is {model.segments}, which tells the texts of a row apart, and rows of this objective "
            "have one.",
            "Set pretrain.objective.pairs to next_sentence or sentence_order, or model.segments to 0.",
        )
    attends = any(isinstance(part, Attention) for part in parts)
    if model.window is not None and is_turned("window") and not attends:
        raise GroundupError(
            f"model.window is {model.window}, which narrows attention, and the model has none.",
            "Set model.window to null, or give a layer attention.",
        )
    if model.positions == "relative" and is_turned("positions") and not attends:
        raise GroundupError(
            "model.positions is relative, a bias of attention, and the model has none.",
            "Set model.positions to none, or give a layer attention.",
        )


@dataclass(frozen=True)
class Inputs:
    """What the sources of a recipe stand for, the fingerprint of it all, and the other runs that it builds on."""

    fingerprint: str
    resolved: Callable[[], tuple[Resolved, ...]]
    """Gives their places, or raises GroundupError where a source has vanished."""
    tokenizer: Taken | None = None
    """That of another run, where it is taken from there."""
    beginning: Beginning | None = None
    """Whose weights the model starts from."""


def _inputs(recipe: Recipe, out: Path, base: Path | None, progress: Progress) -> Inputs:
    try:
        found = tuple(resolve(source.data, base, progress) for source in recipe.corpus.sources)
    except GroundupError as missing:
        # A corpus that is done needs its sources no more; one that is not says what is missing when it begins.
        before, error = _inputs_before(out), missing
        if before is None:
            raise

        def refuse() -> tuple[Resolved, ...]:
            raise error

        return Inputs(before, refuse)
    return Inputs(fingerprint([source.fingerprint for source in found]), lambda: found)


def _inputs_before(out: Path) -> str | None:
    """The fingerprint of what the corpus in the run folder `out` was made from, None where there is none."""
    if not (out / "corpus" / MANIFEST).is_file():
        return None
    inputs: str | None = open_artefact(out / "corpus", verify=False).manifest.facts.get("inputs")
    return inputs


def stages_of(
    recipe: Recipe,
    inputs: Inputs,
    workers: int = 1,
    hear: Callable[[Mapping[str, Any]], None] = lambda event: None,
) -> tuple[Stage, ...]:
    """The stages of a recipe in order."""
    samples: tuple[Stage, ...] = (
        Stage(
            "samples", recipe.samples, ("tokenizer", "pretrain"), lambda bench: _samples(recipe, bench), worth="little"
        ),
    )
    # Not every objective makes a model that writes.
    samples = samples if writes(recipe.pretrain.objective) else ()
    return (
        Stage(
            "corpus",
            recipe.corpus,
            (),
            lambda bench: _corpus(recipe, inputs, workers, bench),
            inputs=inputs.fingerprint,
        ),
        Stage(
            "tokenizer",
            recipe.tokenizer,
            ("corpus",),
            lambda bench: _tokenizer(recipe, inputs.tokenizer, bench),
            inputs="" if inputs.tokenizer is None else inputs.tokenizer.fingerprint,
        ),
        Stage("shards", {}, ("corpus", "tokenizer"), lambda bench: _shards(recipe, bench)),
        Stage(
            "pretrain",
            _Pretraining(recipe.model, recipe.pretrain),
            ("tokenizer", "shards"),
            lambda bench: _pretrain(recipe, inputs.beginning, hear, bench),
            inputs="" if inputs.beginning is None else inputs.beginning.fingerprint,
            worth="hours",
            section="",
        ),
        *samples,
        Stage(
            "report",
            {"recipe": dump(recipe)},
            ("corpus", "tokenizer", "shards", "pretrain", *(stage.name for stage in samples)),
            lambda bench: _report(recipe, bench),
            worth="little",
        ),
    )


@dataclass(frozen=True)
class _Pretraining:
    """The settings that the weights depend on."""

    model: Any
    pretrain: Any


def _note(recipe: Recipe, bench: Bench) -> None:
    """Write down what is being made now, for those who look at the run before it ends."""
    write_durably(bench.draft.parent / "recipe.yaml", dump(recipe).encode())


def _corpus(recipe: Recipe, inputs: Inputs, workers: int, bench: Bench) -> dict[str, Any]:
    from groundup.corpus.build import build_corpus

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


def _check_documents(recipe: Recipe, corpus: Artefact) -> None:
    """Raise GroundupError, before any work on it, for a corpus that has too few documents for the objective."""
    if recipe.pretrain.objective.pairs != "next_sentence":
        return
    for split, what in (("train", "training"), ("validation", "held-out")):
        if corpus.manifest.facts[split]["documents"] == 1:
            raise GroundupError(
                f"Next sentence takes a second text from another document, and the {what} text has one document.",
                "Let corpus.validation hold out two documents or more and leave as many to train on (it needs sources "
                "of several), or set pretrain.objective.pairs to sentence_order, which needs one.",
            )


def _tokenizer(recipe: Recipe, taken: Taken | None, bench: Bench) -> dict[str, Any]:
    from groundup.tokens.compression import tokenizer_facts
    from groundup.tokens.tokenizer import load_tokenizer
    from groundup.tokens.train import train_tokenizer

    _note(recipe, bench)
    corpus = bench.parents["corpus"]
    _check_documents(recipe, corpus)
    if taken is None:
        tokenizer = train_tokenizer(_texts(corpus, "train"), recipe.tokenizer, bench.progress)
        tokenizer.save(bench.draft)
    else:
        copy_tokenizer(taken, bench.draft)
        tokenizer = load_tokenizer(bench.draft)
    return tokenizer_facts(tokenizer, _texts(corpus, "validation"))


def _shards(recipe: Recipe, bench: Bench) -> dict[str, Any]:
    from groundup.tokens.shards import write_shards
    from groundup.tokens.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(bench.parents["tokenizer"].path)
    corpus = bench.parents["corpus"]
    _check_documents(recipe, corpus)
    return {
        split: write_shards(_texts(corpus, split), tokenizer, bench.draft, split, bench.progress) for split in SPLITS
    }


def training_task(
    recipe: Recipe,
    tokenizer: Artefact,
    shards: Artefact,
    draft: Path,
    fingerprint: str,
    *,
    progress: Progress = SILENT,
    hear: Callable[[Mapping[str, Any]], None] = lambda event: None,
    beginning: Beginning | None = None,
) -> Task:
    """What the training of `recipe` is made from."""
    from groundup.tokens.bpe_dropout import BpeDropout
    from groundup.tokens.sentences import sentence_rules
    from groundup.tokens.shards import open_shards
    from groundup.tokens.tokenizer import load_tokenizer
    from groundup.training.start import Task
    from groundup.training.symbols import symbols_of

    coder, objective = load_tokenizer(tokenizer.path), recipe.pretrain.objective
    return Task(
        model=recipe.model,
        settings=recipe.pretrain,
        train=open_shards(shards.path, "train"),
        validation=open_shards(shards.path, "validation"),
        coder=coder,
        symbols=symbols_of(coder),
        sentences=None if objective.pairs == "none" else sentence_rules(coder),
        warm_start=None if beginning is None else lambda model: start(model, beginning, tokenizer, draft, progress),
        respell=BpeDropout(coder, objective.bpe_dropout) if objective.bpe_dropout else None,
        draft=draft,
        seed=recipe.seed,
        fingerprint=fingerprint,
        data_fingerprint=shards.manifest.fingerprint,
        progress=progress,
        hear=hear,
    )


def _pretrain(
    recipe: Recipe, beginning: Beginning | None, hear: Callable[[Mapping[str, Any]], None], bench: Bench
) -> dict[str, Any]:
    from groundup.reports.machine import this_machine
    from groundup.training.trainer import pretrain

    _note(recipe, bench)
    task = training_task(
        recipe,
        bench.parents["tokenizer"],
        bench.parents["shards"],
        bench.draft,
        bench.fingerprint,
        progress=bench.progress,
        hear=hear,
        beginning=beginning,
    )
    return {**pretrain(task), **facts_of(bench.draft), "machine": this_machine()}


def _samples(recipe: Recipe, bench: Bench) -> dict[str, Any]:
    from groundup.decoding.engine import DecoderEngine
    from groundup.decoding.settings import fitting
    from groundup.decoding.text import write
    from groundup.model.files import load_model
    from groundup.tokens.tokenizer import load_tokenizer

    _note(recipe, bench)
    wanted = recipe.samples
    model = load_model(bench.parents["pretrain"].path)
    engine = DecoderEngine(model, sees_prompts_whole=sees_prompts_whole(recipe.pretrain.objective))
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
