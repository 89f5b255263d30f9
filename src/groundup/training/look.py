"""An example made readable: the tokens as text, what was changed, what is scored and who sees what."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from groundup.model.context import Memory, all_at_once, visible, visible_memory
from groundup.objectives.example import Example, context_of
from groundup.objectives.heads import SPAN
from groundup.objectives.rows import UNSCORED, Symbols
from groundup.reports.batch import Line, Spot, length, ranges
from groundup.tokens.pairs import FOLLOWS, IN_ORDER, RANDOM, SWAPPED

# What the classes of pairs are.
LABELS = {
    "next_sentence": {FOLLOWS: "it follows", RANDOM: "from another document"},
    "sentence_order": {IN_ORDER: "in order", SWAPPED: "swapped"},
}

Ranges = tuple[tuple[tuple[int, int], ...], ...]


def look(
    example: Example,
    row: int,
    text: Callable[[int], str],
    symbols: Symbols,
    source_text: Callable[[int], str] | None = None,
) -> tuple[Line, ...]:
    """The row as lines: the encoder's side, where it has one of its own, and the side that is scored.

    `text` says what a token stands for, and `source_text` what one of the encoder's does where they are others.
    """
    marks = frozenset((symbols.mask, *symbols.sentinels))
    lines = []
    source = example.source
    if source is not None:
        whole = all_at_once(source.tokens, real=source.real, documents=source.documents, is_causal=False)
        spots = _spots(source.tokens[row], None, source.real, source.documents, None, row, source_text or text, marks)
        read = length(spots)
        sees = _matrix(visible(whole, whole.positions, None), row, read, read)
        lines.append(Line("source (encoder)", spots, sees))
    context = context_of(example)
    spots = _spots(
        example.inputs[row],
        example.targets[row],
        example.real,
        example.documents,
        example.segments,
        row,
        text,
        marks,
        is_in_place=not example.is_causal,
    )
    # Padding is left out of the pictures: it is seen by none, and nobody asks what it sees.
    written = length(spots)
    sees = _matrix(visible(context, context.positions, None), row, written, written)
    reads: Ranges = ()
    if source is not None:
        memory = Memory(source.tokens, real=source.real, documents=source.documents)
        reads = _matrix(visible_memory(context, memory), row, written, length(lines[0].spots))
    labels = tuple(
        f"{name.replace('_', ' ')}: {LABELS.get(name, {}).get(int(wanted[row]), int(wanted[row]))}"
        for name, wanted in example.labels.items()
        if wanted.ndim == 1
    )
    if SPAN in example.labels:
        first, last = example.labels[SPAN][row].tolist()
        there = "".join(map(text, example.inputs[row, first : last + 1].tolist()))
        labels = (*labels, f"{SPAN}: {there} (places {first:,} to {last:,})")
    if example.judged is not None:
        labels = (
            *labels,
            f"{int(example.judged[row].sum())} to be told original or replaced, once guesses stand there",
        )
    name = "inputs" if source is None else "what is written (decoder)"
    return (*lines, Line(name, spots, sees, reads, labels))


def _spots(
    tokens: Tensor,
    targets: Tensor | None,
    real: Tensor | None,
    documents: Tensor | None,
    segments: Tensor | None,
    row: int,
    text: Callable[[int], str],
    marks: frozenset[int],
    *,
    is_in_place: bool = False,
) -> tuple[Spot, ...]:
    """`is_in_place`: a target is the token that stood there before, so that one unlike it was put in its place."""
    wanted = [UNSCORED] * len(tokens) if targets is None else targets.tolist()
    return tuple(
        Spot(
            text=text(token),
            target="" if target == UNSCORED else text(target),
            is_changed=token in marks or (is_in_place and target not in (UNSCORED, token)),
            is_padding=real is not None and not bool(real[row, place]),
            document=0 if documents is None else int(documents[row, place]),
            segment=0 if segments is None else int(segments[row, place].flatten()[0]),
        )
        for place, (token, target) in enumerate(zip(tokens.tolist(), wanted, strict=True))
    )


def _matrix(allowed: Tensor | None, row: int, height: int, width: int) -> Ranges:
    """What each of the first `height` positions of `row` sees of the first `width`, as ranges; None means all."""
    if allowed is None:
        return tuple(((0, width),) for _ in range(height))
    rows = allowed if allowed.ndim == 2 else allowed[row if len(allowed) > 1 else 0, 0]
    # One row stands for all of them where all see the same.
    return tuple(ranges(line) for line in torch.broadcast_to(rows[:height, :width], (height, width)).tolist())
