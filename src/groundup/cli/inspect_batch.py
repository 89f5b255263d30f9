"""`groundup inspect batch`: what goes into a model, what is scored, and what each position may see."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from groundup.cli.output import print_json, results, save
from groundup.cli.runs import artefact_of
from groundup.errors import GroundupError
from groundup.reports.batch import Line, folded, is_next, page, positions, ranges, seen, told

if TYPE_CHECKING:
    from groundup.training.settings import TrainingSettings
    from groundup.training.start import Training

# Positions that a terminal shows side by side in the picture of what is seen.
WIDEST = 64


def inspect_batch(arguments: argparse.Namespace) -> None:
    """Print the rows asked for, and write the page where one is asked for."""
    step = 0 if arguments.step is None else arguments.step
    wanted = 2 if arguments.rows is None else arguments.rows
    if step < 0 or wanted < 1:
        raise GroundupError(f"--step is {step} and --rows is {wanted}.", "Steps count from 0 and rows from 1.")
    rows, batch = _rows(_training(arguments.run), step, wanted)
    if arguments.html is not None:
        title = f"Step {step:,} of {arguments.run.name}"
        lines = [_named(line, number) for number, row in enumerate(rows) for line in row]
        save(arguments.html, page(title, lines))
    if arguments.json:
        shown = [[_as_json(line) for line in row] for row in rows]
        print_json({"step": step, "rows": batch, "shown": shown})
        return
    # A log or a pipe has no colours: signs stand for them.
    is_plain = results.color_system is None
    for number, row in enumerate(rows):
        for line in row:
            results.print(Text(f"row {number + 1} of {batch}, {line.name}: {told(line)}", style="bold"))
            results.print(_signs(line) if is_plain else _tokens(line))
            results.print(_picture(line))
    results.print(_SIGNS if is_plain else _key())
    if arguments.html is not None:
        results.print(f"page: {arguments.html}", markup=False)


def _training(run: Path) -> Training:
    """The run's last training: that of its task, if it has one, once what comes before is done."""
    from groundup.recipe.finetuning import sources_of_examples
    from groundup.recipe.loader import load
    from groundup.recipe.recipe import Recipe
    from groundup.recipe.task_stages import finetuning_of
    from groundup.recipe.text_stages import pretraining

    tokenizer = artefact_of(run, "tokenizer")
    # The recipe as it was resolved: also of a run that is going on, or was stopped by a bad batch.
    recipe = load(run / "recipe.yaml", Recipe)
    if recipe.task is not None and (recipe.corpus is None or (run / "pretrain").is_dir()):
        examples = {stage: artefact_of(run, stage) for stage in sources_of_examples(recipe)}
        parents = {"tokenizer": tokenizer, **examples}
        return finetuning_of(recipe, parents, run, "")[0]
    return pretraining(recipe, tokenizer, artefact_of(run, "shards"), run, "")


def _rows(training: Training, step: int, wanted: int) -> tuple[list[tuple[Line, ...]], int]:
    """The lines of the first rows of a step's first forward pass, and how many rows it has."""
    import torch

    from groundup.tasks.materials.pairs import PairMaterial
    from groundup.tokens.tokenizer import Tokenizer
    from groundup.training.look import look
    from groundup.training.start import feed_of, settled_rows

    settings = settled_rows(training)
    feed = feed_of(training, settings, torch.device("cpu"))
    example = feed.example(step * settings.accumulate, _stage(training, settings, step))
    material = training.material
    coder = material.coder
    assert isinstance(coder, Tokenizer)
    source, batch = material.coders.source if isinstance(material, PairMaterial) else coder, len(example.inputs)
    shown = range(min(wanted, batch))
    return [look(example, row, coder.text, material.symbols, source.text) for row in shown], batch


def _stage(training: Training, settings: TrainingSettings, step: int) -> float:
    """How far the run has come by `step`, by the horizon that it wrote down; at its beginning before there is one."""
    from groundup.store.artefact import DRAFT
    from groundup.training.horizon import read_horizon
    from groundup.training.schedule import stage_of
    from groundup.training.start import HORIZON

    run, stage = training.draft, training.section
    for path in (run / stage / HORIZON, *sorted(run.glob(f"{DRAFT}{stage}-*/{HORIZON}"))):
        horizon = read_horizon(path)
        if horizon is not None:
            return stage_of(horizon.governed(settings), min(step, horizon.steps), horizon.steps)
    return 0.0


def _tokens(line: Line) -> Text:
    text, repeats = Text(), is_next(line)
    spots, padding = folded(line)
    for place, spot in enumerate(spots):
        if spot.is_changed:
            style = "black on bright_yellow"
        elif spot.segment:
            style = "black on bright_green" if place % 2 else "black on green"
        else:
            # Alternating shades tell tokens apart.
            style = "black on bright_cyan" if place % 2 else "black on white"
        if place and spot.document != line.spots[place - 1].document and not spot.is_padding:
            text.append("\u2502", style="bold red")
        text.append(seen(spot.text), style=f"{style} underline" if spot.target else style)
        if spot.target and not repeats:
            text.append(f"\u2192{seen(spot.target)}", style="bold magenta")
    return text.append(padding, style="dim")


def _signs(line: Line) -> Text:
    """The tokens with bars between them, and signs on those that are changed or scored."""
    text, repeats = "", is_next(line)
    spots, padding = folded(line)
    for place, spot in enumerate(spots):
        if place:
            text += "\u2016" if spot.document != spots[place - 1].document else "|"
        text += f"*{seen(spot.text)}" if spot.is_changed else seen(spot.text)
        text += f"\u2192{seen(spot.target)}" if spot.target and not repeats else ""
    text += f"|{padding}" if padding else ""
    if repeats and any(spot.target for spot in spots):
        text += f"\nscored, each on the token behind it: positions {positions(ranges([bool(s.target) for s in spots]))}"
    return Text(text)


_SIGNS = Text(
    "*token: hidden or replaced   token\u2192other: other is to be predicted there   \u2016: another document"
)


def _picture(line: Line) -> Text:
    """Who sees what: a row for each of the first positions, two of them on a line of half blocks."""
    text = Text()
    for name, matrix in (("sees", line.sees), ("sees of the source", line.reads)):
        if not matrix:
            continue
        if len(set(matrix)) == 1:
            text.append(f"each position {name}: {positions(matrix[0])}\n", style="dim")
            continue
        wide = min(WIDEST, max((last for row in matrix for _, last in row), default=0))
        rows = [[any(first <= at < last for first, last in row) for at in range(wide)] for row in matrix[:WIDEST]]
        cut = f" (the first {len(rows)} of {len(matrix)} positions)" if len(matrix) > len(rows) else ""
        text.append(f"each position, from above, {name}{cut}:\n", style="dim")
        for above, below in zip(rows[::2], [*rows[1::2], [False] * wide], strict=False):
            text.append("".join(_HALVES[one, other] for one, other in zip(above, below, strict=True)).rstrip() + "\n")
    return text


_HALVES = {(False, False): " ", (True, False): "\u2580", (False, True): "\u2584", (True, True): "\u2588"}


def _key() -> Text:
    return Text.assemble(
        ("underlined", "underline"),
        ": scored   ",
        ("yellow", "black on bright_yellow"),
        ": hidden or replaced   ",
        ("\u2192token", "bold magenta"),
        ": to be predicted there   ",
        ("green", "black on bright_green"),
        ": second text   ",
        ("\u2502", "bold red"),
        ": another document",
    )


def _named(line: Line, number: int) -> Line:
    from dataclasses import replace

    return replace(line, name=f"row {number + 1}, {line.name}")


def _as_json(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "tokens": [spot.text for spot in line.spots],
        "targets": [spot.target or None for spot in line.spots],
        "changed": [spot.is_changed for spot in line.spots],
        "padding": [spot.is_padding for spot in line.spots],
        "documents": [spot.document for spot in line.spots],
        "segments": [spot.segment for spot in line.spots],
        "sees": line.sees,
        "reads": line.reads,
        "labels": line.labels,
    }
