"""A dumped recipe loads back as an equal value, and other YAML readers see the same types."""

from __future__ import annotations

import json

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundup.recipe.dump import dump, plain
from groundup.recipe.loader import load


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_dump_and_load_round_trip(house, data):
    written = data.draw(house.any)
    text = dump(written)
    assert load(text, house.House) == written
    assert yaml.safe_load(text) == plain(written)
    assert json.loads(json.dumps(plain(written))) == plain(written)


def test_it_reads_as_a_person_would_write_it(house):
    written = house.House(
        house.Corpus((house.Source("books", tags=("a b", "no")), house.Source("https://a/b")), largest=house.Size(3)),
        rate=1e-5,
    )
    assert dump(written).splitlines()[:11] == [
        "corpus:",
        "  sources:",
        "    - data: books",
        "      weight: 1.0",
        '      tags: [a b, "no"]',
        '    - data: "https://a/b"',
        "      weight: 1.0",
        "      tags: []",
        '  languages: [en, "no"]',
        '  largest: "3"',
        "name: house",
    ]
    assert "rate: 1.0e-05" in dump(written)
