"""A report as data: sections of a few kinds of block, all text plain.

HTML, Markdown and the terminal are renderings of one document, so that they cannot tell different stories, and
escaping happens in the renderers alone, where no block can forget it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundup.reports.chart import Chart
from groundup.reports.histogram import Histogram

if TYPE_CHECKING:
    from groundup.model.describe import Outline


@dataclass(frozen=True)
class Card:
    """One headline figure: what it is, its value, and a few words that place it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Cards:
    """A row of headline figures."""

    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Paragraph:
    """Plain text."""

    text: str


@dataclass(frozen=True)
class Alert:
    """Something the reader must not miss."""

    text: str


@dataclass(frozen=True)
class Bar:
    """A cell with a bar: `share` of the full width, from 0 to 1."""

    share: float


Cell = str | Bar


@dataclass(frozen=True)
class Table:
    """Rows of cells. `numbers` are the columns aligned right; a folded table is opened by the reader."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: frozenset[int] = frozenset()
    is_folded: bool = False


@dataclass(frozen=True)
class Figure:
    """A chart and the sentence below it."""

    chart: Chart
    caption: str


@dataclass(frozen=True)
class Histograms:
    """Small histograms side by side, and the sentence above them."""

    histograms: tuple[Histogram, ...]
    caption: str


@dataclass(frozen=True)
class Drawing:
    """A picture of a model's stacks and the sentence below it."""

    model: Outline
    title: str
    caption: str


@dataclass(frozen=True)
class Looks:
    """A picture of where a model looked in a source for each word it wrote, and the sentence below it."""

    targets: tuple[str, ...]
    """[T] what was written."""
    sources: tuple[str, ...]
    """[S] what was read."""
    weights: tuple[tuple[float, ...], ...]
    """[T][S]; each row adds up to 1."""
    caption: str


@dataclass(frozen=True)
class Quote:
    """A text somebody or something wrote: `label` says when and how, `prompt` is what it was given."""

    label: str
    text: str
    prompt: str = ""


@dataclass(frozen=True)
class Quotes:
    """Texts one below the other."""

    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class Chips:
    """Short pieces in a row, such as the tokens of a sentence."""

    caption: str
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Commands:
    """Commands to copy, each with what it does."""

    commands: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Listing:
    """A file shown in full, folded away."""

    caption: str
    text: str


@dataclass(frozen=True)
class Definitions:
    """Terms, each explained in a sentence."""

    terms: tuple[tuple[str, str], ...]


Block = (
    Cards
    | Paragraph
    | Alert
    | Table
    | Figure
    | Histograms
    | Drawing
    | Looks
    | Quotes
    | Chips
    | Commands
    | Listing
    | Definitions
)


@dataclass(frozen=True)
class Section:
    """A heading, and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole report: `opening` stands above the first section."""

    title: str
    subtitle: str
    opening: tuple[Block, ...]
    sections: tuple[Section, ...]
