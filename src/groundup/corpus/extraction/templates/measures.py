"""Templates that write numbers: measures, fractions, values with errors, money, coordinates, formulas of chemistry."""

from __future__ import annotations

import re

from groundup.corpus.extraction.templates.arguments import Arguments, Rule
from groundup.corpus.extraction.templates.script import lowered, raised

# What a sign of convert's is written as, where it is not the sign itself.
_UNITS = {
    "C": "°C",
    "F": "°F",
    "K": "K",
    "C-change": "°C",
    "F-change": "°F",
    "sqmi": "sq mi",
    "sqft": "sq ft",
    "sqyd": "sq yd",
    "sqin": "sq in",
    "sqnmi": "sq nmi",
    "cuft": "cu ft",
    "cuyd": "cu yd",
    "cuin": "cu in",
    "cumi": "cu mi",
    "usgal": "US gal",
    "impgal": "imp gal",
    "U.S.gal": "US gal",
    "lbf": "lbf",
    "lb-f": "lbf",
    "km2": "km²",
    "m2": "m²",
    "cm2": "cm²",
    "mm2": "mm²",
    "km3": "km³",
    "m3": "m³",
    "cm3": "cm³",
    "mm3": "mm³",
    "kph": "km/h",
    "kn": "kn",
    "Mach": "Mach",
    "ST": "short tons",
    "LT": "long tons",
    "MT": "t",
    "oz": "oz",
    "foot": "ft",
    "USfloz": "US fl oz",
    "/sqkm": "/km²",
    "/sqmi": "/sq mi",
    "/km2": "/km²",
    "PD/km2": "/km²",
    "PD/sqkm": "/km²",
    "PD/sqmi": "/sq mi",
    "sqkm": "km²",
    "m/s2": "m/s²",
    "g/cm3": "g/cm³",
    "kg/m3": "kg/m³",
}
# What stands between the two ends of a range, and how it is written.
_BETWEEN = {
    "-": "–",
    "–": "–",
    "to": " to ",
    "to-": " to ",
    "to(-)": " to ",
    "to about": " to about ",
    "and": " and ",
    "and(-)": " and ",
    "or": " or ",
    "or(-)": " or ",
    "by": " by ",
    "by(-)": " by ",
    "x": " × ",
    "×": " × ",
    "xx": " × ",
    "*": " × ",
    "+/-": " ± ",
    "±": " ± ",
    "+": " + ",
    ",": ", ",
    "e": " e ",
}
# How many atoms of a sort a formula has.
_COUNT = re.compile(r"(?<=[A-Za-z)\]])\d{1,4}")
_NUMBER = re.compile(r"[-+−]?(?:[\d.,]{1,40}|\d{0,9}\+?\d{1,9}[/⁄]{1,2}\d{1,9})(?:[eE][-+]?\d{1,4})?")


def convert(arguments: Arguments) -> str | None:
    """{{convert|5|to|10|km|mi}}: "5 to 10 km". The number and unit of the author; the computed one is left out.

    Documentation: Template:Convert.
    """
    words = arguments.numbered()
    written = ""
    place = 0
    # A number, then either a word and another number (a range), or a unit, and with it perhaps a smaller one.
    while place < len(words) and _NUMBER.fullmatch(words[place]):
        number = words[place].replace("//", "/").replace("+", " ") if "/" in words[place] else words[place]
        following = words[place + 1] if place + 1 < len(words) else ""
        if following in _BETWEEN:
            written += number + _BETWEEN[following]
            place += 2
            continue
        if not following or _NUMBER.fullmatch(following):
            return None
        unit = _UNITS.get(following, following)
        gap = "" if unit.startswith("/") else " "
        written += f"{' ' if written and written[-1].isalpha() else ''}{number}{gap}{unit}"
        place += 2
        if following not in ("ft", "st", "lb", "mi", "yd", "foot", "impgal", "usgal", "LT", "pk", "qtr", "cwt"):
            break
        # 5|ft|11|in goes on; 5|ft|0 gives the digits to round to.
        if place + 1 >= len(words) or words[place + 1] not in ("in", "lb", "oz", "yd", "ft", "cwt", "qtr", "pt"):
            break
    return written or None


def value(arguments: Arguments) -> str | None:
    """{{val|1.5|0.3|e=6|u=km}}: "1.5±0.3×10⁶ km" (Template:Val)."""
    words = arguments.numbered()
    if not words or not words[0]:
        power = arguments.get("e")
        return _measured(f"10{raised(power)}", arguments) if power else None
    number = words[0]
    if len(words) == 2 and words[1]:
        number += f"±{words[1]}"
    elif len(words) > 2:
        number += f"+{words[1].lstrip('+')}−{words[2].lstrip('-−')}"
    elif words[0][-1] != ")" and (error := arguments.get("err")):
        number += f"±{error}"
    if power := arguments.get("e"):
        number = f"({number})" if "±" in number else number
        number += f"×10{raised(power.replace('-', '−'))}"
    return _measured(number, arguments)


def _measured(number: str, arguments: Arguments) -> str:
    unit = arguments.get("u", "ul")
    per = arguments.get("up", "upl")
    gap = "" if unit in ("%", "°", "′", "″") or not unit else " "
    return arguments.get("p") + number + gap + unit + (f"/{per}" if per else "") + arguments.get("s")


def quantity(arguments: Arguments) -> str | None:
    """{{unité|1000|km}}: "1000 km" (fr.wikipedia.org/wiki/Modèle:Unité, es.wikipedia.org/wiki/Plantilla:Unidad)."""
    return "\u00a0".join(filter(None, arguments.numbered()[:2])) or None


def fraction(arguments: Arguments) -> str | None:
    """{{frac|1|2}}: "1/2", {{frac|3|1|2}}: "3 1/2", {{frac|2}}: "1/2" (Template:Frac, Template:Sfrac)."""
    words = arguments.numbered()
    if not 1 <= len(words) <= 3 or not all(words):
        return None
    if len(words) == 1:
        return f"1/{words[0]}"
    *whole, above, below = words
    return " ".join([*whole, f"{above}/{below}"])


def power_of_ten(arguments: Arguments) -> str | None:
    """{{e|6}}: "×10⁶" (Template:E)."""
    exponent = arguments.get("1")
    return f"×10{raised(exponent)}" if exponent else None


def ten_to_the(arguments: Arguments) -> str | None:
    """{{10^|6}}: "10⁶" (Template:10^)."""
    exponent = arguments.get("1")
    return f"10{raised(exponent)}" if exponent else None


def power(arguments: Arguments) -> str | None:
    """{{pow|10|6}}: "10⁶" (Template:Pow)."""
    base, exponent = arguments.get("1"), arguments.get("2")
    return base + raised(exponent) if base and exponent else None


def height(arguments: Arguments) -> str | None:
    """{{height|ft=5|in=6}}: "5 ft 6 in", {{height|m=1.8}}: "1.8 m" (Template:Height)."""
    shown = [f"{number} {unit}" for unit in ("m", "cm", "ft", "in") if (number := arguments.get(unit))]
    return " ".join(shown) or None


def coordinates(arguments: Arguments) -> str | None:
    """{{coord|51|30|N|0|7|W}}: "51°30′N 0°7′W"; nothing where it is shown at the title only (Template:Coord)."""
    if arguments.get("display") in ("title", "t"):
        return ""
    written = ""
    signs = ["°", "′", "″"]
    for word in arguments.numbered()[:8]:
        if word in ("N", "S", "E", "W"):
            written += word + (" " if word in "NS" else "")
            signs = ["°", "′", "″"]
        elif _NUMBER.fullmatch(word) and signs:
            written += word + signs.pop(0)
        else:
            break
    if not written:
        return None
    if written[-1] in "EW":
        return written
    plain = [word for word in arguments.numbered()[:2] if _NUMBER.fullmatch(word)]
    return ", ".join(plain) if len(plain) == 2 else None


def chemical(arguments: Arguments) -> str | None:
    """{{chem|H|2|O}} and {{chem2|H2O}}: "H₂O" (Template:Chem, Template:Chem2)."""
    words = arguments.numbered()
    if len(words) == 1:
        return _COUNT.sub(lambda found: lowered(found[0]), words[0])
    return "".join(lowered(word) if word.isdigit() else word for word in words) or None


def ordinal(arguments: Arguments) -> str | None:
    """{{ordinal|21}}: "21st" (Template:Ordinal)."""
    number = arguments.get("1")
    if not number.isdigit() or not number.isascii():
        return None
    ending = {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
    return number + ("th" if number[-2:-1] == "1" else ending)


def money(sign: str) -> Rule:
    """{{US$|5}}: "US$5", {{GBP|5}}: "£5" (Template:US$, Template:GBP)."""

    def rule(arguments: Arguments) -> str | None:
        amount = arguments.get("1")
        return f"{sign}{amount}" if amount else None

    return rule
