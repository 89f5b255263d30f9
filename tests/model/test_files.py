from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from groundup.errors import DamagedError, GroundupError
from groundup.model.files import DESCRIPTION, WEIGHTS, load_model, save_model
from groundup.model.heads import HeadSettings
from groundup.model.model import Model, build_model
from groundup.model.settings import ModelSettings

READS_SENTENCES: dict[str, Any] = {"encoder": ("gru",), "decoder": ("cross",), "sentences": 5, "sentence_ends": (3, 7)}


@pytest.mark.parametrize(
    "settings",
    [{}, {"tied": True}, {"decoder": ("glu", "attention"), "key_value_heads": 1}, READS_SENTENCES],
)
def test_a_model_comes_back_to_the_bit(
    random_model: Callable[..., Model], tmp_path: Path, settings: dict[str, Any]
) -> None:
    model = random_model(seed=3, **settings).train()
    save_model(model, tmp_path)
    state = torch.get_rng_state()
    loaded = load_model(tmp_path)
    assert torch.equal(torch.get_rng_state(), state)
    assert loaded.settings == model.settings
    assert loaded.vocabulary == model.vocabulary
    assert model.sentences is None or loaded.sentences.ends == model.sentences.ends
    assert not loaded.training
    before, after = model.state_dict(), loaded.state_dict()
    assert before.keys() == after.keys()
    for name, weight in before.items():
        assert after[name].dtype == weight.dtype
        assert torch.equal(after[name], weight), name
    assert all(weight.requires_grad for weight in loaded.parameters())


def test_a_folder_without_a_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(GroundupError, match="no trained model") as caught:
        load_model(tmp_path)
    assert caught.value.exit_code == 2
    assert str(tmp_path) in str(caught.value)


@pytest.fixture
def saved(random_model: Callable[..., Model], tmp_path: Path) -> Path:
    save_model(random_model(depth=1), tmp_path)
    return tmp_path


def damaged(folder: Path) -> None:
    with pytest.raises(DamagedError) as caught:
        load_model(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"vocabulary": 12},
        {"vocabulary": -1},
        {"vocabulary": "many"},
        {"vocabulary": None},
        {"settings": None},
        {"settings": []},
        {"settings": "attention"},
        {"settings": {"size": 0}},
        {"settings": {"colour": "red"}},
        {"settings": {"width": 15, "heads": 2}},
        {"settings": {"width": "16"}},
        {"settings": {"width": 16.5}},
        {"settings": {"depth": 2}},
        {"settings": {"decoder": ["attention"]}},
        {"settings": {"decoder": ["atention"]}},
        {"settings": {"decoder": "attention"}},
        {"settings": {"decoder": [["attention"]]}},
        {"settings": {"soft_cap": float("nan")}},
    ],
)
def test_a_changed_description_is_noticed(saved: Path, change: dict[str, Any]) -> None:
    described = json.loads((saved / DESCRIPTION).read_text(encoding="utf-8"))
    if isinstance(change.get("settings"), dict):
        change = {"settings": described["settings"] | change["settings"]}
    (saved / DESCRIPTION).write_text(json.dumps(described | change), encoding="utf-8")
    damaged(saved)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b"[" * 100_000])
def test_a_description_that_is_none_is_noticed(saved: Path, content: bytes) -> None:
    (saved / DESCRIPTION).write_bytes(content)
    damaged(saved)


def test_missing_weights_are_noticed(saved: Path) -> None:
    (saved / WEIGHTS).unlink()
    damaged(saved)


def test_cut_weights_are_noticed(saved: Path) -> None:
    whole = (saved / WEIGHTS).read_bytes()
    for length in [0, 1, 7, 8, 9, 100, *random.Random(1).sample(range(len(whole)), 20), len(whole) - 1]:
        (saved / WEIGHTS).write_bytes(whole[:length])
        damaged(saved)


def test_flipped_bits_in_the_heading_end_in_our_error_or_a_model(saved: Path) -> None:
    """A flip among the numbers is the manifest's to notice; none may end in anything but these two."""
    whole = (saved / WEIGHTS).read_bytes()
    heading = 8 + int.from_bytes(whole[:8], "little")
    draw = random.Random(2)
    noticed = 0
    for _ in range(100):
        place = draw.randrange(heading)
        changed = bytearray(whole)
        changed[place] ^= 1 << draw.randrange(8)
        (saved / WEIGHTS).write_bytes(changed)
        try:
            load_model(saved)
        except DamagedError:
            noticed += 1
    assert noticed > 90


def test_weights_of_another_model_are_noticed(
    saved: Path, random_model: Callable[..., Model], tmp_path_factory: pytest.TempPathFactory
) -> None:
    for number, other in enumerate([{"width": 32}, {"depth": 2}, {"tied": True}, {"embedding_skip": False}]):
        folder = tmp_path_factory.mktemp(f"other{number}")
        save_model(random_model(**{"depth": 1} | other), folder)
        (folder / WEIGHTS).replace(saved / WEIGHTS)
        damaged(saved)


def test_the_generator_stays_behind(tmp_path: Path) -> None:
    """A detector is saved and read as if it had been trained without one."""
    values = ModelSettings(depth=1, width=16, heads=2, encoder=("attention",), decoder=())
    model = build_model(values, 11, 1, heads={"detection": HeadSettings("token")}, generator=0.5)
    save_model(model, tmp_path)
    loaded = load_model(tmp_path)
    assert loaded.generator is None
    kept = dict(loaded.named_parameters())
    assert kept.keys() == {name for name, _ in model.named_parameters() if not name.startswith("generator.")}
    assert all(torch.equal(weight, kept[name]) for name, weight in model.named_parameters() if name in kept)
    assert loaded.head_settings == model.head_settings


@pytest.mark.parametrize("segments", [34, 99])
def test_a_head_that_hears_what_is_told_is_read_as_it_was(tmp_path: Path, segments: int) -> None:
    values = ModelSettings(depth=1, width=16, heads=2, encoder=("attention",), decoder=(), segments=segments)
    model = build_model(values, 11, 1, heads={"span": HeadSettings("span")})
    for weight in model.heads.parameters():
        torch.nn.init.normal_(weight)
    save_model(model, tmp_path)
    kept = dict(load_model(tmp_path).named_parameters())
    assert ("heads.span.wide.table.weight" in kept) == (segments == 99)
    assert kept.keys() == dict(model.named_parameters()).keys()
    assert all(torch.equal(weight, kept[name]) for name, weight in model.named_parameters())
