"""Try the one-folder program as somebody without Python would: `python packaging/smoke.py [PROGRAM]`.

Each check runs the program in an environment with a fresh home and nothing on PATH. Ends with 1 when one fails.
"""

import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from contents import PROGRAM, ROOT, size_mb

DEMO = ROOT / "resources" / "demo" / "demo.mp4"
OF_THE_RUN = ("device", "timing")
"""Members of an analysis that belong to the run, not to the video."""
SIZE_PX = (1280, 800)
STARTS = 5
LONGEST_S = 300
FAILED = "FAILED"


class CheckFailedError(Exception):
    """What a check found."""


class Program:
    """A program in an environment of its own. The bundled one and the checkout's get the same: numbers in the sixth
    decimal depend on how many threads a variable of the environment asks for."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.command = command
        self.home = home
        self.environment = {"HOME": str(home), "PATH": "/nonexistent", "QT_QPA_PLATFORM": "offscreen"}

    def run(self, *arguments: str) -> str:
        """What it prints.

        Raises:
            CheckFailedError: it ended with another exit code than 0.
        """
        done = self.ends(*arguments)
        if done.returncode != 0:
            what, told = " ".join([*self.command, *arguments]), last_lines(done.stdout + done.stderr)
            raise CheckFailedError(f"`{what}` ended with {done.returncode}: {told}")
        return done.stdout

    def ends(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """How it ends, whatever its exit code."""
        return subprocess.run(
            [*self.command, *arguments], env=self.environment, cwd=self.home, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=LONGEST_S, check=False,
        )  # fmt: skip


def main(arguments: list[str]) -> int:
    path = Path(arguments[0]).resolve() if arguments else PROGRAM
    if not path.is_file():
        print(f"smoke: there is no {path}; run `make bundle` first")
        return 1
    print(f"{'size':<12} {size_mb(path.parent):.0f} MB")
    failed = 0
    with TemporaryDirectory(prefix="affectline-smoke-") as folder:
        program = Program([str(path)], Path(folder))
        checkout = Program([sys.executable, "-m", "app"], Path(folder))
        for name, found in checks(program, checkout):
            failed += found.startswith(FAILED)
            print(f"{name:<12} {found}", flush=True)
    return 1 if failed else 0


def checks(program: Program, checkout: Program) -> Iterator[tuple[str, str]]:
    """The name and the result of each check, in order."""
    trials: dict[str, Callable[[], str]] = {
        "starts": lambda: starts(program, checkout),
        "doctor": lambda: doctor(program),
        "analyses": lambda: analyses(program, checkout),
        "screenshot": lambda: screenshot(program),
    }
    for name, trial in trials.items():
        try:
            yield name, trial()
        except (CheckFailedError, subprocess.TimeoutExpired) as error:
            yield name, f"{FAILED}: {error}"


def starts(program: Program, checkout: Program) -> str:
    """`--version`: what the checkout says, and how long it takes."""
    told, first_s = timed(lambda: program.run("--version"))
    wanted = checkout.run("--version")
    if told != wanted:
        raise CheckFailedError(f"it calls itself {told.strip()!r}; the checkout is {wanted.strip()!r}")
    best_s = min(timed(lambda: program.run("--version"))[1] for _ in range(STARTS))
    return f"{told.strip()}; first start {first_s:.2f} s, best of {STARTS} more {best_s:.2f} s"


def doctor(program: Program) -> str:
    """Nothing is missing."""
    return program.run("doctor").splitlines()[-1]


def analyses(program: Program, checkout: Program) -> str:
    """The demo clip gives the numbers that the checkout gives."""
    command = ("analyze", str(DEMO), "--no-cache", "--out", "-")
    bundled, took_s = timed(lambda: program.run(*command))
    different = list(differences(json.loads(checkout.run(*command)), json.loads(bundled)))
    if different:
        raise CheckFailedError(f"{len(different)} differences to the checkout: {'; '.join(different[:3])}")
    return f"the same numbers as the checkout; {took_s:.1f} s"


def screenshot(program: Program) -> str:
    """A picture of the window after analysis, of the size asked for, with the spectrogram, which librosa draws."""
    if program.ends("screenshot", "--help").returncode != 0:
        return "SKIPPED: this version has no command `screenshot`"
    picture = program.home / "window.png"
    size = f"{SIZE_PX[0]}x{SIZE_PX[1]}"
    _, took_s = timed(lambda: program.run("screenshot", str(DEMO), str(picture), "--size", size, "--sound", "mel"))
    if picture_size(picture.read_bytes() if picture.is_file() else b"") != SIZE_PX:
        raise CheckFailedError(f"{picture.name} is no PNG picture of {size}")
    return f"{size}, {picture.stat().st_size / 1e3:.0f} kB; {took_s:.1f} s"


def differences(one: Any, other: Any, where: str = "") -> Iterator[str]:
    """Where two JSON documents differ, apart from what belongs to the run; numbers to the last digit."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            place = f"{where}.{key}" if where else key
            if place in OF_THE_RUN:
                continue
            if key in one and key in other:
                yield from differences(one[key], other[key], place)
            else:
                yield f"{place}: in one of them alone"
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{where}[{index}]")
    elif type(one) is not type(other) or one != other:
        yield f"{where}: {brief(one)} and {brief(other)}"


def brief(value: Any) -> str:
    return f"a list of {len(value)}" if isinstance(value, list) else repr(value)[:60]


def picture_size(png: bytes) -> tuple[int, int] | None:
    """Width and height in pixels from a PNG picture's first chunk; None for anything else."""
    if len(png) < 24 or png[:8] != b"\x89PNG\r\n\x1a\n" or png[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def timed(work: Callable[[], str]) -> tuple[str, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def last_lines(text: str, count: int = 3) -> str:
    return " / ".join(text.strip().splitlines()[-count:]) or "it says nothing"


if __name__ == "__main__":
    if os.name != "posix":
        sys.exit("smoke: made for Linux and macOS")
    sys.exit(main(sys.argv[1:]))
