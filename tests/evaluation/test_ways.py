from __future__ import annotations

import subprocess
import sys
from typing import get_args, get_type_hints

import pytest

from groundup.errors import GroundupError
from groundup.evaluation.sentence_scores import WAYS
from groundup.evaluation.ways import LEARNED, choose_ways
from groundup.objectives.settings import ObjectiveSettings
from groundup.objectives.table import NEEDS


def test_every_objective_says_what_it_has_learned() -> None:
    assert set(get_args(get_type_hints(ObjectiveSettings)["kind"])) == LEARNED.keys()
    for objective, ways in LEARNED.items():
        # Whether there is a source to read is the same question as whether the objective asks for both stacks.
        assert all(WAYS[way].has_source == NEEDS[objective].fits(True, True) for way in ways)


def test_ways_are_chosen_by_what_fits_or_what_is_asked() -> None:
    assert choose_ways("hybrid", None) == ("masked_next",)
    assert choose_ways("hybrid", "all") == ("masked_next", "causal")
    assert choose_ways("hybrid", "causal") == ("causal",)
    with pytest.raises(GroundupError, match=r"encoder_mask does not apply.*masked_next, causal"):
        choose_ways("hybrid", "encoder_mask")
    with pytest.raises(GroundupError, match="by a model trained on the objective 'detection': it has not learned"):
        choose_ways("detection", None)


def test_a_refusal_imports_no_torch() -> None:
    code = "import sys, groundup.evaluation.ways; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
