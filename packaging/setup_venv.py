"""Make .venv in the checkout and install the program into it. Nothing to do when it is up to date.

Standard library only. Run by any Python >= 3.11; the Makefile finds one.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.system_libraries import install_command, missing_libraries  # noqa: E402

OLDEST = (3, 11)
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed-from.sha256"


def main() -> None:
    if sys.version_info < OLDEST:
        sys.exit(f"set-up: Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
    wanted = fingerprint()
    if STAMP.is_file() and STAMP.read_text().strip() == wanted and runs(PYTHON):
        return
    began = time.monotonic()
    provide_libraries()
    make_environment()
    install()
    STAMP.write_text(wanted + "\n")
    say(f"download and installation took {time.monotonic() - began:.0f} s")


def fingerprint() -> str:
    """Changes when what must be installed does, or when the checkout is moved (scripts hold its path)."""
    parts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"\0".join([*parts, os.fsencode(ROOT)])).hexdigest()


def provide_libraries() -> None:
    """Install the system's missing libraries where that is allowed; otherwise say how."""
    missing = missing_libraries()
    if not missing:
        return
    command = install_command(missing)
    if apt(command):
        missing = missing_libraries()
    if missing:
        names = ", ".join(library.soname for library in missing)
        say(f"the system lacks {names}; install with: {as_root(install_command(missing))}")


def make_environment() -> None:
    if runs(PYTHON):
        return
    if find_spec("ensurepip") is None:  # Debian and Ubuntu keep it in a package of its own
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        command = ["apt-get", "install", "-y", "--no-install-recommends", package]
        if not apt(command):
            sys.exit(f"set-up: this Python cannot make environments; install with: {as_root(command)}")
    say(f"making {VENV.name} with Python {sys.version.split()[0]}")
    call([sys.executable, "-m", "venv", "--clear", str(VENV)])


def install() -> None:
    say("installing the packages in constraints.txt (the first time this downloads a few gigabytes)")
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--no-input", *quiet]
    call([*pip, "--constraint", "constraints.txt", "--editable", ".[dev]"])


def apt(command: list[str]) -> bool:
    """Run an apt-get command if there is one and we may; the package lists are fetched only when it fails without."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    say(f"installing system packages: {' '.join(command[4:])}")
    return quietly(command) or (quietly(["apt-get", "update"]) and quietly(command))


def as_root(command: list[str]) -> str:
    return shlex.join(command if os.name == "nt" or os.geteuid() == 0 else ["sudo", *command])


def runs(python: Path) -> bool:
    """Whether the environment's Python is there, works, and is new enough."""
    return python.exists() and quietly([str(python), "-c", f"import pip, sys; sys.exit(sys.version_info < {OLDEST})"])


def quietly(command: list[str]) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=False)
    return done.returncode == 0


def call(command: list[str]) -> None:
    """Run a step and show what it says; a failure ends the set-up with its exit code."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(f"set-up: this failed ({done.returncode}): {shlex.join(command)}")


def say(sentence: str) -> None:
    print(f"set-up: {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
