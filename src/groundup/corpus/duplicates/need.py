"""What finding duplicates will take, told before it starts: memory, which may be refused, and room on the disk."""

from __future__ import annotations

from groundup.corpus.duplicates.bands import rows_in_band
from groundup.corpus.duplicates.sorting import ROWS_AT_ONCE, bytes_a_row
from groundup.corpus.duplicates.stored import AT_ONCE
from groundup.corpus.memory import require_memory
from groundup.corpus.settings import NearDuplicateSettings

# Signatures of this many pairs are in memory at once.
PAIRS_AT_ONCE = 16_384

# What the libraries, their buffers and the allocator take beside what is counted here.
BASE = 48_000_000
# Of one sorted row, while the pairs of its bucket are told: its number, place, bucket, ends and both sides of a pair.
_PAIRING = 120


def estimate(documents: int, settings: NearDuplicateSettings | None, at_once: int = ROWS_AT_ONCE) -> int:
    """The most bytes of memory that `find_exact` and, with `settings`, `find_near` take beyond what is taken before.

    Signatures stay on disk and do not count. Files of the union-find do: they are mapped, and touched all over.
    """
    rows = min(documents, at_once)
    sorting = rows * (bytes_a_row(3) + _PAIRING)
    forest = 8 * 2 * documents
    if settings is None:
        return BASE + sorting + forest
    if settings.keep == "longest":
        # The longest of each cluster, its number, and the lengths that are given.
        forest += 8 * 3 * documents
    permutations = settings.permutations
    bands = permutations // rows_in_band(permutations, settings.threshold)
    # Both sides' signatures as read and as paired, and where they are equal.
    comparing = min(PAIRS_AT_ONCE, 64 * documents) * permutations * 17
    # A piece of signatures, and its keys with the products on the way to them.
    keys = min(AT_ONCE, documents) * (4 * permutations + 8 * 4 * bands)
    # What `leave_out` marks.
    return BASE + sorting + forest + documents + max(comparing, keys)


def scratch_bytes(documents: int, settings: NearDuplicateSettings | None) -> int:
    """The most bytes on disk that the same work takes for itself, gone when it is done."""
    if settings is None:
        # The sorted runs of digests, the forest, and what is found.
        return documents * (24 + 8 * 2 + 32)
    bands = settings.permutations // rows_in_band(settings.permutations, settings.threshold)
    # The keys of all bands, the documents' numbers, the sorted runs of one band, the forest, and what is found.
    return documents * (8 * bands + 8 + 16 + 8 * 4 + 32)


def require(
    documents: int,
    settings: NearDuplicateSettings | None,
    allowed: int | None = None,
    at_once: int = ROWS_AT_ONCE,
) -> int:
    """`estimate`, unless that is more than `allowed` bytes or than there are: then GroundupError."""
    needed = estimate(documents, settings, at_once)
    require_memory(
        needed,
        allowed,
        f"Looking for duplicates among {documents:,} documents",
        "Allow more, use a machine with more, build the corpus in parts, or set `near_duplicates: null`.",
    )
    return needed
