"""Lets the tests of this room find `site_of_pages`, and starts the sites and crawls they need."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from site_of_pages import Site  # noqa: E402


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Any]:
    """`served(pages)` gives a running `Site` and the path of its log."""
    with contextlib.ExitStack() as stack:

        def start(pages: int) -> tuple[Site, Path]:
            log = tmp_path / "server.log"
            process = subprocess.Popen(
                [sys.executable, str(HERE / "site_of_pages.py"), str(log), str(pages)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.wait, 30)
            stack.callback(process.terminate)
            assert process.stdout is not None
            main, slow = json.loads(process.stdout.readline())
            return Site(pages, f"http://127.0.0.1:{main}", f"http://localhost:{slow}"), log

        yield start
