"""The tables of a frontier: SQLite, opened so that a kill at any moment leaves them whole.

The file is in WAL mode with synchronous=NORMAL: a killed process loses nothing, a power cut at most the last marks,
whose pages are then cut off the archive and fetched again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from groundup.errors import DamagedError, GroundupError

# What SQLite keeps as the file's `user_version`; it goes up when the tables change.
VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS pages (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,
    kind TEXT NOT NULL,
    host TEXT NOT NULL,
    site TEXT NOT NULL,
    path TEXT NOT NULL,          -- site and path where there is a query, else ''
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    depth INTEGER NOT NULL,
    redirects INTEGER NOT NULL DEFAULT 0,
    found_on INTEGER,
    tries INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL DEFAULT 0,
    status INTEGER, media_type TEXT, size INTEGER, digest TEXT, same_as INTEGER, leads_to TEXT, fetched REAL,
    archive TEXT, position INTEGER, links INTEGER, links_left_out INTEGER,
    robots_hints TEXT, licence TEXT, other_hints TEXT, no_ai INTEGER
);
CREATE INDEX IF NOT EXISTS pages_waiting ON pages (site, depth, id) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS pages_due ON pages (site, due) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS pages_path ON pages (path) WHERE path != '' AND state != 'refused';
CREATE INDEX IF NOT EXISTS pages_digest ON pages (digest) WHERE digest IS NOT NULL;
CREATE INDEX IF NOT EXISTS pages_state ON pages (state);
CREATE TABLE IF NOT EXISTS sites (
    site TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    asks TEXT NOT NULL,          -- the host that the next request goes to: another one where a robots.txt lies there
    fetched REAL NOT NULL DEFAULT 0,
    due REAL NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    target TEXT NOT NULL,        -- where its robots.txt is asked for, after redirects
    redirects INTEGER NOT NULL DEFAULT 0,
    sitemaps INTEGER NOT NULL DEFAULT 0,
    given_up TEXT NOT NULL DEFAULT '',
    robots BLOB                  -- what its robots.txt said; NULL until it is known
);
CREATE TABLE IF NOT EXISTS hosts (
    host TEXT PRIMARY KEY,
    due REAL NOT NULL DEFAULT 0,
    delay REAL NOT NULL DEFAULT 0,   -- the longest pause that one of its robots.txt asked for
    failures INTEGER NOT NULL DEFAULT 0,
    given_up TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS archives (name TEXT PRIMARY KEY, length INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""


class Records:
    """The open file, and what can be read from it without a plan for the crawl."""

    def __init__(self, path: Path) -> None:
        try:
            self._base = sqlite3.connect(path, isolation_level=None)
            self._base.row_factory = sqlite3.Row
            self._base.execute("PRAGMA busy_timeout = 10000")
            self._refuse_others(path)
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = NORMAL")
            # Whole or absent, whenever the process ends.
            self._base.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT")
            # What was asked for when the process before was killed: nobody knows what became of it, so it is no try.
            self._base.execute("UPDATE pages SET state = 'pending', tries = tries - 1 WHERE state = 'in flight'")
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            raise damaged(path, error) from error

    def _refuse_others(self, path: Path) -> None:
        """Raise GroundupError for a file whose tables are not those of this version, before anything is changed."""
        version = self._one("PRAGMA user_version")
        if version != VERSION and (version or self._one("SELECT count(*) FROM sqlite_master")):
            raise GroundupError(
                f"{path} was made by another version of Groundup, or is not the frontier of a crawl: its tables are of "
                f"version {version}, and those of this one are of version {VERSION}.",
                "Go on with the version that began the crawl, or choose another --out; what is in the WARC files "
                "beside it can be read in any case.",
            )

    def fact(self, name: str) -> Any:
        """Something noted about the crawl as a whole, or None."""
        return self._one("SELECT value FROM facts WHERE name = ?", (name,))

    def note(self, name: str, value: str | int) -> None:
        """Note something about the crawl as a whole."""
        with self._together():
            self._base.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def archives(self) -> dict[str, int]:
        """The WARC files by name, with the length up to which each is whole."""
        return dict(self._base.execute("SELECT name, length FROM archives ORDER BY name").fetchall())

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """Every address met, in the order in which they were, with the addresses that found_on and same_as mean."""
        yield from self._base.execute(
            "SELECT pages.*, finder.address AS finder, same.address AS original FROM pages"
            " LEFT JOIN pages AS finder ON finder.id = pages.found_on"
            " LEFT JOIN pages AS same ON same.id = pages.same_as ORDER BY pages.id"
        )

    def counts(self) -> list[tuple[str, str, str, bool, int]]:
        """How many addresses there are: kind, state, reason, whether an archive holds them, and their number."""
        query = "SELECT kind, state, reason, archive IS NOT NULL, count(*) FROM pages GROUP BY 1, 2, 3, 4"
        return [
            (kind, state, reason, bool(kept), count) for kind, state, reason, kept, count in self._base.execute(query)
        ]

    def duplicates(self) -> int:
        """Pages with the content of an earlier one."""
        return int(self._one("SELECT count(*) FROM pages WHERE same_as IS NOT NULL"))

    def close(self) -> None:
        """Let the file go; nothing waits to be written."""
        self._base.close()

    @contextmanager
    def _together(self) -> Iterator[None]:
        """All changes inside, or none of them."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:
        row = self._base.execute(query, values).fetchone()
        return None if row is None else row[0]


def damaged(path: Path, error: sqlite3.DatabaseError) -> DamagedError:
    """What is to be said where SQLite cannot make sense of a file."""
    return DamagedError(
        f"{path} is not the frontier of a crawl, or is damaged: {error}.",
        "Choose another --out; what is in the WARC files beside it can still be read.",
    )
