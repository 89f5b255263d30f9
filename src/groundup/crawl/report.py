"""The account of a crawl: one row for each address met, with what became of it and what it says of its use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from groundup.crawl.frontier import DISALLOWED, Frontier
from groundup.crawl.scope import OUTSIDE
from groundup.store.files import NEW
from groundup.store.tables import TableWriter

REPORT = "addresses.parquet"

SCHEMA: dict[str, type] = {
    "address": str,
    # page or sitemap
    "kind": str,
    # fetched, redirected, read (a sitemap), disallowed, out of scope, refused, failed or left
    "outcome": str,
    "reason": str,
    "status": int,
    "media_type": str,
    # Bytes of the body as it came.
    "size": int,
    "sha256": str,
    # The first page that had the same content.
    "same_as": str,
    "redirected_to": str,
    "depth": int,
    "found_on": str,
    "tries": int,
    "fetched": str,
    # Where the response record begins.
    "archive": str,
    "position": int,
    "links": int,
    "links_left_out": int,
    # X-Robots-Tag and robots meta tags, a line each; so with the two below.
    "robots": str,
    "licence": str,
    "other_hints": str,
    # Whether any of these says that the page is not to train models on.
    "no_ai": bool,
}


def write_report(frontier: Frontier, folder: Path) -> Path:
    """Write the table into `folder`, in place of one from before."""
    path, new = folder / REPORT, folder / (NEW + REPORT)
    with TableWriter(new, SCHEMA) as table:
        for row in frontier.rows():
            table.write(_row(row))
    new.replace(path)
    return path


def summary(frontier: Frontier) -> dict[str, Any]:
    """How many addresses have which outcome, and why those that were not fetched were not."""
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for kind, state, reason, is_kept, count in frontier.counts():
        if kind == "page":
            outcomes[outcome(kind, state, reason, is_kept)] += count
            if reason:
                reasons[reason] += count
    return {
        "addresses": outcomes.total(),
        "outcomes": dict(outcomes.most_common()),
        "reasons": dict(reasons.most_common()),
        "duplicates": frontier.duplicates(),
        "bytes": frontier.received,
        "archives": list(frontier.archives()),
    }


def outcome(kind: str, state: str, reason: str, is_kept: bool) -> str:
    """The report's word for what became of an address."""
    if state == "done":
        return "fetched" if is_kept else "read" if kind == "sitemap" else "redirected"
    if state == "refused":
        return "disallowed" if reason == DISALLOWED else "out of scope" if reason == OUTSIDE else "refused"
    return "failed" if state == "failed" else "left"


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    fetched = row["fetched"]
    result = outcome(row["kind"], row["state"], row["reason"], row["archive"] is not None)
    return {
        "address": row["address"],
        "kind": row["kind"],
        "outcome": "redirected" if result == "read" and row["leads_to"] else result,
        "reason": row["reason"],
        "status": row["status"],
        "media_type": row["media_type"],
        "size": row["size"],
        "sha256": row["digest"],
        "same_as": row["original"],
        "redirected_to": row["leads_to"],
        "depth": row["depth"],
        "found_on": row["finder"],
        "tries": row["tries"],
        "fetched": None if fetched is None else datetime.fromtimestamp(fetched, UTC).isoformat(timespec="seconds"),
        "archive": row["archive"],
        "position": row["position"],
        "links": row["links"],
        "links_left_out": row["links_left_out"],
        "robots": row["robots_hints"],
        "licence": row["licence"],
        "other_hints": row["other_hints"],
        "no_ai": None if row["no_ai"] is None else bool(row["no_ai"]),
    }
