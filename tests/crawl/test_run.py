"""Whole crawls of sites on this machine; the sites' own log is the judge."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from crawls import Crawl
from site_of_pages import COPIES, CRAWL_DELAY, DEPTH, QUERIES, Site

from groundup.catalogue import resolve
from groundup.catalogue.crawl_folder import ARCHIVES, FRONTIER
from groundup.corpus.document import Page
from groundup.corpus.sources.files import read_file
from groundup.corpus.sources.listing import list_files
from groundup.corpus.sources.settings import SourceSettings
from groundup.crawl.run import CrawlStoppedError, crawl
from groundup.crawl.settings import CrawlSettings
from groundup.errors import GroundupError
from groundup.store.tables import read_rows

# The show has 2,000: GROUNDUP_CRAWL_PAGES=2000 runs it so.
PAGES = int(os.environ.get("GROUNDUP_CRAWL_PAGES", "120"))
DELAY = 0.01
KILLS = 5


def settings_for(site: Site, **changes: Any) -> CrawlSettings:
    values = {
        "start": (site.main + "/", site.slow + "/"),
        "contact": "crawler@tests.example",
        "allow_private": ("127.0.0.1", "localhost"),
        "delay": DELAY,
        "tries": 3,
        "retry_after": 0.2,
        "queries_a_path": QUERIES,
        "depth": DEPTH,
    }
    return CrawlSettings(**{**values, **changes})


def log_of(path: Path) -> list[dict[str, Any]]:
    """One dict a request, in the order in which they came; `sent` is None where no reply went out."""
    requests: dict[int, dict[str, Any]] = {}
    for line in map(json.loads, path.read_text().splitlines() if path.exists() else ()):
        requests.setdefault(line["number"], {"sent": None, "status": None}).update(line)
    return sorted(requests.values(), key=lambda request: request["began"])


def archived(out: Path) -> list[tuple[str, bytes]]:
    """Address and body of the response records, with the digests checked by warcio."""
    from warcio.archiveiterator import ArchiveIterator

    found = []
    for path in sorted((out / ARCHIVES).glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                body = record.raw_stream.read()
                if record.rec_type == "response":
                    found.append((record.rec_headers.get_header("WARC-Target-URI"), body))
    return found


def served_for(site: Site, address: str) -> bytes:
    """The body that the site gives in the end."""
    answer, path = (site.answer, address.removeprefix(site.main))
    if address.startswith(site.slow):
        answer, path = (site.answer_slow, address.removeprefix(site.slow))
    return next(body for status, _, body in (answer(path), answer(path)) if status == 200)


def in_flight(out: Path) -> list[str]:
    """What a killed crawl was asking for, by its own account; a robots.txt leaves no mark there."""
    if not (out / FRONTIER).exists():
        return []
    base = sqlite3.connect(out / FRONTIER)
    try:
        return [row[0] for row in base.execute("SELECT address FROM pages WHERE state = 'in flight'")]
    except sqlite3.OperationalError:
        return []
    finally:
        base.close()


def test_all_and_only_what_is_allowed_through_five_kills(served, tmp_path) -> None:
    site, log = served(PAGES)
    killed = Crawl(settings_for(site), tmp_path / "out")
    chance = random.Random(5)
    allowed_again: Counter[str] = Counter()
    kills = []
    for _ in range(KILLS):
        process = killed.start()
        # By the site's count and not by the clock, so that each comes in the midst of the work on any machine.
        until = len(log_of(log)) + chance.randint(1, PAGES // KILLS)
        while len(log_of(log)) < until:
            assert process.poll() is None, "it was to be killed, and ended by itself"
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.03))
        process.kill()
        kills.append(time.time())
        assert process.wait() == -signal.SIGKILL
        allowed_again.update(in_flight(killed.out))
    summary = killed.finish()
    lines = log_of(log)

    # All and only what is allowed, by what was asked for and by what was kept.
    kept = dict(archived(killed.out))
    assert len(kept) == len(archived(killed.out)), "a page is in the archive twice"
    endless = {f"{site.main}/calendar?month=": QUERIES, f"{site.main}/filter?red=0": QUERIES}
    queries = {address for address in kept if address.startswith(tuple(endless))}
    assert kept.keys() - queries == site.allowed()
    assert Counter(next(filter(address.startswith, endless)) for address in queries) == endless
    asked = Counter(line["site"] + line["path"] for line in lines)
    assert asked.keys() == kept.keys() | site.also_asked()
    assert {line["agent"] for line in lines} == {killed.settings.user_agent}
    for address, body in kept.items():
        assert body == served_for(site, address), f"{address} is not in the archive as it was sent"

    # Nothing twice, but for what was in flight, and what the server itself asked to have asked again.
    due = {"/busy/seconds": 2, "/busy/date": 2, "/busy/always": 3, "/broken/once": 2}
    assert all(times <= KILLS for times in allowed_again.values())
    assert allowed_again.total() <= 2 * KILLS, "each of the two hosts is asked by one request at a time"
    for address, times in asked.items():
        if address.endswith("/robots.txt"):
            # No mark of it in flight is kept, so each kill may have broken one off; the slow site is busy at first.
            assert times <= KILLS + 1 + address.startswith(site.slow)
        else:
            assert times <= due.get(address.removeprefix(site.main), 1) + allowed_again[address], address

    # The account has every address, and says what the archive says.
    rows = {row["address"]: row for row in read_rows(killed.out / "addresses.parquet")}
    assert {address for address, row in rows.items() if row["outcome"] == "fetched"} == kept.keys()
    outcome = {address.removeprefix(site.main): (row["outcome"], row["reason"]) for address, row in rows.items()}
    assert outcome["/private/1"][0] == "disallowed"
    assert outcome["http://elsewhere.example/"] == ("out of scope", "out of scope")
    assert outcome["http://169.254.169.254/latest/meta-data/"] == ("refused", "a private address")
    assert outcome["http://2130706433/"] == ("refused", "an address in disguise")
    assert outcome["/bomb"] == ("failed", "larger than 8 million bytes when unpacked")
    assert outcome["/img.png"] == ("refused", "of another media type (image/png)")
    assert outcome["/missing"] == ("failed", "status 404")
    assert outcome["/busy/always"] == ("failed", "status 503, 3 times")
    assert outcome["/endless/7"] == ("refused", "too many redirects")
    assert outcome["/loop/loop/loop/loop/"] == ("refused", "a path that repeats itself")
    assert outcome[f"/days/{DEPTH}"] == ("refused", "too deep")
    assert outcome["/file"][0] == "failed"
    assert outcome["/self"] == ("failed", "it redirects to itself")
    assert rows[f"{site.main}/to/1"]["redirected_to"] == f"{site.main}/page/1"
    assert rows[f"{site.main}/noai"]["no_ai"] is True
    assert "creativecommons.org/licenses/by-sa" in rows[f"{site.main}/noai"]["licence"]
    assert sum(row["same_as"] is not None for row in rows.values()) == COPIES - 1
    assert summary["outcomes"]["fetched"] == len(kept)
    assert "left" not in summary["outcomes"]
    keep_pace(lines, site, kills)
    assert to_a_corpus(killed.out) == {address: unpacked(body) for address, body in kept.items()}


def to_a_corpus(out: Path) -> dict[str, bytes]:
    """What a corpus takes from the crawl: address and content of each page."""
    files = list_files([SourceSettings(str(out))], [resolve(str(out))])
    found = [page for file in files for page in read_file(file)]
    assert all(isinstance(page, Page) for page in found), "not one is dropped, and nothing beside the pages is read"
    return {page.document.address: page.content for page in found}


def unpacked(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def keep_pace(lines: list[dict[str, Any]], site: Site, kills: list[float]) -> None:
    """robots.txt comes first; a host is asked by one request at a time, with the pause that is due after each reply."""
    waits = 0
    for name in (site.main, site.slow):
        visits = [line for line in lines if line["site"] == name]
        known = next(line for line in visits if line["path"] == "/robots.txt" and line["status"] == 200)
        assert all(line["path"] == "/robots.txt" for line in visits if line["began"] < known["sent"])
        for before, after in pairwise(visits):
            # Nobody knows of a Crawl-delay before the robots.txt is there.
            asks = CRAWL_DELAY if name == site.slow and before["began"] > known["began"] else DELAY
            assert after["began"] - before["began"] >= asks * 0.99, (before, after)
            wait = asked_to_wait(before)
            waits += wait is not None
            # A crawler that was killed has not seen the reply; else the pause begins with its end.
            if not any(before["began"] <= kill <= after["began"] for kill in kills):
                pause = max(wait or 0.0, CRAWL_DELAY if name == site.slow and before["status"] == 200 else DELAY)
                assert after["began"] - before["sent"] >= pause * 0.99, (before, after)
    assert waits == 3, "two pages and one robots.txt are busy at first"


def asked_to_wait(line: dict[str, Any]) -> float | None:
    """Seconds that a reply asked for by Retry-After; those of a date are counted from the full second."""
    if line["status"] != 503 or line["path"] == "/busy/always":
        return None
    return int(line["began"]) + 2 - line["sent"] if line["path"] == "/busy/date" else 1.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_politely(served, tmp_path, number) -> None:
    site, log = served(200)
    begun = Crawl(settings_for(site, start=(site.main + "/",)), tmp_path / "out")
    process = begun.start()
    while len(log_of(log)) < 20:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 128 + number
    assert f"Stopped by {number.name}" in err
    rows = list(read_rows(begun.out / "addresses.parquet"))
    assert {row["address"] for row in rows if row["outcome"] == "fetched"} == dict(archived(begun.out)).keys()
    assert any(row["outcome"] == "left" for row in rows)


def wait_for_the_drip(process: subprocess.Popen[str], log: Path) -> None:
    while not any(line["path"] == "/drip" for line in log_of(log)):
        assert process.poll() is None
        time.sleep(0.02)


def test_a_reply_that_drips_does_not_hold_up_the_end(served, tmp_path) -> None:
    """It goes on for 20 seconds, and the crawl waits for three."""
    site, log = served(10)
    begun = Crawl(settings_for(site, start=(site.slow + "/drip",), seconds_a_page=3000.0), tmp_path / "out")
    process = begun.start()
    wait_for_the_drip(process, log)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 128 + signal.SIGTERM, err
    assert in_flight(begun.out) in ([site.slow + "/drip"], []), "it will be asked for again"
    assert archived(begun.out) == []


def test_a_second_signal_ends_it_at_once(served, tmp_path) -> None:
    site, log = served(10)
    begun = Crawl(settings_for(site, start=(site.slow + "/drip",), seconds_a_page=3000.0), tmp_path / "out")
    process = begun.start()
    wait_for_the_drip(process, log)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 128 + signal.SIGINT
    assert "Stopped at once by a second signal" in err
    assert not (begun.out / "addresses.parquet").exists()


def test_a_signal_while_scrapy_is_loaded_is_answered_too(tmp_path, monkeypatch) -> None:
    def load(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("groundup.crawl.run._run", load)
    with pytest.raises(CrawlStoppedError, match="before the first page was fetched") as stopped:
        crawl(CrawlSettings(("https://example.org/",), "a@b.cd"), tmp_path / "out")
    assert stopped.value.exit_code == 130
    assert "Start the same command again" in str(stopped.value)
    (row,) = read_rows(tmp_path / "out" / "addresses.parquet")
    assert row["outcome"] == "left"


def test_pages_whose_frontier_is_gone_are_not_written_over(tmp_path) -> None:
    settings = CrawlSettings(("https://example.org/",), "crawler@tests.example", pages=1)
    pages = tmp_path / "out" / ARCHIVES / "pages-00000.warc.gz"
    pages.parent.mkdir(parents=True)
    pages.write_bytes(b"pages")
    for _ in range(2):
        with pytest.raises(GroundupError, match=f"whose {FRONTIER} is not there"):
            crawl(settings, tmp_path / "out")
    assert pages.read_bytes() == b"pages"


@pytest.mark.parametrize("what", ["folder", "damaged"])
def test_a_frontier_that_cannot_be_used_is_said(tmp_path, what: str) -> None:
    settings = CrawlSettings(("https://example.org/",), "crawler@tests.example", pages=1)
    frontier = tmp_path / "out" / FRONTIER
    frontier.parent.mkdir()
    if what == "folder":
        frontier.mkdir()
    else:
        frontier.write_bytes(b"SQLite format 3\0" + bytes(5000))
    with pytest.raises(GroundupError, match=FRONTIER):
        crawl(settings, tmp_path / "out")


def test_budgets_end_a_crawl_and_a_larger_one_goes_on(served, tmp_path) -> None:
    site, log = served(60)
    small = settings_for(site, pages=10, start=(site.main + "/",))
    out = tmp_path / "out"
    assert Crawl(small, out).finish()["outcomes"]["fetched"] == 10
    asked = len(log_of(log))
    # Where nothing may be fetched Scrapy is not even started, so these two need no process of their own.
    assert crawl(small, out)["outcomes"]["fetched"] == 10
    with pytest.raises(GroundupError, match="was begun with depth 14, not 3"):
        crawl(settings_for(site, depth=3, start=(site.main + "/",)), out)
    assert len(log_of(log)) == asked
    larger = settings_for(site, pages=25, start=(site.main + "/",))
    assert Crawl(larger, out).finish()["outcomes"]["fetched"] == 25
    assert len(dict(archived(out))) == 25
    asked_for = Counter(line["path"] for line in log_of(log) if not line["path"].startswith(("/busy/", "/broken/")))
    assert max(asked_for.values()) == 1
