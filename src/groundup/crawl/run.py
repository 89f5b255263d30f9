"""A crawl from its first request to its report, in one folder.

    frontier.sqlite         every address and what became of it; with it a crawl goes on
    warc/pages-00000.warc.gz, ...
    addresses.parquet       the report, written whenever a run ends in peace

Scrapy's reactor cannot be started twice, so a process makes one crawl; whoever wants more starts more processes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from groundup.catalogue.crawl_folder import ARCHIVES, FRONTIER
from groundup.crawl.archive import Archive
from groundup.crawl.frontier import Frontier
from groundup.crawl.records import damaged
from groundup.crawl.report import summary, write_report
from groundup.crawl.scope import Scope, start_addresses
from groundup.crawl.settings import MAY_CHANGE, CrawlSettings
from groundup.crawl.visits import Visits
from groundup.errors import GroundupError, no_room
from groundup.progress import SILENT, Progress
from groundup.store.lock import locked

# What a second signal says, which leaves no time to count.
AT_ONCE = b"groundup: Stopped at once by a second signal. Start the same command again to go on from there.\n"

# After Ctrl-C or SIGTERM the replies on their way are awaited so long; R3 asks for an end within five seconds.
SECONDS_OF_GRACE = 3.0


class CrawlStoppedError(GroundupError):
    """A signal ended the crawl; the exit code is the shell's 128 + signal."""

    def __init__(self, number: int, done: int) -> None:
        pages = f"after {done:,} pages; all of them are in the archive" if done else "before the first page was fetched"
        super().__init__(
            f"Stopped by {signal.Signals(number).name} {pages}.", "Start the same command again to go on from there."
        )
        self.exit_code = 128 + number


def crawl(settings: CrawlSettings, out: Path, progress: Progress = SILENT, *, again: bool = False) -> dict[str, Any]:
    """Crawl until nothing is left or a budget is used up; go on where a run before was stopped or killed.

    With `again`, what failed before through the line or a server is asked for anew. Returns the summary. Raises
    GroundupError for settings that cannot be crawled by, CrawlStoppedError after a signal.
    """
    starts = start_addresses(settings)
    with locked(out), _in_our_words(out):
        frontier = Frontier(out / FRONTIER, settings, Scope(settings, starts))
        with closing(frontier):
            _same_crawl(frontier, settings, out)
            frontier.add(starts, 0)
            if again:
                frontier.ask_again()
            archive = Archive(out / ARCHIVES, settings, frontier.archives())
            with closing(archive):
                try:
                    number = _run(Visits(settings, frontier, archive), progress) if frontier.has_more else 0
                except KeyboardInterrupt:  # Before the loop that listens: Scrapy takes a second or more to load.
                    number = signal.SIGINT
            write_report(frontier, out)
            if number:
                raise CrawlStoppedError(number, frontier.done)
            return summary(frontier)


def _same_crawl(frontier: Frontier, settings: CrawlSettings, out: Path) -> None:
    """Refuse to go on with settings that would have made another crawl."""
    wanted = json.loads(json.dumps(asdict(settings)))
    before = json.loads(frontier.fact("settings") or "null")
    if before is None:
        before = wanted
        # What an archive has and its frontier does not know is cut off it.
        if any((out / ARCHIVES).glob("*.warc.gz")):
            raise GroundupError(
                f"{out / ARCHIVES} holds the pages of a crawl whose {FRONTIER} is not there any more.",
                "Put that file back to go on with it, or choose another --out; the pages can be read as they are.",
            )
    for name, value in wanted.items():
        if name not in MAY_CHANGE and before.get(name, value) != value:
            raise GroundupError(
                f"The crawl in {out} was begun with {name} {before[name]!r}, not {value!r}.",
                "Go on with the same settings (budgets and pauses may change), or choose another --out.",
            )
    frontier.note("settings", json.dumps(wanted))


def _run(visits: Visits, progress: Progress) -> int:
    """Crawl; returns the number of the signal that ended it, or 0."""
    for name in ("scrapy", "twisted", "asyncio"):
        # Scrapy logs each failed request as an error; here it is a row of the report.
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False

    from scrapy.crawler import AsyncCrawlerProcess

    from groundup.crawl.spider import Courier, end_now, scrapy_settings

    process = AsyncCrawlerProcess(scrapy_settings(visits.settings))
    from twisted.internet import reactor

    from groundup.crawl.resolver import GuardedResolver

    # Scrapy installs a resolver of its own as it starts; ours is asked first and asks Twisted's own.
    guard = GuardedResolver(reactor.nameResolver, visits.settings.allow_private)
    reactor.callWhenRunning(reactor.installNameResolver, guard)

    # A look-up that hangs must not keep the process from ending.
    reactor.getThreadPool().threadFactory = partial(threading.Thread, daemon=True)

    def say() -> None:
        now = time.time()
        wait = visits.frontier.waiting(now)
        if wait is None:
            progress("crawling (pages)", visits.frontier.done, visits.settings.pages)
            return
        seconds, tries = wait.until - wait.began, visits.settings.tries
        what = f"waiting {seconds:,.0f} s for try {wait.number} of {tries} of {wait.address}: {wait.reason} (seconds)"
        progress(what, now - wait.began, seconds)

    loop = asyncio.get_event_loop()

    ending: list[asyncio.Task[None]] = []

    def end_politely() -> None:
        ending.append(loop.create_task(process.stop()))
        loop.call_later(SECONDS_OF_GRACE, end_now)

    crawler = process.create_crawler(Courier)
    process.crawl(crawler, visits=visits, guard=guard, after=say)
    with _stoppable(loop, end_politely) as stopped:
        process.start(install_signal_handlers=False)
    courier = crawler.spider
    assert isinstance(courier, Courier)
    if courier.error is not None:
        raise courier.error
    return stopped[0] if stopped else 0


@contextmanager
def _stoppable(loop: asyncio.AbstractEventLoop, end: Any) -> Iterator[list[int]]:
    """Call `end` in the loop at the first SIGINT or SIGTERM, and obey the second at once; gives those that came."""
    came: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if came:
            os.write(2, AT_ONCE)
            os._exit(128 + number)
        came.append(number)
        loop.call_soon_threadsafe(end)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# What keeps SQLite from a file although nothing is wrong with it.
_CLOSED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY)


@contextmanager
def _in_our_words(out: Path) -> Iterator[None]:
    """SQLite has its own words for a full disk, a file that may not be written, and a damaged one."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "disk is full" in str(error) or "disk I/O error" in str(error):
            raise no_room(out) from error
        # The lowest byte is the kind; those above say more of it.
        if error.sqlite_errorcode & 0xFF in _CLOSED:
            raise GroundupError(
                f"{out / FRONTIER} cannot be opened or written: {error}.",
                "See that the folder and this file are yours to write, and that no other program has the file open.",
            ) from error
        raise
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise damaged(out / FRONTIER, error) from error
        raise
