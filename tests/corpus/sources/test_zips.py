from __future__ import annotations

import zipfile

import pytest

from groundup.corpus.sources.files import read_file
from groundup.errors import GroundupError

BOOK = (
    "*** START OF THE PROJECT GUTENBERG EBOOK EMMA ***\n\nA dark night.\n\n*** END OF THE PROJECT GUTENBERG EBOOK ***\n"
)
PAGE = f"<html><head><title>Emma</title></head><body><pre>{BOOK}</pre></body></html>".replace("\n", "<br>\n")


def make(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, content in files.items():
            folder.writestr(name, content)
    return path


def test_a_book_in_a_zip_is_read_as_the_book(tmp_path, input_file) -> None:
    (reading,) = read_file(input_file(make(tmp_path / "158-0.zip", {"158-0.txt": BOOK.encode("utf-8-sig")})))
    assert (reading.document.id, reading.document.text) == ("source/158-0.zip/158-0.txt", "A dark night.\n")
    assert [change.rule for change in reading.changes][-2:] == ["Gutenberg header", "Gutenberg footer"]
    assert reading.characters == reading.changes[0].before


def test_a_page_with_its_pictures_is_the_page_and_a_row_for_the_rest(tmp_path, input_file) -> None:
    files = {"158-h/158-h.htm": PAGE, "158-h/images/a.jpg": b"1", "158-h/images/b.jpg": b"2", "158-h/x.css": "p{}"}
    page, rest = read_file(input_file(make(tmp_path / "158-h.zip", files)))
    assert (page.document.text.strip(), page.document.title) == ("A dark night.", "Emma")
    assert [change.rule for change in page.changes] == ["tags", "Gutenberg header", "Gutenberg footer"]
    assert (rest.is_dropped, rest.changes[0].rule, rest.changes[0].value) == (True, "kind of file", 3.0)
    assert "1 .css, 2 .jpg" in rest.changes[0].sample


def test_many_texts_are_many_documents_in_the_order_of_their_names(tmp_path, input_file) -> None:
    files = {"b/two.md": "two", "a/one.txt": "caf\xe9".encode("cp1252"), "__MACOSX/._one.txt": "x", ".hidden.txt": "x"}
    readings = list(read_file(input_file(make(tmp_path / "z.zip", files), kind="books")))
    assert [(one.document.id, one.document.text, one.document.title) for one in readings] == [
        ("source/z.zip/a/one.txt", "café", "one"),
        ("source/z.zip/b/two.md", "two", "two"),
    ]
    assert readings[0].changes[0].rule == "encoding"


def test_a_binary_text_in_a_zip_is_dropped_alone(tmp_path, input_file) -> None:
    first, second = read_file(input_file(make(tmp_path / "z.zip", {"a.txt": bytes(500), "b.txt": "good"})))
    assert (first.is_dropped, first.changes[0].rule) == (True, "not text")
    assert second.document.text == "good"


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "a\\b.txt", "C:a.txt"])
def test_a_zip_that_leads_outside_is_refused(tmp_path, input_file, name) -> None:
    path = make(tmp_path / "z.zip", {name: "x"})
    with pytest.raises(GroundupError, match=r"z\.zip cannot be read"):
        list(read_file(input_file(path)))
    (reading,) = read_file(input_file(path, damaged="drop"))
    assert reading.is_dropped
