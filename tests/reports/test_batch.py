from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from groundup.reports.batch import Line, Spot, folded, is_next, length, page, picture, ranges, seen, told

SPOTS = (
    Spot("The", "sea"),
    Spot(" sea", "", document=1),
    Spot("<mask>", "roars", is_changed=True, segment=1),
    Spot("", is_padding=True),
)


@given(st.lists(st.booleans(), max_size=40))
def test_ranges_hold_just_what_is_seen(row: list[bool]) -> None:
    found = ranges(row)
    assert [any(first <= place < last for first, last in found) for place in range(len(row))] == row
    assert all(one[1] < other[0] for one, other in itertools.pairwise(found))


def test_a_line_says_how_much_is_scored_hidden_and_padding() -> None:
    assert told(Line("x", SPOTS, labels=("next sentence: 1",))) == (
        "3 tokens of 4, 2 scored, 1 hidden or replaced, 2 documents, next sentence: 1"
    )


def test_targets_that_repeat_the_text_are_not_written_out() -> None:
    text = tuple(Spot(one, other) for one, other in zip("abc", "bcd", strict=True))
    assert is_next(Line("x", text))
    assert not is_next(Line("x", SPOTS))
    assert "<b>" not in page("t", [Line("x", text)]).split("</p>", 1)[1]


@given(st.text(max_size=30))
def test_no_token_becomes_markup(text: str) -> None:
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(tag)

    Reader().feed(page("t", [Line("x", (Spot(text + "<script>", text + "</b><i>"),))]))
    assert not {"script", "i"} & set(found)


def test_what_has_no_picture_is_shown() -> None:
    assert seen("a\nb\t") == "a\u23ceb\u21e5"
    assert seen("") == "\u2205"


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=8))
def test_the_picture_is_dark_where_something_is_seen(rows: list[list[bool]]) -> None:
    svg = picture([ranges(row) for row in rows])
    dark = sum(int(width) for width in re.findall(r'<rect x="\d+" y="\d+" width="(\d+)"', svg))
    assert dark == 4 * sum(map(sum, rows))


def test_padding_that_fills_a_row_is_one_piece() -> None:
    spots = (Spot("a"), *(Spot("<pad>", is_padding=True),) * 58)
    assert length(spots) == 1
    assert folded(Line("x", spots)) == (spots[:1], "<pad> \u00d7 58")
    assert folded(Line("x", spots[:1])) == (spots[:1], "")
    assert page("t", [Line("x", spots)]).count("&lt;pad&gt;") == 1
