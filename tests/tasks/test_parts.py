"""Examples are parted by the hash of what they have in common, and stand on the disk as they were read."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from groundup.errors import DamagedError, GroundupError
from groundup.tasks.examples import Answer, Labelled, Pair, Question, Sentence, Story
from groundup.tasks.overlap import overlap
from groundup.tasks.parts import PARTS, Parts, of_kinds, question_of, read_parts, read_written, split, write_examples
from groundup.tasks.settings import Columns, TaskSettings
from groundup.tasks.shakespeare import SpellingPair

in_folder = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
anything = st.text(max_size=12)
shares = st.floats(0.05, 0.6)
places = st.integers(0, 40)

labelled = st.builds(Labelled, anything, anything, anything, anything)
pairs = st.builds(Pair, anything, anything, anything)
answers = st.lists(st.builds(Answer, anything, st.none() | st.integers(0, 99)), max_size=3).map(tuple)
questions = st.builds(Question, anything, anything, anything, answers, st.booleans(), anything, anything)
KINDS = {"classification": labelled, "translation": pairs, "questions": questions}


@in_folder
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_what_is_written_is_read_again(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    examples = data.draw(st.lists(KINDS[kind], max_size=5))
    write_examples(tmp_path / "part.jsonl", examples)
    assert read_written(tmp_path / "part.jsonl", kind) == examples
    assert len((tmp_path / "part.jsonl").read_bytes().splitlines()) == len(examples)


@pytest.mark.parametrize("text", ["{", '{"id": "1"}\n', '{"name": 1}', "[]", "\xff", "3"])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    for kind in KINDS:
        (tmp_path / "train.jsonl").write_text(text, encoding="latin-1")
        with pytest.raises(DamagedError, match=r"train\.jsonl is damaged"):
            read_written(tmp_path / "train.jsonl", kind)


def test_a_line_keeps_what_its_kind_has(tmp_path: Path) -> None:
    pair = SpellingPair("1", "loue", "love", *["x"] * (len(SpellingPair.__dataclass_fields__) - 3))
    write_examples(tmp_path / "pairs.jsonl", [pair])
    assert read_written(tmp_path / "pairs.jsonl", "translation") == [Pair("1", "loue", "love")]


def of_kind(kind: str, group: int, stratum: int, place: int) -> Any:
    """An example of a group and, where its kind has such, of a stratum."""
    name = f"{place}"
    return {
        "classification": Labelled(name, f"text {group}", f"label {stratum}"),
        "translation": Pair(name, f"source {group}", f"target {place}"),
        "questions": Question(name, f"passage {group}", f"question {place}", (Answer("a"),), kind=f"{stratum}"),
        "stories": Question(name, f"passage {place}", "q", (Answer("a"),), kind=f"{stratum}", group=f"story {group}"),
    }[kind]


kinds = st.sampled_from(["classification", "translation", "questions", "stories"])
layouts = st.lists(st.tuples(places, st.integers(0, 2)), max_size=60)


@settings(max_examples=100, deadline=None)
@given(kinds, layouts, shares)
def test_no_group_stands_in_two_parts_and_nothing_is_lost(kind, layout, share):
    examples = [of_kind(kind, *both, place) for place, both in enumerate(layout)]
    kept, taken = split(examples, share, "test")
    assert sorted([*kept, *taken], key=lambda example: int(example.id)) == examples
    for part in (kept, taken):
        assert [int(example.id) for example in part] == sorted(int(example.id) for example in part)
    groups = [{layout[int(example.id)][0] for example in part} for part in (kept, taken)]
    assert not groups[0] & groups[1]
    assert (kept, taken) == split(examples, share, "test")


@settings(max_examples=100, deadline=None)
@given(kinds, st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9)), min_size=1, max_size=30), shares)
def test_each_stratum_gives_nearly_its_share(kind, groups, share):
    """Off by half a group at most, where groups stand in one stratum each."""
    examples = [of_kind(kind, number, stratum, 0) for number, (stratum, size) in enumerate(groups) for _ in range(size)]
    _, taken = split(examples, share, "test")
    of_all, of_taken, largest = Counter(), Counter(), defaultdict(int)
    for number, (stratum, size) in enumerate(groups):
        stratum = 0 if kind == "translation" else stratum
        of_all[stratum] += size
        largest[stratum] = max(largest[stratum], size)
        of_taken[stratum] += sum(example == of_kind(kind, number, groups[number][0], 0) for example in taken)
    # Where none has half a group to give, a share is taken of them all together.
    assume(any(share * count >= largest[stratum] / 2 for stratum, count in of_all.items()))
    for stratum, count in of_all.items():
        assert abs(of_taken[stratum] - share * count) <= largest[stratum] / 2 + 1e-9


@settings(max_examples=20, deadline=None)
@given(st.sets(st.integers(0, 5000), min_size=50, max_size=120), st.randoms(use_true_random=False), shares)
def test_more_examples_and_another_order_move_few(numbers, random, share):
    examples = [Pair(str(number), f"text {number}", "") for number in sorted(numbers)]
    taken = {example.id for example in split(examples, share, "test")[1]}
    shuffled = random.sample(examples, len(examples))
    assert {example.id for example in split(shuffled, share, "test")[1]} == taken
    more = [*examples, *(Pair(f"+{number}", f"new {number}", "") for number in range(10))]
    now = {example.id for example in split(more, share, "test")[1]}
    # The line moves by so many examples at most as there are new ones.
    assert len(taken - now) <= 10
    assert len({name for name in now - taken if name[0] != "+"}) <= 10


def test_parts_for_two_purposes_are_others() -> None:
    examples = [Pair(str(number), f"text {number}", "") for number in range(200)]
    one, other = (split(examples, 0.5, purpose)[1] for purpose in ("test", "validation"))
    assert 20 < len({example.id for example in one} & {example.id for example in other}) < 80


def test_a_text_with_two_labels_is_never_parted() -> None:
    """One stratum takes it, the other would not: it goes with both its labels."""
    examples = [Labelled(f"{text} {label}", f"{text}", label) for text in range(60) for label in ("a", "b")]
    kept, taken = split(examples, 0.3, "test")
    assert not {example.text for example in kept} & {example.text for example in taken}


@settings(max_examples=50, deadline=None)
@given(kinds, layouts, shares, st.lists(st.sampled_from(["", " ", "\n", "\t "]), min_size=1, max_size=9))
def test_blanks_at_the_ends_part_nothing(kind, layout, share, blanks):
    """What the parts are compared by is what keeps them apart."""
    names = {"classification": "text", "translation": "source", "questions": "context", "stories": "group"}
    examples = [
        replace(example, **{names[kind]: f"{blanks[place % len(blanks)]}{getattr(example, names[kind])}\n"})
        for place, example in enumerate(of_kind(kind, *both, place) for place, both in enumerate(layout))
    ]
    kept, taken = split(examples, share, "test")
    groups = [{layout[int(example.id)][0] for example in part} for part in (kept, taken)]
    assert not groups[0] & groups[1]
    assert kind == "stories" or overlap(kept, taken).seen == 0


def test_targets_in_two_parts_are_counted(tmp_path: Path) -> None:
    (tmp_path / "all.en").write_text("".join(f"text {number}\n" for number in range(100)))
    (tmp_path / "all.de").write_text("".join(f"Ziel {number % 2}\n" for number in range(100)))
    pairs = TaskSettings("translation", "all", columns=Columns(source="en", target="de"))
    _, account = read_parts({"train": tmp_path / "all"}, pairs)
    assert account["validation_seen"]["sides"] == {"source": 0, "target": 10}
    assert account["validation_seen"]["seen"] == 0


def task(**values: Any) -> TaskSettings:
    return TaskSettings(**{"kind": "classification", "train": "train.jsonl"} | values)


def table(path: Path, examples: list[Labelled]) -> Path:
    rows = [{"text": example.text, "label": example.label} for example in examples]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


MANY = [Labelled(str(number), f"text number {number}", "ab"[number % 2]) for number in range(200)]


def test_parts_come_out_of_one_file_or_of_three(tmp_path: Path) -> None:
    file = table(tmp_path / "train.jsonl", MANY)
    nothing = dict.fromkeys(PARTS)
    parts, account = read_parts({**nothing, "train": file}, task(test_share=0.2))
    assert (
        account["examples"]
        == {name: len(parts[name]) for name in PARTS}
        == {"train": 144, "validation": 16, "test": 40}
    )
    texts = [{example.text for example in parts[name]} for name in PARTS]
    assert set.union(*texts) == {example.text for example in MANY}
    assert sum(map(len, texts)) == len(MANY)
    assert account["validation_seen"]["seen"] == account["test_seen"]["seen"] == 0
    # Labels have their share in each part.
    assert Counter(example.label for example in parts.test) == {"a": 20, "b": 20}

    own = table(tmp_path / "own.jsonl", MANY[:5])
    parts, account = read_parts({"train": file, "validation": own, "test": own}, task(test_share=0.2, limit=7))
    assert account["examples"] == {"train": 7, "validation": 5, "test": 5}
    # What was learned from is no test, and that is said.
    assert account["test_seen"]["seen"] == 5

    parts, account = read_parts({**nothing, "train": file}, task())
    assert (len(parts.validation), len(parts.test)) == (20, 0)
    assert "test_seen" not in account


def test_too_few_examples_to_part_are_refused(tmp_path: Path) -> None:
    file = table(tmp_path / "few.jsonl", MANY[:3])
    with pytest.raises(GroundupError, match=r"no validation examples: .*few\.jsonl has 3 in all"):
        read_parts({"train": file}, task())


def test_a_story_is_a_passage_with_a_question() -> None:
    sentences = tuple(Sentence(line, f"Line {line}.") for line in (1, 2))
    one, other = (
        question_of(Story(f"qa1.txt#{line}", 1, sentences, "Where?", "garden", (1,), story=story))
        for line, story in ((3, 4), (6, 5))
    )
    assert one == Question("qa1.txt#3", "Line 1. Line 2.", "Where?", (Answer("garden"),), kind="qa1", group="qa1.txt 4")
    assert one.group != other.group


def test_labels_too_rare_to_give_any_give_together() -> None:
    examples = [Labelled(str(n), f"text {n}", f"label {n % 100}") for n in range(400)]
    kept, taken = split(examples, 0.1, "validation")
    assert len(taken) == 40
    assert {example.label for example in taken} <= {example.label for example in kept}


def test_what_is_said_of_one_text_is_never_parted() -> None:
    """As the three hypotheses of a premise."""
    examples = [Labelled(f"{n}", f"premise {n // 3}", "abc"[n % 3], f"hypothesis {n}") for n in range(300)]
    kept, taken = split(examples, 0.2, "validation")
    assert not {example.text for example in kept} & {example.text for example in taken}
    assert 55 <= len(taken) <= 65


@given(st.lists(st.sampled_from(["qa1", "qa2", "qa19", ""]), min_size=1, max_size=12), st.data())
def test_some_kinds_of_question_are_those_in_their_order(kinds: list[str], data: st.DataObject) -> None:
    asked = [Question(str(number), "a", "b", (), kind=kind) for number, kind in enumerate(kinds)]
    parts = Parts(asked, asked[:], asked[: len(asked) // 2])
    assert of_kinds(parts, ()) is parts
    wanted = data.draw(st.lists(st.sampled_from(kinds), min_size=1, unique=True))
    found = of_kinds(parts, wanted)
    for name in PARTS:
        assert found[name] == [example for example in parts[name] if example.kind in wanted]


def test_a_kind_that_is_not_there_is_refused_with_those_that_are() -> None:
    asked = [Question(kind, "a", "b", (), kind=kind) for kind in ("qa1", "qa19")]
    with pytest.raises(GroundupError, match=r"no questions of the kind 'qa_19' .* there: qa1, qa19\."):
        of_kinds(Parts(asked, asked, []), ["qa_19"])
    with pytest.raises(GroundupError, match="no questions of the kind 'qa19' to learn from"):
        of_kinds(Parts(asked[:1], asked, asked), ["qa1", "qa19"])
    with pytest.raises(GroundupError, match="These examples name none"):
        of_kinds(Parts(*[[Question("1", "a", "b", ())]] * 3), ["qa1"])
    with pytest.raises(GroundupError, match="of the kind qa19 to measure on"):
        of_kinds(Parts(asked, asked[:1], asked), ["qa19"])
