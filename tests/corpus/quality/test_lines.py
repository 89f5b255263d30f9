from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.quality.lines import filter_lines
from groundup.corpus.quality.settings import LineSettings

OFF = LineSettings(javascript=False, policy=False, least_words=0, longest_word=0)
LINES = st.sampled_from(
    [
        "",
        "  ",
        "A line of six words here.",
        "Short.",
        "No stop at all in this line",
        "Enable JavaScript to see it all.",
        "We use cookies to serve you well.",
        "w" * 1001,
    ]
)
TEXTS = st.lists(LINES, max_size=12).map("\n".join) | st.text(max_size=100)
SETTINGS = st.builds(
    LineSettings,
    javascript=st.booleans(),
    policy=st.booleans(),
    least_words=st.integers(0, 6),
    terminal_punctuation=st.booleans(),
    longest_word=st.sampled_from([0, 20, 1000]),
)


@effort(deadline=None)
@given(TEXTS, SETTINGS)
def test_every_character_that_goes_is_accounted_for(text: str, settings: LineSettings) -> None:
    after, changes = filter_lines(text, settings)
    length = len(text)
    for change in changes:
        assert (change.action, change.before) == ("drop line", length)
        assert change.after < change.before
        assert change.value is not None
        assert change.value >= 1
        assert change.sample
        length = change.after
    assert length == len(after)


@effort(deadline=None)
@given(TEXTS, SETTINGS)
def test_lines_that_stay_are_as_they_were_and_in_order(text: str, settings: LineSettings) -> None:
    after, _ = filter_lines(text, settings)
    lines = iter(text.split("\n"))
    assert after == "" or all(line in lines for line in after.split("\n"))
    assert filter_lines(after, settings) == (after, [])


@effort(deadline=None)
@given(TEXTS)
def test_without_a_rule_nothing_goes(text: str) -> None:
    assert filter_lines(text, OFF) == (text, [])


@pytest.mark.parametrize(
    ("settings", "gone", "rule"),
    [
        (LineSettings(), "Please switch Javascript on in your browser.", "javascript"),
        (LineSettings(), "Read our Privacy Policy before you go on.", "policy"),
        (LineSettings(), "Just four words here.", "few words"),
        (LineSettings(terminal_punctuation=True), "A heading without a stop", "terminal punctuation"),
        (LineSettings(), "see " * 5 + "x" * 1001, "long words"),
    ],
)
def test_each_rule_takes_its_lines(settings: LineSettings, gone: str, rule: str) -> None:
    kept = "This line has more than five words.\n\nAnd so has this one, he said to “them”"
    after, (change,) = filter_lines(f"{kept}\n  {gone}\n", settings)
    assert after == kept + "\n"
    assert (change.rule, change.value) == (f"c4/{rule}", 1)
    assert change.sample.startswith(gone[:50])


def test_the_rule_on_punctuation_is_off_unless_it_is_chosen() -> None:
    assert not LineSettings().terminal_punctuation
    text = "A heading without any full stop"
    assert filter_lines(text, LineSettings()) == (text, [])
