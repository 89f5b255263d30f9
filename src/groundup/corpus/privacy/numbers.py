"""Payment cards (ISO/IEC 7812) and bank accounts (IBAN, ISO 13616), told by length, beginning and check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

# As cards are printed: in one piece, or in groups with one kind of gap.
_CARD = re.compile(
    r"[0-9](?<![\w.,+-].)[0-9]{3}(?:[0-9]{9,15}"
    r"|([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,4}(?:\1[0-9]{3})?"
    r"|([ -])[0-9]{6}\2[0-9]{4,5})"
    r"(?![\w-]|[.,][0-9])"
)
_ACCOUNT = re.compile(r"[A-Z](?<!\w.)[A-Z][0-9]{2}")
_ACCOUNT_GOES_ON = re.compile(r"(?: ?[A-Z0-9]){11,30}")

# First digits and lengths of the issuers (ISO/IEC 7812 registry, as the networks publish it).
_ISSUERS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (4, 4, (13, 16, 19)),  # Visa
    (51, 55, (16,)),  # Mastercard
    (2221, 2720, (16,)),  # Mastercard
    (34, 34, (15,)),  # American Express
    (37, 37, (15,)),
    (6011, 6011, (16, 19)),  # Discover
    (644, 659, (16, 19)),
    (3528, 3589, (16, 19)),  # JCB
    (300, 305, (14, 16, 19)),  # Diners Club
    (36, 36, (14, 16, 19)),
    (38, 39, (14, 16, 19)),
    (62, 62, (16, 17, 18, 19)),  # UnionPay
    (50, 50, (13, 16, 19)),  # Maestro
    (56, 58, (13, 16, 19)),
)

# The length of an IBAN by country (SWIFT's IBAN registry).
_REGISTRY = """
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18
FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20
LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31
SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20
"""
_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _REGISTRY.split()}


def cards(text: str) -> Iterator[tuple[int, int]]:
    """Where the card numbers are: an issuer's first digits, its length, and Luhn's check digit."""
    for match in _CARD.finditer(text):
        digits = match.group().replace(" ", "").replace("-", "")
        if _is_issued(digits) and is_luhn(digits):
            yield match.span()


def accounts(text: str) -> Iterator[tuple[int, int]]:
    """Where the IBANs are: a country of the registry, its length, and the remainder 1 modulo 97 (ISO 7064)."""
    for match in _ACCOUNT.finditer(text):
        length = _LENGTHS.get(match.group()[:2], 0)
        rest = _ACCOUNT_GOES_ON.match(text, match.end())
        if not length or not rest:
            continue
        # What follows may look as if it went on: "DE89 ... 00 AND".
        end, seen = match.end(), len(match.group())
        while seen < length and end < rest.end():
            seen += text[end] != " "
            end += 1
        number = text[match.start() : end].replace(" ", "")
        if seen == length and not text[end : end + 1].isalnum() and is_iban(number):
            yield match.start(), end


def is_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (Luhn 1960, ISO/IEC 7812-1, annex B)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def is_iban(number: str) -> bool:
    """Whether capitals and digits without gaps are an IBAN as far as its check digits tell."""
    # int in base 36 gives the letters the numbers that the standard wants: A is 10, Z is 35.
    return int("".join(str(int(character, 36)) for character in number[4:] + number[:4])) % 97 == 1


def _is_issued(digits: str) -> bool:
    return any(
        len(digits) in lengths and first <= int(digits[: len(str(first))]) <= last for first, last, lengths in _ISSUERS
    )
