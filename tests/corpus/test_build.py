from __future__ import annotations

import gzip
import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from groundup.corpus.build import annotate, build_corpus, decide
from groundup.corpus.document import DOCUMENT_SCHEMA, LEDGER_SCHEMA
from groundup.corpus.privacy.settings import PrivacySettings
from groundup.corpus.quality.settings import QualitySettings
from groundup.corpus.settings import (
    ClassicSettings,
    CorpusSettings,
    NearDuplicateSettings,
    SourceSettings,
    ValidationSettings,
)
from groundup.corpus.sources import listing
from groundup.corpus.workers import Engine
from groundup.errors import GroundupError
from groundup.store.fingerprint import file_sha256
from groundup.store.tables import read_column, read_rows

SENTENCES = [f"The number {n} follows the number {n - 1}, and so it goes on for ever and ever." for n in range(200)]


def story(seed: int) -> str:
    return "\n".join(SENTENCES[seed * 3 : seed * 3 + 30]) + "\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    """Six documents that stay and one of each kind that does not."""
    inside = tmp_path / "texts"
    inside.mkdir()
    for number in range(5):
        (inside / f"story{number}.txt").write_text(story(number * 10), newline="\r\n" if number == 1 else "\n")
    (inside / "copy.txt").write_text(story(0).replace("\n", "  \n"))
    (inside / "near.txt").write_text(story(10) + "One line more.\n")
    (inside / "empty.txt").write_text(" \n")
    (inside / "picture.txt").write_bytes(b"\x89PNG\x00\x00" * 50)
    (inside / "unknown.xyz").write_text("words")
    with gzip.open(inside / "rows.jsonl.gz", "wt") as file:
        file.write(json.dumps({"text": "A row with words \x07 in it, long enough to be one."}) + "\n")
    return inside


def settings(**values) -> CorpusSettings:
    return CorpusSettings((SourceSettings("texts"),), **values)


def account_of(corpus: Path) -> dict:
    return json.loads((corpus / "account.json").read_text())


def test_every_document_read_is_kept_or_has_a_row(folder, place, tmp_path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    facts = build_corpus(settings(), [place(folder, "texts", "CC0")], out)
    assert sorted(path.name for path in out.iterdir()) == ["account.json", "ledger", "train", "validation"]
    kept = [*read_rows(out / "train"), *read_rows(out / "validation")]
    rows = list(read_rows(out / "ledger"))
    dropped = {row["id"]: row["rule"] for row in rows if row["action"] == "drop"}
    assert dropped == {
        # `copy` comes before `story0` in the order of names, and `near` before `story1`.
        "texts/story0.txt": "exact duplicates",
        "texts/story1.txt": "near duplicates",
        "texts/empty.txt": "minimum characters",
        "texts/picture.txt": "not text",
        "texts/unknown.xyz": "kind of file",
    }
    assert {row["id"] for row in kept} == {
        *(f"texts/{name}.txt" for name in ("copy", "near", "story2", "story3", "story4")),
        "texts/rows.jsonl.gz#1",
    }
    assert {row["licence"] for row in kept} == {"CC0"}
    assert list(kept[0]) == list(DOCUMENT_SCHEMA)
    assert list(rows[0]) == list(LEDGER_SCHEMA)
    assert all(row["characters"] == len(row["text"]) and row["bytes"] == len(row["text"].encode()) for row in kept)
    account = account_of(out)
    assert account["documents"] == {"read": 11, "kept": 6, "dropped": 5}
    # The ledger alone explains every character that was read and is not kept.
    gone = sum(row["characters_before"] - row["characters_after"] for row in rows)
    assert account["characters"]["read"] - gone == sum(row["characters"] for row in kept) == facts["characters"]
    assert account["removed"][0]["commonest"][0]["name"] == "U+0007 control"
    near = next(row for row in rows if row["rule"] == "near duplicates")
    assert (near["cluster"], near["cluster_size"], near["threshold"]) == ("texts/near.txt", 2, 0.8)


def test_by_characters_one_document_is_cut_in_two(tmp_path, place) -> None:
    (tmp_path / "a.txt").write_text("0123456789" * 10)
    (tmp_path / "out").mkdir()
    chosen = settings(validation=ValidationSettings(by="characters"))
    facts = build_corpus(chosen, [place(tmp_path / "a.txt", "a")], tmp_path / "out")
    assert list(read_column(tmp_path / "out" / "train", "text")) == ["0123456789" * 9]
    assert list(read_column(tmp_path / "out" / "validation", "text")) == ["0123456789"]
    assert account_of(tmp_path / "out")["split"]["cut_document"] == "a/a.txt"
    assert (facts["documents"], facts["train"]["characters"], facts["validation"]["characters"]) == (1, 90, 10)


def test_tinyshakespeare_is_split_as_everyone_splits_it(shared_data, tmp_path, place) -> None:
    text = (shared_data / "tinyshakespeare" / "input.txt").read_bytes()
    chosen = settings(validation=ValidationSettings(by="characters"))
    build_corpus(chosen, [place(shared_data / "tinyshakespeare" / "input.txt", "tiny")], tmp_path)
    (train,) = read_column(tmp_path / "train", "text")
    (validation,) = read_column(tmp_path / "validation", "text")
    assert (len(train), len(validation)) == (1_003_854, 111_540)
    assert (train + validation).encode() == text
    assert not (tmp_path / "ledger").exists() or not list((tmp_path / "ledger").iterdir())


def test_classic_comes_after_the_filters(folder, place, tmp_path) -> None:
    """The same documents are dropped as without it, though without punctuation others would be alike too."""
    (folder / "x.txt").write_text("we're here")
    (folder / "y.txt").write_text("were here")
    outs = {}
    for cleaning in ("standard", "classic"):
        outs[cleaning] = tmp_path / cleaning
        outs[cleaning].mkdir()
        chosen = settings(cleaning=cleaning, classic=ClassicSettings(keep="", inside_words=True, lowercase=True))
        build_corpus(chosen, [place(folder, "texts")], outs[cleaning])
    kept = {
        cleaning: {row["id"]: row["text"] for part in ("train", "validation") for row in read_rows(out / part)}
        for cleaning, out in outs.items()
    }
    assert set(kept["classic"]) == set(kept["standard"]) >= {"texts/x.txt", "texts/y.txt"}
    assert kept["classic"]["texts/x.txt"] == "were here"
    assert {row["rule"] for row in read_rows(outs["classic"] / "ledger")} >= {"classic"}


def test_every_cleaning_knows_the_bytes_there_were_before_it(folder, place, tmp_path) -> None:
    """The same for all of them, where whole documents are held out: what a comparison of cleanings divides by."""
    (folder / "rules.txt").write_text(story(40) + "* * * * *\nÃ©tÃ©\n", encoding="utf-8", newline="\r\n")
    (folder / "marks.txt").write_text("?,?")
    held_out = ("story1.txt", "rules.txt", "marks.txt")
    found, cleaned = {}, {}
    for cleaning in ("faithful", "standard", "classic"):
        chosen = settings(
            cleaning=cleaning,
            classic=ClassicSettings(keep=""),
            near_duplicates=None,
            validation=ValidationSettings(documents=held_out),
        )
        facts = build_corpus(chosen, [place(folder, "texts")], tmp_path / cleaning)
        found[cleaning], cleaned[cleaning] = (facts["validation"][what] for what in ("original_bytes", "bytes"))
        rows = list(read_rows(tmp_path / cleaning / "train"))
        assert sum(row["original_bytes"] for row in rows) == facts["train"]["original_bytes"]
    assert set(found.values()) == {sum((folder / name).stat().st_size for name in held_out)}
    assert cleaned["classic"] < cleaned["standard"] < cleaned["faithful"] < found["faithful"]


def test_a_named_document_is_held_out(folder, place, tmp_path) -> None:
    (tmp_path / "out").mkdir()
    chosen = settings(validation=ValidationSettings(documents=("story3.txt",)))
    build_corpus(chosen, [place(folder, "texts")], tmp_path / "out")
    assert list(read_column(tmp_path / "out" / "validation", "id")) == ["texts/story3.txt"]


def test_without_duplicates_search_all_stay(folder, place, tmp_path) -> None:
    (tmp_path / "out").mkdir()
    chosen = settings(exact_duplicates=False, near_duplicates=None)
    assert build_corpus(chosen, [place(folder, "texts")], tmp_path / "out")["documents"] == 8


def test_nothing_left_says_which_rules_took_it(folder, place, tmp_path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(GroundupError, match=r"Nothing is left of the 11 documents read: .*minimum characters"):
        build_corpus(settings(minimum_characters=100_000), [place(folder, "texts")], tmp_path / "out")


def test_a_draft_of_other_files_is_begun_again(folder, place, tmp_path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (folder / "broken.jsonl").write_text("{")
    with pytest.raises(GroundupError, match="not JSON"):
        build_corpus(settings(), [place(folder, "texts")], out)
    (folder / "broken.jsonl").unlink()
    assert build_corpus(settings(), [place(folder, "texts")], out)["documents_read"] == 11


def test_a_finished_draft_is_not_built_again(folder, place, tmp_path) -> None:
    facts = build_corpus(settings(), [place(folder, "texts")], tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert build_corpus(settings(), [place(folder, "texts")], tmp_path / "out") == facts
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


def test_folio_and_modern_spellings_of_a_play_are_found(tmp_path, place) -> None:
    modern = (
        "When shall we three meet again in thunder lightning or in rain when the hurlyburly is done when the battle "
        "is lost and won that will be ere the set of sun where the place upon the heath there to meet with Macbeth "
        "fair is foul and foul is fair hover through the fog and filthy air"
    )
    folio = (
        "When shall we three meet againe In Thunder Lightning or in Raine When the Hurlyburly is donne When the "
        "Battaile is lost and wonne That will be ere the set of Sunne Where the place Vpon the Heath There to meet "
        "with Macbeth faire is foule and foule is faire Houer through the fogge and filthie ayre"
    )
    (tmp_path / "a_f.txt").write_text(folio)
    (tmp_path / "b.txt").write_text(modern)
    (tmp_path / "c.txt").write_text(story(4))
    here = place(tmp_path, "plays")
    sources = (SourceSettings("p", include=("b.txt", "c.txt")), SourceSettings("p", include=("*_f.txt",)))
    old = NearDuplicateSettings(shingle=3, threshold=0.25, fold_spelling=True)
    for near, expected in ((old, ["plays/b.txt", "plays/c.txt"]), (NearDuplicateSettings(), None)):
        out = tmp_path / f"out{near.shingle}"
        chosen = CorpusSettings(sources, near_duplicates=near, validation=ValidationSettings(0.0))
        build_corpus(chosen, [here, here], out)
        kept = list(read_column(out / "train", "id"))
        assert kept == (expected or ["plays/b.txt", "plays/c.txt", "plays/a_f.txt"])


def test_a_changed_threshold_reads_nothing_again(folder, place, tmp_path) -> None:
    """The sources may be gone: what was annotated is enough."""
    annotate(settings(), [place(folder, "texts")], tmp_path / "documents")
    shutil.rmtree(folder)
    strict = settings(minimum_characters=60, near_duplicates=NearDuplicateSettings(threshold=1.0))
    for number, (chosen, kept) in enumerate([(settings(), 6), (strict, 6), (settings(near_duplicates=None), 7)]):
        if chosen.near_duplicates is None:
            # Signatures are there, though nobody asks for them.
            assert chosen != settings()
        facts = decide(chosen, tmp_path / "documents", tmp_path / f"corpus{number}")
        assert facts["documents"] == kept


NEEDS_RAY = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed; the gate installs it: .ci/run"
)


@pytest.mark.parametrize("files", [1, 4, 16])
@pytest.mark.parametrize("engine", ["processes", pytest.param("ray", marks=NEEDS_RAY)])
def test_who_does_the_work_changes_no_byte(place, tmp_path, monkeypatch, engine: Engine, files: int) -> None:
    """Two processes, or two workers of Ray, and from how many shards; beside all of it done here."""
    # The workers of Ray and fresh processes are handed files by shards, and need not know how many make one.
    monkeypatch.setattr(listing, "SHARD_FILES", 1)
    inside = tmp_path / "texts"
    inside.mkdir()
    for number in range(files):
        rows = [{"text": story(row + number), "title": str(row)} for row in range(16 // files)]
        (inside / f"{number:02}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    chosen = settings(cleaning="classic", privacy=PrivacySettings(), quality=QualitySettings(rules=("gopher",)))
    found = {}
    for who, workers in (("inline", 1), (engine, 2)):
        out = tmp_path / who
        build_corpus(chosen, [place(inside, "texts")], out, workers=workers, engine=who)
        found[who] = {str(file.relative_to(out)): file_sha256(file) for file in out.rglob("*") if file.is_file()}
    assert len([name for name in found["inline"] if name.startswith("ledger/")]) == files
    assert found["inline"] == found[engine]
