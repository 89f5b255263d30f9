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


def test_a_text_without_a_word_is_said(task_run, groundup) -> None:
    outcome = groundup("classify", task_run("classification").run, "A superb film", "", " ")
    assert outcome.code == 0
    assert "2 of 3 texts are empty, first text 2" in outcome.err
    assert len(outcome.out.splitlines()) == 3


def test_a_tab_is_a_part_of_a_text_where_texts_stand_alone(task_run, groundup) -> None:
    run = task_run("classification").run
    whole, half = (groundup("classify", run, text, "--json").json for text in ("A superb\tboring film", "A superb"))
    assert whole["probabilities"] != half["probabilities"]


def test_runs_choose_a_label_together(task_run, groundup) -> None:
    """The mean of what they find probable, whatever they are made of."""
    runs = [task_run(name).run for name in ("classification", "pretrained")]
    text = "A superb film of the garden"
    alone = [groundup("classify", run, text, "--json").json["probabilities"] for run in runs]
    both = groundup("classify", runs[0], text, "--with", runs[1], "--json").json
    assert both["probabilities"] == pytest.approx({name: (alone[0][name] + alone[1][name]) / 2 for name in alone[0]})
    assert both["probability"] == max(both["probabilities"].values())
    outcome = groundup("classify", runs[0], text, "--with", runs[1], "--explain")
    assert outcome.code == 2
    assert "--explain" in outcome.error


def test_runs_of_words_choose_with_the_network(task_run, groundup) -> None:
    """Both are heard: where the network of eight steps knows nothing, the words do."""
    run = task_run("pooled").run
    for word, label in (("superb", "good"), ("dreadful", "bad")):
        found = groundup("classify", run, f"A {word} film", "--json").json
        assert found["label"] == label
        assert set(found["alone"]) == {"network", "ngrams"}
        assert found["alone"]["ngrams"][label] > 0.6
        assert sum(found["probabilities"].values()) == pytest.approx(1)
    # A run of its own among others, too.
    both = groundup("classify", task_run("classification").run, "A superb film", "--with", run, "--json").json
    alone = [
        groundup("classify", each, "A superb film", "--json").json for each in (task_run("classification").run, run)
    ]
    assert both["probabilities"]["good"] == pytest.approx(sum(each["probabilities"]["good"] for each in alone) / 2)


def test_what_is_explained_is_the_network_and_that_is_said(task_run, groundup) -> None:
    outcome = groundup("classify", task_run("pooled").run, "A superb film", "--explain")
    assert outcome.code == 0
    assert "what is shown spoke to the network" in outcome.err
    assert "Note" not in groundup("classify", task_run("classification").run, "A superb film", "--explain").err
