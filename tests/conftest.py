"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Before PyTorch is imported, here and in what tests start: their models are so small that a second thread only waits
# for the first, and on a busy machine for everybody else.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import no_network  # From here on this process talks to this machine only (S12).
import pytest

if TYPE_CHECKING:
    from task_runs import TaskRun

    from groundup.model.model import Model


# On a busy machine an example takes as long as it takes; what has a bound is timed where that is promised.
hypothesis.settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy machine")


@pytest.fixture(scope="session", autouse=True)
def offline_children() -> Iterator[None]:
    """Keep the Python processes that tests start off the network too."""
    with pytest.MonkeyPatch.context() as patch:
        folder = str(Path(no_network.__file__).parent)
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")])))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; tests that need it skip where it is absent."""
    for root in Path(__file__).resolve().parents:
        folder = root / "shared" / "data"
        if folder.is_dir():
            return folder
    pytest.skip("the shared data folder is not beside this checkout")


@pytest.fixture(scope="session")
def random_model() -> Callable[..., Model]:
    """Makes tiny models with all weights random: a new model's outputs are zero, and much could hide behind that."""
    import torch

    from groundup.model.model import build_model
    from groundup.model.settings import ModelSettings

    def make(vocabulary: int = 11, seed: int = 0, *, sentence_ends: tuple[int, ...] = (), **settings: Any) -> Model:
        values = {"depth": 2, "width": 16, "heads": 2, "context": 16} | settings
        model = build_model(ModelSettings(**values), vocabulary, seed, sentence_ends=sentence_ends)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for weight in model.parameters():
                weight.normal_(std=weight.shape[-1] ** -0.5, generator=generator)
        return model.eval()

    return make


@pytest.fixture(scope="session")
def task_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], TaskRun]:
    """Gives the tiny run of a task by its name in `task_runs`. To be read only: tests that harm one take a copy."""
    from task_runs import build_run

    done: dict[str, TaskRun] = {}

    def give(name: str) -> TaskRun:
        if name not in done:
            done[name] = build_run(name, tmp_path_factory.mktemp(name))
        return done[name]

    return give
