from __future__ import annotations

from pathlib import Path

import pytest

from groundup.errors import GroundupError
from groundup.tasks.made.vader import compound, read_lists

LEXICON = {
    ":)": 2.0, "bomb": -2.2, "doubt": -1.5, "funny": 1.9, "good": 1.9, "handsome": 2.2, "horrible": -2.5, "kind": 2.4,
    "no": -1.2, "smart": 1.7, "yeah": 1.2,
}  # fmt: skip
RULES = """
import os
UP = 0.293
DOWN = -0.293
NEGATE = \\
    ["not", "nor", "never", "nothing", "without", "isn't"]
BOOSTER_DICT = {"uber": UP, "very": UP, "really": UP, "so": UP, "kind of": DOWN}
SPECIAL_CASES = {"yeah right": -2, "the bomb": 3}
def negated(words):
    raise SystemExit("this is read, never run")
"""
# What vaderSentiment 3.3.2 itself says of these.
SCORES = {
    "VADER is smart, handsome, and funny.": 0.8316,
    "VADER is smart, handsome, and funny!": 0.8439,
    "VADER is VERY SMART, uber handsome, and FUNNY!!!!!!": 0.9427,
    "VADER is not smart, handsome, nor funny.": -0.7424,
    "The book was good.": 0.4404,
    "At least it isn't a horrible book.": 0.431,
    "The book was only kind of good.": 0.3832,
    "The plot was good, but the film is horrible and not funny.": -0.7851,
    "It was good, but so good!": 0.7602,
    "It was the least funny film.": -0.3412,
    "No funny man is no good.": -0.5875,
    "Never was a film so good??": 0.625,
    "Is it really that good????": 0.6296,
    "Without a doubt good.": 0.6136,
    "It is a kind, good man :)": 0.8519,
    "Oh yeah right, funny.": -0.2023,
    "This was the bomb, good": 0.8402,
    "nothing to see here": 0.0,
    "": 0.0,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = (f"{word}\t{value}\t0.8\t[1, 2]\n" for word, value in LEXICON.items())
    (tmp_path / "vader_lexicon.txt").write_text("".join(lines), "utf-8")
    (tmp_path / "rules.txt").write_text(RULES, "utf-8")
    return tmp_path


@pytest.mark.parametrize("text", SCORES)
def test_the_score_is_the_one_that_vader_gives(folder, text):
    assert compound(text, read_lists(folder)) == SCORES[text]


def test_the_lists_are_read_and_no_code_is_run(folder):
    lists = read_lists(folder)
    assert lists.boosters == {"uber": 0.293, "very": 0.293, "really": 0.293, "so": 0.293, "kind of": -0.293}
    assert "nothing" in lists.negations


@pytest.mark.parametrize("rules", ["NEGATE = open('x')", "NEGATE = ['not']", "NEGATE = [", "NEGATE = -'a'"])
def test_other_files_are_said(folder, rules):
    (folder / "rules.txt").write_text(rules, "utf-8")
    with pytest.raises(GroundupError, match="does not hold VADER's lists"):
        read_lists(folder)


def test_a_folder_without_them_is_said(tmp_path):
    with pytest.raises(GroundupError, match="VADER's lists"):
        read_lists(tmp_path)
