"""Learning from corrections for the window: in a child process of its own, while background analyses stand still."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app import places
from app.jobs.analyses import Process
from app.jobs.child import Child
from app.jobs.job import OVER
from app.jobs.lanes import Cancelled, Job, Lane
from app.learning.rescoring import rescore
from app.learning.retraining import CURRENT, Learned, Order, retraining_steps
from trainer.finetune.values import FinetuneStep, Options

REST_S: Final = 0.05
"""How often the lane of analyses looks whether it may go on."""


class Retrainer(QObject):
    """One retraining at a time. It never waits: it has a lane and a process to itself, and what is analysed in the
    background is suspended at its next batch and goes on afterwards. A video that somebody opens meanwhile is analysed
    at once, beside it.

    Signals:
        progressed: a `trainer.finetune.values.FinetuneStep`.
        learned: an `app.learning.retraining.Learned`, right before `finished`.
        finished: id of the new candidate revision, whole in the project.
        rescored: id of a revision that has answered every video by now, "" of the bundle as it came.
        failed: why there is none, in a sentence.
        cancelled: at once when it is cancelled; the process may still be at it.
        cleared: after `cancelled`, once the process has let go of it; from now on the project is as before.
        running_changed: whether it runs; after any of the others.

    Args:
        analyses: the lane of all that uses the model.
    """

    progressed = Signal(object)
    learned = Signal(object)
    finished = Signal(str)
    rescored = Signal(str)
    failed = Signal(str)
    cancelled = Signal()
    cleared = Signal()
    running_changed = Signal(bool)

    def __init__(self, analyses: Lane, process: Process | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._analyses = analyses
        self._lane = Lane("training", self)
        self._process = process or Child("training")
        self._job: Job | None = None
        self._pause: Job | None = None
        self._clearing: Job | None = None

    @property
    def running(self) -> bool:
        """Whether a retraining runs: closing the window would lose it."""
        return self._job is not None

    @property
    def clearing(self) -> bool:
        """Whether the process may still be at one that was cancelled: what the project says now may not last."""
        return self._clearing is not None and self._clearing.state not in OVER

    @property
    def busy(self) -> bool:
        """Whether anything is left to be done or told, also of one that was cancelled."""
        return self._lane.busy

    def start(
        self, project_path: Path, options: Options | None = None, *, bundle: str = places.DEFAULT_BUNDLE,
        parent: str | None = CURRENT, with_batch: bool = False, home: Path | None = None,
    ) -> bool:  # fmt: skip
        """Learn from the corrections of a project; says whether it began, which it does not while another runs.

        Args:
            bundle, parent, with_batch, home: as in `app.learning.retraining.Order`.
        """
        if self.running:
            return False
        order = Order(Path(project_path), bundle, options or Options(), parent, with_batch, home)
        self._begin(self._on_learned, retraining_steps, order)
        return True

    def rescore(
        self, project_path: Path, revision: str | None, *, bundle: str = places.DEFAULT_BUNDLE, home: Path | None = None
    ) -> bool:
        """Answer the videos that lack it with a revision (None: the bundle as it came), such as those that were
        analysed before another one was made current; says whether it began."""
        if self.running:
            return False

        def over(_last: object) -> None:
            self.rescored.emit(revision or "")

        self._begin(over, rescore, Path(project_path), bundle, revision, home)
        return True

    def cancel(self) -> None:
        """Stop. What was there before stays; the process gives up at its next step."""
        if self._job is not None:
            self._job.cancel()

    def close(self, wait_s: float = 2.0) -> bool:
        """Cancel, wait a little, and end the process; says whether all of it has ended."""
        ended = self._lane.close(wait_s)
        self._process.close()
        return ended

    def _begin(self, tell: Callable[[Any], None], work: Callable[..., Iterator[Any]], *arguments: Any) -> None:
        steps, over = self._process.steps, Event()

        def learn(cancelled: Cancelled) -> Iterator[Any]:
            try:
                yield from steps(work, *arguments, cancelled=cancelled)
            finally:
                over.set()

        self._pause = self._analyses.submit(_until(over), urgent=True)
        self._job = job = self._lane.submit(
            learn, on_partial=self._on_partial, on_done=partial(self._on_done, tell), on_failed=self._on_failed,
            on_cancelled=self._on_cancelled,
        )  # fmt: skip
        if job.state == "cancelled":  # the lane is closed
            over.set()
            self._job = None
            return
        self.running_changed.emit(True)

    def _on_partial(self, step: FinetuneStep) -> None:
        self.progressed.emit(step)

    def _on_done(self, tell: Callable[[Any], None], result: object) -> None:
        self._leave()
        tell(result)
        self.running_changed.emit(False)

    def _on_learned(self, learned: Learned) -> None:
        self.learned.emit(learned)
        self.finished.emit(learned.revision_id)

    def _on_failed(self, sentence: str, _error: object) -> None:
        self._leave()
        self.failed.emit(sentence)
        self.running_changed.emit(False)

    def _on_cancelled(self) -> None:
        if self._job is not None:
            self._leave()
            # The lane and the process take one thing after the other: nothing at all, asked for now, is done once the
            # cancelled one has cleaned up, however it was stopped.
            self._clearing = self._lane.submit(self._do_nothing, on_finished=self.cleared.emit)
            self.cancelled.emit()
            self.running_changed.emit(False)

    def _do_nothing(self, cancelled: Cancelled) -> Iterator[Any]:
        return self._process.steps(map, (), cancelled=cancelled)

    def _leave(self) -> None:
        self._job = None
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None


def _until(over: Event) -> Callable[[Cancelled], Iterator[None]]:
    """Work that keeps a lane from going on with what is less urgent."""

    def wait(cancelled: Cancelled) -> Iterator[None]:
        while not (over.is_set() or cancelled()):
            over.wait(REST_S)
            yield None

    return wait
