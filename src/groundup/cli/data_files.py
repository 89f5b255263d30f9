"""What the commands about data sets do with the files of one."""

from __future__ import annotations

import shutil
from pathlib import Path

from groundup.errors import GroundupError
from groundup.store.files import room_checked
from groundup.store.fingerprint import file_sha256


def copy_files(folder: Path, out: Path) -> Path:
    """Copy all files into `out`; a file that is there with other content stops the copy before it begins."""
    out = out.expanduser().absolute()
    targets = {path: out / path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()}
    for source, target in targets.items():
        if target.exists() and not (target.is_file() and file_sha256(target) == file_sha256(source)):
            raise GroundupError(
                f"{target} is there already, with other content.",
                "Nothing was copied. Choose another --out, or move it away.",
            )
    for source, target in targets.items():
        if not target.exists():
            with room_checked(target, source.stat().st_size):
                target.parent.mkdir(parents=True, exist_ok=True)
                part = target.with_name(f".{target.name}.part")
                shutil.copyfile(source, part)
                part.replace(target)
    return out


def megabytes(size: int) -> str:
    """Bytes in words."""
    return f"{size / 1e6:,.1f} MB"
