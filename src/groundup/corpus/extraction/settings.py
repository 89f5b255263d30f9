"""How the main text is taken out of pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from groundup.settings import require


@dataclass(frozen=True)
class ExtractionSettings:
    """Which extractor takes the text out of a page, and what of the page counts as text.

    On 93 articles of the benchmark by Scrapinghub (F1 of 4-word shingles): trafilatura .961, without its fallbacks .958
    in half the time; resiliparse .930 in a tenth of that; both together .930; all text that a browser shows .663.
    Language models trained on the text of either do equally well (DCLM 1B, CORE: trafilatura 24.5, resiliparse
    24.1, the archives' own WET text 20.7).
    """

    extractor: Literal["trafilatura", "resiliparse", "union", "plain"] = "trafilatura"
    """`trafilatura` finds the main text best; `resiliparse` is some twenty times as fast and takes a little more of
    what stands around it; `union` keeps what either finds, once, for the most text (arXiv 2602.19548); `plain`
    keeps everything that a browser would show, menus too."""
    fallbacks: bool = True
    """Let trafilatura compare what it found with what readability and jusText find, and take the better; false is twice
    as fast, on short pages ten times."""
    tables: bool = True
    """Keep what stands in tables."""
    comments: bool = False
    """Keep readers' comments below an article."""
    links: bool = False
    """Keep the addresses that links go to, beside their words."""
    minimum_characters: int = 1
    """A page whose main text is shorter is dropped, as one without any."""
    largest_page: int = 20
    """Pages with more million characters of markup are dropped unread."""

    def __post_init__(self) -> None:
        require(self.minimum_characters >= 1, "minimum_characters", "minimum_characters must be 1 or more.")
        require(1 <= self.largest_page <= 1000, "largest_page", "Choose 1 to 1,000 million characters.")
        for name, is_usual in (("tables", self.tables), ("comments", not self.comments), ("links", not self.links)):
            require(is_usual or self.extractor != "plain", name, f"`{name}` is no choice of the extractor `plain`.")
        require(
            not self.links or self.extractor != "union",
            "links",
            "The two extractors write links in different ways, so `union` could not tell what both have said.",
        )
