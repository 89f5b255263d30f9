"""The kinds of small stories: for each, what may happen, what may be asked, and what follows.

The kinds are those of bAbI (Weston et al. 2015, arXiv 1502.05698, section 3 and appendix: a world of people, places
and things is simulated and told in simple sentences); rules, wording and words are our own. A fact is a tuple of a
verb and its words. A solver answers from any set of facts in order, or says None where they do not tell, so that
`tales` can find out which sentences an answer needs by leaving the others out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from numpy.random import Generator

from groundup.tasks.story_words import (
    ANIMALS,
    COLOURS,
    DAYS,
    DIRECTIONS,
    NUMBERS,
    OPPOSITE,
    PEOPLE,
    PETS,
    PLACES,
    SIZED,
    THINGS,
)

Fact = tuple[str, ...]
Question = tuple[str, ...]
Facts = Sequence[Fact]


@dataclass(frozen=True)
class Kind:
    """One kind of story: rounds of facts with questions after each."""

    tell: Callable[[Generator], Iterator[list[Fact]]]
    ask: Callable[[Facts], list[Question]]
    """All questions that one may ask of such facts; some may have no answer yet."""
    solve: Callable[[Facts, Question], str | None]
    questions: int = 1
    """Asked after each round, if so many have answers."""
    supporting: tuple[int, ...] = ()
    """How many supporting sentences a question may have; () any number."""


def _some(draws: Generator, words: Sequence[str], count: int) -> list[str]:
    return [words[place] for place in draws.permutation(len(words))[:count]]


def _one(draws: Generator, words: Sequence[Any]) -> Any:
    return words[int(draws.integers(len(words)))]


def _named(facts: Facts, place: int, *verbs: str) -> list[str]:
    """The different words at one place of the facts with those verbs, in order."""
    return list(dict.fromkeys(fact[place] for fact in facts if fact[0] in verbs))


# People who walk about, take things and put them down.


def _moving(people: int, things: int, rounds: int, sentences: int) -> Callable[[Generator], Iterator[list[Fact]]]:
    def tell(draws: Generator) -> Iterator[list[Fact]]:
        actors, places = _some(draws, PEOPLE, people), _some(draws, PLACES, 6)
        where: dict[str, str] = {}
        lies: dict[str, str] = dict.fromkeys(_some(draws, THINGS, things), "")
        holder: dict[str, str] = {}
        for _ in range(rounds):
            told: list[Fact] = []
            while len(told) < sentences:
                actor = _one(draws, actors)
                carried = [thing for thing in lies if holder.get(thing) == actor]
                # What nobody has touched yet is wherever it is found first.
                near = [thing for thing in lies if thing not in holder and lies[thing] in ("", where.get(actor))]
                act = draws.random()
                if actor in where and near and act < 0.4:
                    thing = _one(draws, near)
                    holder[thing] = actor
                    told.append(("take", actor, thing))
                elif carried and act < 0.55:
                    thing = _one(draws, carried)
                    del holder[thing]
                    lies[thing] = where[actor]
                    told.append(("drop", actor, thing))
                else:
                    where[actor] = _one(draws, [place for place in places if place != where.get(actor)])
                    told.append(("move", actor, where[actor]))
            yield told

    return tell


@dataclass(frozen=True)
class _World:
    where: dict[str, str]
    carried: dict[str, list[str]]
    """By person who ever took or put down a thing: what he has, in the order in which he took it."""
    trails: dict[str, list[str]]
    """By thing: the places it is known to have been in, each once for every stay."""


def _lived(facts: Facts) -> _World:
    world = _World({}, {}, {})
    for verb, actor, what in facts:
        if verb == "move":
            world.where[actor] = what
        else:
            others = world.carried.setdefault(actor, [])
            world.carried[actor] = [thing for thing in others if thing != what] + [what] * (verb == "take")
        moved = world.carried.get(actor, []) if verb == "move" else [what]
        for thing in moved:
            trail = world.trails.setdefault(thing, [])
            if actor in world.where and trail[-1:] != [world.where[actor]]:
                trail.append(world.where[actor])
    return world


def _where_person(facts: Facts, question: Question) -> str | None:
    return _lived(facts).where.get(question[1])


def _where_thing(facts: Facts, question: Question) -> str | None:
    return next(iter(_lived(facts).trails.get(question[1], [])[-1:]), None)


def _where_before(facts: Facts, question: Question) -> str | None:
    trail = _lived(facts).trails.get(question[1], [])
    # Asked only of a place it was in once, or "before" could mean two things.
    if trail.count(question[2]) != 1 or trail[0] == question[2]:
        return None
    return trail[trail.index(question[2]) - 1]


def _is_in(facts: Facts, question: Question) -> str | None:
    place = _lived(facts).where.get(question[1])
    return None if place is None else ("no", "yes")[place == question[2]]


def _how_many(facts: Facts, question: Question) -> str | None:
    carried = _lived(facts).carried.get(question[1])
    return None if carried is None else NUMBERS[len(carried)]


def _what(facts: Facts, question: Question) -> str | None:
    carried = _lived(facts).carried.get(question[1])
    return None if carried is None else ",".join(carried) or "nothing"


def _ask_people(verb: str) -> Callable[[Facts], list[Question]]:
    return lambda facts: [(verb, actor) for actor in _named(facts, 1, "move", "take", "drop")]


def _ask_things(facts: Facts) -> list[Question]:
    return [("where thing", thing) for thing in _named(facts, 2, "take")]


def _ask_before(facts: Facts) -> list[Question]:
    places = _named(facts, 2, "move")
    return [("where before", thing, place) for thing in _named(facts, 2, "take") for place in places]


def _ask_in(facts: Facts) -> list[Question]:
    verbs = ("move", "is", "is not")
    return [("in", actor, place) for actor in _named(facts, 1, *verbs) for place in _named(facts, 2, *verbs)]


# What is not so.


def _denying(draws: Generator) -> Iterator[list[Fact]]:
    actors, places = _some(draws, PEOPLE, 4), _some(draws, PLACES, 6)
    where: dict[str, str] = {}
    for _ in range(5):
        told: list[Fact] = []
        for _ in range(2):
            actor = _one(draws, actors)
            verb = "is not" if draws.random() < 0.5 else _one(draws, ("is", "move"))
            place = _one(draws, places)
            if verb == "is not":
                # "No longer" is said of where someone was; of another place it is true as well.
                place = where.pop(actor, place)
            else:
                where[actor] = place
            told.append((verb, actor, place))
        yield told


def _is_said(facts: Facts, question: Question) -> str | None:
    said = [fact for fact in facts if fact[1] == question[1]]
    if not said:
        return None
    verb, _, place = said[-1]
    if verb == "is not":
        return "no" if place == question[2] else None
    return "yes" if place == question[2] else "no"


# Days told out of order.


def _dated(draws: Generator) -> Iterator[list[Fact]]:
    told: list[Fact] = []
    for actor in _some(draws, PEOPLE, 3):
        days = sorted(draws.permutation(len(DAYS))[:4])
        told += [("on", DAYS[day], actor, place) for day, place in zip(days, _some(draws, PLACES, 4), strict=True)]
    yield [told[place] for place in draws.permutation(len(told))]


def _by_day(facts: Facts, question: Question) -> str | None:
    days = sorted((DAYS.index(day), place) for _, day, actor, place in facts if actor == question[1])
    places = [place for _, place in days]
    if question[2] not in places:
        return None
    place = places.index(question[2]) + (1 if question[0] == "day after" else -1)
    return places[place] if 0 <= place < len(places) else None


def _ask_days(facts: Facts) -> list[Question]:
    return [(verb, actor, place) for _, _, actor, place in facts for verb in ("day before", "day after")]


# Sizes.


def _sized(draws: Generator) -> Iterator[list[Fact]]:
    order = _some(draws, SIZED, 6)
    told: list[Fact] = [("bigger", one, other) for one, other in pairwise(order)]
    yield [told[place] for place in draws.permutation(len(told))]


def _is_bigger(facts: Facts, question: Question) -> str | None:
    for start, stop, answer in ((question[1], question[2], "yes"), (question[2], question[1], "no")):
        reached = {start}
        for _ in facts:
            reached |= {small for _, big, small in facts if big in reached}
        if stop in reached:
            return answer
    return None


def _ask_sizes(facts: Facts) -> list[Question]:
    things = sorted({*_named(facts, 1, "bigger"), *_named(facts, 2, "bigger")})
    return [("is bigger", one, other) for one in things for other in things if one != other]


# A map.


def _mapped(draws: Generator) -> Iterator[list[Fact]]:
    # A tree on a grid: each place is told beside one before it, so that only one way leads anywhere.
    places = _some(draws, PLACES, 6)
    spots = {places[0]: (0, 0)}
    told: list[Fact] = []
    for place in places[1:]:
        while place not in spots:
            direction, (right, up) = _one(draws, list(DIRECTIONS.items()))
            other = _one(draws, list(spots))
            spot = spots[other][0] + right, spots[other][1] + up
            if spot not in spots.values():
                spots[place] = spot
                is_turned = draws.random() < 0.5
                told.append(
                    ("beside", other, OPPOSITE[direction], place) if is_turned else ("beside", place, direction, other)
                )
    yield [told[place] for place in draws.permutation(len(told))]


def _neighbours(facts: Facts) -> dict[str, dict[str, str]]:
    """By place: direction -> the place told to lie there."""
    found: dict[str, dict[str, str]] = {}
    for _, one, direction, other in facts:
        found.setdefault(other, {})[direction] = one
        found.setdefault(one, {})[OPPOSITE[direction]] = other
    return found


def _which(facts: Facts, question: Question) -> str | None:
    return _neighbours(facts).get(question[2], {}).get(question[1])


def _ask_which(facts: Facts) -> list[Question]:
    return [("which", direction, place) for place in _neighbours(facts) for direction in DIRECTIONS]


def _way(facts: Facts, question: Question) -> str | None:
    neighbours = _neighbours(facts)
    ways: dict[str, list[str]] = {question[1]: []}
    for place in (queue := [question[1]]):
        for direction, other in neighbours.get(place, {}).items():
            if other not in ways:
                ways[other] = [*ways[place], direction]
                queue.append(other)
    return ",".join(ways.get(question[2], [])) or None


def _ask_ways(facts: Facts) -> list[Question]:
    places = list(_neighbours(facts))
    return [("way", one, other) for one in places for other in places if one != other]


# Animals: what holds for all of a kind, and what one of a kind tells of another.


def _fearing(draws: Generator) -> Iterator[list[Fact]]:
    kinds = _some(draws, tuple(ANIMALS), 4)
    told: list[Fact] = [("fears", one, _one(draws, [kind for kind in kinds if kind != one])) for one in kinds]
    told += [("kind", pet, _one(draws, kinds)) for pet in _some(draws, PETS, 4)]
    yield [told[place] for place in draws.permutation(len(told))]


def _fears_what(facts: Facts, question: Question) -> str | None:
    kinds = {fact[1]: fact[2] for fact in facts if fact[0] == "kind"}
    fears = {fact[1]: fact[2] for fact in facts if fact[0] == "fears"}
    return ANIMALS.get(fears.get(kinds.get(question[1], ""), ""))


def _coloured(draws: Generator) -> Iterator[list[Fact]]:
    kinds = _some(draws, tuple(ANIMALS), 3)
    colours = dict(zip(kinds, _some(draws, COLOURS, 3), strict=True))
    told: list[Fact] = []
    for pet in _some(draws, PETS, 6):
        kind = _one(draws, kinds)
        told.append(("kind", pet, kind))
        if draws.random() < 0.6:
            told.append(("colour", pet, colours[kind]))
    yield [told[place] for place in draws.permutation(len(told))]


def _which_colour(facts: Facts, question: Question) -> str | None:
    kinds = {fact[1]: fact[2] for fact in facts if fact[0] == "kind"}
    for verb, pet, colour in facts:
        is_like = pet in kinds and kinds[pet] == kinds.get(question[1])
        if verb == "colour" and (pet == question[1] or is_like):
            return colour
    return None


def _ask_pets(verb: str) -> Callable[[Facts], list[Question]]:
    return lambda facts: [(verb, pet) for pet in _named(facts, 1, "kind")]


KINDS: dict[str, Kind] = {
    "where-person": Kind(_moving(4, 2, 5, 2), _ask_people("where person"), _where_person, supporting=(1,)),
    "where-thing": Kind(_moving(3, 2, 4, 4), _ask_things, _where_thing, supporting=(2,)),
    "where-thing-before": Kind(_moving(2, 2, 3, 6), _ask_before, _where_before, supporting=(3,)),
    "yes-no": Kind(_moving(4, 2, 5, 2), _ask_in, _is_in, supporting=(1,)),
    "counting": Kind(_moving(2, 4, 4, 4), _ask_people("how many"), _how_many),
    "lists": Kind(_moving(2, 3, 4, 4), _ask_people("what"), _what),
    "negation": Kind(_denying, _ask_in, _is_said, supporting=(1,)),
    "time": Kind(_dated, _ask_days, _by_day, questions=4, supporting=(2,)),
    "size": Kind(_sized, _ask_sizes, _is_bigger, questions=4, supporting=(1, 2, 3)),
    "place": Kind(_mapped, _ask_which, _which, questions=3, supporting=(1,)),
    "path": Kind(_mapped, _ask_ways, _way, questions=2, supporting=(2,)),
    "deduction": Kind(_fearing, _ask_pets("fears what"), _fears_what, questions=3, supporting=(2,)),
    "induction": Kind(_coloured, _ask_pets("which colour"), _which_colour, questions=2, supporting=(3,)),
}
