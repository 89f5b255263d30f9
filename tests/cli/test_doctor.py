from __future__ import annotations

from groundup.cli import doctor


def test_what_this_machine_can_do(groundup, monkeypatch) -> None:
    monkeypatch.setattr("groundup.training.machine.product_speed", lambda device, kind: 1e9)
    found = groundup("doctor", "--json").json
    assert found["processor_cores"] >= 1
    assert found["torch"]
    assert found["missing"] == []
    assert "Everything needed is here." in groundup("doctor").out


def test_what_is_missing_is_said_with_how_to_get_it(groundup, monkeypatch) -> None:
    monkeypatch.setattr("groundup.training.machine.product_speed", lambda device, kind: 1e9)
    monkeypatch.setitem(doctor.EXTRAS, "no_such_library", "shows what is missing")
    outcome = groundup("doctor")
    assert outcome.code == 1
    assert "pip install no_such_library" in outcome.out
