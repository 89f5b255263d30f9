"""Fixtures every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; tests that need it skip where it is absent."""
    for root in Path(__file__).resolve().parents:
        folder = root / "shared" / "data"
        if folder.is_dir():
            return folder
    pytest.skip("the shared data folder is not beside this checkout")
