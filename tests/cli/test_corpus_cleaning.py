"""Show 7 by the command itself: what is in order stays as it is, to the byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundup.store.tables import read_rows

CLEAN = {
    "marks.txt": "“Curly”, ‘single’ – dashes… and can't; 10⁻³ ½ ﬁ Ａ, x<y &amp; <b>bold</b> [1] {2}\n",
    "scripts.txt": "日本語のテキスト。\nРусский текст\nالعربية עברית हिन्दी\n",
    "joined.txt": "e\u0301 \u00a0 \u200b 👩\u200d👩\u200d👧 \u202bright to left\u202c",
    "spaces.md": "# Title\n\n\n\ttabs and  spaces   \n    code = [[1]]\n\n",
}


@pytest.mark.parametrize("cleaning", ["faithful", "standard"])
def test_clean_text_is_left_alone_to_the_byte(cleaning: str, tmp_path: Path, groundup: Callable[..., Any]) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for name, text in CLEAN.items():
        (texts / name).write_bytes(text.encode())
    corpus = {"sources": [{"data": "texts"}], "cleaning": cleaning, "validation": {"fraction": 0}}
    (tmp_path / "recipe.yaml").write_text(json.dumps({"name": "Clean", "corpus": corpus}))
    done = groundup("corpus", "build", tmp_path / "recipe.yaml", "--out", tmp_path / "run", "--engine", "inline")
    assert done.code == 0, done.err
    found = {row["address"]: row["text"].encode() for row in read_rows(tmp_path / "run" / "corpus" / "train")}
    assert found == {name: (texts / name).read_bytes() for name in CLEAN}
