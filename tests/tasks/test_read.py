"""Any file that a user may name becomes examples, or an error that leads on: the forms, the real data, the messages."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pytest
import yaml
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from groundup.errors import GroundupError
from groundup.tasks.examples import Answer, Labelled, Pair, Question, Story
from groundup.tasks.labels import labels_of
from groundup.tasks.read import read_examples
from groundup.tasks.reading.rows import Account
from groundup.tasks.settings import Columns, columns_from

FILMS = [("a stirring film", "good"), ('they said "no",\ntwice', "bad"), ("Été à l'île", "good"), ("zwölf Öre", "bad")]


def texts(examples: Any) -> list[tuple[str, str]]:
    return [(example.text, example.label) for example in examples]


def quoted(rows: list[tuple[str, str]], delimiter: str = ",", end: str = "\n") -> str:
    lines = [("text", "label"), *rows]
    return "".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) + end for line in lines)


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def message(path: Path, kind: Any, columns: Columns | None = None, **options: Any) -> str:
    with pytest.raises(GroundupError) as caught:
        list(read_examples(path, kind, columns or Columns(), **options))
    return str(caught.value)


# Forms


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_tables_of_any_delimiter_line_end_and_encoding(tmp_path: Path, delimiter: str, end: str, encoding: str) -> None:
    path = write(tmp_path / "films.csv", quoted(FILMS, delimiter, end).encode(encoding))
    assert texts(read_examples(path, Labelled)) == FILMS


@pytest.mark.parametrize(
    ("ending", "pack"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        (".zst", zstandard.ZstdCompressor().compress),
    ],
)
def test_packed_files_are_unpacked(tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]) -> None:
    path = write(tmp_path / f"films.csv{ending}", pack(quoted(FILMS).encode()))
    assert texts(read_examples(path, Labelled)) == FILMS
    write(path, path.read_bytes()[:-9])
    assert "films.csv" in message(path, Labelled)


def test_json_lines_json_arrays_and_parquet(tmp_path: Path) -> None:
    rows = [{"review": text, "label": number % 2} for number, (text, _) in enumerate(FILMS)]
    expected = [(text, str(number % 2)) for number, (text, _) in enumerate(FILMS)]
    lines = write(tmp_path / "a.jsonl", "\n".join(json.dumps(row) for row in rows))
    array = write(tmp_path / "a.json", json.dumps(rows, indent=1))
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    for path in (lines, array, tmp_path / "a.parquet"):
        assert texts(read_examples(path, Labelled)) == expected


def test_an_array_on_lines_of_its_own_and_a_list_under_a_name_are_read(tmp_path: Path) -> None:
    rows = '{"text": "a", "label": "x"},\n{"text": "b", "label": "y"}'
    for content in (f"[{rows}]", f'{{"data": [{rows}]}}'):
        assert texts(read_examples(write(tmp_path / "a.json", content), Labelled)) == [("a", "x"), ("b", "y")]


def test_lines_of_label_and_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "__label__1 one, two\n\n__label__0 three, four\n__label__1 five\n")
    assert texts(read_examples(path, Labelled)) == [("one, two", "1"), ("three, four", "0"), ("five", "1")]


def test_a_file_whose_name_lies_is_read_by_what_it_holds(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", '{"text": "a", "label": "x"}\n{"text": "b", "label": "y"}\n')
    assert texts(read_examples(path, Labelled)) == [("a", "x"), ("b", "y")]


def test_quotes_that_are_only_letters_do_not_swallow_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", 'text\tlabel\n"hello\tx\nhe said "no\ty\n"well" she said\tx\n')
    assert texts(read_examples(path, Labelled)) == [('"hello', "x"), ('he said "no', "y"), ('"well" she said', "x")]


def test_one_quote_left_open_costs_its_rows_and_not_the_quotes_of_all_others(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'text,label\n"a",x\n"b",y\n"c,x\n"d",y\n"e",x\n')
    assert texts(read_examples(path, Labelled, on_bad_row="skip")) == [("a", "x"), ("b", "y"), ("e", "x")]
    said = message(path, Labelled)
    assert "Line 4 of" in said
    assert "takes in all up to line 5" in said


def test_a_delimiter_that_excel_declares_is_believed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "sep=;\r\ntext;label\r\na, b;x\r\nc, d;\r\n")
    assert [example.id for example in read_examples(path, Labelled, on_bad_row="skip")] == ["a.csv#3"]


@pytest.mark.parametrize("depth", [10, 300, 900, 950, 980, 990, 100_000])
def test_values_within_values_within_values(tmp_path: Path, depth: int) -> None:
    nested = "[" * depth + "]" * depth
    path = write(tmp_path / "a.jsonl", f'{{"text": "a", "label": "x"}}\n{{"text": {nested}, "label": "x"}}\n')
    assert "Line 2" in message(path, Labelled)


def test_a_parquet_file_cut_short_is_an_error(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"text": ["a"] * 50, "label": ["x", "y"] * 25}), tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    for length in range(0, len(whole), 40):
        assert "a.parquet" in message(write(tmp_path / "a.parquet", whole[:length]), Labelled)


def test_quotes_escaped_by_backslashes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'text,label\n"say \\"no\\", then",x\n"plain, too",y\n')
    assert texts(read_examples(path, Labelled)) == [('say "no", then', "x"), ("plain, too", "y")]


def test_a_mark_inside_the_texts_is_not_taken_for_the_delimiter(tmp_path: Path) -> None:
    rows = "".join(f"no, not {word}, never;{number % 2}\n" for number, word in enumerate("abcdefgh"))
    path = write(tmp_path / "a.csv", "text;label\n" + rows)
    assert {label for _, label in texts(read_examples(path, Labelled))} == {"0", "1"}


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n",;\t|'), min_size=1, max_size=20)


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.tuples(cells, st.sampled_from(["good", "bad"])), min_size=1, max_size=8))
def test_what_was_quoted_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    rows = [(f"a{text}z", label) for text, label in rows]
    path = write(tmp_path_factory.getbasetemp() / "quoted.csv", quoted(rows))
    assert texts(read_examples(path, Labelled)) == rows


def test_pairs_from_columns_parallel_files_and_one_of_two(tmp_path: Path) -> None:
    expected = [("a cat", "eine Katze"), ("a dog", "ein Hund")]
    write(tmp_path / "t.en", "a cat\na dog\n")
    write(tmp_path / "t.de.gz", gzip.compress(b"eine Katze\nein Hund"))
    write(tmp_path / "p.csv", "de,en\neine Katze,a cat\nein Hund,a dog\n")
    write(tmp_path / "p.jsonl", "\n".join(json.dumps({"translation": {"en": s, "de": t}}) for s, t in expected))
    for name, columns in [
        ("t", Columns(source="en", target="de")),
        ("t", Columns(target="de")),
        ("t.en", Columns()),
        ("p.csv", Columns(source="en")),
        ("p.jsonl", Columns(source="en", target="de")),
    ]:
        pairs = read_examples(tmp_path / name, Pair, columns)
        assert [(pair.source, pair.target) for pair in pairs] == expected


@pytest.mark.parametrize(
    "answer",
    [
        {"answer": "a cat", "answer_start": 5},
        {"answers": [{"text": "a cat", "answer_start": 5}]},
        {"answers": {"text": ["a cat"], "answer_start": [5]}},
    ],
)
def test_questions_in_rows_keep_their_answers_in_every_usual_form(tmp_path: Path, answer: dict[str, Any]) -> None:
    row = {"passage": "I am a cat.", "question": "What am I?", **answer}
    (found,) = read_examples(write(tmp_path / "a.jsonl", json.dumps(row) + "\n" * 2), Question)
    assert found == Question("a.jsonl#1", "I am a cat.", "What am I?", (Answer("a cat", 5),))


def test_squad_2_knows_questions_without_an_answer(tmp_path: Path) -> None:
    asked = [
        {"id": "1", "question": "What?", "answers": [{"text": "cat", "answer_start": 2}], "is_impossible": False},
        {"id": "2", "question": "Who?", "answers": [], "is_impossible": True},
    ]
    squad = {"version": "v2.0", "data": [{"title": "T", "paragraphs": [{"context": "A cat.", "qas": asked}]}]}
    one, other = read_examples(write(tmp_path / "s.json", json.dumps(squad)), Question)
    assert one.answers == (Answer("cat", 2),)
    # Whole articles are held out: their passages say much the same.
    assert one.group == other.group == "T"
    assert other.is_impossible
    assert other.answers == ()


def test_a_question_sees_the_sentences_above_it_and_no_other_story(tmp_path: Path) -> None:
    lines = "1 A cat.\n2 Where?\tbed\t1\n3 A dog.\n4 Who?\tcat, dog\t1 3\n1 A cow.\n2 What?\tcow\n"
    found = list(read_examples(write(tmp_path / "qa7_x_train.txt", lines), Story))
    assert [[sentence.text for sentence in story.sentences] for story in found] == [
        ["A cat."],
        ["A cat.", "A dog."],
        ["A cow."],
    ]
    assert [story.supporting for story in found] == [(1,), (1, 3), ()]
    assert {story.task for story in found} == {7}


def test_a_folder_of_tasks_is_read_in_their_order(tmp_path: Path) -> None:
    for name in ("qa10_a_train.txt", "qa2_b_train.txt", "qa2_b_test.txt"):
        write(tmp_path / name, "1 A cat.\n2 Where?\tbed\t1\n")
    said = message(tmp_path, Story)
    assert "two files of task 2: qa2_b_test.txt and qa2_b_train.txt" in said
    assert f"'{tmp_path}/qa*_train.txt'" in said
    assert [story.task for story in read_examples(tmp_path / "qa*_train.txt", Story)] == [2, 10]


def test_two_texts_with_one_label_and_labels_that_gaps_made_fractions(tmp_path: Path) -> None:
    rows = {"premise": ["a", "b", "c"], "hypothesis": ["d", "e", "f"], "label": [1.0, None, 0.0]}
    parquet.write_table(pyarrow.table(rows), tmp_path / "a.parquet")
    found = read_examples(tmp_path / "a.parquet", Labelled, on_bad_row="skip")
    assert [(one.text, one.second, one.label) for one in found] == [("a", "d", "1"), ("c", "f", "0")]


# Real data


def test_real_files(shared_data: Path) -> None:
    counts = {
        ("sst2/dev.txt", Labelled): 872,
        ("multi30k/test2016.en.gz", Pair): 1000,
        ("squad/dev.json", Question): 1252,
        ("fairytaleqa/val.jsonl", Question): 1025,
        ("babi/qa15_basic-deduction_train.txt", Story): 1000,
    }
    for (name, kind), count in counts.items():
        account = Account()
        assert len(list(read_examples(shared_data / name, kind, account=account))) == count
        assert account.facts()["rows"] == account.read == count


def test_a_real_story(shared_data: Path) -> None:
    first = next(read_examples(shared_data / "babi" / "qa19_path-finding_train.txt", Story))
    assert (first.task, first.answer, first.supporting) == (19, "s,e", (2, 4))
    assert [sentence.line for sentence in first.sentences] == [1, 2, 3, 4, 5]
    assert first.question == "How do you go from the kitchen to the garden?"


def test_a_folder_with_two_files_of_a_task_names_a_pattern_that_works(shared_data: Path) -> None:
    said = message(shared_data / "babi", Story)
    pattern = re.search(r"such as '(.*)'", said)
    assert pattern
    tasks = [story.task for story in read_examples(Path(pattern[1]), Story)]
    assert [tasks.count(task) for task in range(1, 21)] == [1000] * 20


def test_real_reviews(shared_data: Path) -> None:
    reviews = read_examples(shared_data / "imdb" / "train.jsonl.gz", Labelled)
    first = next(reviews)
    assert (first.id, first.label, first.text[:20]) == ("0", "0", "Story of a man who h")


# Messages: what a new user with an odd file is told (show 7 of the issue)

ODD = (
    "\ufeffNr;Review Body;Stars;Bought\n"
    "1;A fine kettle, quick and quiet, and it looks well on the shelf;positive;2024\n"
    "2;It leaked on the second day and nobody answered my letters;negative;2023\n"
    "3;;positive;2024\n"
    "4;Good value; it boils in two minutes;positive;2022\n"
    "5;My mother loves it and so do I, every single morning;postive;2021\n"
    "6;Never again, the lid came off in my hand;negative;2024\n"
    "7;It does what it should and no more than that;;2020\n"
    "8;Splendid;positive;2020\n9;Lovely;positive;2020\n10;Quick;positive;2021\n11;Sturdy;positive;2021\n"
)


def pasted(said: str) -> tuple[Columns, Columns]:
    """The suggested mapping, pasted into a recipe and into a command line."""
    recipe = re.search(r"in the recipe, below task: +(.*)", said)
    line = re.search(r"--columns (.*)", said)
    assert recipe, said
    assert line, said
    return Columns(**yaml.safe_load(recipe[1])["columns"]), columns_from(shlex.split(line[1]))


def test_a_new_user_is_led_from_an_odd_file_to_examples(tmp_path: Path) -> None:
    path = write(tmp_path / "kettles.csv", ODD)
    # First: which column is which. The suggestion can be pasted.
    said = message(path, Labelled, Columns(label="stars"))
    assert "has no column 'stars' for the label" in said
    assert "Its columns are: 'Nr', 'Review Body', 'Stars', 'Bought'." in said
    assert "Did you mean 'Stars'?" in said
    assert "columns: {text: Review Body, label: Stars}" in said
    assert "line 2:  Nr: 1 | Review Body: A fine kettle" in said
    recipe, line = pasted(said)
    assert recipe == line == Columns(text="Review Body", label="Stars")
    # Then: which rows are bad, with the line and the column, and how many.
    said = message(path, Labelled, recipe)
    assert f"Line 4 of {path}, column 'Review Body': it is empty." in said
    assert "the first of 3 bad ones among 11 (empty cell: 2, number of cells: 1); next: line 5, 8." in said
    assert "`on_bad_row: skip`" in said
    # At last: the examples, with an account that adds up.
    account = Account()
    examples = list(read_examples(path, Labelled, recipe, on_bad_row="skip", account=account))
    assert [example.id for example in examples] == [f"kettles.csv#{line}" for line in (2, 3, 6, 7, 9, 10, 11, 12)]
    assert account.facts() == {
        "rows": 11,
        "read": 8,
        "skipped": {"empty cell": 2, "number of cells": 1},
        "first_bad": "Line 4 of kettles.csv, column 'Review Body': it is empty.",
        "columns": {"text": "Review Body", "label": "Stars"},
    }
    # And the wrong label is named with its place.
    assert labels_of(examples).warnings() == (
        "The label 'postive' (1, first at kettles.csv#6) looks like a slip for 'positive' (5); "
        "until it is mended, it is a label of its own.",
    )


def test_column_names_that_tell_nothing_are_guessed_by_content(tmp_path: Path) -> None:
    rows = "".join(f'{i},"{"word " * (i + 5)}",{"ja" if i % 3 else "nein"},{i * 7}\n' for i in range(1, 9))
    said = message(write(tmp_path / "a.csv", "a,b,c,d\n" + rows), Labelled)
    assert "has no column that is surely the text or the label" in said
    recipe, line = pasted(said)
    assert recipe == line == Columns(text="b", label="c")
    assert list(read_examples(tmp_path / "a.csv", Labelled, recipe))


@pytest.mark.parametrize(
    ("other", "values"),
    [
        ("id", ["a1", "a2"]),
        ("Nr", ["7", "7"]),
        ("language", ["en", "de"]),
        ("data_split", ["dev", "test"]),
        ("userId", ["anna", "bert"]),
        ("kettle", ["steel", "steel"]),
        ("sold", ["yes"] * 29 + ["no"]),
    ],
)
def test_a_column_of_few_values_is_not_at_once_the_label(tmp_path: Path, other: str, values: list[str]) -> None:
    """Identifiers, languages, parts, what is always or nearly always the same; and the file is sorted by label."""
    rows = "".join(
        f"{values[i % len(values)]},A kettle of {i} litres and more,{'fine' if i < 400 else 'poor'}\n"
        for i in range(600)
    )
    said = message(write(tmp_path / "a.csv", f"{other},what they wrote,what we made of it\n{rows}"), Labelled)
    found = pasted(said)[0]
    assert (found.text, found.label) == ("what they wrote", "what we made of it")


def test_where_there_is_no_other_such_a_column_is_suggested_all_the_same(tmp_path: Path) -> None:
    rows = "".join(f"{('en', 'de')[i % 2]},Words {i} of one tongue or another\n" for i in range(40))
    said = message(write(tmp_path / "a.csv", f"language,what they wrote\n{rows}"), Labelled)
    assert pasted(said)[0] == Columns(text="what they wrote", label="language")


def test_columns_in_doubt_are_asked_about(tmp_path: Path) -> None:
    said = message(write(tmp_path / "a.csv", "text,rating,sentiment\na b c,1,x\nd e f,2,y\ng h i,1,y\n"), Labelled)
    assert "several columns that may hold the label, 'rating' and 'sentiment'" in said
    assert pasted(said)[0] == Columns(text="text", label="sentiment")


def test_a_file_without_names_goes_by_number(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "3,Wall St. falls again today\n4,Probe lands on a comet\n3,Oil rises once more\n")
    said = message(path, Labelled)
    assert "hold data and no names" in said
    recipe, line = pasted(said)
    assert recipe == line == Columns(text="2", label="1")
    assert texts(read_examples(path, Labelled, recipe))[0] == ("Wall St. falls again today", "3")


def test_which_language_is_the_source_is_asked(tmp_path: Path) -> None:
    write(tmp_path / "t.en", "a\n")
    write(tmp_path / "t.de", "b\n")
    recipe, line = pasted(message(tmp_path / "t", Pair))
    assert recipe == line == Columns(source="de", target="en")
    table = write(tmp_path / "t.csv", "en,de\na,b\n")
    assert pasted(message(table, Pair))[0] == Columns(source="en", target="de")


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_any_names_of_columns_survive_pasting(text: str, label: str) -> None:
    from groundup.tasks.reading.columns import suggestion

    if "\n" in text + label or text == label or "\r" in text + label:
        return
    words = suggestion({"text": text, "label": label}).split("--columns ", 1)[1]
    assert columns_from(shlex.split(words)) == Columns(text=text, label=label)
    line = suggestion({"text": text, "label": label}).split("below task:", 1)[1].split("\n")[0]
    if (text + label).isprintable():
        assert yaml.safe_load(line)["columns"] == {"text": text, "label": label}


@pytest.mark.parametrize("lost", [0, 7, 20, 39])
def test_files_of_unequal_length_say_where_they_part(tmp_path: Path, lost: int) -> None:
    lines = ["x" * (3 + (i * 37) % 90) for i in range(40)]
    write(tmp_path / "t.en", "\n".join(lines))
    write(tmp_path / "t.de", "\n".join(line for i, line in enumerate(lines) if i != lost))
    said = message(tmp_path / "t.en", Pair)
    assert "has 40 lines but" in said
    assert "has 39" in said
    assert f"about line {lost + 1}. Look around" in said


@pytest.mark.parametrize(
    ("name", "content", "kind", "parts"),
    [
        ("a.csv", b"PK\x03\x04....", Labelled, ["spreadsheet or a zip", "Save the sheet as CSV"]),
        ("a.csv", b"\x1f\x8b....", Labelled, ["ends in .gz"]),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x01\x02\x03\x04", Labelled, ["cannot be read as text"]),
        ("a.csv", "text,label\na,b\n".encode("utf-16-le"), Labelled, ["`encoding: utf-16-le`"]),
        ("a.csv", "текст;метка\nодин;да\n".encode("koi8-r"), Labelled, ["encoding is not known"]),
        ("a.csv", "", Labelled, ["is empty"]),
        ("a.csv", "text,label\n", Labelled, ["holds no examples"]),
        ("a.csv", "text,text\na,b\n", Labelled, ["names two columns 'text'"]),
        ("a.csv", "only words here\nand here\n", Labelled, ["no columns"]),
        ("a.jsonl", '{"text": "a", "label": "x"}\n{"text": 3,\n', Labelled, ["Line 2", "not JSON"]),
        ("a.jsonl", '{"text": "a", "label": ["x"]}\n', Labelled, ["Line 1", "'label'", "no text but a list"]),
        ("a.jsonl", '{"text": "a", "label": "x"}\n{"text": "b"}\n', Labelled, ["Line 2", "no such key"]),
        ("a.json", '{"text": "a"', Labelled, ["is no JSON"]),
        ("a.json", '[{"text": "a", "label": "x"}]', Story, ["holds no stories with questions"]),
        ("qa1_x.txt", "1 A cat.\n2 Where?\tbed\t1\n", Labelled, ["is bAbI", "no labelled texts"]),
        ("qa1_x.txt", "1 A cat.\n2 Where?\tbed\t1\n4 More.\n", Story, ["Line 3", "1 or 3"]),
        ("qa1_x.txt", "1 A cat.\n2 Where?\tbed\t9\n", Story, ["Line 2", "leans on 9"]),
        ("a.txt", "To be\nor not to be\nthat is\nthe question\nwhether\n", Labelled, ["neither columns nor lines"]),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, name: str, content: str | bytes, kind: Any, parts: list[str]) -> None:
    said = message(write(tmp_path / name, content), kind)
    assert name in said
    for part in parts:
        assert part in said


def test_an_answer_that_is_not_at_its_place_is_shown_with_what_is(tmp_path: Path) -> None:
    asked = [{"id": "1", "question": "What?", "answers": [{"text": "cat", "answer_start": 1}]}]
    squad = {"data": [{"paragraphs": [{"context": "A cat.", "qas": asked}]}]}
    said = message(write(tmp_path / "s.json", json.dumps(squad)), Question)
    assert "Question 1 of" in said
    assert "'cat' is said to begin at character 1, where the passage has 'ca'" in said
    assert "; it stands at 2 (id 1)." in said
    assert "It holds" not in said


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text;label\nодин;да\nдва;нет\nтри;да\n".encode("koi8-r"))
    assert texts(read_examples(path, Labelled, encoding="koi8-r"))[0] == ("один", "да")
    path = write(tmp_path / "b.csv", "text,label\na,x\nb,y\n".encode("utf-16-le"))
    assert texts(read_examples(path, Labelled, encoding="utf-16-le")) == [("a", "x"), ("b", "y")]
    assert "no encoding 'klingon'" in message(path, Labelled, encoding="klingon")


def test_a_path_to_nothing_suggests_what_is_there(tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv", "text,label\na,b\n")
    assert "Did you mean 'reviews.csv'?" in message(tmp_path / "reveiws.csv", Labelled)
    assert "folder is not there" in message(tmp_path / "no" / "a.csv", Labelled)


def test_the_common_name_of_parallel_files_is_suggested(tmp_path: Path) -> None:
    for name in ("pairs.en", "pairs.fr.gz", "alone.en", "notes.txt"):
        write(tmp_path / name, "one\n")
    assert "Did you mean 'pairs'?" in message(tmp_path / "pair", Pair)
    assert "Did you mean 'pairs.en'?" in message(tmp_path / "pair.en", Pair)
    assert "Did you mean 'alone.en'?" in message(tmp_path / "alon.en", Pair)


def test_one_of_two_files_is_the_source_and_the_account_says_so_where_nothing_else_does(tmp_path: Path) -> None:
    for name, text in (("pairs.en", "one\n"), ("pairs.fr", "un\n")):
        write(tmp_path / name, text)
    for columns, files in (
        (Columns(), {"source": "pairs.fr", "target": "pairs.en"}),
        (Columns(source="fr"), None),
        (Columns(target="en"), None),
    ):
        account = Account()
        (pair,) = read_examples(tmp_path / "pairs.fr", Pair, columns, account=account)
        assert (pair.source, pair.target) == ("un", "one")
        assert account.facts().get("files") == files


def test_a_list_of_articles_is_read_as_the_whole_file_is(tmp_path: Path) -> None:
    asked = [{"id": "1", "question": "What?", "answers": [{"text": "cat", "answer_start": 2}]}]
    articles = [{"title": "T", "paragraphs": [{"context": "A cat.", "qas": asked}]}]
    whole, cut = (
        list(read_examples(write(tmp_path / "s.json", json.dumps(value)), Question))
        for value in ({"data": articles}, articles)
    )
    assert whole == cut
    assert len(cut) == 1


def test_a_file_that_is_not_there_is_guessed_by_more_than_its_ending(tmp_path: Path) -> None:
    write(tmp_path / "more.csv", "text,label\na,x\n")
    for name, is_near in (("nofile.csv", False), ("mroe.csv", True), ("more.tsv", True)):
        with pytest.raises(GroundupError, match="There is no file") as refused:
            read_examples(tmp_path / name, Labelled)
        assert ("Did you mean 'more.csv'?" in str(refused.value)) is is_near, name


def test_what_is_wrong_and_not_empty_is_not_to_be_filled(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "a", "label": "x"}\n{"text": \n')
    with pytest.raises(GroundupError, match="is not JSON") as refused:
        list(read_examples(path, Labelled))
    assert "Fill" not in str(refused.value)
    assert "Mend what is wrong in the file" in str(refused.value)


def test_stopping_gives_all_before_the_first_bad_row_and_none_behind(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\na,x\nb,\nc,y\n")
    reader = read_examples(path, Labelled)
    assert next(reader).text == "a"
    with pytest.raises(GroundupError, match=r"column 'label': it is empty.*\nIt is.*Fill the empty cells"):
        next(reader)


# R12: whatever the bytes, examples or a GroundupError

ORIGINALS: dict[str, tuple[bytes, Any]] = {
    "a.csv": (quoted(FILMS).encode(), Labelled),
    "b.tsv": (b'sentence\tlabel\nit "is\t1\nno\t0\nyes\t1\n', Labelled),
    "c.jsonl": (b'{"text": "a \\u00e9", "label": 1}\n{"text": "\\ud83d\\ude00", "label": null}\n', Labelled),
    "d.txt": (b"1 one two\n0 three\n1 four five\n", Labelled),
    "e.json": (
        b'{"version": "1.1", "data": [{"title": "T", "paragraphs": [{"context": "A cat sat.", "qas": [{"id": "1",'
        b' "question": "Who?", "answers": [{"text": "cat", "answer_start": 2}]}, {"id": "2", "question": "Why?",'
        b' "answers": [], "is_impossible": true}]}]}]}',
        Question,
    ),
    "f.json": (b'[{"source": "a", "target": "b"}, {"source": "c", "target": "d"}]', Pair),
    "qa1_g.txt": (b"1 A cat sat.\n2 Where?\tbed\t1\n1 B.\n2 C?\td\t\n", Story),
}


def mutations(original: bytes) -> st.SearchStrategy[bytes]:
    """The original with a few stretches cut out or overwritten."""

    def mutate(edits: list[tuple[int, int, bytes]]) -> bytes:
        data = original
        for place, length, new in edits:
            start = place % (len(data) + 1)
            data = data[:start] + new + data[start + length :]
        return data

    pieces = st.binary(max_size=8) | st.sampled_from(
        [b'"', b"\n", b"\t", b"{", b"[", b"]", b"}", b",", b"null", b"-1", b"1e999", b"\\ud800", b"\xff\xfe", b"NaN"]
    )
    return st.lists(st.tuples(st.integers(0, 10**4), st.integers(0, 12), pieces), min_size=1, max_size=5).map(mutate)


@pytest.mark.parametrize("name", ORIGINALS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_mutated_bytes_end_in_examples_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    original, kind = ORIGINALS[name]
    folder = tmp_path_factory.getbasetemp() / "mutated"
    folder.mkdir(exist_ok=True)
    path = write(folder / name, data.draw(mutations(original)))
    for choice in ("stop", "skip"):
        account = Account()
        try:
            for example in read_examples(path, kind, on_bad_row=choice, account=account):  # type: ignore[arg-type]
                repr(example).encode()
                assert isinstance(example, kind)
        except GroundupError as error:
            str(error).encode()
        json.dumps(account.facts()).encode()
