"""How long the window stands still while a video is analysed: ``python -m tests.bench.responsiveness [VIDEO]``.

The window is the real one, offscreen, with a project of its own and nothing cached, so that everything happens for the
first time: the child process, its import of torch, the model, partial results on the timeline, the sound's pictures.
A heartbeat of 5 ms and an event posted at each beat tell how long the window thread was busy with something else.
"""

import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click
import numpy as np
from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Signal

from tests.bench.idle import current_load

BEAT_MS: Final = 5
BUDGET_MS: Final = 50.0
ALONE_MS: Final = 3000
SETTLED_MS: Final = 500
LONGEST_MS: Final = 600_000
DEMO: Final = Path(__file__).resolve().parents[2] / "resources" / "demo" / "demo.mp4"


class Heartbeat(QObject):
    """Notes when the window thread came by, and how late events reached it."""

    _posted = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.beats_s: list[float] = []
        self.late_s: list[float] = []
        self._timer = QTimer(self, interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._posted.connect(self._arrive, Qt.ConnectionType.QueuedConnection)
        self._timer.start()

    def _beat(self) -> None:
        now_s = time.perf_counter()
        self.beats_s.append(now_s)
        self._posted.emit(now_s)

    def _arrive(self, posted_s: float) -> None:
        self.late_s.append(time.perf_counter() - posted_s)

    def since(self, beat: int) -> tuple[np.ndarray, np.ndarray]:
        """Blocks (ms) between the beats from one on, and how late the events were (ms)."""
        blocks_ms = np.diff(self.beats_s[beat:]) * 1000 - BEAT_MS
        return np.maximum(blocks_ms, 0), np.array(self.late_s[beat:]) * 1000


@dataclass
class Witness:
    """A thread that notes what the window thread is at when it does not come by."""

    heart: Heartbeat
    seen: list[str] = field(default_factory=list)

    def start(self) -> None:
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        told = 0
        while True:
            time.sleep(BEAT_MS / 1000)
            beat = len(self.heart.beats_s)
            if beat and beat != told and time.perf_counter() - self.heart.beats_s[-1] > BUDGET_MS / 1000:
                told = beat
                stack = traceback.extract_stack(sys._current_frames()[threading.main_thread().ident or 0])
                self.seen.append(" < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(stack[-6:])))


def _wait(ready: Callable[[], bool]) -> None:
    loop, timer = QEventLoop(), QTimer(interval=SETTLED_MS)
    timer.timeout.connect(lambda: loop.quit() if ready() else None)
    timer.start()
    QTimer.singleShot(LONGEST_MS, loop.quit)
    loop.exec()


def _line(name: str, values_ms: Sequence[float] | np.ndarray) -> float:
    longest_ms = float(np.max(values_ms))
    p50, p99 = np.percentile(values_ms, [50, 99])
    click.echo(f"{name:<44} longest {longest_ms:6.1f} ms   p99 {p99:6.1f} ms   p50 {p50:5.1f} ms   ({len(values_ms)})")
    return longest_ms


def _measured(video: Path, where: bool) -> float:
    """Print the table; gives the longest block of the window thread (ms)."""
    from app.application import Application, qt_application
    from app.project.store import SUFFIX, create_project
    from app.settings import Settings

    qt_application("offscreen")
    with tempfile.TemporaryDirectory(prefix="affectline-") as folder:
        application = Application(Settings(), kept=False)
        window, queue, heart = application.window, application.queue, Heartbeat()
        witness = Witness(heart)
        if where:
            witness.start()
        window.resize(1440, 900)
        application.session.set_project(create_project(Path(folder) / f"bench{SUFFIX}"))
        window.show()
        _wait(lambda: not application.busy)
        first = len(heart.beats_s)
        until_s = time.perf_counter() + ALONE_MS / 1000
        _wait(lambda: time.perf_counter() >= until_s)
        _line("window alone", heart.since(first)[0])

        marks: dict[str, int] = {}
        queue.device_known.connect(lambda *_: marks.setdefault("model loaded", len(heart.beats_s)))
        queue.analysed.connect(lambda *_: marks.setdefault("analysed", len(heart.beats_s)))
        witness.seen.clear()
        first = len(heart.beats_s)
        application.files.open([video])
        _wait(lambda: "analysed" in marks and not application.busy)
        blocks_ms, late_ms = heart.since(first)
        loaded, analysed = marks["model loaded"] - first, marks["analysed"] - first
        _line("opening, importing torch, loading the model", blocks_ms[:loaded])
        _line("analysing, with partial results", blocks_ms[loaded:analysed])
        _line("showing and storing the result", blocks_ms[analysed - 1 :])
        longest_ms = _line(f"all of {video.name}", blocks_ms)
        _line("an event's way into the window", late_ms)
        for place in witness.seen:
            click.echo(f"  over {BUDGET_MS:.0f} ms in: {place}")
        application.close()
        window.deleteLater()
    return longest_ms


@click.command()
@click.argument("video", default=DEMO, type=click.Path(exists=True, path_type=Path))
@click.option("--where", is_flag=True, help="Name what the window thread is at when it stands still.")
def main(video: Path, where: bool) -> None:
    """Longest block of the window thread during the first analysis of VIDEO (the sample by default)."""
    click.echo(f"{current_load()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="affectline-home-") as home:
        for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            os.environ[name] = home
        longest_ms = _measured(video.absolute(), where)
    verdict = "kept" if longest_ms <= BUDGET_MS else "MISSED"
    click.echo(f"longest block {longest_ms:.0f} ms, budget {BUDGET_MS:.0f} ms: {verdict}")


if __name__ == "__main__":
    main()
