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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click
import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from tests.bench.figures import Figure, figure, verdicts
from tests.bench.homes import own_home
from tests.bench.idle import current_load
from tests.bench.real_window import real_window, rest, wait_until, wait_until_calm

BEAT_MS: Final = 5
BUDGET_MS: Final = 50.0
ALONE_S: Final = 3.0
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


def analysing(video: str, where: bool = False) -> list[Figure]:
    """Blocks of the window thread while a video is analysed for the first time; with `where`, tells on standard error
    what the thread was at."""
    path = Path(video)
    with tempfile.TemporaryDirectory(prefix="affectline-") as folder, real_window() as application:
        from app.project.store import SUFFIX, create_project

        queue, heart = application.queue, Heartbeat()
        witness = Witness(heart)
        if where:
            witness.start()
        application.session.set_project(create_project(Path(folder) / f"bench{SUFFIX}"))
        wait_until_calm(application)
        alone = len(heart.beats_s)
        rest(ALONE_S)
        marks: dict[str, int] = {}
        queue.device_known.connect(lambda *_: marks.setdefault("model loaded", len(heart.beats_s)))
        queue.analysed.connect(lambda *_: marks.setdefault("analysed", len(heart.beats_s)))
        witness.seen.clear()
        first = len(heart.beats_s)
        application.files.open([path])
        wait_until(lambda: "analysed" in marks)
        wait_until_calm(application)
        for place in witness.seen:
            click.echo(f"over {BUDGET_MS:.0f} ms in: {place}", err=True)
        before_ms = heart.since(alone)[0][: first - alone]
        blocks_ms, late_ms = heart.since(first)
    loaded, analysed = marks["model loaded"] - first, marks["analysed"] - first
    return [
        figure("window thread, blocks while nothing happens", before_ms),
        figure("  opening, importing torch, loading the model", blocks_ms[:loaded], BUDGET_MS, "longest"),
        figure("  analysing, with partial results", blocks_ms[loaded:analysed], BUDGET_MS, "longest"),
        figure("  showing and storing the result", blocks_ms[analysed - 1 :], BUDGET_MS, "longest"),
        figure("  an event's way into the window meanwhile", late_ms),
    ]


@click.command()
@click.argument("video", default=DEMO, type=click.Path(exists=True, path_type=Path))
@click.option("--where", is_flag=True, help="Name what the window thread is at when it stands still.")
def main(video: Path, where: bool) -> None:
    """Longest block of the window thread during the first analysis of VIDEO (the sample by default)."""
    click.echo(f"{current_load()}, {os.cpu_count()} cores")
    with own_home():
        click.echo(verdicts(analysing(str(video.absolute()), where)))


if __name__ == "__main__":
    main()
