"""How a run is made again, to the bit, and what to do with it next: the last sections of its report."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from groundup.reports import words
from groundup.reports.document import Block, Commands, Listing, Section, Table
from groundup.reports.gather import TRAININGS, Facts
from groundup.reports.loose import number, part
from groundup.reports.making import as_words, setting_of
from groundup.reports.task import question_to

LONGEST_RECIPE = 60_000


def again_sections(facts: Facts, place: str) -> tuple[Section, ...]:
    """Reproduction and next steps; `place` is how commands name the run. Either may be empty."""
    steps = tuple(_next(facts, place))
    return (
        Section("To make it again", tuple(_again(facts, place))),
        Section("What to try next", (Commands(steps),) if steps else ()),
    )


def _again(facts: Facts, place: str) -> Iterable[Block]:
    if facts.recipe:
        yield Commands(
            (
                (
                    "The recipe below holds every setting and the seed. On the same machine with the same versions "
                    "this gives the same weights, to the bit (a budget by the clock comes to another number of steps "
                    f"each time, so the steps are said{_of_the_first(facts)}):",
                    f"groundup build {_path(place, 'recipe.yaml')} --out {_path(f'{place}-again')}{_exactly(facts)}",
                ),
            )
        )
    if facts.stages:
        rows = tuple((stage.name, str(stage.seed), stage.fingerprint[:12]) for stage in facts.stages.values())
        yield Table("Seeds and fingerprints", ("stage", "seed", "fingerprint"), rows)
    versions: dict[str, set[str]] = {}
    for stage in facts.stages.values():
        for package, version in stage.versions.items():
            versions.setdefault(package, set()).add(version)
    if versions:
        lines = tuple((package, " and ".join(sorted(found))) for package, found in versions.items())
        yield Table("Versions", ("package", "version"), lines)
    if machine := part(facts.learnt, "machine"):
        rows_of_machine = tuple((key.replace("_", " "), _machine(key, value)) for key, value in machine.items())
        yield Table("The machine it was trained on", ("part", "what"), rows_of_machine)
    if facts.recipe:
        yield Listing("The whole recipe", words.shortened(facts.recipe, LONGEST_RECIPE))


def _of_the_first(facts: Facts) -> str:
    """Which steps these are, where each of several models came to a number of its own."""
    if len({str(each.get("steps")) for each in facts.members}) < 2:
        return ""
    return ", those of the first model: the others, which came to other numbers, will differ"


def _exactly(facts: Facts) -> str:
    """The overrides that fix what the trainers measured or chose for themselves."""
    return "".join(_exact(stage, facts.of(stage)) for stage in reversed(TRAININGS))


def _exact(stage: str, trained: Mapping[str, Any]) -> str:
    steps, is_compiled = trained.get("steps"), trained.get("compiled")
    if not isinstance(steps, int) or not isinstance(is_compiled, bool):
        return ""
    options = f" --{stage}.budget '{steps} steps' --{stage}.compile {'yes' if is_compiled else 'no'}"
    for name in ("cooldown", "unfreeze", "warmup"):
        if isinstance(value := trained.get(name), float | int):
            options += f" --{stage}.{name} {value!r}"
    return options


def _next(facts: Facts, place: str) -> Iterable[tuple[str, str]]:
    run, recipe = _path(place), _path(place, "recipe.yaml")
    if facts.training == "finished":
        asked = question_to(facts.task, run)
        yield asked or (
            "Let it write, with a beginning of yours:",
            f'groundup generate {run} "Once upon a time" --tokens 200',
        )
        longer = longer_budget(facts.learnt.get("budget") or setting_of(facts, facts.trained, "budget"))
        yield (
            "Give it more time; the loss falls ever more slowly, so think in multiples:",
            f"groundup build {recipe} --out {_path(f'{place}-longer')} --{facts.trained}.budget {shlex.quote(longer)}",
        )
        if asked:
            yield "Measure it on examples of yours:", f"groundup evaluate {run} --data my-examples.csv"
        else:
            yield "Measure it on text that it has never seen:", f"groundup evaluate {run} --data my-text.txt"
        yield "See its parts, or a batch as it saw it:", f"groundup inspect model {run}\ngroundup inspect batch {run}"
    elif facts.recipe:
        yield "Go on where the run stopped:", f"groundup build {recipe} --out {run}"
        yield "Look again, while it runs:", f"groundup report {run}"
    if facts.recipe:
        yield (
            "Train on examples of your own: copy the recipe, let `train` under `task` name your file, and build it:"
            if facts.task
            else "Train on text of your own: copy the recipe, let `data` under `corpus: sources` name your "
            "folder, and build it:",
            f"cp {recipe} mine.yaml\ngroundup plan mine.yaml\ngroundup build mine.yaml --out {_path(f'{place}-mine')}",
        )


def longer_budget(budget: object) -> str:
    """Four times a budget such as "40 seconds"; "10 minutes" where it has another shape."""
    amount, _, unit = str(budget or "").partition(" ")
    times = number(amount) * 4
    if not unit or not math.isfinite(times) or times <= 0:
        return "10 minutes"
    if unit == "seconds" and times >= 120:
        times, unit = times / 60, "minutes"
    return f"{times:g} {unit}"


def _machine(key: str, value: object) -> str:
    is_bytes = key.startswith("memory") and isinstance(value, int | float)
    return words.size(number(value)) if is_bytes else as_words(value)


def _path(*parts: str) -> str:
    return shlex.quote("/".join(parts))
