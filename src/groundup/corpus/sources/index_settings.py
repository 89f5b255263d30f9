"""Which records of a web archive an index chooses."""

from __future__ import annotations

from dataclasses import dataclass

from groundup.settings import require


@dataclass(frozen=True)
class IndexSettings:
    """What a record must be to be read, by what its index says; an empty list asks for nothing."""

    statuses: tuple[int, ...] = (200,)
    """HTTP statuses; only 200 gives documents, so others are chosen to see them in the ledger."""
    media_types: tuple[str, ...] = ("text/html", "application/xhtml+xml", "text/plain")
    """Media types as the crawler found them, or as the server said where it did not look."""
    languages: tuple[str, ...] = ()
    """Languages as the index writes them (`eng`, `deu`), of which a page's first must be one: its main one."""
    domains: tuple[str, ...] = ()
    """Domains such as `wikipedia.org`, whose hosts all belong to them: `de.wikipedia.org`, not `notwikipedia.org`."""

    def __post_init__(self) -> None:
        require(all(100 <= status <= 599 for status in self.statuses), "statuses", "A status is from 100 to 599.")
        require(all(kind.count("/") == 1 for kind in self.media_types), "media_types", "A media type is as text/html.")
        require(
            all(domain and "/" not in domain and not domain.startswith(".") for domain in self.domains),
            "domains",
            "A domain is as wikipedia.org, without http:// and without a dot at its beginning.",
        )
