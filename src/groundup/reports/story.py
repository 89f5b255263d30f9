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
from groundup.reports.again import again_sections
from groundup.reports.back_translation import back_translation_section
from groundup.reports.cleanings import beside
from groundup.reports.document import (
    Alert,
    Block,
    Card,
    Cards,
    Definitions,
    Document,
    Paragraph,
    Quote,
    Quotes,
    Section,
)
from groundup.reports.examples import examples_section
from groundup.reports.gather import Facts
from groundup.reports.learning import WRITTEN, learning_section, unit_of
from groundup.reports.log import Sample, Step
from groundup.reports.making import making_sections
from groundup.reports.ngrams import ngrams_section
from groundup.reports.predictions import spread
from groundup.reports.results import result_cards, results_sections, task_terms

SAMPLES_ON_THE_WAY, SAMPLES_AT_THE_END = 8, 8
CHARACTERS_ON_THE_WAY, CHARACTERS_AT_THE_END = 500, 2_000

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
    pretraining = [] if facts.earlier is None else [learning_section(facts.earlier, "How it learnt before its task")]
    sections = (
        *results_sections(facts),
        ngrams_section(facts),
        learning_section(facts),
        *pretraining,
        _written(facts),
        examples_section(facts),
        back_translation_section(facts),
        corpus_section(facts.account),
        *making_sections(facts),
        *again_sections(facts, place),
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
    if facts.nothing:
        shown = "; what is shown is from before it" if "corpus" in facts.stages else ""
        yield Alert(f"A build of the corpus ended with nothing{shown}. {words.shortened(facts.nothing, 1000)}")
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
        is_said = not math.isnan(perplexity) and unit_of(facts) == WRITTEN
        note = unit_of(facts) + (f", perplexity {words.count(perplexity)}" if is_said else "")
        note += f", the first of {len(facts.members)} models" if facts.members else ""
        yield Card("Validation loss", words.figure(loss), note)
    if not math.isnan(bits):
        note = ", ".join(filter(None, (f"{words.percent(bits / 8)} of the text's own size", beside(facts))))
        yield Card("Bits per byte", words.figure(bits), note)
    parameters = facts.figure("parameters")
    if not math.isnan(parameters):
        yield Card("Parameters", words.count(parameters), f"{parameters:,.0f}{_each(facts)}")
    speed = facts.figure("tokens_per_second")
    if not math.isnan(speed):
        yield Card("Speed", words.count(speed), f"tokens a second{_each(facts)}")
    seconds, whole = facts.training_seconds, facts.seconds
    if not math.isnan(seconds):
        yield Card(
            "Training", words.duration(seconds), f"all stages {words.duration(whole)}" if whole > seconds else ""
        )
    tokens = facts.figure("tokens")
    if not math.isnan(tokens):
        epochs = facts.figure("epochs")
        note = "" if math.isnan(epochs) else f", {epochs:.3g} epochs"
        yield Card("Text read", words.count(tokens), f"tokens{note}")


def _each(facts: Facts) -> str:
    return f", each of {len(facts.members)} models" if facts.members else ""


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
