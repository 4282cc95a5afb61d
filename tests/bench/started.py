"""The program in a process that is measured: it says when its window has been painted, and ends.

Imports nothing before the program does.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any


def become_the_program() -> None:
    """Run the command line without arguments; say when the window has been painted, and end."""
    from app import application, cli

    class Told(application.Application):
        def show(self, paths: Any = ()) -> None:
            super().show(paths)
            self._watch = watch(self)

    application.Application = Told  # type: ignore[misc]
    sys.exit(cli.run([]))


def watch(application: Any) -> Any:
    """An event filter that tells of the first painting of the window."""
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    window = application.window

    class FirstPaint(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                window.removeEventFilter(self)
                QTimer.singleShot(0, tell)  # once all of it is painted
            return False

    def tell() -> None:
        at_s = time.monotonic()
        files = {str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())} | _mapped()
        print(json.dumps({"at_s": at_s, "modules": sorted(sys.modules), "files": sorted(files - {""})}), flush=True)
        window.close()
        QApplication.exit(0)

    found = FirstPaint(window)
    window.installEventFilter(found)
    return found


def _mapped() -> set[str]:
    """Libraries in this process's memory, where the system tells them."""
    maps = Path("/proc/self/maps")
    return (
        {line.split(maxsplit=5)[5] for line in maps.read_text().splitlines() if "/" in line} if maps.exists() else set()
    )
