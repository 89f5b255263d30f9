"""S1 (files carry no code) and S12 (nothing phones home), read off our own source."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import no_network
import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [*sorted((ROOT / "src").rglob("*.py")), ROOT / "run.py"]

# Modules whose formats run code as they are read.
EXECUTABLE_FORMATS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
# Names that turn text into code, or a string into a shell's command.
FORBIDDEN_BUILTINS = {"eval", "exec", "__import__"}
FORBIDDEN_CALLS = {
    "builtins.eval", "builtins.exec",
    "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput",
    "shutil.unpack_archive",
    "torch.save",  # a pickle; weights and state are safetensors
    "yaml.load", "yaml.load_all", "yaml.full_load", "yaml.full_load_all",
    "yaml.unsafe_load", "yaml.unsafe_load_all",
}  # fmt: skip
FORBIDDEN_KEYWORDS = {
    ("weights_only", False),
    ("shell", True),
    ("allow_pickle", True),
    ("trust_remote_code", True),
}

# What can open a connection, by itself or by a function that looks harmless.
NETWORK_MODULES = {
    "socket", "socketserver", "ssl", "asyncio", "http", "urllib.request", "urllib.robotparser", "ftplib", "imaplib",
    "poplib", "smtplib", "xmlrpc", "webbrowser",
    "urllib3", "requests", "httpx", "aiohttp", "websockets", "fsspec", "pyarrow.fs", "tldextract",
    "scrapy", "twisted", "ray", "huggingface_hub", "datasets", "transformers", "torch.hub",
    "trafilatura.downloads", "trafilatura.feeds", "trafilatura.fetch_response", "trafilatura.fetch_url",
    "trafilatura.sitemaps", "trafilatura.spider",
}  # fmt: skip
HARMLESS = {"urllib.request.url2pathname"}
# The files that may, and to whom; no stage that makes something of data is among them.
NETWORK_FILES = {
    "catalogue/download.py": "the origins of a data set that somebody names",
    "corpus/workers.py": "Ray's other machines, where somebody chooses Ray",
    "crawl/client.py": "the sites of a crawl",
    "crawl/resolver.py": "the sites of a crawl",
    "crawl/run.py": "the sites of a crawl",
    "crawl/spider.py": "the sites of a crawl",
}


def dotted(node: ast.AST, aliases: dict[str, str]) -> str:
    """The full name of `a.b.c`, with imported names spelt out; "" for what is no plain name."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, aliases)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def imported(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Line, local name and full name of every import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                yield node.lineno, local, alias.name if alias.asname else local
                yield node.lineno, "", alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, alias.asname or alias.name, f"{node.module}.{alias.name}"


def dangers(source: str) -> list[str]:
    """Every place where a file that somebody gave us, or a string, could become code."""
    tree = ast.parse(source)
    entries = list(imported(tree))
    aliases = {local: full for _, local, full in entries if local}
    found = [
        f"line {line}: {name}"
        for line, _, name in entries
        if name.partition(".")[0] in EXECUTABLE_FORMATS or name in FORBIDDEN_CALLS
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (node.attr == "extractall" or dotted(node, aliases) in FORBIDDEN_CALLS):
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.Name) and node.id in FORBIDDEN_BUILTINS:
            found.append(f"line {node.lineno}: {node.id}")
        elif isinstance(node, ast.Call):
            given = {
                word.arg: word.value.value
                for word in node.keywords
                if word.arg and isinstance(word.value, ast.Constant)
            }
            found += [
                f"line {node.lineno}: {key}={value!r}"
                for key, value in given.items()
                if (key, value) in FORBIDDEN_KEYWORDS
            ]
            if dotted(node.func, aliases) == "torch.load" and given.get("weights_only") is not True:
                found.append(f"line {node.lineno}: torch.load without weights_only=True")
    return found


def connections(source: str) -> list[str]:
    """Imports and names by which a file could open a connection."""
    tree = ast.parse(source)
    entries = list(imported(tree))
    aliases = {local: full for _, local, full in entries if local}
    names = [(line, name) for line, _, name in entries]
    names += [(node.lineno, dotted(node, aliases)) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return [
        f"line {line}: {name}"
        for line, name in names
        if name not in HARMLESS and any(name == module or name.startswith(f"{module}.") for module in NETWORK_MODULES)
    ]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_can_carry_code(path: Path) -> None:
    assert dangers(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import torch, dill as d",
        "from pickle import loads",
        "def late():\n    import marshal",
        "import yaml\nyaml.load(text, Loader=yaml.SafeLoader)",
        "import yaml as y\ny.unsafe_load(text)",
        "from yaml import full_load",
        "eval(text)",
        "run = exec\nrun(text)",
        "import builtins\nbuiltins.eval(text)",
        "__import__(name)",
        "archive.extractall(folder)",
        "take = archive.extractall",
        "from shutil import unpack_archive",
        "import torch\ntorch.load(path)",
        "import torch\ntorch.load(path, weights_only=False)",
        "import torch\ntorch.load(path, weights_only=choice)",
        "from torch import load\nload(path)",
        "read(path, weights_only=False)",
        "import torch\ntorch.save(state, path)",
        "import numpy\nnumpy.load(path, allow_pickle=True)",
        "import subprocess\nsubprocess.run(line, shell=True)",
        "import os\nos.system(line)",
        "from os import popen",
    ],
)
def test_the_scan_finds_what_it_forbids(source: str) -> None:
    assert dangers(source)


@pytest.mark.parametrize(
    "source",
    [
        "model.eval()\ncompile = settings.compile",
        "import re\nre.compile(text)",
        "import torch\ntorch.compile(model)\ntorch.load(path, weights_only=True)",
        "import yaml\nyaml.safe_load(text)\nyaml.parse(text, Loader=yaml.SafeLoader)",
        "import subprocess\nsubprocess.run(words, shell=False)",
        "from safetensors.torch import save_file",
    ],
)
def test_the_scan_lets_harmless_code_be(source: str) -> None:
    assert dangers(source) == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_a_fetch_a_crawl_and_ray_can_open_connections(path: Path) -> None:
    may = name_of(path).removeprefix("src/groundup/") in NETWORK_FILES
    assert bool(connections(path.read_text("utf-8"))) == may, "a file that need not be in the list leaves it"


def test_what_opens_connections_is_found() -> None:
    assert connections("import urllib.request")
    assert connections("from urllib import request")
    assert connections("def late():\n    from http.client import HTTPConnection")
    assert connections("import trafilatura\ntrafilatura.fetch_url(address)")
    assert connections("import torch as t\nt.hub.load(name)")
    assert not connections("from urllib.parse import urlsplit\nimport html, trafilatura\ntrafilatura.extract(page)")


# 192.0.2.0/24 and 2001:db8::/32 are reserved for documentation (RFC 5737, RFC 3849): nobody is there.
@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("10.0.0.1", 80)])
def test_the_suite_cannot_reach_another_machine(address: tuple[str, int]) -> None:
    with socket.socket() as door, pytest.raises(no_network.NetworkReachedError):
        door.connect(address)
    with socket.socket(type=socket.SOCK_DGRAM) as door, pytest.raises(no_network.NetworkReachedError):
        door.sendto(b"", address)
    with pytest.raises(no_network.NetworkReachedError):
        socket.create_connection(address, timeout=1)


def test_the_suite_cannot_reach_another_machine_by_ipv6() -> None:
    with socket.socket(socket.AF_INET6) as door, pytest.raises(no_network.NetworkReachedError):
        door.connect(("2001:db8::1", 80))


def test_the_suite_cannot_look_up_a_name() -> None:
    for look_up in (socket.gethostbyname, lambda name: socket.create_connection((name, 443))):
        with pytest.raises(no_network.NetworkReachedError):
            look_up("example.org")


def test_processes_that_tests_start_are_kept_in_too() -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "NetworkReachedError" in child.stderr


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        for host in (address[0], "localhost"):
            with socket.create_connection((host, address[1]), timeout=5):
                pass
