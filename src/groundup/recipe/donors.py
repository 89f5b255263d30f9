"""Other runs that a recipe builds on: one whose tokenizer it takes, and those whose weights its model starts from.

What was taken is written down in the new run, so that it goes on when the others are gone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.errors import GroundupError
from groundup.model.settings import ModelSettings
from groundup.progress import SILENT, Progress
from groundup.recipe.members import count_of
from groundup.recipe.recipe import Recipe
from groundup.store.artefact import DRAFT, Artefact, open_artefact
from groundup.store.files import write_durably
from groundup.store.fingerprint import fingerprint
from groundup.store.manifest import MANIFEST
from groundup.tokens.settings import TokenizerSettings

if TYPE_CHECKING:
    from groundup.model.model import Model

# Stages that leave weights; of a run that has both, those are given that no task has bent to its ends.
TRAININGS = ("pretrain", "finetune")
TOKENIZER, WEIGHTS, DESCRIPTION, ACCOUNT = "tokenizer.json", "model.safetensors", "model.json", "warm_start.json"
FROM_RUN = "from_run"
# Names of new weights that are told at the start; the account has them all.
SHOWN = 6


def finished(reference: str, stages: tuple[str, ...], base: Path | None, key: str) -> Artefact:
    """What the first of `stages` that is done left in the run that `reference` names.

    The reference is a path, from the current folder or else from `base`. Raises GroundupError, which names the recipe's
    `key`, where there is none. Its bytes are not checked yet.
    """
    path = Path(reference).expanduser()
    tried = dict.fromkeys((path.absolute(), (path if base is None else base / path).absolute()))
    for run in tried:
        for stage in stages:
            if (run / stage / MANIFEST).is_file():
                return open_artefact(run / stage, verify=False)
    what = " or ".join(stages)
    raise GroundupError(
        f"{key} is {reference!r}, but there is no finished {what} stage in {' or '.join(map(str, tried))}.",
        "Give the folder of a run that groundup build has finished.",
    )


@dataclass(frozen=True)
class Taken:
    """A tokenizer of another run."""

    fingerprint: str
    """Of its bytes."""
    origin: Artefact
    """That run's or, where it is gone, this run's own, which was taken from there."""


def with_tokenizer(recipe: Recipe, out: Path | None, base: Path | None) -> tuple[Recipe, Taken | None]:
    """The recipe with the settings of the tokenizer that it takes from another run, if it does.

    Raises GroundupError where there is no such run (unless the run folder `out` has its tokenizer already), and where
    the recipe says that the tokenizer is to be otherwise.
    """
    ours = recipe.tokenizer
    if ours.from_run is None:
        return recipe, None
    try:
        origin = finished(ours.from_run, ("tokenizer",), base, f"tokenizer.{FROM_RUN}")
    except GroundupError:
        if out is None or not (out / "tokenizer" / MANIFEST).is_file():
            raise
        origin = open_artefact(out / "tokenizer", verify=False)
        if origin.manifest.settings.get(FROM_RUN) != ours.from_run:
            raise
    known = origin.manifest.settings
    if "kind" not in known:
        raise GroundupError(
            f"tokenizer.{FROM_RUN} is {ours.from_run!r}, a run with a tokenizer for each side of its task.",
            f"Name a run that has one for all, or leave out tokenizer.{FROM_RUN}.",
        )
    names = {field.name for field in fields(TokenizerSettings)}
    theirs = TokenizerSettings(**{name: value for name, value in known.items() if name in names - {FROM_RUN}})
    plain = TokenizerSettings()
    for name in sorted(names - {FROM_RUN}):
        wanted, there = getattr(ours, name), getattr(theirs, name)
        if wanted not in (getattr(plain, name), there):
            raise GroundupError(
                f"tokenizer.{name} is {wanted!r}, but the tokenizer of {ours.from_run} was made with {there!r}.",
                f"Leave out tokenizer.{name}, or tokenizer.{FROM_RUN} to make a new tokenizer.",
            )
    taken = Taken(origin.manifest.files[TOKENIZER].sha256, origin)
    return replace(recipe, tokenizer=replace(theirs, from_run=ours.from_run)), taken


def copy_tokenizer(taken: Taken, folder: Path) -> None:
    """Write the other run's `tokenizer.json` into `folder`; DamagedError where it is not what that run wrote."""
    write_durably(folder / TOKENIZER, open_artefact(taken.origin.path).file(TOKENIZER).read_bytes())


@dataclass(frozen=True)
class Donor:
    """A finished run that gives weights to one side of a new model."""

    side: str
    run: str
    """As the recipe names it."""
    key: str
    """Where the recipe names it."""
    trained: Artefact
    """What it learned: of text or, where it has done nothing else, of a task."""
    tokenizer: Artefact

    @property
    def fingerprint(self) -> str:
        """Of what it is made from and of its weights, which another machine may have made a little otherwise."""
        return fingerprint(self.trained.manifest.fingerprint, self.trained.manifest.files[WEIGHTS].sha256)

    @property
    def labels(self) -> Any:
        """The labels that its head tells apart; None where it has none."""
        return self.trained.manifest.facts.get("task", {}).get("labels")


@dataclass(frozen=True)
class Beginning:
    """Where a new model's weights come from."""

    fingerprint: str
    donors: tuple[Donor, ...]
    missing: GroundupError | None = None
    """Why there are no donors; a run that has gone beyond its beginning needs them no more."""


def beginning_of(recipe: Recipe, out: Path, base: Path | None, stage: str = "pretrain") -> Beginning | None:
    """The donors that the `warm_start` of a training stage names; None where it names none.

    Raises GroundupError where one is missing, unless the run folder `out` holds a run that started from them.
    """
    runs = {side: run for side, run in asdict(getattr(recipe, stage).warm_start).items() if run is not None}
    if not runs:
        return None
    try:
        donors = tuple(_donor(side, run, base, stage) for side, run in runs.items())
    except GroundupError as missing:
        for account in (out / stage / ACCOUNT, *sorted(out.glob(f"{DRAFT}{stage}-*/{ACCOUNT}"))):
            before = _account(account)
            if before.get("runs") == runs:
                return Beginning(before["fingerprint"], (), missing)
        raise
    return Beginning(fingerprint({donor.side: donor.fingerprint for donor in donors}), donors)


def own_beginning(model: ModelSettings, pretrain: Artefact, tokenizer: Artefact) -> Beginning:
    """The weights that the run itself was pretrained to, for the model of its task."""
    sides = [side for side, stack in (("encoder", model.encoder), ("decoder", model.decoder)) if stack]
    return Beginning("", tuple(Donor(side, "pretraining", "pretrain", pretrain, tokenizer) for side in sides))


def _donor(side: str, run: str, base: Path | None, stage: str) -> Donor:
    key = f"{stage}.warm_start.{side}"
    return Donor(side, run, key, finished(run, TRAININGS, base, key), finished(run, ("tokenizer",), base, key))


def check_fit(recipe: Recipe, beginning: Beginning, taken: Taken | None) -> None:
    """Raise GroundupError where weights are sure not to fit, before any text is read."""
    from groundup.model.files import sketch_of
    from groundup.model.warm_start import warm_start
    from groundup.training.cost import sketch

    for donor in beginning.donors:
        theirs = {**donor.tokenizer.manifest.settings, FROM_RUN: None}
        if taken is not None:
            _check_same(donor, taken.fingerprint)
        elif theirs != asdict(recipe.tokenizer):
            raise _other_tokenizer(donor)
    drawn = {
        donor.side: sketch_of(donor.trained.file(DESCRIPTION).read_text(encoding="utf-8")) for donor in beginning.donors
    }
    for given in drawn.values():
        warm_start(sketch(recipe.model, given.vocabulary), encoder=drawn.get("encoder"), decoder=drawn.get("decoder"))


def check_direction(recipe: Recipe, beginning: Beginning) -> None:
    """Raise GroundupError for a decoder of another run that looks ahead: a task would have it read one way."""
    from groundup.objectives.table import LOOKING_AHEAD

    for donor in beginning.donors:
        made = donor.trained.manifest
        kind = made.settings[made.stage]["objective"]["kind"]
        if not recipe.model.encoder and kind in LOOKING_AHEAD:
            raise GroundupError(
                f"{donor.key}: {donor.run} learned by the objective {kind} to look ahead, and model.decoder would read "
                "the texts of the task from left to right.",
                "Put its mixers into model.encoder, set model.decoder to [], and name the run as "
                "finetune.warm_start.encoder.",
            )


def start(
    model: Model,
    beginning: Beginning,
    tokenizer: Artefact,
    draft: Path,
    progress: Progress = SILENT,
    labels: Sequence[str] | None = None,
) -> None:
    """Give the new `model` its donors' weights, and keep an account of it in `draft`.

    A donor's heads are taken where they fit and it tells the same `labels` apart, as far as there are any.

    Raises GroundupError where a donor is gone, knows another vocabulary or does not fit, DamagedError where its files
    are not what it wrote.
    """
    from groundup.model.files import load_model
    from groundup.model.warm_start import warm_start

    if beginning.missing is not None:
        raise beginning.missing
    donors = {}
    for donor in beginning.donors:
        _check_same(donor, tokenizer.manifest.files[TOKENIZER].sha256)
        donors[donor.side] = load_model(open_artefact(donor.trained.path, progress=progress).path)
    alike = [donor.side for donor in beginning.donors if donor.labels == labels]
    started = warm_start(model, **donors, heads=alike)
    runs = {donor.side: donor.run for donor in beginning.donors}
    for donor in beginning.donors:
        count = sum(origin.startswith(f"{donor.side} model: ") for origin in started.taken.values())
        task = ", as they were after its task," if donor.trained.manifest.stage == "finetune" else ""
        if (members := count_of(donor.trained.manifest.facts)) > 1:
            task = f", as the first of its {members} members had them after its task,"
        progress(f"warm start: {count:,} weights from {donor.run}{task} for the {donor.side}")
    for head in model.head_settings:
        is_taken = any(name.startswith(f"heads.{head}.") for name in started.taken)
        progress(f"warm start: the head {head} is {'taken, too' if is_taken else 'new'}")
    more = f" and {len(started.new) - SHOWN:,} more" if len(started.new) > SHOWN else ""
    progress(f"warm start: {len(started.new):,} weights are new ({', '.join(started.new[:SHOWN]) or 'none'}{more})")
    for difference in started.differences:
        progress(f"note: {difference}")
    account = {"runs": runs, "fingerprint": beginning.fingerprint, **asdict(started)}
    write_durably(draft / ACCOUNT, json.dumps(account, indent=1).encode())


def facts_of(draft: Path) -> dict[str, Any]:
    """What `start` wrote down, for the manifest; nothing where the run began afresh."""
    account = _account(draft / ACCOUNT)
    return {"warm_start": account} if account else {}


def _account(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    account: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return account


def _check_same(donor: Donor, tokenizer: str) -> None:
    if donor.tokenizer.manifest.files[TOKENIZER].sha256 != tokenizer:
        raise _other_tokenizer(donor)


def _other_tokenizer(donor: Donor) -> GroundupError:
    return GroundupError(
        f"{donor.key}: {donor.run} has another tokenizer than this run, so that its weights stand for other tokens.",
        f"Set tokenizer.{FROM_RUN} to {donor.run}, and its tokenizer is taken as it is.",
    )
