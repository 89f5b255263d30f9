from __future__ import annotations

import pytest

from groundup.model.heads import HeadSettings
from groundup.objectives.heads import SPAN, generator_for, heads_for
from groundup.objectives.settings import ObjectiveSettings


@pytest.mark.parametrize(
    ("settings", "heads"),
    [
        (ObjectiveSettings(), {}),
        (ObjectiveSettings("masked"), {}),
        (ObjectiveSettings("masked", pairs="next_sentence"), {"next_sentence": HeadSettings("pair", 2)}),
        (ObjectiveSettings("masked", pairs="sentence_order"), {"sentence_order": HeadSettings("pair", 2)}),
        (ObjectiveSettings("masked", pairs="cloze"), {SPAN: HeadSettings("span")}),
        (ObjectiveSettings("detection"), {"detection": HeadSettings("token", 2)}),
    ],
    ids=str,
)
def test_an_objective_asks_for_the_heads_of_its_terms(
    settings: ObjectiveSettings, heads: dict[str, HeadSettings]
) -> None:
    assert heads_for(settings) == heads


def test_only_detection_asks_for_a_generator() -> None:
    assert generator_for(ObjectiveSettings("detection", generator=0.5)) == 0.5
    assert generator_for(ObjectiveSettings("masked", generator=0.5)) is None
