"""Several runs side by side: one table of figures, one plot of how each learned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from groundup.errors import GroundupError
from groundup.reports import cleanings, html, markdown, words
from groundup.reports.chart import Chart, Points, Series
from groundup.reports.document import Document, Figure, Paragraph, Section, Table
from groundup.reports.gather import Facts, gather
from groundup.reports.log import Step
from groundup.reports.loose import number, part
from groundup.reports.report import refuse_to_harm
from groundup.reports.task import in_order, interval_of, label_of, value_of
from groundup.reports.terms import MARK, TERMS_CAPTION, TERMS_HEADER, WORSE, main_term, marked, term_rows
from groundup.store.files import write_durably


@dataclass(frozen=True)
class Row:
    """The headline figures of one run; NaN where a run does not know one."""

    run: str
    objective: str
    layers: str
    parameters: float
    tokens_per_second: float
    training_seconds: float
    seconds: float
    """Of all stages together."""
    steps: float
    loss: float
    """Nats a token of held-out text, and"""
    by_frequency: float
    """what is reached there by who knows only how frequent each token is."""
    bits_per_byte: float
    bits_per_original_byte: float
    """The same bits over the bytes of the text before it was cleaned,"""
    original_bytes: float
    """which are so many;"""
    share_left: float
    """cleaning left this share of them,"""
    cleaning: str
    """and this is its name; "" where the run learnt from no corpus last."""
    accuracy: float
    """Share of the scored targets that were the model's first choice, and"""
    commonest: float
    """of those that are the commonest one."""
    task: str
    """The kind of task it is for; "" where it has none."""
    main: str
    """The name of its task's main figure, and"""
    interval: str
    """where that would lie with other examples, in words."""
    figures: Mapping[str, float]
    """The figures of its task by name."""
    judged_on: str
    """What tells the examples it was judged on from others; "" where that is not known."""
    held_out: str
    """What tells its held-out text from others; "" where that is not known."""
    terms: tuple[tuple[str, ...], ...]
    """What it predicts, under TERMS_HEADER."""
    points: tuple[Step, ...]
    """Its validations."""


def compare(runs: Sequence[Path]) -> tuple[Row, ...]:
    """The rows of these run folders, in their order. Raises GroundupError for what is no run, or is named twice."""
    names = _names(runs)
    return tuple(_row(name, gather(run)) for name, run in zip(names, runs, strict=True))


HEADER = ("run", "parameters", "tokens/s", "training", "all stages", "loss", "bits/byte", "accuracy")


def cells(row: Row) -> tuple[str, ...]:
    """A row of the table under HEADER."""
    return (
        row.run,
        _known(row.parameters, words.count),
        _known(row.tokens_per_second, words.count),
        _known(row.training_seconds, words.duration),
        _known(row.seconds, words.duration),
        marked(_known(row.loss, words.figure), words.figure(row.by_frequency), row.loss > row.by_frequency),
        _known(row.bits_per_byte, words.figure),
        marked(_known(row.accuracy, words.percent), words.percent(row.commonest), row.accuracy < row.commonest),
    )


def as_json(row: Row) -> dict[str, Any]:
    """A row as JSON has it; figures that are not known or not finite are None."""
    left = ("points", "terms", "figures", "interval")
    plain = {name: _plain(getattr(row, name)) for name in Row.__dataclass_fields__ if name not in left}
    figures = {name: _plain(value) for name, value in row.figures.items()}
    return {**plain, "figures": figures, "curve": [[step.seconds, step.tokens, step.loss] for step in row.points]}


def tasks(rows: Sequence[Row]) -> tuple[Table, ...]:
    """A table for each kind of task: its runs by its figures."""
    kinds = dict.fromkeys(row.task for row in rows if row.figures)
    return tuple(_of_task(kind, [row for row in rows if row.task == kind and row.figures]) for kind in kinds)


def cleaned(rows: Sequence[Row]) -> tuple[Table, ...]:
    """A table of what each cleaning left to be predicted, where the runs were cleaned in different ways."""
    known = [row for row in rows if row.cleaning]
    if len({row.cleaning for row in known}) < 2:
        return ()
    lines = (
        (
            row.run,
            row.cleaning,
            _known(row.original_bytes, "{:,.0f}".format),
            _known(row.share_left, words.percent),
            _known(row.bits_per_byte, words.figure),
            _known(row.bits_per_original_byte, words.figure),
        )
        for row in known
    )
    return (Table(cleanings.CAPTION, cleanings.HEADER, tuple(lines), frozenset(range(2, len(cleanings.HEADER)))),)


def _of_task(kind: str, rows: Sequence[Row]) -> Table:
    main = rows[0].main
    names = in_order({name for row in rows for name in row.figures}, main)
    header = ("run", label_of(names[0]), "its interval", *map(label_of, names[1:]))
    lines = []
    for row in rows:
        first, *others = (_known(row.figures.get(name, math.nan), partial(value_of, name)) for name in names)
        lines.append((row.run, first, row.interval, *others))
    return Table(f"Task: {kind}", header, tuple(lines), frozenset(range(1, len(header))))


def warnings(rows: Sequence[Row]) -> tuple[str, ...]:
    """What makes figures of these runs differ beside the models, a sentence each."""
    shown = [cell for row in rows for line in (cells(row), *row.terms) for cell in line[1:]]
    found = [WORSE] if any(cell.endswith(MARK) for cell in shown) else []
    if len({row.objective for row in rows}) > 1:
        found.append("These runs learned different objectives, whose losses are not of one kind: compare within each.")
    texts = {row.held_out: row.run for row in rows if row.held_out}
    before = {row.original_bytes for row in rows if row.held_out}
    if len(texts) > 1 and len(before) == 1 and all(map(math.isfinite, before)):
        found.append(
            "These runs were measured on the same held-out text, cleaned in different ways: compare bits per original "
            "byte, and see what is left of the text."
        )
    elif len(texts) > 1:
        one, other, *_ = texts.values()
        found.append(
            f"These runs were measured on different held-out texts (that of {one} is not that of {other}): their "
            "losses tell the texts apart as much as the models."
        )
    for kind in dict.fromkeys(row.task for row in rows if row.figures):
        judged = {row.judged_on: row.run for row in rows if row.task == kind and row.judged_on}
        if len(judged) > 1:
            one, other, *_ = judged.values()
            found.append(
                f"These runs of {kind} were judged on different examples (those of {one} are not those of {other}): "
                "their figures tell the examples apart as much as the models."
            )
    return tuple(found)


def save_comparison(rows: Sequence[Row], out: Path) -> None:
    """Write the comparison as a page (`out`, .html) and its Markdown twin."""
    twin = out.with_suffix(".md")
    refuse_to_harm(out, twin, "comparison")
    document = _document(rows)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_durably(out, html.render(document).encode())
    write_durably(twin, markdown.render(document).encode())


def _document(rows: Sequence[Row]) -> Document:
    table = Table("", HEADER, tuple(cells(row) for row in rows), frozenset(range(1, len(HEADER))))
    what = Table(
        "What each is", ("run", "objective", "layers"), tuple((row.run, row.objective, row.layers) for row in rows)
    )
    charts = (
        (
            "seconds",
            "Held-out loss by time",
            "seconds of training",
            "What a minute of each buys here. The last point is of all held-out text, those before of a part.",
        ),
        ("tokens", "Held-out loss by text read", "tokens read", "What each learns from the same amount of text."),
    )
    figures = tuple(
        Figure(Chart(title, label, "loss (nats a token)", _series(rows, name)), caption)
        for name, title, label, caption in charts
    )
    return Document(
        "Comparison",
        ", ".join(row.run for row in rows),
        tuple(map(Paragraph, warnings(rows))),
        (
            Section("Figures", (*tasks(rows), table, *cleaned(rows), what, _predicted(rows))),
            Section("How they learned", figures),
        ),
    )


def _predicted(rows: Sequence[Row]) -> Table:
    return Table(
        TERMS_CAPTION,
        ("run", *TERMS_HEADER),
        tuple((row.run, *term) for row in rows for term in row.terms),
        frozenset(range(2, 7)),
    )


def _series(rows: Sequence[Row], along: str) -> tuple[Series, ...]:
    return tuple(Series(row.run, _points(row, along), tone=index) for index, row in enumerate(rows))


def _points(row: Row, along: str) -> Points:
    return tuple((float(getattr(step, along)), step.loss) for step in row.points)


def _names(runs: Sequence[Path]) -> list[str]:
    """The shortest names that tell the folders apart: their own, else with the folder around them."""
    paths = [run.resolve() for run in runs]
    if len(set(paths)) < len(paths):
        raise GroundupError("The same run is named twice.", "Name each run once.")
    names = [path.name for path in paths]
    return [
        name if names.count(name) == 1 else f"{path.parent.name}/{name}"
        for name, path in zip(names, paths, strict=True)
    ]


def _row(name: str, facts: Facts) -> Row:
    trained = facts.learnt
    examples, judged = facts.stages.get("examples"), facts.of("test")
    learnt_from = examples if facts.trained == "finetune" else facts.stages.get("corpus")
    main, figures = str(judged.get("main", "")), part(judged, "figures")
    term = main_term(facts)
    settings = facts.stages[facts.trained].settings if facts.trained in facts.stages else {}
    model = part(settings, "model")
    stacks = (f"{stack}: {', '.join(map(str, model.get(stack) or ()))}" for stack in ("encoder", "decoder"))
    return Row(
        run=name,
        objective=str(part(trained, "objective").get("kind", "causal")),
        layers="; ".join(text for text in stacks if not text.endswith(": ")),
        parameters=facts.figure("parameters"),
        tokens_per_second=facts.figure("tokens_per_second"),
        training_seconds=facts.training_seconds,
        seconds=facts.seconds,
        steps=facts.figure("steps"),
        loss=facts.figure("validation_loss"),
        by_frequency=number(term.get("unigram")),
        bits_per_byte=facts.figure("bits_per_byte"),
        bits_per_original_byte=cleanings.bits_per_original_byte(facts),
        original_bytes=cleanings.original_bytes(facts),
        share_left=cleanings.share_left(facts),
        cleaning=cleanings.cleaning(facts),
        accuracy=number(term.get("accuracy")),
        commonest=number(term.get("majority")),
        task=facts.task,
        main=main,
        interval=interval_of(judged),
        figures={name: number(figures[name]) for name in in_order(figures, main)},
        judged_on="" if examples is None else examples.files.get(f"{judged.get('part', 'test')}.jsonl", ""),
        held_out="" if learnt_from is None else learnt_from.held_out,
        terms=term_rows(facts),
        points=facts.log.validation,
    )


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _known(value: float, say: Any) -> str:
    return "-" if math.isnan(value) else str(say(value))
