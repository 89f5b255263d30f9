"""A data set of the hub arrives as the hub lists it, from a server that speaks its API, over lines that break."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundup.catalogue import hub, hub_download, references
from groundup.catalogue.hub_listing import list_files
from groundup.catalogue.hub_reference import HubReference
from groundup.cli.main import main
from groundup.errors import DamagedError, GroundupError

FIRST, SECOND = "1" * 40, "2" * 40
TRAIN = b"".join(b'{"text": "line %d"}\n' % number for number in range(5000))
TEST = b'{"text": "held out"}\n'
FILES = {"README.md": b"# About", "data/train.jsonl": TRAIN, "data/test.jsonl": TEST, ".gitattributes": b"x"}
CARD = {"license": "cc-by-4.0"}
WANTED = HubReference("owner/name")


class Hub:
    """The parts of the hub's API that a fetch needs. Files of over 100 bytes lie in LFS, in a store of their own."""

    def __init__(self, server) -> None:
        self.server = server
        self.tokens: list[tuple[str, str | None]] = []
        self.ranges: list[str | None] = []
        self.contents: dict[str, bytes] = {}
        self.breaks_after: list[int] = []
        self.ignores_ranges = False

    def publish(
        self, files: Mapping[str, bytes], commit: str = FIRST, revision: str = "main", card=CARD, page=2
    ) -> None:
        about = json.dumps({"id": "owner/name", "sha": commit, "cardData": card}).encode()
        for name in (revision, commit):
            self.json(f"/api/datasets/owner/name/revision/{quote(name, safe='')}", about)
        entries = [{"type": "directory", "path": "data", "oid": "0" * 40, "size": 0}]
        for name, content in files.items():
            git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            entry = {"type": "file", "path": name, "size": len(content), "oid": git}
            address = f"/datasets/owner/name/resolve/{commit}/{quote(name)}"
            if len(content) > 100:
                digest = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 130}
                self.redirect(address, f"/store/{digest}")
                self.contents[f"/store/{digest}"] = content
                self.server.pages[f"/store/{digest}"] = self.give
            else:
                cached = f"/api/resolve-cache/{commit}/{quote(name)}"
                self.redirect(address, cached, code=307)
                self.contents[cached] = content
                self.server.pages[cached] = self.give
            entries.append(entry)
        tree = f"/api/datasets/owner/name/tree/{commit}"
        for start in range(0, len(entries), page):
            query = "?recursive=true" if start == 0 else f"?recursive=true&cursor={start}"
            # As through a mirror: the link leads to the hub itself.
            following = f"https://huggingface.co{tree}?recursive=true&cursor={start + page}"
            link = f'<{following}>; rel="next"' if start + page < len(entries) else ""
            self.json(tree + query, json.dumps(entries[start : start + page]).encode(), {"Link": link} if link else {})

    def json(self, path: str, body: bytes, headers: Mapping[str, str] = {}, status: int = 200) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            self.tokens.append((handler.path, handler.headers["Authorization"]))
            handler.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **headers,
            }.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        self.server.pages[path] = answer

    def redirect(self, path: str, to: str, code: int = 302) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            self.tokens.append((handler.path, handler.headers["Authorization"]))
            handler.send_response(code)
            handler.send_header("Location", to)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.server.pages[path] = answer

    def give(self, handler: BaseHTTPRequestHandler) -> None:
        self.tokens.append((handler.path, handler.headers["Authorization"]))
        asked = handler.headers["Range"]
        self.ranges.append(asked)
        content = self.contents[handler.path]
        start = 0
        if asked and not self.ignores_ranges:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                handler.send_error(416)
                return
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            handler.send_response(200)
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        most = self.breaks_after.pop(0) if self.breaks_after else len(content)
        handler.wfile.write(content[start : start + most])

    def count(self, part: str) -> int:
        return sum(part in path for path in self.server.asked)


@pytest.fixture
def fake(server, monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setenv("HF_ENDPOINT", server.address + "/")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(hub_download, "SECONDS_BEFORE_ANOTHER_TRY", 0.0)
    made = Hub(server)
    made.publish(FILES)
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_data_set_is_fetched_once_and_found_by_its_name_and_its_commit(fake) -> None:
    assert hub.find(WANTED) is None
    folder = hub.fetch(WANTED)
    assert contents(folder.files) == {"data/train.jsonl": TRAIN}, "train, where there is more than one split"
    assert (folder.commit, folder.licence) == (FIRST, "cc-by-4.0")
    receipt = json.loads((folder.files.parent / "receipt.json").read_text())
    assert receipt["files"] == [
        {"name": "data/train.jsonl", "bytes": len(TRAIN), "sha256": hashlib.sha256(TRAIN).hexdigest()}
    ]
    assert hub.find(WANTED) == hub.find(folder.pinned(WANTED)) == folder
    hub.fetch(WANTED)
    hub.fetch(folder.pinned(WANTED))
    assert fake.count("/store/") == 1
    assert hub.find(HubReference("owner/name", split="test")) is None
    small = hub.fetch(HubReference("owner/name", split="test"))
    assert contents(small.files) == {"data/test.jsonl": TEST}
    assert json.loads((small.files.parent / "receipt.json").read_text())["files"][0]["sha256"] == (
        hashlib.sha256(TEST).hexdigest()
    )


def test_a_recipe_finds_what_was_fetched_and_else_says_the_command(fake) -> None:
    name = "hf://owner/name?split=all"
    for ask in (references.resolve, lambda text: (_ for _ in ()).throw(references.missing(text))):
        with pytest.raises(GroundupError, match=r"groundup data get 'hf://owner/name\?split=all'"):
            ask(name)
    assert references.local_path(name) is None
    assert fake.server.asked == [], "nothing is fetched while a recipe runs"
    folder = hub.fetch(HubReference.parse(name))
    before = list(fake.server.asked)
    found = references.resolve(name)
    assert (found.path, found.name, found.licence) == (folder.files, "owner/name", "cc-by-4.0")
    assert references.local_path(name) == folder.files
    assert references.missing(name) is None
    assert fake.server.asked == before


def test_a_branch_that_moves_is_followed_by_a_fetch_alone_and_a_commit_stays(fake) -> None:
    old = hub.fetch(WANTED)
    fake.publish({"data/train.jsonl": TRAIN + TEST}, SECOND)
    assert hub.find(WANTED) == old
    new = hub.fetch(WANTED)
    assert new.commit == SECOND
    assert contents(new.files)["data/train.jsonl"] == TRAIN + TEST
    assert hub.find(WANTED) == new
    assert hub.find(old.pinned(WANTED)) == old


def test_a_hub_that_answers_with_another_commit_is_not_believed(fake) -> None:
    fake.json(f"/api/datasets/owner/name/revision/{SECOND}", json.dumps({"sha": FIRST}).encode())
    with pytest.raises(DamagedError, match="answered with the commit 1111"):
        hub.fetch(HubReference("owner/name", SECOND))


@given(breaks=st.lists(st.integers(0, len(TRAIN)), max_size=4), ignores=st.booleans())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_line_that_breaks_anywhere_loses_nothing(fake, tmp_path_factory, monkeypatch, breaks, ignores) -> None:
    monkeypatch.setenv("GROUNDUP_CACHE", str(tmp_path_factory.mktemp("cache")))
    fake.breaks_after, fake.ignores_ranges = list(breaks), ignores
    assert contents(hub.fetch(WANTED).files) == {"data/train.jsonl": TRAIN}


def test_what_came_before_a_stop_is_gone_on_with(fake) -> None:
    fake.breaks_after = [50_000] + [0] * hub_download.TRIES
    with pytest.raises(GroundupError, match="goes on where it was"):
        hub.fetch(WANTED)
    assert hub.find(WANTED) is None
    fake.breaks_after, fake.ranges = [], []
    assert contents(hub.fetch(WANTED).files) == {"data/train.jsonl": TRAIN}
    assert fake.ranges == ["bytes=50000-"]


def test_a_file_that_changed_between_is_fetched_anew_or_refused(fake) -> None:
    fake.breaks_after = [50_000] + [0] * hub_download.TRIES
    with pytest.raises(GroundupError):
        hub.fetch(WANTED)
    (part,) = (hub._root(WANTED)).glob(".draft-*/part-*")
    part.write_bytes(part.read_bytes().swapcase())
    fake.breaks_after, fake.ranges = [], []
    assert contents(hub.fetch(WANTED).files) == {"data/train.jsonl": TRAIN}
    assert fake.ranges == ["bytes=50000-", None]


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("change", [bytes.swapcase, lambda content: content[:-1], lambda content: content + b"x"])
def test_a_wrong_hash_is_refused_and_nothing_is_kept(fake, split, change) -> None:
    for path in fake.contents:
        fake.contents[path] = change(fake.contents[path])
    with pytest.raises(DamagedError, match=f"data/{split}.jsonl is not what the hub lists"):
        hub.fetch(HubReference("owner/name", split=split))
    assert hub.find(HubReference("owner/name", split=split)) is None
    assert not [path for path in hub._root(WANTED).rglob("*") if path.is_file() and path.stat().st_size > 100]


def test_a_busy_server_is_asked_again(fake) -> None:
    (store,) = (path for path in fake.contents if path.startswith("/store/"))
    give = fake.server.pages[store]

    def busy(handler: BaseHTTPRequestHandler) -> None:
        fake.server.pages[store] = give
        handler.send_response(503)
        handler.send_header("Retry-After", "0")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    fake.server.pages[store] = busy
    assert contents(hub.fetch(WANTED).files) == {"data/train.jsonl": TRAIN}


def test_a_damaged_copy_is_noticed_and_fetched_anew(fake) -> None:
    folder = hub.fetch(WANTED)
    (folder.files / "data/train.jsonl").write_bytes(TRAIN.swapcase())
    with pytest.raises(DamagedError, match="not as they were fetched"):
        references.resolve("hf://owner/name")
    assert contents(hub.fetch(WANTED).files) == {"data/train.jsonl": TRAIN}


def test_more_than_is_allowed_is_not_begun(fake) -> None:
    with pytest.raises(GroundupError, match=r"more than the 0\.0 GB allowed.*--most"):
        hub.fetch(WANTED, most=1000)
    assert fake.count("/store/") == 0


def test_the_token_goes_to_the_hub_and_to_nobody_else(fake, server, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    # A store elsewhere: the same machine by another name.
    elsewhere = server.address.replace("127.0.0.1", "localhost")
    for path in [path for path in fake.contents if path.startswith("/store/")]:
        name = f"/datasets/owner/name/resolve/{FIRST}/data/train.jsonl"
        fake.redirect(name, elsewhere + path)
    hub.fetch(HubReference("owner/name", split="all"))
    told = dict(fake.tokens)
    assert all((token is None) == path.startswith("/store/") for path, token in told.items())
    assert set(told.values()) == {None, "Bearer hf_secret"}
    assert any(path.startswith("/api/resolve-cache/") for path in told), "its own pages hear it after a redirect"
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and b"hf_secret" in path.read_bytes()]
    assert kept == []


@pytest.mark.parametrize("value", ["with space", "new\nline", "ümlaut", "x" * 501])
def test_a_token_that_is_none_is_not_shown(fake, monkeypatch, value) -> None:
    monkeypatch.setenv("HF_TOKEN", value)
    with pytest.raises(GroundupError, match="HF_TOKEN holds characters") as caught:
        hub.fetch(WANTED)
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (403, "GatedRepo", "accept its terms.*HF_TOKEN"),
        (401, "RepoNotFound", "shows no data set 'owner/name'.*HF_TOKEN"),
        (404, "RevisionNotFound", "no revision 'main'"),
        (429, "", "counts requests"),
        (500, "", "start the same command again"),
    ],
)
def test_each_refusal_says_what_to_do(fake, monkeypatch, status, code, says) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fake.json("/api/datasets/owner/name/revision/main", b"{}", {"X-Error-Code": code}, status)
    with pytest.raises(GroundupError, match=says) as caught:
        hub.fetch(WANTED)
    assert "hf_secret" not in str(caught.value)


def test_no_network_says_what_to_do(monkeypatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(GroundupError, match=r"could not be had.*fetch it elsewhere with --out"):
        hub.fetch(WANTED)
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.example.org")
    with pytest.raises(GroundupError, match="is not https"):
        hub.fetch(WANTED)


@pytest.mark.parametrize(
    "name", ["../x.jsonl", "/x.jsonl", "a/../../x.jsonl", "a\\b.jsonl", "a\x00b.jsonl", "C:x.jsonl"]
)
def test_a_file_that_would_lie_outside_refuses_the_data_set(fake, name) -> None:
    entries = [{"type": "file", "path": name, "size": 1, "oid": "0" * 40}]
    fake.json(f"/api/datasets/owner/name/tree/{FIRST}?recursive=true", json.dumps(entries).encode())
    with pytest.raises(GroundupError, match="is refused"):
        hub.fetch(WANTED)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "path", "size", "oid", "lfs", "sha", "cardData", "configs"]), inner)
    ),
    max_leaves=8,
)


@given(JSON, JSON)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_answer_is_a_listing_or_an_error(fake, about, tree) -> None:
    if isinstance(about, dict):
        about["sha"] = FIRST
    fake.json("/api/datasets/owner/name/revision/main", json.dumps(about).encode())
    fake.json(f"/api/datasets/owner/name/tree/{FIRST}?recursive=true", json.dumps(tree).encode())
    with contextlib.suppress(GroundupError):
        assert list_files(WANTED).commit == FIRST


def test_two_fetches_at_once_do_not_meet(fake) -> None:
    from groundup.store.lock import locked

    with locked(hub._root(WANTED)), pytest.raises(GroundupError, match="Another process"):
        hub.fetch(WANTED)


def test_a_fetch_that_is_killed_goes_on(fake, tmp_path) -> None:
    """R1 for data sets: killed at any moment there is a whole folder or none, and the next fetch ends well."""
    code = (
        "from groundup.catalogue import hub; from groundup.catalogue.hub_reference import HubReference;"
        "print('ready', flush=True); hub.fetch(HubReference('owner/name', split='all'))"
    )
    give = Hub.give

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.05)
        give(fake, handler)

    for path in fake.contents:
        fake.server.pages[path] = slowly
    for number in range(4):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.03 * number)
        process.kill()
        process.wait()
        process.stdout.close()
        folder = hub.find(HubReference("owner/name", split="all"))
        assert folder is None or hub.found(HubReference("owner/name", split="all")) == folder
    assert contents(hub.fetch(HubReference("owner/name", split="all")).files) == {
        "data/train.jsonl": TRAIN,
        "data/test.jsonl": TEST,
    }


def run(words: list[str]) -> int | str | None:
    with pytest.raises(SystemExit) as left:
        main(words)
    return left.value.code


def test_the_command_fetches_and_says_how_a_recipe_names_it(fake, capsys, tmp_path) -> None:
    assert run(["data", "get", "hf://owner/name", "--split", "test", "--json", "--out", str(tmp_path / "out")]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["data"] == f"hf://owner/name@{FIRST}?split=test"
    assert (facts["licence"], facts["files"], facts["bytes"]) == ("cc-by-4.0", 1, len(TEST))
    assert contents(tmp_path / "out") == {"data/test.jsonl": TEST}
    assert references.resolve(facts["data"]).name == "owner/name"
    assert run(["data", "show", "hf://owner/name", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["commit"], shown["files"], shown["configurations"]) == (FIRST, 2, [])
    assert run(["data", "get", "novels", "--split", "test"]) == 2
