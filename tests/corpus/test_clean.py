from __future__ import annotations

import json

import ftfy.badness
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from groundup.corpus.clean import clean
from groundup.corpus.settings import RepairSettings

# Words of many scripts with the marks their typography uses; a line is words, so no line is symbols only.
_PLAIN = "the café naïve Łódź “quoted” ‘so’ it’s – — … 10⁻³ ﬁne Ｆｕｌｌ straße Ελλάδα слово עברית العربية हिन्दी"
_ODD = "日本語 漢字 한국어 😀 👩\u200d👩\u200d👧 e\u0301 can't a\xa0b x<y &amp; <b> C++ {} * --"
WORDS = st.sampled_from([*_PLAIN.split(" "), *_ODD.split(" ")])
LINES = st.lists(WORDS, max_size=12).map(lambda words: " ".join(["A", *words]))
CLEAN = st.lists(LINES | st.just("") | st.just("\tindented, with\ttabs  and spaces  "), max_size=12).map("\n".join)
PROFILES = ("faithful", "standard")


@pytest.mark.parametrize("profile", PROFILES)
@given(text=CLEAN)
def test_clean_text_comes_back_byte_for_byte(profile, text: str) -> None:
    assert clean(text, profile) == (text, [])


@pytest.mark.parametrize("profile", PROFILES)
@given(text=st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=200))
def test_any_characters_in_order_come_back(profile, text: str) -> None:
    assume("\ufeff" not in text)
    assume(not ftfy.badness.is_bad(text))
    assume(all(any(map(str.isalnum, line)) for line in text.split("\n")))
    assert clean(text, profile)[0] == text


@given(st.text(max_size=300))
def test_every_character_that_went_is_accounted_for(text: str) -> None:
    after, changes = clean(text, "standard")
    length = len(text)
    for change in changes:
        assert change.before == length
        length = change.after
    assert length == len(after)


@given(st.text(max_size=300))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    after, _ = clean(text, "standard")
    again, changes = clean(after, "standard")
    # ftfy may see more once it has mended something; controls, line ends and symbol lines are gone for good.
    assert {change.rule for change in changes} <= {"mojibake", "symbol lines"}
    assert "\r" not in again


def test_mojibake_is_mended_and_shown() -> None:
    text, (change,) = clean("Itâ€™s a cafÃ©.\nGood — “line”.\n", "faithful")
    assert text == "It’s a café.\nGood — “line”.\n"
    assert (change.rule, change.value) == ("mojibake", 1)
    assert change.sample == "Itâ€™s a cafÃ©. → It’s a café."


def test_text_read_as_latin_1_by_mistake_is_mended() -> None:
    """Its controls are halves of letters; one of them counts as a line end in Unicode."""
    text, (change,) = clean("Ångström — naïve".encode().decode("latin-1"), "standard")
    assert (text, change.rule) == ("Ångström — naïve", "mojibake")


def test_controls_go_and_are_counted_by_character() -> None:
    text, (change,) = clean("a\x00b\x00\x07c\ufeff\td\f e\n", "standard")
    assert text == "abc\td\n e\n"
    assert change.removed == {"\x00": 2, "\x07": 1, "\ufeff": 1}
    assert change.value == 5


@pytest.mark.parametrize(
    ("profile", "repair", "expected"),
    [
        ("standard", RepairSettings(), "café\nbell\n"),
        ("standard", RepairSettings(mojibake=False), "cafÃ©\nbell\n"),
        ("standard", RepairSettings(control_characters=False), "café\nbell\x07\n"),
        ("standard", RepairSettings(symbol_lines=False), "café\n* * *\nbell\n"),
        ("faithful", RepairSettings(), "café\n* * *\nbell\n"),
        ("faithful", RepairSettings(symbol_lines=True), "café\nbell\n"),
        ("classic", RepairSettings(False, False, False), "cafÃ©\n* * *\nbell\x07\n"),
    ],
)
def test_each_step_is_a_choice(profile, repair: RepairSettings, expected: str) -> None:
    text, changes = clean("cafÃ©\r\n* * *\nbell\x07\n", profile, repair)
    assert text == expected
    assert changes[0].rule == "line endings"


def test_line_ends_become_one() -> None:
    text, (change,) = clean("a\r\nb\rc\n", "faithful")
    assert (text, change.rule, change.value) == ("a\nb\nc\n", "line endings", 2)


@pytest.mark.parametrize("line", ["* * *", "-----", "=========", "  ~~~  ", "***", "—————", "#######"])
def test_lines_of_symbols_go_in_standard_and_stay_in_faithful(line: str) -> None:
    text = f"before\n{line}\nafter\n"
    assert clean(text, "standard")[0] == "before\nafter\n"
    assert clean(text, "standard")[1][0].action == "drop line"
    assert clean(text, "faithful")[0] == text


@pytest.mark.parametrize("line", ["...", "}", "});", "--", "* item", "?!", "- 1 -", "```", "“…”"])
def test_lines_that_mean_something_stay(line: str) -> None:
    assert clean(f"before\n{line}\nafter\n", "standard")[0] == f"before\n{line}\nafter\n"


def test_real_text_that_is_in_order_is_left_alone(shared_data) -> None:
    text = (shared_data / "tinyshakespeare" / "input.txt").read_bytes().decode()
    assert clean(text, "standard") == (text, [])


def test_real_pages_are_not_mended_where_nothing_is_broken(shared_data) -> None:
    articles = json.loads((shared_data / "web-articles" / "ground-truth.json").read_bytes())
    texts = [found["articleBody"] for found in articles.values()]
    assert len(texts) > 50
    mended = [text for text in texts if any(change.rule == "mojibake" for change in clean(text, "standard")[1])]
    assert mended == []
