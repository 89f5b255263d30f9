"""The pages of web archives: WARC, and the WET and WAT files that Common Crawl derives from it.

Every record is accounted for. It is a document, which ends as a `Page` or as a dropped `Reading` with its reason; or it
is none by its nature, such as a request, and is counted under its kind; or it is not whole, and is damage.

A document's id is its source, its file and the place of its record, which is the offset that indexes give: unlike a
record's number it is the same when the record is read through an index, or behind damage; unlike a WARC-Record-ID it
cannot come twice.

One kind of cut leaves no trace inside a file: exactly between two records, neither of them a request that waits for its
reply. Only an index beside the archive can tell (`common_crawl.py`). In a plain archive, flipped bits show in what
carries a digest, and where they break a record's shape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from groundup.catalogue.limits import Broken
from groundup.corpus.document import Change, Document, Found, Page, Reading, sample
from groundup.corpus.sources.headers import media_type, wishes
from groundup.corpus.sources.http_reply import UndecodableError, content_of, parse_reply, transferred
from groundup.corpus.sources.listing import InputFile
from groundup.corpus.sources.sniff import known_binary, sniff
from groundup.corpus.sources.warc_bytes import ArchiveBytes, Place
from groundup.corpus.sources.warc_records import Damage, Record, is_digest_of, read_records
from groundup.errors import GroundupError

# How the names of archives end; what they are is told by their bytes.
ENDINGS = (".warc", ".wet", ".wat")

# Kinds of records that hold documents; an unknown kind is to be passed over (ISO 28500, 5.5), and is counted.
_DOCUMENTS = frozenset({"response", "resource", "conversion"})
_OTHERS = frozenset({"warcinfo", "request", "metadata", "revisit", "continuation"})
# Addresses of what is kept about a crawl and not from the web: look-ups of names, and a crawler's own logs.
_NO_PAGES = ("dns:", "whois:", "metadata:")

# What extraction can make text of.
READABLE = frozenset(
    {
        "text/html",
        "application/xhtml+xml",
        "application/vnd.wap.xhtml+xml",
        "text/plain",
        "text/markdown",
        "text/x-wiki",
    }
)
# Types by which servers say that they do not know.
_UNKNOWN = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "application/unknown", "unknown/unknown", "*/*"}
)
# Types that a page may come under, by the letter of old standards.
_MAY_BE_PAGES = frozenset({"application/xml", "text/xml"})
_OK = 200
_ADDRESS_LENGTH = 2_000
_DATE_LENGTH = 40


def is_archive(name: str) -> bool:
    """Whether a file's name is one of an archive: `a.warc`, `b.warc.gz`, `c.warc.wet.gz`."""
    name = name.lower()
    for packed in (".gz", ".zst"):
        name = name.removesuffix(packed)
    return name.endswith(ENDINGS)


def read_warc(file: InputFile, others: Counter[str] | None = None) -> Iterator[Found]:
    """The documents of one archive, in order.

    `others` counts the records that are no documents, by kind: records read = documents + others + damaged stretches.
    Raises GroundupError naming file and place for what is damaged, unless the source's `damaged` is `drop`.
    """
    others = Counter() if others is None else others
    limit = file.settings.largest_document * 1_000_000
    waiting = _Waiting()
    is_empty = True
    try:
        with file.path.open("rb") as opened:
            for found in read_records(ArchiveBytes(opened, file.name), limit):
                is_empty = False
                waiting.see(found)
                document = found_in(file, found, others)
                if document is not None:
                    yield document
    except Broken as reason:
        yield damaged(file, Place(0), str(reason))
        return
    except OSError as error:
        yield damaged(file, Place(0), f"it cannot be read ({error.strerror})")
        return
    if is_empty:
        yield damaged(file, Place(0), "it holds no record")
    if waiting.request is not None:
        yield damaged(
            file, waiting.request, "the archive ends behind a request whose reply is not there, so it may be cut short"
        )


def found_in(file: InputFile, found: Record | Damage, others: Counter[str]) -> Found | None:
    """What a record is to a corpus; None for what is no document, which `others` counts.

    Raises GroundupError for damage, unless the source's `damaged` is `drop`.
    """
    if isinstance(found, Damage):
        return damaged(file, found.place, found.reason, found.rule, found.headers)
    address = _address(found.headers)
    if found.kind not in _DOCUMENTS:
        others[found.kind if found.kind in _OTHERS else "unknown"] += 1
        return None
    if address.lower().startswith(_NO_PAGES):
        others[address.partition(":")[0].lower()] += 1
        return None
    return _document(file, found)


def damaged(
    file: InputFile, place: Place, reason: str, rule: str = "damaged", headers: Mapping[str, str] | None = None
) -> Reading:
    """A stretch that is no whole record, as a dropped reading.

    Raises GroundupError unless the source's `damaged` is `drop`.
    """
    if file.settings.damaged == "stop":
        raise GroundupError(
            f"The archive {file.path} is damaged at byte {place.offset:,}: {reason}.",
            "Get it again, or set `damaged: drop` for this source to go on without what is damaged.",
        )
    return dropped(file, place, headers or {}, rule, reason)


def _document(file: InputFile, record: Record) -> Found:
    limit = file.settings.largest_document * 1_000_000
    headers = record.headers

    def drop(rule: str, reason: str, value: float | None = None, threshold: float | None = None) -> Reading:
        return dropped(file, record.place, headers, rule, reason, value, threshold)

    if record.block is None:
        reason = f"it has {record.length / 1e6:,.1f} million bytes (`largest_document`)"
        return drop("too large", reason, record.length, limit)
    if truncated := headers.get("warc-truncated"):
        return drop("truncated", f"the crawler cut it: {truncated}", record.length)
    if "warc-segment-number" in headers:
        return drop("segmented", "it goes on in other records")
    asked: list[str] = []
    try:
        if _is_reply(headers):
            reply = parse_reply(record.block)
            if reply.status != _OK:
                return drop("status", f"the server replied {reply.status}", reply.status, _OK)
            said = reply.headers.get("content-type", "")
            asked = wishes(reply.headers.get("x-robots-tag", ""), reply.headers.get("tdm-reservation", ""))
            content = content_of(reply, limit)
            whole = _is_payload_whole(headers, (reply.body, transferred(reply), content))
        else:
            said, content = headers.get("content-type", ""), record.block
            whole = _is_payload_whole(headers, (content,))
    except UndecodableError as reason:
        return drop(reason.rule, str(reason), record.length)
    if not whole:
        return damaged(file, record.place, "its content does not fit its WARC-Payload-Digest", "digest", headers)
    kind, charset = media_type(said)
    if not charset and record.kind == "conversion":
        charset = "utf-8"  # What Common Crawl writes WET files in.
    kind = _kind(kind, headers, content)
    if kind not in READABLE:
        return drop("media type", kind, len(content))
    if not content.strip():
        return drop("empty", f"it has {len(content):,} bytes, all of them white space", len(content))
    document = _described(file, record.place, headers)
    licence = "; ".join(filter(None, (document.licence, *asked)))
    return Page(replace(document, licence=licence), content, kind, charset)


def _is_reply(headers: Mapping[str, str]) -> bool:
    kind, _ = media_type(headers.get("content-type", ""))
    return kind == "application/http" or (not kind and headers["warc-type"].lower() == "response")


def _is_payload_whole(headers: Mapping[str, str], bodies: tuple[bytes, ...]) -> bool:
    """Whether the content fits the payload's digest. Where the block has fitted its own there is nothing to doubt.

    Writers take the digest before or after the content is decoded, so either will do.
    """
    digest = headers.get("warc-payload-digest", "")
    if not digest or is_digest_of(headers.get("warc-block-digest", ""), b"") is not None:
        return True
    return any(is_digest_of(digest, body) is not False for body in bodies)


def _kind(said: str, headers: Mapping[str, str], content: bytes) -> str:
    """The media type: what the server said, else what the crawler found, else what the bytes look like.

    A server's word does not stand against bytes that are a picture or a PDF.
    """
    kind = said
    if kind in _UNKNOWN:
        kind, _ = media_type(headers.get("warc-identified-payload-type", ""))
    if kind in _UNKNOWN:
        return sniff(content)
    if kind in _MAY_BE_PAGES:
        return "application/xhtml+xml" if sniff(content) in ("text/html", "application/xhtml+xml") else kind
    return (known_binary(content) or kind) if kind in READABLE else kind


def _described(file: InputFile, place: Place, headers: Mapping[str, str]) -> Document:
    address = _address(headers) or file.name
    date = headers.get("warc-date", "")[:_DATE_LENGTH]
    return Document(f"{file.id}#{place}", file.source, address=address, date=date, licence=file.licence)


def _address(headers: Mapping[str, str]) -> str:
    """The record's address, without the brackets that some writers put around it."""
    return headers.get("warc-target-uri", "").removeprefix("<").removesuffix(">").strip()[:_ADDRESS_LENGTH]


def dropped(
    file: InputFile,
    place: Place,
    headers: Mapping[str, str],
    rule: str,
    reason: str,
    value: float | None = None,
    threshold: float | None = None,
) -> Reading:
    """A document that was found but is not read; `value` counts its bytes, or is what the rule says."""
    change = Change("read", rule, "drop", 0, 0, value, threshold, sample=sample(reason))
    return Reading(_described(file, place, headers), 0, (change,))


class _Waiting:
    """Notices an archive that ends behind a request, before the reply that its crawler wrote next."""

    def __init__(self) -> None:
        self.request: Place | None = None
        self._reply: tuple[str, str] | None = None

    def see(self, found: Record | Damage) -> None:
        """The next record went by."""
        if isinstance(found, Damage):
            self.request = None
            return
        if found.kind == "request" and self._reply is not None:
            # Some crawlers write the reply first; then the request names it, or is for the same address.
            is_answered = found.headers.get("warc-concurrent-to") == self._reply[0]
            self.request = None if is_answered or _address(found.headers) == self._reply[1] else found.place
        elif found.kind in ("response", "revisit"):
            self.request = None
            self._reply = found.headers.get("warc-record-id", ""), _address(found.headers)
