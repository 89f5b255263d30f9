from __future__ import annotations

import pytest

from groundup.corpus.contamination_settings import ContaminationSettings, EvaluationSettings, OverlapSettings
from groundup.corpus.quality.settings import LinearFilterSettings, LinearSettings, QualitySettings
from groundup.corpus.settings import (
    ClassicSettings,
    CorpusSettings,
    NearDuplicateSettings,
    RepairSettings,
    SourceSettings,
    ValidationSettings,
)
from groundup.corpus.sources.index_settings import IndexSettings
from groundup.settings import SettingError, field_docs

ALL = (
    SourceSettings,
    EvaluationSettings,
    OverlapSettings,
    ContaminationSettings,
    LinearSettings,
    LinearFilterSettings,
    IndexSettings,
    ClassicSettings,
    NearDuplicateSettings,
    RepairSettings,
    ValidationSettings,
    CorpusSettings,
)


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
        (lambda: SourceSettings("x", weight=0), "weight"),
        (lambda: SourceSettings("x", kind="books", index=IndexSettings()), "index"),
        (lambda: EvaluationSettings(" "), "data"),
        (lambda: ContaminationSettings(()), "sets"),
        (lambda: LinearFilterSettings((), (SourceSettings("x"),)), "good"),
        (lambda: LinearFilterSettings((SourceSettings("x"),), ()), "ordinary"),
        (lambda: ClassicSettings(before_filters=True), "before_filters"),
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


def test_all_texts_are_named_in_the_order_in_which_their_places_come() -> None:
    linear = LinearFilterSettings((SourceSettings("good"),), (SourceSettings("plain"), SourceSettings("web")))
    sought = ContaminationSettings((EvaluationSettings("test", include=("a*",)),))
    settings = CorpusSettings((SourceSettings("x"),), quality=QualitySettings(linear=linear), contamination=sought)
    assert [text.data for text in settings.texts] == ["x", "test", "good", "plain", "web"]
    assert settings.texts[1].include == ("a*",)
