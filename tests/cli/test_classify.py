from __future__ import annotations

import pytest


@pytest.mark.parametrize("name", ["classification", "pretrained"])
def test_each_text_has_a_label_and_the_share_of_every_label(task_run, groundup, name) -> None:
    found = groundup("classify", task_run(name).run, "A superb film of the garden", "--json").json
    assert set(found["probabilities"]) == {"good", "bad"}
    assert sum(found["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert found["label"] == max(found["probabilities"], key=found["probabilities"].get)
    assert found["probability"] == max(found["probabilities"].values())


def test_people_read_label_probability_and_text(task_run, groundup) -> None:
    out = groundup("classify", task_run("classification").run, "A superb film").out
    assert out.split()[0] in ("good", "bad")
    assert out.strip().endswith("A superb film")


def test_a_tab_is_a_part_of_a_text_where_texts_stand_alone(task_run, groundup) -> None:
    run = task_run("classification").run
    whole, half = (groundup("classify", run, text, "--json").json for text in ("A superb\tboring film", "A superb"))
    assert whole["probabilities"] != half["probabilities"]
