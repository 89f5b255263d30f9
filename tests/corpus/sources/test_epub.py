"""An EPUB is one document: its chapters in the spine's order, every character of them in the account."""

from __future__ import annotations

import html
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundup.corpus.settings import CorpusSettings, SourceSettings, ValidationSettings
from groundup.corpus.sources.files import read_file
from groundup.errors import GroundupError
from groundup.store.tables import read_column, read_rows

TWO = {
    "one.xhtml": "<h1>I.</h1><p>Emma was <i>rich</i>.</p>",
    "two.xhtml": "<h2>II.</h2><p>She&nbsp;was 21&amp;up.</p>",
}


def read(path, input_file, **options):
    (reading,) = read_file(input_file(path, **options))
    return reading


def encryption(name: str, algorithm: str) -> str:
    return (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:e="http://www.w3.org/2001/04/xmlenc#">'
        f'<e:EncryptedData><e:EncryptionMethod Algorithm="{algorithm}"/><k:KeyInfo xmlns:k="k"><e:EncryptedKey>'
        '<e:EncryptionMethod Algorithm="other"/></e:EncryptedKey></k:KeyInfo><e:CipherData>'
        f'<e:CipherReference URI="{name}"/></e:CipherData></e:EncryptedData></encryption>'
    )


def test_a_book_is_one_document_with_what_it_says_of_itself(make_epub, input_file) -> None:
    reading = read(make_epub(TWO), input_file)
    document = reading.document
    assert document.text == "I.\n\nEmma was rich.\n\nII.\n\nShe\xa0was 21&up."
    assert (document.title, document.date) == ("Emma, by Jane Austen", "1994-08-01")
    assert (document.licence, document.address) == ("Public domain in the USA.", "http://www.gutenberg.org/158")
    assert (document.id, document.source) == ("source/emma.epub", "source")
    (cut,) = reading.changes
    assert (cut.rule, cut.action, cut.before, cut.after) == ("tags", "cut", reading.characters, len(document.text))


@given(st.permutations(["a", "b", "c", "d"]), st.lists(st.text("aé &<>中\n", max_size=20), min_size=4, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_spine_gives_the_order_and_the_account_adds_up(make_epub, input_file, order, texts) -> None:
    parts = {name: f"<p>{html.escape(text)}.</p>" for name, text in zip("abcd", texts, strict=True)}
    spine = "".join(f'<itemref idref="i{"abcd".index(name)}"/>' for name in order)
    path = make_epub(parts, spine=spine)
    reading = read(path, input_file)
    wanted = [f"{text} .".split() for text in (texts["abcd".index(name)] for name in order)]
    assert [line.replace(".", " .").split() for line in reading.document.text.split("\n\n")] == wanted
    with zipfile.ZipFile(path) as folder:
        assert reading.characters == sum(len(folder.read(f"OEBPS/{name}").decode()) for name in "abcd")
    assert reading.changes[-1].after == len(reading.document.text)


def test_epub_three_says_who_did_what_by_refinement(make_epub, input_file) -> None:
    metadata = (
        "<dc:title>Emma</dc:title><dc:creator id='e'>An Editor</dc:creator><dc:creator id='a'>Jane Austen</dc:creator>"
        "<meta refines='#e' property='role'>edt</meta><meta refines='#a' property='role'>aut</meta>"
        "<dc:date>1815</dc:date><meta property='dcterms:modified'>2021-01-01T00:00:00Z</meta>"
    )
    document = read(make_epub(TWO, metadata=metadata), input_file).document
    assert (document.title, document.date, document.licence) == ("Emma, by Jane Austen", "1815", "")


def test_contents_cover_and_page_numbers_are_left_out_and_notes_stay(make_epub, input_file) -> None:
    parts = {
        "cover.xhtml": "<h1>Emma</h1><img alt='x'/>",
        "nav.xhtml": "<nav><h1>Contents</h1><ol><li><a href='one.xhtml'>Chapter the First</a></li></ol></nav>",
        "one.xhtml": "<p>She <span epub:type='pagebreak' id='p2'>2</span>was<a epub:type='noteref' href='#n'>1</a>."
        "</p><aside id='n'>1. A note.</aside>",
    }
    guide = '<reference type="cover" href="cover.xhtml"/><reference type="toc" href="nav.xhtml"/>'
    assert read(make_epub(parts, guide=guide), input_file).document.text == "She was1.\n\n1. A note."


def test_a_contents_that_is_the_book_itself_stays(make_epub, input_file) -> None:
    body = "<a href='#c'>Chapter</a><p id='c'>It was a dark and stormy night; the rain fell in torrents.</p>"
    guide = '<reference type="toc" href="one.xhtml#toc"/><reference type="cover" href="one.xhtml"/>'
    text = read(make_epub({"one.xhtml": body + "<p>More.</p>" * 50}, guide=guide), input_file).document.text
    assert "stormy" in text


def test_what_stands_alone_in_xhtml_swallows_nothing(make_epub, input_file) -> None:
    body = "<script src='a.js'/><p>One.</p><title/><a id='x'/><p>Two.</p><![CDATA[a<b & c]]><script>no</script>"
    assert read(make_epub({"one.xhtml": body}), input_file).document.text == "One.\n\nTwo.\n\na<b & c"


def test_other_encodings_are_read_and_recorded(make_epub, input_file) -> None:
    pages = {
        "one.xhtml": "<?xml version='1.0' encoding='koi8-r'?><p>Анна Каренина</p>".encode("koi8-r"),
        "two.xhtml": "\ufeff<?xml version='1.0' encoding='utf-16'?><p>Том</p>".encode("utf-16-le"),
        "three.xhtml": "<?xml version='1.0' encoding='iso-8859-1'?><p>\u201cNaïve\u201d</p>".encode("cp1252"),
    }
    reading = read(make_epub(pages), input_file)
    assert reading.document.text == "Анна Каренина\n\nТом\n\n“Naïve”"
    assert reading.changes[0].sample == "read as koi8-r, utf-16-le, cp1252"


def test_names_are_found_as_readers_find_them(make_epub, input_file) -> None:
    parts = {"Text/one%20a.xhtml": b"", "../TWO.xhtml#top": b"", "Text/./one%20a.xhtml": b""}
    more = {"OEBPS/Text/one a.xhtml": "<p>One.</p>", "two.xhtml": "<p>Two.</p>"}
    path = make_epub(parts, more=more | {f"OEBPS/{name}": "" for name in parts})
    assert read(path, input_file).document.text == "One.\n\nTwo."


def test_gutenbergs_words_are_taken_off_as_from_a_text(make_epub, input_file) -> None:
    before = "<p>The Project Gutenberg eBook of Emma</p><div>*** START OF THE PROJECT GUTENBERG EBOOK EMMA ***</div>"
    after = "<div>*** END OF THE PROJECT GUTENBERG EBOOK EMMA ***</div><p>Section 1. General Terms</p>"
    path = make_epub({"a.xhtml": before, "b.xhtml": "<p>A dark night.</p>", "c.xhtml": after})
    reading = read(path, input_file)
    assert reading.document.text == "A dark night.\n"
    assert [change.rule for change in reading.changes] == ["tags", "Gutenberg header", "Gutenberg footer"]
    assert reading.changes[0].after == reading.changes[1].before


def test_a_picture_in_the_spine_is_no_text_and_a_foreign_part_falls_back(make_epub, input_file) -> None:
    manifest = (
        '<item id="p" href="p.jpg" media-type="image/jpeg"/>'
        '<item id="f" href="f.bin" media-type="application/x-odd" fallback="i0"/>'
    )
    spine = '<itemref idref="p"/><itemref idref="f"/><itemref idref="i0"/>'
    path = make_epub({"one.xhtml": "<p>One.</p>"}, manifest=manifest, spine=spine)
    assert read(path, input_file).document.text == "One."


def test_a_way_of_fallbacks_without_end_is_refused(make_epub, input_file) -> None:
    manifest = "".join(
        f'<item id="f{n}" href="f{n}.bin" media-type="x/odd" fallback="f{n + 1}"/>' for n in range(40_000)
    )
    spine = "".join(f'<itemref idref="f{n}"/>' for n in range(40_000))
    path = make_epub({"one.xhtml": "<p>One.</p>"}, manifest=manifest, spine=spine)
    with pytest.raises(GroundupError, match="falls back more than"):
        read(path, input_file)


@pytest.mark.parametrize(
    ("files", "scheme"),
    [({"META-INF/rights.xml": "<r/>"}, "Adobe ADEPT"), ({"META-INF/license.lcpl": "{}"}, "Readium LCP"), ({}, "aes")],
)
def test_a_protected_book_is_dropped_with_the_reason(make_epub, input_file, files, scheme) -> None:
    more = {"META-INF/encryption.xml": encryption("OEBPS/two.xhtml", "http://www.w3.org/2001/04/xmlenc#aes128-cbc")}
    reading = read(make_epub(TWO, more=more | files), input_file)
    assert reading.is_dropped
    assert reading.changes[-1].rule == "encrypted"
    assert scheme in reading.changes[-1].sample


@pytest.mark.parametrize("algorithm", ["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"])
def test_scrambled_fonts_are_no_protection(make_epub, input_file, algorithm) -> None:
    more = {"META-INF/encryption.xml": encryption("OEBPS/font.otf", algorithm), "OEBPS/font.otf": b"\x00"}
    assert not read(make_epub(TWO, more=more), input_file).is_dropped
    more = {"META-INF/encryption.xml": encryption("OEBPS/font.otf", "http://www.w3.org/2001/04/xmlenc#aes128-cbc")}
    assert not read(make_epub(TWO, more=more), input_file).is_dropped, "an encrypted font hides no text"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"more": {"META-INF/container.xml": ""}}, "no META-INF/container.xml"),
        ({"more": {"META-INF/container.xml": "<container"}}, "no whole XML"),
        ({"more": {"META-INF/container.xml": "<c><rootfile full-path='../../etc/passwd'/></c>"}}, "is not there"),
        ({"more": {"OEBPS/two.xhtml": ""}}, "part 'two.xhtml' is missing"),
        ({"spine": '<itemref idref="gone"/>'}, "manifest does not have"),
        ({"spine": "<!-- -->"}, "no spine"),
        ({"manifest": '<item id="z" href="z.bin" media-type="x/y"/>', "spine": '<itemref idref="z"/>'}, "kind 'x/y'"),
        ({"more": {"OEBPS/two.xhtml": b"\x00\x01\x02" * 99}}, "no text"),
        ({"more": {"OEBPS/two.xhtml": '<!DOCTYPE h [<!ENTITY a "b">]><p>&a;</p>'}}, "declares entities"),
        ({"more": {"OEBPS/content.opf": '<!DOCTYPE p [<!ENTITY a "b">]><package>&a;</package>'}}, "declares entities"),
    ],
)
def test_a_damaged_book_stops_the_work_or_is_dropped(make_epub, input_file, options, says) -> None:
    path = make_epub(TWO, **options)
    with pytest.raises(GroundupError, match=says) as caught:
        read(path, input_file)
    assert str(path) in str(caught.value)
    assert read(path, input_file, damaged="drop").is_dropped


def test_a_book_larger_than_allowed_is_refused(make_epub, input_file) -> None:
    path = make_epub({"one.xhtml": "<p>word</p>" * 60_000, "two.xhtml": "<p>word</p>" * 60_000})
    with pytest.raises(GroundupError, match="largest_document"):
        read(path, input_file, largest_document=1)


def test_the_same_book_as_text_as_epub_and_in_a_zip_is_kept_once(build_corpus, make_epub, place, tmp_path) -> None:
    words = [f"word{number * 7919 % 1000}" for number in range(3000)]
    paragraphs = [" ".join(words[start : start + 60]) for start in range(0, 3000, 60)]
    whole = "\r\n\r\n".join(paragraphs)
    parts = {
        "a.xhtml": "<h1>EMMA</h1><p>by Jane Austen</p>" + "".join(f"<p>{text}</p>" for text in paragraphs[:20]),
        "b.xhtml": "".join(f"<p>{text}</p>" for text in paragraphs[20:]),
    }
    (tmp_path / "books").mkdir()
    make_epub(parts, name="books/1.epub")
    (tmp_path / "books/2.txt").write_bytes(whole.encode())
    (tmp_path / "books/3.html").write_text("".join(f"<p>{text}" for text in paragraphs))
    with zipfile.ZipFile(tmp_path / "books/4-0.zip", "w") as folder:
        folder.writestr("4-0.txt", whole)
    (tmp_path / "books/5.txt").write_text(" ".join(reversed(words)))
    build_corpus(
        CorpusSettings((SourceSettings("books"),), validation=ValidationSettings(fraction=0)),
        [place(tmp_path / "books", "books")],
        tmp_path / "out",
    )
    assert list(read_column(tmp_path / "out/train", "id")) == ["books/1.epub", "books/5.txt"]
    dropped = {row["id"]: row["rule"] for row in read_rows(tmp_path / "out/ledger") if row["action"] == "drop"}
    assert set(dropped) == {"books/2.txt", "books/3.html", "books/4-0.zip/4-0.txt"}
    assert all("duplicate" in rule for rule in dropped.values())
