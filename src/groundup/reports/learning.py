"""How a model learnt: its losses, what it predicted, the rates and gradients, as training went on."""

from __future__ import annotations

import math
from collections.abc import Iterable

from groundup.reports.chart import Chart, Points, Series
from groundup.reports.document import Block, Figure, Paragraph, Section, Table
from groundup.reports.gather import Facts
from groundup.reports.log import Choice, Step, smoothed, thinned
from groundup.reports.loose import part
from groundup.reports.terms import TERMS_CAPTION, TERMS_HEADER, term_rows

# A curve is no clearer with more points than a page has room for.
CURVE_POINTS = 400
# What a loss is in, by what is predicted; all else is written, token by token.
WRITTEN = "nats a token"
UNITS = {"label": "nats a label", "span": "nats a place"}


def unit_of(facts: Facts) -> str:
    """What a loss is in."""
    return UNITS.get(str(facts.learnt.get("main_term", "")), WRITTEN)


def learning_section(facts: Facts, title: str = "How it learnt") -> Section:
    """The curves of a training; no blocks where nothing was logged."""
    train, validation = facts.log.train, facts.log.validation
    if not train and not validation:
        return Section(title, ())
    last = max((step.step for step in (*train[-1:], *validation[-1:])), default=0)
    first = min((step.step for step in (*train, *validation) if step.step > 0), default=1)
    loss = Chart(
        "Loss as training went on",
        "step",
        f"loss ({unit_of(facts)})",
        (
            Series("training", _training_curve(facts)),
            Series("validation", _curve(validation, "loss"), is_main=True),
        ),
        # Most of the fall comes early: over two powers of ten only a logarithm shows both ends.
        log_x=last >= 50 * first,
    )
    blocks: list[Block] = [Paragraph(_fall(facts))] if validation else []
    if facts.members:
        count = len(facts.members)
        blocks.append(Paragraph(f"All of this is of the first of {count} models, which learned side by side."))
    blocks += _terms(facts)
    blocks.append(
        Figure(
            loss,
            "Training loss is smoothed over neighbouring steps; validation loss is of text held back, the "
            "last point of all of it.",
        )
    )
    blocks += _choices(facts)
    for name, what, unit, caption in (
        ("learning_rate", "Learning rate", "learning rate", "How far the parameters move in one step."),
        ("gradient_norm", "Gradient norm", "gradient norm", "How strongly each batch asked for change."),
    ):
        points = _curve(train, name)
        if any(math.isfinite(y) for _, y in points):
            blocks.append(Figure(Chart(what, "step", unit, (Series(what.lower(), points),), from_zero=True), caption))
    return Section(title, tuple(blocks))


def _choices(facts: Facts) -> Iterable[Block]:
    """How often what was chosen of held-out examples was right, as training went on."""
    curves: dict[str, list[tuple[float, Choice]]] = {}
    for step in facts.log.validation:
        for choice in step.choices:
            curves.setdefault(choice.name, []).append((float(step.step), choice))
    for name, points in curves.items():
        what = name.replace("_", " ")
        right = tuple((step, 100 * choice.accuracy) for step, choice in points)
        most = tuple((step, 100 * choice.majority) for step, choice in points)
        yield Figure(
            Chart(
                f"How often the {what} was right",
                "step",
                "accuracy (%)",
                (Series("commonest", most), Series("model", right, is_main=True)),
            ),
            "Of held-out examples, the last point of all of them, beside always choosing what is commonest.",
        )


def _terms(facts: Facts) -> Iterable[Block]:
    """What was predicted of held-out text, beside what knowing only frequencies reaches."""
    if rows := term_rows(facts):
        yield Table(TERMS_CAPTION, TERMS_HEADER, rows, frozenset(range(1, 6)))


def _training_curve(facts: Facts) -> Points:
    """The training loss, smoothed; batches whose loss was not finite stay as gaps and marks."""
    points = [(float(step.step), step.loss) for step in facts.log.train]
    points += [(float(f.batch), f.loss) for f in facts.log.faults if not math.isfinite(f.loss)]
    points.sort(key=lambda point: point[0])
    return tuple(thinned(smoothed(points, len(points) / 40), CURVE_POINTS))


def _curve(steps: tuple[Step, ...], name: str) -> Points:
    points = [(float(step.step), float(getattr(step, name))) for step in steps]
    if name != "loss":
        # Other figures may be absent, which is no alarm; a loss may not.
        points = [point for point in points if not math.isnan(point[1])]
    return tuple(thinned(points, CURVE_POINTS))


def _fall(facts: Facts) -> str:
    finite = [step for step in facts.log.validation if math.isfinite(step.loss)]
    if not finite:
        return "No validation loss was a finite number."
    first, last = finite[0], finite[-1]
    if first is last:
        sentence = f"The validation loss was {last.loss:.3f} {unit_of(facts)} at step {last.step:,}."
    else:
        sentence = (
            f"The validation loss went from {first.loss:.3f} {unit_of(facts)} at step {first.step:,} to "
            f"{last.loss:.3f} at step {last.step:,}."
        )
    vocabulary = facts.of("tokenizer").get("vocabulary")
    if isinstance(vocabulary, int) and vocabulary > 1 and facts.learnt.get("main_term", "tokens") == "tokens":
        sentence += f" A blind guess among {vocabulary:,} tokens scores {math.log(vocabulary):.3f}."
    labels = part(facts.learnt, "task").get("labels")
    if isinstance(labels, list) and labels:
        sentence += f" A blind guess among {len(labels):,} labels scores {math.log(len(labels)):.3f}."
    # The last score is of all held-out text, those before it of one and the same part: only they can be compared.
    earlier = finite[:-1]
    best = min(earlier, key=lambda step: step.loss, default=last)
    if earlier and earlier[-1].loss - best.loss > 0.02:
        sentence += (
            f" It was lowest, {best.loss:.3f}, at step {best.step:,} and rose after that: the model begins "
            "to learn its text by heart, so more text, a smaller model or a shorter run would serve "
            "better."
        )
    return sentence
