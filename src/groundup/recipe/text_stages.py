"""The walk from raw text to a pretrained model, as stages of the runner."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.corpus.workers import Crew
from groundup.errors import GroundupError
from groundup.model.settings import ModelSettings
from groundup.objectives.settings import sees_prompts_whole, writes
from groundup.progress import SILENT, Hear, Progress
from groundup.recipe.checks import check_documents
from groundup.recipe.donors import Beginning, facts_of, start
from groundup.recipe.inputs import CorpusInputs
from groundup.recipe.notes import note
from groundup.recipe.recipe import Recipe
from groundup.store.artefact import Artefact
from groundup.store.runner import Bench, Stage
from groundup.store.tables import read_rows
from groundup.training.settings import TrainingSettings

if TYPE_CHECKING:
    from groundup.training.start import Training

SPLITS = ("train", "validation")


def corpus_stages(recipe: Recipe, inputs: CorpusInputs, crew: Crew) -> list[Stage]:
    """From sources to documents with signals, and from these to the clean text that stays."""
    assert recipe.corpus is not None, "a corpus without settings"
    from groundup.corpus.annotate import annotation_settings

    return [
        Stage(
            "documents",
            annotation_settings(recipe.corpus),
            (),
            lambda bench: _documents(recipe, inputs, crew, bench),
            inputs=inputs.fingerprint,
            section="corpus",
        ),
        # Made again from the documents in a moment, whatever threshold has changed.
        Stage("corpus", recipe.corpus, ("documents",), lambda bench: _corpus(recipe, crew, bench)),
    ]


def pretraining_stages(recipe: Recipe, beginning: Beginning | None, hear: Hear) -> list[Stage]:
    """From tokens to a trained model, and what it writes."""
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
            apart=("pretrain.on_bad_number",),
        ),
    ]
    # Not every objective makes a model that writes.
    if writes(recipe.pretrain.objective.kind):
        work = lambda bench: _samples(recipe, bench)  # noqa: E731
        stages.append(Stage("samples", recipe.samples, ("tokenizer", "pretrain"), work, worth="little"))
    return stages


@dataclass(frozen=True)
class _Pretraining:
    """The settings that the weights depend on."""

    model: ModelSettings
    pretrain: TrainingSettings


def _documents(recipe: Recipe, inputs: CorpusInputs, crew: Crew, bench: Bench) -> dict[str, Any]:
    from groundup.corpus.build import annotate

    assert recipe.corpus is not None, "a corpus without settings"
    places = inputs.resolved()
    note(recipe, bench)
    if recipe.task is not None and recipe.corpus.contamination is None:
        bench.progress("note: the task's test examples are not looked for in the corpus; corpus.contamination can")
    facts = annotate(recipe.corpus, places, bench.draft, crew, bench.progress)
    return {**facts, "inputs": inputs.fingerprint}


def _corpus(recipe: Recipe, crew: Crew, bench: Bench) -> dict[str, Any]:
    from groundup.corpus.decide import decide

    assert recipe.corpus is not None, "a corpus without settings"
    note(recipe, bench)
    return decide(recipe.corpus, bench.parents["documents"].path, bench.draft, crew, bench.progress)


def corpus_texts(corpus: Artefact, split: str) -> Iterator[str]:
    """The documents of a part of the corpus, as often as a pass of training is to see them.

    All that are seen again come again behind the last: beside its twin a text would be copied, not learned. Raises
    GroundupError where the part has no document.
    """
    if not corpus.manifest.facts[split]["documents"]:
        raise GroundupError(
            f"The corpus {corpus.path} has no {split} text.",
            "Give more text, or set corpus.validation.fraction between 0 and 1.",
        )
    return _as_often_as_said(corpus.file(split))


def _as_often_as_said(part: Path) -> Iterator[str]:
    done, most = 0, 1
    while done < most:
        for row in read_rows(part, ["text", "times"]):
            most = max(most, row["times"])
            if row["times"] > done:
                yield row["text"]
        done += 1


def _shards(recipe: Recipe, bench: Bench) -> dict[str, Any]:
    from groundup.tokens.shards import write_shards
    from groundup.tokens.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(bench.parents["tokenizer"].path)
    corpus = bench.parents["corpus"]
    check_documents(recipe, corpus)
    return {
        split: write_shards(corpus_texts(corpus, split), tokenizer, bench.draft, split, bench.progress)
        for split in SPLITS
    }


def pretraining(
    recipe: Recipe,
    tokenizer: Artefact,
    shards: Artefact,
    draft: Path,
    fingerprint: str,
    *,
    progress: Progress = SILENT,
    hear: Hear = lambda event: None,
    beginning: Beginning | None = None,
) -> Training:
    """What the training of `recipe` is made from."""
    from groundup.tokens.bpe_dropout import BpeDropout
    from groundup.tokens.sentences import sentence_ends, sentence_rules
    from groundup.tokens.shards import open_shards
    from groundup.tokens.shared_words import shared_words, tells_words
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
        words=shared_words(coder, recipe.model.segments) if objective.pairs == "cloze" else None,
        is_told=tells_words(recipe.model.segments),
        respell=BpeDropout(coder, objective.bpe_dropout) if objective.bpe_dropout else None,
        sentence_ends=sentence_ends(coder) if recipe.model.sentences else (),
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


def _pretrain(recipe: Recipe, beginning: Beginning | None, hear: Hear, bench: Bench) -> dict[str, Any]:
    from groundup.reports.machine import this_machine
    from groundup.training.trainer import train

    note(recipe, bench)
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

    note(recipe, bench)
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
