"""A text in which every word shows how much it spoke for a label or against it: on a terminal, and as HTML.

Signs say it (+ to +++ for, − to −−− against) and colours repeat it, so that nobody has to tell colours apart. A screen
reader is told the strongest words first. The data is plain; whoever knows models makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rich.console import Console
from rich.text import Text

from groundup.reports import words

FOR, AGAINST = "+", "\u2212"
# From which share of the strongest word's score on a word gets one, two or three signs.
LEVELS = (0.1, 1 / 3, 2 / 3)
# How many words of either side are named in a sentence.
NAMED = 3

# Ink and ground for one, two and three signs: blue-green and brown, which colour-blind eyes tell apart as well.
_COLOURS = {
    FOR: ("#0b3d43 on #d3ebe8", "#0b3d43 on #8ccac6", "#ffffff on #176a72"),
    AGAINST: ("#5a2c08 on #fae6d2", "#5a2c08 on #edb981", "#ffffff on #a8591a"),
}

STYLE = """
.attribution {
  --ink: #25241f; --muted: #68665e; --for1: #d3ebe8; --for2: #8ccac6; --for3: #176a72;
  --against1: #fae6d2; --against2: #edb981; --against3: #a8591a; --strong: #ffffff; color: var(--ink);
}
@media (prefers-color-scheme: dark) {
  .attribution {
    --ink: #e5e2da; --muted: #a19e95; --for1: #1f3a3c; --for2: #28666a; --for3: #74c5c6;
    --against1: #402d1a; --against2: #7a4b20; --against3: #e2a467; --strong: #17181b;
  }
}
.attribution .words {
  white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.9; max-width: none; margin: .3rem 0 1.2rem;
}
.attribution .said, .attribution figcaption { color: var(--muted); font-size: .875rem; margin: 0; max-width: none; }
.attribution mark {
  color: var(--ink); border-radius: .2rem; padding: .08rem .15rem;
  -webkit-print-color-adjust: exact; print-color-adjust: exact;
}
.attribution mark.for1 { background: var(--for1); }
.attribution mark.for2 { background: var(--for2); }
.attribution mark.for3 { background: var(--for3); color: var(--strong); }
.attribution mark.against1 { background: var(--against1); }
.attribution mark.against2 { background: var(--against2); }
.attribution mark.against3 { background: var(--against3); color: var(--strong); }
.attribution sup { font-size: .7em; line-height: 1; margin-left: .1em; }
""".lstrip()


@dataclass(frozen=True)
class Explained:
    """A text that was given a label, and what each of its words did for that."""

    label: str
    words: tuple[tuple[str, float], ...]
    """The words in order, with their spaces, and how much each spoke for the label (below 0: against), in nats."""


def signs(explained: Explained) -> tuple[str, ...]:
    """For each word "" or one to three signs, measured by the strongest word of the text."""
    strongest = max((abs(score) for _, score in explained.words), default=0.0)
    return tuple(
        (FOR if score > 0 else AGAINST) * sum(abs(score) >= share * strongest for share in LEVELS) if score else ""
        for _, score in explained.words
    )


def said(explained: Explained) -> str:
    """The label, the words that spoke most for it and against it, and the sum, in a sentence or two."""
    by_strength = sorted(explained.words, key=lambda word: -abs(word[1]))
    sides = []
    for name, side in (("for it", 1), ("against it", -1)):
        named = [f"{_core(text)} {_figure(score)}" for text, score in by_strength if score * side > 0][:NAMED]
        sides.append(f"{name} {', '.join(named)}" if named else f"nothing {name}")
    total = sum(score for _, score in explained.words)
    return f"{words.visible(explained.label)}: {'; '.join(sides)}. All words together {_figure(total)}."


def terminal(explained: Explained, console: Console) -> Text:
    """The text as the console can show it: coloured, or with its signs behind the words where it has no colours.

    Foreign text is neither markup nor commands to the terminal: what has no picture is shown as a sign.
    """
    is_coloured = console.color_system is not None and not console.no_color
    shown = Text()
    for text, sign, style in _runs(explained):
        before, word, after = _parted(text)
        shown.append(before)
        shown.append(word, style if is_coloured else "")
        shown.append(("" if is_coloured or not sign else f"[{sign}]") + after)
    return shown


def terminal_legend(console: Console) -> Text:
    """What the colours, or the signs, mean."""
    legend = Explained("", tuple((f" {text} ", score) for text, score in _LEGEND))
    return terminal(legend, console)


def fragment(texts: Sequence[Explained]) -> str:
    """The texts as one HTML `<figure>` with its style and a legend: for light and dark, and without colours too."""
    parts = "".join(
        f'<p class="said">{escape(said(explained))}</p><p class="words" dir="auto">{_marked(explained)}</p>\n'
        for explained in texts
    )
    legend = _marked(Explained("", tuple((f"{text} ", score) for text, score in _LEGEND)))
    return (
        f'<figure class="attribution"><style>{STYLE}</style>\n{parts}<figcaption>{legend} \u00b7 measured by the '
        "strongest word of each text. Numbers are nats of log odds: what the word added to the logarithm of "
        "p / (1 \u2212 p), against a text of which nothing is known.</figcaption></figure>\n"
    )


_LEGEND = (
    ("much for the label", 1.0),
    ("for it", 0.5),
    ("a little", 0.2),
    ("nothing", 0.0),
    ("a little against", -0.2),
    ("against it", -0.5),
    ("much against it", -1.0),
)


def _runs(explained: Explained) -> list[tuple[str, str, str]]:
    """Words, signs and a terminal's styles."""
    return [
        (text, sign, _COLOURS[sign[0]][len(sign) - 1] if sign else "")
        for (text, _), sign in zip(explained.words, signs(explained), strict=True)
    ]


def _marked(explained: Explained) -> str:
    """Words as HTML; what says nothing is left plain."""
    parts = []
    for (text, score), sign in zip(explained.words, signs(explained), strict=True):
        before, word, after = _parted(text)
        if sign:
            kind = f"{'for' if score > 0 else 'against'}{len(sign)}"
            word = f'<mark class="{kind}" title="{_figure(score)}">{escape(word)}<sup>{sign}</sup></mark>'
        else:
            word = escape(word)
        parts.append(f"{escape(before)}{word}{escape(after)}")
    return "".join(parts)


def _parted(text: str) -> tuple[str, str, str]:
    """A word and the spaces before and behind it, which are not marked; spaces alone are the word."""
    text = words.visible(text)
    word = text.strip()
    if not word:
        return "", text, ""
    start = text.index(word)
    return text[:start], word, text[start + len(word) :]


def _core(text: str) -> str:
    """A word as it is named in a sentence."""
    return f"\u201c{words.shortened(_parted(text)[1], 40)}\u201d" if text.strip() else "a space"


def _figure(score: float) -> str:
    """A score with its sign and two decimals."""
    shown = words.figure(abs(score), 2)
    return shown if score != score or float(f"{score:.2f}") == 0 else f"{FOR if score > 0 else AGAINST}{shown}"
