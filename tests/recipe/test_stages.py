"""Which stage a change of the recipe makes anew, and what is refused before any work.

The walk itself is tested through the command `build`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from groundup.catalogue.references import Resolved
from groundup.corpus.contamination_settings import ContaminationSettings, EvaluationSettings
from groundup.corpus.document import CORPUS_SCHEMA
from groundup.corpus.settings import CorpusSettings, SourceSettings
from groundup.corpus.workers import Crew
from groundup.errors import GroundupError
from groundup.progress import SILENT
from groundup.recipe.inputs import CorpusInputs, Inputs, corpus_inputs
from groundup.recipe.loader import load
from groundup.recipe.recipe import Recipe
from groundup.recipe.stages import build, build_corpus, stages_of
from groundup.recipe.text_stages import corpus_texts, pretraining
from groundup.store.runner import stage_fingerprints
from groundup.store.tables import TableWriter
from groundup.training.duration import Duration
from groundup.training.start import settled_rows

PLAIN = Recipe("Plain", CorpusSettings((SourceSettings("x"),)))
SOUGHT = ContaminationSettings((EvaluationSettings("questions"),))
ALL = {"documents", "corpus", "tokenizer", "shards", "pretrain", "samples", "report"}


def fingerprints(recipe: Recipe, data: str = "a") -> dict[str, str]:
    inputs = Inputs(CorpusInputs(data, lambda: (Resolved(Path("x"), "x", "", data),)))
    return stage_fingerprints(stages_of(recipe, inputs), recipe.seed)


def changed(recipe: Recipe, data: str = "a") -> set[str]:
    before, after = fingerprints(PLAIN), fingerprints(recipe, data)
    return {name for name in before if before[name] != after[name]}


def test_the_stages_come_in_order() -> None:
    assert list(fingerprints(PLAIN)) == ["documents", "corpus", "tokenizer", "shards", "pretrain", "samples", "report"]


@pytest.mark.parametrize(
    ("recipe", "made"),
    [
        (replace(PLAIN, description="Other words."), {"report"}),
        (replace(PLAIN, samples=replace(PLAIN.samples, prompts=("The",))), {"samples", "report"}),
        (
            replace(PLAIN, pretrain=replace(PLAIN.pretrain, budget=Duration.parse("5 steps"))),
            {"pretrain", "samples", "report"},
        ),
        (replace(PLAIN, model=replace(PLAIN.model, size=2)), {"pretrain", "samples", "report"}),
        (replace(PLAIN, tokenizer=replace(PLAIN.tokenizer, vocabulary=999)), ALL - {"documents", "corpus"}),
        (replace(PLAIN, corpus=replace(PLAIN.corpus, minimum_characters=9)), ALL - {"documents"}),
        (replace(PLAIN, corpus=replace(PLAIN.corpus, sources=(SourceSettings("x", weight=2),))), ALL - {"documents"}),
        (replace(PLAIN, corpus=replace(PLAIN.corpus, contamination=SOUGHT)), ALL),
        (replace(PLAIN, seed=2), ALL),
    ],
)
def test_a_change_makes_anew_what_it_touches_and_nothing_else(recipe, made) -> None:
    assert changed(recipe) == made


def test_other_texts_make_everything_anew() -> None:
    assert changed(PLAIN, data="b") == ALL


def test_texts_come_as_often_as_they_weigh_and_never_twice_in_a_row(tmp_path) -> None:
    empty = {name: kind() for name, kind in CORPUS_SCHEMA.items()}
    with TableWriter(tmp_path / "00000.parquet", CORPUS_SCHEMA) as writer:
        for text, times in (("a", 1), ("b", 3), ("c", 2), ("d", 1)):
            writer.write({**empty, "text": text, "times": times})
    corpus: Any = SimpleNamespace(
        path=tmp_path, manifest=SimpleNamespace(facts={"train": {"documents": 4}}), file=lambda name: tmp_path
    )
    assert "".join(corpus_texts(corpus, "train")) == "abcd" + "bc" + "b"


def test_evaluation_sets_and_examples_of_quality_are_data_that_a_run_is_made_from(recipe_of, tmp_path) -> None:
    (tmp_path / "test.txt").write_text("the sea the storm the ship the wind the night came and went")
    (tmp_path / "good.txt").write_text("A text of another kind.")
    corpus = {
        **TINY["corpus"],
        "sources": [{"data": "text.txt", "kind": "files", "weight": 2}],
        "contamination": {"sets": [{"data": "test.txt"}], "overlap": {"size": 8}, "action": "cut"},
        "quality": {"linear": {"good": [{"data": "good.txt"}], "ordinary": [{"data": "test.txt"}], "at_least": 0}},
    }
    recipe = recipe_of(corpus=corpus)
    assert recipe.corpus is not None
    marks = []
    for words in ("A text of another kind.", "Other words."):
        (tmp_path / "good.txt").write_text(words)
        marks.append(corpus_inputs(recipe.corpus, tmp_path / "run", tmp_path, SILENT).fingerprint)
    assert marks[0] != marks[1]
    facts = build_corpus(recipe, tmp_path / "run", base=tmp_path).manifest.facts
    assert facts["train"]["characters_seen"] == 2 * facts["train"]["characters"]
    # What was made to hold documents against lies with them.
    assert sorted(path.name for path in (tmp_path / "run" / "documents" / "instruments").iterdir()) == [
        "evaluation",
        "filter",
    ]


def test_the_number_of_workers_changes_nothing() -> None:
    inputs = Inputs(CorpusInputs("a", lambda: ()))
    assert stage_fingerprints(stages_of(PLAIN, inputs, Crew(3)), PLAIN.seed) == fingerprints(PLAIN)


TINY: dict[str, Any] = {
    "name": "Tiny",
    "corpus": {
        "sources": [{"data": "text.txt", "kind": "files"}],
        "near_duplicates": None,
        "validation": {"by": "characters", "fraction": 0.2},
    },
    "tokenizer": {"vocabulary": 300},
    "model": {"size": 1, "width": 16, "context": 16},
    "pretrain": {"budget": "6 steps", "batch": 4, "precision": "float32", "compile": "no", "validations": 0},
}


@pytest.fixture
def recipe_of(tmp_path: Path) -> Callable[..., Recipe]:
    """The tiny recipe with sections changed, and its text in the test's folder."""
    chance = random.Random(3)
    words = ["the", "sea", "storm", "ship", "wind", "night", "came", "went", "said", "over"]
    text = "".join(" ".join(chance.choices(words, k=9)) + ".\n" for _ in range(150))
    (tmp_path / "text.txt").write_text(text)

    def made(**sections: Any) -> Recipe:
        changed = {
            name: {**TINY[name], **section} if name in TINY and isinstance(section, dict) else section
            for name, section in sections.items()
        }
        (tmp_path / "recipe.yaml").write_text(json.dumps({**TINY, **changed}))
        return load(tmp_path / "recipe.yaml", Recipe)

    return made


def test_bpe_dropout_spells_the_training_text_and_not_what_is_held_out(recipe_of, tmp_path) -> None:
    plain = build(recipe_of(), tmp_path / "plain", base=tmp_path)
    recipe = recipe_of(pretrain={"objective": {"bpe_dropout": 0.3}})
    dropped = build(recipe, tmp_path / "dropped", base=tmp_path)
    tasks = [
        pretraining(which, made["tokenizer"], made["shards"], tmp_path, "f")
        for which, made in ((recipe_of(), plain), (recipe, dropped))
    ]
    first, second = (task.material.batches(settled_rows(task)).at(0) for task in tasks)
    assert first.tokens.shape == second.tokens.shape
    assert not np.array_equal(first.tokens, second.tokens)
    first, second = (task.material.held_out(settled_rows(task), 10**9).at(0) for task in tasks)
    assert np.array_equal(first.tokens, second.tokens)
    losses = [made["pretrain"].manifest.facts["validation_loss"] for made in (plain, dropped)]
    assert losses[0] != losses[1]
    again = build(recipe, tmp_path / "again", base=tmp_path)
    assert again["pretrain"].manifest.facts["validation_loss"] == losses[1]


def test_bpe_dropout_without_merges_or_with_pairs_is_refused_before_any_work(recipe_of, tmp_path) -> None:
    recipe = recipe_of(tokenizer={"kind": "character"}, pretrain={"objective": {"bpe_dropout": 0.1}})
    with pytest.raises(GroundupError, match=r"kind character has none.*tokenizer\.kind to bpe"):
        build(recipe, tmp_path / "run", base=tmp_path)
    assert not (tmp_path / "run").exists()
    pairs = {"kind": "masked", "pairs": "next_sentence", "bpe_dropout": 0.1}
    with pytest.raises(GroundupError, match="set bpe_dropout to 0, or pairs to none"):
        recipe_of(pretrain={"objective": pairs})


@pytest.mark.parametrize(
    ("count", "validation", "named"),
    [(1, {"by": "characters", "fraction": 0.2}, "training"), (3, {"documents": ["0.txt"]}, "held-out")],
)
def test_next_sentence_of_one_document_is_refused_before_the_tokenizer(
    recipe_of, tmp_path, count, validation, named
) -> None:
    recipe = recipe_of(
        corpus={**TINY["corpus"], "sources": [{"data": "texts", "kind": "files"}], "validation": validation},
        model={"encoder": ["attention"], "decoder": [], "segments": 2},
        pretrain={"objective": {"kind": "masked", "pairs": "next_sentence"}},
    )
    text = (tmp_path / "text.txt").read_text()
    (tmp_path / "texts").mkdir()
    for number in range(count):
        (tmp_path / "texts" / f"{number}.txt").write_text(text[number * 500 : number * 500 + 3000])
    with pytest.raises(GroundupError, match=rf"{named} text has one document.*corpus\.validation"):
        build(recipe, tmp_path / "run", base=tmp_path)
    assert (tmp_path / "run" / "corpus").exists()
    assert not (tmp_path / "run" / "tokenizer").exists()
