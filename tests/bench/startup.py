"""How soon the window is there: ``python -m tests.bench.startup``.

Each start is a process of its own that runs the program as the command line does, with the byte code of its modules on
disk as after a first start, and ends once its window has been painted. It tells what it has imported by then.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from tests.bench.figures import Figure, figure, verdicts
from tests.bench.homes import HOMES
from tests.bench.idle import current_load, kept_to
from tests.bench.measure import CHECKOUT, MeasurementError

BUDGET_MS: Final = 1500.0
HEAVY: Final = frozenset({"torch", "torchvision", "librosa", "scipy", "cv2", "silero_vad", "facenet_pytorch"})
"""What the window's process may not have imported when it is shown."""
PROGRAM: Final = "from tests.bench.started import become_the_program; become_the_program()"
BARE: Final = "import numpy, PySide6.QtWidgets; app = PySide6.QtWidgets.QApplication([])"
"""What no program of this kind can do without: the yardstick."""
ROUNDS: Final = 7
COLD_ROUNDS: Final = 3
TOP: Final = 15


@dataclass(frozen=True, slots=True)
class Start:
    """One start: milliseconds to the painted window, the modules imported by then, the files they came from."""

    shown_ms: float
    modules: frozenset[str]
    files: tuple[str, ...]

    @property
    def heavy(self) -> frozenset[str]:
        """What is imported too soon."""
        return HEAVY & self.modules


@contextmanager
def _world() -> Iterator[dict[str, str]]:
    """An environment with a home of its own and a place for byte code, which is empty at first."""
    with tempfile.TemporaryDirectory(prefix="affectline-start-") as folder:
        given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        yield given | dict.fromkeys(HOMES, folder) | {
            "QT_QPA_PLATFORM": "offscreen", "PYTHONPYCACHEPREFIX": str(Path(folder, "byte-code")),
        }  # fmt: skip


def start(world: dict[str, str]) -> Start:
    """Start the program once.

    Raises:
        MeasurementError: it failed.
    """
    began_s = time.monotonic()
    said = _run([sys.executable, "-c", PROGRAM], world)
    told = json.loads(said.strip().rpartition("\n")[2])
    return Start((told["at_s"] - began_s) * 1000, frozenset(told["modules"]), tuple(told["files"]))


def _run(command: list[str], world: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=CHECKOUT, env=world, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MeasurementError(f"the program did not start: {done.stderr.strip()[-300:]}")
    return done.stdout


def _bare_ms(world: dict[str, str]) -> float:
    began_s = time.monotonic()
    _run([sys.executable, "-c", BARE], world)
    return (time.monotonic() - began_s) * 1000


def _forget(files: Iterable[str]) -> bool:
    """Ask the system to drop files from its memory; what other processes use stays. Whether it can be asked."""
    if not hasattr(os, "posix_fadvise"):
        return False
    for name in files:
        try:
            with open(name, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        except OSError:  # something mapped that is no file
            continue
    return True


def starting(rounds: int = ROUNDS, cold_rounds: int = COLD_ROUNDS) -> list[Figure]:
    """Starts one after the other, and some with their files dropped from memory.

    Raises:
        MeasurementError: it failed, or imported what is for later.
    """
    with _world() as world:
        known = start(world)  # compiles
        if known.heavy:
            raise MeasurementError(f"imported before the window is shown: {', '.join(sorted(known.heavy))}")
        bare_ms, warm_ms, cold_ms = [], [], []
        for _ in range(rounds):
            bare_ms.append(_bare_ms(world))
            warm_ms.append(start(world).shown_ms)
        for _ in range(cold_rounds):
            compiled = [str(path) for path in Path(world["PYTHONPYCACHEPREFIX"]).rglob("*.pyc")]
            if not _forget([*known.files, *compiled]):
                break
            cold_ms.append(start(world).shown_ms)
    times = sorted(warm_ms)[len(warm_ms) // 2] / min(bare_ms)
    note = f"{times:.1f} times Qt and numpy alone, {min(bare_ms):.0f} ms; torch not imported"
    figures = [figure("start to window shown", warm_ms, BUDGET_MS, "p50", note=note)]
    if cold_ms:
        figures.append(figure("start to window shown, files not in memory", cold_ms, BUDGET_MS, "p50"))
    return figures


def import_times() -> str:
    """What takes longest to import, itself and with all that it imports, as the interpreter tells it."""
    with _world() as world:
        command = [sys.executable, "-X", "importtime", "-c", "import app.application"]
        for _ in range(2):  # the first one compiles
            said = subprocess.run(command, cwd=CHECKOUT, env=world, capture_output=True, text=True, check=False).stderr
    rows = [line.partition(":")[2].split("|") for line in said.splitlines() if line.startswith("import time:")]
    times = [(int(own), int(whole), name.strip()) for own, whole, name in rows if own.strip().isdigit()]
    lines = ["of its own:"]
    lines += [f"  {own / 1000:6.1f} ms  {name}" for own, _, name in sorted(times, reverse=True)[:TOP]]
    lines.append("with what it imports first:")
    packages = [(whole, name) for _, whole, name in times if "." not in name or name.startswith("app.")]
    lines += [f"  {whole / 1000:6.1f} ms  {name}" for whole, name in sorted(packages, reverse=True)[:TOP]]
    return "\n".join(lines)


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=ROUNDS)
@click.option("--cold", "cold_rounds", type=click.IntRange(0), default=COLD_ROUNDS, help="Rounds from the disk.")
@click.option("--cores", type=click.IntRange(1), default=2)
@click.option("--profile", is_flag=True, help="Show what is slow to import even if all is well.")
def main(rounds: int, cold_rounds: int, cores: int, profile: bool) -> None:
    """Measure the time from the start of the process to the window."""
    click.echo(f"{current_load()}", err=True)
    try:
        with kept_to(cores):
            figures = starting(rounds, cold_rounds)
    except MeasurementError as error:
        raise click.ClickException(str(error)) from error
    click.echo(verdicts(figures))
    if profile or any(each.met is False for each in figures):
        click.echo(import_times())


if __name__ == "__main__":
    main()
