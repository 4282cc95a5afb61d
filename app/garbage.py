"""Cyclic garbage is looked for in the window's thread alone.

Python looks for it in whichever thread happens to make an object. In a lane's thread that would delete widgets and
pictures of the window while it paints, and Qt does not survive that.
"""

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

EVERY_MS: Final = 500


class GarbageCollector(QObject):
    """Takes over from Python until it is closed. Must be made in the window's thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._by_python = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Look through the oldest generation that is due, as Python itself would."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation]:
                gc.collect(generation)
                return

    def close(self) -> None:
        """Leave it as it was before."""
        self._timer.stop()
        if self._by_python:
            gc.enable()
