"""Whole crawls of sites on this machine; the sites' own log is the judge."""

from __future__ import annotations

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
from site_of_pages import CALENDAR, COPIES, CRAWL_DELAY, Site

from groundup.catalogue.crawl_folder import ARCHIVES, FRONTIER
from groundup.crawl.settings import CrawlSettings
from groundup.store.tables import read_rows

# The show has 2,000: GROUNDUP_CRAWL_PAGES=2000 runs it so.
PAGES = int(os.environ.get("GROUNDUP_CRAWL_PAGES", "250"))
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
        "seconds_a_page": 3.0,
        "queries_a_path": CALENDAR,
    }
    return CrawlSettings(**{**values, **changes})


def log_of(path: Path) -> list[dict[str, Any]]:
    return sorted(map(json.loads, path.read_text().splitlines()), key=lambda line: line["began"])


def archived(out: Path) -> list[str]:
    """The addresses of the response records, with the digests checked by warcio."""
    from warcio.archiveiterator import ArchiveIterator

    found = []
    for path in sorted((out / ARCHIVES).glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                record.content_stream().read()
                if record.rec_type == "response":
                    found.append(record.rec_headers.get_header("WARC-Target-URI"))
    return found


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
    crawl = Crawl(settings_for(site), tmp_path / "out")
    chance = random.Random(5)
    allowed_again: Counter[str] = Counter()
    kills = []
    for _ in range(KILLS):
        process = crawl.start()
        seen = log.stat().st_size if log.exists() else 0
        # Killed while it works, not while Python starts: a random time after its first request.
        while process.poll() is None and (not log.exists() or log.stat().st_size == seen):
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, PAGES / 150))
        process.kill()
        process.wait()
        kills.append(time.time())
        allowed_again.update(in_flight(crawl.out))
    summary = crawl.finish()
    lines = log_of(log)

    # All and only what is allowed.
    calendar = f"{site.main}/calendar?month="
    kept = archived(crawl.out)
    assert len(kept) == len(set(kept)), "a page is in the archive twice"
    assert {address for address in kept if not address.startswith(calendar)} == site.allowed()
    months = [address for address in kept if address.startswith(calendar)]
    assert len(months) == CALENDAR
    paths = {line["path"] for line in lines}
    forbidden = ("/private/", "/hidden/", "/tool.cgi", "/no/", "/long/", "/loop/loop/loop/loop/", "/page/1?print")
    assert [path for path in paths if path.startswith(forbidden) and path != "/private/open.html"] == []
    assert "/endless/6" in paths
    assert "/endless/7" not in paths, "five redirects and no more"

    # Nothing twice, but for what was in flight, and what the server itself asked to have asked again.
    asked = Counter(line["site"] + line["path"] for line in lines)
    due = {"/busy/seconds": 2, "/busy/date": 2, "/busy/always": 3, "/broken/once": 2}
    for address, times in asked.items():
        path = address.removeprefix(site.main)
        if path == "/robots.txt" or address.endswith("/robots.txt"):
            assert times <= 1 + KILLS
        else:
            assert times <= due.get(path, 3 if path.endswith("/drip") else 1) + allowed_again[address], address

    # The account has every address, and says what the archive says.
    rows = {row["address"]: row for row in read_rows(crawl.out / "addresses.parquet")}
    assert {address for address, row in rows.items() if row["outcome"] == "fetched"} == set(kept)
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
    assert outcome["/file"][0] == "failed"
    assert outcome["/self"] == ("failed", "it redirects to itself")
    assert rows[f"{site.main}/to/1"]["redirected_to"] == f"{site.main}/page/1"
    assert rows[f"{site.main}/noai"]["no_ai"] is True
    assert "creativecommons.org/licenses/by-sa" in rows[f"{site.main}/noai"]["licence"]
    assert sum(row["same_as"] is not None for row in rows.values()) >= COPIES - 1
    assert summary["outcomes"]["fetched"] == len(kept)
    assert "left" not in summary["outcomes"]
    keep_pace(lines, site, kills)


def keep_pace(lines: list[dict[str, Any]], site: Site, kills: list[float]) -> None:
    """A host is asked by one connection, with the pause that it or the settings ask for after each reply."""
    waited = 0
    for name in (site.main, site.slow):
        visits = [line for line in lines if line["site"] == name]
        for before, after in pairwise(visits):
            # The first robots.txt comes before anybody knows of a delay.
            pause = CRAWL_DELAY if name == site.slow and before["path"] != "/robots.txt" else DELAY
            assert after["began"] - before["began"] >= pause * 0.99, (before, after)
            # Where a kill or the crawler's own time limit broke a reply off, the server noticed late or never.
            is_broken = before["path"] == "/drip" or any(
                before["began"] <= kill <= before["sent"] + 1 for kill in kills
            )
            if not is_broken:
                assert after["began"] - before["sent"] >= pause * 0.99, (before, after)
            if before["path"] == "/busy/seconds" and before["status"] == 503:
                waited += 1
                assert after["began"] - before["sent"] >= 0.99, "Retry-After was not kept"
            if before["path"] == "/busy/date" and before["status"] == 503:
                waited += 1
                assert after["began"] >= int(before["began"]) + 2, "the date of Retry-After was not kept"
    assert waited == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_politely(served, tmp_path, number) -> None:
    site, log = served(400)
    crawl = Crawl(settings_for(site, start=(site.main + "/",)), tmp_path / "out")
    process = crawl.start()
    while not log.exists() or log.read_text().count("\n") < 20:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 128 + number
    assert f"Stopped by {number.name}" in err
    rows = list(read_rows(crawl.out / "addresses.parquet"))
    assert {row["address"] for row in rows if row["outcome"] == "fetched"} == set(archived(crawl.out))
    assert any(row["outcome"] == "left" for row in rows)


def wait_for_a_request(process: subprocess.Popen[str], log: Path) -> None:
    while not log.read_text():
        assert process.poll() is None
        time.sleep(0.02)


def test_a_reply_that_drips_does_not_hold_up_the_end(served, tmp_path) -> None:
    site, log = served(10)
    crawl = Crawl(settings_for(site, start=(site.slow + "/drip",), seconds_a_page=3000.0), tmp_path / "out")
    process = crawl.start()
    wait_for_a_request(process, log)
    # The robots.txt has been answered; the page is asked for after the pause, and drips for 20 seconds.
    time.sleep(2 * CRAWL_DELAY + 0.5)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 128 + signal.SIGTERM, err
    assert in_flight(crawl.out) in ([site.slow + "/drip"], []), "it will be asked for again"
    assert archived(crawl.out) == []


def test_a_second_signal_ends_it_at_once(served, tmp_path) -> None:
    site, log = served(10)
    crawl = Crawl(settings_for(site, start=(site.slow + "/drip",), seconds_a_page=3000.0), tmp_path / "out")
    process = crawl.start()
    wait_for_a_request(process, log)
    time.sleep(2 * CRAWL_DELAY + 0.5)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=200)
    assert process.returncode == 128 + signal.SIGINT
    assert not (crawl.out / "addresses.parquet").exists()


def test_budgets_end_a_crawl_and_a_larger_one_goes_on(served, tmp_path) -> None:
    site, log = served(60)
    small = settings_for(site, pages=10, start=(site.main + "/",))
    crawl = Crawl(small, tmp_path / "out")
    assert crawl.finish()["outcomes"]["fetched"] == 10
    asked = len(log_of(log))
    assert crawl.finish()["outcomes"]["fetched"] == 10
    assert len(log_of(log)) == asked, "nothing is asked for when nothing may be fetched"
    more = Crawl(settings_for(site, pages=25, start=(site.main + "/",)), tmp_path / "out")
    assert more.finish()["outcomes"]["fetched"] == 25
    assert len(set(archived(more.out))) == 25
    asked_for = Counter(line["path"] for line in log_of(log) if not line["path"].startswith(("/busy/", "/broken/")))
    assert max(asked_for.values()) == 1
    process = Crawl(settings_for(site, depth=3), tmp_path / "out").start()
    _, err = process.communicate(timeout=200)
    assert process.returncode == 2
    assert "was begun with" in err
