"""Costs are counted on a sketch without weights, and agree with what is built and measured."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tiny_runs import END, MODEL, SYMBOLS, VOCABULARY
from torch.utils.flop_counter import FlopCounterMode

from groundup.model.model import build_model, parameter_count
from groundup.model.settings import ModelSettings
from groundup.objectives.losses import terms
from groundup.objectives.sequence import sequence
from groundup.objectives.settings import ObjectiveSettings
from groundup.tokens.sequences import LengthBuckets, PackedPairs, pair_stream
from groundup.training.cost import SENTENCE, needs, sketch, training_flops

models = some.builds(
    ModelSettings,
    depth=some.integers(1, 3),
    width=some.sampled_from([16, 32, 64]),
    heads=some.sampled_from([1, 2, 4]),
    key_value_heads=some.sampled_from([None, 1]),
    decoder=some.sampled_from([("attention", "relu_squared"), ("attention", "glu"), ("attention",)]),
    tied=some.booleans(),
    embedding_skip=some.booleans(),
)


@settings(deadline=None, max_examples=40)
@given(models, some.integers(2, 300))
def test_a_sketch_counts_as_the_built_model_does(model, vocabulary):
    drawn, built = sketch(model, vocabulary), build_model(model, vocabulary, 1)
    assert parameter_count(drawn) == parameter_count(built)
    assert training_flops(drawn, 100) == training_flops(built, 100)


def test_a_sketch_takes_no_memory_at_any_size():
    drawn = sketch(ModelSettings(size=64, width=8192, heads=64), 100_000)
    assert parameter_count(drawn) > 50e9
    assert all(weight.is_meta for weight in drawn.parameters())


def test_operations_by_hand():
    # Two layers of width 16, inner width 32: query, key, value and output 16 x 16, feed-forward 2 x 16 x 32,
    # 2 shares; head 16 x 24. The attention scores and mixes over a context of 16: 12 x 16 x 16 a layer and token.
    weights = 2 * (4 * 16 * 16 + 2 * 16 * 32 + 2) + 16 * 24
    assert training_flops(sketch(MODEL, 24), 1) == 6 * weights + 2 * 12 * 16 * 16
    tied = replace(MODEL, tied=True)
    assert training_flops(sketch(tied, 24), 10) == 10 * (6 * weights + 2 * 12 * 16 * 16)
    window = replace(MODEL, window=4)
    assert training_flops(sketch(window, 24), 1) == 6 * weights + 2 * 12 * 16 * 4


def test_layers_that_are_gone_through_again_cost_again_and_weigh_nothing():
    once, thrice = (sketch(replace(MODEL, repeats=repeats), 24) for repeats in (1, 3))
    # Of each layer its 4 x 16 x 16 and 2 x 16 x 32 weights and 2 shares; beside them a vector for each time.
    layers, times = 2 * (4 * 16 * 16 + 2 * 16 * 32 + 2), 3 * 16
    assert parameter_count(thrice) - parameter_count(once) == times
    assert training_flops(thrice, 1) - training_flops(once, 1) == 6 * (2 * layers + times) + 2 * 2 * 12 * 16 * 16
    more = [needs(model, 3, is_averaged=False, activation_bytes=2).memory for model in (once, thrice)]
    kept_of_a_layer = 3 * 16 * 2 * (16 * 16 + 4 * 32 + 3 * 2 * 16)
    assert more[1] - more[0] == 4 * 4 * times + 4 * kept_of_a_layer


def test_an_encoder_of_sentences_computes_a_tenth_of_the_positions():
    both = replace(MODEL, encoder=("attention",), decoder=("cross",), sentences=1)
    tokens, sentences = sketch(replace(both, sentences=0), 24), sketch(both, 24)
    # Two layers of 4 x 16 x 16 weights and 2 shares. Each position sees a tenth of the places, too.
    saved = 2 * (6 * (4 * 16 * 16 + 2) * (1 - 1 / SENTENCE) + 12 * 16 * 16 * (1 - 1 / SENTENCE**2))
    masks = 16
    assert training_flops(tokens, 1) - training_flops(sentences, 1) == pytest.approx(saved - 6 * masks)
    less = [needs(model, 3, is_averaged=False, activation_bytes=2).memory for model in (tokens, sentences)]
    assert less[0] > less[1]


@pytest.mark.parametrize(("source", "target"), [(24, 8), (16, 16), (8, 24)])
@pytest.mark.parametrize("is_packed", [False, True])
def test_each_token_of_a_pair_goes_through_its_own_side(source, target, is_packed):
    both = {"encoder": ("attention", "relu_squared"), "decoder": ("attention", "cross", "relu_squared")}
    model = build_model(ModelSettings(depth=1, width=128, heads=2, context=32, **both), VOCABULARY, 1)
    texts = [[[7] * (length - 1)] * 4 for length in (source, target)]
    pairs = pair_stream(*texts, vocabulary=VOCABULARY, end=END)
    rest = {"padding": SYMBOLS.padding, "fingerprint": "f", "seed": 1}
    # Rows that are full to the last place, so that all that is computed is for a token.
    batches = (
        PackedPairs(pairs, source=source, target=target, rows=4, **rest)
        if is_packed
        else LengthBuckets(pairs, tokens=4 * 24, **rest)
    )
    batch = batches.at(0)
    assert batch.padding == 0
    sides = batch.source.size, batch.tokens[:, 1:].size
    example = sequence(batch, SYMBOLS, ObjectiveSettings(kind="sequence"), np.random.default_rng(1))
    with FlopCounterMode(display=False) as counter:
        sum(term.total for term in terms(model, example)).backward()
    # Cross-attention looks at what is read and is counted with what is written, its scores not at all.
    close = 0.02 if source == target else 0.1
    assert training_flops(model, sum(sides), sides[0]) == pytest.approx(counter.get_total_flops(), rel=close)


DETECTOR = replace(MODEL, encoder=("attention", "relu_squared"), decoder=(), heads=4, embedding_skip=False)
DETECTION = ObjectiveSettings(kind="detection", generator=0.5)


def test_a_generator_is_counted_with_its_own_width():
    plain, whole = sketch(DETECTOR, 24), sketch(DETECTOR, 24, DETECTION)
    # Two layers of width 8, inner width 16, and two matrices between the widths; the head of two labels beside it.
    weights = 2 * (4 * 8 * 8 + 2 * 8 * 16) + 2 * 8 * 16
    labels = sum(weight.numel() for weight in whole.heads.parameters())
    assert parameter_count(whole) == parameter_count(plain) + weights + labels
    assert training_flops(whole, 10) - training_flops(plain, 10) == 10 * (6 * (weights + labels) + 2 * 12 * 8 * 16)


def test_memory_counts_what_is_kept_of_a_generators_layers():
    plain, whole = sketch(DETECTOR, 24), sketch(DETECTOR, 24, DETECTION)
    more = needs(whole, 3, is_averaged=False, activation_bytes=2).memory
    more -= needs(plain, 3, is_averaged=False, activation_bytes=2).memory
    states = 4 * 4 * (parameter_count(whole) - parameter_count(plain))
    assert more == states + 3 * 16 * 2 * 2 * (16 * 8 + 4 * 16 + 3 * 2 * 16)


def test_disk_by_hand():
    count = parameter_count(sketch(MODEL, 24))
    # Weights and at most two moments in each of two checkpoints and one in the making; then the weights alone.
    assert needs(sketch(MODEL, 24), 1, is_averaged=False, activation_bytes=4).disk == (3 * 3 + 1) * 4 * count
    assert needs(sketch(MODEL, 24), 1, is_averaged=True, activation_bytes=4).disk == (3 * 4 + 1) * 4 * count


# Peak memory of two updates less that of PyTorch itself, which one update of a model of nothing brings in.
MEASURE = """
import re, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tempfile import mkdtemp
import torch
from tiny_runs import tiny_training
from groundup.model.settings import ModelSettings
from groundup.objectives.settings import ObjectiveSettings
from groundup.training.cost import needs
from groundup.training.run import update
from groundup.training.start import begin

torch.set_num_threads(1)
def peak(model, rows):
    run = begin(tiny_training(Path(mkdtemp()), model=model, batch=rows, tokens=100_000, documents_apart=False))
    for _ in range(2):
        update(run)
    need = needs(run.model, rows, is_averaged=False, activation_bytes=4).memory
    # Not ru_maxrss, which a child takes over from the process that started it.
    status = Path("/proc/self/status").read_text()
    return need, int(re.search(r"VmHWM:\\s*(\\d+)", status)[1]) * 1024
_, before = peak(ModelSettings(depth=1, width=16, heads=1, context=8), 1)
heads, context, rows = map(int, sys.argv[2:])
need, after = peak(ModelSettings(depth=4, width=128, heads=heads, context=context), rows)
print(need, after - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says the peak of a process' memory")
@pytest.mark.parametrize(("heads", "context", "rows"), [(2, 128, 24), (4, 256, 8)])
def test_memory_is_foretold_within_a_factor_of_two(heads, context, rows):
    words = [os.path.dirname(__file__), *map(str, (heads, context, rows))]  # noqa: PTH120
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run(
        [sys.executable, "-c", MEASURE, *words], env=environment, check=True, capture_output=True, text=True
    ).stdout
    need, measured = map(int, told.split())
    assert measured > 20e6
    assert 0.5 < need / measured < 2
