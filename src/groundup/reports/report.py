"""A run's report: `report.html` and its twin `report.md`, made from what lies in the run folder alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from groundup.errors import GroundupError
from groundup.progress import SILENT, Progress
from groundup.reports import html, markdown, words
from groundup.reports.cleanings import bits_per_original_byte
from groundup.reports.gather import Facts, gather
from groundup.reports.learning import WRITTEN, unit_of
from groundup.reports.loose import number, part
from groundup.reports.story import tell
from groundup.reports.task import FIGURES, in_order, value_of
from groundup.reports.terms import main_term
from groundup.store.artefact import drafting, open_artefact, publish
from groundup.store.files import write_durably
from groundup.store.lock import locked

HTML, MARKDOWN = "report.html", "report.md"


def write_report(run: Path, draft: Path, progress: Progress = SILENT) -> dict[str, Any]:
    """Write both files of the report of `run` into the folder `draft`; the facts for its manifest.

    This is the work of the stage `report`. Raises GroundupError where `run` is no run, and DamagedError,
    naming the file, where one of its files is not as it was written.
    """
    facts = gather(run)
    page, twin = _rendered(facts, run, progress)
    (draft / HTML).write_bytes(page)
    (draft / MARKDOWN).write_bytes(twin)
    progress("report: written", 3, 3)
    return {name: value for name, value in headline(facts).items() if name != "seconds"}


def save_report(run: Path, out: Path | None = None, progress: Progress = SILENT) -> Path:
    """Write the report of `run` anew; the path of the HTML file.

    With `out` (NAME.html, its twin is NAME.md) it lies there. Without, the artefact RUN/report is published
    again, for an artefact is never changed in place; a run that has none yet gets RUN/report-so-far.html.
    """
    final = run / "report"
    if out is None and (final / "manifest.json").is_file():
        old = open_artefact(final, verify=False).manifest
        with locked(run), drafting(final) as draft:
            facts = write_report(run, draft, progress)
            publish(
                draft,
                final,
                stage=old.stage,
                fingerprint=old.fingerprint,
                settings=old.settings,
                seed=old.seed,
                parents=old.parents,
                facts={**old.facts, **facts},
            )
        return final / HTML
    path = run / "report-so-far.html" if out is None else out
    twin = path.with_suffix(".md")
    known = gather(run)
    refuse_to_harm(path, twin)
    page, text = _rendered(known, run, progress)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, page)
    write_durably(twin, text)
    progress("report: written", 3, 3)
    return path


def summary(run: Path) -> dict[str, Any]:
    """The headline figures of a run, those that are known: what `groundup build --json` prints.

    `run` (the folder), `training_seconds`, `seconds` (all stages together), `validation_loss` with its `loss_unit`,
    what guesses reach there (`by_frequency`, or `right` beside `commonest` where labels are chosen), `bits_per_byte`,
    `bits_per_original_byte` (over the bytes of the text before it was cleaned), `parameters`, `tokens_per_second`; of
    a run that has a task, before these, the figures of its model by the names in FIGURES, and `judged_on`, the part of
    the examples that they are of (`test`, or `validation` where there was no test part). A figure that is not finite
    is None, for JSON has no other word for it.
    """
    return {"run": str(run), **headline(gather(run))}


def headline(facts: Facts) -> dict[str, float | int | str | None]:
    """The headline figures of `facts`; those not known are left out, those not finite are None."""
    judged = facts.of("test")
    known = part(judged, "figures")
    figures = {name: number(known[name]) for name in in_order(known, str(judged.get("main", "")))}
    found: dict[str, float | int | str | None] = {n: v if math.isfinite(v) else None for n, v in figures.items()}
    if figures:
        found["judged_on"] = str(judged.get("part", "test"))
    if not math.isnan(facts.training_seconds):
        found["training_seconds"] = round(facts.training_seconds, 3)
    if not math.isnan(facts.seconds):
        found["seconds"] = round(facts.seconds, 3)
    for name in ("validation_loss", "bits_per_byte", "parameters", "tokens_per_second"):
        value = facts.figure(name)
        if math.isfinite(value):
            found[name] = int(value) if name == "parameters" else value
        elif not math.isnan(value) or (name == "validation_loss" and facts.log.validation):
            found[name] = None
    if math.isfinite(original := bits_per_original_byte(facts)):
        found["bits_per_original_byte"] = original
    if "validation_loss" in found:
        found["loss_unit"] = unit_of(facts)
    return {**found, **_guesses(facts)}


def _guesses(facts: Facts) -> dict[str, float]:
    """What the held-out loss is to be seen beside: a guess by frequency or, of labels, how often one is right."""
    term = main_term(facts)
    known = {
        name: number(term.get(key))
        for name, key in (("by_frequency", "unigram"), ("right", "accuracy"), ("commonest", "majority"))
    }
    wanted = ("by_frequency",) if math.isfinite(known["by_frequency"]) else ("right", "commonest")
    return {name: known[name] for name in wanted if math.isfinite(known[name])}


def _rendered(facts: Facts, run: Path, progress: Progress) -> tuple[bytes, bytes]:
    progress("report: writing", 1, 3)
    document = tell(facts, _named(run))
    page = html.render(document).encode()
    progress("report: writing", 2, 3)
    return page, markdown.render(document).encode()


def _named(run: Path) -> str:
    """How commands name the run: from here if it lies below, else by its name; never by a private path."""
    try:
        return run.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return run.resolve().name


def refuse_to_harm(path: Path, twin: Path, what: str = "report") -> None:
    """GroundupError rather than write into an artefact, over a folder, or over somebody's own Markdown."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise GroundupError(
            f"The {what} cannot be written to {path}: its name does not end in .html.",
            f"Choose a name such as {path.with_suffix('.html')}; the Markdown twin goes beside it.",
        )
    for folder in path.absolute().parents:
        if (folder / "manifest.json").is_file():
            raise GroundupError(
                f"The {what} cannot be written to {path}: {folder} is an artefact, which is never changed in place.",
                "Choose a name outside it.",
            )
        if folder.exists() and not folder.is_dir():
            raise GroundupError(
                f"The {what} cannot be written to {path}: {folder} is a file, not a folder.",
                "Choose another name.",
            )
    for target in (path, twin):
        if target.is_dir():
            raise GroundupError(f"The {what} cannot be written to {target}: it is a folder.", "Choose another name.")
    if twin.exists() and not twin.read_bytes().startswith(markdown.MARK.encode()):
        raise GroundupError(
            f"The {what}'s Markdown twin would replace {twin}, which is not a report.",
            "Choose another name for --out, or move that file away.",
        )


def known_figures(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Headline figures as label and value with its unit, for a terminal."""
    unit, guess = figures.get("loss_unit", WRITTEN), figures.get("by_frequency")
    beside = "" if guess is None else f" (by frequency alone {guess:.4f})"
    often = "" if "commonest" not in figures else f" (always the commonest: {words.percent(figures['commonest'])})"
    said: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
        *((name, label, partial(value_of, name)) for name, (label, _) in FIGURES.items()),
        ("validation_loss", "validation loss", lambda value: f"{value:.4f} {unit}{beside}"),
        ("right", "held out, right", lambda value: words.percent(value) + often),
        ("bits_per_byte", "bits per byte", lambda value: f"{value:.4f}"),
        ("bits_per_original_byte", "before cleaning", lambda value: f"{value:.4f} bits per byte"),
        ("parameters", "parameters", lambda value: f"{value:,}"),
        ("tokens_per_second", "speed", lambda value: f"{value:,.0f} tokens a second"),
        ("training_seconds", "training", words.duration),
        ("seconds", "all stages", words.duration),
    )
    return [
        (label, "not a finite number" if figures[name] is None else say(figures[name]))
        for name, label, say in said
        # A text that cleaning left as it was has one figure.
        if name in figures and not (name == "bits_per_original_byte" and figures[name] == figures.get("bits_per_byte"))
    ]
