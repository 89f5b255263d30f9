"""The promises of trust.md for wikis: R12 odd input, S4 hostile markup, S6 patterns; and show 3 of the corpus."""

from __future__ import annotations

import random
import re
import resource
import time
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

pytest.importorskip("mwparserfromhell")

from groundup.corpus.document import Document, Page, Reading
from groundup.corpus.extraction import marks, wikitext_balance, wikitext_lines
from groundup.corpus.extraction import wikitext as wikitext_module
from groundup.corpus.extraction.templates import measures
from groundup.corpus.extraction.wikitext import wikitext
from groundup.corpus.extraction.wikitext_settings import WikitextSettings
from groundup.corpus.settings import SourceSettings
from groundup.corpus.sources import multistream, wikipedia
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.wikipedia import read_wikipedia
from groundup.errors import GroundupError

DUMP = b"""<mediawiki xml:lang="en"><siteinfo><base>https://en.wikipedia.org/wiki/Main_Page</base><namespaces>
<namespace key="6">File</namespace></namespaces></siteinfo><page><title>A</title><ns>0</ns><id>1</id>
<revision><id>2</id><timestamp>2024-01-01T00:00:00Z</timestamp><text>One &amp; two.</text></revision></page>
<page><title>B</title><ns>0</ns><id>3</id>
<redirect title="A" /><revision><id>4</id><text>x</text></revision></page></mediawiki>"""


def file_at(path: Path, damaged: str = "stop") -> InputFile:
    settings = SourceSettings("x", damaged=damaged)  # type: ignore[arg-type]
    return InputFile("wiki", path.name, path, path.parent, path.stat().st_size, "", settings, True)


def extract(text: str) -> Reading:
    page = Page(Document("a", "b", title="T"), text.encode(), "text/x-wiki")
    return wikitext(page, WikitextSettings())


@pytest.mark.slow
def test_r12_a_mutated_dump_ends_in_pages_or_in_our_error(tmp_path: Path) -> None:
    chance = random.Random(5)
    path = tmp_path / "dump.xml"
    for _ in range(1000):
        data = bytearray(DUMP)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            kind = chance.randrange(4)
            if kind == 0:
                data[place] ^= 1 << chance.randrange(8)
            elif kind == 1:
                del data[place : place + chance.randint(1, 60)]
            elif kind == 2:
                data[place:place] = data[chance.randrange(len(data)) :][: chance.randint(1, 80)]
            else:
                data[place:place] = chance.choice([b"<", b"&", b"]]>", b"<!DOCTYPE a>", b"\0", b"<page>", b"</page>"])
            if not data:
                break
        path.write_bytes(data)
        dropped = list(read_wikipedia(file_at(path, "drop")))
        if dropped and dropped[-1].document.id == "wiki/dump.xml":
            with pytest.raises(GroundupError, match="cannot be read"):
                list(read_wikipedia(file_at(path)))
        else:
            assert list(read_wikipedia(file_at(path))) == dropped


@pytest.mark.parametrize(
    "inside",
    [
        b"<a " + b"".join(b'x%d="1" ' % number for number in range(1_000_000)) + b"/>",
        b"<page>" + b"<a>" * 500_000,
        b"<page><title>" + b"a" * 50_000_000 + b"</title></page>",
        b"<!--" + b"a" * 50_000_000 + b"-->",
        b"<siteinfo><namespaces>" + b'<namespace key="1">%d</namespace>' % 1 * 500_000,
    ],
    ids=["attributes", "depth", "title", "comment", "namespaces"],
)
def test_s4_hostile_xml_ends_soon(tmp_path: Path, inside: bytes) -> None:
    path = tmp_path / "dump.xml"
    path.write_bytes(b"<mediawiki>" + inside)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(GroundupError):
        list(read_wikipedia(file_at(path)))
    assert time.process_time() - start < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kB"


def test_s4_a_text_node_of_50_mb_is_one_page_and_its_extraction_a_drop(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    text = b"word " * 10_000_000
    path.write_bytes(DUMP.replace(b"One &amp; two.", text))
    first, _ = read_wikipedia(file_at(path))
    assert isinstance(first, Page)
    reading = wikitext(first, WikitextSettings())
    assert reading.characters == len(text)
    assert reading.changes[-1].rule == "too large"


HOSTILE = [
    *("{{a|", "[[a|", "<ref>", "<b>", "\n{|\n|", '<ref a="', "<!--", "{{", "[[", "''", "\n==a", "{{{", "[http://a "),
    *("{{[[<b>''", '{{a|[[b|<ref name="{{', "\n* ", ":", "\n|-\n|a", "}}", "]]", "<nowiki>", "<math>", "</ref>", "<a"),
    *("{{a|b=c|", "__a", "'a''", "<ref", "({{a}};", "{{convert|1|", "{{lang|a|{{nowrap|", "-{", "\n|}", "<b a='"),
    *("==", "&#", "[//a [[b]] ", "[http://a\n"),
]


@pytest.mark.parametrize("mark", HOSTILE)
def test_s4_hostile_markup_ends_in_time_that_grows_with_it(mark: str) -> None:
    start = time.process_time()
    reading = extract((mark * (100_000 // len(mark) + 1))[:100_000])
    # A hundred kB of honest markup, closed and nested, take up to two seconds of the parser's own time.
    assert time.process_time() - start < 8, mark
    assert reading.characters == 100_000


@pytest.mark.parametrize(
    ("opening", "ending"),
    [
        *[("{{a|", "}}"), ("[[a|", "]]"), ("<b>", "</b>"), ("<ref>", "</ref>"), ("\n{|\n|-\n|", "\n|}")],
        *[("{{a|<b>", "</b>}}"), ("[http://a ", "]"), ("{{coord|", "}}"), ("{{age|", "}}")],
        *[("{{start date|", "}}"), ("{{birth date and age|", "}}"), ("{{quote|", "}}"), ("{{ill|", "}}")],
    ],
)
def test_s4_nesting_of_any_depth_ends(opening: str, ending: str) -> None:
    for depth in (29, 31, 1000, 100_000 // len(opening + ending)):
        start = time.process_time()
        extract(opening * depth + "x" + ending * depth)
        assert time.process_time() - start < 8


def test_s6_no_pattern_hangs() -> None:
    modules: list[ModuleType] = [marks, measures, multistream, wikipedia, wikitext_balance, wikitext_lines]
    modules.append(wikitext_module)
    strings = [
        "a",
        " ",
        "(",
        "'",
        "{",
        "<b",
        "<a a",
        "[",
        "-a-",
        "(\ufdd3;",
        " \ufdd3",
        "\ufdd21",
        ".",
        '."',
        "__a",
        "1,",
        "1/",
    ]
    for module in modules:
        for name, pattern in vars(module).items():
            if not isinstance(pattern, re.Pattern):
                continue
            for piece in strings:
                taken = []
                for size in (25_000, 50_000, 100_000):
                    text = piece * (size // len(piece)) + "\n!"
                    text = text.encode() if isinstance(pattern.pattern, bytes) else text
                    start = time.process_time()
                    for _ in pattern.finditer(text):
                        pass
                    taken.append(time.process_time() - start)
                assert taken[-1] < 0.2, f"{module.__name__}.{name} on {piece!r}: {taken}"


@given(st.binary(max_size=300))
@effort(max_examples=200, deadline=None)
def test_r12_any_bytes_end_in_a_reading(content: bytes) -> None:
    reading = wikitext(Page(Document("a", "b"), content, "text/x-wiki"), WikitextSettings())
    assert reading.changes[-1].after == len(reading.document.text) if reading.changes else True


@pytest.mark.slow
def test_show_3_the_slice_has_no_markup_left_and_its_templates_are_reported(shared_data: Path) -> None:
    path = shared_data / "wikipedia" / "enwiki-pages-articles-206.xml.bz2"
    found = list(read_wikipedia(file_at(path)))
    assert len(found) == 206
    holes: Counter[str] = Counter()
    for page in found:
        if isinstance(page, Reading):
            assert page.is_dropped
            continue
        # Formulas have what marks they like, so they are left out to be looked through.
        reading = wikitext(page, WikitextSettings(mathematics="drop"))
        length = reading.characters
        for change in reading.changes:
            assert change.before == length
            length = change.after
            if change.rule == "templates in sentences":
                assert sum(change.removed.values()) == change.value
                assert change.sample
                holes.update(change.removed)
        assert length == len(reading.document.text)
        left = leftover(reading.document.text)
        assert not left, f"{page.document.title}: {left[:3]}"
    # What stood in sentences and has no rule of ours: prices of today, nuclides, numbers of equations.
    assert holes["{{inflation}}"] == 35
    assert 50 < holes.total() < 200
    assert "{{convert}}" not in holes


def leftover(text: str) -> list[str]:
    """Marks, but for those that the slice's pages themselves show."""
    found = re.finditer(r"\{\{|\}\}|\[\[|\]\]|==|<ref|</|''|\|", text)
    shown = [text[max(0, match.start() - 30) : match.end() + 30] for match in found]
    return [one for one in shown if not any(honest in one for honest in HONEST)]


# A table of ASCII, an article about it, and a bar that was typed in a sentence.
HONEST = ("7C |", "sm|rg", "\\| (in", "Pashto |")
