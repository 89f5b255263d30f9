from __future__ import annotations

import sqlite3

import pytest
from frontiers import SITE, known, open_frontier, states

from groundup.crawl.records import Records
from groundup.errors import DamagedError


def test_a_file_that_is_no_frontier_is_said_so(tmp_path) -> None:
    (tmp_path / "frontier.sqlite").write_bytes(b"certainly no database" * 100)
    with pytest.raises(DamagedError, match="not the frontier"):
        open_frontier(tmp_path)


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
