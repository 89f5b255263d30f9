from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from groundup.corpus.document import Page, Reading
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


def packed(path: Path, files: dict[str, str | bytes]) -> Path:
    """An archive of the files, of the kind that its name says."""
    if path.suffix == ".zip":
        return make(path, files)
    mode = {".gz": "w:gz", ".tgz": "w:gz", ".xz": "w:xz", ".bz2": "w:bz2"}.get(path.suffix, "w")
    with tarfile.open(path, mode) as folder:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            folder.addfile(entry, io.BytesIO(data))
    if path.suffix == ".zst":
        import zstandard

        path.write_bytes(zstandard.compress(path.read_bytes()))
    return path


ARCHIVES = ("a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.xz", "a.tar.bz2", "a.tar.zst")
WEB_PAGE = "<html><head><title>Walks</title></head><body><nav>Menu</nav><p>We walked a long way.</p></body></html>"


@pytest.mark.parametrize("name", ARCHIVES)
@pytest.mark.parametrize("kind", ["auto", "files", "books"])
def test_a_file_is_read_alike_in_a_folder_and_in_any_archive(tmp_path, input_file, name, kind) -> None:
    files = {"book.txt": BOOK, "page.html": WEB_PAGE, "book.htm": PAGE, "odd.txt": bytes(99), "x.xhtml": WEB_PAGE}
    (tmp_path / "plain").mkdir()
    expected = []
    for one in sorted(files):
        path = tmp_path / "plain" / one
        path.write_bytes(files[one].encode() if isinstance(files[one], str) else files[one])
        expected += read_file(input_file(path, kind=kind))
    archive = packed(tmp_path / name, {f"in/{one}": files[one] for one in sorted(files)})
    found = list(read_file(input_file(archive, kind=kind)))
    assert len(found) == len(expected) == 5
    for one, plain in zip(found, expected, strict=True):
        assert type(one) is type(plain)
        assert one.document.id == plain.document.id.replace("source/", f"source/{name}/in/")
        assert (one.document.text, one.document.title) == (plain.document.text, plain.document.title)
        if isinstance(one, Page) and isinstance(plain, Page):
            assert (one.content, one.media_type) == (plain.content, plain.media_type)
        elif isinstance(one, Reading) and isinstance(plain, Reading):
            assert one.changes == plain.changes


@pytest.mark.parametrize("kind", ["auto", "files", "books"])
def test_pages_come_as_pages_but_books_do_not(tmp_path, input_file, kind) -> None:
    archive = packed(tmp_path / "a.tar", {"a.html": WEB_PAGE.replace("Menu", "To Project Gutenberg"), "b.html": PAGE})
    page, book = read_file(input_file(archive, kind=kind))
    assert isinstance(page, Page) == (kind != "books")
    assert isinstance(book, Page) == (kind == "files")


@pytest.mark.parametrize("name", [name for name in ARCHIVES if name != "a.zip"])
@given(some.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_a_tar_cut_anywhere_is_never_taken_for_whole(tmp_path, input_file, name, data) -> None:
    whole = packed(tmp_path / name, {f"{one}.txt": f"text {one} " * 60 for one in range(5)}).read_bytes()
    # What fills the last record of a plain tar behind its mark is no loss.
    end = whole.rstrip(b"\0") if name == "a.tar" else whole
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(whole[: data.draw(some.integers(0, len(end) - 1))])
    with pytest.raises(GroundupError, match=r"cannot be read"):
        list(read_file(input_file(cut)))
    *good, last = read_file(input_file(cut, damaged="drop"))
    assert last.is_dropped
    assert [one.document.text for one in good] == [f"text {one} " * 60 for one in range(len(good))]


def test_a_header_of_a_tar_that_is_lost_is_not_its_end(tmp_path, input_file) -> None:
    whole = bytearray(packed(tmp_path / "a.tar", {f"{one}.txt": "text" for one in range(3)}).read_bytes())
    whole[1024:1536] = bytes(512)
    (tmp_path / "b.tar").write_bytes(whole)
    with pytest.raises(GroundupError, match="more behind the mark of its end"):
        list(read_file(input_file(tmp_path / "b.tar")))


@given(some.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_a_flipped_bit_in_a_packed_tar_is_noticed(tmp_path, input_file, data) -> None:
    whole = bytearray(packed(tmp_path / "a.tar.gz", {"a.txt": "some text " * 90}).read_bytes())
    content = gzip.decompress(whole)
    place = data.draw(some.integers(10, len(whole) - 1))
    whole[place] ^= 1 << data.draw(some.integers(0, 7))
    path = tmp_path / "b.tar.gz"
    path.write_bytes(whole)
    try:
        same = gzip.decompress(whole) == content
    except Exception:
        same = False
    if not same:
        with pytest.raises(GroundupError, match="cannot be read"):
            list(read_file(input_file(path)))


@pytest.mark.parametrize(
    ("kind", "said"), [(tarfile.SYMTYPE, "symbolic link"), (tarfile.LNKTYPE, "hard link"), (tarfile.CHRTYPE, "device")]
)
def test_a_tar_with_links_or_devices_is_refused(tmp_path, input_file, kind, said) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as folder:
        entry = tarfile.TarInfo("a.txt")
        entry.type, entry.linkname = kind, "/etc/passwd"
        folder.addfile(entry)
    with pytest.raises(GroundupError, match=said):
        list(read_file(input_file(tmp_path / "a.tar")))


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.zst"])
def test_a_tar_that_is_a_bomb_fizzles(tmp_path, input_file, name) -> None:
    path = packed(tmp_path / name, {"a.txt": bytes(60_000_000)})
    with pytest.raises(GroundupError, match="as bombs do"):
        list(read_file(input_file(path)))


def test_two_members_of_one_name_and_large_ones_are_refused(tmp_path, input_file) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as folder:
        for _ in range(2):
            folder.addfile(tarfile.TarInfo("a.txt"))
    with pytest.raises(GroundupError, match="two of its members"):
        list(read_file(input_file(tmp_path / "a.tar")))
    path = packed(tmp_path / "b.tar", {"a.txt": bytes(1_000_001)})
    with pytest.raises(GroundupError, match="largest_document"):
        list(read_file(input_file(path, largest_document=1)))


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


@pytest.mark.parametrize("archive", ["z.zip", "z.tar"])
@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "a\\b.txt", "C:a.txt"])
def test_an_archive_that_leads_outside_is_refused(tmp_path, input_file, name, archive) -> None:
    path = packed(tmp_path / archive, {name: "x"})
    with pytest.raises(GroundupError, match=r"z\.(zip|tar) cannot be read"):
        list(read_file(input_file(path)))
    (reading,) = read_file(input_file(path, damaged="drop"))
    assert reading.is_dropped
