from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

pytest.importorskip("mwparserfromhell")

from groundup.corpus.document import Document, Page, Reading
from groundup.corpus.extraction.wikitext import wikitext
from groundup.corpus.extraction.wikitext_settings import WikitextSettings
from groundup.settings import SettingError

GERMAN = {"datei": 6, "kategorie": 14, "hilfe": 12}


def read(source: str, namespaces: dict[str, int] | None = None, **settings: object) -> Reading:
    document = Document("wiki/dump.xml#1", "wiki", title="Emma", date="2016-04-22T10:19:33Z")
    page = Page(document, source.encode(), "text/x-wiki", "utf-8", namespaces or {})
    reading = wikitext(page, WikitextSettings(**settings))  # type: ignore[arg-type]
    length = reading.characters
    assert length == len(source)
    for change in reading.changes:
        assert change.before == length, "each change goes on where the one before it ended"
        length = change.after
    assert length == len(reading.document.text)
    return reading


def text(source: str, namespaces: dict[str, int] | None = None, **settings: object) -> str:
    return read(source, namespaces, **settings).document.text


def counts(reading: Reading) -> dict[str, float | None]:
    return {change.rule: change.value for change in reading.changes}


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("'''Emma''' is a [[novel (book)|novel]] by [[Jane Austen]].", "Emma is a novel by Jane Austen."),
        ("== One ==\nA.\n=== Two ===\nB.", "One\n\nA.\n\nTwo\n\nB."),
        ("A.\n== Notes ==\n{{reflist}}\n== Links ==\n* [http://a.b Site]", "A.\n\nLinks\n\n- Site"),
        ("* a\n** b\n# c\n; term : its meaning\n: in", "- a\n  - b\n- c\nterm : its meaning\nin"),
        ('{| class="x"\n|+ Title\n! a !! b\n|-\n| 1 || [[c|2]]\n|}', "Title\na\tb\n1\t2"),
        ("x[[File:A.jpg|thumb|A [[cat]] {{convert|5|km}}]] y", "x y"),
        ("x [[Bild:A.jpg|mini|Text]] y", "x y"),
        ("a<gallery>\nA.jpg|one\n</gallery>", "a"),
        ("a [[Category:B]]\n[[de:Emma]]\n[[:de:Emma]] [[:Category:B]]", "a\nde:Emma Category:B"),
        ('a<ref name="x">{{cite web|url=http://a}}</ref>, b<ref name="x" />.', "a, b."),
        ("a<!-- no -->b\n<!-- line -->\nc", "ab\nc"),
        ("__NOTOC__\na __init__ b", "a __init__ b"),
        ("a <nowiki>[[b]] ''c''</nowiki> d", "a [[b]] ''c'' d"),
        ("<source lang=c>if (a[[0]] == {{1}} || b) {}</source>", "if (a[[0]] == {{1}} || b) {}"),
        ("so <math>\\frac{{a}}{b} == |x|</math> is", "so $\\frac{{a}}{b} == |x|$ is"),
        ("10<sup>3</sup> H<sub>2</sub>O 19<sup>th</sup> 2<sup>x</sup>", "10³ H₂O 19th 2x"),
        ("see [http://a.b the site], [http://a.b] and http://a.b", "see the site, and http://a.b"),
        ("5&nbsp;km &lt; 6 &amp;&#8211; <br> b", "5\u00a0km < 6 &–\nb"),
        ("L'''Avventura'' and '''''both''''' and ''''four''''", "L'Avventura and both and 'four'"),
        ("a {{PAGENAME}} {{!}} b", "a Emma | b"),
        ("([[Greek]]: {{IPAc-en|a}}; {{lang|el|ἀ}}) ({{IPAc-en|b}}) c", "(Greek:; ἀ) c"),
        ("a ({{IPAc-en|a}}; b)", "a (b)"),
        (" for i:\n   go", "for i:\n  go"),
        ("vector<int> a <b and c", "vector<int> a <b and c"),
        ("* {{cite book|title=A}}.\n* b", "- b"),
    ],
)
def test_each_part_of_the_markup(source: str, shown: str) -> None:
    assert text(source) == shown


def test_names_of_namespaces_are_those_of_the_wiki() -> None:
    source = "x [[Datei:A|mini|Text]] [[Kategorie:B]] [[Hilfe:C]] y"
    assert text(source, GERMAN) == "x Hilfe:C y"
    assert "Kategorie:B" in text(source), "without its names nobody can know"


def test_numbers_made_by_templates_stay_or_are_reported() -> None:
    source = "She ran {{convert|5|km|mi}} and weighed {{weight|70}}. She won.\n\n{{infobox person|x=1}}"
    reading = read(source)
    assert reading.document.text == "She ran 5 km and weighed. She won."
    changes = {change.rule: change for change in reading.changes}
    assert changes["templates in sentences"].removed == {"{{weight}}": 1}
    assert "{{weight|70}}" in changes["templates in sentences"].sample
    assert changes["apparatus templates"].removed == {"{{infobox person}}": 1}
    assert changes["templates written"].value == 1


def test_what_becomes_of_templates_is_a_choice() -> None:
    source = "She ran {{convert|5|km}}. It weighed {{weight|70}} then. She won.\n* {{weight|1}} more\n* less"
    assert text(source, templates="remove") == "She ran. It weighed then. She won.\n- more\n- less"
    dropped = read(source, templates="drop sentence")
    assert dropped.document.text == "She ran 5 km. She won.\n- less"
    assert counts(dropped)["sentences with a hole"] == 2
    assert counts(dropped)["templates in sentences"] == 2


def test_tables_and_formulas_are_choices() -> None:
    source = "a\n{|\n| 1\n|}\n<math>x</math> b"
    assert text(source, tables="drop", mathematics="drop") == "a\nb"


def test_broken_markup_loses_its_marks_and_no_words() -> None:
    source = "a {{b c\nd ]] e [[f g\n<ref>h\n{| i\n\n<center>j"
    reading = read(source)
    assert set("abcdefghij") <= set(reading.document.text)
    assert not re.search(r"\{\{|\[\[|\]\]|<|\{\|", reading.document.text)
    assert counts(reading)["broken markup"] == 6


def test_half_a_template_is_no_text() -> None:
    assert text("It rose.<ref>{{cite web|title=A</ref> Then more|url=http://b}} fell.") == "It rose. Then more fell."


def test_what_has_no_text_or_too_much_is_dropped() -> None:
    nothing = read("{{stub}}\n[[Category:A]]")
    assert nothing.is_dropped
    assert nothing.changes[-1].rule == "no text"
    large = read("abc", largest_page=2)
    assert large.is_dropped
    assert large.changes[-1].threshold == 2
    page = Page(Document("a", "b"), b"\xff", "text/x-wiki")
    assert wikitext(page, WikitextSettings()).is_dropped
    with pytest.raises(SettingError):
        WikitextSettings(largest_page=0)


WORDS = st.text("abcdefghijklmnopqrstuvwxyzäßж漢", min_size=1, max_size=8)
PROSE = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
# Kinds of markup around or beside words, and whether those stay.
PIECES = st.one_of(
    PROSE.map(lambda words: (words, words)),
    PROSE.map(lambda words: (f"'''{words}'''", words)),
    PROSE.map(lambda words: (f"''{words}''", words)),
    st.tuples(WORDS, PROSE).map(lambda pair: (f"[[{pair[0]}|{pair[1]}]]", pair[1])),
    PROSE.map(lambda words: (f"<small>{words}</small>", words)),
    PROSE.map(lambda words: (f"{{{{nowrap|{words}}}}}", words)),
    PROSE.map(lambda words: (f"[http://a.b {words}]", words)),
    PROSE.map(lambda words: (f"<ref>{words}</ref>", "")),
    PROSE.map(lambda words: (f"<!--{words}-->", "")),
    PROSE.map(lambda words: (f"{{{{zzz|{words}}}}}", "")),
    PROSE.map(lambda words: (f"[[File:a.png|thumb|{words}]]", "")),
    PROSE.map(lambda words: (f"\n* {words}\n", f"- {words}")),
    PROSE.map(lambda words: (f"\n\n{words}\n\n", words)),
    PROSE.map(lambda words: (f"\n{{|\n| {words}\n|}}\n", words)),
)


@given(st.lists(PIECES, max_size=12))
@effort(deadline=None)
def test_text_outside_markup_survives(pieces: list[tuple[str, str]]) -> None:
    source = " ".join(piece for piece, _ in pieces)
    assert text(source).split() == " ".join(shown for _, shown in pieces).split()


@given(st.text(st.characters(exclude_characters="'/<>[]{}|=_&*#:;!-+", exclude_categories=("Cs", "Cn")), max_size=200))
@effort(deadline=None)
def test_text_without_markup_keeps_its_words(source: str) -> None:
    assert text(source).split() == source.replace("\0", "").split()


MARKUP = """
    {{ }} [[ ]] {| |} | |- ! == '' ''' <ref> </ref> <!-- --> <nowiki> </nowiki> <math> </math> <b > </b> <br/> * # : ]
    [http://a convert| lang| a . File: Category: de: 1 &#xFDD0; &lt; \ufdd2 \ufdd1 __A__
"""
MARKS = st.sampled_from([*MARKUP.split(), "\n", " ", "\0"])


@given(st.lists(MARKS, max_size=60).map("".join), st.sampled_from(["render", "remove", "drop sentence"]))
@effort(deadline=None)
def test_anything_ends_in_text_and_the_characters_add_up(source: str, templates: str) -> None:
    shown = text(source, templates=templates)
    assert not re.search("[\ufdd0-\ufdef]", shown)
