"""How long a passage must be for its repetition to be cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from groundup.settings import require


@dataclass(frozen=True)
class SubstringSettings:
    """Passages that stand word for word in an earlier place of the corpus, in any document (arXiv 2107.06499)."""

    minimum: int = 200
    """The least length of a passage that is cut where it stands again. The paper's 50 tokens are about 200
    characters of English."""
    unit: Literal["characters", "bytes"] = "characters"
    """What `minimum` counts. Bytes weigh scripts alike that say more with one character; a passage always begins and
    ends between two characters."""

    def __post_init__(self) -> None:
        require(8 <= self.minimum <= 1_000_000, "minimum", "minimum must be 8 to 1,000,000.")
