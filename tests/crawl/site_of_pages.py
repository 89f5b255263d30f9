"""Two web sites made by rule, in a process of their own: what they serve, what a polite crawler may take, and a log.

    python site_of_pages.py LOG PAGES        prints the two ports and serves until its standard input ends

The first site (127.0.0.1) has pages that form a tree, and among them what crawlers stumble over; the second
(localhost) is slow and asks for a pause. The log has two JSON lines a request, found together by their number: one as
it comes (site, path, agent, when), one as the reply goes out (status, when).
"""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import sys
import threading
import time
from collections import Counter
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

MAPPED, COPIES, PRIVATE, SLOW = 12, 6, 5, 6
# What ends the endless corners: queries of one path, and links from the start.
QUERIES, DEPTH = 15, 14
CRAWL_DELAY = 0.15
ROBOTS = """\
User-agent: somebodyelse
Disallow: /

User-agent: groundup
Disallow: /private/
Allow: /private/open.html
Disallow: /*.cgi$
Disallow: /*?print=
Sitemap: {site}/maps/index.xml.gz
Content-Signal: search=yes, ai-train=no
"""
SLOW_ROBOTS = f"User-agent: *\nCrawl-delay: {CRAWL_DELAY}\nDisallow: /no/\n"


def html(title: str, links: list[str], head: str = "", body: str = "") -> bytes:
    anchors = "".join(f'<a href="{link}">{link[:40]}</a>\n' for link in links)
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}{anchors}</body></html>".encode()


class Site:
    """What both sites answer; `main` and `slow` are their addresses."""

    def __init__(self, pages: int, main: str, slow: str) -> None:
        self.pages, self.main, self.slow = pages, main, slow
        self.visits: Counter[str] = Counter()

    def allowed(self) -> set[str]:
        """Every page that is to be fetched, but for those with a query, of which any QUERIES of a path are."""
        main = {"/", "/private/open.html", "/nofollow", "/noai", "/koi8", "/latin", "/bogus", "/unmarked", "/plain.txt"}
        main |= {f"/page/{number}" for number in range(self.pages)}
        main |= {f"/mapped/{number}" for number in range(MAPPED)}
        main |= {f"/copy/{number}" for number in range(COPIES)}
        main |= {"/busy/seconds", "/busy/date", "/broken/once", "/hop/end", "/packed", "/base/here", "/base/there"}
        main |= {f"/days/{number}" for number in range(1 - DEPTH, DEPTH)}
        main |= {"/loop/", "/loop/loop/", "/loop/loop/loop/"}
        slow = {"/", *(f"/slow/{number}" for number in range(SLOW))}
        return {self.main + path for path in main} | {self.slow + path for path in slow}

    def also_asked(self) -> set[str]:
        """What else a polite crawler asks for: robots.txt, sitemaps, redirects, and what comes to nothing."""
        main = {"/robots.txt", "/maps/index.xml.gz", "/maps/a.xml", "/busy/always", "/bomb", "/img.png", "/missing"}
        main |= {"/to/1", "/self", "/inward", "/disguised", "/outward", "/file", "/across"}
        main |= {f"/hop/{number}" for number in range(1, 6)} | {f"/endless/{number}" for number in range(1, 7)}
        return {self.main + path for path in main} | {self.slow + path for path in ("/robots.txt", "/sitemap.xml")}

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the first site."""
        self.visits[path] += 1
        page = {"Content-Type": "text/html; charset=utf-8"}
        if path == "/robots.txt":
            return 200, {"Content-Type": "text/plain"}, ROBOTS.format(site=self.main).encode()
        if path == "/":
            return 200, page, html("start", ["/page/0", *self.corners()])
        if path.startswith("/page/") and path[6:].isdigit() and int(path[6:]) < self.pages:
            return 200, page, self.page(int(path[6:]))
        if path == "/maps/index.xml.gz":
            return 200, {"Content-Type": "application/gzip"}, gzip.compress(self.map_of("sitemap", ["/maps/a.xml"]))
        if path == "/maps/a.xml":
            return 200, {"Content-Type": "text/xml"}, self.map_of("url", [f"/mapped/{n}" for n in range(MAPPED)])
        if path.startswith("/mapped/"):
            return 200, page, html(path, [])
        if path.startswith("/copy/"):
            return 200, page, html("the same", [])
        if path.startswith("/calendar?month="):
            month = int(path.partition("=")[2])
            return 200, page, html(path, [f"/calendar?month={month - 1}", f"/calendar?month={month + 1}"])
        if path.startswith("/days/"):
            day = int(path[6:])
            return 200, page, html(path, [f"/days/{day - 1}", f"/days/{day + 1}"])
        if path.startswith("/filter?"):
            return 200, page, html(path, [f"{path}&amp;red={len(path)}", f"{path}&amp;green={len(path)}"])
        if path.startswith("/loop/"):
            return 200, page, html(path, ["loop/"])
        if path in ("/busy/seconds", "/busy/date") and self.visits[path] == 1:
            wait = "1" if path.endswith("seconds") else formatdate(time.time() + 2, usegmt=True)
            return 503, {"Retry-After": wait}, b"later"
        if path == "/busy/always":
            return 503, {"Retry-After": "0"}, b"never"
        if path == "/broken/once" and self.visits[path] == 1:
            return 500, {}, b"oh"
        if path.startswith("/to/"):
            return 302, {"Location": f"/page/{path[4:]}"}, b""
        if path.startswith("/hop/") and path[5:].isdigit():
            number = int(path[5:])
            return 301, {"Location": "/hop/end" if number == 5 else f"/hop/{number + 1}"}, b""
        if path.startswith("/endless/"):
            return 302, {"Location": f"/endless/{int(path[9:]) + 1}"}, b""
        redirects = {
            "/self": "/self",
            "/inward": "http://169.254.169.254/latest/meta-data/",
            "/disguised": "http://2130706433/",
            "/outward": "http://elsewhere.example/",
            "/file": "file:///etc/passwd",
            "/across": self.slow + "/slow/0",
        }
        if path in redirects:
            return 302, {"Location": redirects[path]}, b""
        if path == "/nofollow":
            return 200, page, html(path, ["/hidden/1"], '<meta name="robots" content="noindex, nofollow">')
        if path == "/noai":
            licence = '<link rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/">'
            return 200, {**page, "X-Robots-Tag": "noai"}, html(path, [], licence)
        if path == "/koi8":
            return 200, {"Content-Type": "text/html; charset=utf-8"}, "<p>Мороз и солнце".encode("koi8-r")
        if path == "/latin":
            return 200, {"Content-Type": "text/html; charset=utf-8"}, "<p>Là où ça gêne".encode("latin-1")
        if path == "/bogus":
            return 200, {"Content-Type": "text/html; charset=no-such-thing"}, html(path, [])
        if path == "/unmarked":
            return 200, {}, html(path, [])
        if path == "/plain.txt":
            return 200, {"Content-Type": "text/plain"}, b"Nothing but text, and http://127.0.0.1/never"
        if path == "/packed":
            return 200, {**page, "Content-Encoding": "gzip"}, gzip.compress(html(path, ["/base/here"]), mtime=0)
        if path == "/bomb":
            return 200, {**page, "Content-Encoding": "gzip"}, gzip.compress(bytes(30_000_000))
        if path == "/base/here":
            return 200, page, html(path, ["there"], '<base href="/base/">')
        if path == "/img.png":
            return 200, {"Content-Type": "image/png"}, b"\x89PNG" * 50_000
        if path in self.allowed_paths():
            return 200, page, html(path, [])
        return 404, page, b"not here"

    def answer_slow(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the second site."""
        page = {"Content-Type": "text/html; charset=utf-8"}
        self.visits[self.slow + path] += 1
        if path == "/robots.txt" and self.visits[self.slow + path] == 1:
            return 503, {"Retry-After": "1"}, b"later"
        if path == "/robots.txt":
            return 200, {"Content-Type": "text/plain"}, SLOW_ROBOTS.encode()
        if path == "/":
            return 200, page, html("slow", [f"/slow/{n}" for n in range(SLOW)] + ["/no/1"])
        if path.startswith(("/slow/", "/drip")):
            return 200, page, html(path, [])
        return 404, page, b"not here"

    def allowed_paths(self) -> set[str]:
        return {address.removeprefix(self.main) for address in self.allowed() if address.startswith(self.main)}

    def corners(self) -> list[str]:
        """Links to all that is not in the tree."""
        return [
            "/copy/0", "/calendar?month=0", "/filter?red=0", "/days/0", "/loop/", "/across",
            "/busy/seconds", "/busy/date", "/busy/always", "/broken/once",
            "/to/1", "/hop/1", "/endless/1", "/self", "/inward", "/disguised", "/outward", "/file", "/nofollow",
            "/noai", "/koi8", "/latin", "/bogus", "/unmarked", "/plain.txt", "/packed", "/bomb", "/img.png", "/missing",
            "/private/open.html", "/tool.cgi", "/page/1?print=1", "/page/1?utm_source=x&amp;gclid=2",
            "/x/../page/2#top", "http://169.254.169.254/latest/", "http://2130706433/", "http://0x7f000001/", "http://[::1]/",
            "ftp://127.0.0.1/", "mailto:a@b.example", "http://user@elsewhere.example/", "http://elsewhere.example/a",
            "/long/" + "x" * 2500, *(f"/copy/{n}" for n in range(COPIES)), *(f"/private/{n}" for n in range(PRIVATE)),
        ]  # fmt: skip

    def page(self, number: int) -> bytes:
        chance = random.Random(number)
        children = [f"/page/{child}" for child in (2 * number + 1, 2 * number + 2) if child < self.pages]
        others = [f"/page/{chance.randrange(self.pages)}" for _ in range(3)]
        words = " ".join(chance.choice(("time", "river", "stone", "light", "winter")) for _ in range(150))
        return html(f"page {number}", [*children, *others, "/private/0"], body=f"<p>{number} {words}</p>")

    def map_of(self, kind: str, paths: list[str]) -> bytes:
        outer = "urlset" if kind == "url" else "sitemapindex"
        entries = "".join(f"<{kind}><loc>{self.main}{path}</loc></{kind}>" for path in paths)
        return f'<{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</{outer}>'.encode()


def serve(log: Path, pages: int) -> None:
    """Serve both sites until standard input ends."""
    lines = log.open("a", buffering=1)
    lock, numbers = threading.Lock(), count()

    def note(**facts: Any) -> None:
        with lock:
            lines.write(json.dumps(facts) + "\n")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body leave together: a crawler that breaks off after the head would else be ahead of the log, and
        # each reply would wait for the other side to acknowledge its head.
        wbufsize = 1 << 20

        def do_GET(self) -> None:
            number = next(numbers)
            is_slow = self.server.server_address[1] == ports[1]
            place = site.slow if is_slow else site.main
            note(number=number, site=place, path=self.path, began=time.time(), agent=self.headers["User-Agent"])
            status, headers, body = (site.answer_slow if is_slow else site.answer)(self.path)
            with contextlib.suppress(OSError):
                if is_slow and self.path.startswith("/slow/"):
                    time.sleep(0.2)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(10**6 if self.path == "/drip" else len(body)))
                self.end_headers()
                for _ in range(200 if self.path == "/drip" else 0):
                    self.wfile.write(b".")
                    self.wfile.flush()
                    time.sleep(0.1)
                self.wfile.write(body)
                # The last bytes are still here, so whatever the crawler does next comes later than this.
                note(number=number, status=status, sent=time.time())
                self.wfile.flush()

        def handle(self) -> None:
            # A killed crawler leaves its connections open-ended.
            with contextlib.suppress(ConnectionError):
                super().handle()

        def log_message(self, *_: object) -> None:
            pass

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    ports = [server.server_address[1] for server in servers]
    site = Site(pages, f"http://127.0.0.1:{ports[0]}", f"http://localhost:{ports[1]}")
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps(ports), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
