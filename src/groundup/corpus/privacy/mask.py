"""Masks for personal data. What a text becomes depends on this text alone, so on no order of documents or shards.

How masks look made no difference to scores (Soldaini et al. 2024, Dolma, arXiv 2402.00159), so they say what they hide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from groundup.corpus.document import Change
from groundup.corpus.privacy.identity import identity_numbers
from groundup.corpus.privacy.numbers import accounts, cards
from groundup.corpus.privacy.phones import phones
from groundup.corpus.privacy.settings import PrivacySettings
from groundup.corpus.privacy.web import emails, internet_addresses

Span = tuple[int, int]

# Characters of the text on both sides of a mask that the ledger shows.
_AROUND = 40
_IN_NUMBERS = " 0123456789()+./-"


@dataclass(frozen=True)
class _Kind:
    rule: str
    mask: str
    find: Callable[[str, PrivacySettings], Iterable[Span]]


# In this order: a card number is no phone number, and what has a mask is found no more.
KINDS: dict[str, _Kind] = {
    "email": _Kind("e-mail addresses", "[e-mail address]", lambda text, _: emails(text)),
    "account": _Kind("account numbers", "[account number]", lambda text, _: accounts(text)),
    "card": _Kind("card numbers", "[card number]", lambda text, _: cards(text)),
    "address": _Kind("IP addresses", "[IP address]", lambda text, _: internet_addresses(text)),
    "identity": _Kind("identity numbers", "[identity number]", lambda text, _: identity_numbers(text)),
    "phone": _Kind("phone numbers", "[phone number]", lambda text, settings: phones(text, settings.phone_regions)),
}


def mask(text: str, settings: PrivacySettings) -> tuple[str, list[Change]]:
    """The text with masks, and a change for each kind that was found; its value is how many there were.

    The sample of a change shows the text as it is after all masks: the ledger must not tell what the corpus hides.
    """
    done: list[tuple[_Kind, int, int, int]] = []
    for name, kind in KINDS.items():
        if name not in settings.kinds:
            continue
        spans = list(_apart(kind.find(text, settings)))
        if spans:
            after = _replaced(text, spans, kind.mask)
            done.append((kind, len(text), len(after), len(spans)))
            text = after
    return text, [
        Change("finish", kind.rule, "edit", before, after, float(count), sample=_around(text, kind.mask))
        for kind, before, after, count in done
    ]


def hidden(shown: str, settings: PrivacySettings | None, *, is_piece: bool = False) -> str:
    """What may be shown of a text (a title, a sample) where the corpus has masks; without settings, all of it.

    Where a sample was cut short, nobody can tell what half an address or number is, so what may be one goes; of a piece
    out of the middle of a text (`is_piece`) at both ends.
    """
    if settings is None:
        return shown
    text, _ = mask(shown, settings)
    if is_piece:
        return " ".join(text.split()[1:-1]).strip(_IN_NUMBERS)
    if text.endswith("…"):
        return " ".join(text.split()[:-1]).rstrip(_IN_NUMBERS) + " …"
    return text


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in the order of the text; of those that overlap, the one that begins first, and of these the longest."""
    end = 0
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if span[0] >= end:
            yield span
            end = span[1]


def _replaced(text: str, spans: Iterable[Span], by: str) -> str:
    pieces: list[str] = []
    place = 0
    for start, end in spans:
        pieces += (text[place:start], by)
        place = end
    return "".join((*pieces, text[place:]))


def _around(text: str, mask: str) -> str:
    place = text.index(mask)
    return text[max(0, place - _AROUND) : place + len(mask) + _AROUND]
