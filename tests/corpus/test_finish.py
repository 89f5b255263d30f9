"""What stays is finished last: repeated passages, personal data, the textbook's cleaning, each accounted for."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as some

from groundup.corpus.finish import finish, finishes
from groundup.corpus.privacy.settings import PrivacySettings
from groundup.corpus.settings import ClassicSettings, CorpusSettings, SourceSettings
from groundup.corpus.substring_settings import SubstringSettings
from groundup.corpus.substrings import Span

PLAIN = CorpusSettings((SourceSettings("x"),))
ALL = replace(
    PLAIN,
    cleaning="classic",
    classic=ClassicSettings(lowercase=True),
    privacy=PrivacySettings(),
    substring_duplicates=SubstringSettings(),
)


@given(some.text(max_size=80))
def test_by_default_a_text_stays_as_it_is(text: str) -> None:
    assert not finishes(PLAIN)
    assert finish({"text": text}, PLAIN) == (text, [])


@given(some.text(max_size=80), some.integers(0, 80), some.integers(0, 80))
def test_every_character_is_accounted_for(text: str, start: int, length: int) -> None:
    assert finishes(ALL)
    end = min(start + length, len(text))
    spans = [Span(start, end, 7)] if start < end else []
    after, changes = finish({"text": text}, ALL, spans, {7: "x/7"}.__getitem__)
    left = len(text)
    for change in changes:
        assert change.before == left
        left = change.after
    assert left == len(after)


def test_all_three_in_their_order() -> None:
    text = "Copied here. Write to ada@example.org, Ada said!"
    after, changes = finish({"text": text}, ALL, [Span(0, 13, 7)], {7: "x/7"}.__getitem__)
    assert [change.rule for change in changes] == ["repeated passages", "e-mail addresses", "classic"]
    assert changes[0].cluster == "x/7"
    assert after == "write to e mail address ada said!"
