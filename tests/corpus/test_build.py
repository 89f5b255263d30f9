from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from groundup.corpus.account import COUNTS
from groundup.corpus.build import annotate
from groundup.corpus.contamination_settings import ContaminationSettings, EvaluationSettings
from groundup.corpus.decide import decide
from groundup.corpus.document import CORPUS_SCHEMA, LEDGER_SCHEMA
from groundup.corpus.privacy.settings import PrivacySettings
from groundup.corpus.quality.settings import LinearFilterSettings, LinearSettings, QualitySettings
from groundup.corpus.settings import (
    ClassicSettings,
    CorpusSettings,
    NearDuplicateSettings,
    SourceSettings,
    ValidationSettings,
)
from groundup.corpus.sources import listing
from groundup.corpus.substring_settings import SubstringSettings
from groundup.corpus.workers import Crew, Engine
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


def test_every_document_read_is_kept_or_has_a_row(build_corpus, folder, place, tmp_path) -> None:
    out = tmp_path / "out"
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
    assert list(kept[0]) == list(CORPUS_SCHEMA)
    assert list(rows[0]) == list(LEDGER_SCHEMA)
    assert all(row["characters"] == len(row["text"]) and row["bytes"] == len(row["text"].encode()) for row in kept)
    account = account_of(out)
    assert account["documents"] == {"read": 11, "kept": 6, "dropped": 5}
    # The ledger alone explains every character that was read and is not kept.
    gone = sum(row["characters_before"] - row["characters_after"] for row in rows)
    assert account["characters"]["read"] - gone == sum(row["characters"] for row in kept) == facts["characters"]
    assert account["removed"][0]["commonest"][0]["name"] == "U+0007 control"
    assert account["shards"] == [{what: account["sources"][0][what] for what in COUNTS}]
    near = next(row for row in rows if row["rule"] == "near duplicates")
    assert (near["cluster"], near["cluster_size"], near["threshold"]) == ("texts/near.txt", 2, 0.8)


def test_by_characters_one_document_is_cut_in_two(build_corpus, tmp_path, place) -> None:
    (tmp_path / "a.txt").write_text("0123456789" * 10)
    chosen = settings(validation=ValidationSettings(by="characters"))
    facts = build_corpus(chosen, [place(tmp_path / "a.txt", "a")], tmp_path / "out")
    assert list(read_column(tmp_path / "out" / "train", "text")) == ["0123456789" * 9]
    assert list(read_column(tmp_path / "out" / "validation", "text")) == ["0123456789"]
    assert account_of(tmp_path / "out")["split"]["cut_document"] == "a/a.txt"
    assert (facts["documents"], facts["train"]["characters"], facts["validation"]["characters"]) == (1, 90, 10)


def test_tinyshakespeare_is_split_as_everyone_splits_it(build_corpus, shared_data, tmp_path, place) -> None:
    text = (shared_data / "tinyshakespeare" / "input.txt").read_bytes()
    chosen = settings(validation=ValidationSettings(by="characters"))
    out = tmp_path / "out"
    build_corpus(chosen, [place(shared_data / "tinyshakespeare" / "input.txt", "tiny")], out)
    (train,) = read_column(out / "train", "text")
    (validation,) = read_column(out / "validation", "text")
    assert (len(train), len(validation)) == (1_003_854, 111_540)
    assert (train + validation).encode() == text
    assert not list((out / "ledger").iterdir())


def test_classic_comes_after_the_filters(build_corpus, folder, place, tmp_path) -> None:
    """The same documents are dropped as without it, though without punctuation others would be alike too."""
    (folder / "x.txt").write_text("we're here")
    (folder / "y.txt").write_text("were here")
    outs = {}
    for cleaning in ("standard", "classic"):
        outs[cleaning] = tmp_path / cleaning
        chosen = settings(cleaning=cleaning, classic=ClassicSettings(keep="", inside_words=True, lowercase=True))
        build_corpus(chosen, [place(folder, "texts")], outs[cleaning])
    kept = {
        cleaning: {row["id"]: row["text"] for part in ("train", "validation") for row in read_rows(out / part)}
        for cleaning, out in outs.items()
    }
    assert set(kept["classic"]) == set(kept["standard"]) >= {"texts/x.txt", "texts/y.txt"}
    assert kept["classic"]["texts/x.txt"] == "were here"
    assert {row["rule"] for row in read_rows(outs["classic"] / "ledger")} >= {"classic"}


def test_every_cleaning_knows_the_bytes_there_were_before_it(build_corpus, folder, place, tmp_path) -> None:
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


def test_a_named_document_is_held_out(build_corpus, folder, place, tmp_path) -> None:
    chosen = settings(validation=ValidationSettings(documents=("story3.txt",)))
    build_corpus(chosen, [place(folder, "texts")], tmp_path / "out")
    assert list(read_column(tmp_path / "out" / "validation", "id")) == ["texts/story3.txt"]


def test_without_duplicates_search_all_stay(build_corpus, folder, place, tmp_path) -> None:
    chosen = settings(exact_duplicates=False, near_duplicates=None)
    assert build_corpus(chosen, [place(folder, "texts")], tmp_path / "out")["documents"] == 8


def test_nothing_left_says_which_rules_took_it(build_corpus, folder, place, tmp_path) -> None:
    with pytest.raises(GroundupError, match=r"Nothing is left of the 11 documents read: .*minimum characters"):
        build_corpus(settings(minimum_characters=100_000), [place(folder, "texts")], tmp_path / "out")


def test_an_archive_without_documents_says_what_it_holds(build_corpus, place, tmp_path) -> None:
    (tmp_path / "a.warc.wat").write_bytes(b"WARC/1.0\r\nWARC-Type: metadata\r\nContent-Length: 2\r\n\r\n{}\r\n\r\n")
    with pytest.raises(GroundupError, match="the files hold no documents, but records of other kinds: metadata 1"):
        build_corpus(settings(), [place(tmp_path / "a.warc.wat", "texts")], tmp_path / "out")


def test_a_draft_of_other_files_is_begun_again(build_corpus, folder, place, tmp_path) -> None:
    out = tmp_path / "out"
    (folder / "broken.jsonl").write_text("{")
    with pytest.raises(GroundupError, match="not JSON"):
        build_corpus(settings(), [place(folder, "texts")], out)
    (folder / "broken.jsonl").unlink()
    assert build_corpus(settings(), [place(folder, "texts")], out)["documents_read"] == 11


def test_a_finished_draft_is_not_built_again(build_corpus, folder, place, tmp_path) -> None:
    facts = build_corpus(settings(), [place(folder, "texts")], tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert build_corpus(settings(), [place(folder, "texts")], tmp_path / "out") == facts
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


def test_a_dump_of_one_file_tells_how_far_it_is(place, tmp_path) -> None:
    rows = "\n".join(json.dumps({"text": story(number)}) for number in range(7))
    (tmp_path / "dump.jsonl").write_text(rows)
    heard: list[tuple[str, float]] = []
    annotate(
        settings(),
        [place(tmp_path / "dump.jsonl", "dump")],
        tmp_path / "draft",
        Crew(workers=2),
        lambda what, done=0, total=None: heard.append((what, done)),
    )
    assert [done for what, done in heard if what.endswith("in documents")] == [*range(1, 8)]
    # It is said before the first document comes, which may be long.
    assert heard[0] == ("reading and cleaning texts, in bytes", 0)


def test_folio_and_modern_spellings_of_a_play_are_found(build_corpus, tmp_path, place) -> None:
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


QUESTION = "Which of the four gases named below makes up most of the air that we breathe every day?"


@pytest.fixture
def questions(tmp_path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps({"question": QUESTION, "id": "q1"}) + "\n")
    return path


def rows_of(corpus: Path, part: str) -> list[dict]:
    return list(read_rows(corpus / part)) if (corpus / part).is_dir() else []


def test_evaluation_texts_are_looked_for_once_and_judged_as_often_as_wanted(folder, place, questions, tmp_path) -> None:
    (folder / "leak.txt").write_text(story(50) + QUESTION + "\n" + story(50) + "Another end.\n")
    sought = ContaminationSettings((EvaluationSettings("questions"),))
    places = [place(folder, "texts"), place(questions, "questions")]
    annotate(settings(contamination=sought), places, tmp_path / "documents")
    shutil.rmtree(folder)
    questions.unlink()
    found = {}
    for name, chosen in {
        "drop": sought,
        "cut": replace(sought, action="cut"),
        "high": replace(sought, item_share=2, text_share=2, longest_run=0),
    }.items():
        found[name] = tmp_path / name
        decide(settings(contamination=chosen), tmp_path / "documents", found[name])
        kept = {row["id"]: row["text"] for part in ("train", "validation") for row in rows_of(found[name], part)}
        assert ("texts/leak.txt" in kept) == (name != "drop")
        assert any("most of the air" in text for text in kept.values()) == (name == "high")
        account = account_of(found[name])
        assert account["evaluation_items"] == {"looked_for": 1, "too_short": 1}
        assert account["documents"]["read"] == account["documents"]["kept"] + account["documents"]["dropped"]
    rows = [row for row in read_rows(found["drop"] / "ledger") if row["stage"] == "contamination"]
    assert [(row["rule"], row["value"], row["threshold"], row["cluster"]) for row in rows] == [
        ("evaluation item", 1.0, 0.5, "questions/questions.jsonl#1 question")
    ]


def test_passages_are_counted_without_the_evaluation_texts_that_were_cut(
    build_corpus, place, questions, tmp_path
) -> None:
    inside = tmp_path / "texts"
    inside.mkdir()
    copied = (
        "This passage of some length stands in both of the two texts, letter for letter, and has a hundred of them."
    )
    (inside / "a.txt").write_text(f"First: {copied}")
    (inside / "b.txt").write_text(f"Second begins otherwise. {QUESTION} And goes on.{copied} So it ends.")
    chosen = settings(
        contamination=ContaminationSettings((EvaluationSettings("questions"),), action="cut"),
        substring_duplicates=SubstringSettings(minimum=100),
        near_duplicates=None,
        validation=ValidationSettings(0),
    )
    build_corpus(chosen, [place(inside, "texts"), place(questions, "questions")], tmp_path / "out")
    texts = {row["id"]: row["text"] for row in read_rows(tmp_path / "out" / "train")}
    assert texts == {
        "texts/a.txt": f"First: {copied}",
        "texts/b.txt": "Second begins otherwise. ? And goes on. So it ends.",
    }
    rules = [row["rule"] for row in read_rows(tmp_path / "out" / "ledger") if row["id"] == "texts/b.txt"]
    assert rules == ["evaluation item", "repeated passages"]


def test_a_text_of_which_nothing_stays_is_dropped_and_counted(build_corpus, place, tmp_path) -> None:
    copied = "This passage of some length stands in both of the two texts, word for word and letter for letter. " * 3
    (tmp_path / "texts").mkdir()
    for name, text in (("a", f"First. {copied}"), ("b", copied)):
        (tmp_path / "texts" / f"{name}.txt").write_text(text)
    chosen = settings(
        substring_duplicates=SubstringSettings(minimum=20), near_duplicates=None, validation=ValidationSettings(0)
    )
    facts = build_corpus(chosen, [place(tmp_path / "texts", "texts")], tmp_path / "out")
    assert (facts["documents"], facts["train"]["documents"]) == (1, 1)
    rules = [(row["rule"], row["action"]) for row in read_rows(tmp_path / "out" / "ledger")]
    assert rules[-2:] == [("repeated passages", "cut"), ("nothing left", "drop")]


def test_a_learned_filter_drops_what_is_like_the_ordinary_texts(place, tmp_path) -> None:
    """Its threshold is a decision; what it learns from is not."""
    good = ["The moor lay dark under the lantern, whereupon the old man sat down and told his tale again."]
    bad = ["Click here to subscribe and accept every cookie of this web site before you go on to the shop."]
    for name, texts in (("good", good), ("bad", bad), ("texts", good + bad)):
        rows = [{"text": f"{text} Number {number}."} for text in texts for number in range(6)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    linear = LinearFilterSettings(
        (SourceSettings("good"),), (SourceSettings("bad"),), training=LinearSettings(bits=10, steps=50)
    )
    chosen = settings(quality=QualitySettings(linear=linear), near_duplicates=None)
    places = [place(tmp_path / f"{name}.jsonl", name) for name in ("texts", "good", "bad")]
    annotate(chosen, places, tmp_path / "documents")
    decide(chosen, tmp_path / "documents", tmp_path / "out")
    dropped = [row for row in read_rows(tmp_path / "out" / "ledger") if row["action"] == "drop"]
    assert {row["rule"] for row in dropped} == {"linear/score"}
    assert [row["id"] for row in dropped] == [f"texts/texts.jsonl#{number}" for number in range(7, 13)]
    assert all(row["value"] < row["threshold"] == 0.5 for row in dropped)
    lower = settings(quality=QualitySettings(linear=replace(linear, at_least=None)), near_duplicates=None)
    assert decide(lower, tmp_path / "documents", tmp_path / "all")["documents"] == 12


def test_sources_are_mixed_by_weight_and_it_adds_up(build_corpus, place, tmp_path) -> None:
    for name in ("web", "books", "plain"):
        rows = [{"text": f"{name} number {number} is a text."} for number in range(60)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sources = (SourceSettings("web", weight=0.25), SourceSettings("books", weight=2.5), SourceSettings("plain"))
    places = [place(tmp_path / f"{name}.jsonl", name) for name in ("web", "books", "plain")]
    facts = build_corpus(CorpusSettings(sources, near_duplicates=None), places, tmp_path / "out")
    account = account_of(tmp_path / "out")
    assert account["documents"]["read"] == 180 == account["documents"]["kept"] + account["documents"]["dropped"]
    (rule,) = account["rules"]
    assert (rule["stage"], rule["rule"], rule["action"]) == ("mixture", "weight", "drop")
    train, held = rows_of(tmp_path / "out", "train"), rows_of(tmp_path / "out", "validation")
    counts = {name: [row["times"] for row in train if row["source"] == name] for name in ("web", "books", "plain")}
    assert set(counts["web"]) == {1} == set(counts["plain"])
    assert set(counts["books"]) == {2, 3}
    assert len(counts["web"]) < 30
    assert {row["times"] for row in held} == {1}
    seen = sum(row["times"] * row["characters"] for row in train)
    assert facts["train"]["characters_seen"] == seen > facts["train"]["characters"]


def test_a_ledger_shows_nothing_that_the_corpus_masks(build_corpus, place, tmp_path) -> None:
    """Not in samples of texts that go, nor of changes before the masks, nor in titles, nor in the account."""
    secret = "ada.lovelace@example.org"
    texts = [
        f"Write to {secret} today.",
        f"Write to  {secret} today.",
        f"{secret} \x07 is an address in a longer text that stays, with more words than the others have.",
        "Nobody is named in this one, which is long enough to stay. " + "More words. " * 19 + f"She has {secret} too.",
        f"{secret}",
    ]
    rows = [{"text": text, "title": f"A letter to {secret}"} for text in texts]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    chosen = settings(privacy=PrivacySettings(), minimum_characters=30, near_duplicates=NearDuplicateSettings())
    build_corpus(chosen, [place(tmp_path / "rows.jsonl", "rows")], tmp_path / "out")
    assert account_of(tmp_path / "out")["clusters_found"] == 1
    shown = [
        json.dumps([rows_of(tmp_path / "out", part) for part in ("train", "validation", "ledger")]),
        (tmp_path / "out" / "account.json").read_text(),
    ]
    assert all("[e-mail address]" in one for one in shown)
    for one in shown:
        assert "lovelace" not in one
        assert "example.org" not in one


Build = Callable[[int, Engine], dict[str, str]]


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `built` builds, in folders such as `4 inline`."""
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(scope="module")
def built(build_corpus, place, built_in: Path) -> Build:
    """Builds a corpus of every stage from so many shards; gives each file's SHA-256."""
    root = built_in
    (root / "items.txt").write_text(SENTENCES[20] + " " + SENTENCES[21])
    learned = LinearFilterSettings(
        (SourceSettings("texts", include=("00.jsonl",)),),
        (SourceSettings("items"),),
        at_least=0.01,
        training=LinearSettings(bits=10, steps=20),
    )
    chosen = CorpusSettings(
        (SourceSettings("texts", weight=1.5),),
        cleaning="classic",
        privacy=PrivacySettings(),
        quality=QualitySettings(linear=learned),
        contamination=ContaminationSettings((EvaluationSettings("items"),), action="cut"),
        substring_duplicates=SubstringSettings(minimum=900),
    )

    @lru_cache
    def build(files: int, engine: Engine) -> dict[str, str]:
        inside, out = root / str(files), root / f"{files} {engine}"
        inside.mkdir(exist_ok=True)
        for number in range(files):
            rows = [{"text": story(row + number), "title": str(row)} for row in range(16 // files)]
            (inside / f"{number:02}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        places = [place(inside, "texts"), place(root / "items.txt", "items")]
        with pytest.MonkeyPatch.context() as patch:
            # The workers of Ray and fresh processes are handed files by shards, and need not know how many make one.
            patch.setattr(listing, "SHARD_FILES", 1)
            build_corpus(chosen, [*places, *places], out, Crew(2, engine))
        return {str(file.relative_to(out)): file_sha256(file) for file in out.rglob("*") if file.is_file()}

    return build


@pytest.fixture(scope="module")
def ray() -> Iterator[None]:
    """One Ray for all that is built; that it begins and ends with the work else, the tests of the workers show."""
    library = pytest.importorskip("ray", reason="Ray is not installed; the gate installs it: .ci/run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        library.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
        yield
        library.shutdown()


@pytest.mark.parametrize("files", [1, 4, 16])
def test_two_processes_change_no_byte(built: Build, files: int) -> None:
    """Beside all of it done here, and from how many shards."""
    assert len([name for name in built(files, "inline") if name.startswith("ledger/")]) == files
    assert built(files, "processes") == built(files, "inline")


@pytest.mark.parametrize("files", [1, 4, 16])
def test_the_account_of_each_shard_is_what_its_tables_hold(built: Build, built_in: Path, files: int) -> None:
    built(files, "inline")
    out = built_in / f"{files} inline"
    account = account_of(out)
    assert len(account["shards"]) == files
    for number, counts in enumerate(account["shards"]):
        tables = {part: out / part / f"{number:05}.parquet" for part in ("train", "validation", "ledger")}
        rows = {part: list(read_rows(path)) if path.exists() else [] for part, path in tables.items()}
        kept, ledger = [*rows["train"], *rows["validation"]], rows["ledger"]
        assert counts["documents_kept"] == len({row["id"] for row in kept})
        assert counts["documents_dropped"] == sum(row["action"] == "drop" for row in ledger)
        assert counts["documents_read"] == counts["documents_kept"] + counts["documents_dropped"]
        assert counts["characters_kept"] == sum(row["characters"] for row in kept)
        gone = sum(row["characters_before"] - row["characters_after"] for row in ledger)
        assert counts["characters_read"] == counts["characters_kept"] + gone
    for what in COUNTS:
        assert sum(counts[what] for counts in account["shards"]) == sum(one[what] for one in account["sources"])


@pytest.mark.parametrize("files", [1, 4, 16])
@pytest.mark.usefixtures("ray")
def test_two_workers_of_ray_change_no_byte(built: Build, files: int) -> None:
    assert built(files, "ray") == built(files, "inline")
