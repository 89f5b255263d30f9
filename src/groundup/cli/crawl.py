"""Collect pages of the web, politely, as WARC files and with an account of every address met.

robots.txt is obeyed (RFC 9309), each host is asked by one connection with a pause after each reply, and nothing
leaves without a contact that the owners of the sites can write to. What was stopped or killed goes on where it was.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from groundup.crawl.settings import CrawlSettings
from groundup.errors import GroundupError

EXAMPLES: tuple[str, ...] = (
    "groundup crawl https://example.org/ --out crawls/example --contact you@example.net",
    "groundup crawl https://example.org/docs/ --within example.org/docs/ --pages 500 --out crawls/docs --contact ...",
    "groundup crawl http://localhost:8000/ --allow-private localhost --out crawls/mine --contact ... --json",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `crawl`."""
    parser.add_argument("start", nargs="+", metavar="URL", help="where to begin")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="the folder of the crawl, new or begun")
    parser.add_argument("--contact", default="", metavar="ADDRESS", help="your mail address or a page about the crawl")
    parser.add_argument("--agent", metavar="NAME", help="what robots.txt may call the crawler (default: groundup)")
    parser.add_argument(
        "--within", nargs="+", metavar="HOST[/PATH]", help="where pages may lie (default: the hosts of the URLs)"
    )
    parser.add_argument("--pages", type=int, metavar="N", help="pages to fetch, at most (default: 10,000; 0: no limit)")
    parser.add_argument("--depth", type=int, metavar="N", help="links to follow from a start, at most (default: 20)")
    parser.add_argument("--megabytes", type=int, metavar="N", help="million bytes to receive, at most")
    parser.add_argument("--delay", type=float, metavar="SECONDS", help="pause after each reply of a host (default: 1)")
    parser.add_argument("--hosts-at-once", type=int, metavar="N", help="hosts to ask at the same time (default: 16)")
    parser.add_argument("--sitemaps", type=int, metavar="N", help="sitemap files to read of a site (default: 50)")
    parser.add_argument(
        "--allow-private", nargs="+", metavar="HOST", help="hosts that may lie in a private network, or be this machine"
    )
    parser.add_argument("--again", action="store_true", help="ask once more for what failed: the line was down, say")
    parser.add_argument("--json", action="store_true", help="end with one JSON object on one line")


def run(arguments: argparse.Namespace) -> int:
    """Crawl and print what became of the addresses."""
    began = time.monotonic()
    settings = _settings(arguments)
    _libraries()
    from groundup.cli.output import notes, print_json, results, terminal_progress
    from groundup.crawl.report import REPORT
    from groundup.crawl.run import crawl
    from groundup.crawl.scope import start_addresses
    from groundup.reports.words import size

    for text, address in zip(settings.start, start_addresses(settings), strict=True):
        if "://" not in text:
            notes.print(f"{text} has no scheme: {address.text} is taken.", markup=False)
    progress, report = terminal_progress(), arguments.out / REPORT
    try:
        found = crawl(settings, arguments.out, progress, again=arguments.again)
    finally:
        progress.close()
    if arguments.json:
        print_json({**found, "out": str(arguments.out), "seconds": round(time.monotonic() - began, 3)})
        _refuse_none(settings, found, report)
        return 0
    results.print(f"{'addresses met':<20} {found['addresses']:,}", markup=False)
    for name, count in found["outcomes"].items():
        results.print(f"  {name:<18} {count:,}", markup=False)
    results.print(f"{'same content':<20} {found['duplicates']:,}", markup=False)
    results.print(f"{'received':<20} {size(found['bytes'])}", markup=False)
    for reason, count in list(found["reasons"].items())[:10]:
        notes.print(f"{count:,} not fetched: {reason}", markup=False)
    results.print(f"{'pages':<20} {arguments.out / 'warc'}", markup=False)
    results.print(f"{'report':<20} {report}", markup=False)
    _refuse_none(settings, found, report)
    if left := found["outcomes"].get("left"):
        # What ends in peace and leaves something was ended by a budget.
        is_pages = settings.pages is not None and found["outcomes"]["fetched"] >= settings.pages
        name, most = ("pages", settings.pages) if is_pages else ("megabytes", settings.megabytes)
        told = f"--{name} {most} ended it with {left:,} left:"
        notes.print(f"{told} the same command with a larger --{name} goes on.", markup=False)
    build = f"groundup corpus build recipes/web.yaml --out runs/web --corpus.sources.0.data {arguments.out}"
    notes.print(f"Next: {build}", markup=False)
    return 0


def _refuse_none(settings: CrawlSettings, found: dict[str, Any], report: Path) -> None:
    """A crawl without a page is a mistake to mend, in the addresses or at the other end."""
    if found["outcomes"].get("fetched"):
        return
    why = next(iter(found["reasons"]), "a budget ended it before")
    remedy = f"What became of each address is in {report}."
    if "failed" in found["outcomes"]:
        remedy = "When the line or the server is mended, add --again to the same command."
        if any("://" not in text for text in settings.start):
            remedy = f"If the server speaks http only, write http:// before the address, and a new --out. {remedy}"
    raise GroundupError(f"Not one page could be fetched: {why}.", remedy)


def _settings(arguments: argparse.Namespace) -> CrawlSettings:
    from groundup.settings import SettingError

    if not arguments.contact:
        raise GroundupError(
            "A crawl needs a contact, so that the owners of the sites can ask for it to stop.",
            "Add --contact with your mail address, or with the address of a web page about the crawl.",
        )
    names = ("agent", "within", "depth", "megabytes", "delay", "hosts_at_once", "sitemaps", "allow_private")
    given = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    if arguments.pages is not None:
        given["pages"] = arguments.pages or None
    try:
        return CrawlSettings(start=tuple(arguments.start), contact=arguments.contact, **given)
    except SettingError as error:
        raise GroundupError(f"--{error.field.replace('_', '-')}: {error}") from error


def _libraries() -> None:
    """Say which package is missing before anything is begun."""
    from importlib.util import find_spec

    missing = [name for name in ("scrapy", "protego", "warcio") if find_spec(name) is None]
    if missing:
        raise GroundupError(
            f"The crawler needs {', '.join(missing)}.", "In Groundup's folder: pip install -e '.[crawl]'"
        )
