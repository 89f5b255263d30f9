from __future__ import annotations

import re

import pytest

from groundup.catalogue.references import find
from groundup.tasks.made import MADE, Made


@pytest.mark.parametrize("made", MADE.values(), ids=lambda made: made.name)
def test_an_entry_says_what_it_is_and_needs_what_the_catalogue_has(made: Made):
    assert MADE[made.name] is made
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", made.name)
    assert made.what.endswith(".")
    assert made.what.count(". ") == 0
    assert made.licence
    for name in made.needs:
        # What is made must be had without a person's doing.
        assert find(name).origins


def test_all_kinds_of_task_have_one():
    assert {made.kind for made in MADE.values()} == {"translation", "classification", "questions"}
