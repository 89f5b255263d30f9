"""Where no document is left, what took them is said with its figures, and with what to change about that very rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundup.corpus.contamination_settings import ContaminationSettings, EvaluationSettings
from groundup.corpus.language import KeptLanguage, LanguageSettings
from groundup.corpus.quality.settings import QualitySettings, ThresholdSettings
from groundup.corpus.settings import CorpusSettings, SourceSettings, ValidationSettings
from groundup.errors import GroundupError

STORY = "A good story number {} of some length was told by the fire to all who came to the house that night. "
Call = Callable[..., Any]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Five stories of some two hundred words, each a sentence over and over, and one word."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.txt").write_text(STORY.format(number) * 10 + "word " * number)
    (folder / "short.txt").write_text("short")
    return folder


def settings(**changed: Any) -> CorpusSettings:
    held = ValidationSettings(fraction=0)
    return CorpusSettings((SourceSettings("texts"),), near_duplicates=None, validation=held, **changed)


OWN = ThresholdSettings("mine", signal="words", at_least=1000)


@pytest.mark.parametrize(
    ("changed", "said", "remedy"),
    [
        ({"minimum_characters": 9_999}, r"minimum characters \(threshold 9999, median 996\.5\)", "minimum_characters`"),
        (
            {"quality": QualitySettings(("gopher-repetition", "gopher"))},
            r"5 by filter/gopher-repetition/commonest 3-gram \(threshold 0\.18, median 0\.\d+\)",
            "{rule: gopher-repetition/commonest 3-gram, apply: false}",
        ),
        (
            {"quality": QualitySettings(("gopher-repetition", "gopher"))},
            r"1 by filter/gopher/words \(threshold 50, median 1\)",
            "Leave gopher-repetition out of `--corpus.quality.rules`",
        ),
        ({"quality": QualitySettings(thresholds=(OWN,))}, r"mine \(threshold 1000, median 221\.5\)", "the rule 'mine'"),
        (
            {"language": LanguageSettings(keep=(KeptLanguage("de"),))},
            r"by filter/language/en \(median 0\.\d+\)",
            "add {language: en}",
        ),
        (
            {"language": LanguageSettings(keep=(KeptLanguage("en", 1.0),)), "minimum_characters": 9},
            r"5 by filter/language/unsure en \(threshold 1, median 0\.\d+\)",
            "lower the `confidence` of {language: en}",
        ),
    ],
)
def test_the_rule_is_said_with_its_figures_and_its_remedy(
    changed: dict[str, Any], said: str, remedy: str, build_corpus: Call, texts: Path, place: Call, tmp_path: Path
) -> None:
    with pytest.raises(GroundupError, match=said) as caught:
        build_corpus(settings(**changed), [place(texts, "texts")], tmp_path / "out")
    assert remedy in caught.value.remedy
    assert ("minimum_characters" in caught.value.remedy) == ("minimum_characters" in remedy)


def test_evaluation_texts_and_files_of_no_kind_have_their_own_remedies(
    build_corpus: Call, texts: Path, place: Call, tmp_path: Path
) -> None:
    (tmp_path / "q.txt").write_text(STORY.format(0))
    sought = ContaminationSettings((EvaluationSettings("q"),))
    places = [place(texts / "0.txt", "texts"), place(tmp_path / "q.txt", "q")]
    with pytest.raises(GroundupError, match=r"contamination/.*threshold") as caught:
        build_corpus(settings(contamination=sought), places, tmp_path / "sought")
    assert "--corpus.contamination.action cut" in caught.value.remedy
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "a.odd").write_bytes(b"\0\1\2")
    with pytest.raises(GroundupError, match="read/kind of file") as caught:
        build_corpus(settings(), [place(tmp_path / "odd", "texts")], tmp_path / "out")
    assert "`include`" in caught.value.remedy


def test_each_reason_is_shown_by_a_document_of_its_own(
    build_corpus: Call, texts: Path, place: Call, tmp_path: Path
) -> None:
    changed = settings(quality=QualitySettings(("gopher-repetition", "gopher")))
    with pytest.raises(GroundupError) as caught:
        build_corpus(changed, [place(texts, "texts")], tmp_path / "out")
    assert re.search(
        r"commonest 3-gram \(.*?\), such as texts/0\.txt: A good story number 0 .*…;", caught.value.message
    )
    assert re.search(r"gopher/words \(.*?\), such as texts/short\.txt: short\.", caught.value.message)
