from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as some

from groundup.reports import document, markdown

awkward = some.text(some.sampled_from("`|*_[]()<>#&\\\n\r\t-+=~:!. 1ab\u2028\x00") | some.characters(), max_size=30)


@given(awkward)
def test_a_fence_cannot_be_left(text: str):
    lines = markdown.fenced(text).split("\n")
    fence = lines[-1]
    assert set(fence) == {"`"}
    inside = lines[1:-1]
    # What closes a fence is a run at least as long, alone on its line.
    assert not [line for line in inside if line.strip(" \t").startswith(fence) and set(line.strip(" \t")) == {"`"}]


@given(awkward, awkward)
def test_a_cell_cannot_leave_its_row(first: str, second: str):
    table = document.Table("caption", ("a", "b"), ((first, second),))
    lines = markdown.block(table).split("\n")
    assert len(lines) == 5
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", lines[-1])) == 3


@given(awkward)
def test_a_text_has_no_meaning(text: str):
    line = markdown.text(text)
    assert "\n" not in line
    assert not re.search(r"<|>", line)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]#|]", line)
    assert not re.match(r"[-+=] |\d+\. ", line)


def test_plain_prose_stays_readable():
    for text in ("Half of it, 50 %, was kept.", "3.14 nats a token (or so)", "2026-11-21: well-known"):
        assert markdown.text(text) == text


def test_the_report_begins_with_its_mark():
    report = document.Document("Title", "subtitle", (), (document.Section("One", (document.Paragraph("Text."),)),))
    assert markdown.render(report) == f"{markdown.MARK}\n\n# Title\n\nsubtitle\n\n## One\n\nText.\n"
