"""Windows cover the passage, keep their layout, and hold the answer where it stands."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.tasks.examples import Answer, Question
from groundup.tasks.windows import Window, cut, place, windows_of
from groundup.tokens.settings import Kind, TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

KINDS: tuple[Kind, ...] = ("character", "word", "bpe", "wordpiece", "unigram")
PASSAGE = "Denver's Broncos won 24-10 in Zürich (Ελλάδα, 日本), the cat sat on the mat. 😀 İstanbul"


@cache
def tokenizer_of(kind: Kind) -> Tokenizer:
    settings = TokenizerSettings(kind=kind, vocabulary=350, lower_case=kind == "unigram")
    return train_tokenizer([PASSAGE, "Who won the cat in Denver?"] * 3, settings)


def asked(context: str, *answers: Answer, question: str = "Who won?") -> Question:
    return Question("q", context, question, answers)


pieces = st.lists(st.sampled_from([*PASSAGE.split(" "), " ", "  ", "\n", "é日", "the", " a"]), max_size=30)


@pytest.mark.parametrize("kind", KINDS)
def test_windows_of_any_passage(kind: Kind) -> None:
    tokenizer = tokenizer_of(kind)

    @given(pieces.map(" ".join), st.data())
    @settings(max_examples=60, deadline=None, database=None)
    def check(passage: str, data: st.DataObject) -> None:
        longest_question, stride = data.draw(st.integers(0, 6)), data.draw(st.integers(0, 5))
        context = 3 + longest_question + stride + data.draw(st.integers(1, 12))
        start = data.draw(st.integers(0, len(passage)))
        text = passage[start : start + data.draw(st.integers(1, 12))]
        answers = [Answer(text, start)] if text.strip() else []
        question = asked(passage, *answers)
        windows = windows_of(
            question, tokenizer, context=context, stride=stride, longest_question=longest_question, number=3
        )
        words = tokenizer.encode(question.question)
        ids, offsets = tokenizer.encode_with_offsets(passage)
        head = (tokenizer.end, *words[:longest_question], tokenizer.separator)
        covered = 0
        starts = []
        for window in windows:
            size = len(window.offsets)
            assert (window.question, window.passage, window.first) == (3, passage, len(head))
            assert window.question_cut == max(0, len(words) - longest_question)
            starts.append(begin := max(0, covered - stride))
            assert window.ids == (*head, *ids[begin : begin + size], tokenizer.separator)
            assert window.offsets == tuple(offsets[begin : begin + size])
            assert len(window.ids) <= context
            assert len(window.ids) == context or window is windows[-1]
            assert begin + size > covered or not ids
            covered = begin + size
        assert covered == len(ids)
        assert [window.has_most_context for window in windows] == most_context(windows, starts)
        for window, begin in zip(windows, starts, strict=True):
            assert window.answer == expected_answer(passage, place(question), offsets, window, begin)

    check()


def most_context(windows: list[Window], starts: list[int]) -> list[tuple[bool, ...]]:
    """As BERT's `_check_is_max_context`, one token at a time."""
    flags: list[list[bool]] = []
    for number, (window, start) in enumerate(zip(windows, starts, strict=True)):
        flags.append([])
        for token in range(start, start + len(window.offsets)):
            scores = [
                min(token - first, first + len(other.offsets) - 1 - token) + 0.01 * len(other.offsets)
                if first <= token < first + len(other.offsets)
                else -1.0
                for other, first in zip(windows, starts, strict=True)
            ]
            flags[-1].append(scores.index(max(scores)) == number)
    return [tuple(row) for row in flags]


def expected_answer(
    passage: str, characters: tuple[int, int] | None, offsets: list[tuple[int, int]], window: Window, begin: int
) -> tuple[int, int] | None:
    """The tokens that have a character of the answer, found character by character."""
    if characters is None:
        return None
    wanted = set(range(*characters))
    tokens = [number for number, span in enumerate(offsets) if wanted & set(range(*span))]
    places = range(begin, begin + len(window.offsets))
    if tokens[0] not in places or tokens[-1] not in places:
        return None
    first, last = (window.first + token - begin for token in (tokens[0], tokens[-1]))
    # Nothing of the answer is lost; what the tokens have beside it is within the first and the last.
    start, end = window.characters(first, last)
    assert start <= characters[0] < characters[1] <= end
    assert passage[start:end].strip() == passage[start:end]
    return first, last


def test_a_leading_space_is_no_part_of_the_answer() -> None:
    (window,) = windows_of(
        asked("the cat sat", Answer("cat", 4)), tokenizer_of("bpe"), context=40, stride=4, longest_question=20
    )
    assert window.answer is not None
    assert window.characters(*window.answer) == (4, 7)


def test_what_a_window_cuts_is_no_answer_there_and_whole_in_the_next() -> None:
    tokenizer = tokenizer_of("character")
    question = asked("Denver won the cat", Answer("won the", 7))
    windows = windows_of(question, tokenizer, context=8 + 3 + 10, stride=7, longest_question=8)
    # 10 characters each: "Denver won", "ver won th", " won the c", "n the cat".
    assert [window.answer for window in windows] == [None, None, (11, 17), None]
    assert [window.labels for window in windows] == [(0, 0), (0, 0), (11, 17), (0, 0)]
    assert "".join(tokenizer.text(token) for token in windows[2].ids[11:18]) == "won the"


@pytest.mark.parametrize(
    ("answers", "text", "start"),
    [
        ([Answer("cat", 8)], "cat", 8),
        ([Answer("cat")], "cat", 8),  # As a word before "concat" has it.
        ([Answer("onca")], "onca", 1),
        ([Answer(" cat ", 7)], "cat", 8),
        ([Answer("cat", 3)], "cat", 3),  # The file says so.
        ([Answer("cat", 0)], "cat", 8),  # Not there: looked for.
        ([Answer("cat", -20)], "cat", 8),
        ([Answer("dog"), Answer("  "), Answer("(a.*)")], "(a.*)", 12),
        ([Answer("dog")], None, None),
        ([Answer("onc")], "onc", 1),
        ([], None, None),
    ],
)
def test_where_an_answer_is_found(answers: list[Answer], text: str | None, start: int | None) -> None:
    passage = "concat, cat (a.*) cat"
    found = place(asked(passage, *answers))
    assert found == (None if start is None or text is None else (start, start + len(text)))
    assert found is None or passage[slice(*found)] == text


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("an Old-man.", "old-man"),
        ("she loved him dearly!", "She loved him, dearly"),
        ("The Well", "well"),
        ("dearly, the", "dearly"),
        ("loved dearly", None),
        ("ell", "ell"),  # No word of the passage, but a part of one.
        ("he", "He"),  # Rather the word than a part of "She".
        ("The.", None),
    ],
)
def test_an_answer_in_other_case_or_punctuation_is_found_as_words(answer: str, text: str | None) -> None:
    passage = 'An "(old-man)" said: "She loved him, dearly". He fell; all is well.'
    found = place(asked(passage, Answer(answer)))
    assert (found and passage[slice(*found)]) == text


def test_an_exact_answer_goes_before_one_alike() -> None:
    passage = "the Cat, a dog"
    assert place(asked(passage, Answer("cat"), Answer("dog"))) == (11, 14)
    assert place(asked(passage, Answer("cat"), Answer("bird"))) == (4, 7)


def test_questions_on_one_passage_share_its_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = tokenizer_of("bpe")
    encode, seen = tokenizer.encode_with_offsets, []
    monkeypatch.setattr(tokenizer, "encode_with_offsets", lambda text: seen.append(text) or encode(text))
    questions = [asked(passage, question=text) for passage, text in (("a b", "1"), ("a b", "2"), ("c", "3"))]
    found = list(cut(questions, tokenizer, context=30, stride=2, longest_question=9))
    assert seen == ["a b", "c"]
    assert [window.question for windows in found for window in windows] == [0, 1, 2]
    alone = [
        windows_of(q, tokenizer, context=30, stride=2, longest_question=9, number=n) for n, q in enumerate(questions)
    ]
    assert found == alone


@pytest.mark.parametrize(("context", "stride"), [(23, 10), (10, 0), (5, 1), (40, 27), (40, -1)])
def test_windows_that_could_not_move_on_are_refused(context: int, stride: int) -> None:
    with pytest.raises(GroundupError, match=r"beside a question of up to 10 .* could not move on"):
        windows_of(asked("a"), tokenizer_of("bpe"), context=context, stride=stride, longest_question=10)


def test_real_answers_are_what_their_tokens_say(shared_data: Path) -> None:
    from groundup.tasks.read import read_examples

    questions = list(read_examples(shared_data / "squad" / "dev.json", Question))
    settings = TokenizerSettings(vocabulary=2000)
    tokenizer = train_tokenizer(dict.fromkeys(question.context for question in questions), settings)
    exact = 0
    for question, windows in zip(
        questions, cut(questions, tokenizer, context=256, stride=64, longest_question=48), strict=True
    ):
        held = [(window, window.answer) for window in windows if window.answer]
        assert held
        for window, (first, last) in held:
            start, end = window.characters(first, last)
            assert question.answers[0].text.strip() in question.context[start:end]
        exact += question.context[start:end] == question.answers[0].text.strip()
    assert exact / len(questions) > 0.98
