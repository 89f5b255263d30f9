"""A page becomes a text: decoded, refused or extracted, with every character of its markup accounted for.

`extract` is a pure function of its arguments: the same bytes give the same reading, on any day and in any process. It
raises nothing for what a page holds. A page that cannot be had is a dropped reading with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from groundup.corpus.document import Action, Change, Document, Page, Reading, sample
from groundup.corpus.extraction.bounds import refusal
from groundup.corpus.extraction.charset import Decoded, decode_page
from groundup.corpus.extraction.extractors import EXTRACTORS, CutShortError
from groundup.corpus.extraction.facts import Facts, facts
from groundup.corpus.extraction.settings import ExtractionSettings
from groundup.corpus.sources.decode import NotTextError

STAGE = "extract"
# More than a sample has, so that space at the beginning does not shorten it much.
_SHOWN = 1000


def extract(page: Page, settings: ExtractionSettings) -> Reading:
    """The text of a page, by its media type.

    `characters` of the reading is the length of its decoded markup. Its changes are an edit where bytes had to be
    read in another encoding than UTF-8, and the cut from markup to text, or a drop.
    """
    converter = _CONVERTERS.get(page.media_type)
    if converter is None:
        return _dropped(page.document, "media type", f"no extractor for {page.media_type or 'an unknown media type'}")
    try:
        return converter(page, settings)
    except NotTextError as reason:
        return _dropped(page.document, "not text", str(reason), value=float(len(page.content)))


def _html(page: Page, settings: ExtractionSettings) -> Reading:
    # Nearly every page is UTF-8. What comes between its decoding and the parser drives its text out of the processor's
    # cache, so this comes before.
    own = facts(page.content)
    decoded = decode_page(page.content, page.charset)
    text = decoded.text
    changes = _encoding(decoded)
    markup = _as_utf8(page.content, decoded)
    if markup is not page.content:
        own = facts(markup)
    if refused := refusal(markup, len(text), settings):
        return _dropped(
            page.document, refused.rule, refused.reason, len(text), refused.value, refused.threshold, changes
        )
    try:
        found = EXTRACTORS[settings.extractor](text, markup, settings)
    except MemoryError:
        raise
    except CutShortError as reason:
        return _dropped(_described(page.document, own), "parser's limit", str(reason), len(text), changes=changes)
    except Exception as error:
        # The libraries meet pages that nobody thought of; one page must not end the work, nor go without a word.
        said = f"{settings.extractor} failed: {type(error).__name__}: {error}"
        return _dropped(_described(page.document, own), "extractor failed", said, len(text), changes=changes)
    if len(shown := found.strip()) < settings.minimum_characters:
        said = f"its main text is only: {shown}" if shown else "it has no main text"
        kept, least = float(len(shown)), float(settings.minimum_characters)
        return _dropped(_described(page.document, own), "no main content", said, len(text), kept, least, changes)
    # Bullets and line ends that stand for tags can, on a page that is little else, be longer than they.
    action: Action = "cut" if len(found) <= len(text) else "edit"
    change = Change(STAGE, settings.extractor, action, len(text), len(found), sample=sample(text[:_SHOWN].strip()))
    return Reading(_described(page.document, own, found), len(text), (*changes, change))


def _described(document: Document, own: Facts, text: str = "") -> Document:
    """The document with that text, and with what its page says of itself."""
    return replace(
        document,
        text=text,
        title=own.title or document.title,
        date=own.date or document.date,
        licence="; ".join(dict.fromkeys(filter(None, (*document.licence.split("; "), *own.licence.split("; "))))),
    )


def _text(page: Page, settings: ExtractionSettings) -> Reading:
    decoded = decode_page(page.content, page.charset)
    text = decoded.text
    if len(text) > settings.largest_page * 1_000_000:
        most = settings.largest_page * 1e6
        return _dropped(page.document, "size", "too long (`largest_page`)", len(text), float(len(text)), most)
    if len(text.strip()) < settings.minimum_characters:
        kept, least = float(len(text.strip())), float(settings.minimum_characters)
        return _dropped(page.document, "no main content", "there is no text in it", len(text), kept, least)
    return Reading(replace(page.document, text=text), len(text), _encoding(decoded))


Converter = Callable[[Page, ExtractionSettings], Reading]

# What each kind of page is made a text by; a kind that is not here is dropped with that reason.
_CONVERTERS: Mapping[str, Converter] = {
    "text/html": _html,
    "application/xhtml+xml": _html,
    "application/vnd.wap.xhtml+xml": _html,
    "text/plain": _text,
    # A file that ends in .md is left as it was written, too.
    "text/markdown": _text,
}


def _as_utf8(content: bytes, decoded: Decoded) -> bytes:
    """The markup as UTF-8, which most pages are already."""
    if decoded.encoding == "utf-8" and not decoded.replaced and not content.startswith(b"\xef\xbb\xbf"):
        return content
    return decoded.text.encode()


def _encoding(decoded: Decoded) -> tuple[Change, ...]:
    if decoded.encoding == "utf-8" and not decoded.replaced:
        return ()
    length = len(decoded.text)
    said = f"read as {decoded.encoding}" + (f", {decoded.replaced:,} characters replaced" if decoded.replaced else "")
    return (Change(STAGE, "encoding", "edit", length, length, value=float(decoded.replaced), sample=said),)


def _dropped(
    document: Document,
    rule: str,
    reason: str,
    characters: int = 0,
    value: float | None = None,
    threshold: float | None = None,
    changes: tuple[Change, ...] = (),
) -> Reading:
    """A page given up, of which `characters` had been decoded."""
    reason = reason.encode("utf-8", "replace").decode()
    change = Change(STAGE, rule, "drop", characters, 0, value, threshold, sample=sample(reason))
    return Reading(document, characters, (*changes, change))
