from __future__ import annotations

import pytest

from groundup.corpus.settings import (
    ClassicSettings,
    CorpusSettings,
    NearDuplicateSettings,
    SourceSettings,
    ValidationSettings,
)
from groundup.settings import SettingError, field_docs

ALL = (SourceSettings, ClassicSettings, NearDuplicateSettings, ValidationSettings, CorpusSettings)


@pytest.mark.parametrize("settings", ALL)
def test_every_field_is_documented(settings: type) -> None:
    docs = field_docs(settings)
    assert set(docs) == set(settings.__dataclass_fields__)
    assert all(docs.values())


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: SourceSettings(" "), "data"),
        (lambda: SourceSettings("x", encoding="utf-88"), "encoding"),
        (lambda: SourceSettings("x", encoding="zip"), "encoding"),
        (lambda: SourceSettings("x", largest_document=0), "largest_document"),
        (lambda: NearDuplicateSettings(threshold=80), "threshold"),
        (lambda: NearDuplicateSettings(shingle=0), "shingle"),
        (lambda: NearDuplicateSettings(permutations=1), "permutations"),
        (lambda: ValidationSettings(fraction=1), "fraction"),
        (lambda: ValidationSettings(by="characters", documents=("a",)), "documents"),
        (lambda: CorpusSettings(()), "sources"),
        (lambda: CorpusSettings((SourceSettings("x"),), minimum_characters=0), "minimum_characters"),
    ],
)
def test_impossible_values_name_their_field(make, field: str) -> None:
    with pytest.raises(SettingError) as error:
        make()
    assert error.value.field == field
