"""The versions that a result depends on, as recorded in manifests and reports."""

from __future__ import annotations

import platform
from importlib import metadata

import groundup

# Only what shapes results: numbers may move when one of these does.
PACKAGES = ("torch", "numpy", "tokenizers", "safetensors", "pyarrow")


def versions() -> dict[str, str]:
    """Versions of Python, Groundup and the packages that shape results; absent packages are left out."""
    found = {"python": platform.python_version(), "groundup": groundup.__version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
