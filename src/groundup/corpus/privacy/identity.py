"""National identity numbers whose check characters can be told.

Numbers without one, such as the social security number of the United States, would be guesses and are left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_BRAZIL = re.compile(r"[0-9](?<![\w.-].)[0-9]{2}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}(?![\w-])")
_FRANCE = re.compile(
    r"[12](?<![\w.-].) ?[0-9]{2} ?(?:0[1-9]|1[0-2]|[2-9][0-9]) ?(?:[0-9]{2}|2[AB])"
    r" ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}(?![\w-])"
)
_ITALY = re.compile(r"[A-Z](?<!\w.)[A-Z]{5}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z](?!\w)")
_SPAIN = re.compile(r"[0-9XYZ](?<![\w.-].)-?[0-9]{7}-?[A-Z](?!\w)")

_NO_GAPS = str.maketrans("", "", " .-")
_SPAIN_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
# Values of characters at odd places, for 0 to 9 and A to Z.
_ITALY_DIGITS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_ITALY_LETTERS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def identity_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Where the numbers are: CPF of Brazil, NIR of France, codice fiscale of Italy, DNI and NIE of Spain."""
    for pattern, is_right in _NUMBERS:
        for match in pattern.finditer(text):
            if is_right(match.group().translate(_NO_GAPS)):
                yield match.span()


def is_cpf(number: str) -> bool:
    """Brazil: two check digits modulo 11 (Receita Federal); eleven equal digits are no one's."""
    digits = list(map(int, number))
    return len(set(digits)) > 1 and all(
        digits[place] == sum(digit * (place + 1 - at) for at, digit in enumerate(digits[:place])) * 10 % 11 % 10
        for place in (9, 10)
    )


def is_nir(number: str) -> bool:
    """France: the last two digits are 97 less the rest modulo 97, Corsica's 2A and 2B as 19 and 18 (INSEE)."""
    digits = number.replace("2A", "19").replace("2B", "18")
    return int(digits[13:]) == 97 - int(digits[:13]) % 97


def is_codice_fiscale(number: str) -> bool:
    """Italy: the last letter is the sum of the values of the others modulo 26 (decree of 23 December 1976)."""
    total = 0
    for place, character in enumerate(number[:15], 1):
        value = int(character) if character.isdigit() else ord(character) - ord("A")
        if place % 2:
            value = (_ITALY_DIGITS if character.isdigit() else _ITALY_LETTERS)[value]
        total += value
    return ord(number[15]) - ord("A") == total % 26


def is_dni(number: str) -> bool:
    """Spain: the last letter goes by the number modulo 23; a foreigner's X, Y, Z before it is 0, 1, 2."""
    digits = number[:-1].translate(str.maketrans("XYZ", "012"))
    return _SPAIN_LETTERS[int(digits) % 23] == number[-1]


_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (_BRAZIL, is_cpf),
    (_FRANCE, is_nir),
    (_ITALY, is_codice_fiscale),
    (_SPAIN, is_dni),
)
