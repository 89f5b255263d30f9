"""A realistic run folder, made by hand: what the stages would leave after 200 seconds of training on plays."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from groundup.store.artefact import publish

RECIPE = """# The resolved recipe
name: Plays & sonnets
description: A small model of Shakespeare.
seed: 1
corpus:
  sources:
    - data: shakespeare
pretrain:
  budget: 180 seconds
"""

SAMPLE = {"id": "plays/1ws4110_gut.txt", "title": "The Tempest", "sample": "*** START OF THIS <b>EBOOK</b>"}
ACCOUNT: dict[str, Any] = {
    "cleaning": "standard",
    "documents": {"read": 74, "kept": 41, "dropped": 33},
    "characters": {
        "read": 11_200_000,
        "kept": 5_600_000,
        "dropped": 5_000_000,
        "cut": 520_000,
        "dropped_lines": 70_000,
        "edited_away": 10_000,
    },
    "train": {"documents": 37, "characters": 5_040_000, "bytes": 5_100_000},
    "validation": {"documents": 4, "characters": 560_000, "bytes": 570_000},
    "split": {"by": "documents", "fraction": 0.1, "cut_document": ""},
    "sources": [
        {
            "source": "shakespeare",
            "licence": "public domain",
            "files": 74,
            "documents_read": 74,
            "documents_kept": 41,
            "documents_dropped": 33,
            "characters_read": 11_200_000,
            "characters_kept": 5_600_000,
            "characters_dropped": 5_000_000,
            "characters_removed": 600_000,
        }
    ],
    "rules": [
        {
            "stage": "extract",
            "rule": "gutenberg header",
            "action": "cut",
            "documents": 74,
            "characters": 520_000,
            "samples": [SAMPLE],
        },
        {
            "stage": "duplicates",
            "rule": "near duplicates",
            "action": "drop",
            "documents": 33,
            "characters": 5_000_000,
            "samples": [],
        },
    ],
    "removed": [
        {
            "category": "Cf",
            "characters": 12,
            "commonest": [{"character": "\u200b", "name": "U+200B ZERO WIDTH SPACE", "count": 12}],
        }
    ],
    "clusters": [
        {
            "rule": "near duplicates",
            "kept": "plays/1ws4110.txt",
            "title": "The Tempest",
            "dropped": [{"id": "plays/0ws4110.txt", "title": "The Tempeſt", "similarity": 0.41}],
        }
    ],
    "clusters_found": 33,
    "plan": "0" * 64,
}


def metrics(steps: int = 1200) -> list[dict[str, Any]]:
    """The log of a run that learns as such runs do."""
    lines: list[dict[str, Any]] = []
    for step in range(10, steps + 1, 10):
        loss = 1.35 + 2.8 * math.exp(-step / 90) + 0.9 * math.exp(-step / 700) + 0.05 * math.sin(step * 7)
        place = {"step": step, "tokens": step * 2048}
        lines.append(
            {
                "event": "train",
                **place,
                "loss": loss,
                "learning_rate": 0.02 * min(step / 100, 1, (steps - step) / 400 + 0.02),
                "gradient_norm": 0.4 + 1.5 * math.exp(-step / 60),
                "tokens_per_second": 14_000 + 300 * math.sin(step),
                "seconds": step * 0.15,
            }
        )
        if step % 150 == 0 or step == 10:
            held = loss + 0.05 + step / 15_000
            lines.append(
                {
                    "event": "validation",
                    **place,
                    "loss": held,
                    "perplexity": math.exp(held),
                    "bits_per_byte": held / math.log(2),
                    "seconds": step * 0.15,
                }
            )
            text = "KING HENRY:\nWhat say you, my lord?\n" if step > 500 else "hte aond wi, sthe\n"
            lines.append({"event": "sample", **place, "prompt": "", "text": text * 4})
    return lines


def as_lines(events: list[dict[str, Any]]) -> str:
    """JSON lines."""
    return "".join(json.dumps(event) + "\n" for event in events)


def put(run: Path, stage: str, files: dict[str, str], facts: dict[str, Any], **settings: Any) -> None:
    """Publish one stage of a run."""
    draft = run / f".draft-{stage}-{'0' * 12}"
    draft.mkdir(parents=True)
    for name, text in files.items():
        (draft / name).write_text(text, encoding="utf-8")
    publish(
        draft,
        run / stage,
        stage=stage,
        fingerprint=f"{stage[0].encode().hex()}" * 32,
        settings=settings,
        seed=1,
        parents={},
        facts=facts,
    )


PRETRAIN_FACTS = {
    "seconds": 181.2,
    "steps": 1200,
    "tokens": 2_457_600,
    "epochs": 2.45,
    "validation_loss": 1.4712,
    "perplexity": 4.3545,
    "bits_per_byte": 2.1225,
    "parameters": 1_796_352,
    "tokens_per_second": 13_950.4,
    "flops": 2.9e13,
    "flops_per_second": 1.6e11,
    "budget": "180 seconds",
    "batch": 16,
    "context": 128,
    "precision": "float32",
    "device": "cpu",
    "threads": 2,
    "compiled": False,
    "shape": {"depth": 4, "width": 192, "heads": 6},
    "machine": {"processor": "An Example at 2.5 GHz", "cores": 2, "memory": 8_000_000_000},
    "layers": [{"name": "embedding", "shape": [65, 192], "parameters": 12_480}],
}


def build(run: Path, log: str | None = None, samples: list[dict[str, Any]] | None = None) -> Path:
    """A finished run at `run`, all but its report."""
    run.mkdir(parents=True)
    (run / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    put(run, "corpus", {"account.json": json.dumps(ACCOUNT)}, {"seconds": 12.5})
    tokenizer = {
        "kind": "character",
        "vocabulary": 65,
        "vocabulary_used": 64,
        "bytes_per_token": 1.0,
        "characters_per_token": 1.0,
        "unknown_rate": 0.0,
        "longest_tokens": ["the ", "and\n"],
        "frequent_tokens": [{"token": " ", "count": 900}, {"token": "e", "count": 500}],
        "seconds": 0.4,
    }
    put(run, "tokenizer", {}, tokenizer)
    shards = {
        "seconds": 0.9,
        "train": {"tokens": 1_003_854, "documents": 1, "bytes": 1_003_854},
        "validation": {"tokens": 111_540, "documents": 1, "bytes": 111_540},
    }
    put(run, "shards", {}, shards)
    given = [{"prompt": "ROMEO:", "text": "ROMEO:\nGood night, sweet <lord>.", "seed": 7, "temperature": 0.8}]
    files = {"metrics.jsonl": as_lines(metrics()) if log is None else log}
    put(run, "pretrain", files, PRETRAIN_FACTS, budget="180 seconds", model={"context": 128})
    put(run, "samples", {"samples.jsonl": as_lines(given if samples is None else samples)}, {"seconds": 1.5})
    return run
