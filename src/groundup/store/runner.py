"""The stage runner behind `groundup build`: what is done is not done again, what was killed goes on.

A stage's fingerprint follows from its settings and its parents' fingerprints, never from what the stages
wrote, so all of them are known, and all contradictions with what is in the run folder found, before any work
begins.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from groundup.errors import GroundupError
from groundup.progress import SILENT, Progress
from groundup.store.artefact import DRAFT, Artefact, discard, open_artefact, publish, sweep
from groundup.store.files import room_checked
from groundup.store.fingerprint import Plain, fingerprint, plain
from groundup.store.lock import locked
from groundup.store.manifest import MANIFEST, Manifest


@dataclass(frozen=True)
class Bench:
    """What a stage works with. `draft` may hold what a killed run of this fingerprint left: go on there."""

    draft: Path
    parents: Mapping[str, Artefact]
    seed: int
    fingerprint: str
    progress: Progress


@dataclass(frozen=True)
class Stage:
    """One step of a run: `work` fills the bench's draft and returns facts for the manifest.

    `inputs` is the fingerprint of data from outside the run. `version` goes up when the same settings come to
    mean other output.
    """

    name: str
    settings: Any
    parents: tuple[str, ...]
    work: Callable[[Bench], dict[str, Any]]
    version: int = 1
    inputs: str = ""
    worth: Literal["little", "something", "hours"] = "something"
    """What throwing its result away costs: little is made again unasked when the recipe changes, something on demand
    only, and where it is hours, what is unfinished too is thrown away on demand only."""
    section: str | None = None
    """The recipe's section that the settings are, for naming keys; None: that of the stage's name, "": several."""
    apart: tuple[str, ...] = ()
    """Settings, by their keys within `settings` with dots between, that say what to do after a mishap and not what is
    made: the stage goes on, or stays done, under others."""

    def key(self, name: str) -> str:
        """What a recipe calls the setting `name` of this stage."""
        section = self.name if self.section is None else self.section
        return f"{section}.{name}" if section else name


def stage_fingerprints(stages: Sequence[Stage], seed: int) -> dict[str, str]:
    """The fingerprint of each stage by name. Parents must come before their children."""
    found: dict[str, str] = {}
    for stage in stages:
        assert stage.name not in found, f"two stages are called {stage.name}"
        parents = {parent: found[parent] for parent in stage.parents}
        found[stage.name] = fingerprint(stage.name, stage.version, _told_by(stage), parents, seed, stage.inputs)
    return found


def _told_by(stage: Stage) -> Plain:
    """The settings that the stage's result is known by."""
    settings = plain(stage.settings)
    for key in stage.apart:
        *sections, name = key.split(".")
        holder = settings
        for section in sections:
            holder = holder[section]
        del holder[name]
    return settings


def run_stages(
    stages: Sequence[Stage],
    out: Path,
    *,
    seed: int,
    progress: Progress = SILENT,
    replace: bool = False,
) -> dict[str, Artefact]:
    """Run the stages that are not done yet, in order, in the run folder `out`; all artefacts by stage name.

    A stage done under other settings is a GroundupError before anything runs, unless `replace`: then it is
    made again, and the old one stays until the new one is whole. What an interrupted stage left in its draft
    is kept, and the stage finds it there when it is run again with the same fingerprint.
    """
    expected = stage_fingerprints(stages, seed)
    with locked(out):
        sweep(out, drafts=False)
        done = {}
        for stage in stages:
            artefact = _done_before(stage, out / stage.name, expected, seed, replace or stage.worth == "little")
            if artefact is not None:
                done[stage.name] = artefact
            elif stage.worth == "hours" and not replace:
                _refuse_to_forget(stage, out, expected[stage.name])
        unread = set(done)
        for stage in stages:
            name = stage.name
            if name in done:
                progress(f"{name}: done before ({expected[name][:12]})", 0, 0)
                continue
            for parent in unread.intersection(stage.parents):
                # Sizes sufficed to skip it; before its bytes are used, every one of them is checked.
                done[parent] = open_artefact(out / parent, progress=progress)
                unread.discard(parent)
            done[name] = _run(stage, out, {parent: done[parent] for parent in stage.parents}, expected, seed, progress)
    return {stage.name: done[stage.name] for stage in stages}


def _done_before(stage: Stage, folder: Path, expected: Mapping[str, str], seed: int, replace: bool) -> Artefact | None:
    """The stage's artefact if it is there with the expected fingerprint, None if it is to be made."""
    if not folder.exists():
        return None
    if not (folder / MANIFEST).exists():
        raise GroundupError(
            f"{folder} is in the way: it has no {MANIFEST}, so it is not a result of Groundup.",
            f"Move {folder} away, or choose another --out.",
        )
    try:
        artefact = open_artefact(folder, verify=False)
    except GroundupError:
        if replace:
            return None
        raise
    if artefact.manifest.fingerprint == expected[stage.name]:
        return artefact
    if replace:
        return None
    raise GroundupError(
        f"{folder} was made by another recipe: {_differences(stage, artefact.manifest, expected, seed)}.",
        "Choose another --out to keep both, or add --replace to make this one again.",
    )


def _run(
    stage: Stage,
    out: Path,
    parents: Mapping[str, Artefact],
    expected: Mapping[str, str],
    seed: int,
    progress: Progress,
) -> Artefact:
    mark = expected[stage.name]
    draft = _draft(stage, out, mark)
    for other in _other_drafts(stage, out, mark):
        discard(other)
    began = time.monotonic()
    with room_checked(draft):
        draft.mkdir(exist_ok=True)
        facts = stage.work(Bench(draft, parents, seed, mark, progress))
    return publish(
        draft,
        out / stage.name,
        stage=stage.name,
        fingerprint=mark,
        settings=stage.settings,
        seed=seed,
        parents={parent: expected[parent] for parent in stage.parents},
        # A stage that went on from a draft knows its whole time better than this clock.
        facts={"seconds": round(time.monotonic() - began, 3), **facts},
        keep_draft=True,
    )


def _draft(stage: Stage, out: Path, mark: str) -> Path:
    return out / f"{DRAFT}{stage.name}-{mark[:12]}"


def _other_drafts(stage: Stage, out: Path, mark: str) -> list[Path]:
    """Unfinished work on this stage by other recipes."""
    drafts = sorted(out.glob(f"{DRAFT}{stage.name}-{'[0-9a-f]' * 12}"))
    return [draft for draft in drafts if draft != _draft(stage, out, mark)]


def _refuse_to_forget(stage: Stage, out: Path, mark: str) -> None:
    """GroundupError where making this stage would throw away what another recipe left unfinished."""
    for other in _other_drafts(stage, out, mark):
        if any(other.iterdir()):
            raise GroundupError(
                f"{other} holds unfinished work on the {stage.name} stage by another recipe, or by this one with other "
                "settings.",
                "Go on with that recipe, choose another --out, or add --replace to throw the unfinished work away.",
            )


def _differences(stage: Stage, old: Manifest, expected: Mapping[str, str], seed: int) -> str:
    """What differs between a done stage and the one asked for: keys with their old and new values."""
    before, now = _flat(old.settings, stage.key("")), _flat(plain(stage.settings), stage.key(""))
    before["seed"], now["seed"] = old.seed, seed
    absent = object()
    changes = [
        f"{key} was {_shown(before, key)}, now {_shown(now, key)}"
        for key in sorted(before.keys() | now.keys())
        if before.get(key, absent) != now.get(key, absent)
    ]
    changes += [f"it was made from another {name}" for name, mark in old.parents.items() if expected.get(name) != mark]
    return "; ".join(changes) or "its settings are the same, but the data it reads or the way it works has changed"


def _flat(settings: Plain, prefix: str = "") -> dict[str, Any]:
    """Settings by dotted key."""
    if not isinstance(settings, dict):
        return {prefix.rstrip("."): settings}
    found: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, dict) and value:
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found


def _shown(settings: Mapping[str, Any], key: str) -> str:
    return repr(settings[key]) if key in settings else "not set"
