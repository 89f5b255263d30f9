from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundup.corpus.document import Page
from groundup.corpus.sources.books import declared_encoding, metadata, split_book
from groundup.corpus.sources.files import read_file

STORY = "CHAPTER I.\n\nIt was a dark night.\n\nIt was Project Gutenberg that she thought of.\n\nTHE END"
LICENCE = "\nSection 1. General Terms of Use\n" + "words of lawyers\n" * 300

# Each generation of marks since 1991: what stands before and after the book.
GENERATIONS = {
    "today": (
        "The Project Gutenberg eBook of Emma\n    \nThis ebook is for the use of anyone anywhere.\n\nTitle: Emma\n\n"
        "Author: Jane Austen\n\nRelease date: August 1, 1994 [eBook #158]\n\n"
        "*** START OF THE PROJECT GUTENBERG EBOOK EMMA ***\n\n",
        "\n\n*** END OF THE PROJECT GUTENBERG EBOOK EMMA ***\n" + LICENCE,
    ),
    "with credits": (
        "Project Gutenberg's Emma, by Jane Austen\n\nThis eBook is for the use of anyone.\n\nTitle: Emma\n"
        "Author: Jane Austen\n\n*** START OF THIS PROJECT GUTENBERG EBOOK EMMA ***\n\n\n\n"
        "Produced by An Anonymous Volunteer, and the\nDistributed Proofreaders\n\n\n\n",
        "\n\n\nEnd of the Project Gutenberg EBook of Emma, by Jane Austen\n\n"
        "*** END OF THIS PROJECT GUTENBERG EBOOK EMMA ***\n" + LICENCE,
    ),
    "mark over two lines": (
        "Title: Emma\nAuthor: Jane Austen\n\n***START OF THE PROJECT GUTENBERG EBOOK EMMA, OR THE\nMATCHMAKER***\n\n"
        "E-text prepared by A. Volunteer\n\n",
        "\n\n***END OF THE PROJECT GUTENBERG EBOOK EMMA***\n\n\n******* This file should be named 1.txt *******\n",
    ),
    "small print": (
        "The Project Gutenberg Etext of Emma, by Jane Austen\n\nPlease take a look at the important information.\n\n"
        "***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***\nWhy is this small print here?\n\n"
        + "You may distribute copies.\n" * 200
        + "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n\n",
        "\n\n\nEnd of The Project Gutenberg Etext of Emma, by Jane Austen\n",
    ),
    "small print of 2002": (
        "Project Gutenberg's Emma, by Jane Austen\n\nCopyright laws are changing.\n\n"
        "**The Legal Small Print**\n\n*END THE SMALL PRINT! FOR PUBLIC DOMAIN EBOOKS*Ver.02/11/02*END*\n\n"
        "This etext was produced by A. Volunteer.\n\n",
        "\n\nEnd of Project Gutenberg's Emma, by Jane Austen\n\n",
    ),
    "first lines only": (
        "The Project Gutenberg Etext of Emma, by Jane Austen\n\n",
        "\n\nEnd of Project Gutenberg's Emma\n",
    ),
}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("generation", GENERATIONS)
def test_each_generation_of_marks_is_taken_off(generation: str, ending: str) -> None:
    before, after = GENERATIONS[generation]
    parts = split_book((before + STORY + after).replace("\n", ending))
    assert parts.text.strip() == STORY.replace("\n", ending)
    assert (parts.title.lower(), parts.author) == ("emma", "Jane Austen")


@given(st.text(max_size=500), st.sampled_from(sorted(GENERATIONS)))
def test_a_book_and_what_was_cut_are_the_file(story: str, generation: str) -> None:
    before, after = GENERATIONS[generation]
    for text in (story, before + story + after, before + story, story + after):
        parts = split_book(text)
        assert parts.header + parts.text + parts.footer == text


@pytest.mark.parametrize("text", [STORY, "", "\n\n\n", "word", STORY + "\n" + "more\n" * 2000])
def test_a_book_without_marks_stays_as_it_is(text: str) -> None:
    assert split_book(text).text == text


def test_a_book_that_speaks_of_the_end_in_its_middle_is_not_cut_there() -> None:
    story = "line\n" * 500 + "End of Project Gutenberg's dream\n" + "line\n" * 2000
    assert split_book(story).text == story


def test_what_was_cut_is_accounted_for(tmp_path, input_file) -> None:
    before, after = GENERATIONS["today"]
    (tmp_path / "emma.txt").write_text(before + STORY + after)
    (reading,) = read_file(input_file(tmp_path / "emma.txt"))
    assert (reading.document.title, reading.document.date) == ("Emma, by Jane Austen", "August 1, 1994")
    assert [change.rule for change in reading.changes] == ["Gutenberg header", "Gutenberg footer"]
    assert reading.changes[0].before == reading.characters
    assert reading.changes[1].after == len(reading.document.text)
    (whole,) = read_file(input_file(tmp_path / "emma.txt", kind="files"))
    assert whole.document.text == before + STORY + after


def test_metadata_beside_the_books_gives_titles_and_is_no_book(tmp_path, input_file) -> None:
    (tmp_path / "metadata.txt").write_text("[lear]\ntitle = King Lear\ncreator = Shakespeare, William\nurl = u\n")
    (tmp_path / "lear.txt").write_text(STORY)
    metadata.cache_clear()
    (reading,) = read_file(input_file(tmp_path / "lear.txt", kind="books"))
    assert (reading.document.title, reading.document.address) == ("King Lear, by William Shakespeare", "u")
    assert list(read_file(input_file(tmp_path / "metadata.txt"))) == []


def test_a_metadata_file_that_is_a_text_is_read_as_one(tmp_path, input_file) -> None:
    (tmp_path / "metadata.txt").write_text("On metadata: an essay.")
    metadata.cache_clear()
    (reading,) = read_file(input_file(tmp_path / "metadata.txt"))
    assert reading.document.text == "On metadata: an essay."


@pytest.mark.parametrize(
    ("encoding", "declared", "words"),
    [
        ("utf-8", "UTF-8", "café"),
        ("utf-8-sig", "ASCII", "café"),
        ("utf-16", "", "café"),
        ("cp1252", "ISO-8859-1", "“naïve” café"),
        ("cp1252", "ISO Latin-1", "café"),
        ("koi8-r", "KOI8-R", "Анна Каренина"),
        ("cp1251", "windows-1251", "Анна Каренина"),
        ("big5", "Big5", "紅樓夢"),
        ("iso8859-7", "ISO-8859-7", "Οδύσσεια"),
        ("cp850", "CP850", "café"),
    ],
)
def test_a_folder_of_many_encodings_is_read_as_each_header_says(
    tmp_path, input_file, encoding, declared, words
) -> None:
    before = f"Title: A\n\nCharacter set encoding: {declared}\n\n*** START OF THE PROJECT GUTENBERG EBOOK A ***\n\n"
    (tmp_path / "a.txt").write_bytes((before + words).encode(encoding))
    (reading,) = read_file(input_file(tmp_path / "a.txt"))
    assert reading.document.text == words
    assert ("read", "encoding") in [(change.stage, change.rule) for change in reading.changes] or "utf-8" in encoding


@pytest.mark.parametrize(
    "declared", ["hex", "unicode_escape", "punycode", "idna", "utf-7", "rot13", "no-such-thing", ""]
)
def test_a_header_cannot_name_what_is_no_character_set(declared) -> None:
    assert declared_encoding(f"Character set encoding: {declared}\n".encode()) is None


def test_the_users_word_goes_before_the_headers(tmp_path, input_file) -> None:
    (tmp_path / "a.txt").write_bytes(b"Character set encoding: Big5\n\n" + "Анна".encode("koi8-r"))
    (reading,) = read_file(input_file(tmp_path / "a.txt", encoding="koi8-r"))
    assert reading.document.text.endswith("Анна")


def test_a_page_of_gutenbergs_loses_header_and_footer(tmp_path, input_file) -> None:
    page = (
        "<title>The Project Gutenberg eBook of Emma</title><body><p>Title: Emma</p><p>Author: Jane Austen</p>"
        "<div>*** START OF THE PROJECT GUTENBERG EBOOK EMMA ***</div><p>A dark night.</p>"
        "<div>*** END OF THE PROJECT GUTENBERG EBOOK EMMA ***</div><p>Section 1.</p>"
    )
    (tmp_path / "emma.html").write_text(page)
    (reading,) = read_file(input_file(tmp_path / "emma.html"))
    assert (reading.document.text.strip(), reading.document.title) == ("A dark night.", "Emma, by Jane Austen")
    assert [change.rule for change in reading.changes] == ["tags", "Gutenberg header", "Gutenberg footer"]
    place = reading.characters
    for change in reading.changes:
        assert change.before == place
        place = change.after
    assert place == len(reading.document.text)
    # A page of another kind is left to the extraction, whole.
    (whole,) = read_file(input_file(tmp_path / "emma.html", kind="files"))
    assert isinstance(whole, Page)
    assert whole.content == page.encode()
