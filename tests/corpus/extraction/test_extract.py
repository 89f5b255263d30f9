"""Pages become readings: with their text or their reason, every character accounted for, and the same each time."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.document import Document, Page, Reading
from groundup.corpus.extraction.extract import extract
from groundup.corpus.extraction.settings import ExtractionSettings
from groundup.corpus.sources.warc import READABLE
from groundup.evaluation.extraction import ExtractionScore, extraction_score

EXTRACTORS = ("trafilatura", "resiliparse", "union", "plain")
SENTENCES = [
    f"The {word} walked along the river and thought of the {word} of last year." for word in ("man", "cat", "king")
]
ARTICLE = (
    "<!DOCTYPE html><html><head><title>The walk</title>"
    '<meta property="article:published_time" content="2020-05-06T07:08:09Z">'
    '<meta name="robots" content="noai"></head><body><nav><ul><li><a href="/">Home</a></li></ul></nav>'
    "<article><h1>The walk</h1>" + "".join(f"<p>{line}</p>" for line in SENTENCES) + "</article>"
    "<footer>All rights reserved</footer></body></html>"
)
PIECES = [
    "<html>", "<head>", "<body>", "<div>", "</div>", "<p>", "</p>", "<table>", "<tr>", "<td>", "<a href='x'>", "</a>",
    "<ul>", "<li>", "<script>", "</script>", "<!--", "-->", "<![CDATA[", "]]>", "<?php", "&amp;", "&#0;", "&#x110000;",
    "&nosuch;", "<svg>", "<math>", "<textarea>", "<article>", "<pre>", "<br/>", "\0", "\x01", "\ufffe", "\U0001f600",
    "word ", SENTENCES[0], "<", ">", "\"", "'", "=", "<b ", "<h1>", "<meta charset=utf-16>", "<title>", "<form>",
    "&#xD800;",
]  # fmt: skip
markup = st.one_of(
    st.binary(),
    st.lists(st.sampled_from(PIECES), max_size=40).map(lambda parts: "".join(parts).encode()),
    st.lists(st.sampled_from(PIECES), max_size=20).map(lambda parts: ("<p>é" + "".join(parts)).encode("utf-16")),
)


def page(content: bytes | str, media_type: str = "text/html", **known: str) -> Page:
    document = Document("s/f#1", "s", **known)
    return Page(document, content.encode() if isinstance(content, str) else content, media_type)


def assert_accounted_for(reading: Reading) -> None:
    length = reading.characters
    for change in reading.changes:
        assert change.stage == "extract"
        assert change.before == length
        length = change.after
        if change.action == "cut":
            assert change.after <= change.before
    assert length == len(reading.document.text)
    assert not (reading.is_dropped and reading.document.text)
    json.dumps([reading.document.row(), *(change.row(reading.document) for change in reading.changes)]).encode()


def assert_same_again(content: bytes, settings: ExtractionSettings) -> None:
    reading = extract(page(content), settings)
    assert_accounted_for(reading)
    reading.document.text.encode()
    # Another page in between: nothing of it may show.
    extract(page(ARTICLE), settings)
    assert extract(page(content), settings) == reading


@pytest.mark.parametrize("extractor", EXTRACTORS)
@given(content=markup)
@effort(max_examples=60, deadline=None)
def test_any_bytes_give_a_reading_that_adds_up_and_is_the_same_again(extractor: str, content: bytes) -> None:
    assert_same_again(content, ExtractionSettings(extractor, fallbacks=False))


# jusText prepares its word lists anew for each page that it is asked about, which takes a tenth of a second.
@given(content=markup)
@effort(max_examples=5, deadline=None)
def test_so_it_is_with_fallbacks(content: bytes) -> None:
    assert_same_again(content, ExtractionSettings())


@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_an_article_is_taken_out_with_what_it_says_of_itself(extractor: str) -> None:
    reading = extract(page(ARTICLE, address="https://example.org/", licence="CC0"), ExtractionSettings(extractor))
    assert_accounted_for(reading)
    document = reading.document
    assert [line for line in document.text.split("\n") if line in SENTENCES] == SENTENCES
    assert (document.title, document.date, document.licence) == ("The walk", "2020-05-06", "CC0; noai")
    assert (document.id, document.address) == ("s/f#1", "https://example.org/")
    assert reading.characters == len(ARTICLE)
    assert ("Home" in document.text) == (extractor == "plain")


def test_what_the_source_knows_stays_where_the_page_says_nothing() -> None:
    known = {"title": "known", "date": "1999-01-01", "licence": "CC0"}
    document = extract(page(f"<p>{SENTENCES[0]}<p>{SENTENCES[1]}", **known), ExtractionSettings()).document
    assert {name: getattr(document, name) for name in known} == known


def test_what_a_page_and_its_server_both_ask_is_said_once() -> None:
    document = extract(page(ARTICLE, licence="CC0; noai; tdm-reservation"), ExtractionSettings()).document
    assert document.licence == "CC0; noai; tdm-reservation"


def test_plain_text_is_decoded_and_no_more() -> None:
    text = "Grüße <b>wie geschrieben</b>\n"
    reading = extract(page(text.encode("cp1252"), "text/plain"), ExtractionSettings())
    assert reading.document.text == text
    (change,) = reading.changes
    assert (change.rule, change.action, change.sample) == ("encoding", "edit", "read as cp1252")
    assert extract(page(text, "text/plain"), ExtractionSettings()).changes == ()


def test_every_kind_of_page_that_archives_give_has_an_extractor() -> None:
    for kind in READABLE - {"text/x-wiki"}:
        reading = extract(page(ARTICLE, kind), ExtractionSettings())
        assert SENTENCES[0] in reading.document.text, kind


@pytest.mark.parametrize(
    ("content", "media_type", "settings", "rule"),
    [
        (b"%PDF", "application/pdf", ExtractionSettings(), "media type"),
        (b"x", "", ExtractionSettings(), "media type"),
        (bytes(1000), "text/html", ExtractionSettings(), "not text"),
        (b"", "text/html", ExtractionSettings(), "no main content"),
        (b"<!-- nothing -->", "text/html", ExtractionSettings(), "no main content"),
        (
            b"<html><body><script>1</script></body></html>",
            "text/html",
            ExtractionSettings("resiliparse"),
            "no main content",
        ),
        (ARTICLE.encode(), "text/html", ExtractionSettings(minimum_characters=9999), "no main content"),
        (b" \n", "text/plain", ExtractionSettings(), "no main content"),
        (b"x" * 1_000_001, "text/plain", ExtractionSettings(largest_page=1), "size"),
        (b"x" * 1_000_001, "text/html", ExtractionSettings(largest_page=1), "size"),
    ],
)
def test_a_page_that_gives_no_text_is_dropped_with_its_reason(
    content: bytes, media_type: str, settings: ExtractionSettings, rule: str
) -> None:
    reading = extract(page(content, media_type), settings)
    assert_accounted_for(reading)
    assert reading.is_dropped
    assert reading.changes[-1].rule == rule
    assert reading.changes[-1].sample


def test_a_page_that_an_extractor_fails_on_is_dropped_and_the_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import trafilatura

    def fail(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(trafilatura, "extract", fail)
    reading = extract(page(ARTICLE), ExtractionSettings())
    assert_accounted_for(reading)
    assert reading.changes[-1].rule == "extractor failed"
    assert "RecursionError: too deep" in reading.changes[-1].sample
    assert reading.document.title == "The walk"


@pytest.mark.parametrize("extractor", ["trafilatura", "resiliparse"])
def test_tables_comments_and_links_are_choices(extractor: str) -> None:
    content = ARTICLE.replace(
        "</article>",
        "<p>Read <a href='https://example.org/more'>more of the walk</a> tomorrow morning, if you like.</p>"
        "<table><tr><td>distance walked</td><td>seven miles</td></tr></table></article>",
    )

    def text(**chosen: bool) -> str:
        return extract(page(content), ExtractionSettings(extractor, **chosen)).document.text  # type: ignore[arg-type]

    assert "seven miles" in text()
    assert "seven miles" not in text(tables=False)
    assert "example.org/more" not in text()
    assert "example.org/more" in text(links=True)


@pytest.fixture(scope="module")
def articles(shared_data: Path) -> Path:
    folder = shared_data / "web-articles"
    if not folder.is_dir():
        pytest.skip("the articles are not among the shared data")
    return folder


def score(articles: Path, settings: ExtractionSettings) -> ExtractionScore:
    truth = json.loads((articles / "ground-truth.json").read_text("utf-8"))
    pairs = []
    for name, known in truth.items():
        content = gzip.decompress((articles / "html" / f"{name}.html.gz").read_bytes())
        reading = extract(page(content), settings)
        assert_accounted_for(reading)
        assert not reading.is_dropped
        assert reading.document.title
        pairs.append((known["articleBody"], reading.document.text))
    return extraction_score(pairs)


@pytest.mark.parametrize(
    ("settings", "least"),
    [(ExtractionSettings(), 0.96), (ExtractionSettings("resiliparse"), 0.91), (ExtractionSettings("union"), 0.91)],
    ids=["default", "fast", "union"],
)
def test_real_articles_are_found(articles: Path, settings: ExtractionSettings, least: float) -> None:
    assert score(articles, settings).f1 >= least


def test_the_union_has_more_of_the_articles_than_either(articles: Path) -> None:
    either = max(score(articles, ExtractionSettings(name)).recall for name in ("trafilatura", "resiliparse"))  # type: ignore[arg-type]
    assert score(articles, ExtractionSettings("union")).recall > either
