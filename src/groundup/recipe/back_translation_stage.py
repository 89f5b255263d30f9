"""Making pairs of texts that exist in the target language alone, as a stage of the runner.

It may take hours, so what was written is put down piece by piece, and a run that was stopped goes on there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.errors import GroundupError
from groundup.recipe.back_translation_inputs import KEY, STAGE, BackTranslationInputs, texts_of
from groundup.recipe.finetuning import of_task
from groundup.recipe.notes import note
from groundup.recipe.recipe import Recipe
from groundup.store.runner import Bench, Stage
from groundup.tasks.back_translation import ORIGIN, TAG, back_translate, chosen, tagged
from groundup.tasks.examples import Pair
from groundup.tasks.parts import read_written, write_examples
from groundup.tasks.reading.rows import Account as ReadAccount
from groundup.tasks.settings import BackTranslationSettings

if TYPE_CHECKING:
    from groundup.tasks.translation import Translator

# All that was written, and what of it is learned from.
MADE, TRAIN = "made.jsonl", "train.jsonl"
# Texts that are written, and put down, at once: enough for batches of like length.
PIECE = 256
# Texts by which it is told how long all will take.
TRIED = 64
SAMPLES = 5

Write = Callable[[Sequence[str]], list[str]]


def back_translation_stage(recipe: Recipe, inputs: BackTranslationInputs) -> Stage:
    """Writing sources for texts of the target language; the pairs join those that are learned from."""
    assert recipe.task is not None
    return Stage(
        STAGE,
        of_task(recipe.task, (STAGE,)),
        ("examples",),
        lambda bench: _back_translation(recipe, inputs, bench),
        inputs=inputs.fingerprint,
        worth="hours",
        section="task",
    )


def _back_translation(recipe: Recipe, inputs: BackTranslationInputs, bench: Bench) -> dict[str, Any]:
    from groundup.tasks.gate import gated

    assert recipe.task is not None
    assert recipe.task.back_translation is not None
    if inputs.missing is not None:
        raise inputs.missing
    note(recipe, bench)
    task, settings = recipe.task, recipe.task.back_translation
    translator = _translator(settings, inputs.run)
    read = ReadAccount()
    choice = chosen(
        texts_of(inputs.texts, task, read),
        _held_out(bench),
        is_too_long=_is_too_long(translator, inputs.run),
        limit=settings.limit,
    )
    if not choice.texts:
        why = ", ".join(f"{reason}: {count:,}" for reason, count in choice.left_out.items())
        raise GroundupError(
            f"None of the texts of {settings.texts} is fit to be translated back ({why}).",
            f"Give others as {KEY}.texts.",
        )
    write = _writer(translator, settings.search, bench.seed)
    made = _made(choice.texts, write, inputs.texts.name, bench)
    kept, gate = gated(made, task.gate, bench.draft, data=STAGE, what="pairs that were made")
    write_examples(bench.draft / TRAIN, tagged(kept) if settings.tag else kept)
    return {
        "kind": task.kind,
        "inputs": inputs.fingerprint,
        "run": settings.run,
        "texts": inputs.texts.name,
        "search": settings.search,
        "tag": TAG if settings.tag else "",
        "texts_file": read.facts(),
        "left_out": dict(choice.left_out),
        "made": len(made),
        "gate": gate,
        "examples": {"train": len(kept), "written_by_people": _written_by_people(bench)},
        "samples": [asdict(pair) for pair in islice(kept, 0, None, max(1, len(kept) // SAMPLES))][:SAMPLES],
    }


def seconds_to_write(settings: BackTranslationSettings, inputs: BackTranslationInputs, texts: Sequence[str]) -> float:
    """About how long it takes to translate the texts: a few of them are, from all places alike."""
    translator = _translator(settings, inputs.run)
    write = _writer(translator, settings.search, seed=0)
    some = texts[:: max(1, len(texts) // TRIED)]
    began = time.perf_counter()
    write(some)
    return (time.perf_counter() - began) * len(texts) / max(1, len(some))


def _translator(settings: BackTranslationSettings, run: Path) -> Translator:
    """Who translates; one text each."""
    from groundup.recipe.answering import answering
    from groundup.tasks.translation import Translator

    changes: dict[str, Any] = {"n_best": 1} | ({"beams": 1} if settings.search == "greedy" else {})
    translator = answering(run, "translation", **changes).predictor
    assert isinstance(translator, Translator)
    return translator


def _written_by_people(bench: Bench) -> int:
    """The pairs of the recipe's own that passed the gate."""
    return len(read_written(bench.parents["examples"].file("train.jsonl"), "translation"))


def _held_out(bench: Bench) -> Iterator[str]:
    """The targets that the model is to be measured by."""
    examples = bench.parents["examples"]
    for part in ("validation", "test"):
        yield from (pair.target for pair in read_written(examples.file(f"{part}.jsonl"), "translation"))


def _is_too_long(translator: Translator, run: Path) -> Callable[[str], bool]:
    """Whether a text has more tokens than those that the run learned with."""
    from groundup.store.artefact import open_artefact

    facts = open_artefact(run / "finetune", verify=False).manifest.facts
    # One is the end token's.
    return lambda text: len(translator.coders.source.encode(text)) >= facts["task"]["context"]


def _writer(translator: Translator, search: str, seed: int) -> Write:
    """What translates many texts at once."""
    from groundup.decoding.many import write_many
    from groundup.decoding.settings import SamplingSettings

    # Drawn as they are likely: sharpened, they would be the likeliest texts with some noise.
    drawn = SamplingSettings(tokens=translator.search.tokens, temperature=1.0, seed=seed)
    settings = drawn if search == "sampling" else translator.search
    coders = translator.coders

    def write(texts: Sequence[str]) -> list[str]:
        found = write_many(translator.engine, coders.target, texts, settings, source_coder=coders.source)
        return [best[0].text for best in found]

    return write


def _made(texts: Sequence[str], write: Write, name: str, bench: Bench) -> list[Pair]:
    """A pair for each text; those that a run before has written are not written again."""
    path = bench.draft / MADE
    pairs = _found(path, texts, name)
    if pairs:
        bench.progress(f"going on behind {len(pairs):,} texts that were translated back before")

    def tell(what: str, done: float = 0, total: float | None = None) -> None:
        bench.progress(what, done, len(texts))

    with path.open("a", encoding="utf-8") as file:
        for pair in back_translate(texts, write, name=name, batch=PIECE, done=len(pairs), progress=tell):
            pairs.append(pair)
            file.write(_line(pair))
            if len(pairs) % PIECE == 0 or len(pairs) == len(texts):
                file.flush()
                os.fsync(file.fileno())
    return pairs


def _found(path: Path, texts: Sequence[str], name: str) -> list[Pair]:
    """The pairs in the file that a run before has left; what is not whole behind them is cut off."""
    pairs: list[Pair] = []
    if not path.is_file():
        return pairs
    whole = 0
    with path.open("rb") as file:
        for number, (line, text) in enumerate(zip(file, texts, strict=False), 1):
            try:
                pair = Pair(**json.loads(line))
            except (ValueError, TypeError):
                break
            if not line.endswith(b"\n") or (pair.id, pair.target) != (f"{ORIGIN}{name}#{number}", text):
                break
            pairs.append(pair)
            whole += len(line)
    os.truncate(path, whole)
    return pairs


def _line(pair: Pair) -> str:
    return json.dumps(asdict(pair), ensure_ascii=False) + "\n"
