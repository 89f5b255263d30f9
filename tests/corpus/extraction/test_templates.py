from __future__ import annotations

import pytest

from groundup.corpus.extraction.templates import FUNCTIONS, Arguments, is_apparatus, rule_for
from groundup.corpus.extraction.templates.table import _BY_RULE


def show(markup: str, **page: object) -> str | None:
    """What the rules make of `name|1=a|b`, without a parser."""
    name, *words = markup.split("|")
    values: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        values[key if equals else str(sum(name.isdigit() for name in values) + 1)] = value if equals else word
    rule = rule_for(name)
    assert rule is not None, name
    return rule(Arguments({key: lambda value=value: value for key, value in values.items()}, **page))  # type: ignore


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("convert|5|km", "5 km"),
        ("convert|5|km|mi|0", "5 km"),
        ("convert|5|to|10|km|mi|abbr=on", "5 to 10 km"),
        ("convert|5|-|10|sqmi|km2", "5–10 sq mi"),
        ("convert|3|x|4|x|5|m", "3 × 4 × 5 m"),
        ("convert|5|ft|11|in|cm", "5 ft 11 in"),
        ("convert|5|ft|0", "5 ft"),
        ("convert|5+1/2|in", "5 1/2 in"),
        ("convert|-40|C|F", "-40 °C"),
        ("cvt|1,000.5|km2", "1,000.5 km²"),
        ("convert|a|km", None),
        ("convert|5", None),
        ("val|1.5", "1.5"),
        ("val|1.5|0.3|e=6|u=km", "(1.5±0.3)×10⁶ km"),
        ("val|1.5|+0.1|-0.2|u=kg|up=m", "1.5+0.1−0.2 kg/m"),
        ("val|e=-3|u=%", "10⁻³%"),
        ("frac|1|2", "1/2"),
        ("frac|3|1|2", "3 1/2"),
        ("frac|2", "1/2"),
        ("e|-6", "×10⁻⁶"),
        ("unité|1000|km", "1000\u00a0km"),
        ("height|ft=5|in=6", "5 ft 6 in"),
        ("coord|51|30|N|0|7|W|display=inline", "51°30′N 0°7′W"),
        ("coord|51.5|-0.1", "51.5, -0.1"),
        ("coord|51|N|0|W|display=title", ""),
        ("chem|H|2|O", "H₂O"),
        ("chem2|C6H12O6", "C₆H₁₂O₆"),
        ("ordinal|21", "21st"),
        ("ordinal|112", "112th"),
        ("us$|5", "US$5"),
        ("lang|de|Haus", "Haus"),
        ("lang-de|Haus", "Haus"),
        ("transl|ar|ISO|bayt", "bayt"),
        ("nihongo|Tokyo|東京|Tōkyō", "Tokyo (東京, Tōkyō)"),
        ("nowrap|a b", "a b"),
        ("quote|Words|Author", "\n\nWords\n— Author\n\n"),
        ("hlist|a|b", "a · b"),
        ("ill|Name|de|Titel|lt=shown", "shown"),
        ("uss|Saratoga|CV-3", "USS Saratoga (CV-3)"),
        ("uss|Saratoga|CV-3|2", "USS Saratoga"),
        ("uss|Saratoga|CV-3|6", "Saratoga"),
        ("birth date|1879|3|14", "March 14, 1879"),
        ("birth date|1879|3|14|df=y", "14 March 1879"),
        ("birth date|1879|March", "March 1879"),
        ("birth date|1879|3|99", None),
        ("death date and age|1955|4|18|1879|3|14", "April 18, 1955 (aged 76)"),
        ("age|1879|3|14|1955|3|13", "75"),
        ("as of|2010|4|lc=y", "as of April 2010"),
        ("as of|2010|since=y", "Since 2010"),
        ("circa|1500|1510", "c. 1500 – c. 1510"),
        ("floruit|1500", "fl. 1500"),
        ("!", "|"),
    ],
)
def test_a_rule_writes_what_the_author_typed(markup: str, shown: str | None) -> None:
    assert show(markup) == shown


def test_an_age_is_that_of_the_day_on_which_the_page_was_written() -> None:
    assert show("age|1980|4|23", date="2016-04-22T10:19:33Z") == "35"
    assert show("birth date and age|1980|4|22", date="2016-04-22T10:19:33Z") == "April 22, 1980 (age 36)"
    assert show("age|1980|4|23", date="") is None


def test_other_languages_get_no_english_months() -> None:
    assert show("birth date|1879|3|14", is_english=False) == "1879-03-14"
    assert show("death date and age|1955|4|18|1879|3|14", is_english=False) == "1955-04-18"


def test_every_name_is_in_the_table_once_and_apparatus_is_not() -> None:
    names = [name.strip() for _, listed in _BY_RULE for name in listed.split(";")]
    assert sorted(names) == sorted(set(names))
    assert not [name for name in [*names, *FUNCTIONS] if is_apparatus(name) or name != name.lower()]


def test_apparatus_is_known_by_name_and_by_shape() -> None:
    assert is_apparatus("citation needed")
    assert is_apparatus("cite web")
    assert is_apparatus("austria-stub")
    assert not is_apparatus("population of")
