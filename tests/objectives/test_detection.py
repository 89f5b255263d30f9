from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings
from groundup.objectives.detection import detection
from groundup.objectives.example import Example, Prediction, context_of, predictions
from groundup.objectives.heads import generator_for, heads_for
from groundup.objectives.losses import terms
from groundup.objectives.masked import masked
from groundup.objectives.rows import UNSCORED, Symbols
from groundup.objectives.scoring import score
from groundup.objectives.settings import ObjectiveSettings

SPECIAL, VOCABULARY = 6, 30
OBJECTIVE = ObjectiveSettings("detection", mask_rate=0.4, mask_unit="tokens")
SYMBOLS = Symbols(VOCABULARY, 0, 2, 3, 4, (5,), SPECIAL, np.arange(VOCABULARY) % 3 == 0)


@dataclass(frozen=True)
class Text:
    """Rows of running text."""

    tokens: NDArray[np.int64]
    documents: NDArray[np.int64] | None = None

    @property
    def targets(self) -> NDArray[np.int64]:
        return self.tokens[:, 1:]


def draw_text(seed: int, rows: int, times: int) -> Text:
    """Rows in which special tokens stand here and there and ends are missing."""
    draws = np.random.default_rng(seed)
    tokens = draws.integers(SPECIAL - 2, VOCABULARY, (rows, times + 1))
    lengths = draws.integers(2, times + 2, (rows, 1))
    return Text(np.where(np.arange(times + 1) < lengths, tokens, UNSCORED))


def example_of(seed: int, rows: int = 4, times: int = 16, **changes: Any) -> Example:
    draws = np.random.default_rng(seed)
    return detection(draw_text(seed, rows, times), SYMBOLS, replace(OBJECTIVE, **changes), draws)


def detector(*, seed: int = 1, **values: Any) -> Model:
    """An encoder with a generator of half its width and a head for detection, all weights random."""
    usual = {"depth": 2, "width": 16, "heads": 2, "context": 16, "encoder": ("attention", "glu"), "decoder": ()}
    chosen = replace(OBJECTIVE, generator=0.5)
    model = build_model(
        ModelSettings(**(usual | values)), VOCABULARY, seed, heads=heads_for(chosen), generator=generator_for(chosen)
    )
    draws = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=weight.shape[-1] ** -0.5, generator=draws)
    return model.eval()


def judgements(model: Model, example: Example) -> Prediction:
    return predictions(model, example)[1]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(2, 16))
def test_it_masks_like_masked_and_judges_every_real_token_that_is_not_special(seed: int, rows: int, times: int) -> None:
    text = draw_text(seed, rows, times)
    example = detection(text, SYMBOLS, OBJECTIVE, np.random.default_rng(seed))
    plain = masked(text, SYMBOLS, replace(OBJECTIVE, replacement="mask"), np.random.default_rng(seed))
    assert torch.equal(example.inputs, plain.inputs)
    assert torch.equal(example.targets, plain.targets)
    is_masked = example.targets != UNSCORED
    assert (example.inputs[is_masked] == SYMBOLS.mask).all()
    assert example.judged is not None
    assert torch.equal(example.judged, torch.as_tensor(text.tokens[:, 1:] >= SPECIAL))
    assert not (is_masked & ~example.judged).any()
    assert example.weights == {"detection": OBJECTIVE.detection_weight}


def test_verdicts_are_smoothed_as_labels_and_guesses_as_tokens() -> None:
    example = example_of(1, smoothing=0.1, label_smoothing=0.2)
    guesses, verdicts = predictions(detector(), example)
    assert (guesses.smoothing, verdicts.smoothing) == (0.1, 0.2)


def test_the_terms_are_the_generators_and_the_detectors() -> None:
    model, example = detector().train(), example_of(1, smoothing=0.1)
    generator, verdict = terms(model, example)
    assert example.judged is not None
    assert (generator.name, generator.weight) == ("generator", 1.0)
    assert (verdict.name, verdict.weight) == ("detection", 50.0)
    assert dict(example.counts) == {"generator": generator.count, "detection": verdict.count}
    assert verdict.count == int(example.judged.sum())
    assert generator.count == example.count > 0
    # A second pass would see other guesses, so R-Drop is left out.
    assert [term.name for term in terms(model, replace(example, r_drop=1.0))] == ["generator", "detection"]


def sure_of(model: Model, token: int) -> Model:
    """The same model, whose generator guesses `token` and nothing else."""
    assert model.head_bias is not None
    with torch.no_grad():
        model.head_bias[token] = 1e4
    return model


@pytest.mark.parametrize("is_training", [True, False])
@pytest.mark.parametrize("guess", [7, 20])
def test_a_guess_that_equals_the_original_counts_as_original(guess: int, is_training: bool) -> None:
    model = sure_of(detector(head_bias=True, soft_cap=0.0), guess).train(is_training)
    for seed in range(5):
        example = example_of(seed)
        assert example.judged is not None
        replaced = (example.targets != UNSCORED) & (example.targets != guess)
        assert torch.equal(judgements(model, example).targets, replaced[example.judged].long())


def test_the_detector_reads_the_guesses_and_never_the_mask() -> None:
    """What it says is what the model says of the text with guesses in place, computed here by itself."""
    model, example = sure_of(detector(head_bias=True, soft_cap=0.0), 7), example_of(3)
    inputs = example.inputs.masked_fill(example.targets != UNSCORED, 7)
    context = context_of(example)
    expected = model.label("detection", model(inputs, context)[0], context)[example.judged]
    torch.testing.assert_close(judgements(model, example).logits, expected, atol=1e-5, rtol=1e-5)


def test_guesses_are_drawn_from_what_the_generator_says() -> None:
    """Of 6,000 masks in the same place, how often each token was drawn; six standard errors."""
    model = detector(soft_cap=0.0)
    with torch.no_grad():
        assert model.head is not None
        model.head.weight.mul_(2)
    inputs, targets = torch.full((6000, 1), 2), torch.full((6000, 1), 9)
    example = Example(inputs, targets, is_causal=False, judged=torch.ones_like(inputs, dtype=torch.bool))
    expected = float(predictions(model, example)[0].logits[0].detach().softmax(-1)[9])
    assert 0.001 < expected < 0.9
    for is_training in (True, False):
        torch.manual_seed(1)
        same = 1 - float(judgements(model.train(is_training), example).targets.float().mean())
        assert same == pytest.approx(expected, abs=6 * (expected * (1 - expected) / 6000) ** 0.5)


def gradients(model: Model, loss: Tensor) -> dict[str, Tensor | None]:
    names, weights = zip(*model.named_parameters(), strict=True)
    return dict(zip(names, torch.autograd.grad(loss, weights, allow_unused=True), strict=True))


def test_detection_teaches_the_generator_only_through_the_shared_table() -> None:
    model = detector().train()
    generator, verdict = terms(model, example_of(4))
    from_verdict, from_generator = (
        {name for name, grad in gradients(model, term.total).items() if grad is not None and bool(grad.any())}
        for term in (verdict, generator)
    )
    assert not any(name.startswith("generator.") or name == "head.weight" for name in from_verdict)
    assert {"embedding.weight", "heads.detection.output.weight"} <= from_verdict
    assert any(name.startswith("encoder.") for name in from_verdict)
    assert {name for name, _ in model.named_parameters() if name.startswith("generator.")} <= from_generator
    assert not any(name.startswith(("encoder.", "heads.")) for name in from_generator)


def test_in_training_guesses_follow_the_seed_and_in_measuring_the_text() -> None:
    model, examples = detector(), [example_of(seed) for seed in range(3)]

    def verdicts(seed: int) -> list[Tensor]:
        torch.manual_seed(seed)
        return [judgements(model, example).targets for example in examples]

    model.train()
    assert all(map(torch.equal, verdicts(1), verdicts(1)))
    assert not all(map(torch.equal, verdicts(1), verdicts(2)))
    model.eval()
    assert all(map(torch.equal, verdicts(1), verdicts(2)))
    state = torch.get_rng_state()
    result = score(model, examples, 1.0)
    assert torch.equal(torch.get_rng_state(), state)
    assert list(result.terms) == ["detection", "generator"]
    backwards = score(model, examples[::-1], 1.0)
    for name, term in result.terms.items():
        assert backwards.terms[name].loss == pytest.approx(term.loss)


@pytest.mark.parametrize("targets", [UNSCORED, 9])
def test_rows_with_nothing_to_mask_or_to_judge_are_no_trouble(targets: int) -> None:
    inputs = torch.full((2, 5), 2 if targets > 0 else 8)
    judged = torch.zeros(2, 5, dtype=torch.bool)
    example = Example(inputs, torch.full((2, 5), targets), is_causal=False, judged=judged)
    found = terms(detector().train(), example)
    assert [term.count for term in found] == [10 if targets > 0 else 0, 0]
    assert float(found[1].total.detach()) == 0.0
    sum(term.total for term in found).backward()


def test_generator_and_detector_learn() -> None:
    """Text in which each token says the next: guesses become better than chance, verdicts than the majority."""
    model = build_model(
        ModelSettings(depth=1, width=32, heads=2, context=16, encoder=("attention", "glu"), decoder=()),
        VOCABULARY,
        1,
        heads=heads_for(OBJECTIVE),
        generator=0.5,
    ).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)

    def at(step: int) -> Example:
        draws = np.random.default_rng(step)
        counted = draws.integers(0, 24, (32, 1)) + np.arange(17)
        return detection(Text(SPECIAL + counted % 24), SYMBOLS, replace(OBJECTIVE, mask_rate=0.3), draws)

    for step in range(150):
        torch.manual_seed(step)
        whole = sum(term.weight * term.total / term.count for term in terms(model, at(step)))
        optimizer.zero_grad()
        whole.backward()
        optimizer.step()
    found = score(model, [at(1000 + step) for step in range(8)], 1.0, np.ones(VOCABULARY, dtype=np.int64)).terms
    unigram = found["generator"].unigram
    assert unigram is not None
    assert found["generator"].loss < unigram - 0.5
    assert found["detection"].accuracy > found["detection"].majority + 0.03
