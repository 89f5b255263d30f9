"""Fetch one address by https, with a limit on everything: size, time, redirects and where they lead.

Standard library only. The certificates are those that pip and requests would use, because whoever set them
for one set them for all.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import ipaddress
import os
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from http.client import HTTPMessage
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit, urlunsplit

from groundup import __version__
from groundup.catalogue.dataset import PinnedFile
from groundup.errors import DamagedError
from groundup.progress import SILENT, Progress
from groundup.store.files import room_checked

REDIRECTS = 5
SECONDS_OF_SILENCE = 30.0
# The whole transfer may take a minute and what a very slow line needs; a server that drips bytes is left.
SECONDS_TO_BEGIN = 60.0
SLOWEST_BYTES_PER_SECOND = 20_000
PIECE = 64 * 2**10
# SSL_CERT_FILE and SSL_CERT_DIR are read by ssl itself.
CERTIFICATES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Unreachable(Exception):  # noqa: N818  # a reason to try the next origin, not yet an error
    """Nothing could be had from an address; the message says why."""


class Answered(Unreachable):
    """A server was reached and gave an error: its HTTP status and headers."""

    def __init__(self, message: str, status: int, headers: Message) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


@dataclass(frozen=True)
class Answer:
    """A small page, whole."""

    body: bytes
    media_type: str
    address: str
    """Where it was read from in the end."""
    headers: Message


def download(address: str, file: PinnedFile, into: Path, *, certificate: str = "", progress: Progress = SILENT) -> Path:
    """Write `file` from `address` into the folder `into`, checked; returns its path.

    Raises Unreachable where there is nothing to be had, DamagedError where it is not what was pinned.
    """
    path = into / file.name
    digest = hashlib.sha256()
    done = 0
    what = f"fetching {file.name} (kB)"
    with opened(address, certificate) as response, room_checked(path, file.size), path.open("wb") as out:
        for piece in pieces(response, file.size, address):
            out.write(piece)
            digest.update(piece)
            done += len(piece)
            progress(what, min(done, file.size) // 1000, file.size // 1000)
    if done > file.size or digest.hexdigest() != file.sha256:
        got = f"more than its {file.size:,} bytes" if done > file.size else f"SHA-256 {digest.hexdigest()}"
        path.unlink()
        raise wrong_hash(file, got, without_password(address))
    return path


def wrong_hash(file: PinnedFile, got: str, where: str) -> DamagedError:
    """The error for a file that is not what the catalogue pins."""
    return DamagedError(
        f"{file.name} from {where} is not what the catalogue pins: {got} came, "
        f"SHA-256 {file.sha256} with {file.size:,} bytes was expected.",
        "Nothing of it was kept or used. Fetch again; if it comes back the same, the file was replaced at "
        "its source: get it from elsewhere and let GROUNDUP_MIRROR name the folder above it.",
    )


def read_page(address: str, accept: str, most: int, certificate: str = "") -> tuple[bytes, str, str]:
    """A small page: its bytes, its media type and the address it was read from in the end."""
    answer = read_answer(address, accept, most, certificate)
    return answer.body, answer.media_type, answer.address


def read_answer(address: str, accept: str, most: int, certificate: str = "", *, token: str = "") -> Answer:
    """A small page of at most `most` bytes. Raises Unreachable."""
    with opened(address, certificate, {"Accept": accept}, token=token) as response:
        body = b"".join(pieces(response, most, address))
        if len(body) > most:
            raise Unreachable(f"{without_password(address)} answered with more than {most:,} bytes")
        return Answer(body, response.headers.get_content_type(), response.geturl(), response.headers)


def check_address(address: str, *, may_be_plain: bool = True) -> None:
    """Only https, or http to this machine itself where `may_be_plain`; else Unreachable."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port  # raises ValueError for a port that is no number
    except ValueError as error:
        raise Unreachable(f"{address!r} is no proper address ({error})") from error
    if parts.scheme == "https" and host:
        return
    if not (parts.scheme == "http" and may_be_plain and _is_loopback(host)):
        raise Unreachable(f"{without_password(address)} is not https, and nothing else is fetched")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _CheckedRedirects(urllib.request.HTTPRedirectHandler):
    max_redirections = REDIRECTS

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        # From https there is no way back to http, not even to this machine.
        check_address(newurl, may_be_plain=req.type == "http")
        if not _is_same_place(req.full_url, newurl):
            _refuse_inwards(req.full_url, newurl)
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        # A server may send on to another page of its own, and asks for the token there too; nobody else hears it.
        secret = req.unredirected_hdrs.get("Authorization")
        if following is not None and secret and _is_same_place(req.full_url, newurl):
            following.add_unredirected_header("Authorization", secret)
        return following


def _is_same_place(one: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port."""
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.hostname, first.port) == (second.scheme, second.hostname, second.port)


def _refuse_inwards(here: str, there: str) -> None:
    """Raise Unreachable where a public server sends on to a machine that the public network does not have.

    A server that is not public itself may: then it is the user's own, named by the user. The name is asked for here
    and again by the connection; a name that changes in between gains nothing, for what answers there must hold a
    certificate for it before a word is sent.
    """
    if not _is_inward(there) or _is_inward(here):
        return
    raise Unreachable(f"{without_password(here)} leads to {urlsplit(there).hostname}, which is no public address")


def _is_inward(address: str) -> bool:
    parts = urlsplit(address)
    host = parts.hostname or ""
    # Through a proxy it is the proxy that looks names up; only what is written as a number can be judged here.
    is_proxied = parts.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host)
    try:
        flags = socket.AI_NUMERICHOST if is_proxied else 0
        found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError):
        return False  # then there is nobody to connect to
    return any(not _is_public(str(entry[4][0])) for entry in found)


def _is_public(number: str) -> bool:
    address = ipaddress.ip_address(number.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_global and not address.is_multicast


@contextmanager
def opened(
    address: str, certificate: str = "", headers: Mapping[str, str] | None = None, *, token: str = ""
) -> Iterator[http.client.HTTPResponse]:
    """The answer to a request for `address`, whose body is still to be read. Raises Unreachable.

    `token` goes to the server of that address and to no other that it sends on to.
    """
    check_address(address)
    plain, authorization = _split_password(address)
    request = urllib.request.Request(plain, headers=dict(headers or {}))  # noqa: S310  # checked above
    request.add_header("User-Agent", f"groundup/{__version__}")
    if token or authorization:
        request.add_unredirected_header("Authorization", f"Bearer {token}" if token else authorization)
    try:
        trust = urllib.request.HTTPSHandler(context=_trust(certificate))
        opener = urllib.request.build_opener(trust, _CheckedRedirects())
        response = opener.open(request, timeout=SECONDS_OF_SILENCE)
    except urllib.error.HTTPError as error:
        with error:
            raise Answered(f"{without_password(address)}: {_why(error)}", error.code, error.headers) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{without_password(address)}: {_why(error)}") from error
    with response:
        yield response


def pieces(response: http.client.HTTPResponse, most: int, address: str) -> Iterator[bytes]:
    """The body piece by piece; it ends after the first piece that goes beyond `most` bytes."""
    where = without_password(address)
    claimed = response.headers.get("Content-Length", "")
    seconds = SECONDS_TO_BEGIN + most / SLOWEST_BYTES_PER_SECOND
    deadline = time.monotonic() + seconds
    done = 0
    while done <= most:
        try:
            # read1 gives what has come; read would wait for a full piece, however slowly it drips.
            piece = response.read1(PIECE)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(f"{where}: {_why(error)} after {done:,} bytes") from error
        if not piece:
            break
        done += len(piece)
        yield piece
        if time.monotonic() > deadline:
            raise Unreachable(f"{where}: too slow, {done:,} bytes came in {seconds:,.0f} s")
    if done <= most and claimed.isdigit() and done < int(claimed):
        raise Unreachable(f"{where}: the connection ended after {done:,} of {int(claimed):,} bytes")


def _trust(certificate: str) -> ssl.SSLContext:
    """The system's certificates and those that the user's settings name besides."""
    # A set: these are often one and the same bundle.
    return _context(frozenset({certificate, *(os.environ.get(name, "") for name in CERTIFICATES)}))


@lru_cache(maxsize=4)
def _context(paths: frozenset[str]) -> ssl.SSLContext:
    # Reading a bundle takes longer than many an answer, and one data set takes hundreds of those.
    context = ssl.create_default_context()
    for path in paths:
        if path and Path(path).is_file():
            context.load_verify_locations(cafile=path)
        elif path and Path(path).is_dir():
            context.load_verify_locations(capath=path)
    return context


def _split_password(address: str) -> tuple[str, str]:
    """The address without `user:password@`, and the header that says the same."""
    parts = urlsplit(address)
    if "@" not in parts.netloc:
        return address, ""
    secret, _, host = parts.netloc.rpartition("@")
    token = base64.b64encode(unquote(secret).encode()).decode()
    return urlunsplit(parts._replace(netloc=host)), f"Basic {token}"


def without_password(address: str) -> str:
    """The address as it may be shown: a private index often has a password in it."""
    try:
        return _split_password(address)[0]
    except ValueError:
        return address.rpartition("@")[2]


def _why(error: BaseException) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code} ({error.reason})".replace("\n", " ")
    reason = getattr(error, "reason", None) or error
    return f"{reason}" or type(error).__name__
