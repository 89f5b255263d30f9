"""What the Hugging Face hub says of a data set: its commit, licence, configurations and files.

Two calls of its HTTP API: `/api/datasets/OWNER/NAME/revision/REVISION` for the commit and the card, and
`/api/datasets/OWNER/NAME/tree/COMMIT?recursive=true` for the files, page after page. A file that lies in Git LFS (or in
Xet, which the hub shows the same way) is pinned by its SHA-256, a small one by Git's own hash.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import quote, urlsplit

from groundup.catalogue.archive import safe_parts
from groundup.catalogue.download import Answered, Unreachable, read_answer
from groundup.catalogue.hub_reference import HubReference
from groundup.catalogue.limits import Limits, Refused
from groundup.errors import DamagedError, GroundupError

HUB = "https://huggingface.co"
PAGE_BYTES = 64 * 2**20
# The hub gives 1,000 files a page; no collection of texts has ten million.
PAGES = 10_000

_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TOKEN = re.compile(r"[!-~]{1,500}")
_NEXT = re.compile(r'<([^<>]{1,4000})>\s{0,5};\s{0,5}rel="?next"?')


@dataclass(frozen=True)
class HubFile:
    """One file of a data set: its path in the repository, size in bytes and hash."""

    name: str
    size: int
    sha256: str
    """"" for a file that is not in Git LFS."""
    blob: str
    """Git's SHA-1 of such a file."""


@dataclass(frozen=True)
class HubListing:
    """A data set at one commit."""

    repository: str
    commit: str
    licence: str
    """As the card has it; "" where it has none."""
    files: tuple[HubFile, ...]
    configurations: tuple[Mapping[str, Any], ...] = field(default=())
    """The card's `configs`, each with `config_name`, `data_files`, `data_dir`, `default`."""


def endpoint() -> str:
    """The hub's address; `HF_ENDPOINT`, the hub's own variable, may name a mirror of it."""
    return os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or HUB


def token() -> str:
    """The user's token, for private and gated data sets; "" without one. It goes to the hub alone, never into a log."""
    value = os.environ.get("HF_TOKEN", "").strip()
    if value and not _TOKEN.fullmatch(value):
        raise GroundupError("HF_TOKEN holds characters that no token has.", "Set it anew, or unset it.")
    return value


def list_files(reference: HubReference) -> HubListing:
    """Ask the hub. Raises GroundupError, which says what to do, where it has no such data set or cannot be reached."""
    try:
        return _listed(reference)
    except Unreachable as reason:
        raise cannot_fetch(reference, reason) from reason


def file_address(repository: str, commit: str, name: str) -> str:
    """Where a file's content is; the hub sends on to a store elsewhere from there."""
    return f"{endpoint()}/datasets/{repository}/resolve/{commit}/{quote(name)}"


def cannot_fetch(reference: HubReference, reason: Unreachable) -> GroundupError:
    """The error for an answer of the hub that is none."""
    page = f"{endpoint()}/datasets/{reference.repository}"
    code = reason.headers.get("X-Error-Code", "") if isinstance(reason, Answered) else ""
    status = reason.status if isinstance(reason, Answered) else 0
    message = f"The data set {reference.repository!r} could not be had from the Hugging Face hub: {reason}."
    if code == "GatedRepo":
        message = f"The data set {reference.repository!r} is given only to those who accept its terms."
        remedy = f"Accept them at {page}, then let HF_TOKEN hold a token of yours and start the same command again."
    elif code == "RevisionNotFound":
        message = f"The data set {reference.repository!r} has no revision {reference.revision!r}."
        remedy = f"Its branches and tags are at {page}/tree/main; a commit has 40 digits."
    # The hub answers 401 for what is not there too, so that nobody can try names.
    elif code == "RepoNotFound" or status in (401, 403, 404):
        message = f"The hub shows no data set {reference.repository!r}: {reason}."
        remedy = f"Check the name at {page}. For a private one, let HF_TOKEN hold a token that may read it."
    elif status == 429:
        remedy = "The hub counts requests: wait some minutes, or let HF_TOKEN hold a token, which allows more."
    else:
        remedy = (
            "Check the network (HF_ENDPOINT may name a mirror of the hub) and start the same command again: it goes on"
            " where it was. Or fetch it elsewhere with --out DIR, and give the recipe the folder."
        )
    return GroundupError(message, remedy)


def _listed(reference: HubReference) -> HubListing:
    base = f"{endpoint()}/api/datasets/{reference.repository}"
    about, _ = _json(f"{base}/revision/{quote(reference.revision, safe='')}")
    commit = about.get("sha") if isinstance(about, dict) else None
    if not isinstance(commit, str) or not re.fullmatch("[0-9a-f]{40}", commit):
        raise Unreachable(f"{base} answered with no commit: it is no Hugging Face hub")
    if reference.is_pinned and commit != reference.revision:
        raise DamagedError(
            f"The hub answered with the commit {commit} where {reference.revision} was asked for.",
            "Ask another mirror: let HF_ENDPOINT name it.",
        )
    card = about.get("cardData")
    card = card if isinstance(card, dict) else {}
    configurations = card.get("configs")
    return HubListing(
        repository=reference.repository,
        commit=commit,
        licence=_licence(card),
        files=tuple(_files(f"{base}/tree/{commit}")),
        configurations=tuple(
            one for one in (configurations if isinstance(configurations, list) else []) if isinstance(one, dict)
        ),
    )


def _files(tree: str) -> list[HubFile]:
    files: list[HubFile] = []
    query = "recursive=true"
    for _ in range(PAGES):
        entries, headers = _json(f"{tree}?{query}")
        if not isinstance(entries, list):
            raise Unreachable(f"{tree} answered with no list of files")
        files += [file for file in map(_file, entries) if file is not None]
        following = _NEXT.search(headers.get("Link", ""))
        if following is None:
            return files
        # A mirror passes on links that lead to the hub itself, and the token is for the mirror alone: only the
        # place in the list is taken from a link.
        query = urlsplit(following[1]).query
    raise Unreachable(f"{tree} has no end")


def _file(entry: Any) -> HubFile | None:
    """A file as the tree lists it; None for folders and hidden files."""
    if not isinstance(entry, dict) or entry.get("type") != "file":
        return None
    name, large = entry.get("path"), entry.get("lfs")
    size = large.get("size") if isinstance(large, dict) else entry.get("size")
    digest = large.get("oid") if isinstance(large, dict) else entry.get("oid")
    if not isinstance(name, str) or not isinstance(size, int) or size < 0 or not isinstance(digest, str):
        raise Unreachable("the hub's list of files has an entry without path, size and hash")
    try:
        parts = safe_parts(name, Limits())
    except Refused as reason:
        raise GroundupError(
            f"A data set on the hub is refused: {str(reason).replace('its member', 'its file')}.",
            "An honest collection of texts looks different: do not trust its source.",
        ) from reason
    if any(part.startswith(".") for part in parts):
        return None
    digest = digest.removeprefix("sha256:")
    if not _HASH.fullmatch(digest) or (isinstance(large, dict) and len(digest) != 64):
        raise Unreachable(f"the hub's list of files has no proper hash for {name[:100]!r}")
    is_sha256 = len(digest) == 64
    return HubFile("/".join(parts), size, digest if is_sha256 else "", "" if is_sha256 else digest)


def _licence(card: Mapping[str, Any]) -> str:
    """`cc-by-sa-4.0`; where the card says `other`, the name that it gives."""
    licence = card.get("license")
    names = [one for one in (licence if isinstance(licence, list) else [licence]) if isinstance(one, str)]
    if names == ["other"] and isinstance(card.get("license_name"), str):
        names = [card["license_name"]]
    return ", ".join(names)


def _json(address: str) -> tuple[Any, Message]:
    answer = read_answer(address, "application/json", PAGE_BYTES, token=token())
    try:
        return json.loads(answer.body), answer.headers
    except (ValueError, RecursionError) as error:
        raise Unreachable(f"{address} answered with no JSON: it is no Hugging Face hub") from error
