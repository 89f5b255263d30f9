"""Memory told before it is used: what a piece of work will need is held against what there is, before it starts.

A deduplication that grows until the machine kills it has lost hours; one that says so at once has lost nothing.
"""

from __future__ import annotations

from pathlib import Path

from groundup.errors import GroundupError

_MEMORY = Path("/proc/meminfo")
# The limit and the use of the group that this process may be confined to (Linux, cgroup version 2, then 1).
_GROUPS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


def available_memory() -> int | None:
    """Bytes that may still be taken, by the machine's account and a container's; None where neither says."""
    found = [value for value in (_of_machine(), *(_of_group(*files) for files in _GROUPS)) if value is not None]
    return min(found, default=None)


def require_memory(needed: int, allowed: int | None, work: str, remedy: str) -> None:
    """Raise GroundupError where `work` needs more bytes than are `allowed`, or than there are.

    `allowed` None allows what there is; where the system does not say what that is, nothing is refused.
    """
    there = available_memory()
    limits = [(allowed, "are allowed"), (there, "are available")]
    for limit, which in limits:
        if limit is not None and needed > limit:
            raise GroundupError(
                f"{work} needs {needed / 1e6:,.0f} MB of memory; {limit / 1e6:,.0f} MB {which}.", remedy
            )


def _of_machine() -> int | None:
    try:
        lines = _MEMORY.read_text("ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _of_group(limit: Path, use: Path) -> int | None:
    try:
        # "max" where there is no limit.
        return max(0, int(limit.read_text("ascii")) - int(use.read_text("ascii")))
    except (OSError, ValueError):
        return None
