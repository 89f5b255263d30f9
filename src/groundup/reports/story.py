"""What a report tells and in which order: facts in, a document out.

The order is a reader's: how good is it, how did it learn, what does it write, what was it made of, what
did it take, how do I do it again, what next. A section without facts is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from groundup.reports import words
from groundup.reports.account import corpus_section
from groundup.reports.chart import Chart, Points, Series
from groundup.reports.document import (
    Alert,
    Block,
    Card,
    Cards,
    Definitions,
    Document,
    Figure,
    Paragraph,
    Quote,
    Quotes,
    Section,
    Table,
)
from groundup.reports.examples import examples_section
from groundup.reports.gather import Facts
from groundup.reports.log import Choice, Sample, Step, smoothed, thinned
from groundup.reports.loose import part
from groundup.reports.making import making_sections
from groundup.reports.predictions import spread
from groundup.reports.results import result_cards, results_sections, task_terms
from groundup.reports.terms import TERMS_CAPTION, TERMS_HEADER, term_rows

# A curve is no clearer with more points than a page has room for.
CURVE_POINTS = 400
SAMPLES_ON_THE_WAY, SAMPLES_AT_THE_END = 8, 8
CHARACTERS_ON_THE_WAY, CHARACTERS_AT_THE_END = 500, 2_000
# What a loss is in, by what is predicted; all else is written, token by token.
WRITTEN = "nats a token"
UNITS = {"label": "nats a label", "span": "nats a place"}

GLOSSARY = (
    (
        "Loss (nats a token)",
        "How surprised the model is by the next token of text it has not seen, on average; 0 would be "
        "perfect foresight, and a blind guess among V tokens costs the natural logarithm of V.",
    ),
    (
        "Perplexity",
        "The same figure as a number of choices, e to the power of the loss: at 4.4 the model is as "
        "unsure as if it drew from 4.4 equally likely tokens each time.",
    ),
    (
        "Bits per byte",
        "The loss in bits, shared out over the bytes of the text: unlike loss and perplexity it can be "
        "compared between models with different tokenizers, and it is the size to which the model could "
        "compress the text.",
    ),
    (
        "Training and validation",
        "The model learns from the training text only; validation text is held back, so a validation loss "
        "that rises while the training loss falls means that the model learns by heart.",
    ),
    ("Token", "A piece of text, from a character to a word, that the model reads and writes as one sign."),
    (
        "Parameters",
        "The numbers inside the model that training adjusts; their count is the size of the model.",
    ),
    ("Step", "One adjustment of the parameters, after one batch of text was read."),
    ("Epoch", "One pass over all training text."),
    ("Learning rate", "How far the parameters move in one step: it rises, holds or falls on a schedule."),
    (
        "Gradient norm",
        "How strongly a batch asks the parameters to change; sudden peaks are a sign of trouble.",
    ),
    ("FLOPs", "Floating-point operations: the arithmetic that training took, whatever the machine."),
)


def tell(facts: Facts, place: str) -> Document:
    """The report of a run. `place` is how commands name its folder."""
    pretraining = [] if facts.earlier is None else [_learning(facts.earlier, "How it learnt before its task")]
    sections = (
        *results_sections(facts),
        _learning(facts),
        *pretraining,
        _written(facts),
        examples_section(facts),
        corpus_section(facts.account),
        *making_sections(facts, place),
        Section("What the figures mean", (Definitions((*task_terms(facts), *GLOSSARY)),)),
    )
    return Document(
        title=words.shortened(facts.name, 120),
        subtitle=_subtitle(facts),
        opening=tuple(_opening(facts)),
        sections=tuple(section for section in sections if section.blocks),
    )


def _subtitle(facts: Facts) -> str:
    done = list(facts.stages)
    if facts.training == "finished" and facts.task and "test" not in facts.stages:
        return f"Trained, and not judged yet. Done so far: {', '.join(done)}."
    if facts.training == "finished":
        return f"The report of a finished run: {', '.join(done)}."
    state = "Training is under way, or was interrupted" if facts.training == "unfinished" else "Nothing is trained yet"
    return f"{state}. Done so far: {', '.join(done) or 'nothing'}."


def _opening(facts: Facts) -> Iterable[Block]:
    if facts.description:
        yield Paragraph(words.shortened(facts.description, 600))
    cards = tuple(_cards(facts))
    if cards:
        yield Cards(cards)
    log = facts.log
    if facts.training == "unfinished":
        yield Alert(
            "This run is not finished: the figures are the newest in its log. Start the same build again "
            "to go on where it stopped."
        )
    if log.not_finite:
        places = ", ".join(f"{step:,}" for step in log.not_finite[:10])
        more = f" and {len(log.not_finite) - 10:,} more" if len(log.not_finite) > 10 else ""
        yield Alert(
            f"The loss was not a finite number at {words.plural(len(log.not_finite), 'step')}: "
            f"{places}{more}. The curves are broken and marked there, and no average covers it up."
        )
    if log.faults:
        told = "; ".join(f"batch {fault.batch:,}: {fault.fault}" for fault in log.faults[:5])
        more = f"; and {len(log.faults) - 5:,} more" if len(log.faults) > 5 else ""
        yield Alert(
            f"Nothing was learnt from {words.plural(len(log.faults), 'batch', 'batches')}: "
            f"{words.shortened(told, 500)}{more}."
        )
    if log.bad:
        yield Alert(
            f"{words.plural(log.bad, 'line')} of metrics.jsonl could not be read and "
            f"{'was' if log.bad == 1 else 'were'} left out; a last line half written is usual after a kill."
        )


def _cards(facts: Facts) -> Iterable[Card]:
    yield from result_cards(facts)
    loss, bits = facts.figure("validation_loss"), facts.figure("bits_per_byte")
    if facts.log.validation or not math.isnan(loss):
        perplexity = facts.figure("perplexity")
        # A perplexity is of what is written, not of what is chosen.
        is_said = not math.isnan(perplexity) and _unit(facts) == WRITTEN
        note = _unit(facts) + (f", perplexity {words.count(perplexity)}" if is_said else "")
        yield Card("Validation loss", words.figure(loss), note)
    if not math.isnan(bits):
        yield Card("Bits per byte", words.figure(bits), f"{words.percent(bits / 8)} of the text's own size")
    parameters = facts.figure("parameters")
    if not math.isnan(parameters):
        yield Card("Parameters", words.count(parameters), f"{parameters:,.0f}")
    speed = facts.figure("tokens_per_second")
    if not math.isnan(speed):
        yield Card("Speed", words.count(speed), "tokens a second")
    seconds = facts.figure("seconds")
    if not math.isnan(seconds):
        whole = facts.seconds
        note = f"{words.duration(whole)} with all stages" if whole > seconds else "of training"
        yield Card("Time to train", words.duration(seconds), note)
    tokens = facts.figure("tokens")
    if not math.isnan(tokens):
        epochs = facts.figure("epochs")
        note = "" if math.isnan(epochs) else f", {epochs:.3g} epochs"
        yield Card("Text read", words.count(tokens), f"tokens{note}")


def _unit(facts: Facts) -> str:
    """What a loss is in."""
    return UNITS.get(str(facts.learnt.get("main_term", "")), WRITTEN)


def _learning(facts: Facts, title: str = "How it learnt") -> Section:
    train, validation = facts.log.train, facts.log.validation
    if not train and not validation:
        return Section(title, ())
    last = max((step.step for step in (*train[-1:], *validation[-1:])), default=0)
    first = min((step.step for step in (*train, *validation) if step.step > 0), default=1)
    loss = Chart(
        "Loss as training went on",
        "step",
        f"loss ({_unit(facts)})",
        (
            Series("training", _training_curve(facts)),
            Series("validation", _curve(validation, "loss"), is_main=True),
        ),
        # Most of the fall comes early: over two powers of ten only a logarithm shows both ends.
        log_x=last >= 50 * first,
    )
    blocks: list[Block] = [Paragraph(_fall(facts))] if validation else []
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
        sentence = f"The validation loss was {last.loss:.3f} {_unit(facts)} at step {last.step:,}."
    else:
        sentence = (
            f"The validation loss went from {first.loss:.3f} {_unit(facts)} at step {first.step:,} to "
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


def _written(facts: Facts) -> Section:
    blocks: list[Block] = []
    if facts.samples:
        blocks.append(Quotes(tuple(_final(sample) for sample in facts.samples[:SAMPLES_AT_THE_END])))
    for seen in (facts.earlier, facts):
        if seen is not None and seen.log.samples:
            blocks += _on_the_way(seen, "pretraining" if seen is facts.earlier else "training")
    return Section("What it writes", tuple(blocks))


def _on_the_way(facts: Facts, what: str) -> Iterable[Block]:
    samples = facts.log.samples
    shown = spread(samples, SAMPLES_ON_THE_WAY)
    part = f" ({len(shown)} of {len(samples):,})" if len(shown) < len(samples) else ""
    yield Paragraph(f"As {what} went on, from the first steps to the last{part}:")
    # What a task's model was given is a text of its own, which its answer does not go on with.
    apart = "\n" if facts.trained == "finetune" else ""
    quotes = (_early(sample, facts.log.validation) for sample in shown)
    yield Quotes(tuple(replace(quote, text=apart + quote.text) for quote in quotes))


def _final(sample: Sample) -> Quote:
    parts = ["Trained"]
    parts += [f"temperature {sample.temperature:g}"] if sample.temperature is not None else []
    parts += [f"seed {sample.seed}"] if sample.seed is not None else []
    parts += [f"given {words.shortened(sample.prompt, 60)!r}"] if sample.prompt.strip() else []
    return _quote(", ".join(parts), sample, CHARACTERS_AT_THE_END)


def _early(sample: Sample, validation: tuple[Step, ...]) -> Quote:
    # Only a loss measured by then may stand beside the text.
    known = [step.loss for step in validation if step.step <= (sample.step or 0)]
    loss = f", validation loss {words.figure(known[-1])}" if known else ""
    return _quote(f"Step {sample.step or 0:,}{loss}", sample, CHARACTERS_ON_THE_WAY)


def _quote(label: str, sample: Sample, characters: int) -> Quote:
    # Some writers give the prompt again at the head of the text.
    text = sample.text.removeprefix(sample.prompt)
    text = text.rstrip()
    return Quote(label, words.shortened(text, characters), words.shortened(sample.prompt, characters))
