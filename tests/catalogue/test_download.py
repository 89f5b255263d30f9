"""A download is the pinned file, whole, from https, or an error that says why not."""

from __future__ import annotations

import hashlib
import socket
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.request import Request

import pytest

from groundup.catalogue import download as module
from groundup.catalogue.dataset import PinnedFile
from groundup.catalogue.download import Unreachable, check_address, download, without_password
from groundup.errors import DamagedError

BODY = b"To be, or not to be\n" * 5000
PINNED = PinnedFile("hamlet.txt", hashlib.sha256(BODY).hexdigest(), len(BODY))


def test_the_pinned_file_arrives_and_progress_is_told(server, tmp_path: Path) -> None:
    heard = []
    path = download(
        server.serve("/h", BODY),
        PINNED,
        tmp_path,
        progress=lambda what, done=0, total=None: heard.append(done),
    )
    assert path.read_bytes() == BODY
    assert heard[-1] == len(BODY) // 1000


def test_a_wrong_hash_names_both_and_keeps_nothing(server, tmp_path: Path) -> None:
    wrong = BODY.replace(b"not", b"now")
    with pytest.raises(DamagedError) as caught:
        download(server.serve("/h", wrong), PINNED, tmp_path)
    assert PINNED.sha256 in str(caught.value)
    assert hashlib.sha256(wrong).hexdigest() in str(caught.value)
    assert list(tmp_path.glob("*.txt")) == []


def test_more_than_was_pinned_is_not_read_to_its_end(server, tmp_path: Path) -> None:
    sent = []

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while len(sent) < 10_000:
            handler.wfile.write(BODY)
            sent.append(1)

    server.pages["/endless"] = endless
    with pytest.raises(DamagedError, match="more than its 100,000 bytes"):
        download(server.address + "/endless", PINNED, tmp_path)
    assert len(sent) < 1000


def test_a_broken_connection_is_no_damage(server, tmp_path: Path) -> None:
    def short(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(BODY)))
        handler.end_headers()
        handler.wfile.write(BODY[:1000])

    server.pages["/short"] = short
    with pytest.raises(Unreachable, match="ended after 1,000 of 100,000 bytes"):
        download(server.address + "/short", PINNED, tmp_path)


def test_a_server_that_drips_or_is_silent_is_left(server, tmp_path: Path, monkeypatch) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(200):
                handler.wfile.write(b"x")
                time.sleep(0.02)
        except OSError:
            pass

    def silent(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.6)

    server.pages |= {"/drip": drip, "/silent": silent}
    monkeypatch.setattr(module, "SECONDS_TO_BEGIN", 0.2)
    monkeypatch.setattr(module, "SLOWEST_BYTES_PER_SECOND", 10**9)
    monkeypatch.setattr(module, "SECONDS_OF_SILENCE", 0.3)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="too slow"):
        download(server.address + "/drip", PINNED, tmp_path)
    with pytest.raises(Unreachable, match="timed out"):
        download(server.address + "/silent", PINNED, tmp_path)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(("count", "is_followed"), [(5, True), (6, False)])
def test_five_redirects_are_followed(server, tmp_path: Path, count: int, is_followed: bool) -> None:
    server.serve("/0", BODY)
    for number in range(count):
        server.redirect(f"/{number + 1}", f"/{number}")
    if is_followed:
        assert download(f"{server.address}/{count}", PINNED, tmp_path).read_bytes() == BODY
    else:
        with pytest.raises(Unreachable):
            download(f"{server.address}/{count}", PINNED, tmp_path)


@pytest.mark.parametrize("to", ["http://example.org/x", "file:///etc/passwd", "ftp://example.org/x", "data:,x"])
def test_a_redirect_leads_to_https_or_nowhere(server, tmp_path: Path, to: str, monkeypatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", only_this_machine(socket.getaddrinfo))
    with pytest.raises(Unreachable, match=r"not https|not allowed"):
        download(server.redirect("/x", to), PINNED, tmp_path)


def only_this_machine(ask):
    def getaddrinfo(host, *rest, **options):
        assert host == "127.0.0.1", f"{host} was looked up"
        return ask(host, *rest, **options)

    return getaddrinfo


def test_from_https_no_redirect_leads_back_to_this_machine() -> None:
    redirects = module._CheckedRedirects()
    with pytest.raises(Unreachable):
        redirects.redirect_request(Request("https://example.org/a"), None, 302, "Found", {}, "http://127.0.0.1/admin")


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/x",
        "http://127.0.0.1.example.org/x",
        "http://2130706433/x",
        "file:///etc/passwd",
        "ftp://example.org",
        "https://",
        "https://host:port/",
        "http://[::1",
        "//example.org/x",
        "x",
        "",
    ],
)
def test_other_addresses_are_not_asked(address: str) -> None:
    with pytest.raises(Unreachable):
        check_address(address)


def test_a_password_is_sent_but_never_shown(server, tmp_path: Path) -> None:
    headers = []

    def private(handler: BaseHTTPRequestHandler) -> None:
        headers.append(handler.headers["Authorization"])
        handler.send_error(403)

    server.pages["/private"] = private
    address = server.address.replace("//", "//me:secret@") + "/private"
    with pytest.raises(Unreachable) as caught:
        download(address, PINNED, tmp_path)
    assert headers == ["Basic bWU6c2VjcmV0"]
    assert "secret" not in str(caught.value)
    assert "403" in str(caught.value)
    assert without_password("https://me:a@b@host/x") == "https://host/x"


def test_a_certificate_that_cannot_be_read_is_a_reason(server, tmp_path: Path, monkeypatch) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    monkeypatch.setenv("PIP_CERT", str(broken))
    with pytest.raises(Unreachable):
        download(server.serve("/h", BODY), PINNED, tmp_path)


INWARD = [
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "[fe80::1]",
    "0.0.0.0",
]


@pytest.mark.parametrize("host", [*INWARD, "inner.example"])
def test_a_public_server_leads_to_no_machine_within(host: str, monkeypatch) -> None:
    """S5 for downloads: a name counts as what it stands for; a server of the user's own may lead where it likes."""
    names = {"hub.example": "93.184.215.14", "store.example": "93.184.215.15", "inner.example": "10.1.2.3"}

    def look_up(name, port, *_, **__):
        number = names.get(name, name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    redirects = module._CheckedRedirects()
    public, own = Request("https://hub.example/a"), Request("https://10.9.9.9/a")
    with pytest.raises(Unreachable, match="no public address"):
        redirects.redirect_request(public, None, 302, "Found", {}, f"https://{host}/x")
    assert redirects.redirect_request(own, None, 302, "Found", {}, f"https://{host}/x") is not None
    assert redirects.redirect_request(public, None, 302, "Found", {}, "https://store.example/x") is not None


def test_a_token_is_told_to_the_same_server_only() -> None:
    redirects = module._CheckedRedirects()
    request = Request("http://127.0.0.1:5/a")
    request.add_unredirected_header("Authorization", "Bearer t")
    for to, is_told in (("http://127.0.0.1:5/b", True), ("http://127.0.0.1:6/b", False), ("http://[::1]:5/b", False)):
        following = redirects.redirect_request(request, None, 307, "Moved", {}, to)
        assert following is not None
        assert (following.get_header("Authorization") == "Bearer t") == is_told
