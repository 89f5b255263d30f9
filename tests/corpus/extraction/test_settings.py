"""Settings that mean nothing are refused."""

from __future__ import annotations

import pytest

from groundup.corpus.extraction.settings import ExtractionSettings
from groundup.settings import SettingError, field_docs


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"minimum_characters": 0}, "minimum_characters"),
        ({"largest_page": 0}, "largest_page"),
        ({"extractor": "plain", "tables": False}, "tables"),
        ({"extractor": "plain", "comments": True}, "comments"),
        ({"extractor": "plain", "links": True}, "links"),
        ({"extractor": "union", "links": True}, "links"),
    ],
)
def test_what_cannot_be_is_refused_by_name(values: dict[str, object], field: str) -> None:
    with pytest.raises(SettingError) as refused:
        ExtractionSettings(**values)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_every_field_is_documented() -> None:
    assert all(field_docs(ExtractionSettings).values())
