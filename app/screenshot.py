"""A picture of the window after an analysis, made without a display."""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal, get_args

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QWidget

from app.application import Application, qt_application
from app.messages import os_reason
from app.project.store import SUFFIX, create_project
from app.settings import Settings
from engine.errors import AffectlineError, CancelledError, StorageError
from engine.values import Progress

LOOK_EVERY_MS = 50
CALM_LOOKS = 4
"""Nothing may be running at this many looks in a row: pictures that arrive may ask for others."""

LONGEST_CALM_LOOKS = 20
"""Where so long nothing runs, nothing more will come."""

View = Literal["window", "review", "training", "agreement", "welcome", "settings", "keys", "about"]
VIEWS: tuple[View, ...] = get_args(View)


class ScreenshotError(AffectlineError):
    """The window said that something cannot be done."""


@dataclass(frozen=True, slots=True)
class Shot:
    """What the picture shows: of which size, at which moment, with which stretch in the timeline."""

    width_px: int = 1280
    height_px: int = 800
    theme: Literal["light", "dark"] = "light"
    at_s: float | None = None
    start_s: float | None = None
    end_s: float | None = None
    person: int = 1
    view: View = "window"
    sound: Literal["waveform", "mel"] = "waveform"
    frames: Literal["curves", "heat"] = "curves"


def take(
    path: Path, out: Path, shot: Shot, settings: Settings, progressed: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> None:  # fmt: skip
    """Analyse a video, or open a project, and write a picture of the window.

    Raises:
        AffectlineError: the file cannot be used, or the picture cannot be written.
        CancelledError: `cancelled()` became true.
    """
    app = qt_application("offscreen")
    settings = replace(settings, theme=shot.theme, sound_lane=shot.sound, frame_lane=shot.frames, window="", recent=())
    with tempfile.TemporaryDirectory(prefix="affectline-") as folder:
        application = Application(settings, kept=False)
        try:
            application.queue.progressed.connect(lambda _id, progress: progressed(progress))
            window = application.window
            window.resize(shot.width_px, shot.height_px)
            window.show()
            if shot.view != "welcome":
                _open(application, path, Path(folder))
                _wait(application, lambda: application.session.analysis is not None, cancelled)
                _aim(application, shot)
            _wait(application, lambda: True, cancelled)
            widget = _subject(application, shot.view)
            app.sendPostedEvents()
            _save(widget, out)
        finally:
            application.close()
            application.window.deleteLater()


def _open(application: Application, path: Path, folder: Path) -> None:
    application.session.said.connect(lambda text, kind: _complain(application, text, kind))
    if path.suffix.lower() != SUFFIX:
        application.session.set_project(create_project(folder / f"{path.stem}{SUFFIX}"))
    application.files.open([path])


def _complain(application: Application, text: str, kind: str) -> None:
    if kind == "error" and not application.property("complaint"):
        application.setProperty("complaint", text)


def _aim(application: Application, shot: Shot) -> None:
    """Person, moment and stretch."""
    session, window = application.session, application.window
    if 1 < shot.person <= len(session.people):
        session.set_person(session.people[shot.person - 1].id)
    if shot.at_s is not None:
        application.player.seek(shot.at_s)
    if shot.start_s is not None and shot.end_s is not None:
        window.timeline.zoom_to(shot.start_s, shot.end_s)
    panels = {"review": window.show_review, "training": window.show_training, "agreement": window.show_agreement}
    if shot.view in panels:
        panels[shot.view](True)


def _subject(application: Application, view: View) -> QWidget:
    if view in ("settings", "keys", "about"):
        dialog = application.preferences.dialog(view)
        dialog.show()
        return dialog
    return application.window


def _wait(application: Application, ready: Callable[[], bool], cancelled: Callable[[], bool]) -> None:
    """Let the window live until it is ready and nothing runs any more."""
    loop, timer, calm = QEventLoop(), QTimer(interval=LOOK_EVERY_MS), 0
    failure: BaseException | None = None

    def bug(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        nonlocal failure
        failure = failure or error
        loop.quit()

    def look() -> None:
        nonlocal calm, failure
        complaint = application.property("complaint")
        if cancelled():
            failure = CancelledError()
        elif complaint:
            failure = ScreenshotError(str(complaint))
        calm = calm + 1 if not application.busy else 0
        if calm >= LONGEST_CALM_LOOKS and not ready():
            failure = failure or ScreenshotError("there is no analysed video to show, nor one that can be analysed")
        if failure is not None or (calm >= CALM_LOOKS and ready()):
            loop.quit()

    timer.timeout.connect(look)
    usual, sys.excepthook = sys.excepthook, bug  # what goes wrong in a slot would be told and the waiting go on
    timer.start()
    loop.exec()
    timer.stop()
    sys.excepthook = usual
    if failure is not None:
        raise failure


def _save(widget: QWidget, out: Path) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(out.parent, os_reason(error)) from error
    part = out.with_name(f".{out.name}.part.png")
    if not widget.grab().save(str(part), "PNG"):
        part.unlink(missing_ok=True)
        raise StorageError(out, "it cannot be written there")
    part.replace(out)
