"""A piece of work as the window sees it: signals, a state, and a way to stop it."""

import threading
from typing import Any, Final, Literal

from PySide6.QtCore import QObject, Signal

JobState = Literal["waiting", "running", "suspended", "done", "failed", "cancelled"]
EventKind = Literal["running", "suspended", "progress", "partial", "done", "failed", "cancelled", "finished"]

OVER: Final = frozenset({"done", "failed", "cancelled"})


class Job(QObject):
    """Work handed to a lane. Lives in the window thread, where all of its signals are emitted.

    The order is: any number of `progress` and `partial`, then one of `done`, `failed` and `cancelled`, then `finished`.
    Of several points of progress between two deliveries only the last is told; partial results are all told.

    Signals:
        progress: an `engine.values.Progress`.
        partial: an intermediate result.
        done: the result.
        failed: a sentence for a person, and the error.
        cancelled: at once when `cancel` is called; nothing but `finished` comes afterwards.
        finished: the work has left its lane, however it ended.
        state_changed: the new `state`.
    """

    progress = Signal(object)
    partial = Signal(object)
    done = Signal(object)
    failed = Signal(str, object)
    cancelled = Signal()
    finished = Signal()
    state_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._state: JobState = "waiting"
        self.stop: Final = threading.Event()
        """The token that the work looks at."""

    @property
    def state(self) -> JobState:
        return self._state

    def cancel(self) -> None:
        """Ask the work to stop. The window hears `cancelled` now, and of the work's results nothing any more."""
        if self._state not in OVER:
            self.stop.set()
            self._enter("cancelled")
            self.cancelled.emit()

    def tell(self, kind: EventKind, value: Any) -> None:
        """Emit what the lane says, unless the job is over already. For the lane."""
        if kind == "finished":
            self.finished.emit()
        elif self._state not in OVER:
            self._tell(kind, value)

    def _tell(self, kind: EventKind, value: Any) -> None:
        match kind:
            case "progress":
                self.progress.emit(value)
            case "partial":
                self.partial.emit(value)
            case "running" | "suspended":
                self._enter(kind)
            case "done":
                self._enter("done")
                self.done.emit(value)
            case "failed":
                self._enter("failed")
                self.failed.emit(*value)
            case "cancelled":
                self._enter("cancelled")
                self.cancelled.emit()

    def _enter(self, state: JobState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)
