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
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
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


def download(address: str, file: PinnedFile, into: Path, *, certificate: str = "", progress: Progress = SILENT) -> Path:
    """Write `file` from `address` into the folder `into`, checked; returns its path.

    Raises Unreachable where there is nothing to be had, DamagedError where it is not what was pinned.
    """
    path = into / file.name
    digest = hashlib.sha256()
    done = 0
    what = f"fetching {file.name} (kB)"
    with _opened(address, certificate) as response, room_checked(path, file.size), path.open("wb") as out:
        for piece in _pieces(response, file.size, address):
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
    with _opened(address, certificate, {"Accept": accept}) as response:
        body = b"".join(_pieces(response, most, address))
        if len(body) > most:
            raise Unreachable(f"{without_password(address)} answered with more than {most:,} bytes")
        return body, response.headers.get_content_type(), response.geturl()


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
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def _opened(
    address: str, certificate: str = "", headers: dict[str, str] | None = None
) -> Iterator[http.client.HTTPResponse]:
    check_address(address)
    plain, authorization = _split_password(address)
    request = urllib.request.Request(plain, headers=headers or {})  # noqa: S310  # checked above
    request.add_header("User-Agent", f"groundup/{__version__}")
    if authorization:
        request.add_unredirected_header("Authorization", authorization)
    try:
        trust = urllib.request.HTTPSHandler(context=_trust(certificate))
        opener = urllib.request.build_opener(trust, _CheckedRedirects())
        response = opener.open(request, timeout=SECONDS_OF_SILENCE)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{without_password(address)}: {_why(error)}") from error
    with response:
        yield response


def _pieces(response: http.client.HTTPResponse, most: int, address: str) -> Iterator[bytes]:
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
    context = ssl.create_default_context()
    # A set: these are often one and the same bundle, and reading it takes a while.
    for path in {certificate, *(os.environ.get(name, "") for name in CERTIFICATES)}:
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
