"""Several runs of unlike kinds on one page: what each does, how well, and beside what that is to be seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from groundup.reports import html, markdown, words
from groundup.reports.document import Document, Paragraph, Section, Table
from groundup.reports.gather import Facts, gather
from groundup.reports.loose import number
from groundup.reports.report import refuse_to_harm
from groundup.reports.task import best_baseline, label_of, main_figure, value_of
from groundup.reports.terms import main_term
from groundup.store.files import write_durably

# What a run does, by the kind of its task; one without goes on with a text.
DOES = {"translation": "translates", "classification": "labels texts", "questions": "answers questions", "": "writes"}


@dataclass(frozen=True)
class Row:
    """One run in a few words."""

    run: str
    """The name of its folder."""
    what: str
    measure: str
    ours: str
    beside: str
    """The best of the baselines, by its name."""
    seconds: float

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def overview(runs: Sequence[Path]) -> tuple[Row, ...]:
    """The rows of some finished runs. Raises GroundupError for what is no run."""
    return tuple(_row(run.name, gather(run)) for run in runs)


def save_overview(rows: Sequence[Row], path: Path) -> Path:
    """Write the page, and its Markdown twin beside it; the path. Raises GroundupError as reports do."""
    twin = path.with_suffix(".md")
    refuse_to_harm(path, twin, "overview")
    header = ("run", "what it does", "measured by", "model", "beside it", "time")
    cells = tuple((row.run, row.what, row.measure, row.ours, row.beside, words.duration(row.seconds)) for row in rows)
    table = Table("Each model is judged on what it never read, beside what needs no such model.", header, cells)
    reports = ", ".join(f"{row.run}/report/report.html" for row in rows)
    page = Document(
        "What the models can do",
        f"{words.plural(len(rows), 'run')}, side by side",
        (),
        (Section("Runs", (table, Paragraph(f"Each run has a report of its own: {reports}."))),),
    )
    write_durably(path, html.render(page).encode())
    write_durably(twin, markdown.render(page).encode())
    return path


def _row(name: str, facts: Facts) -> Row:
    judged = facts.of("test")
    if not judged:
        return _written(name, facts)
    (main, value), kind = main_figure(judged), facts.task
    best, score = best_baseline(judged)
    beside = f"{value_of(main, score)} ({best.get('name', '')})" if best else ""
    return Row(name, DOES.get(kind, kind), label_of(main), value_of(main, value), beside, facts.seconds)


def _written(name: str, facts: Facts) -> Row:
    """A run that goes on with texts, beside the guess by how frequent each token is."""
    bits, loss = facts.figure("bits_per_byte"), facts.figure("validation_loss")
    unigram = number(main_term(facts).get("unigram"))
    if math.isfinite(bits):
        beside = f"{bits * unigram / loss:.3f} (frequencies alone)" if math.isfinite(unigram) else ""
        return Row(name, DOES[""], "bits per byte (less is better)", f"{bits:.3f}", beside, facts.seconds)
    beside = f"{unigram:.3f} (frequencies alone)" if math.isfinite(unigram) else ""
    return Row(name, "predicts what is hidden", "nats a token (less is better)", f"{loss:.3f}", beside, facts.seconds)
