"""C4's rules for lines (Raffel et al. 2020, arXiv 1910.10683, section 2.2): what breaks one goes, and is accounted for.

The paper's rule on terminal punctuation is an option, off by default: see `LineSettings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from groundup.corpus.document import Change, sample
from groundup.corpus.quality.settings import LineSettings

# The paper's phrases, in small letters.
POLICY_PHRASES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
# The paper: "a period, exclamation mark, question mark, or end quotation mark"; and their like in other scripts.
TERMINAL_MARKS = (".", "!", "?", '"', "'", "”", "’", "»", "…", "。", "！", "？", "」", "』", "؟", "۔", "।", "॥", "։")


def filter_lines(text: str, settings: LineSettings) -> tuple[str, list[Change]]:
    """The text without the lines that break a rule, and one change for each rule that took any.

    Blank lines stay, so that paragraphs do. A line goes with its line end; the first rule that it breaks has it.
    """
    changes: list[Change] = []
    for name, breaks, threshold in _rules(settings):
        kept: list[str] = []
        gone: list[str] = []
        for line in text.split("\n"):
            shown = line.strip()
            (gone if shown and breaks(shown) else kept).append(line)
        if not gone:
            continue
        after = "\n".join(kept)
        shown = sample(" ⏎ ".join(line.strip()[:100] for line in gone[:5]))
        count = float(len(gone))
        changes.append(Change("filter", f"c4/{name}", "drop line", len(text), len(after), count, threshold, shown))
        text = after
    return text, changes


def is_about_javascript(line: str) -> bool:
    """Whether a line has the word JavaScript, in any case."""
    return "javascript" in line.lower()


def is_about_policy(line: str) -> bool:
    """Whether a line has one of `POLICY_PHRASES`, in any case."""
    lowered = line.lower()
    return any(phrase in lowered for phrase in POLICY_PHRASES)


def is_punctuated(line: str) -> bool:
    """Whether a line ends in one of `TERMINAL_MARKS`."""
    return line.endswith(TERMINAL_MARKS)


def _rules(settings: LineSettings) -> Iterator[tuple[str, Callable[[str], bool], float | None]]:
    """Name, condition for a line to go, and threshold, of the rules that are on; in the order of C4's own code."""
    if settings.longest_word:
        yield "long words", lambda line: _longest(line) > settings.longest_word, float(settings.longest_word)
    if settings.terminal_punctuation:
        yield "terminal punctuation", lambda line: not is_punctuated(line), None
    if settings.least_words:
        yield "few words", lambda line: len(line.split()) < settings.least_words, float(settings.least_words)
    if settings.javascript:
        yield "javascript", is_about_javascript, None
    if settings.policy:
        yield "policy", is_about_policy, None


def _longest(line: str) -> int:
    return max(map(len, line.split()), default=0)
