"""What is chosen where a recipe leaves it to the machine, and what is refused where it does not."""

from __future__ import annotations

import pytest
import torch

from groundup.errors import GroundupError
from groundup.training import machine
from groundup.training.duration import Duration
from groundup.training.machine import (
    ORDINARY_FLOPS,
    SECONDS_WORTH_COMPILING,
    choose_device,
    choose_precision,
    product_speed,
    should_compile,
    threads_each,
)
from groundup.training.settings import TrainingSettings

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize("has_gpu", [False, True])
def test_a_gpu_is_taken_when_there_is_one_unless_the_recipe_says_cpu(monkeypatch, has_gpu):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    assert choose_device(TrainingSettings(device="auto")) == (GPU if has_gpu else CPU)
    assert choose_device(TrainingSettings(device="cpu")) == CPU
    if has_gpu:
        assert choose_device(TrainingSettings(device="cuda")) == GPU
    else:
        with pytest.raises(GroundupError, match="device to cuda"):
            choose_device(TrainingSettings(device="cuda"))


@pytest.mark.parametrize(("threads", "members", "each"), [(2, 1, 2), (2, 2, 1), (7, 3, 2), (2, 5, 1)])
def test_members_share_the_threads_and_have_one_at_least(monkeypatch, threads, members, each):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert threads_each(members) == each


@pytest.mark.parametrize("has_half", [False, True])
def test_bfloat16_is_chosen_where_it_is_quick(monkeypatch, has_half):
    monkeypatch.setattr(machine, "has_bfloat16", lambda device: has_half)
    assert choose_precision(TrainingSettings(), CPU) == (torch.bfloat16 if has_half else torch.float32)
    assert choose_precision(TrainingSettings(precision="float32"), CPU) == torch.float32
    assert choose_precision(TrainingSettings(precision="bfloat16"), CPU) == torch.bfloat16


@pytest.mark.parametrize("has_compiler", [False, True])
@pytest.mark.parametrize("share", [0.5, 2])
def test_a_run_is_compiled_when_it_is_long_enough_and_there_is_a_compiler(monkeypatch, has_compiler, share):
    monkeypatch.setattr(machine, "has_compiler", lambda: has_compiler)
    seconds = share * SECONDS_WORTH_COMPILING
    by_clock = TrainingSettings(budget=Duration(seconds, "seconds"))
    assert should_compile(by_clock, CPU, None) == (has_compiler and share > 1)
    by_steps = TrainingSettings(budget=Duration(1, "steps"))
    assert should_compile(by_steps, CPU, seconds * ORDINARY_FLOPS) == (has_compiler and share > 1)
    assert should_compile(by_steps, GPU, 1.0)
    assert should_compile(TrainingSettings(compile="yes"), CPU, 1.0)
    assert not should_compile(TrainingSettings(compile="no"), GPU, 1e30)


def test_a_machine_without_a_compiler_is_known_by_its_path(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    assert not machine.has_compiler()
    (tmp_path / "g++").touch(mode=0o755)
    assert machine.has_compiler()


def test_this_machine_has_an_answer():
    assert machine.has_bfloat16(CPU) in (True, False)


def test_the_speed_of_products_is_of_this_world():
    assert 1e7 < product_speed(CPU, torch.float32) < 1e16
