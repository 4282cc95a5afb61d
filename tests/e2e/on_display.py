"""Run by a test as a process of its own, on a real display: the window opens, is painted, and closes."""

import cv2  # noqa: F401, I001 - before Qt: opencv brings Qt plugins of its own and says so in the environment

import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from app.application import Application, qt_application
from app.settings import Settings

LOOK_MS = 20
COLOURS = 20
"""A window that was painted has at least so many; an empty one has one."""


def main(project: Path) -> int:
    """Open a project, wait until it can be seen on the screen, write what was seen there, close."""
    app = qt_application()
    application = Application(Settings(theme="light"), kept=False)
    application.show([project])
    window, look = application.window, QTimer(interval=LOOK_MS)

    def seen() -> None:
        picture = window.screen().grabWindow(window.winId()).toImage()
        width, height = picture.width(), picture.height()
        colours = {picture.pixel(x, y) for x in range(0, width, 7) for y in range(0, height, 7)}
        if len(colours) >= COLOURS and application.session.analysis is not None and not application.busy:
            look.stop()
            print(QGuiApplication.platformName(), width, height, flush=True)
            window.close()

    look.timeout.connect(seen)
    look.start()
    return int(app.exec())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
