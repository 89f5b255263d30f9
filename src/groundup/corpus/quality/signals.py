"""The signals of a text: every number that a rule of the known sets asks for, computed once.

They stay with the document as columns. What counts as a word, a line or an end of a sentence is said at each
function, because papers leave it open and libraries differ. Times grow in proportion to the length of the text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from groundup.corpus.quality.lines import is_about_javascript, is_about_policy, is_punctuated
from groundup.corpus.quality.repetition import duplicate_passages, repeated_runs
from groundup.corpus.quality.words import Words, words_of

STOP_WORDS = frozenset(("the", "be", "to", "of", "and", "that", "have", "with"))
# Hyphen, asterisk and dash are bullets only with a space behind them: dialogue begins with a dash in many languages.
BULLETS = ("•", "‣", "⁃", "∙", "▪", "▫", "◦", "■", "□", "●", "○", "◆", "◇", "▶", "►", "◀", "- ", "* ", "+ ", "– ")
ELLIPSES = ("...", "…")
SHORT_LINE = 30

_SENTENCE_ENDS = (".", "!", "?", "…", "؟", "۔", "।", "॥", "։")
# These end sentences without a space behind them.
_WIDE_ENDS = "。！？"
_CLOSING = "\"'”’»)]}*_"
_MARKS = "\"'“”‘’«»()[]{}.,;:!?…*_-–—"


def signals(text: str) -> dict[str, float]:
    """Every signal of the known rule sets, by name."""
    words = words_of(text)
    every_line = [line.strip() for line in text.split("\n")]
    lines = [line for line in every_line if line]
    paragraphs = [part for run in "\n".join(every_line).split("\n\n") if (part := run.strip("\n"))]
    return {
        **word_signals(text, words),
        **symbol_signals(text, len(words)),
        **line_signals(lines),
        **duplicate_passages("line", lines),
        **duplicate_passages("paragraph", paragraphs),
        **repeated_runs(words),
        **c4_signals(text, lines),
    }


def signal_names() -> tuple[str, ...]:
    """The names of all signals, in the order of the columns."""
    return tuple(signals(""))


def word_signals(text: str, words: Words) -> dict[str, float]:
    """Words and sentences.

    Gopher (arXiv 2112.11446, A.1.1): 50 to 100,000 words, their mean length 3 to 10 characters, .8 of them with a
    letter, two different ones of eight stop words. Words are what stands between white space; their length is with
    punctuation. C4 (arXiv 1910.10683, 2.2): three sentences; here words with an end of sentence after them, so that
    "Mr." counts as one, and the wide marks of Chinese and Japanese.
    """
    count = len(words)
    # Most words are letters and nothing else: they have a letter and end no sentence.
    plain = numpy.fromiter(map(str.isalpha, words.distinct), bool, len(words.distinct))
    others = numpy.flatnonzero(~plain).tolist()
    alphabetic = int(words.counts[plain].sum()) + words.count(_has_letter, others)
    stops = {word.strip(_MARKS).lower() for word in words.distinct}
    ends = words.count(_ends_sentence, others)
    return {
        "words": float(count),
        "mean_word_length": words.characters / count if count else 0.0,
        "alphabetic_words": alphabetic / count if count else 0.0,
        "stop_words": float(len(STOP_WORDS & stops)),
        "sentences": float(ends + sum(map(text.count, _WIDE_ENDS))),
    }


def symbol_signals(text: str, words: int) -> dict[str, float]:
    """Hash symbols and ellipses (of three dots or one character) for each word: at most .1 of either (Gopher)."""
    return {
        "hashes_to_words": text.count("#") / words if words else 0.0,
        "ellipses_to_words": sum(map(text.count, ELLIPSES)) / words if words else 0.0,
    }


def line_signals(lines: Sequence[str]) -> dict[str, float]:
    """Shares of the lines that are not blank.

    Gopher: at most .9 begin with a bullet, at most .3 end in an ellipsis. FineWeb (arXiv 2406.17557, 3.6): more than
    .12 end in punctuation, fewer than .67 have fewer than 30 characters. C4's rule keeps only lines that end in
    punctuation. Lines come without the white space at their ends.
    """
    count = len(lines)
    return {
        "lines": float(count),
        "bullet_lines": sum(line.startswith(BULLETS) for line in lines) / count if count else 0.0,
        "ellipsis_lines": sum(line.endswith(ELLIPSES) for line in lines) / count if count else 0.0,
        "punctuated_lines": sum(map(is_punctuated, lines)) / count if count else 0.0,
        "short_lines": sum(len(line) < SHORT_LINE for line in lines) / count if count else 0.0,
    }


def c4_signals(text: str, lines: Sequence[str]) -> dict[str, float]:
    """What C4 (arXiv 1910.10683, 2.2) takes for code, place holders and notices.

    Pages with a curly bracket or "lorem ipsum" go: how often they come. Lines with JavaScript or one of six phrases of
    policies go: their share of the lines.
    """
    lowered = text.lower()
    return {
        "curly_brackets": float(text.count("{")),
        "lorem_ipsum": float(lowered.count("lorem ipsum")),
        "javascript_lines": sum(map(is_about_javascript, lines)) / len(lines) if "javascript" in lowered else 0.0,
        "policy_lines": sum(map(is_about_policy, lines)) / len(lines) if is_about_policy(lowered) else 0.0,
    }


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word))


def _ends_sentence(word: str) -> bool:
    return word.rstrip(_CLOSING).endswith(_SENTENCE_ENDS)
