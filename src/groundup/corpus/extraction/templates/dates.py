"""Templates that write dates and ages: `{{birth date|1879|3|14}}`, `{{circa|1500}}`, `{{as of|2010}}`.

An age that Wikipedia computes anew every day is computed for the day on which the page was written.
"""

from __future__ import annotations

from datetime import date

from groundup.corpus.extraction.templates.arguments import Arguments

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def date_of(arguments: Arguments) -> str | None:
    """{{birth date|1879|3|14|df=y}}, {{death date}}, {{start date}}, {{end date}}, {{film date}}: one date.

    `df` puts the day first. Documentation: Template:Birth_date, Template:Start_date.
    """
    numbers = _integers(arguments, 3)
    if not numbers:
        return arguments.get("1") or None
    return _written(numbers, arguments)


def birth_and_age(arguments: Arguments) -> str | None:
    """{{birth date and age|1970|1|31}}: the date, and the age when the page was written (its own page)."""
    born = _integers(arguments, 3)
    today = _today(arguments)
    if len(born) < 3 or today is None:
        return date_of(arguments)
    years = _years(born, list(today))
    return f"{_written(born, arguments)} (age {years})" if arguments.is_english else _written(born, arguments)


def death_and_age(arguments: Arguments) -> str | None:
    """{{death date and age|1955|4|18|1879|3|14}}: the date of death and the age then (Template:Death_date_and_age)."""
    numbers = _integers(arguments, 6)
    if len(numbers) < 6:
        return date_of(arguments)
    died, born = numbers[:3], numbers[3:]
    shown = _written(died, arguments)
    return f"{shown} (aged {_years(born, died)})" if shown and arguments.is_english else shown


def age(arguments: Arguments) -> str | None:
    """{{age|1879|3|14|1955|4|18}} or {{age|1879|3|14}}: full years between two days (Template:Age)."""
    numbers = _integers(arguments, 6)
    today = _today(arguments)
    if len(numbers) == 3 and today is not None:
        numbers += today
    return str(_years(numbers[:3], numbers[3:])) if len(numbers) == 6 else None


def as_of(arguments: Arguments) -> str | None:
    """{{as of|2010|4|lc=y|since=y|alt=TEXT}}: "As of April 2010" (Template:As_of)."""
    if alt := arguments.get("alt"):
        return alt + arguments.get("post")
    numbers = _integers(arguments, 3)
    when = _written(numbers, arguments) if numbers else arguments.get("1")
    if not when:
        return None
    words = "Since" if arguments.is_yes("since") else "As of"
    return f"{words.lower() if arguments.is_yes('lc') else words} {when}{arguments.get('post')}"


def circa(arguments: Arguments) -> str | None:
    """{{circa|1500|1510}}: "c. 1500 – c. 1510" (Template:Circa)."""
    return _around("c.", arguments)


def floruit(arguments: Arguments) -> str | None:
    """{{floruit|1500|1510}}: "fl. 1500 – 1510" (Template:Floruit)."""
    return " ".join(["fl.", " – ".join(filter(None, arguments.numbered()))]).strip()


def reign(arguments: Arguments) -> str | None:
    """{{reign|1500|1510}}: "r. 1500 – 1510" (Template:Reign)."""
    return " ".join(["r.", " – ".join(filter(None, arguments.numbered()))]).strip()


def _around(word: str, arguments: Arguments) -> str:
    years = [year for year in arguments.numbered() if year]
    return " – ".join(f"{word} {year}" for year in years) or word


def _written(numbers: list[int], arguments: Arguments) -> str | None:
    """A year, a year and month, or a day; in ISO's form where we do not know the months' names."""
    year, month, day = [*numbers, 0, 0][:3]
    if month > 12 or day > 31:
        return None
    if not month:
        return str(year)
    if not arguments.is_english:
        return f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}"
    name = _MONTHS[month - 1]
    if not day:
        return f"{name} {year}"
    return f"{day} {name} {year}" if arguments.is_yes("df", "dayfirst") else f"{name} {day}, {year}"


def _years(start: list[int], end: list[int]) -> int:
    """Full years from one day to another."""
    return end[0] - start[0] - (end[1:] < start[1:])


def _integers(arguments: Arguments, most: int) -> list[int]:
    """The first arguments as numbers; a month may be a name."""
    found = []
    for text in arguments.numbered()[:most]:
        if text.isascii() and text.isdigit() and len(text) <= 4:
            found.append(int(text))
        elif text.capitalize() in _MONTHS:
            found.append(_MONTHS.index(text.capitalize()) + 1)
        else:
            break
    return found


def _today(arguments: Arguments) -> list[int] | None:
    try:
        day = date.fromisoformat(arguments.date[:10])
    except ValueError:
        return None
    return [day.year, day.month, day.day]
