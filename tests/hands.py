"""A person at the real window, who presses keys, drags the mouse and reads what is told."""

import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from app.application import Application
from app.project import edits
from app.project.analyses import AnalysisStore
from app.project.media_files import new_medium
from app.project.store import create_project
from app.project.values import Correction
from app.settings import Settings
from engine.emotions import EMOTIONS, INDEX
from engine.media import open_media
from engine.values import Analysis, FrameTrack, FusedTrack, Gap, Person, SecondTrack, Segment, Track
from tests.analyses import analysis, label, person, probabilities

LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier
LONG_S, LOOK_MS = 60.0, 4
RATE_HZ = 25
CODER = "Ana"


class Hands:
    """At one window. Whatever they do is waited for."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.application = application = Application(settings or Settings(coder=CODER), kept=False)
        self.window, self.session, self.player = application.window, application.session, application.player
        self.timeline = self.window.timeline
        self.told: list[tuple[str, str]] = []
        self.session.said.connect(lambda text, kind: self.told.append((text, kind)))
        self.window.resize(1280, 800)
        self.window.show()
        self.window.activateWindow()
        self.until(self.window.isActiveWindow)

    def open(self, *paths: Path) -> None:
        """Open files, and wait until what is known of them is shown."""
        self.application.files.open(paths)
        self.until(lambda: self.session.analysis is not None)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing runs any more."""
        self.until(lambda: not self.application.busy)

    def until(self, ready: Callable[[], bool]) -> None:
        """Let the window live until something is so."""
        latest_s = time.monotonic() + LONG_S
        while not ready():
            assert time.monotonic() < latest_s, f"waited in vain; it said {self.told}"
            QTest.qWait(LOOK_MS)

    def close(self) -> None:
        """As its cross does; once is enough."""
        if not isValid(self.window):
            return
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def close_in_a_hurry(self) -> None:
        """The same while something runs: the question is answered with yes."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("app.views.dialogs.ask", lambda _parent, _title, _said, answers: answers[-1])
            self.close()

    # What they do

    def keys(self, *keys: str) -> None:
        """Press keys, one after the other, where the focus is."""
        for key in keys:
            QTest.keySequence(QApplication.focusWidget() or self.window, QKeySequence(key))
            self.settle()

    def type(self, text: str) -> None:
        """Type into the field that has the focus."""
        for letter in text:
            QTest.keyClick(QApplication.focusWidget(), letter)

    def go(self, time_s: float) -> None:
        """Put the playhead on the frame shown at a time."""
        self.player.seek(time_s)
        self.settle()
        self.until(lambda: abs(self.session.time_s - self.player.time_s) < 1e-6)

    def click(self, lane: str, time_s: float, person: str | None = "person-1") -> None:
        QTest.mouseClick(self.timeline.canvas, LEFT, NO_KEYS, self.place(lane, time_s, person))
        self.settle()

    def double_click(self, lane: str, time_s: float, person: str | None = "person-1") -> None:
        place = self.place(lane, time_s, person)
        QTest.mouseClick(self.timeline.canvas, LEFT, NO_KEYS, place)
        QTest.mouseDClick(self.timeline.canvas, LEFT, NO_KEYS, place)
        self.settle()

    def drag(
        self, lane: str, start_s: float, end_s: float, person: str | None = "person-1",
        held: Qt.KeyboardModifier = NO_KEYS,
    ) -> None:  # fmt: skip
        """Press on a lane, move, let go."""
        canvas = self.timeline.canvas
        start, end = self.place(lane, start_s, person), self.place(lane, end_s, person)
        QTest.mousePress(canvas, LEFT, held, start)
        for share in (0.3, 0.7, 1.0):
            self.move_mouse((QPointF(start) + (QPointF(end) - QPointF(start)) * share).toPoint(), held)
        QTest.mouseRelease(canvas, LEFT, held, end)
        self.settle()

    def move_mouse(self, to: QPoint, held: Qt.KeyboardModifier = NO_KEYS) -> None:
        """With the left button pressed."""
        canvas = self.timeline.canvas
        there = QPointF(canvas.mapToGlobal(to))
        QApplication.sendEvent(canvas, QMouseEvent(QEvent.Type.MouseMove, QPointF(to), there, LEFT, LEFT, held))

    def place(self, lane: str, time_s: float, person: str | None = "person-1") -> QPoint:
        """The middle of a lane at a moment; of the corrections, of one person's lane."""
        canvas = self.timeline.canvas
        band = next(
            band for band in canvas.bands
            if band.lane.name == lane and (lane != "corrections" or band.lane.labels(self.timeline.scene) == person)
        )  # fmt: skip
        return QPoint(round(canvas.x_of(time_s)), canvas.lane_rect(band).center().y())

    # What is there

    def labels(self) -> list[tuple[str | None, float, float, str | None]]:
        """All labels of the open video, short: person, start, end, emotion."""
        return [(c.person, round(c.start_s, 2), round(c.end_s, 2), c.emotion) for c in self.session.corrections]

    def only(self) -> Correction:
        """The one label there is."""
        (one,) = self.session.corrections
        return one

    @property
    def message(self) -> str:
        """What the status bar says."""
        shown = self.window.status.shown
        return shown.text if shown is not None else ""


def person_of(number: int, start_s: float, end_s: float, segments: Iterable[Segment]) -> Person:
    """Somebody who is in view from one moment to another. After `SPLIT_S` the slices say something else."""
    time_s = np.arange(round(start_s * RATE_HZ), round(end_s * RATE_HZ)) / RATE_HZ
    rows = len(time_s)
    box = np.tile([20.0, 10.0, 16.0, 20.0], (rows, 1))
    frames = FrameTrack(time_s, box, np.full(rows, 0.99), np.full(rows, True), sure(np.full(rows, "neutral")))
    begin_s = np.arange(start_s, end_s - 0.63, 0.64)
    said = np.where(begin_s > SPLIT_S, "sad", "neutral")
    slices = Track(begin_s, begin_s + 0.64, sure(said))
    window_s = np.arange(start_s, end_s - 2.5, 0.5)
    fused = FusedTrack(
        window_s, window_s + 2.56, probabilities(len(window_s), number), probabilities(len(window_s), number + 9),
        ("frame+slice",) * len(window_s),
    )  # fmt: skip
    seen = replace(person(number), present_s=rows / RATE_HZ, frames=frames, slices=slices)
    return replace(seen, fused=fused, segments=tuple(segments))


def sure(names: NDArray[np.str_]) -> NDArray[np.float32]:
    """(rows, 7) probabilities, each with nearly all on its emotion."""
    rows = np.full((len(names), len(EMOTIONS)), 0.01, np.float32)
    rows[np.arange(len(names)), [INDEX[str(name)] for name in names]] = 0.94
    return rows


SPLIT_S = 4.0
SEGMENTS = (
    Segment(0.0, 2.51, "neutral", 0.95, False),
    Segment(2.51, 4.0, "happy", 0.40, True),
    Segment(4.0, 6.27, "sad", 0.92, False),
    Segment(6.27, 8.0, "fear", 0.45, True),
)
"""Of person-1. Some begin between two frames of 40 ms, as the real ones do."""
OTHER_SEGMENTS = (Segment(3.0, 5.0, "surprise", 0.85, False), Segment(5.0, 7.0, "angry", 0.97, False))
UNSEEN = (Segment(8.0, 10.0, "sad", 0.6, False),)


def two_people(clip: Path) -> Analysis:
    """Predictions about a clip of ten seconds: person-1 for eight, person-2 for four, then nobody but a voice."""
    seconds = np.arange(10.0)
    made = analysis(
        media=open_media(clip).info,
        end_s=10.0,
        people=(person_of(1, 0.0, 8.0, SEGMENTS), person_of(2, 3.0, 7.0, OTHER_SEGMENTS)),
        seconds=SecondTrack(seconds, seconds + 1, np.full(10, True), probabilities(10, 5)),
        unseen=FusedTrack([8.0], [10.0], probabilities(1, 6), probabilities(1, 7), ("audio",)),
        unseen_segments=UNSEEN,
        label=label("sad"),
        gaps=(Gap("cut", 4.0, 4.0), Gap("no_face", 8.0, 10.0, "person-1")),
    )
    return made


def make_project(path: Path, clips: dict[Path, Analysis]) -> Path:
    """A project of these clips, analysed."""
    with create_project(path, who=CODER) as project:
        media = [new_medium(path.parent, open_media(clip).info) for clip in clips]
        project.do(edits.add_media(media))
    store = AnalysisStore(path)
    for medium, made in zip(media, clips.values(), strict=True):
        store.save(medium.id, made)
    store.close()
    return path


def copied(project: Path, folder: Path) -> Path:
    """A copy of a project with the clips beside it."""
    for file in project.parent.iterdir():
        shutil.copy(file, folder)
    return folder / project.name
