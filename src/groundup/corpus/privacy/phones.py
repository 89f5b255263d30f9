"""Phone numbers: digits grouped as people write them, judged by the library that carriers and telephones use.

The library takes a tenth of a millisecond and more for a number, and a page may be a table of ten thousand. So it is
asked only about digits that are grouped as the numbers of a country are; the groupings are the library's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product

_RUN = re.compile(r"[(+0-9](?<![\w@.,/=&#(+-].)(?:[ \u00a0().\u2010\u2011\u2013/-]{0,3}\+?[0-9]){6,200}(?!\w)")
_GROUP = re.compile(r"\+?[0-9]+")
# What stands between the groups of one number. A full stop and a space end a sentence.
_GAP = re.compile(r"[ \u00a0]?[()/\u2010\u2011\u2013-]{0,2}[ \u00a0]?|\.")
# In the library's formats: a group, such as (\d{3}) or (3\d{2,4}), and what stands for digits in it.
_FORMAT_GROUP = re.compile(r"\(([^()]{1,50})\)")
_FORMAT_DIGITS = re.compile(r"(?:\\d|\[[^]]{1,20}\]|[0-9])(?:\{([0-9]{1,2})(?:,([0-9]{1,2}))?\})?")
_JOINTS = tuple("-./\u2010\u2011")

# ITU-T E.164 allows 15 digits with the country's prefix; no number that is given out has fewer than 7.
_FEWEST, _MOST = 7, 15


def phones(text: str, regions: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the phone numbers are that exist, as far as the lengths and beginnings that are given out can tell.

    A number with + and a country's prefix is one wherever it is. One without must be grouped as numbers are in one of
    `regions`; digits in one piece may be anything and are left.
    """
    for run in _RUN.finditer(text):
        for spans in _pieces(text, run.start(), run.end()):
            groups = [text[start:end] for start, end in spans]
            first = 0
            while first < len(groups):
                taken = _international(groups, first) or _national(groups, first, regions)
                if taken:
                    start, end = spans[first][0], spans[first + taken - 1][1]
                    if _stands_alone(text, start, end):
                        yield start - (text[start - 1 : start] == "(" and ")" in text[start:end]), end
                first += max(1, taken)


def _pieces(text: str, start: int, end: int) -> Iterator[list[tuple[int, int]]]:
    """Where the groups of digits are, parted where a number cannot go on."""
    piece: list[tuple[int, int]] = []
    for match in _GROUP.finditer(text, start, end):
        goes_on = piece and match.group()[0] != "+" and _GAP.fullmatch(text, piece[-1][1], match.start())
        if piece and not goes_on:
            yield piece
            piece = []
        piece.append(match.span())
    yield piece


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether no dash or stop joins the number to digits beside it, as in an ISBN."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    goes_before = text[start] != "+" and before[:1].isdigit() and before[1:] in _JOINTS
    return not goes_before and not (after[:1] in _JOINTS and after[1:].isdigit())


def _international(groups: Sequence[str], first: int) -> int:
    """How many groups from `first` on are a number with +: the longest that is grouped as usual, or the longest."""
    if groups[first][0] != "+":
        return 0
    longest = 0
    for last in range(min(len(groups), first + _MOST), first, -1):
        number = "".join(groups[first:last])
        if _FEWEST < len(number) <= _MOST + 1 and (usual := _usual_groups(number)):
            if usual == tuple(map(len, groups[first:last])):
                return last - first
            longest = longest or last - first
    return longest


def _national(groups: Sequence[str], first: int, regions: Sequence[str]) -> int:
    """How many groups from `first` on are a number of one of the regions, or 0."""
    for region in regions:
        shapes = _shapes(region)
        for count in range(min(_longest(region), len(groups) - first), 1, -1):
            begins = shapes.get(tuple(map(len, groups[first : first + count])))
            if begins is not None:
                number = "".join(groups[first : first + count])
                if number.startswith(begins) and _exists(number, region):
                    return count
    return 0


# A page names the same numbers again and again.
@lru_cache(maxsize=10_000)
def _exists(number: str, region: str) -> bool:
    import phonenumbers

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(number, region)))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=10_000)
def _usual_groups(number: str) -> tuple[int, ...]:
    """How many characters the groups of a number with + have where it is printed; none where it does not exist."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ()
    if not phonenumbers.is_valid_number(parsed):
        return ()
    printed = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return tuple(map(len, _GROUP.findall(printed)))


@lru_cache(maxsize=300)
def _longest(region: str) -> int:
    return max(map(len, _shapes(region)), default=0)


@lru_cache(maxsize=300)
def _shapes(region: str) -> Mapping[tuple[int, ...], str]:
    """How many digits the groups of a country's numbers have, and what the number must begin with.

    The prefix for calls within the country (0, 1) stands alone or belongs to the first group. Some countries may leave
    it out, some have none.
    """
    from phonenumbers import PhoneMetadata, country_code_for_region, region_code_for_country_code

    country = PhoneMetadata.metadata_for_region(region)
    # Countries that share a plan, such as those of +1, have their formats with the largest.
    plan = PhoneMetadata.metadata_for_region(region_code_for_country_code(country_code_for_region(region)))
    if country is None or plan is None:
        return {}
    lengths = country.general_desc.possible_length if country.general_desc else ()
    prefix = country.national_prefix or ""
    shapes: dict[tuple[int, ...], str] = {}
    for form in plan.number_format:
        needs_prefix = bool(prefix) and prefix in (form.national_prefix_formatting_rule or "").replace("\\1", "")
        for shape in product(*(_lengths(group) for group in _FORMAT_GROUP.findall(form.pattern or ""))):
            if sum(shape) not in lengths or sum(shape) < _FEWEST - 1:
                continue
            if prefix:
                shapes.setdefault((len(prefix), *shape), prefix)
                shapes.setdefault((len(prefix) + shape[0], *shape[1:]), prefix)
            if not needs_prefix or form.national_prefix_optional_when_formatting:
                shapes[shape] = ""
    return {shape: begins for shape, begins in shapes.items() if len(shape) > 1}


def _lengths(group: str) -> range:
    """How many digits a group of a format may have."""
    least = most = 0
    for low, high in _FORMAT_DIGITS.findall(group):
        least += int(low or 1)
        most += int(high or low or 1)
    return range(least, most + 1)
