from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from groundup.cli.main import main

SOURCE = str(Path(__file__).resolve().parents[2] / "src")


def call(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main(["crawl", *map(str, words)])
    return end.value.code


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("https://example.org/",), "needs a contact"),
        (("https://example.org/", "--contact", "nobody"), "must be a mail address"),
        (("http://localhost:1/", "--contact", "a@b.cd"), "--allow-private localhost"),
        (("http://2130706433/", "--contact", "a@b.cd"), "in disguise"),
        (("file:///etc/passwd", "--contact", "a@b.cd"), "not a web address"),
        (("https://example.org/", "--contact", "a@b.cd", "--delay", "-1"), "--delay"),
        (("https://example.org/", "--contact", "a@b.cd", "--within", "other.example"), "out of scope"),
    ],
)
def test_what_cannot_be_crawled_is_said_before_anything_is_made(tmp_path, capsys, words, said) -> None:
    assert call(*words, "--out", tmp_path / "out") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


CONTACT = ("--contact", "a@b.cd")


@pytest.fixture
def ending(monkeypatch):
    """`ending(outcomes, reasons)` makes each crawl end so, without one."""

    def end(reasons: dict[str, int] | None = None, **outcomes: int) -> None:
        found = {"addresses": sum(outcomes.values()), "outcomes": outcomes, "reasons": reasons or {}}
        found |= {"duplicates": 0, "bytes": 13_100, "archives": []}
        monkeypatch.setattr("groundup.crawl.run.crawl", lambda *_, **__: found)

    return end


@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_a_crawl_without_a_page_is_a_mistake(tmp_path, groundup, ending, json_too) -> None:
    ending({"robots.txt cannot be had (no connection)": 1}, failed=1)
    asked = groundup("crawl", "example.org", *CONTACT, "--out", tmp_path, *json_too)
    assert asked.code == 2
    assert "Not one page could be fetched: robots.txt cannot be had (no connection)." in asked.error
    assert "write http:// before the address" in asked.error
    assert "--again" in asked.error
    assert "Next:" not in asked.err
    assert asked.json["outcomes"] == {"failed": 1} if json_too else "failed" in asked.out


def test_a_forgotten_scheme_is_said(tmp_path, capsys, ending) -> None:
    ending(fetched=1)
    assert call("localhost:8765", "--allow-private", "localhost", *CONTACT, "--out", tmp_path) == 0
    assert "localhost:8765 has no scheme: https://localhost:8765/ is taken." in capsys.readouterr().err
    assert call("https://example.org/", *CONTACT, "--out", tmp_path) == 0
    assert "has no scheme" not in capsys.readouterr().err


@pytest.mark.parametrize(("words", "name"), [(("--pages", 5), "pages"), (("--megabytes", 1), "megabytes")])
def test_the_end_says_how_to_go_on(tmp_path, capsys, ending, words, name) -> None:
    ending(fetched=5, left=7)
    assert call("https://example.org/", *CONTACT, "--out", tmp_path, *words) == 0
    said = capsys.readouterr()
    assert "13.1 kB" in said.out
    assert f"--{name} {words[1]} ended it with 7 left: the same command with a larger --{name}" in said.err
    assert said.err.splitlines()[-1].endswith(f"--corpus.sources.0.data {tmp_path}")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<a href=/a>x</a>" if self.path in ("/", "/a") else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_a_crawl_ends_with_its_account(tmp_path, capsys) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    out = tmp_path / "out"
    words = [f"http://127.0.0.1:{server.server_address[1]}/", "--allow-private", "127.0.0.1", "--contact", "a@b.cd"]
    words += ["--delay", "0", "--out", str(out)]
    path = os.pathsep.join(filter(None, [SOURCE, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path}
    try:
        command = [sys.executable, "-m", "groundup", "crawl", *words, "--json"]
        first = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    finally:
        server.shutdown()
        server.server_close()
    assert first.returncode == 0, first.stderr
    found = json.loads(first.stdout)
    assert found["outcomes"] == {"fetched": 2}
    assert found["duplicates"] == 1
    assert (out / "warc" / found["archives"][0]).is_file()
    assert "Traceback" not in first.stderr
    assert "Warning" not in first.stderr
    # Nothing is left to fetch, so the account comes from the folder alone.
    assert call(*words) == 0
    assert "addresses met" in capsys.readouterr().out
