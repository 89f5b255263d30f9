"""What account.json says of a corpus: totals, sources, rules with samples, signals, clusters of duplicates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy

from groundup.corpus.account import Account, by_category, ordered_rules, totals
from groundup.corpus.decided import clusters_in
from groundup.corpus.privacy.mask import hidden
from groundup.corpus.settings import CorpusSettings
from groundup.corpus.shards import Shards
from groundup.corpus.spread import spreads
from groundup.corpus.write import PARTS

# The order in which documents meet the stages.
STAGES = ("read", "extract", "clean", "filter", "contamination", "duplicates", "mixture", "finish")
# The account shows so many clusters, and of each so many documents that went; the ledger has all.
CLUSTERS_SHOWN = 200
MEMBERS_SHOWN = 200


def described(
    settings: CorpusSettings, shards: Shards, account: Account, parts: Mapping[str, Mapping[str, int]], cut: str
) -> dict[str, Any]:
    """The account, but for duplicates; `parts` holds what was written, `cut` the id of the document in both parts."""
    for rule in account.rules.values():
        rule["samples"] = [
            {**one, **{what: hidden(one[what], settings.privacy) for what in ("title", "sample")}}
            for one in rule["samples"]
        ]
    found = totals(account)
    assert found["characters"]["kept"] == sum(parts[part]["characters"] for part in PARTS), "kept is not what is there"
    counts, read = account.as_plain()["sources"], shards.facts
    return {
        "cleaning": settings.cleaning,
        **found,
        **parts,
        "split": {
            "by": settings.validation.by,
            "fraction": settings.validation.fraction,
            "cut_document": cut,
        },
        "sources": [{**source, **counts.get(source["source"], {})} for source in read["sources"]],
        "others": read["others"],
        **read["made"],
        "rules": ordered_rules(account, STAGES),
        "rule_sets": _rule_sets(settings),
        "removed": by_category(account.removed),
        "signals": spreads(account.signals, settings),
    }


def _rule_sets(settings: CorpusSettings) -> list[dict[str, Any]]:
    """The sets of rules that judged documents: what they are called, and where their numbers come from."""
    if settings.quality is None:
        return []
    from groundup.corpus.quality.settings import chosen_rules

    return [
        {"name": one.name, "version": one.version, "source": one.source, "languages": list(one.languages)}
        for one in chosen_rules(settings.quality)
    ]


def clusters_described(settings: CorpusSettings, shards: Shards, work: Path) -> dict[str, Any]:
    """The first clusters of duplicates, and how many were found."""
    shown: list[dict[str, Any]] = []
    found = 0
    for like, clusters in clusters_in(work):
        rows = numpy.asarray(clusters.rows)
        found += int((rows["member"] == rows["kept"]).sum())
        kept, places = numpy.unique(rows["kept"], return_index=True)
        first = kept[numpy.argsort(places)][: CLUSTERS_SHOWN - len(shown)]
        members: dict[int, list[tuple[int, float]]] = {number: [] for number in first.tolist()}
        for member, of, _, similarity in rows[numpy.isin(rows["kept"], first)].tolist():
            if member != of and len(members[of]) < MEMBERS_SHOWN:
                members[of].append((member, round(similarity, 4)))
        wanted = numpy.zeros(len(shards), numpy.bool_)
        wanted[[*members, *(member for some in members.values() for member, _ in some)]] = True
        names = {
            number: {"id": row["id"], "title": hidden(row["title"], settings.privacy)}
            for number, row in shards.rows(["id", "title"], wanted)
        }
        for number, some in members.items():
            dropped = [{**names[member], "similarity": similarity} for member, similarity in some]
            name = {"kept": names[number]["id"], "title": names[number]["title"]}
            shown.append({"rule": like.rule, **name, "dropped": dropped})
    return {"clusters": shown, "clusters_found": found}


def facts(account: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest says of a corpus with this account."""
    return {
        "documents": account["documents"]["kept"],
        "characters": account["characters"]["kept"],
        "bytes": sum(account[part]["bytes"] for part in PARTS),
        "documents_read": account["documents"]["read"],
        "characters_read": account["characters"]["read"],
        "train": account["train"],
        "validation": account["validation"],
        "cleaning": account["cleaning"],
    }
