"""The crawler cannot be turned inwards (S5), and bombs fizzle (S3): whole crawls against servers that mean ill."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from groundup.store.tables import read_rows

SOURCE = str(Path(__file__).resolve().parents[2] / "src")

# The crawl of one settings file; `flip.example` means a public machine and this one by turns. Says what was dialled,
# and how much memory it took (in MiB; null where the system does not say).
DRIVER = """
import json, re, socket, sys
asked, before = [], socket.getaddrinfo
def flip(host, port, *rest, **more):
    if host != "flip.example":
        return before(host, port, *rest, **more)
    asked.append(host)
    address = "127.0.0.1" if len(asked) % 2 else "93.184.216.34"
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]
socket.getaddrinfo = flip
from pathlib import Path
from groundup.crawl.run import crawl
from groundup.crawl.settings import CrawlSettings
given = {name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(sys.argv[1]).items()}
found = crawl(CrawlSettings(**given), Path(sys.argv[2]))
# Not ru_maxrss, which a child takes over from the process that started it.
status = Path("/proc/self/status")
memory = int(re.search(r"VmHWM:\\s*(\\d+)", status.read_text("ascii"))[1]) / 1024 if status.exists() else None
print(json.dumps({"summary": found, "asked": len(asked), "memory": memory}))
"""


def crawl(out: Path, **settings: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "contact": "me@tests.example",
        "delay": 0.0,
        "tries": 2,
        "retry_after": 0.05,
        "allow_private": ["127.0.0.1"],
    }
    path = os.pathsep.join(filter(None, [SOURCE, os.environ.get("PYTHONPATH")]))
    process = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps({**values, **settings}), str(out)],
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.returncode == 0, process.stderr
    return dict(json.loads(process.stdout))


def outcomes(out: Path) -> dict[str, tuple[str, str]]:
    return {row["address"]: (row["outcome"], row["reason"]) for row in read_rows(out / "addresses.parquet")}


@contextlib.contextmanager
def web(answer: Callable[[str], tuple[int, dict[str, str], bytes]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def canary() -> Iterator[tuple[int, list[str]]]:
    """A port of this machine, on all its addresses, and everything that was ever connected to it."""
    caught: list[str] = []
    sockets = []
    for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError):
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, sockets[0].getsockname()[1] if sockets else 0))
            listener.listen()
            sockets.append(listener)

    def watch(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, peer = listener.accept()
                caught.append(str(peer))
                connection.close()

    for listener in sockets:
        threading.Thread(target=watch, args=(listener,), daemon=True).start()
    yield sockets[0].getsockname()[1], caught
    for listener in sockets:
        listener.close()


HOSTS = [
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "017700000001", "0x7f000001", "0x7F.0.0.1",
    "0177.0.0.1", "127.0.0.0x1", "0x7f.1", "127.0.0.01", "0", "0.0.0.0", "0x0", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]",
    "[::ffff:0:127.0.0.1]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd12::1]", "[ff02::1]", "[2001:db8::1]",
    "[2001::1]",
    "10.0.0.1", "10.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "2852039166", "0xa9fea9fe", "100.64.0.1",
    "100.127.255.254", "198.18.0.1", "192.0.0.8", "192.0.2.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "localhost", "LOCALHOST.", "a.localhost", "１２７.0.0.1", "127。0。0。1", "user@127.0.0.1",
    "example.org@127.0.0.1", "flip.example", "[fe80::1%25lo]", "localhost.",
]  # fmt: skip
OTHERS = ["file:///etc/passwd", "data:text/html,<a href=/>", "gopher://127.0.0.1/", "javascript:alert(1)"]


def test_sixty_addresses_that_lead_inward_are_not_dialled(canary, tmp_path) -> None:
    """As links, as redirects of pages, as redirects of robots.txt, and as sitemaps; the site itself is allowed."""
    port, caught = canary
    targets = [f"http://{host}:{port}/x" for host in HOSTS]
    assert len(targets) + len(OTHERS) >= 60
    listed = "".join(f"<loc>{target}</loc>" for target in targets)

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        page = {"Content-Type": "text/html; charset=utf-8"}
        if path == "/robots.txt":
            return 200, {}, "".join(f"Sitemap: {target}\n" for target in targets[:20]).encode() + b"Sitemap: /map.xml\n"
        if path == "/map.xml":
            return 200, {}, f"<urlset><url>{listed}</url></urlset>".encode()
        if path.startswith("/to/"):
            target = [*targets, *OTHERS][int(path[4:])]
            return 302, {"Location": target.encode().decode("latin-1")}, b""
        links = [*targets, *OTHERS, *(f"/to/{number}" for number in range(len(targets) + len(OTHERS)))]
        return 200, page, "".join(f'<a href="{link}">x</a>' for link in links).encode()

    with web(answer) as main:
        everywhere = [f"{host.rpartition('@')[2]}:{port}" for host in HOSTS if "%" not in host]
        found = crawl(tmp_path / "out", start=[main + "/"], within=[main, *everywhere], sitemaps=30)
    rows = outcomes(tmp_path / "out")
    # 127.0.0.1 is allowed by name, whatever the port: that one is dialled, and its robots.txt cannot be had.
    direct = f"http://127.0.0.1:{port}/x"
    assert rows.pop(direct)[0] == "failed"
    assert len(caught) == 2, "two tries for the robots.txt of the allowed host, and nothing else"
    assert found["asked"] > 0, "the name that flips was looked up"
    inside = {address: outcome for address, outcome in rows.items() if f":{port}/" in address}
    assert len(inside) >= 35
    assert {outcome for outcome, _ in inside.values()} <= {"refused", "failed", "out of scope"}


def test_robots_do_not_lead_inward(canary, tmp_path) -> None:
    port, caught = canary

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        if path == "/robots.txt":
            return 302, {"Location": f"http://localhost:{port}/robots.txt"}, b""
        return 200, {"Content-Type": "text/html"}, b"x"

    with web(answer) as main:
        found = crawl(tmp_path / "out", start=[main + "/"], sitemaps=0)
    assert found["summary"]["outcomes"] == {"fetched": 1}
    assert caught == []


@contextlib.contextmanager
def raw(serve: Callable[[socket.socket, bytes], None]) -> Iterator[str]:
    """A server that answers robots.txt with 404 and hands the connection of anything else to `serve`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def one(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            request = connection.recv(4096)
            if b"/robots.txt" in request:
                connection.sendall(b"HTTP/1.1 404 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            else:
                serve(connection, request.split()[1])

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def _endless_body(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def _endless_chunks(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1\r\nx\r\n" * 10_000)


def _endless_head(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    while True:
        connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")


def _endless_line(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 " + b"O" * 100_000_000)


def _endless_hints(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")


def _claims_much(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 10000000000\r\n\r\nx")
    time.sleep(20)


def _bomb(connection: socket.socket) -> None:
    body = gzip.compress(gzip.compress(bytes(10_000_000)) * 100)
    connection.sendall(HEAD + b"Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def _drips(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"x")
        time.sleep(0.3)


def _drips_a_head(connection: socket.socket) -> None:
    for letter in HEAD:
        connection.sendall(bytes([letter]))
        time.sleep(0.3)


def _says_nothing(connection: socket.socket) -> None:
    time.sleep(20)


def _cut_short(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\nhalf")


def _no_http(connection: socket.socket) -> None:
    connection.sendall(b"\0\1\2 SSH-2.0 hello\r\n\r\n" * 100)


ATTACKS = {
    attack.__name__: attack
    for attack in (_endless_body, _endless_chunks, _endless_head, _endless_line, _endless_hints, _claims_much, _bomb,
                   _drips, _drips_a_head, _says_nothing, _cut_short, _no_http)
}  # fmt: skip


def test_a_server_that_never_ends_does_not_take_the_crawler_with_it(tmp_path) -> None:
    """Twelve ways to keep a crawler busy: each is a row of the report, in bounded time and under 200 MB."""

    def serve(connection: socket.socket, path: bytes) -> None:
        attack = ATTACKS.get(path[1:].decode())
        if attack is not None:
            attack(connection)
            return
        body = b"".join(b'<a href="/%s">x</a>' % name.encode() for name in ATTACKS)
        connection.sendall(HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)

    began = time.monotonic()
    with raw(serve) as main:
        found = crawl(tmp_path / "out", start=[main + "/"], sitemaps=0, tries=1, seconds_a_page=2.0, largest_page=2)
    rows = outcomes(tmp_path / "out")
    assert found["summary"]["outcomes"] == {"fetched": 1, "failed": len(ATTACKS)}
    assert found["memory"] is None or found["memory"] < 200
    assert time.monotonic() - began < 100, "two seconds each, and what a busy machine adds"
    said = {address.rpartition("/")[2]: reason for address, (_, reason) in rows.items()}
    assert said["_bomb"] == "larger than 2 million bytes when unpacked"
    assert said["_endless_body"] == said["_claims_much"] == "larger than 2 million bytes"
    assert said["_drips"].startswith("no whole reply within 2 s")
    assert said["_cut_short"].startswith("the reply was cut short")


def test_a_sitemap_may_be_larger_than_a_page(tmp_path) -> None:
    """The protocol allows 50 MiB, whatever a page may have."""
    entry = b"<url><loc>/p%d</loc></url><!--" + b"x" * 1_000_000 + b"-->"
    sitemap = b"<urlset>" + b"".join(entry % number for number in range(3)) + b"</urlset>"

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        if path == "/robots.txt":
            return 200, {"Content-Type": "text/plain"}, b"Sitemap: /s.xml"
        body = {"/s.xml": sitemap, "/p2": b"x" * 1_500_000}.get(path, b"<p>x")
        return 200, {"Content-Type": "application/xml" if path == "/s.xml" else "text/html"}, body

    with web(answer) as main:
        found = crawl(tmp_path / "out", start=[main + "/"], largest_page=1)
    assert found["summary"]["outcomes"] == {"fetched": 3, "failed": 1}
    assert outcomes(tmp_path / "out")[main + "/p2"] == ("failed", "larger than 1 million bytes")


def test_nothing_is_asked_for_again_behind_the_account(tmp_path) -> None:
    """Twisted by itself repeats a request where a kept connection ends before the reply, with no pause at all."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def converse(connection: socket.socket) -> None:
        with contextlib.suppress(OSError, IndexError), connection:
            while True:
                path = connection.recv(4096).split()[1]
                asked.append(path)
                if path == b"/lost":
                    return
                body = b'<a href="/lost">x</a>' if path == b"/" else b""
                connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=converse, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    with contextlib.closing(listener):
        start = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        found = crawl(tmp_path / "out", start=[start], sitemaps=0, tries=2)
    assert found["summary"]["outcomes"] == {"fetched": 1, "failed": 1}
    assert asked == [b"/robots.txt", b"/", b"/lost", b"/lost"], "two tries, and no third that nobody counted"
