"""The tokenizer of a run, as a stage of the runner: from the text of a corpus, the examples of a task, or both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from groundup.recipe.checks import check_documents
from groundup.recipe.donors import Taken, copy_tokenizer
from groundup.recipe.finetuning import sources_of_examples
from groundup.recipe.notes import note
from groundup.recipe.recipe import Recipe
from groundup.recipe.text_stages import corpus_texts
from groundup.store.artefact import Artefact
from groundup.store.runner import Bench, Stage
from groundup.tasks.parts import read_written
from groundup.tokens.settings import TokenizerSettings

if TYPE_CHECKING:
    from groundup.tasks.materials.pairs import Coders

Side = Literal["source", "target"]
# The file of the tokenizer of sources, where they have their own.
SOURCE = "source.json"


def tokenizer_stage(recipe: Recipe, taken: Taken | None) -> Stage:
    """A vocabulary from all there is to learn from, or for each side of a task one.

    One that is taken from another run stays what it is, whatever else changes here: it has no parents.
    """
    read = (*(("corpus",) if recipe.corpus is not None else ()), *sources_of_examples(recipe))
    parents = read if taken is None else ()
    return Stage(
        "tokenizer",
        _Tokens(recipe.tokenizer, "separate") if _is_separate(recipe) else recipe.tokenizer,
        parents,
        lambda bench: _tokenizer(recipe, taken, bench),
        inputs="" if taken is None else taken.fingerprint,
    )


@dataclass(frozen=True)
class _Tokens:
    """The settings of a tokenizer that is made once for each side."""

    tokenizer: TokenizerSettings
    vocabulary: str


def _is_separate(recipe: Recipe) -> bool:
    """Whether each side of the task has its own tokens."""
    return recipe.task is not None and recipe.task.writes and recipe.task.vocabulary == "separate"


def _tokenizer(recipe: Recipe, taken: Taken | None, bench: Bench) -> dict[str, Any]:
    from groundup.tokens.compression import tokenizer_facts, vocabulary_facts
    from groundup.tokens.tokenizer import load_tokenizer
    from groundup.tokens.train import train_tokenizer

    note(recipe, bench)
    corpus = bench.parents.get("corpus")
    examples = [bench.parents[name] for name in sources_of_examples(recipe) if name in bench.parents]
    if corpus is not None:
        check_documents(recipe, corpus)
    sides: tuple[Side, ...] = ("source", "target")
    if _is_separate(recipe):
        source = train_tokenizer(_example_texts(recipe, examples, "train", sides[:1]), recipe.tokenizer, bench.progress)
        source.save(bench.draft / SOURCE)
        sides = sides[1:]

    def texts(split: str) -> Iterator[str]:
        if corpus is not None:
            yield from corpus_texts(corpus, split)
        if examples:
            yield from _example_texts(recipe, examples, split, sides)

    if taken is not None:
        copy_tokenizer(taken, bench.draft)
        return vocabulary_facts(load_tokenizer(bench.draft))
    tokenizer = train_tokenizer(texts("train"), recipe.tokenizer, bench.progress)
    tokenizer.save(bench.draft)
    return tokenizer_facts(tokenizer, texts("validation"))


def _example_texts(recipe: Recipe, examples: Sequence[Artefact], part: str, sides: Sequence[Side]) -> Iterator[str]:
    """The texts of a part's examples that make the vocabulary: those that are read, those that are written."""
    from groundup.tasks.kinds import kind_of

    assert recipe.task is not None
    kind = kind_of(recipe.task)
    # Pairs that were made are learned from, and nothing is measured on them.
    for artefact in (each for each in examples if f"{part}.jsonl" in each.manifest.files):
        for example in read_written(artefact.file(f"{part}.jsonl"), recipe.task.kind):
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
