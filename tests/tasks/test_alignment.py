from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.tasks.alignment import Bead, align, letters, similarity

CONSONANTS = "bcdfghlmnprstw"


def word(draw: random.Random) -> str:
    return "".join(draw.choice(CONSONANTS) + draw.choice("aeiou") for _ in range(draw.randint(1, 4)))


def lines(draw: random.Random, count: int) -> list[str]:
    known = [word(draw) for _ in range(400)]
    return [" ".join(draw.choices(known, k=draw.randint(3, 9))) for _ in range(count)]


def misspelt(draw: random.Random, line: str, rate: float) -> str:
    """An older hand: other letters, doubled ones, and an e at the end of words."""
    written = []
    for old in line.split():
        new = "".join(draw.choice(CONSONANTS) if draw.random() < rate / 3 else letter for letter in old)
        new = "".join(letter * (1 + (draw.random() < rate and letter in CONSONANTS)) for letter in new)
        written.append(new + "e" * (draw.random() < rate))
    return " ".join(written)


def edited(draw: random.Random, texts: list[str], rate: float) -> tuple[list[str], list[str], set[tuple[int, int]]]:
    """Two versions with lines left out, put in, split and joined, and which line of one holds which of the other."""
    one: list[str] = []
    other: list[str] = []
    links: set[tuple[int, int]] = set()
    for text in texts:
        act = draw.random()
        old = misspelt(draw, text, 0.15)
        words, olds = text.split(), old.split()
        half = len(words) // 2
        if act < rate / 4:
            one.append(old)
        elif act < rate / 2:
            other.append(text)
        elif act < 3 * rate / 4:
            links |= {(len(one), len(other)), (len(one), len(other) + 1)}
            one.append(old)
            other += [" ".join(words[:half]), " ".join(words[half:])]
        elif act < rate:
            links |= {(len(one), len(other)), (len(one) + 1, len(other))}
            one += [" ".join(olds[:half]), " ".join(olds[half:])]
            other.append(text)
        else:
            links.add((len(one), len(other)))
            one.append(old)
            other.append(text)
    return one, other, links


def links_of(beads: list[Bead]) -> set[tuple[int, int]]:
    return {(row, column) for bead in beads for row in bead.source for column in bead.target}


@pytest.mark.parametrize(("rate", "recall", "precision"), [(0.0, 0.995, 1.0), (0.2, 0.98, 0.98), (0.5, 0.96, 0.96)])
def test_planted_edits_are_found(rate, recall, precision):
    draw = random.Random(1)
    one, other, links = edited(draw, lines(draw, 800), rate)
    found = links_of(align(one, other))
    assert len(found & links) >= recall * len(links)
    assert len(found & links) >= precision * len(found)


def test_lines_that_come_again_and_again_are_paired_in_order():
    """A refrain is no anchor; its neighbours say which is which."""
    draw = random.Random(2)
    verses = lines(draw, 40)
    text = [line for verse in verses for line in (verse, "with a hey and a ho and a nonino")]
    old = [misspelt(draw, line, 0.15) for line in text]
    del old[21]
    found = links_of(align(old, text))
    assert {(n, n if n < 21 else n + 1) for n in range(len(old))} == found


def test_a_long_passage_left_out_costs_nothing_else():
    draw = random.Random(3)
    text = lines(draw, 900)
    old = [misspelt(draw, line, 0.15) for line in text[:300] + text[600:]]
    found = links_of(align(old, text))
    true = {(n, n if n < 300 else n + 300) for n in range(600)}
    assert len(found & true) >= 0.99 * len(true)
    assert len(found - true) <= 5


def test_texts_that_share_nothing_share_no_bead_and_end_soon():
    draw = random.Random(4)
    one = [" ".join(draw.choices(["bat", "cog", "dim", "fez"], k=6)) for _ in range(800)]
    other = [" ".join(draw.choices(["pluck", "quirk", "rhythm", "myths"], k=6)) for _ in range(800)]
    start = time.process_time()
    assert align(one, other) == []
    assert time.process_time() - start < 5


@settings(max_examples=200, deadline=None)
@given(*[st.lists(st.text("abc dx,", max_size=12), max_size=14)] * 2)
def test_beads_rise_on_both_sides_and_never_overlap(one, other):
    beads = align(one, other)
    for before, after in pairwise(beads):
        assert before.source.stop <= after.source.start
        assert before.target.stop <= after.target.start
    for bead in beads:
        assert 0 <= bead.source.start < bead.source.stop <= len(one)
        assert 0 <= bead.target.start < bead.target.stop <= len(other)
        assert 0 < bead.similarity <= 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text("abcdefgh ", min_size=12, max_size=20).filter(letters), max_size=8))
def test_a_text_is_aligned_with_itself_line_by_line(text):
    assert links_of(align(text, text)) == {(n, n) for n in range(len(text))}


def test_nothing_is_aligned_with_nothing():
    assert align([], []) == align(["a line"], []) == align([], ["a line"]) == align(["", "..."], ["", "!"]) == []


def test_old_and_new_spelling_are_alike():
    assert similarity("Vpon the Heath, to day", "upon the heath; today!") == 1
    assert similarity("Haue you your Fathers leaue?", "Have you your father's leave?") > 0.9
    assert similarity("The Trumpet sounds", "What bloody man is that?") < 0.2
    assert similarity("", "word") == similarity("!", "?") == 0
