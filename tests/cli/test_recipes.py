from __future__ import annotations

import argparse

import pytest

from groundup.cli.recipes import add_recipe, read_recipe
from groundup.errors import GroundupError


def read(path: object, *overrides: str):
    parser = argparse.ArgumentParser()
    add_recipe(parser)
    return read_recipe(argparse.Namespace(**vars(parser.parse_args([str(path)])), overrides=list(overrides)))


def test_any_key_can_be_set_on_the_command_line(tiny) -> None:
    assert read(tiny.recipe).model.width == 16
    assert read(tiny.recipe, "--model.width", "32", "--seed=7").model.width == 32
    assert read(tiny.recipe, "--seed=7").seed == 7


def test_a_typo_is_answered_with_the_key_that_was_meant(tiny) -> None:
    with pytest.raises(GroundupError, match=r"pretrain\.budget"):
        read(tiny.recipe, "--pretrain.bugdet", "3 steps")
