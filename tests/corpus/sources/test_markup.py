from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.sources.markup import readable

PAGE = """<!DOCTYPE html>
<html><head><title>Cats &amp; dogs</title><style>p { color: red }</style><script>var a = "<p>no</p>";</script></head>
<body class="a>b"><!-- <p>hidden</p> -->
<h1>Cats</h1><p>They sleep<br>a lot, <b>really</b> a&nbsp;lot&#33;</p>
<ul><li>one</li><li>two</li></ul>
<script>document.write("<p>written</p>")</script>
<p>5 &lt; 6 and 7 < 8</body></html>"""


def test_text_stays_and_markup_goes() -> None:
    page = readable(PAGE)
    assert page.title == "Cats & dogs"
    assert page.text == "Cats\n\nThey sleep\na lot, really a\xa0lot!\n\none\ntwo\n\n5 < 6 and 7 < 8"


def test_an_element_that_never_ends_swallows_nothing() -> None:
    for opening in ("<script>", "<!--", "<head>", "<svg>", "<style>", "<textarea>", "<title>", "<noscript>"):
        assert "good words" in readable(f"<body>{opening}<p>good words</p></body>").text, opening


def test_a_head_that_never_ends_stops_at_the_body() -> None:
    assert readable("<head><meta x><body>seen").text == "seen"


def test_a_tag_that_never_ends_is_the_end() -> None:
    assert readable('said<a href="x').text == "said"


@given(st.text(st.characters(exclude_characters="<&", exclude_categories=("Cs",))))
def test_text_without_markup_keeps_its_words(text: str) -> None:
    assert readable(text).text.split() == text.split()


@given(st.text("<>/!-\"'=&#;xpab0123456789 \n", max_size=300))
def test_anything_like_markup_ends_in_text(page: str) -> None:
    assert isinstance(readable(page).text, str)
