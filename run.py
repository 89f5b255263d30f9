"""Set Groundup up in `.venv` beside this file, once, and run it there. Linux or macOS, Python 3.11 or later.

python3 run.py demo          four models from raw text: one writes, one translates, one judges, one answers
python3 run.py test          the test suite; further words go to pytest
python3 run.py COMMAND ...   any other word goes to `groundup`; all of them: python3 run.py help
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python gets one line, not a traceback.
    sys.exit(f"Groundup needs Python 3.11 or later; {sys.executable} is {sys.version.split()[0]}.")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = str(VENV / "bin" / "python")
STAMP = VENV / "groundup.stamp"
BASE = os.path.realpath(sys.executable)  # Not the link inside `.venv`, which a new set-up removes.
OWN_WORDS = {"demo": ["groundup", "demo"], "test": ["pytest", "-n", "auto", "--dist", "loadfile"]}
TORCH, CPU_INDEX = "torch==2.13.0", "https://download.pytorch.org/whl/cpu"


def wanted_stamp() -> str:
    """All that shapes the environment, hashed; the folder counts because scripts inside hold its path."""
    files = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "requirements.lock")]
    return hashlib.sha256(repr((files, TORCH, BASE, sys.version, str(ROOT))).encode()).hexdigest()


def set_up(lock: int) -> None:
    """Make `.venv` from nothing: the hashed lock, PyTorch as fits this machine, the project, the stamp."""
    uv = shutil.which("uv")
    install = [uv, "pip", "install", "--python", PYTHON] if uv else [PYTHON, "-m", "pip", "install"]
    environment = {"UV_FIND_LINKS": ",".join(os.environ.get("PIP_FIND_LINKS", "").split())} | os.environ

    def works(*words: str, output: int | None = subprocess.DEVNULL) -> bool:
        # Installers inherit the lock: one that outlives a killed run.py is waited for, not raced.
        return not subprocess.call(words, env=environment, stdout=output, stderr=output, pass_fds=[lock])

    def step(what: str, *attempts: list[str]) -> None:
        print(what, flush=True)
        if not any(works(*words, output=None) for words in attempts):
            sys.exit(f"Set-up stopped at: {what} The reason is above; the same command starts it afresh.")

    STAMP.unlink(missing_ok=True)
    step(f"Making {VENV}.", [BASE, "-m", "venv", "--clear", *(["--without-pip"] if uv else []), str(VENV)])
    locked = ["--no-deps", "--require-hashes", "-r", str(ROOT / "requirements.lock")]
    step("Installing the libraries: some minutes; in all about 1.5 GB on disk.", [*install, "-q", *locked])
    ways, offered = [[TORCH]], ["--no-index", "--no-deps", TORCH]  # The first brings CUDA's libraries too.
    if works(*install, "--dry-run", *offered):
        ways = [offered]
    elif sys.platform == "linux" and not (shutil.which("nvidia-smi") and works("nvidia-smi", "-L")):
        ways = [["--no-deps", "--index-url", CPU_INDEX, TORCH], [TORCH]]
    step("Installing PyTorch, the largest part.", *([*install, *way] for way in ways))
    step("Installing Groundup.", [*install, "-q", "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    STAMP.write_text(wanted_stamp())


def main(words: list[str]) -> None:
    """Set up where needed, then become the command."""
    if not words or words[0] in ("-h", "--help"):
        print(__doc__)
        sys.exit()
    with Path(__file__).open() as lock:
        if not STAMP.is_file():
            print("Setting up, once (after any other set-up that is still at work here).", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not STAMP.is_file() or STAMP.read_text() != wanted_stamp():
            set_up(lock.fileno())
    os.chdir(ROOT if words[0] in OWN_WORDS else ".")
    os.execv(PYTHON, [PYTHON, "-m", *OWN_WORDS.get(words[0], ["groundup", words[0]]), *words[1:]])


if __name__ == "__main__":
    main(sys.argv[1:])
