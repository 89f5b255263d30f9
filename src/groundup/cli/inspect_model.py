"""`groundup inspect model`: what a model is made of, as a table, as a picture, or as JSON."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundup.cli.output import notes, print_json, results, save
from groundup.cli.runs import artefact_of, last_training
from groundup.errors import GroundupError, did_you_mean
from groundup.model.presets import PRESETS
from groundup.recipe.dump import as_text
from groundup.recipe.loader import load
from groundup.recipe.overrides import parse_overrides
from groundup.recipe.recipe import Recipe
from groundup.reports import words

if TYPE_CHECKING:
    from groundup.model.describe import Outline, Piece, StackOutline, Tensors
    from groundup.model.model import Model

# Widths of the columns: together with the spaces between them 80.
NAME, SHAPE, TIMES, FIGURE = 40, 16, 6, 12
# A tokenizer of characters takes those that it finds.
CHARACTERS = 256

Row = tuple[str, str, str, str]


def inspect_model(arguments: argparse.Namespace) -> None:
    """Show the model of a run or of a recipe, or the named presets."""
    if arguments.presets:
        _presets(arguments.run, arguments.json)
        return
    if arguments.run is None:
        raise GroundupError("inspect model wants a run folder or a recipe file.", "Or list what is named: --presets")
    if arguments.svg is not None and arguments.svg.suffix.lower() != ".svg":
        raise GroundupError(
            f"--svg {arguments.svg} does not end in .svg, and the picture is one.",
            f"Choose a name such as {arguments.svg.with_suffix('.svg')}; browsers turn it into others.",
        )
    name, model, told_last = _found(arguments.run, arguments.overrides)
    from groundup.model.describe import outline, parts_of

    told = outline(model)
    if arguments.svg is not None:
        from groundup.reports.diagram import draw_file

        save(arguments.svg, draw_file(told, name))
        notes.print(f"drawn: {arguments.svg}", markup=False)
    if arguments.json:
        parts = [
            {"name": p.name, "shape": p.shape, "count": p.count, "parameters": p.parameters} for p in parts_of(model)
        ]
        print_json({"name": name, **asdict(told), "parts": parts})
        return
    for line in _lines(told):
        results.print(line, markup=False)
    # Below the table, where it does not scroll away.
    for line in told_last:
        notes.print(line, markup=False)


def _found(path: Path, overrides: list[str]) -> tuple[str, Model, list[str]]:
    """The model of a run, or one without weights as a recipe describes it; and what is to be said of it."""
    if not path.is_file() and path.suffix not in (".yaml", ".yml"):
        if overrides:
            raise GroundupError(
                f"{overrides[0]} sets a key of a recipe, and {path} is a run, which is made.",
                "Give a recipe file to see what a key changes.",
            )
        from groundup.model.files import load_model
        from groundup.recipe.members import count_of

        learned = artefact_of(path, last_training(path))
        count = count_of(learned.manifest.facts)
        told = [f"The first of {count} models that learned side by side and answer together."] if count > 1 else []
        return path.resolve().name, load_model(learned.path), told
    # What the settings alone show to be wrong is said before PyTorch is there.
    asked = load(path, Recipe, parse_overrides(overrides))
    import torch

    from groundup.model.model import Model
    from groundup.objectives.heads import generator_for, heads_for
    from groundup.recipe.checks import check_model, check_task
    from groundup.recipe.donors import with_tokenizer
    from groundup.recipe.finetuning import finetuning

    recipe, _ = with_tokenizer(asked, None, path.parent)
    tokenizer = recipe.tokenizer
    objective = (recipe.pretrain if recipe.corpus is not None else finetuning(recipe)).objective
    vocabulary = CHARACTERS if tokenizer.kind == "character" else tokenizer.vocabulary
    with torch.device("meta"):
        model = Model(recipe.model, vocabulary, heads=heads_for(objective), generator=generator_for(objective))
    told = [f"Not trained yet: {vocabulary:,} tokens are the most that the recipe asks for."]
    try:
        if recipe.corpus is not None:
            check_model(recipe)
        if recipe.task is not None:
            check_task(recipe)
    except GroundupError as error:
        told.append(f"Note: it can be looked at, but not trained like this. {error}")
    return recipe.name, model, told


def _lines(told: Outline) -> Iterator[str]:
    """The table, at most 80 columns wide."""
    yield from _line(("part", "shape", "times", "parameters"))
    for piece in told.embeddings:
        yield from _piece(piece, 1, "")
    for stack in told.stacks:
        yield from textwrap.wrap(f"{stack.name}: {_about(told, stack)}", 80, subsequent_indent="  ")
        for piece in stack.before:
            yield from _piece(piece, 1, "  ")
        for block in stack.blocks:
            if len(stack.blocks) > 1:
                yield f"  {words.plural(block.count, 'layer')} of"
            for number, piece in enumerate(block.mixers, 1):
                yield from _piece(piece, block.count, "  ", f"{number} ")
            for piece in block.beside:
                yield from _piece(piece, block.count, "  ")
        for piece in stack.after:
            yield from _piece(piece, 1, "  ")
    for piece in told.outputs:
        yield from _piece(piece, 1, "")
    if told.is_tied:
        yield from _line(("output layer: the embedding table", "", "", ""))
    for piece in told.heads:
        yield from _piece(piece, 1, "", "head ")
    yield from _line(("all", "", "", f"{told.parameters:,}"))
    yield from _line(("without embeddings", "", "", f"{told.without_embeddings:,}"))


def _about(told: Outline, stack: StackOutline) -> str:
    sight = "each position sees those before it" if stack.is_causal else "each position sees all"
    place = "before each mixer" if told.norm_place == "pre" else "behind each mixer"
    norm = "no norm" if told.norm == "none" else f"{told.norm} norm {place}"
    positions = "no positions" if told.positions == "none" else f"{told.positions} positions"
    again = f", gone through {stack.repeats} times" if stack.repeats > 1 else ""
    return f"{words.plural(stack.depth, 'layer')} of width {told.width:,}{again}, {sight}, {positions}, {norm}"


def _piece(piece: Piece, times: int, indent: str, before: str = "") -> Iterator[str]:
    """A piece with its parameters in all its layers; its tensors below it, those of one shape on one line."""
    heads = f", {words.plural(piece.heads, 'head')} of {piece.head_width}" if piece.heads and piece.head_width else ""
    seen = ", looks at the memory" if piece.attends_memory else ""
    said, total = indent + before + piece.name + heads + seen, f"{piece.parameters * times:,}"
    if len(piece.tensors) == 1 and len(piece.tensors[0].names) == 1:
        yield from _line((said, _shape(piece.tensors[0].shape), str(times), total))
        return
    yield from _line((said, "", str(times), total))
    for held in piece.tensors:
        yield from _line((f"{indent}    {_names(held)}", _shape(held.shape), str(times * len(held.names)), ""))


def _names(held: Tensors) -> str:
    """The names without numbers, which "times" tells: both directions of a recurrent layer are one line."""
    names = (".".join(word for word in name.split(".") if not word.isdigit()) for name in held.names)
    return ", ".join(dict.fromkeys(names))


def _line(row: Row) -> Iterator[str]:
    name, shape, times, figure = row
    indent = " " * (len(name) - len(name.lstrip()))
    # What is too long for its column goes on below; the figures stand on the first line.
    first, *rest = textwrap.wrap(name.strip(), NAME, initial_indent=indent, subsequent_indent=f"{indent}  ")
    yield f"{first:<{NAME}}  {shape:<{SHAPE}}  {times:>{TIMES}}  {figure:>{FIGURE}}".rstrip()
    yield from rest


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{size:,}" for size in shape)


def _presets(asked: Path | None, as_json: bool) -> None:
    """All presets, or the one asked for."""
    if asked is not None and str(asked) not in PRESETS:
        raise GroundupError(
            f"There is no preset {str(asked)!r}. {did_you_mean(str(asked), PRESETS)}", "All of them: --presets alone."
        )
    shown = PRESETS if asked is None else {str(asked): PRESETS[str(asked)]}
    if as_json:
        print_json({name: dict(values) for name, values in shown.items()})
        return
    width = max(map(len, shown)) + 2
    for name, values in shown.items():
        stacks = "; ".join(f"{key}: {', '.join(values[key])}" for key in ("encoder", "decoder") if values.get(key))
        lines = (textwrap.wrap(stacks, 80 - width), textwrap.wrap(_summary(values), 80 - width))
        results.print(f"{name:<{width}}{lines[0][0]}", markup=False)
        for line in (*lines[0][1:], *lines[1]):
            results.print(" " * width + line, markup=False)
    results.print("\nChoose one with model.preset; any key of the model beside it has the last word.", markup=False)


def _summary(values: Any) -> str:
    """All that a preset sets beside its stacks: the commonest in words, the others as they are written."""
    from groundup.model.settings import ModelSettings

    usual = ModelSettings()
    positions, norm, place = (values.get(key, getattr(usual, key)) for key in ("positions", "norm", "norm_place"))
    said = ["no positions" if positions == "none" else f"{positions} positions"]
    said.append("no norm" if norm == "none" else f"{norm} norm {'before' if place == 'pre' else 'behind'} each mixer")
    said += ["biases"] * bool(values.get("biases")) + ["tied output layer"] * bool(values.get("tied"))
    said += ["no residual connections"] * (not values.get("residual", True))
    window = values.get("window")
    said += [f"window {window} (nothing is cut where model.context is less)"] if window else []
    told = {"encoder", "decoder", "positions", "norm", "norm_place", "biases", "tied", "residual", "window"}
    said += [f"{key} {as_text(value)}" for key, value in values.items() if key not in told]
    return ", ".join(said)
