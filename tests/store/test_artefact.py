"""Artefacts: published whole, replaced whole, opened only when whole."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from groundup.errors import DamagedError, GroundupError, NoRoomError
from groundup.store.artefact import Artefact, discard, drafting, open_artefact, publish, sweep


def make(final: Path, text: str = "text", **changes) -> Artefact:
    with drafting(final) as draft:
        (draft / "deep").mkdir()
        (draft / "deep" / "words.txt").write_text(text)
        (draft / "empty").write_bytes(b"")
        given = {"stage": "corpus", "fingerprint": "f", "settings": {"size": 3}, "seed": 1}
        return publish(draft, final, **(given | {"parents": {"books": "a"}, "facts": {"words": 1}} | changes))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_published_is_opened(tmp_path):
    made = make(tmp_path / "corpus")
    found = open_artefact(tmp_path / "corpus")
    assert found == made
    assert found.file("deep/words.txt").read_text() == "text"
    assert set(found.manifest.files) == {"deep/words.txt", "empty"}
    assert found.manifest.facts == {"words": 1}
    assert found.manifest.parents == {"books": "a"}
    assert "python" in found.manifest.versions
    assert names(tmp_path) == ["corpus"]


def test_a_replacement_leaves_nothing_of_the_old(tmp_path):
    make(tmp_path / "corpus", "old")
    make(tmp_path / "corpus", "new")
    assert open_artefact(tmp_path / "corpus").file("deep/words.txt").read_text() == "new"
    assert names(tmp_path) == ["corpus"]


def test_publishing_needs_no_sweep_before_it(tmp_path):
    for place in ("corpus", ".replaced-corpus", ".draft-corpus"):
        make(tmp_path / place, "old")
    make(tmp_path / "corpus", "new")
    assert open_artefact(tmp_path / "corpus").file("deep/words.txt").read_text() == "new"
    assert names(tmp_path) == ["corpus"]


def test_a_missing_folder_is_the_users_mistake(tmp_path):
    with pytest.raises(GroundupError, match="corpus") as caught:
        open_artefact(tmp_path / "corpus")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["deep/words.txt", "empty", "manifest.json"])
@pytest.mark.parametrize("verify", [True, False])
def test_a_missing_or_longer_file_is_noticed_with_and_without_hashing(tmp_path, name, verify):
    file = make(tmp_path / "corpus").file(name)
    whole = file.read_bytes()
    file.write_bytes(whole + b"x")
    with pytest.raises(DamagedError, match=name):
        open_artefact(tmp_path / "corpus", verify=verify)
    file.unlink()
    with pytest.raises(DamagedError, match=name):
        open_artefact(tmp_path / "corpus", verify=verify)


def test_only_the_files_that_will_be_read_need_be_hashed(tmp_path):
    said = []
    made = make(tmp_path / "corpus")
    made.file("deep/words.txt").write_text("tax?")
    assert open_artefact(tmp_path / "corpus", verify=["empty"], progress=lambda *state: said.append(state)) == made
    assert said[-1] == ("checking corpus", 0, 0)
    with pytest.raises(DamagedError, match=r"words\.txt"):
        open_artefact(tmp_path / "corpus", verify=["deep/words.txt"])


def test_files_beside_the_listed_ones_are_ignored(tmp_path):
    made = make(tmp_path / "corpus")
    made.file("notes.txt").write_text("mine")
    assert open_artefact(tmp_path / "corpus") == made


def test_an_error_while_drafting_leaves_nothing(tmp_path):
    def draft_half():
        with drafting(tmp_path / "corpus") as draft:
            (draft / "half").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draft_half()
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("before", [0, 2, 4])
def test_a_full_disk_leaves_the_old_one_and_no_draft(tmp_path, monkeypatch, number, before):
    old = make(tmp_path / "corpus", "old")
    calls = iter(range(100))

    def fsync(file):
        if next(calls) >= before:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(NoRoomError, match="MB are needed"):
        make(tmp_path / "corpus", "new")
    assert open_artefact(tmp_path / "corpus") == old
    assert names(tmp_path) == ["corpus"]


def test_a_full_disk_leaves_the_draft_of_a_stage_that_took_hours(tmp_path, monkeypatch):
    draft = tmp_path / ".draft-pretrain"
    draft.mkdir()
    (draft / "weights").write_text("hours")

    def full(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    given = {"stage": "pretrain", "fingerprint": "f", "settings": {}, "seed": 1, "parents": {}, "facts": {}}
    with pytest.raises(NoRoomError):
        publish(draft, tmp_path / "pretrain", **given, keep_draft=True)
    assert names(tmp_path) == [".draft-pretrain"]
    monkeypatch.undo()
    made = publish(draft, tmp_path / "pretrain", **given, keep_draft=True)
    assert made.file("weights").read_text() == "hours"
    assert set(made.manifest.files) == {"weights"}


def test_a_full_disk_leaves_no_other_draft(tmp_path, monkeypatch):
    draft = tmp_path / "draft"
    draft.mkdir()

    def full(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    given = {"stage": "pretrain", "fingerprint": "f", "settings": {}, "seed": 1, "parents": {}, "facts": {}}
    with pytest.raises(NoRoomError):
        publish(draft, tmp_path / "pretrain", **given)
    assert names(tmp_path) == []


def test_sweeping_mends_what_kills_leave(tmp_path):
    make(tmp_path / "moved", "old")
    (tmp_path / "moved").rename(tmp_path / ".replaced-moved")
    make(tmp_path / "there", "new")
    make(tmp_path / ".replaced-there", "old")
    for leftover in (".draft-half", ".discarded-gone"):
        (tmp_path / leftover / "deep").mkdir(parents=True)
    (tmp_path / ".new-recipe.yaml").write_text("half")
    sweep(tmp_path)
    assert names(tmp_path) == ["moved", "there"]
    assert open_artefact(tmp_path / "moved").file("deep/words.txt").read_text() == "old"
    assert open_artefact(tmp_path / "there").file("deep/words.txt").read_text() == "new"


def test_sweeping_can_leave_drafts_and_needs_no_folder(tmp_path):
    (tmp_path / ".draft-half").mkdir()
    sweep(tmp_path, drafts=False)
    assert names(tmp_path) == [".draft-half"]
    sweep(tmp_path / "nowhere")


def test_discarding_removes_an_artefact(tmp_path):
    make(tmp_path / "step-1")
    discard(tmp_path / "step-1")
    assert names(tmp_path) == []
