"""The sections on what the run was made with: tokenizer, model, budget and speed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from groundup.errors import GroundupError
from groundup.reports import words
from groundup.reports.chart import Chart, Series
from groundup.reports.document import (
    Bar,
    Block,
    Cell,
    Chips,
    Drawing,
    Figure,
    Section,
    Table,
)
from groundup.reports.gather import Facts
from groundup.reports.log import smoothed, thinned
from groundup.reports.loose import entries, number, part, texts

LONGEST_VALUE = 200
MEMBERS = "The models that learned side by side and answer together"


def making_sections(facts: Facts) -> tuple[Section, ...]:
    """Tokenizer, model and budget, and speed, in this order; some may be empty."""
    return (
        Section("Tokenizer", tuple(_tokenizer(facts))),
        Section("Model and budget", tuple(_model(facts))),
        Section("Speed", tuple(_speed(facts))),
    )


def _tokenizer(facts: Facts) -> Iterable[Block]:
    tokenizer, shards = facts.of("tokenizer"), facts.of("shards")
    rows: list[tuple[Cell, ...]] = []
    kind = tokenizer.get("kind") or setting_of(facts, "tokenizer", "kind")
    if kind:
        rows.append(("kind", as_words(kind)))
    rows += _known(
        tokenizer,
        (
            ("vocabulary", "vocabulary", _whole),
            ("vocabulary_used", "of these met in the text", _whole),
            ("bytes_per_token", "bytes a token", _decimal),
            ("characters_per_token", "characters a token", _decimal),
            ("unknown_rate", "unknown tokens", words.percent),
        ),
    )
    if rows:
        yield Table("The tokenizer", ("what", "figure"), tuple(rows), frozenset({1}))
    yield from _pieces(tokenizer)
    splits = [(name, split) for name in ("train", "validation") if (split := part(shards, name))]
    if splits:
        lines: list[tuple[Cell, ...]] = []
        for name, split in splits:
            tokens, size = number(split.get("tokens")), number(split.get("bytes"))
            lines.append(
                (
                    name,
                    _or_dash(number(split.get("documents")), _whole),
                    _or_dash(size, words.size),
                    _or_dash(tokens, _whole),
                    _or_dash(size / tokens if tokens > 0 else math.nan, _decimal),
                )
            )
        yield Table(
            "The text as tokens",
            ("split", "documents", "text", "tokens", "bytes a token"),
            tuple(lines),
            frozenset({1, 2, 3, 4}),
        )


def _pieces(tokenizer: Mapping[str, Any]) -> Iterable[Block]:
    """The tokens worth a look: the longest, and the most frequent with their counts."""
    longest = texts(tokenizer.get("longest_tokens"))
    if longest and max(map(len, longest)) > 1:
        yield Chips("The longest tokens it knows.", tuple(longest[:40]))
    frequent = entries(tokenizer.get("frequent_tokens"))
    if frequent:
        most = max(number(entry.get("count")) for entry in frequent)
        rows = tuple(
            (
                _seen(str(entry.get("token", ""))),
                _or_dash(number(entry.get("count")), _whole),
                Bar(number(entry.get("count")) / most if most > 0 else 0.0),
            )
            for entry in frequent[:20]
        )
        yield Table("The most frequent tokens", ("token", "times", ""), rows, frozenset({1}), is_folded=True)


def _seen(token: str) -> str:
    """A token with its white space shown."""
    return token.replace(" ", "␣").replace("\n", "↵").replace("\t", "⇥")


def _model(facts: Facts) -> Iterable[Block]:
    trained = facts.learnt
    if rows := _budget(trained):
        yield Table("Model and budget", ("what", "value"), rows, frozenset({1}))
    if facts.earlier and (rows := _budget(facts.earlier.learnt)):
        yield Table("The pretraining before", ("what", "value"), rows, frozenset({1}))
    yield from _members(facts)
    yield from _warm_start(part(trained, "warm_start"))
    for name, title in (("shape", "The model's shape"), ("rates", "Learning rates"), ("model", "The model")):
        if values := part(trained, name):
            yield settings_table(title, values)
    if facts.trained in facts.stages and facts.stages[facts.trained].settings:
        yield settings_table("Every setting of model and training", facts.stages[facts.trained].settings)
    if facts.model:
        yield from _picture(facts)
    layers = entries(trained.get("layers"))
    if layers:
        lines = tuple(
            (
                as_words(layer.get("name", "")),
                _shape(layer.get("shape")),
                _or_dash(number(layer.get("parameters")), _whole),
            )
            for layer in layers
        )
        yield Table("Every layer", ("layer", "shape", "parameters"), lines, frozenset({1, 2}), is_folded=True)


def _budget(trained: Mapping[str, Any]) -> tuple[tuple[Cell, ...], ...]:
    rows = _known(
        trained,
        (
            ("parameters", "parameters", _whole),
            ("context", "context (tokens)", _whole),
            ("batch", "batch", _whole),
            ("steps", "steps", _whole),
            ("tokens", "tokens read", _whole),
            ("epochs", "epochs", lambda value: f"{value:.3g}"),
            ("flops", "arithmetic (FLOPs)", words.count),
        ),
    )
    for name in ("budget", "precision", "device"):
        if trained.get(name) not in (None, ""):
            rows.append((name, as_words(trained[name])))
    return tuple(rows)


def _members(facts: Facts) -> Iterable[Block]:
    """What each of several models came to."""
    rows = tuple(
        (
            f"{place}",
            as_words(str(each.get("seed", "–"))),
            _or_dash(number(each.get("steps")), _whole),
            _or_dash(number(each.get("epochs")), lambda value: f"{value:.3g}"),
            _or_dash(number(each.get("validation_loss")), words.figure),
            _or_dash(number(each.get("seconds")), words.duration),
        )
        for place, each in enumerate(facts.members, 1)
    )
    if rows:
        header = ("member", "seed", "steps", "epochs", "validation loss", "time")
        yield Table(MEMBERS, header, rows, frozenset(range(1, len(header))))


def _warm_start(account: Mapping[str, Any]) -> Iterable[Block]:
    """What weights the model started from, where not all were drawn anew."""
    origins = [str(origin) for origin in part(account, "taken").values()]
    rows: list[tuple[Cell, ...]] = [
        (f"{side}, from {as_words(run)}", f"{sum(origin.startswith(f'{side} model: ') for origin in origins):,}")
        for side, run in part(account, "runs").items()
    ]
    if rows:
        new = texts(account.get("new"))
        rows.append(("new", f"{len(new):,}" + (f": {as_words(new)}" if new else "")))
        rows += [("used otherwise than before", difference) for difference in texts(account.get("differences"))]
        yield Table("Weights that the model started from", ("what", "weight tensors"), tuple(rows))


def _picture(facts: Facts) -> Iterable[Block]:
    # Here and not above: this alone of all that a report does needs PyTorch.
    from groundup.model.describe import outline
    from groundup.model.files import sketch_of

    try:
        model = outline(sketch_of(facts.model))
    # The file is as it was written, but perhaps by a version whose settings this one does not know.
    except (ValueError, TypeError, KeyError, AttributeError, GroundupError):
        return
    yield Drawing(
        model,
        facts.name,
        "The model, read from below: each box with its shapes and its parameters; lines beside the boxes carry the "
        "stream past them.",
    )


def _speed(facts: Facts) -> Iterable[Block]:
    trained = facts.learnt
    rows = _known(
        trained,
        (
            ("tokens_per_second", "tokens a second", _whole),
            ("flops_per_second", "arithmetic a second (FLOP/s)", words.count),
            ("threads", "threads", _whole),
        ),
    )
    times = (("training", facts.training_seconds), ("all stages", facts.seconds))
    rows += [(what, words.duration(seconds)) for what, seconds in times if math.isfinite(seconds)]
    if isinstance(trained.get("compiled"), bool):
        rows.append(("compiled", "yes" if trained["compiled"] else "no"))
    timed = [(stage, facts.seconds_of(name)) for name, stage in facts.stages.items()]
    rows += [
        (f"stage {stage.name}", f"{words.duration(seconds)}, {words.size(stage.bytes)} written")
        for stage, seconds in timed
        if math.isfinite(seconds)
    ]
    if rows:
        yield Table("Speed and time", ("what", "figure"), tuple(rows), frozenset({1}))
    points = [(float(step.step), step.tokens_per_second) for step in facts.log.train]
    points = [point for point in points if not math.isnan(point[1])]
    if len(points) > 1:
        series = Series("tokens a second", tuple(thinned(smoothed(points, len(points) / 100), 400)))
        yield Figure(
            Chart("Tokens a second as training went on", "step", "tokens a second", (series,), from_zero=True),
            "A dip is a machine that had other work, or a pause to validate and save.",
        )


def flat(settings: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Nested settings as dotted keys and values."""
    for key, value in settings.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def settings_table(title: str, values: Mapping[str, Any]) -> Table:
    """Nested settings as rows of dotted keys, folded away."""
    rows = tuple((key, as_words(value)) for key, value in flat(values))
    return Table(title, ("setting", "value"), rows, is_folded=True)


def _known(facts: Mapping[str, Any], wanted: Iterable[tuple[str, str, Any]]) -> list[tuple[Cell, ...]]:
    """Rows for those wanted (name, label, how it is said) that are recorded as numbers."""
    figures = ((label, say, number(facts.get(name))) for name, label, say in wanted)
    return [(label, say(value)) for label, say, value in figures if not math.isnan(value)]


def setting_of(facts: Facts, stage: str, key: str) -> Any:
    """A setting of a finished stage; None where there is none."""
    return facts.stages[stage].settings.get(key) if stage in facts.stages else None


def _whole(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else words.figure(value)


def _decimal(value: float) -> str:
    return words.figure(value, 2)


def _or_dash(value: float, say: Any) -> str:
    return "–" if math.isnan(value) else str(say(value))


def as_words(value: object) -> str:
    """A value of a setting or a fact for a reader, shortened."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return words.shortened(", ".join(map(as_words, value)), LONGEST_VALUE)
    if value is None:
        return "not set"
    if isinstance(value, float):
        return f"{value:.6g}"
    return words.shortened(f"{value:,}" if isinstance(value, int) else str(value), LONGEST_VALUE)


def _shape(shape: object) -> str:
    return " × ".join(map(str, shape)) if isinstance(shape, list | tuple) else as_words(shape)
