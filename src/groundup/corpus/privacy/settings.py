"""Which personal data is masked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from groundup.settings import require

Kind: TypeAlias = Literal["email", "account", "card", "address", "identity", "phone"]

_REGION = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class PrivacySettings:
    """What is masked at the end, when all rules have judged. A mask such as `[phone number]` says what was there."""

    kinds: tuple[Kind, ...] = ("email", "account", "card", "address", "phone")
    """`email`: e-mail addresses. `account`: IBANs with a right checksum. `card`: payment card numbers with a known
    beginning and a right checksum. `address`: public IP addresses. `identity`: the national numbers of Brazil, France,
    Italy and Spain, whose check digits can be told. `phone`: phone numbers that exist."""
    phone_regions: tuple[str, ...] = ("US",)
    """Countries, by two capital letters, whose phone numbers are known without the country's prefix. Numbers that
    begin with + are known for every country. Each country more costs time and finds more numbers that are none."""

    def __post_init__(self) -> None:
        for region in self.phone_regions:
            require(
                _REGION.fullmatch(region) is not None,
                "phone_regions",
                f"{region!r} is no country code: write two capital letters, such as US, GB or DE.",
            )
