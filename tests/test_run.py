"""run.py with installers that only write down what they were asked: its logic, in milliseconds, without a network."""

from __future__ import annotations

import ast
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

# Stands for uv, pip and nvidia-smi: notes its words, then fails or dawdles as the environment asks.
STUB = """
import os, sys, time
words = os.path.basename(sys.argv[0]) + " " + " ".join(sys.argv[1:])
with open(os.environ["STUB_LOG"], "a") as log:
    print(words, file=log)
if os.environ.get("STUB_SLOW", "never") in words:
    time.sleep(1.5)
    with open(os.environ["STUB_LOG"], "a") as log:
        print("the slow one ended", file=log)
sys.exit(any(part in words for part in os.environ.get("STUB_FAILS", "").splitlines()))
"""
# Stands for the venv module, which takes seconds when it has to bring pip.
VENV = """
import pathlib, sys
folder = pathlib.Path(sys.argv[-1], "bin")
folder.mkdir(parents=True, exist_ok=True)
(folder / "python").unlink(missing_ok=True)
(folder / "python").symlink_to(sys.executable)
"""
SAY = "import os, sys; print({name!r}, *sys.argv[1:], 'in', os.getcwd())"

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
OFFERED = "--dry-run --no-index --no-deps torch==2.13.0"


class Checkout:
    """A folder with run.py and what it reads, and a machine of stubs around it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.root.mkdir()
        for name in ("run.py", "pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, self.root)
        self.tools, modules = folder / "tools", folder / "modules"
        self.tools.mkdir()
        modules.mkdir()
        for name in ("groundup", "pytest"):
            (modules / f"{name}.py").write_text(SAY.format(name=name))
        (modules / "pip.py").write_text(STUB)
        (modules / "venv.py").write_text(VENV)
        self.log = folder / "log"
        self.environment = {"PATH": str(self.tools), "PYTHONPATH": str(modules), "STUB_LOG": str(self.log)}
        self.add_tool("uv")

    def add_tool(self, name: str) -> None:
        (self.tools / name).write_text(f"#!{sys.executable} -IS\n{STUB}")
        (self.tools / name).chmod(0o755)

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.root / "run.py"), *words],
            env=self.environment | environment,
            cwd=self.root.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **environment: str) -> tuple[int, str, str]:
        process = self.start(*words, **environment)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def installs(self) -> list[str]:
        """What was asked of installers since the last look, without what they all share."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        shared = re.compile(r"^(uv pip|pip\.py) install (--python \S+ )?(-q )?")
        return [shared.sub("", line) for line in lines]

    @property
    def stamp(self) -> Path:
        return self.root / ".venv" / "groundup.stamp"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path.resolve())


def expected(checkout: Checkout, *torch: str) -> list[str]:
    lock = f"--no-deps --require-hashes -r {checkout.root}/requirements.lock"
    return [lock, OFFERED, *torch, f"--no-deps --no-build-isolation -e {checkout.root}"]


def test_first_start_installs_and_the_second_starts_at_once(checkout: Checkout) -> None:
    code, out, _ = checkout.run("doctor", "--json")
    assert code == 0
    assert out.endswith(f"groundup doctor --json in {checkout.root.parent}\n")
    assert checkout.installs() == expected(checkout, "--no-index --no-deps torch==2.13.0")
    assert checkout.run("doctor") == (0, f"groundup doctor in {checkout.root.parent}\n", "")
    assert checkout.installs() == []


def test_without_uv_pip_installs_the_same(checkout: Checkout) -> None:
    (checkout.tools / "uv").unlink()
    assert checkout.run("doctor")[0] == 0
    assert checkout.installs() == expected(checkout, "--no-index --no-deps torch==2.13.0")


def test_demo_and_test_run_in_the_checkout(checkout: Checkout) -> None:
    _, out, _ = checkout.run("demo", "--seed", "2")
    assert out.splitlines()[-1] == f"groundup demo --seed 2 in {checkout.root}"
    out = checkout.run("test", "-x", "-k", "a b")[1]
    assert out == f"pytest -n auto --dist loadfile -x -k a b in {checkout.root}\n"


@pytest.mark.parametrize("words", [(), ("-h",), ("--help",)])
def test_help_installs_nothing(checkout: Checkout, words: tuple[str, ...]) -> None:
    code, out, _ = checkout.run(*words)
    assert code == 0
    assert "python3 run.py demo" in out
    assert checkout.installs() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a build of PyTorch without CUDA")
def test_linux_without_gpu_asks_the_cpu_index_and_then_the_default(checkout: Checkout) -> None:
    from_index = f"--no-deps --index-url {CPU_INDEX} torch==2.13.0"
    assert checkout.run("doctor", STUB_FAILS="--dry-run")[0] == 0
    assert checkout.installs() == expected(checkout, from_index)
    checkout.stamp.unlink()
    assert checkout.run("doctor", STUB_FAILS="--dry-run\n--index-url")[0] == 0
    assert checkout.installs() == expected(checkout, from_index, "torch==2.13.0")


def test_a_gpu_gets_the_default_build_with_its_libraries(checkout: Checkout) -> None:
    checkout.add_tool("nvidia-smi")
    assert checkout.run("doctor", STUB_FAILS="--dry-run")[0] == 0
    done = [line for line in checkout.installs() if line != "nvidia-smi -L"]
    assert done == expected(checkout, "torch==2.13.0")


def change_lock(checkout: Checkout) -> None:
    with (checkout.root / "requirements.lock").open("a") as file:
        file.write("# newer\n")


def change_project(checkout: Checkout) -> None:
    with (checkout.root / "pyproject.toml").open("a") as file:
        file.write("# newer\n")


def move_checkout(checkout: Checkout) -> None:
    checkout.root = checkout.root.rename(checkout.root.parent / "elsewhere")


def cut_stamp(checkout: Checkout) -> None:
    checkout.stamp.write_bytes(checkout.stamp.read_bytes()[:10])


def lose_stamp(checkout: Checkout) -> None:
    checkout.stamp.unlink()


@pytest.mark.parametrize("change", [change_lock, change_project, move_checkout, cut_stamp, lose_stamp])
def test_another_state_is_set_up_from_nothing(checkout: Checkout, change: Callable[[Checkout], None]) -> None:
    checkout.run("doctor")
    left = checkout.root / ".venv" / "left-by-the-last-set-up"
    left.touch()
    checkout.installs()
    change(checkout)
    (checkout.root.parent / "modules" / "venv.py").unlink()  # the real one, which has to clear the folder
    assert checkout.run("doctor")[0] == 0
    assert len(checkout.installs()) == 4
    assert not (checkout.root / ".venv" / left.name).exists()


@pytest.mark.parametrize("part", ["--require-hashes", "torch==2.13.0", "--no-build-isolation"])
def test_a_failed_step_is_named_and_leaves_no_stamp(checkout: Checkout, part: str) -> None:
    code, out, err = checkout.run("doctor", STUB_FAILS=part)
    assert code == 1
    assert err.startswith("Set-up stopped at: Installing")
    assert len(err.splitlines()) == 1
    assert "doctor" not in out
    assert not checkout.stamp.exists()
    assert checkout.run("doctor")[0] == 0


def test_an_installer_that_outlives_a_killed_set_up_is_waited_for(checkout: Checkout) -> None:
    killed = checkout.start("doctor", STUB_SLOW="--require-hashes")
    while not checkout.log.exists():
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not checkout.stamp.exists()
    assert checkout.run("doctor")[0] == 0
    first, slow, *rest = checkout.installs()
    assert (first, slow) == (rest[0], "the slow one ended")
    assert rest == expected(checkout, "--no-index --no-deps torch==2.13.0")
    killed.communicate()


def test_uv_is_told_where_pip_finds_wheels(checkout: Checkout) -> None:
    stub = checkout.tools / "uv"
    stub.write_text(f"#!{sys.executable} -IS\nimport os\nassert os.environ['UV_FIND_LINKS'] == 'a,b'\n")
    assert checkout.run("doctor", PIP_FIND_LINKS="a b")[0] == 0


def test_an_old_python_gets_one_line() -> None:
    code = f"import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_path({str(ROOT / 'run.py')!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("Groundup needs Python 3.11 or later; ")
    assert len(done.stderr.splitlines()) == 1


def test_run_is_short_plain_python() -> None:
    text = (ROOT / "run.py").read_text("utf-8")
    assert len(text.splitlines()) < 80
    tree = ast.parse(text, feature_version=(3, 8))  # so that an old Python reads as far as the line it gets
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= sys.stdlib_module_names


def locked() -> dict[str, list[str]]:
    """The lock's lines below each package, by name."""
    packages: dict[str, list[str]] = {}
    for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines():
        if match := re.match(r"([a-z0-9][a-z0-9.-]*)==", line):
            lines = packages.setdefault(match[1], [])
        elif packages:
            lines.append(line.strip())
    return packages


def test_the_lock_is_hashed_and_names_no_place() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert all(any(line.startswith("--hash=sha256:") for line in lines) for lines in locked().values())
    assert not re.search(r"://|^-|(^|\s)/|index-url|find-links", text, re.MULTILINE)


def test_the_lock_holds_all_that_is_installed_beside_pytorch() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["dev"], *extras["baselines"], "hatchling"]
    # `dev` brings other extras by naming the project itself.
    own = [Requirement(text) for text in asked if Requirement(text).name == "groundup"]
    asked += [text for one in own for extra in one.extras for text in extras[extra]]
    # PyTorch is installed by itself; of its requirements only CUDA's libraries come with it.
    asked += [text for text in metadata.requires("torch") or [] if "extra ==" not in text]
    names = {canonicalize_name(Requirement(text).name) for text in asked}
    names = {name for name in names if not name.startswith(("nvidia-", "cuda-", "triton"))}
    assert names - {"torch", "groundup"} <= locked().keys()
    assert "torch" not in locked()
