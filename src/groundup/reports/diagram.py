"""A model's stacks as a picture: one self-contained SVG, read from below like the figure of arXiv 1706.03762.

The encoder stands on the left, the decoder on the right. Colours are variables that follow the reader's screen, text
stays text, and nothing is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from groundup.reports import words

if TYPE_CHECKING:
    from groundup.model.describe import Block, Outline, Piece, StackOutline

BOX, TALL, SLIM, GAP = 316, 44, 24, 20
# Beside the boxes: the frame of alike layers, the lane of residual connections within it, the depth outside.
LANE, FRAME, DEPTH = 24, 40, 62
MARGIN, BETWEEN = 20, 56
# Characters of the small line in a box, in a wide font.
LONGEST = 47
# Tables of a stack whose rows are added to the embeddings.
ADDED = {"table": "learned positions", "segments": "segments"}

STYLE = """
.model-picture {
  --paper: #fbfaf7; --raised: #ffffff; --ink: #25241f; --muted: #68665e; --line: #d8d4c8; --flow: #8b877b;
  --mixer: #e3f0ee; --mixer-edge: #176a72; --memory: #fbebd9; --memory-edge: #a8591a; --norm: #efece4;
  font: 13px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Helvetica, Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  .model-picture {
    --paper: #17181b; --raised: #232429; --ink: #e8e5dd; --muted: #a9a69c; --line: #3d3e44; --flow: #8d8a80;
    --mixer: #1e3537; --mixer-edge: #74c5c6; --memory: #3b2b1c; --memory-edge: #e2a467; --norm: #2b2c31;
  }
}
.model-picture .paper { fill: var(--paper); }
.model-picture text { fill: var(--ink); }
.model-picture .small { font-size: 11.5px; fill: var(--muted); }
.model-picture .name { font-weight: 600; }
.model-picture .title { font-size: 17px; font-weight: 600; }
.model-picture .depth { font-size: 19px; font-weight: 600; }
.model-picture .middle { text-anchor: middle; }
.model-picture .end { text-anchor: end; }
.model-picture .frame { fill: none; stroke: var(--line); stroke-width: 1.5; }
.model-picture .box { fill: var(--raised); stroke: var(--line); }
.model-picture .norm { fill: var(--norm); stroke: none; }
.model-picture .mixer { fill: var(--mixer); stroke: var(--mixer-edge); }
.model-picture .memory { fill: var(--memory); stroke: var(--memory-edge); }
.model-picture .flow { fill: none; stroke: var(--flow); stroke-width: 1.5; }
.model-picture .tip { fill: var(--flow); }
.model-picture .seen { fill: none; stroke: var(--memory-edge); stroke-width: 1.5; }
.model-picture .seen-tip { fill: var(--memory-edge); }
.model-picture .sum { fill: var(--paper); stroke: var(--flow); stroke-width: 1.5; }
"""


@dataclass
class _Column:
    """One stack being drawn: it grows upwards from y = 0, so heights are negative."""

    left: float
    side: int
    """-1: residual connections run on the left of the boxes; 1: on the right."""
    y: float = 0.0
    under: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    """Heights of the mixers that look at the memory."""

    @property
    def middle(self) -> float:
        return self.left + BOX / 2


def draw(model: Outline, title: str = "") -> str:
    """The picture as one `<svg>` element that carries its own style, title and description."""
    reach = FRAME + DEPTH
    lefts = {"encoder": MARGIN + reach, "decoder": MARGIN + (reach if len(model.stacks) == 1 else 0)}
    if len(model.stacks) > 1:
        lefts["decoder"] = lefts["encoder"] + BOX + FRAME + BETWEEN + FRAME
    columns = []
    for stack in model.stacks:
        column = _Column(lefts[stack.name], -1 if stack.name == "encoder" else 1)
        _stack(column, model, stack, is_last=stack is model.stacks[-1])
        columns.append(column)
    parts = [element for column in columns for element in column.under]
    if len(columns) > 1:
        parts += _memory(*columns)
    parts += [element for column in columns for element in column.over]
    top = min(column.y for column in columns) - 90
    width = max(column.left for column in columns) + BOX + FRAME + DEPTH + MARGIN
    bottom = 34
    heading = title or "The model"
    facts = (
        f"{model.parameters:,} parameters, {model.without_embeddings:,} without embeddings",
        f"width {model.width:,} \u00b7 context {model.context:,} \u00b7 "
        f"{'no' if model.positions == 'none' else model.positions} positions",
    )
    return (
        f'<svg class="model-picture" viewBox="0 {top:.0f} {width:.0f} '
        f'{bottom - top:.0f}" width="{width:.0f}" height="{bottom - top:.0f}" role="img" '
        f'aria-label="{_text(describe(model))}"><title>{_text(heading)}</title><style>{STYLE}</style>'
        f'<rect class="paper" x="0" y="{top:.0f}" width="{width:.0f}" height="{bottom - top:.0f}"/>'
        f'<text class="title" x="{MARGIN}" y="{top + 32:.0f}">{_text(heading)}</text>'
        f"{''.join(_words(MARGIN, top + 51 + 17 * row, 'small', fact) for row, fact in enumerate(facts))}"
        f"{''.join(parts)}</svg>\n"
    )


def draw_file(model: Outline, title: str = "") -> str:
    """The picture as a file of its own, which must say what language it is in."""
    return draw(model, title).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def describe(model: Outline) -> str:
    """The picture in a few sentences, for those who cannot see it."""
    sentences = []
    for stack in model.stacks:
        layers = "; ".join(
            f"{words.plural(block.count, 'layer')} of {', '.join(map(_name, block.mixers))}" for block in stack.blocks
        )
        again = f", gone through {stack.repeats} times" if stack.repeats > 1 else ""
        sentences.append(f"{stack.name.capitalize()}: {layers}{again}; {stack.parameters:,} parameters.")
    return (
        f"{' '.join(sentences)} Width {model.width:,}, {model.parameters:,} parameters in all, "
        f"{model.without_embeddings:,} without embeddings."
    )


def _stack(column: _Column, model: Outline, stack: StackOutline, is_last: bool) -> None:
    sees = "sees what came before" if stack.is_causal else "sees all of its text"
    is_source = not is_last
    _label(column, "source tokens" if is_source else "tokens", 14)
    column.y -= 8
    has_own = is_source and model.source_vocabulary is not None
    tables = {piece.name: piece for piece in model.embeddings}
    table = tables["source_embedding" if has_own else "embedding"]
    _arrow(column)
    shared = is_last and len(model.stacks) > 1 and model.source_vocabulary is None
    _box(column, "box", "embedding", _detail(table), "shared" if shared else words.count(table.parameters))
    if is_source and "sentences" in tables:
        _arrow(column)
        _slim(column, "sum of each sentence")
    # What is learned of distances joins attention, not the embeddings: the heading tells of it.
    added = [ADDED[piece.name] for piece in stack.before if piece.name in ADDED]
    if model.positions == "sinusoidal":
        added = ["positions as waves", *added]
    if added:
        _arrow(column)
        _slim(column, f"+ {' and '.join(added)}")
    if model.has_embedding_norm and model.norm != "none":
        _arrow(column)
        _slim(column, f"{model.norm} norm")
    for block in stack.blocks:
        _block(column, model, block, stack.repeats)
    if model.norm_place == "pre" and model.norm != "none":
        _arrow(column)
        _slim(column, f"{model.norm} norm")
    if is_last:
        _outputs(column, model)
    _arrow(column, GAP - 6)
    if is_last:
        column.y -= 4
        _label(column, "the next token" if stack.is_causal else "the token at each place", 0)
        column.y -= 20
    # Which stack this is stands beside its input.
    edge = column.left - FRAME if column.side < 0 else column.left + BOX + FRAME
    anchor = "" if column.side < 0 else " end"
    column.over.append(_words(edge, 0, f"name{anchor}", stack.name))
    column.over.append(_words(edge, 16, f"small{anchor}", sees))


def _block(column: _Column, model: Outline, block: Block, repeats: int) -> None:
    column.y -= GAP
    bottom = column.y
    has_norm = model.norm != "none"
    column.y -= 14
    # The frame's foot lies in the flow, which goes on through it.
    column.under.append(_line(column.middle, bottom + GAP, column.middle, column.y))
    for number, piece in enumerate(block.mixers):
        if number and has_norm and model.norm_place == "post":
            column.under.append(_line(column.middle, column.y, column.middle, column.y - 8))
            column.y -= 8
        fork = column.y
        if has_norm and model.norm_place == "pre":
            _arrow(column, 16)
            _slim(column, f"{model.norm} norm")
        kind = "memory" if piece.attends_memory else "mixer"
        _arrow(column, 16)
        middle = column.y - TALL / 2
        if piece.attends_memory:
            column.looks.append(middle)
        _box(column, kind, _name(piece), _detail(piece), words.count(piece.parameters))
        if model.is_residual:
            _sum(column, fork)
        if has_norm and model.norm_place == "post":
            _arrow(column, 16)
            _slim(column, f"{model.norm} norm")
    column.y -= 16
    column.under.append(_line(column.middle, column.y + 16, column.middle, column.y))
    left, width = column.left - FRAME, BOX + 2 * FRAME
    column.under.append(_rectangle("frame", left, column.y, width, bottom - column.y, 12))
    x = left - 12 if column.side < 0 else left + width + 12
    anchor = "depth end" if column.side < 0 else "depth"
    often = f"\u00d7 {block.count}" + (f" \u00d7 {repeats}" if repeats > 1 else "")
    column.over.append(_words(x, (column.y + bottom) / 2 + 6, anchor, often))


def _sum(column: _Column, fork: float) -> None:
    """Where the residual connection that left the stream at `fork` meets what the mixer made."""
    column.under.append(_line(column.middle, column.y, column.middle, column.y - 12))
    column.y -= 20
    x = column.middle + column.side * (BOX / 2 + LANE)
    tip = column.middle + column.side * 9
    column.under.append(
        f'<path class="flow" d="M{column.middle:.1f} {fork:.1f}H{x - column.side * 8:.1f}Q{x:.1f} {fork:.1f} {x:.1f} '
        f"{fork - 8:.1f}V{column.y + 8:.1f}Q{x:.1f} {column.y:.1f} {x - column.side * 8:.1f} {column.y:.1f}"
        f'H{tip + column.side * 5:.1f}"/>'
    )
    column.under.append(_tip("tip", tip, column.y, "left" if column.side > 0 else "right"))
    x, y = column.middle, column.y
    column.over.append(
        f'<circle class="sum" cx="{x:.1f}" cy="{y:.1f}" r="8"/>'
        f'<path class="flow" d="M{x - 4:.1f} {y:.1f}h8M{x:.1f} {y - 4:.1f}v8"/>'
    )
    column.y -= 8


def _outputs(column: _Column, model: Outline) -> None:
    held = {piece.name: piece for piece in model.outputs}
    if transform := held.get("transform"):
        _arrow(column)
        _box(column, "box", _name(transform), _detail(transform), words.count(transform.parameters))
    head = held.get("head")
    bias = ", with a bias" if "head_bias" in held else ""
    detail = "the embedding table" if head is None else _detail(head)
    _arrow(column)
    _box(column, "box", "output layer", detail + bias, "tied" if head is None else words.count(head.parameters))
    beside = [f"head {_name(piece)}: {words.count(piece.parameters)}" for piece in model.heads]
    beside += [f"generator: {words.count(held['generator'].parameters)}"] if "generator" in held else []
    for note in beside:
        column.y -= 6
        _slim(column, f"beside it, {note}")


def _memory(encoder: _Column, decoder: _Column) -> list[str]:
    """The encoder's output on its way to every mixer that looks at it."""
    lane = encoder.left + BOX + FRAME + BETWEEN / 2
    top, parts = encoder.y, [_words(encoder.middle + 10, encoder.y - 7, "small", "memory")]
    for y in decoder.looks:
        # Too near for two bends of 8, the line leans over instead.
        bend = min(8.0, abs(y - top) / 2) * (1 if y > top else -1)
        way = f"Q{lane:.1f} {top:.1f} {lane:.1f} {top + bend:.1f}V{y - bend:.1f}"
        way += f"Q{lane:.1f} {y:.1f} {lane + 8:.1f} {y:.1f}"
        parts.append(
            f'<path class="seen" d="M{encoder.middle:.1f} {top:.1f}H{lane - 8:.1f}{way}H{decoder.left - 6:.1f}"/>'
        )
        parts.append(_tip("seen-tip", decoder.left, y, "right"))
    return parts


def _box(column: _Column, kind: str, name: str, detail: str, count: str) -> None:
    column.y -= TALL
    x, y = column.left, column.y
    column.over.append(_rectangle(kind, x, y, BOX, TALL, 8))
    column.over.append(_words(x + 12, y + 18, "name", name))
    column.over.append(_words(x + BOX - 12, y + 18, "end", count))
    column.over.append(_words(x + 12, y + 35, "small", words.shortened(detail, LONGEST)))


def _slim(column: _Column, text: str) -> None:
    column.y -= SLIM
    column.over.append(_rectangle("norm", column.left + 40, column.y, BOX - 80, SLIM, 12))
    column.over.append(_words(column.middle, column.y + 16, "small middle", text))


def _arrow(column: _Column, length: float = GAP) -> None:
    column.under.append(_line(column.middle, column.y, column.middle, column.y - length + 4))
    column.y -= length
    column.under.append(_tip("tip", column.middle, column.y, "up"))


def _label(column: _Column, text: str, y: float) -> None:
    column.over.append(_words(column.middle, column.y + y, "small middle", text))


def _tip(kind: str, x: float, y: float, way: str) -> str:
    shape = {"up": "l-4.5 7h9z", "left": "l7 -4.5v9z", "right": "l-7 -4.5v9z"}[way]
    return f'<path class="{kind}" d="M{x:.1f} {y:.1f}{shape}"/>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path class="flow" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def _rectangle(kind: str, x: float, y: float, width: float, height: float, round_: float) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{round_:.0f}"/>'


def _words(x: float, y: float, kind: str, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{_text(text)}</text>'


def _text(text: str) -> str:
    return escape(words.visible(text))


def _name(piece: Piece) -> str:
    return piece.name.replace("_", " ")


def _detail(piece: Piece) -> str:
    """Heads, and the shapes of the matrices with their numbers; vectors go without saying."""
    heads = f"{words.plural(piece.heads, 'head')}" if piece.heads else ""
    if heads and piece.head_width:
        heads += f" of {piece.head_width}"
    matrices = [
        (f"{len(held.names)} of " if len(held.names) > 1 else "") + " \u00d7 ".join(f"{n:,}" for n in held.shape)
        for held in piece.tensors
        if len(held.shape) > 1
    ]
    return " \u00b7 ".join([part for part in (heads, ", ".join(matrices)) if part])
