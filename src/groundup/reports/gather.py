"""Everything a report says, read from a run folder: manifests, the account, the training log, the samples.

All parts are optional, so that a run that is going on, or was killed, can be looked at. What a finished
artefact says is checked against its manifest before it is believed; a draft has no manifest yet.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from groundup.errors import DamagedError, GroundupError
from groundup.reports.document import Looks
from groundup.reports.log import Log, Sample, read_log, read_sample
from groundup.reports.looking import looks_in
from groundup.reports.loose import entries, number
from groundup.reports.predictions import Shown, shown
from groundup.store.artefact import DRAFT, Artefact, open_artefact
from groundup.store.fingerprint import file_sha256, fingerprint

# In the order in which they are built; a stage not named here is shown after these.
STAGES = (
    "documents",
    "corpus",
    "examples",
    "back_translation",
    "tokenizer",
    "shards",
    "pretrain",
    "samples",
    "finetune",
    "ngrams",
    "test",
)
# Those that train, the last of them first.
TRAININGS = ("finetune", "pretrain")
_CALLED = ("name", "description")
RECIPE, ACCOUNT, METRICS, SAMPLES = "recipe.yaml", "account.json", "metrics.jsonl", "samples.jsonl"
MODEL, PREDICTIONS, LOOKS, NOTHING = "model.json", "predictions.jsonl", "looks.json", "nothing.json"
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
    """Of a corpus or of examples: a fingerprint of what is held out to measure on while the model learns."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The SHA-256 of each file."""

    @property
    def seconds(self) -> float:
        """How long the stage took; NaN where nobody measured."""
        return number(self.facts.get("seconds"))


@dataclass(frozen=True)
class Facts:
    """A run, as far as it has come, seen from its last training: that of the task, where there is one.

    `training` is "finished", "unfinished" or "none" (nothing logged yet); `trained` is the stage it is.
    """

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
    trained: str = "pretrain"
    earlier: Facts | None = None
    """The same run, seen from the pretraining before."""
    shown: tuple[Shown, ...] = ()
    """A few of the examples that the model was judged on, with what it said."""
    looks: tuple[Looks, ...] = ()
    """Where it looked while it wrote."""
    nothing: str = ""
    """What a build of the corpus said that ended with nothing, after the corpus that is there if there is one."""

    def of(self, stage: str) -> Mapping[str, Any]:
        """The facts of a stage; empty while it is not finished."""
        return self.stages[stage].facts if stage in self.stages else {}

    @property
    def learnt(self) -> Mapping[str, Any]:
        """The facts of the training; empty while it is not finished."""
        return self.of(self.trained)

    @property
    def members(self) -> tuple[Mapping[str, Any], ...]:
        """What each of several models says of itself that learned side by side; empty where there is one."""
        return tuple(entries(self.learnt.get("members")))

    @property
    def task(self) -> str:
        """The kind of task the run is for; "" where it has none."""
        return str(self.of("examples").get("kind", ""))

    @property
    def seconds(self) -> float:
        """The time of all finished stages together; NaN where none was measured."""
        known = [seconds for seconds in map(self.seconds_of, self.stages) if math.isfinite(seconds)]
        return sum(known) if known else float("nan")

    def seconds_of(self, stage: str) -> float:
        """The time of a finished stage; a training's is as `training_seconds` has it."""
        seen = next((seen for seen in (self, self.earlier) if seen is not None and seen.trained == stage), None)
        return self.stages[stage].seconds if seen is None else seen.training_seconds

    @property
    def training_seconds(self) -> float:
        """The training alone, to its last measuring, which belongs to the budget too; NaN where nobody measured."""
        ends = (self.figure("seconds"), *(step.seconds for step in self.log.validation[-1:]))
        return max((end for end in ends if math.isfinite(end)), default=float("nan"))

    def figure(self, name: str) -> float:
        """A figure of the training: as recorded at its end, else the newest in the log, else NaN."""
        recorded = number(self.learnt.get(name))
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
    logs = {stage: _log(run, artefacts, stage) for stage in TRAININGS}
    recipe = run / RECIPE
    if not artefacts and not any(state != "none" for state, _ in logs.values()) and not recipe.is_file():
        raise GroundupError(
            f"The folder {run} is not a run: it holds neither {RECIPE} nor a finished stage.",
            "Name the folder that `groundup build` was given as --out.",
        )
    samples: tuple[Sample, ...] = ()
    if "samples" in artefacts:
        samples = _samples(_text(artefacts["samples"], SAMPLES))
    text = _decoded(recipe) if recipe.is_file() else ""
    name, description = _called(text)
    first = Facts(
        name=name or run.resolve().name,
        description=description,
        recipe=text,
        stages={name: _stage(artefact) for name, artefact in artefacts.items()},
        account=_account(artefacts),
        training=logs["pretrain"][0],
        log=logs["pretrain"][1],
        samples=samples,
        model=_model(artefacts, "pretrain"),
        shown=_shown(artefacts),
        looks=looks_in(_text(artefacts["test"], LOOKS)) if "test" in artefacts else (),
        nothing=_nothing(run),
    )
    training, log = logs["finetune"]
    # A finished pretraining is only half of a run that has a task.
    if training == "none" and first.training == "finished" and "examples" in artefacts:
        return replace(first, training="unfinished")
    if training == "none":
        return first
    earlier = None if first.training == "none" else first
    model = _model(artefacts, "finetune")
    return replace(first, training=training, log=log, model=model, trained="finetune", earlier=earlier)


def _log(run: Path, artefacts: Mapping[str, Artefact], stage: str) -> tuple[str, Log]:
    """How far a training has come, and its log."""
    if stage in artefacts:
        return "finished", read_log(io.StringIO(_text(artefacts[stage], METRICS)))
    drafts = sorted(run.glob(f"{DRAFT}{stage}-*/{METRICS}"), key=lambda path: path.stat().st_mtime)
    return ("unfinished", read_log(io.StringIO(_decoded(drafts[-1])))) if drafts else ("none", Log())


def _nothing(run: Path) -> str:
    for path in run.glob(f"{DRAFT}corpus-*/{NOTHING}"):
        try:
            note = json.loads(_decoded(path))
        except (ValueError, RecursionError):
            continue
        return str(note.get("message", "")) if isinstance(note, dict) else ""
    return ""


def _model(artefacts: Mapping[str, Artefact], stage: str) -> str:
    return _text(artefacts[stage], MODEL) if stage in artefacts else ""


def _shown(artefacts: Mapping[str, Artefact]) -> tuple[Shown, ...]:
    if "test" not in artefacts or "examples" not in artefacts:
        return ()
    examples, test = artefacts["examples"], artefacts["test"]
    told = _text(examples, f"{test.manifest.facts.get('part', 'test')}.jsonl")
    return shown(str(examples.manifest.facts.get("kind", "")), told, _text(test, PREDICTIONS))


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
        files={name: entry.sha256 for name, entry in manifest.files.items()},
    )


def _held_out(artefact: Artefact) -> str:
    files = artefact.manifest.files
    hashes = [files[name].sha256 for name in sorted(files) if name.startswith((f"{VALIDATION}/", f"{VALIDATION}."))]
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
