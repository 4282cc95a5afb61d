"""The real window without a display, for measurements within it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from app.application import Application

SIZE_PX: Final = (1440, 900)
LOOK_MS: Final = 20
CALM_LOOKS: Final = 25
LONGEST_WAIT_S: Final = 300.0


class NotReadyError(RuntimeError):
    """The window did not come to where a measurement begins."""


@contextmanager
def real_window(coder: str = "") -> Iterator["Application"]:
    """The whole program, shown and quiet; nothing of it is kept."""
    from app.application import Application, qt_application
    from app.settings import Settings

    app = qt_application("offscreen")
    application = Application(Settings(coder=coder), kept=False)
    window = application.window
    window.resize(*SIZE_PX)
    application.show()
    QTest.qWaitForWindowActive(window)
    wait_until_calm(application)
    try:
        yield application
    finally:
        application.close()
        window.deleteLater()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def wait_until(ready: Callable[[], bool], longest_s: float = LONGEST_WAIT_S, looks: int = 1) -> None:
    """Let the window live until this holds, at so many looks in a row.

    Raises:
        NotReadyError: it never did.
    """
    loop, timer, seen, until_s = QEventLoop(), QTimer(interval=LOOK_MS), 0, time.monotonic() + longest_s

    def look() -> None:
        nonlocal seen
        seen = seen + 1 if ready() else 0
        if seen >= looks or time.monotonic() > until_s:
            loop.quit()

    timer.timeout.connect(look)
    timer.start()
    loop.exec()
    timer.stop()
    if seen < looks:
        raise NotReadyError(f"the window was not ready after {longest_s:g} s")


def wait_until_calm(application: "Application") -> None:
    """Let the window live until nothing runs any more, and for half a second longer."""
    wait_until(lambda: not application.busy, looks=CALM_LOOKS)


def rest(seconds: float) -> None:
    """Let the window live for a while."""
    until_s = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= until_s)


def paint(window: QWidget) -> None:
    """Paint now what is due."""
    QCoreApplication.sendPostedEvents(window, QEvent.Type.UpdateRequest.value)


class Paintings(QObject):
    """Notes when a window was first painted in a state that is waited for."""

    def __init__(self, window: QWidget) -> None:
        super().__init__()
        self._window = window
        self._waiting: dict[str, Callable[[], bool]] = {}
        self.at_s: dict[str, float] = {}
        window.installEventFilter(self)

    def wait_for(self, **states: Callable[[], bool]) -> None:
        """Forget what was seen, and look for these states."""
        self._waiting, self.at_s = dict(states), {}

    @property
    def complete(self) -> bool:
        """Whether all of them were painted."""
        return not self._waiting

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self._waiting or watched is not self._window or event.type() != QEvent.Type.UpdateRequest:
            return False
        due = [name for name, ready in self._waiting.items() if ready()]
        self._window.event(event)
        for name in due:
            self.at_s[name] = time.perf_counter()
            del self._waiting[name]
        return True
