"""What trainings said, line by line, in a file that is only ever added to and can be read while it grows.

Each line is a JSON object: a header where a run begins (``{"run": {...}}``), else the fields of a
:class:`~trainer.values.TrainStep`, null for what is no number. Nothing here needs torch.
"""

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from engine.errors import StorageError
from trainer.values import TrainStep

VERSION: Final = 1
_NUMBERS: Final = ("loss", "accuracy", "examples_per_s", "remaining_s")
"""Fields that have no None of their own: null is read back as nan."""


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run began: a training that was stopped and went on has several. `started` is UTC, ISO 8601."""

    started: str
    stages: tuple[str, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Log:
    """All that a log says, in order. What was done again after a stop stands here once, as it was done last."""

    runs: tuple[Run, ...] = ()
    steps: tuple[TrainStep, ...] = ()

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that were planned, or those that were seen where nothing was."""
        planned = self.runs[-1].stages if self.runs else ()
        return planned or tuple(dict.fromkeys(step.stage for step in self.steps))


class LogWriter:
    """Adds a run to a log; each line is on disk's way as soon as it is written.

    Args:
        stages: those that the whole training has, in order.
    Raises:
        StorageError: the file cannot be written, now or at a later step.
    """

    def __init__(self, path: Path, stages: Sequence[str], seed: int) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8")
            torn = _ends_within_a_line(path)
        except OSError as error:
            raise _failed(path, error) from error
        started = datetime.now(UTC).isoformat(timespec="seconds")
        header = {"run": {"version": VERSION, "started": started, "stages": list(stages), "seed": seed}}
        self._line(header, "\n" if torn else "")

    def write(self, step: TrainStep) -> None:
        """Add one progress point."""
        self._line({name: _json_number(value) for name, value in asdict(step).items()})

    def close(self) -> None:
        with suppress(OSError):  # every line was flushed; an error was raised then
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _line(self, value: dict[str, Any], before: str = "") -> None:
        try:
            self._file.write(f"{before}{json.dumps(value, allow_nan=False)}\n")
            self._file.flush()
        except OSError as error:
            raise _failed(self.path, error) from error


def logged(steps: Iterator[TrainStep], path: Path, stages: Sequence[str], seed: int) -> Iterator[TrainStep]:
    """The same steps, each written to a log before it is given."""
    with LogWriter(path, stages, seed) as log:
        for step in steps:
            log.write(step)
            yield step


class LogReader:
    """Reads a log again and again while it grows; of what it has read it reads nothing twice."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_bytes = 0
        self._runs: list[Run] = []
        self._steps: list[TrainStep] = []

    def read(self) -> Log:
        """All there is by now; a log that is not there yet is empty.

        A last line that is half written is left for later; lines that make no sense are passed over.
        """
        with suppress(OSError), self.path.open("rb") as file:
            if file.seek(0, 2) < self._read_bytes:  # another file took its place
                self._read_bytes = 0
                self._runs, self._steps = [], []
            file.seek(self._read_bytes)
            whole, end, _ = file.read().rpartition(b"\n")
            self._read_bytes += len(whole) + len(end)
            for line in whole.splitlines():
                self._take(line)
        return Log(tuple(self._runs), tuple(self._steps))

    def _take(self, line: bytes) -> None:
        try:
            value = dict(json.loads(line))
            if "run" in value:
                run = value["run"]
                self._runs.append(Run(str(run["started"]), tuple(map(str, run["stages"])), int(run["seed"])))
                return
            step = _step(value)
        except (ValueError, TypeError, KeyError):
            return
        while self._steps and self._steps[-1].stage == step.stage and self._steps[-1].step >= step.step > 0:
            self._steps.pop()  # done again after a stop
        self._steps.append(step)


def read_log(path: Path) -> Log:
    """All that a log says; empty when it is not there."""
    return LogReader(path).read()


def _step(value: dict[str, Any]) -> TrainStep:
    """A step from its line; fields of a later version are passed over."""
    known = {one.name for one in fields(TrainStep)}
    given = {name: field for name, field in value.items() if name in known and field is not None}
    return TrainStep(**{**dict.fromkeys(_NUMBERS, math.nan), **given})


def _ends_within_a_line(path: Path) -> bool:
    """Whether a run was killed while it wrote."""
    with path.open("rb") as file:
        if not file.seek(0, 2):
            return False
        file.seek(-1, 2)
        return file.read() != b"\n"


def _json_number(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _failed(path: Path, error: OSError) -> StorageError:
    return StorageError(path, error.strerror or "cannot be written")
