"""How the text of a wiki's page is taken out of its markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from groundup.settings import require


@dataclass(frozen=True)
class WikitextSettings:
    """What becomes of templates, tables and formulas; all else has one answer, which `wikitext.py` gives."""

    templates: Literal["render", "remove", "drop sentence"] = "render"
    """Templates hold what no parser can know: `{{convert|5|km}}` is a number. `render` writes those that our rules
    know and takes the others out; `remove` takes all out; `drop sentence` is `render`, and a sentence with a hole where
    an unknown template stood goes whole, as do table rows and list items. The ledger names every template that went."""
    tables: Literal["rows", "drop"] = "rows"
    """`rows` writes a line a row with a tab between cells; `drop` leaves tables out."""
    mathematics: Literal["source", "drop"] = "source"
    """`source` keeps formulas as they were typed, between dollar signs; `drop` leaves them out."""
    largest_page: int = 4_000_000
    """Pages of more characters are dropped. MediaWiki itself takes 2 MiB (`$wgMaxArticleSize`)."""

    def __post_init__(self) -> None:
        require(self.largest_page >= 1, "largest_page", "largest_page must be 1 character or more.")
