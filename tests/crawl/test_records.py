from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from frontiers import SITE, known, open_frontier, states

from groundup.crawl.records import VERSION, Records
from groundup.errors import DamagedError, GroundupError


def test_a_file_that_is_no_frontier_is_said_so(tmp_path) -> None:
    (tmp_path / "frontier.sqlite").write_bytes(b"certainly no database" * 100)
    with pytest.raises(DamagedError, match="not the frontier"):
        open_frontier(tmp_path)


def test_a_file_of_another_version_is_said_so_with_what_to_do(tmp_path) -> None:
    path = tmp_path / "frontier.sqlite"
    open_frontier(tmp_path).close()
    open_frontier(tmp_path).close()
    with closing(sqlite3.connect(path)) as base:
        base.executescript(f"ALTER TABLE pages DROP COLUMN no_ai; PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(GroundupError, match=f"version {VERSION + 1}, .* version {VERSION}") as caught:
        open_frontier(tmp_path)
    assert "another --out" in caught.value.remedy
    assert path.read_bytes() == before


def test_a_database_of_something_else_stays_as_it_is(tmp_path) -> None:
    path = tmp_path / "frontier.sqlite"
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE pages (id)")
    before = path.read_bytes()
    with pytest.raises(GroundupError, match="not the frontier of a crawl"):
        open_frontier(tmp_path)
    assert path.read_bytes() == before


def test_what_was_in_flight_is_to_do_again_and_was_no_try(tmp_path) -> None:
    """A page that happens to be on its way at every kill is not given up for it."""
    frontier = open_frontier(tmp_path, tries=1, delay=0.0)
    known(frontier)
    for _ in range(3):
        errand = frontier.next(0.0)
        assert (errand.address.text, errand.tries) == (SITE + "/", 0)
        assert states(frontier) == {"/": ("in flight", "")}
        frontier.close()
        frontier = open_frontier(tmp_path, tries=1, delay=0.0)
    assert states(frontier) == {"/": ("pending", "")}


def test_changes_come_together_or_not_at_all(tmp_path) -> None:
    records = Records(tmp_path / "frontier.sqlite")
    records.note("one", 1)

    def half() -> None:
        with records._together():
            records._base.execute("UPDATE facts SET value = 2")
            records._base.execute("INSERT INTO facts VALUES ('one', 3)")

    with pytest.raises(sqlite3.IntegrityError):
        half()
    assert records.fact("one") == 1
