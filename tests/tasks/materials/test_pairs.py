"""Pairs: long ones are left out and counted, and BPE-dropout spells the same pairs anew."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.errors import GroundupError
from groundup.model.settings import ModelSettings
from groundup.objectives.settings import ObjectiveSettings
from groundup.settings import SettingError
from groundup.tasks.examples import Pair
from groundup.tasks.materials import pairs as module
from groundup.tasks.materials.exchange import Exchange
from groundup.tasks.materials.pairs import Coders, PairMaterial, encoded
from groundup.tasks.materials.respelled import RespelledPairs
from groundup.tasks.settings import Exchangeable
from groundup.tokens.sequences import SequenceBatch
from groundup.tokens.settings import TokenizerSettings
from groundup.tokens.tokenizer import Tokenizer
from groundup.tokens.train import train_tokenizer
from groundup.training.cost import sketch, training_flops
from groundup.training.duration import Duration
from groundup.training.settings import TrainingSettings
from groundup.training.signals import StoppedError
from groundup.training.start import Training, begin
from groundup.training.trainer import train

SOURCE = "the lower newest widest lowest fox jumps over lazy dogs"
TARGET = "der untere neueste breiteste niedrigste Fuchs springt über faule Hunde"
CONTEXT = 14
SIDES = list(product(("fox", "dogs", "lazy"), repeat=2)) * 3


def coder_of(text: str) -> Tokenizer:
    return train_tokenizer([text] * 4, TokenizerSettings(vocabulary=330))


JOINT = Coders(*[coder_of(f"{SOURCE} {TARGET}")] * 2)
APART = Coders(coder_of(SOURCE), coder_of(TARGET))
words = st.lists(st.sampled_from([*SOURCE.split(), "日本", "\ud83d"]), max_size=12).map(" ".join)
translated = st.lists(st.sampled_from(TARGET.split()), max_size=12).map(" ".join)
texts = st.lists(st.tuples(words, translated), min_size=1, max_size=20)
quick = settings(max_examples=50, deadline=None)


def pairs_of(texts: list[tuple[str, str]]) -> list[Pair]:
    return [Pair(str(place), *sides) for place, sides in enumerate(texts)]


def material_of(pairs: list[Pair], coders: Coders, context: int = CONTEXT) -> PairMaterial:
    found = encoded(pairs, coders, context, "train")
    kept = [pairs[place] for place in found.kept]
    return PairMaterial(found.stream, found.stream, coders, context, 1, "f", kept)


def settings_of(rate: float, batch: int = 3, pack: bool = False) -> TrainingSettings:
    return TrainingSettings(batch=batch, pack=pack, objective=ObjectiveSettings(kind="sequence", bpe_dropout=rate))


def texts_in(batch: SequenceBatch, coders: Coders) -> list[tuple[str, str]]:
    if batch.documents is not None:
        return [text for row in range(len(batch.source)) for text in texts_of_row(batch, row, coders)]
    sources = [row[real][:-1].tolist() for row, real in zip(batch.source, batch.source_real, strict=True)]
    targets = [row[row >= 0][1:-1].tolist() for row in batch.tokens]
    return [
        (coders.source.decode(one), coders.target.decode(other)) for one, other in zip(sources, targets, strict=True)
    ]


def texts_of_row(batch: SequenceBatch, row: int, coders: Coders) -> Iterator[tuple[str, str]]:
    assert batch.documents is not None
    assert batch.source_documents is not None
    for number in range(batch.documents[row].max() + 1):
        source = batch.source[row][batch.source_documents[row] == number][:-1].tolist()
        target = batch.tokens[row][batch.documents[row] == number][1:-1].tolist()
        yield coders.source.decode(source), coders.target.decode(target)


@quick
@given(texts, st.booleans())
def test_pairs_too_long_are_counted_and_the_others_stand_there_in_order(texts, is_joint):
    coders, pairs = JOINT if is_joint else APART, pairs_of(texts)
    sides = [(coders.source.encode(pair.source), coders.target.encode(pair.target)) for pair in pairs]
    fits = [max(map(len, both)) + 1 <= CONTEXT for both in sides]
    if not any(fits):
        with pytest.raises(GroundupError, match=rf"None of the {len(pairs)} held-out pairs .* {CONTEXT} tokens"):
            encoded(pairs, coders, CONTEXT, "held-out")
        return
    found = encoded(pairs, coders, CONTEXT, "held-out")
    assert found.kept.tolist() == np.flatnonzero(fits).tolist()
    assert found.too_long == len(pairs) - sum(fits)
    for number, place in enumerate(found.kept):
        documents = [side.document(number).tolist() for side in (found.stream.source, found.stream.target)]
        assert documents == list(sides[place])
    kept = [pairs[place] for place in found.kept]
    assert found.stream.target.bytes == sum(len(pair.target.encode()) for pair in kept)


@quick
@given(texts, st.booleans(), st.sampled_from([0.1, 0.5, 0.9]), st.booleans())
def test_dropout_spells_the_same_pairs_within_the_context(texts, is_joint, rate, pack):
    coders = JOINT if is_joint else APART
    pairs = [Pair("short", "fox", "Fuchs"), *pairs_of(texts)]
    material = material_of(pairs, coders)
    spelled = material.batches(settings_of(rate, pack=pack))
    assert isinstance(spelled, RespelledPairs)
    for step in range(6):
        batch = spelled.at(step)
        assert texts_in(batch, coders) == texts_in(spelled.batches.at(step), coders)
        assert batch.source.shape[1] <= CONTEXT
        assert batch.tokens.shape[1] - 1 <= CONTEXT
        if pack:
            assert batch.source.shape == (3, CONTEXT)
        assert batch.tokens.tolist() == material.batches(settings_of(rate, pack=pack)).at(step).tokens.tolist()


def test_rows_are_packed_so_that_most_texts_can_be_spelled_anew() -> None:
    """A text that would burst its row is spelled as the tokenizer does; there should be few of them."""
    pairs = [Pair(str(place), f"the fox jumps over {place}", f"der Fuchs springt {place}") for place in range(200)]
    material = material_of(pairs, JOINT, 60)
    free, packed = (material.batches(settings_of(0.3, 8, pack)) for pack in (False, True))
    assert material.has_one_shape(settings_of(0.3, 8, True))
    assert not material.has_one_shape(settings_of(0.3, 8))
    grown = []
    for batches in (free, packed):
        assert isinstance(batches, RespelledPairs)
        spelled = sum(int(batches.at(step).source_real.sum()) for step in range(20))
        grown.append(spelled / sum(int(batches.batches.at(step).source_real.sum()) for step in range(20)))
    assert grown[0] > 1.2
    assert grown[1] > 1 + 0.9 * (grown[0] - 1)


def test_dropout_shows_a_pair_in_other_pieces_each_time() -> None:
    material = material_of([Pair("1", SOURCE, TARGET)], JOINT, 80)
    batches = material.batches(settings_of(0.3))
    ways = {tuple(batches.at(step).source[0]) for step in range(10)}
    assert len(ways) == 10
    assert len({tuple(batches.at(step).tokens[0]) for step in range(10)}) == 10


@quick
@given(texts, st.integers(1, 400))
def test_what_is_held_out_is_measured_once(texts, tokens):
    material = material_of([Pair("short", "fox", "Fuchs"), *pairs_of(texts)], JOINT)
    held_out = material.held_out(settings_of(0.5), tokens)
    found = [text for step in range(len(held_out)) for text in texts_in(held_out.at(step), JOINT)]
    assert len(found) == material.validation.pairs
    due = [(JOINT.source.decode(JOINT.source.encode(pair.source)), pair.target) for pair in material.texts]
    assert Counter(found) == Counter(due)


def test_the_material_says_what_there_is() -> None:
    pairs = [Pair("1", "fox", "Fuchs"), Pair("2", "the fox", "")]
    joint, apart = material_of(pairs, JOINT), material_of(pairs, APART)
    assert joint.source_vocabulary is None
    assert apart.source_vocabulary == APART.source.vocabulary
    assert apart.coder is APART.target
    assert apart.symbols.vocabulary == len(apart.counts()) == APART.target.vocabulary
    written = APART.target.encode("Fuchs")
    assert apart.held_out_tokens == len(written) + 2
    assert apart.tokens == len(written) + 2 + len(APART.source.encode("fox")) + len(APART.source.encode("the fox")) + 2
    assert apart.counts()[APART.target.end] == 2
    assert all(apart.counts()[token] == written.count(token) for token in written)
    assert apart.bytes_per_token == pytest.approx(5 / apart.held_out_tokens)


def test_the_material_says_what_ends_a_sentence_of_a_source() -> None:
    texts = ["a cat sat. it ran!\nwhy? it", "dogs bark"]
    apart = Coders(*(train_tokenizer([text], TokenizerSettings(kind="word")) for text in texts))
    ends = material_of([Pair("1", *texts)], apart).sentence_ends
    assert {apart.source.text(token) for token in ends} == {"<end>", ".", "!", "?", "\n"}


def test_pairs_that_share_no_text_with_their_tokens_are_refused() -> None:
    material = material_of([Pair("1", "fox", "Fuchs")], JOINT)
    bare = PairMaterial(material.train, material.validation, JOINT, CONTEXT, 1, "f")
    with pytest.raises(AssertionError, match="the text of every pair"):
        bare.batches(settings_of(0.1))


def test_the_prompt_of_samples_is_measured_as_it_is_read(tmp_path) -> None:
    """By the source's tokenizer, which needs fewer tokens for it than the model has positions."""
    assert len(APART.source.encode(SOURCE)) < 24 < len(APART.target.encode(SOURCE))
    material = material_of([Pair("1", SOURCE, TARGET)], APART, 80)
    stacks = {"encoder": ("attention",), "decoder": ("attention", "cross")}
    model = ModelSettings(depth=1, width=16, heads=2, context=24, positions="learned", **stacks)
    settings = replace(settings_of(0.0), sample_prompt=SOURCE, device="cpu")
    begin(Training(model, settings, material, tmp_path, 1, "f"))


def test_texts_are_encoded_in_parts(monkeypatch) -> None:
    pairs = pairs_of([(f"{SOURCE[:n]}", TARGET[:n]) for n in range(12)])
    whole = encoded(pairs, APART, CONTEXT, "train").stream
    monkeypatch.setattr(module, "CHARACTERS_AT_ONCE", 7)
    parts = encoded(pairs, APART, CONTEXT, "train").stream
    for one, other in ((whole.source, parts.source), (whole.target, parts.target)):
        assert one.tokens.tolist() == other.tokens.tolist()
        assert one.starts.tolist() == other.starts.tolist()


def test_packed_rows_have_as_many_positions_for_what_is_written_as_is_said() -> None:
    answer = " ".join(TARGET.split()[:3])
    pairs = pairs_of([(SOURCE, answer)] * 9)
    material = material_of(pairs, JOINT, 60)
    wanted = replace(settings_of(0.0, pack=True), target_context=20)
    batch = material.batches(wanted).at(0)
    assert batch.source.shape == (3, 60)
    assert batch.tokens.shape == (3, 20 + 1)
    assert set(texts_in(batch, JOINT)) == {(SOURCE, answer)}
    with pytest.raises(GroundupError, match="Allow"):
        material.batches(replace(wanted, target_context=2))
    for change in ({"target_context": 1, "pack": True}, {"target_context": 9}):
        with pytest.raises(SettingError, match="target_context"):
            TrainingSettings(**change)  # type: ignore[arg-type]


@settings(max_examples=20, deadline=None)
@given(texts, st.integers(0, 9), st.sampled_from([0.0, 0.5]), st.booleans())
def test_the_pairs_of_a_batch_are_named(texts, number, rate, pack):
    pairs = pairs_of(texts)
    try:
        material = material_of(pairs, JOINT)
    except GroundupError:
        return
    batches = material.batches(settings_of(rate, pack=pack))
    found = [pairs[int(name)] for name in material.names(batches, number)]
    as_read = [tuple(JOINT.source.decode(JOINT.source.encode(text)) for text in (e.source, e.target)) for e in found]
    assert texts_in(batches.at(number), JOINT) == as_read


@pytest.mark.parametrize("stop", [1, 4, 7])
def test_a_run_on_packed_pairs_spelled_anew_goes_on_exactly(tmp_path, stop) -> None:
    """R2, with merges left out, words changed about, batches added up, and a material made from nothing each time."""
    exchange = Exchange([Exchangeable(("fox", "dogs", "lazy"))])
    pairs = [Pair(str(place), f"the {a} jumps over {b}", f"der {b} {a}") for place, (a, b) in enumerate(SIDES)]
    model = ModelSettings(depth=1, width=16, heads=2, context=40, encoder=("attention",), decoder=("gru", "cross"))
    objective = ObjectiveSettings(kind="sequence", bpe_dropout=0.3)
    settings = TrainingSettings(
        budget=Duration(12, "steps"),
        pack=True,
        batch=2,
        accumulate=2,
        objective=objective,
        precision="float32",
        compile="no",
        device="cpu",
        sample_tokens=0,
        log_every=1,
    )

    def run(draft: Path, hear: Callable[[Any], None] = lambda event: None) -> list[Any]:
        draft.mkdir(exist_ok=True)
        material = replace(material_of(pairs, JOINT, 40), exchange=exchange)
        train(Training(replace(model, dropout=0.1), settings, material, draft, 1, "f", hear=hear))
        events = map(json.loads, (draft / "metrics.jsonl").read_text().splitlines())
        return [event["loss"] for event in events if event["event"] == "train"]

    def end(event: Any) -> None:
        if event["event"] == "train" and event["step"] == stop:
            os.kill(os.getpid(), signal.SIGTERM)

    whole = run(tmp_path / "whole")
    with pytest.raises(StoppedError):
        run(tmp_path / "broken", end)
    assert run(tmp_path / "broken") == whole
    assert len(whole) == 12
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "broken")]
    assert weights[0] == weights[1]


@pytest.mark.parametrize("pack", [False, True])
def test_the_operations_of_a_run_are_those_of_each_token_on_its_side(tmp_path, pack) -> None:
    pairs = [Pair(str(place), f"the {a} jumps over {b}", f"der {b} {a}") for place, (a, b) in enumerate(SIDES)]
    material = material_of(pairs, JOINT, 40)
    stacks = {"encoder": ("attention",), "decoder": ("attention", "cross")}
    model = ModelSettings(depth=1, width=16, heads=2, context=40, **stacks)
    settings = replace(
        settings_of(0.0, pack=pack), budget=Duration(2, "steps"), compile="no", device="cpu", sample_tokens=0
    )
    facts = train(Training(model, settings, material, tmp_path, 1, "f"))
    drawn = sketch(model, JOINT.target.vocabulary)
    read = facts["tokens"] * material.train.source.tokens.size / material.tokens
    assert facts["flops"] == pytest.approx(training_flops(drawn, facts["tokens"], read))
    assert facts["flops"] < 0.7 * training_flops(drawn, facts["tokens"])
