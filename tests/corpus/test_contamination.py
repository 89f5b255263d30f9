from __future__ import annotations

import random
import re
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from groundup.corpus.contamination import (
    Contamination,
    as_columns,
    build_index,
    contamination,
    decontaminate,
    from_columns,
    open_index,
    reached_threshold,
)
from groundup.corpus.contamination_settings import ContaminationSettings, EvaluationSettings, OverlapSettings
from groundup.errors import DamagedError, GroundupError

DROP = ContaminationSettings((EvaluationSettings("x"),))
QUESTION = "Which of the four gases named below makes up most of the air that we breathe every day?"


def grams(words: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + size]) for start in range(len(words) - size + 1)]


def oracle(text: str, items: list[tuple[str, str]], settings: OverlapSettings) -> Contamination:
    """Every run of the text held against every run of every item, as tuples."""
    pattern = re.compile(r"\w+" if settings.unit == "words" else r"\w")
    spans = [match.span() for match in pattern.finditer(text)]
    words = [text[slice(*span)].lower() for span in spans]
    sets = []
    for name, item in items:
        own = [word.lower() for word in pattern.findall(item)]
        if len(own) >= settings.shortest:
            sets.append((name, set(grams(own, min(settings.size, len(own))))))
    every = set().union(*(some for _, some in sets))
    covered = [False] * len(words)
    mine = set()
    for size in {len(gram) for gram in every}:
        for start, gram in enumerate(grams(words, size)):
            if gram in every:
                mine.add(gram)
                covered[start : start + size] = [True] * size
    whole = grams(words, settings.size)
    if not mine:
        return Contamination()
    name, share = max(((name, len(some & mine) / len(some)) for name, some in sets), key=lambda pair: pair[1])
    passages, longest, start = [], 0, None
    for place, is_covered in enumerate([*covered, False]):
        if is_covered and start is None:
            start = place
        elif not is_covered and start is not None:
            passages.append((spans[start][0], spans[place - 1][1]))
            longest = max(longest, place - start)
            start = None
    found = sum(gram in every for gram in whole) / len(whole) if whole else 0.0
    return Contamination(found, share, longest, name, tuple(passages))


def some_text(chance: random.Random, most: int) -> str:
    words = chance.choices(["a", "B", "c", "É", "漢字", "d-e"], k=chance.randint(0, most))
    return "".join(word + chance.choice([" ", ", ", "\n", "! "]) for word in words)


@effort(deadline=None, max_examples=150)
@given(st.integers(0, 10**6), st.integers(1, 5), st.sampled_from(["words", "characters"]))
def test_the_signals_are_what_brute_force_finds(seed: int, size: int, unit) -> None:
    chance = random.Random(seed)
    settings = OverlapSettings(unit, size, chance.randint(1, size))
    items = [(f"item {number}", some_text(chance, 9)) for number in range(chance.randint(1, 8))]
    texts = [some_text(chance, 30) for _ in range(4)]
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "index"
        try:
            index = build_index(items, settings, into)
        except GroundupError:
            assert not into.exists()
            return
        assert len(index.names) + index.too_short == len(items)
        for text in texts:
            found = contamination(text, index)
            assert found == oracle(text, items, settings)
            assert from_columns(as_columns(found)) == found
            # Where a passage stands, nothing but what lies between units was missed.
            assert all(0 <= start < end <= len(text) for start, end in found.passages)


def test_punctuation_case_and_what_is_around_hide_nothing(tmp_path: Path) -> None:
    index = build_index([("a#1", "Something else, " * 9), ("a#2", QUESTION)], OverlapSettings(), tmp_path / "index")
    text = f"I read this: -- {QUESTION.upper().replace(' ', '  ')} -- and wondered."
    found = contamination(text, index)
    assert (found.item, found.item_share, found.longest_run) == ("a#2", 1.0, 18)
    ((start, end),) = found.passages
    assert text[start:end] == QUESTION[:-1].upper().replace(" ", "  ")
    assert contamination("Nothing of that sort stands in this text, which is about other things.", index) == (
        Contamination()
    )


def test_short_items_are_found_and_shorter_ones_counted(tmp_path: Path) -> None:
    items = [("long", QUESTION), ("short", "the capital city of France is called Paris"), ("tiny", "What is it?")]
    index = build_index(items, OverlapSettings(), tmp_path / "index")
    assert index.too_short == 1
    assert index.sizes == (8, 13)
    found = contamination("They say that the capital city of France is called Paris, and so it is.", index)
    assert (found.item, found.item_share, found.text_share, found.longest_run) == ("short", 1.0, 0.0, 8)


def test_thresholds_decide_and_the_account_adds_up(tmp_path: Path) -> None:
    index = build_index([("a#1", QUESTION)], OverlapSettings(), tmp_path / "index")
    text = "x " * 200 + QUESTION + " y" * 200
    found = contamination(text, index)
    high = replace(DROP, item_share=2, text_share=2, longest_run=0)
    assert decontaminate(text, found, high) == (text, None)
    assert reached_threshold(Contamination(), DROP) is None
    left, change = decontaminate(text, found, DROP)
    assert change is not None
    assert (left, change.action, change.before, change.after, change.cluster) == ("", "drop", len(text), 0, "a#1")
    left, change = decontaminate(text, found, replace(DROP, action="cut", margin=4))
    assert change is not None
    assert len(left) == change.after
    assert change.before - change.after == len(QUESTION) - 1 + 8
    assert QUESTION[5:-5] not in left
    # The margins of all of a text's passages may overlap, and end with the text.
    near = Contamination(1, 1, 13, "a", ((3, 5), (6, 9)))
    assert decontaminate("0123456789", near, replace(DROP, action="cut", margin=2))[0] == "0"


def test_an_index_is_the_same_bytes_whatever_was_before(tmp_path: Path) -> None:
    items = [("a", QUESTION), ("b", QUESTION + " Say why.")]
    first = build_index(items, OverlapSettings(), tmp_path / "one")
    build_index(iter(items), OverlapSettings(), tmp_path / "two")
    assert first.hashes.tolist() == sorted(set(first.hashes.tolist()))
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    held = Counter(first.items.tolist())
    assert [held[number] for number in range(2)] == first.runs.tolist()
    # Both hold all of it: the first is named.
    assert contamination(QUESTION, first).item == "a"


def test_what_is_missing_or_damaged_is_said(tmp_path: Path) -> None:
    with pytest.raises(GroundupError, match="no index"):
        open_index(tmp_path / "nowhere")
    with pytest.raises(GroundupError, match="None of the 1 evaluation items has 8 words"):
        build_index([("a", "too short")], OverlapSettings(), tmp_path / "index")
    build_index([("a", QUESTION)], OverlapSettings(), tmp_path / "index")
    for file in sorted((tmp_path / "index").iterdir()):
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DamagedError, match="index"):
            open_index(tmp_path / "index")
        file.write_bytes(whole)
