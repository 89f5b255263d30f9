"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import no_network  # From here on this process talks to this machine only (S12).
import pytest


@pytest.fixture(scope="session", autouse=True)
def offline_children() -> Iterator[None]:
    """Keep the Python processes that tests start off the network too."""
    with pytest.MonkeyPatch.context() as patch:
        folder = str(Path(no_network.__file__).parent)
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")])))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; tests that need it skip where it is absent."""
    for root in Path(__file__).resolve().parents:
        folder = root / "shared" / "data"
        if folder.is_dir():
            return folder
    pytest.skip("the shared data folder is not beside this checkout")
