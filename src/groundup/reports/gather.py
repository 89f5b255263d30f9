"""Everything a report says, read from a run folder: manifests, the account, the training log, the samples.

All parts are optional, so that a run that is going on, or was killed, can be looked at. What a finished
artefact says is checked against its manifest before it is believed; a draft has no manifest yet.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundup.errors import DamagedError, GroundupError
from groundup.reports.log import Log, Sample, read_log, read_sample
from groundup.reports.loose import number
from groundup.store.artefact import DRAFT, Artefact, open_artefact
from groundup.store.fingerprint import file_sha256, fingerprint

# In the order in which they are built; a stage not named here is shown after these.
STAGES = ("corpus", "tokenizer", "shards", "pretrain", "samples")
_CALLED = ("name", "description")
RECIPE, ACCOUNT, METRICS, SAMPLES = "recipe.yaml", "account.json", "metrics.jsonl", "samples.jsonl"
MODEL = "model.json"
# The folder of a corpus that holds what is measured on.
VALIDATION = "validation"


@dataclass(frozen=True)
class StageFacts:
    """What the manifest of one finished stage says."""

    name: str
    fingerprint: str
    seed: int
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    facts: Mapping[str, Any]
    bytes: int
    held_out: str = ""
    """Of a corpus: a fingerprint of its held-out text."""

    @property
    def seconds(self) -> float:
        """How long the stage took; NaN where nobody measured."""
        return number(self.facts.get("seconds"))


@dataclass(frozen=True)
class Facts:
    """A run, as far as it has come. `training` is "finished", "unfinished" or "none" (nothing logged yet)."""

    name: str
    description: str = ""
    recipe: str = ""
    stages: Mapping[str, StageFacts] = field(default_factory=dict)
    account: Mapping[str, Any] = field(default_factory=dict)
    training: str = "none"
    log: Log = field(default_factory=Log)
    samples: tuple[Sample, ...] = ()
    model: str = ""
    """What the trained model is, as its `model.json` says it; empty where there is none yet."""

    def of(self, stage: str) -> Mapping[str, Any]:
        """The facts of a stage; empty while it is not finished."""
        return self.stages[stage].facts if stage in self.stages else {}

    @property
    def seconds(self) -> float:
        """The time of all finished stages together; NaN where none was measured."""
        known = [stage.seconds for stage in self.stages.values() if math.isfinite(stage.seconds)]
        return sum(known) if known else float("nan")

    def figure(self, name: str) -> float:
        """A figure of pretraining: as recorded at its end, else the newest in the log, else NaN."""
        recorded = number(self.of("pretrain").get(name))
        if not math.isnan(recorded):
            return recorded
        if name == "validation_loss":
            return self.log.validation[-1].loss if self.log.validation else float("nan")
        if name in ("perplexity", "bits_per_byte"):
            return getattr(self.log.validation[-1], name) if self.log.validation else float("nan")
        if name in ("tokens_per_second", "tokens", "seconds"):
            return getattr(self.log.train[-1], name) if self.log.train else float("nan")
        if name == "steps":
            return self.log.train[-1].step if self.log.train else float("nan")
        return float("nan")


def gather(run: Path) -> Facts:
    """Read the run folder `run`.

    Raises GroundupError if it is none, and DamagedError, naming the file, if one is not as it was written.
    """
    if not run.is_dir():
        raise GroundupError(f"There is no folder {run}.", "Name the folder that `groundup build` was given as --out.")
    artefacts = _artefacts(run)
    drafts = sorted(run.glob(f"{DRAFT}pretrain-*/{METRICS}"), key=lambda path: path.stat().st_mtime)
    recipe = run / RECIPE
    if not artefacts and not drafts and not recipe.is_file():
        raise GroundupError(
            f"The folder {run} is not a run: it holds neither {RECIPE} nor a finished stage.",
            "Name the folder that `groundup build` was given as --out.",
        )
    training, log = "none", Log()
    samples: tuple[Sample, ...] = ()
    if "pretrain" in artefacts:
        training = "finished"
        log = read_log(io.StringIO(_text(artefacts["pretrain"], METRICS)))
    elif drafts:
        training = "unfinished"
        log = read_log(io.StringIO(_decoded(drafts[-1])))
    if "samples" in artefacts:
        samples = _samples(_text(artefacts["samples"], SAMPLES))
    text = _decoded(recipe) if recipe.is_file() else ""
    name, description = _called(text)
    return Facts(
        name=name or run.resolve().name,
        description=description,
        recipe=text,
        stages={name: _stage(artefact) for name, artefact in artefacts.items()},
        account=_account(artefacts),
        training=training,
        log=log,
        samples=samples,
        model=_text(artefacts["pretrain"], MODEL) if "pretrain" in artefacts else "",
    )


def _called(recipe: str) -> tuple[str, str]:
    """The name and the description that a recipe gives its run; "" where it gives none or cannot be read."""
    import yaml

    try:
        found = yaml.safe_load(recipe)
    except (yaml.YAMLError, ValueError, RecursionError):
        return "", ""
    if not isinstance(found, dict):
        return "", ""
    # Text or nothing: a nest of aliases would unfold without end.
    name, description = (str(text).strip() if isinstance(text := found.get(key), str | int) else "" for key in _CALLED)
    return name, description


def _artefacts(run: Path) -> dict[str, Artefact]:
    found = {path.parent.name: path.parent for path in sorted(run.glob("*/manifest.json"))}
    found.pop("report", None)
    order = [name for name in STAGES if name in found]
    order += [name for name in found if name not in STAGES and not name.startswith(".")]
    # The weights and the corpus itself are not read here, so their hashes are not asked for.
    return {name: open_artefact(found[name], verify=False) for name in order}


def _stage(artefact: Artefact) -> StageFacts:
    manifest = artefact.manifest
    return StageFacts(
        name=artefact.path.name,
        fingerprint=manifest.fingerprint,
        seed=manifest.seed,
        settings=manifest.settings if isinstance(manifest.settings, dict) else {},
        versions=manifest.versions,
        facts=manifest.facts,
        bytes=manifest.bytes,
        held_out=_held_out(artefact),
    )


def _held_out(artefact: Artefact) -> str:
    files = artefact.manifest.files
    hashes = [files[name].sha256 for name in sorted(files) if name.startswith(f"{VALIDATION}/")]
    return fingerprint(hashes) if hashes else ""


def _account(artefacts: Mapping[str, Artefact]) -> Mapping[str, Any]:
    if "corpus" not in artefacts:
        return {}
    text = _text(artefacts["corpus"], ACCOUNT)
    if not text:
        return {}
    try:
        account = json.loads(text)
    except (ValueError, RecursionError):
        account = None
    if not isinstance(account, dict):
        raise DamagedError(
            f"The account {artefacts['corpus'].file(ACCOUNT)} is not one JSON object.",
            "Delete the folder that holds it and build again.",
        )
    return account


def _samples(text: str) -> tuple[Sample, ...]:
    samples = []
    for line in io.StringIO(text):
        try:
            samples.append(read_sample(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue
    return tuple(samples)


def _text(artefact: Artefact, name: str) -> str:
    """A file of a finished artefact, believed only if it is as it was written; "" where it has none."""
    entry = artefact.manifest.files.get(name)
    if entry is None:
        return ""
    path = artefact.file(name)
    if file_sha256(path) != entry.sha256:
        raise DamagedError(
            f"The file {path} is damaged: its SHA-256 is not the one in the manifest.",
            f"Delete the folder {artefact.path} and build again.",
        )
    return _decoded(path)


def _decoded(path: Path) -> str:
    # A kill can cut a character in two; the sign for that is better than no report.
    return path.read_text(encoding="utf-8", errors="replace")
