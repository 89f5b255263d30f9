from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from groundup.reports import html, markdown
from groundup.reports.document import Alert, Card, Cards, Document, Figure, Quotes
from groundup.reports.gather import Facts, gather
from groundup.reports.log import Log, Sample, Step
from groundup.reports.story import tell


def of(kind: type, report: Document) -> list:
    every = [*report.opening, *(block for section in report.sections for block in section.blocks)]
    return [block for block in every if isinstance(block, kind)]


def cards(report: Document) -> dict[str, Card]:
    return {card.label: card for block in of(Cards, report) for card in block.cards}


def train(*losses: float) -> tuple[Step, ...]:
    return tuple(Step(10 * n, 100.0 * n, loss) for n, loss in enumerate(losses, 1))


def test_a_finished_run_has_every_section_in_the_readers_order(run: Path):
    report = tell(gather(run), "runs/demo")
    assert [section.title for section in report.sections] == [
        "How it learnt",
        "What it writes",
        "Where the text came from",
        "Tokenizer",
        "Model and budget",
        "Speed",
        "To make it again",
        "What to try next",
        "What the figures mean",
    ]
    assert not of(Alert, report)


def test_the_headline_figures_have_units(run: Path):
    shown = cards(tell(gather(run), "runs/demo"))
    assert shown["Validation loss"] == Card("Validation loss", "1.471", "nats a token, perplexity 4.35")
    assert shown["Bits per byte"].value == "2.123"
    assert shown["Parameters"] == Card("Parameters", "1.8 M", "1,796,352")
    assert shown["Speed"] == Card("Speed", "14 k", "tokens a second")
    assert shown["Training"] == Card("Training", "3 min 1 s", "all stages 3 min 16 s")


def test_a_killed_run_is_told_as_far_as_it_came(unfinished: Path):
    report = tell(gather(unfinished), "runs/killed")
    alerts = " ".join(alert.text for alert in of(Alert, report))
    assert "not finished" in alerts
    assert "1 line of metrics.jsonl could not be read" in alerts
    assert "Validation loss" in cards(report)
    assert "Go on where the run stopped" in html.render(report)


def test_an_empty_run_still_makes_a_page():
    report = tell(Facts("empty"), "empty")
    assert [section.title for section in report.sections] == ["What the figures mean"]
    assert "Nothing is trained yet" in report.subtitle
    assert html.render(report)
    assert markdown.render(report)


def test_a_bad_number_is_said_marked_and_not_averaged_out(build_run: Callable[..., Path]):
    lines = [
        f'{{"event": "train", "step": {n}, "tokens": 1, "loss": {loss}}}' for n, loss in enumerate([3, 2, "NaN", 2])
    ]
    lines.append('{"event": "bad", "step": 4, "batch": 4, "fault": "the loss is nan", "loss": NaN, "tokens": 1}')
    page = html.render(tell(gather(build_run(log="\n".join(lines))), "x"))
    assert "not a finite number at 1 step: 2." in page
    assert "batch 4: the loss is nan" in page
    assert page.count('class="bad"') == 2


def test_a_final_loss_that_is_not_finite_is_the_headline():
    facts = Facts("x", training="unfinished", log=Log(validation=(*train(2.0), Step(20, 200.0, math.nan))))
    assert cards(tell(facts, "x"))["Validation loss"].value == "not a number"


def test_learning_by_heart_is_noticed():
    rising = tell(Facts("x", log=Log(validation=train(3.0, 1.5, 1.9, 1.9))), "x")
    falling = tell(Facts("x", log=Log(validation=train(3.0, 1.9, 1.5, 1.5))), "x")
    assert "learn its text by heart" in markdown.render(rising)
    assert "learn its text by heart" not in markdown.render(falling)


def test_the_last_score_is_of_other_text_than_those_before_it_and_not_compared():
    harder = tell(Facts("x", log=Log(validation=train(3.0, 1.9, 1.5, 1.8))), "x")
    assert "learn its text by heart" not in markdown.render(harder)


def test_samples_stand_beside_the_loss_known_by_then():
    validation = train(3.0, 2.0)
    samples = (Sample("aaa", step=5), Sample("bbb", step=10), Sample("ccc", step=25))
    (quotes,) = of(Quotes, tell(Facts("x", log=Log(validation=validation, samples=samples)), "x"))
    assert [quote.label for quote in quotes.quotes] == [
        "Step 5",
        "Step 10, validation loss 3.000",
        "Step 25, validation loss 2.000",
    ]


def test_many_samples_are_spread_evenly_and_long_ones_cut():
    samples = tuple(Sample(f"{n} " + "x" * 10_000, step=n) for n in range(1000))
    (quotes,) = of(Quotes, tell(Facts("x", log=Log(samples=samples)), "x"))
    steps = [quote.label for quote in quotes.quotes]
    assert len(steps) == 8
    assert (steps[0], steps[-1]) == ("Step 0", "Step 999")
    assert max(len(quote.text) for quote in quotes.quotes) <= 500


def test_a_long_run_makes_a_small_page():
    steps = tuple(Step(n, 1.0, 3.0 + math.sin(n), learning_rate=0.1, tokens_per_second=9.0) for n in range(1, 100_000))
    assert len(html.render(tell(Facts("x", log=Log(train=steps)), "x"))) < 100_000


def test_the_loss_has_a_logarithmic_axis_where_the_run_is_long():
    short, long = (of(Figure, tell(Facts("x", log=Log(train=train(*[2.0] * n))), "x"))[0].chart for n in (10, 200))
    assert not short.log_x
    assert long.log_x
