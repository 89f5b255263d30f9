"""Measure a trained model: by its task, by how well it predicts text, or by whether it tells good sentences from bad.

translation, classification and questions read examples as the run's recipe does and judge its model by the published
figures: BLEU and chrF, accuracy and F1, exact match and F1. A run of a task is measured by it unless --task says else.
--with lets runs that write texts or choose labels do so together: what comes next, or the label, is the mean of what
they expect.

language-modelling scores every token of the texts once: loss, perplexity, bits per byte. minimal-pairs reads BLiMP's
files (arXiv 1912.00582), or pairs of your own, a JSON object a line:
{"sentence_good": "The cats sleep.", "sentence_bad": "The cats sleeps."}; it says how often the good one is the
likelier. --scoring says how likelihood is measured: causal (each token from those before), masked (each hidden token
from all others), masked_next (the same, said one position ahead), encoder_mask (hidden from the encoder, said by the
decoder), encoder_prefix (the encoder reads what both sentences begin with, the decoder writes the rest). Without it
the way that fits the model is taken.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.table import Table

from groundup.cli.answers import add_others
from groundup.cli.output import notes, print_json, results, save, terminal_progress
from groundup.cli.runs import model_of, must_be_there, objective_of, tokenizer_of
from groundup.errors import GroundupError, did_you_mean
from groundup.reports import words

EXAMPLES = (
    "groundup evaluate runs/demo --data play.txt",
    "groundup evaluate runs/en-de --data test2016",
    "groundup evaluate runs/en-de --data test2016 --with runs/en-de-2 --with runs/en-de-rnn",
    "groundup evaluate runs/imdb --data reviews.csv --columns 'text=Review Body' label=Stars --json",
    "groundup evaluate runs/demo --data folder-of-texts --json",
    "groundup evaluate runs/demo --data play.txt --stride 64",
    "groundup evaluate runs/demo --task minimal-pairs --data blimp --scoring all",
)
# Tasks that runs are trained on.
KINDS = ("translation", "classification", "questions")
# What a task reads, and where that is to be had.
WANTED = {
    "language-modelling": "Give a text or a folder of texts: txt, md, html, jsonl, csv, tsv or parquet.",
    "minimal-pairs": (
        "Give the folder of BLiMP's .jsonl files, a paradigm each (its home: https://github.com/alexwarstadt/blimp, "
        'folder data), or pairs of your own: a JSON object a line with "sentence_good" and "sentence_bad".'
    ),
    **dict.fromkeys(
        KINDS,
        "Give examples of the run's task: CSV, TSV, JSON lines, lines of a label and a text, the common name of "
        "parallel files (test2016 for test2016.en and test2016.de), SQuAD's JSON or bAbI's files.",
    ),
}
SCORINGS = ("causal", "masked", "masked_next", "encoder_mask", "encoder_prefix", "all")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `evaluate`."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a finished run")
    parser.add_argument("--data", type=Path, metavar="PATH", help="a file or a folder (always needed)")
    parser.add_argument("--task", default=None, metavar="TASK", help=f"what to measure: {', '.join(TASKS)}")
    parser.add_argument("--columns", nargs="+", default=None, metavar="ROLE=NAME", help="tasks: what is where")
    parser.add_argument(
        "--on-bad-row", choices=("stop", "skip"), default=None, help="tasks: stop at a bad row, or skip and count it"
    )
    parser.add_argument(
        "--out", type=Path, default=None, metavar="F", help="tasks: where predictions go, as JSON lines"
    )
    add_others(parser)
    parser.add_argument(
        "--stride",
        type=int,
        default=None,
        metavar="N",
        help="language-modelling: tokens between windows (default: context)",
    )
    parser.add_argument("--scoring", choices=SCORINGS, default=None, help="minimal-pairs: how likelihood is measured")
    parser.add_argument(
        "--limit", type=int, default=None, metavar="N", help="minimal-pairs: only the first N of each paradigm"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Measure, and print the figures."""
    must_be_there(arguments.run)
    if arguments.task is None:
        arguments.task = _usual(arguments.run)
    if arguments.task not in TASKS:
        raise GroundupError(
            f"There is no task {arguments.task!r}. {did_you_mean(arguments.task, TASKS)}",
            "See: groundup evaluate --help",
        )
    _only_for(arguments, "language-modelling", "stride")
    _only_for(arguments, "minimal-pairs", "scoring", "limit")
    if arguments.task not in KINDS:
        _only_for(arguments, " or ".join(KINDS), "columns", "on_bad_row", "out", "with")
    if arguments.data is None:
        raise GroundupError(f"--task {arguments.task} wants --data.", WANTED[arguments.task])
    if arguments.task not in KINDS and not arguments.data.exists():
        raise GroundupError(f"There is nothing at {arguments.data}.", f"Check the path. {WANTED[arguments.task]}")
    TASKS[arguments.task](arguments)
    return 0


def _only_for(arguments: argparse.Namespace, task: str, *options: str) -> None:
    given = [option for option in options if getattr(arguments, option) is not None]
    if given and arguments.task != task:
        raise GroundupError(
            f"--{given[0].replace('_', '-')} belongs to --task {task}; the task is {arguments.task}.",
            f"Add --task {task}, or leave it out.",
        )


def _usual(run: Path) -> str:
    """The kind of the run's task, or language-modelling where it has none."""
    from groundup.recipe.answering import task_of

    try:
        return task_of(run).kind
    except GroundupError:
        return "language-modelling"


def _task(arguments: argparse.Namespace) -> None:
    from dataclasses import replace

    from groundup.recipe.answering import answering
    from groundup.reports.task import figures_of
    from groundup.tasks.classification import Chooser
    from groundup.tasks.judgement import judged
    from groundup.tasks.other_files import for_file
    from groundup.tasks.parts import read_task
    from groundup.tasks.prediction import prediction_lines
    from groundup.tasks.reading.rows import Account
    from groundup.tasks.settings import columns_from
    from groundup.tasks.told import TO_EVALUATE, told

    others = getattr(arguments, "with") or ()
    opened = answering(arguments.run, arguments.task, others=others)
    task = opened.task
    if arguments.columns is not None:
        task = replace(task, columns=columns_from(arguments.columns))
    else:
        task = for_file(task, arguments.data)
    if arguments.on_bad_row is not None:
        task = replace(task, on_bad_row=arguments.on_bad_row)
    progress = terminal_progress()
    account = Account()
    examples = list(read_task(arguments.data, task, account))
    said = list(told(task.columns, account.facts(), TO_EVALUATE))
    if isinstance(opened.predictor, Chooser):
        said += opened.predictor.check_labels(examples)
    for sentence in said:
        notes.print(f"note: {sentence}", markup=False)
    found = judged(task, opened.predictor, (), examples, progress)
    progress.close()
    if arguments.out is not None:
        save(arguments.out, prediction_lines(examples, found.predictions))
    if arguments.json:
        runs = {"with": [str(other) for other in others]} if others else {}
        print_json({"task": task.kind, **runs, **found.facts})
        return
    for name, value in figures_of(found.facts):
        results.print(f"{name:<22} {value}", markup=False)


def _language_modelling(arguments: argparse.Namespace) -> None:
    from groundup.evaluation.ways import LEARNED

    objective = objective_of(arguments.run)
    ways = LEARNED[objective]
    if "causal" not in ways:
        raise GroundupError(
            f"The model of {arguments.run} does not predict each token from those before it, which language-modelling "
            f"measures: it was trained on the objective {objective!r}.",
            f"--task minimal-pairs applies to it, scored by {' or '.join(ways)}."
            if ways
            else "Its report holds what it was measured by.",
        )
    from groundup.corpus.read import texts_at
    from groundup.evaluation.language_modelling import evaluate_texts

    result = evaluate_texts(
        model_of(arguments.run),
        tokenizer_of(arguments.run),
        texts_at(arguments.data),
        stride=arguments.stride,
        progress=terminal_progress(),
    )
    if arguments.json:
        print_json(result)
        return
    units = {
        "loss": " nats a token",
        "perplexity": "",
        "bits_per_byte": "",
        "tokens": "",
        "documents": "",
        "bytes": "",
    }
    for name, unit in units.items():
        value = result[name]
        shown = f"{value:.4f}" if isinstance(value, float) else f"{value:,}"
        results.print(f"{name.replace('_', ' '):<16} {shown}{unit}", markup=False)


def _minimal_pairs(arguments: argparse.Namespace) -> None:
    if arguments.limit is not None and arguments.limit < 1:
        raise GroundupError(f"--limit is {arguments.limit}.", "It must be 1 or more.")
    from groundup.evaluation.ways import choose_ways

    objective = objective_of(arguments.run)
    ways = choose_ways(objective, arguments.scoring)
    from groundup.evaluation.minimal_pairs import evaluate_pairs, mean_accuracy, mean_interval, read_pairs

    model = model_of(arguments.run)
    tokenizer, paradigms = tokenizer_of(arguments.run), read_pairs(arguments.data, arguments.limit)
    progress = terminal_progress()
    found = {way: evaluate_pairs(model, tokenizer, paradigms, way, objective, progress) for way in ways}
    if arguments.json:
        scorings: dict[str, Any] = {
            way: {
                "accuracy": mean_accuracy(figures),
                "interval": mean_interval(figures),
                "pairs": sum(each.pairs for each in figures.values()),
                "ties": sum(each.ties for each in figures.values()),
                "paradigms": {
                    name: {
                        "accuracy": each.accuracy,
                        "interval": each.interval,
                        "pairs": each.pairs,
                        "ties": each.ties,
                    }
                    for name, each in figures.items()
                },
            }
            for way, figures in found.items()
        }
        print_json({"objective": objective, "scoring": scorings})
        return
    table = Table("accuracy, per cent", box=None)
    for way in ways:
        table.add_column(way, justify="right", no_wrap=True)
    table.add_column("pairs", justify="right")
    for name, pairs in paradigms.items():
        cells = (_between(found[way][name].accuracy, found[way][name].interval) for way in ways)
        table.add_row(name, *cells, f"{len(pairs):,}")
    if len(paradigms) > 1:
        means = (_between(mean_accuracy(found[way]), mean_interval(found[way])) for way in ways)
        table.add_row("mean of paradigms", *means, f"{sum(map(len, paradigms.values())):,}", style="bold")
    results.print(table)
    results.print("A guess is right in 50 %. In brackets: the 95 % interval.", markup=False)
    for way in ways:
        ties = sum(each.ties for each in found[way].values())
        if ties:
            results.print(f"{way}: {words.plural(ties, 'tie')}, counted as half right", markup=False)


def _between(share: float, interval: tuple[float, float]) -> str:
    return f"{share * 100:.1f} ({interval[0] * 100:.0f} to {interval[1] * 100:.0f})"


TASKS: dict[str, Callable[[argparse.Namespace], None]] = {
    "language-modelling": _language_modelling,
    "minimal-pairs": _minimal_pairs,
    **dict.fromkeys(KINDS, _task),
}
