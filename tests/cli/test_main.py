from __future__ import annotations

import subprocess
import sys

import pytest

from groundup import __version__
from groundup.cli.main import COMMANDS, main
from groundup.errors import DamagedError, GroundupError, NoRoomError

# Others' scripts lean on these (the issue calls them names that stay).
NAMES_THAT_STAY = {
    "build": ("--out", "--json", "RECIPE"),
    "generate": ("RUN", "TEXT", "--file", "--tokens", "--seed", "--json"),
    "evaluate": ("RUN", "--data", "--task", "--json"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_ends_in_examples(command, groundup) -> None:
    outcome = groundup(command, "--help")
    assert outcome.code == 0
    _, _, examples = outcome.out.partition("examples:\n")
    lines = examples.strip().splitlines()
    assert lines
    assert all(f"groundup {command}" in line for line in lines)


def test_an_action_has_examples_of_its_own(groundup) -> None:
    said = groundup("corpus", "build", "--help").out
    lines = said.partition("examples:\n")[2].strip().splitlines()
    assert all(line.strip().startswith("groundup corpus build ") for line in lines)
    assert any("--corpus.sources.0.data" in line for line in lines)


@pytest.mark.parametrize("command", NAMES_THAT_STAY)
def test_names_that_stay(command, groundup) -> None:
    usage = groundup(command, "--help").out
    for name in NAMES_THAT_STAY[command]:
        assert name in usage


def test_the_overview_names_every_command_and_imports_no_torch() -> None:
    script = (
        "import sys, groundup.cli.main as m\n"
        "try: m.main(['--help'])\n"
        "except SystemExit: print([name for name in ('torch', 'numpy', 'pyarrow') if name in sys.modules])"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment).stdout
    assert all(f"  {command} " in said for command in COMMANDS)
    assert said.endswith("[]\n")


def test_the_version_is_told(groundup) -> None:
    assert groundup("--version").out == f"groundup {__version__}\n"


def test_unknown_words_bring_the_nearest(groundup) -> None:
    outcome = groundup("biuld")
    assert outcome.code == 2
    assert "'build'" in outcome.error
    for command in COMMANDS:
        assert groundup(command, "--no-such-option").code == 2


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (GroundupError("Found.", "Do."), 2),
        (DamagedError("Found.", "Do."), 1),
        (NoRoomError("Found.", "Do."), 1),
        (OSError(28, "No space left on device", "/tmp/x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(raised, code, groundup, monkeypatch) -> None:
    def run(arguments: object) -> int:
        raise raised

    monkeypatch.setattr("groundup.cli.schema.run", run)
    outcome = groundup("schema")
    assert outcome.code == code
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1, "nothing ends without a word"


def test_a_defect_of_ours_keeps_its_traceback(monkeypatch) -> None:
    from groundup.cli.main import main

    monkeypatch.setattr("groundup.cli.schema.run", lambda arguments: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        main(["schema"])


@pytest.mark.parametrize(
    ("typed", "meant"), [("--jsno", "--json"), ("--replce", "--replace"), ("--worker=2", "--workers")]
)
def test_a_mistyped_option_is_not_taken_for_a_key_of_the_recipe(typed, meant, capsys):
    with pytest.raises(SystemExit) as left:
        main(["build", "recipe.yaml", "--out", "run", typed])
    assert left.value.code == 2
    assert f"did you mean {meant}?" in capsys.readouterr().err
