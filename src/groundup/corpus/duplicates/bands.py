"""How a signature is cut into bands: as coarsely as still brings together what ought to meet."""

from __future__ import annotations

# Pairs at the threshold itself must meet in at least one band this often.
RECALL_AT_THRESHOLD = 0.99


def rows_in_band(permutations: int, threshold: float) -> int:
    """The most numbers a band may have so that pairs at the threshold still meet (1 - (1 - t^r)^(n/r) >= .99)."""
    fitting = [
        rows
        for rows in range(1, permutations + 1)
        if 1 - (1 - threshold**rows) ** (permutations // rows) >= RECALL_AT_THRESHOLD
    ]
    return max(fitting, default=1)
