"""Tiny runs of every kind of task, with the data they learn from: each is built once in a session, when asked for."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What they do, and how they are called: enough for a model to have something to tell apart.
WHO, WHERE = ("Mary", "John", "Daniel", "Sandra"), ("garden", "kitchen", "office", "hallway")
ENGLISH, GERMAN = ("a dog runs", "two men talk", "the girl sings"), ("ein hund rennt", "zwei leute reden", "es singt")
PLACES = (("in the park", "im park"), ("at home", "zuhause"), ("by the sea", "am meer"), ("near town", "bei der stadt"))

TRAINING = {"precision": "float32", "compile": "no", "validations": 1, "sample_tokens": 0, "batch": 4}
BOTH = {"encoder": ["attention", "relu"], "decoder": ["attention", "cross", "relu"]}
SEARCH = {"beams": 2, "length_penalty": 1.0}
CORPUS = {
    "sources": [{"data": "text.txt", "kind": "files"}],
    "near_duplicates": None,
    "validation": {"by": "characters", "fraction": 0.2},
}


@dataclass(frozen=True)
class TaskRun:
    """A finished run, and what it was made from."""

    folder: Path
    """Where its data lie, the recipe among them."""
    run: Path
    said: list[str] = field(default_factory=list)
    """What the build told whoever watched."""

    @property
    def recipe(self) -> Path:
        return self.folder / "recipe.yaml"

    def facts(self, stage: str) -> dict[str, Any]:
        """What a stage wrote down."""
        facts: dict[str, Any] = json.loads((self.run / stage / "manifest.json").read_text())["facts"]
        return facts


def write_reviews(folder: Path) -> None:
    """Reviews in all kinds of tables: reviews.csv to learn from, and the same as .tsv, .jsonl and .txt."""
    chance = random.Random(1)
    rows = []
    for number in range(48):
        word = ("superb", "joyful") if number % 2 else ("dreadful", "boring")
        text = f"A {chance.choice(word)} film of the {chance.choice(WHERE)} number {number}"
        rows.append((text, "good" if number % 2 else "bad"))
    (folder / "reviews.csv").write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    (folder / "reviews.tsv").write_text("label\ttext\n" + "".join(f"{label}\t{text}\n" for text, label in rows))
    (folder / "reviews.jsonl").write_text(
        "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows)
    )
    # Columns of names that say nothing, and a row without text.
    lines = "".join(f"{text},{label}\n" for text, label in rows)
    (folder / "odd.csv").write_text(f"Column A,Column B\n{lines},good\n")
    (folder / "text.txt").write_text("".join(f"{text}.\n" for text, _ in rows) * 4)


def write_pairs(folder: Path) -> None:
    """Parallel files."""
    pairs = [
        (f"{one} {place} {n}", f"{other} {there} {n}")
        for n in range(4)
        for one, other in zip(ENGLISH, GERMAN, strict=True)
        for place, there in PLACES
    ]
    (folder / "train.en").write_text("".join(f"{one}\n" for one, _ in pairs))
    (folder / "train.de").write_text("".join(f"{other}\n" for _, other in pairs))
    (folder / "text.txt").write_text("".join(f"{one}. {other}.\n" for one, other in pairs) * 4)


def write_passages(folder: Path) -> None:
    """SQuAD's JSON."""
    data = []
    for number, (who, where) in enumerate((who, where) for who in WHO for where in WHERE):
        context = f"{who} went to the {where} at {number} o'clock and stayed there."
        asked = {
            "id": f"q{number}",
            "question": f"Where did {who} go?",
            "answers": [{"text": where, "answer_start": context.index(where)}],
        }
        data.append({"title": str(number), "paragraphs": [{"context": context, "qas": [asked]}]})
    (folder / "squad.json").write_text(json.dumps({"version": "1.1", "data": data}))


def write_stories(folder: Path) -> None:
    """A file of bAbI."""
    stories = (
        f"1 {who} moved to the {where}.\n2 {other} slept.\n3 Where is {who}? \t{where}\t1\n"
        for who in WHO
        for where in WHERE
        for other in WHO[:2]
    )
    (folder / "qa1_single_train.txt").write_text("".join(stories))


def recipe(task: dict[str, Any], model: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """The recipe of a run that is as small as one can be."""
    return {
        "name": "Tiny",
        "task": task,
        "tokenizer": {"kind": "bpe", "vocabulary": 320},
        "model": {"size": 1, "width": 16, "context": 48, **model},
        "finetune": {**TRAINING, "budget": "8 steps", "unfreeze": 0.0, "checkpoint_every": "2 steps"},
        **sections,
    }


CLASSES = {"kind": "classification", "train": "reviews.csv", "test_share": 0.2}
PAIRS = {"kind": "translation", "train": "train", "columns": {"source": "en", "target": "de"}, "search": SEARCH}
SPANS = {"kind": "questions", "train": "squad.json", "stride": 8, "longest_question": 12}
POINTING = {"encoder": ["attention", "relu"], "decoder": [], "segments": 2}

# Name -> who writes its data, and its recipe.
RUNS: dict[str, tuple[Any, dict[str, Any]]] = {
    "classification": (write_reviews, recipe(CLASSES, {})),
    "pooled": (write_reviews, recipe({**CLASSES, "ngrams": {"words": 2, "letters": 3}}, {})),
    "pretrained": (
        write_reviews,
        recipe(
            CLASSES,
            {},
            corpus=CORPUS,
            pretrain={**TRAINING, "budget": "10 steps", "warmup": 0},
            samples={"sampling": {"tokens": 4}},
            finetune={**TRAINING, "budget": "2 steps", "unfreeze": 0.0, "rate_factor": 1e-6},
        ),
    ),
    "translation": (write_pairs, recipe(PAIRS, BOTH)),
    "separate": (write_pairs, recipe({**PAIRS, "vocabulary": "separate"}, BOTH)),
    "spans": (
        write_passages,
        recipe(SPANS, POINTING),
    ),
    "stories": (
        write_stories,
        recipe(
            {"kind": "questions", "train": "qa1_single_train.txt", "answers": "texts", "search": SEARCH},
            {**BOTH, "sentences": 8},
        ),
    ),
}


def prepare(name: str, folder: Path, **sections: Any) -> Path:
    """Write the data and the recipe of a run into `folder`, with sections changed; the recipe's path."""
    write, whole = RUNS[name]
    folder.mkdir(parents=True, exist_ok=True)
    write(folder)
    changed = {key: {**whole.get(key, {}), **section} for key, section in sections.items()}
    (folder / "recipe.yaml").write_text(json.dumps({**whole, **changed}))
    return folder / "recipe.yaml"


def build_run(name: str, folder: Path) -> TaskRun:
    """A finished run below `folder`."""
    from groundup.recipe.loader import load
    from groundup.recipe.recipe import Recipe
    from groundup.recipe.stages import build

    path, said = prepare(name, folder), []
    build(load(path, Recipe), folder / "run", base=folder, progress=lambda what, *_: said.append(what))
    return TaskRun(folder, folder / "run", said)


def doubled(made: TaskRun, folder: Path) -> tuple[Path, Path]:
    """Below `folder` the run with a second member, and a run that has that one's model alone."""
    import torch

    from groundup.model.files import load_model, save_model

    run, other = folder / "run", folder / "other"
    model = load_model(made.run / "finetune")
    chance = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn(weight.shape, generator=chance), alpha=0.2)
    members = [{"seed": seed, "steps": 8, "validation_loss": 1.5} for seed in (1, 2)]
    for out, place, facts in ((run, "member-2", {"members": members}), (other, ".", {})):
        shutil.copytree(made.run, out)
        draft = out / ".draft-again"
        shutil.copytree(out / "finetune", draft)
        (draft / place).mkdir(exist_ok=True)
        save_model(model, draft / place)
        _publish_again(draft, out / "finetune", facts)
    return run, other


def _publish_again(draft: Path, final: Path, facts: dict[str, Any]) -> None:
    from groundup.store.artefact import open_artefact, publish

    old = open_artefact(final, verify=False).manifest
    (draft / "manifest.json").unlink()
    kept = {"stage": old.stage, "fingerprint": old.fingerprint, "settings": old.settings, "seed": old.seed}
    publish(draft, final, **kept, parents=old.parents, facts={**old.facts, **facts})
