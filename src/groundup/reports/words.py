"""Figures and foreign text as people read them: units after a space, nothing invisible, nothing hidden.

A report shows text that no one has looked at (corpora, models), so `visible` turns what a page could not
hold or would not show into signs that it can.
"""

from __future__ import annotations

import math
import re

SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_BYTES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
# Control characters but tab and newline; both line separators; direction marks that could turn a page about.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff\ufffe\uffff]")


def figure(value: float, digits: int = 3) -> str:
    """`value` with `digits` decimals; "not a number" and "infinite" are said, never hidden."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    return f"{value:,.{digits}f}" if abs(value) < 1e9 else f"{value:.{digits}e}"


def count(value: float) -> str:
    """A count in at most three figures and a letter: 812, 9,999, 12.3 k, 1.2 M, 3 B (thousand million)."""
    if not math.isfinite(value):
        return figure(value)
    if abs(value) < 9_999.5:
        return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"
    return _scaled(value, SCALES)


def size(value: float) -> str:
    """A number of bytes: 812 bytes, 1.2 kB, 3.4 GB (powers of 1,000)."""
    if not math.isfinite(value):
        return figure(value)
    return f"{value:,.0f} bytes" if abs(value) < 999.5 else _scaled(value, _BYTES)


def _scaled(value: float, steps: tuple[tuple[float, str], ...]) -> str:
    for scale, letter in steps:
        # .9995: 999,600 is 1 M, not 1000 k.
        if abs(value) >= scale * 0.9995:
            short = float(f"{value / scale:.3g}")
            return f"{short:,g} {letter}" if abs(short) < 1e6 else f"{value:.2e}"
    return f"{value:,.0f}"


def duration(seconds: float) -> str:
    """A time in its two largest units: 0.42 s, 42 s, 3 min 20 s, 2 h 5 min, 1 d 3 h."""
    if not math.isfinite(seconds):
        return figure(seconds)
    if seconds < 9.95:
        return f"{seconds:.2g} s" if seconds >= 0.01 else f"{seconds * 1000:.2g} ms"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    if seconds < 3_599.5:
        return _two(round(seconds), 60, "min", "s")
    if seconds < 86_370:
        return _two(round(seconds / 60), 60, "h", "min")
    return _two(round(seconds / 3600), 24, "d", "h")


def _two(whole: int, parts: int, large: str, small: str) -> str:
    rest = f" {whole % parts} {small}" if whole % parts else ""
    return f"{whole // parts:,} {large}{rest}"


def percent(share: float) -> str:
    """A share of 1 as per cent: 42 %, 4.2 %, below 0.1 %."""
    if not math.isfinite(share):
        return figure(share)
    if share == 0:
        return "0 %"
    if abs(share) < 0.001:
        return "below 0.1 %"
    return f"{share * 100:.3g} %" if abs(share) < 0.9995 else f"{share * 100:,.0f} %"


def plural(number: int, one: str, many: str = "") -> str:
    """`number` and its noun: 1 step, 2 steps, 1,200 documents."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def visible(text: str) -> str:
    """`text` with what has no picture shown as a sign: NUL as ␀, other controls and direction marks as �.

    Lone surrogates, which JSON can carry and UTF-8 cannot, become � too. Every kind of line end becomes one.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATE.sub("�", _UNSEEN.sub(_sign, text))


def _sign(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else "�"


def shortened(text: str, characters: int) -> str:
    """At most `characters` of `text`, ending in … where something was cut."""
    return text if len(text) <= characters else text[: characters - 1].rstrip() + "…"
