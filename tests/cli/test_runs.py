from __future__ import annotations

import pytest

from groundup.cli.runs import artefact_of, model_of, tokenizer_of
from groundup.errors import GroundupError


def test_a_run_opens(tiny) -> None:
    assert model_of(tiny.run).settings.width == 16
    assert tokenizer_of(tiny.run).encode("The")
    assert artefact_of(tiny.run, "shards").manifest.stage == "shards"


def test_what_is_no_run_or_not_finished_is_said(copy, tmp_path) -> None:
    with pytest.raises(GroundupError, match="no run folder"):
        artefact_of(tmp_path / "none", "pretrain")
    (tmp_path / "folder").mkdir()
    with pytest.raises(GroundupError, match="is not a run"):
        artefact_of(tmp_path / "folder", "pretrain")
    (copy.run / "pretrain").rename(tmp_path / "elsewhere")
    with pytest.raises(GroundupError, match="no trained model yet"):
        model_of(copy.run)
