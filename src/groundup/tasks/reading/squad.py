"""SQuAD 1.1 and 2.0: articles of paragraphs, each a passage with its questions (arXiv 1606.05250 and 1806.03822)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from groundup.errors import GroundupError
from groundup.tasks.examples import Answer, Question
from groundup.tasks.reading.content import proper
from groundup.tasks.reading.rows import EMPTY_CELL, Fault, shortened


class Misshapen(Exception):  # noqa: N818  # becomes a Fault
    """A part of the file is not what the format asks for: column, value and sentence."""

    def __init__(self, column: str, value: object, detail: str, reason: str = "wrong form") -> None:
        super().__init__(detail)
        self.column, self.value, self.detail, self.reason = column, value, detail, reason


def is_squad(value: object) -> bool:
    """Whether a JSON value has the outermost form of SQuAD."""
    articles = value.get("data") if isinstance(value, dict) else None
    return isinstance(articles, list) and any(isinstance(item, dict) and "paragraphs" in item for item in articles)


def squad_questions(path: Path, value: object) -> Iterator[Question | Fault]:
    """The questions of a parsed SQuAD file, in order; `number` of a fault counts questions from 1."""
    if not is_squad(value):
        raise GroundupError(f"{path} has no `data` with paragraphs, as SQuAD has.", "Give a SQuAD file.")
    assert isinstance(value, dict)
    seen: set[str] = set()
    number = 0
    for article, context, item in _questions(value["data"]):
        number += 1
        try:
            if isinstance(item, Misshapen):
                raise item
            question = replace(_question(context, item, f"{path.name}#{number}"), group=article)
            if question.id in seen:
                raise Misshapen("id", question.id, "an earlier question has the same id", "id twice")
        except Misshapen as wrong:
            # Who looks for the question in the file can search for its id, but would have to count.
            name = item.get("id") if isinstance(item, dict) else None
            detail = f"{wrong.detail} (id {shortened(name)})" if isinstance(name, str | int) else wrong.detail
            yield Fault(number, wrong.reason, wrong.column, wrong.value, detail)
            continue
        seen.add(question.id)
        yield question


def _questions(articles: list[object]) -> Iterator[tuple[str, str, object]]:
    """Titles and passages with one question each; what is misshapen above a question stands in its place."""
    for article in articles:
        name = article.get("title") if isinstance(article, dict) else None
        title = proper(name) if isinstance(name, str) else ""
        paragraphs = article.get("paragraphs") if isinstance(article, dict) else None
        if not isinstance(paragraphs, list):
            yield title, "", Misshapen("paragraphs", article, "an article has no list of paragraphs")
            continue
        for paragraph in paragraphs:
            context = paragraph.get("context") if isinstance(paragraph, dict) else None
            questions = paragraph.get("qas") if isinstance(paragraph, dict) else None
            if not isinstance(context, str) or not isinstance(questions, list):
                yield title, "", Misshapen("context", paragraph, "a paragraph has no context and list of qas")
                continue
            yield from ((title, context, item) for item in questions)


def _question(context: str, item: object, place: str) -> Question:
    if not isinstance(item, dict):
        raise Misshapen("qas", item, "a question is no object")
    question, answers = item.get("question"), item.get("answers", [])
    if not isinstance(question, str) or not question.strip():
        raise Misshapen("question", question, "it is empty", EMPTY_CELL)
    if not isinstance(answers, list):
        raise Misshapen("answers", answers, "the answers are no list")
    is_impossible = item.get("is_impossible") is True
    name = item.get("id", place)
    if not isinstance(name, str | int):
        raise Misshapen("id", name, "the id is no text")
    given = () if is_impossible else tuple(checked(context, answer(value)) for value in answers)
    if not given and not is_impossible:
        raise Misshapen("answers", question, "it has no answer and is not marked is_impossible", "no answer")
    return Question(proper(str(name)), proper(context), proper(question), given, is_impossible)


def answer(value: object) -> Answer:
    """One answer of a list: a text, or an object with `text` and `answer_start`. Raises an error that readers count."""
    start: object = None
    if isinstance(value, dict):
        start = value.get("answer_start", value.get("start"))
        value = value.get("text")
    if not isinstance(value, str) or not value.strip():
        raise Misshapen("answers", value, "an answer has no text", "no answer")
    if start is not None and (not isinstance(start, int) or isinstance(start, bool)):
        raise Misshapen("answer_start", start, "the place of an answer is no whole number", "no place")
    return Answer(value, start)


def checked(context: str, given: Answer) -> Answer:
    """The answer, if the passage has it at its place; characters are code points, counted from 0."""
    if given.start is not None:
        stands = context[given.start : given.start + len(given.text)] if given.start >= 0 else ""
        if stands != given.text:
            raise Misshapen(
                "answer_start",
                "",
                f"the answer {shortened(given.text)!r} is said to begin at character {given.start:,}, "
                f"where the passage has {shortened(stands)!r}; {_where(context, given)}",
                "answer not at its place",
            )
    return Answer(proper(given.text), given.start)


def _where(context: str, given: Answer) -> str:
    """Where the passage has the answer, nearest to the place that is given."""
    assert given.start is not None
    before = context.rfind(given.text, 0, max(0, given.start) + len(given.text))
    places = [place for place in (before, context.find(given.text, max(0, given.start))) if place >= 0]
    if not places:
        return "it stands nowhere in it"
    return f"it stands at {min(places, key=lambda place: abs(place - given.start)):,}"  # type: ignore[operator]
