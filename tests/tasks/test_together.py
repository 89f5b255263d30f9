"""Models of any kind write one text together, and each reads by its own tokenizer."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from groundup.decoding.engine import Engine
from groundup.decoding.settings import BeamSettings
from groundup.errors import GroundupError
from groundup.tasks.materials.pairs import Coders
from groundup.tasks.settings import TaskSettings
from groundup.tasks.together import Member, Readers, together
from groundup.tasks.translation import Translator, engine_of
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer

LETTERS = "abcdef "
WORDS = ["abc def", "fed cab", "bad face", "cafe deaf"] * 5


def coder_of(kind: str, texts: list[str], vocabulary: int = 40) -> Tokenizer:
    return train_tokenizer(texts, TokenizerSettings(kind=kind, vocabulary=vocabulary))  # type: ignore[arg-type]


TARGET = coder_of("character", [LETTERS.upper()] * 2)
SHORT, LONG = coder_of("word", WORDS), coder_of("character", [LETTERS] * 2)
PAIR = {"encoder": ("attention", "glu"), "decoder": ("attention", "cross", "glu")}
OLDER = {"encoder": ("gru",), "decoder": ("gru", "luong")}
TASK = TaskSettings("translation", "train", search=BeamSettings(beams=3, n_best=3, tokens=12, length_penalty=0.6))


@pytest.fixture(scope="module")
def member(random_model):  # type: ignore[no-untyped-def]
    def make(name: str, reader: Tokenizer, stack: dict[str, tuple[str, ...]], seed: int = 0, **more: object) -> Member:
        shape = {**stack, **more}
        model = random_model(TARGET.vocabulary, seed, **shape)
        # Tables of sources have sizes of their own.
        if reader is not TARGET:
            table = torch.nn.Embedding(reader.vocabulary, model.embedding.weight.shape[1])
            generator = torch.Generator().manual_seed(seed + 1)
            with torch.no_grad():
                table.weight.normal_(generator=generator)
            model.source_embedding = table
        return Member(name, model, Coders(reader, TARGET))

    return make


@pytest.mark.parametrize("stack", [PAIR, OLDER], ids=["attention", "gru"])
def test_a_model_together_with_itself_writes_what_it_writes_alone(member, stack) -> None:
    """Beams, texts in order and scores; also where the two read by tokenizers that are not the same."""
    one = member("one", LONG, stack)
    sources = ["abc", "face cab", " ", "d", "fade a bed", "abc"]
    alone = Translator(engine_of(one.model), one.coders, TASK).write(sources)
    # It knows a letter more, which is the last, so it gives all others the same ids.
    wider = coder_of("character", [LETTERS, LETTERS + "g"])
    assert wider.encode(LETTERS) == LONG.encode(LETTERS)
    for reader in (coder_of("character", [LETTERS] * 2), wider):
        voters = together([one, Member("again", one.model, Coders(reader, TARGET))], TASK)
        assert isinstance(voters.reader, Readers) == (reader is wider)
        for ours, own in zip(voters.write(sources), alone, strict=True):
            assert ours.text == own.text
            assert (ours.score is None) == (own.score is None)
            assert ours.score == (None if own.score is None else pytest.approx(own.score, abs=1e-4))
            others, wanted = ours.more.get("others", []), own.more.get("others", [])
            assert [other["text"] for other in others] == [other["text"] for other in wanted]
            assert [other["score"] for other in others] == pytest.approx([o["score"] for o in wanted], abs=1e-4)


@pytest.mark.parametrize("order", [1, -1])
def test_each_reads_by_its_own_tokenizer(member, order: int) -> None:
    """The mean of what the members expect, each given its own ids of the sources."""
    members = [member("words", SHORT, PAIR), member("letters", LONG, OLDER, 3)][::order]
    voters = together(members, TASK)
    sources, tokens = ["cafe deaf", "bad"], torch.tensor([[TARGET.end, 7, 8], [TARGET.end, 9, 6]])

    def said(engine: Engine, reader: Any) -> torch.Tensor:
        rows = [[*reader.encode(source), reader.end] for source in sources]
        return engine.step(tokens, engine.start(rows))[0].softmax(1)

    alone = [said(engine_of(each.model), each.coders.source) for each in members]
    assert not torch.allclose(*alone, atol=1e-2)
    torch.testing.assert_close(said(voters.engine, voters.reader), torch.stack(alone).mean(0), atol=1e-5, rtol=1e-4)


@given(st.text(LETTERS + "éß😀", max_size=20))
def test_what_readers_read_together_is_what_each_reads(source: str) -> None:
    readers = Readers([SHORT, LONG])
    ids, spans = readers.encode_with_offsets(source)
    assert ids == readers.encode(source)
    assert len(spans) == len(ids) == max(len(SHORT.encode(source)), len(LONG.encode(source)))
    for place, reader in enumerate((SHORT, LONG)):
        assert [token[place] for token in ids if token[place] is not None] == reader.encode(source)
    assert readers.decode(ids) == SHORT.decode(SHORT.encode(source))


def test_a_text_too_long_for_one_is_read_as_far_as_that_one_can(member) -> None:
    members = [member("words", SHORT, PAIR), member("letters", LONG, PAIR, positions="learned", context=8)]
    translator = together(members, TASK)
    long, fitting = translator.write(["abc def fed cab", "abc def"])
    assert long == fitting
    assert members[1].model.longest == 8


def test_other_tokens_are_told_with_what_helps(member) -> None:
    other = coder_of("character", [LETTERS.upper() + "G"] * 2)
    joint, apart = member("runs/a", TARGET, PAIR), member("runs/c", LONG, PAIR)
    joint = Member("runs/a", joint.model, Coders(TARGET, TARGET))
    stranger = Member("runs/b", joint.model, Coders(other, other))
    with pytest.raises(GroundupError, match=r"runs/b writes in other tokens than runs/a.*--tokenizer.from_run runs/a"):
        together([joint, stranger], TASK)
    with pytest.raises(GroundupError, match=r"runs/c anew with --task.vocabulary joint, then runs/b"):
        together([apart, stranger], TASK)


def test_there_is_no_one_place_where_several_looked(member) -> None:
    members = [member("a", LONG, PAIR), member("b", LONG, OLDER)]
    with pytest.raises(GroundupError, match="Ask one of them alone"):
        together(members, TASK).align("abc", "ABC")
