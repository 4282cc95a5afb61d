"""The queue of videos to be analysed: one at a time, and first the one that somebody just opened."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from PySide6.QtCore import QObject, Signal

from app.jobs.analyser import AnalyserChoice, DeviceKnown, analysis_steps, device_step
from app.jobs.child import Child, ChildLostError
from app.jobs.lanes import Cancelled, Job, Lane
from engine.errors import AffectlineError
from engine.values import Analysis, Part, Progress

MediaKind = Literal["waiting", "analysing", "analysed", "failed", "cancelled"]

DAMAGED = "parts of it could not be read; its gaps say which"


@dataclass(frozen=True, slots=True)
class MediaState:
    """Where a video stands.

    `done` is 0..1 once something is known; a video that waits with `done` was suspended, one without begins anew, and
    partial results told before are void. `sentence` says why it failed, or that the file is damaged.
    """

    kind: MediaKind
    done: float | None = None
    frames_per_s: float | None = None
    remaining_s: float | None = None
    sentence: str | None = None


class Process(Protocol):
    """Where generators run: a :class:`Child`."""

    def steps(
        self, work: Callable[..., Iterator[Any]], *arguments: Any, cancelled: Callable[[], bool]
    ) -> Iterator[Any]: ...  # pragma: no cover

    def close(self) -> None: ...  # pragma: no cover


class AnalysisQueue(QObject):
    """Analyses of many videos on one lane, in a child process of which it is the only user.

    Signals:
        state_changed: media id, `MediaState`.
        progressed: media id, `Progress`.
        part: media id, `Part`: new rows, while the video is still being read.
        analysed: media id, `Analysis`.
        device_known: the device in use, and the reason for it.
        idle: nothing waits or runs any more.

    Args:
        lane: of all that uses the model.
        choice: what is analysed with; `use` changes it.
    """

    state_changed = Signal(str, object)
    progressed = Signal(str, object)
    part = Signal(str, object)
    analysed = Signal(str, object)
    device_known = Signal(str, str)
    idle = Signal()

    def __init__(
        self, lane: Lane, choice: AnalyserChoice, process: Process | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._lane = lane
        self._choice = choice
        self._process = process or Child("analysis")
        self._states: dict[str, MediaState] = {}
        self._jobs: dict[str, Job] = {}
        self._device: DeviceKnown | None = None

    def enqueue(self, media_id: str, path: Path) -> None:
        """Analyse a video when its turn comes. One that waits or is being analysed keeps its place."""
        if media_id not in self._jobs:
            self._submit(media_id, Path(path), urgent=False)

    def ask_for(self, media_id: str, path: Path) -> None:
        """Analyse a video that somebody looks at: now, and what runs is suspended meanwhile."""
        job = self._jobs.get(media_id)
        if job is None:
            self._submit(media_id, Path(path), urgent=True)
        else:
            self._lane.hurry(job)

    def cancel(self, media_id: str) -> None:
        """Stop the analysis of a video, or take it out of the queue."""
        job = self._jobs.get(media_id)
        if job is not None:
            job.cancel()

    def cancel_all(self) -> None:
        for job in list(self._jobs.values()):
            job.cancel()

    def states(self) -> dict[str, MediaState]:
        """The state of every video this queue has heard of."""
        return dict(self._states)

    @property
    def device(self) -> DeviceKnown | None:
        """The device in use, once it is known."""
        return self._device

    def use(self, choice: AnalyserChoice) -> None:
        """Analyse with something else from the next video on."""
        self._choice = choice

    def warm_up(self) -> None:
        """Load the model in the background before there is anything to analyse, so that the device is known."""
        steps, choice = self._process.steps, self._choice

        def work(cancelled: Cancelled) -> Iterator[Any]:
            yield from steps(device_step, choice, cancelled=cancelled)

        self._lane.submit(work, on_done=self._know_device)

    def close(self) -> None:
        """End the child process. Close the lane first: what runs there then ends by itself and cleans up."""
        self._process.close()

    def _submit(self, media_id: str, path: Path, urgent: bool) -> None:
        steps, choice = self._process.steps, self._choice

        def work(cancelled: Cancelled) -> Iterator[Any]:
            yield from steps(analysis_steps, choice, path, cancelled=cancelled)

        def told(hear: Callable[..., None]) -> Callable[..., None]:
            return functools.partial(hear, media_id)

        self._enter(media_id, MediaState("waiting"))
        job = self._lane.submit(
            work, urgent=urgent, on_progress=told(self._on_progress), on_partial=told(self._on_partial),
            on_done=told(self._on_done), on_failed=functools.partial(self._on_failed, media_id, path),
            on_cancelled=told(self._on_cancelled),
        )  # fmt: skip
        if job.state == "cancelled":  # the lane is closed
            self._enter(media_id, MediaState("cancelled"))
            return
        self._jobs[media_id] = job
        job.state_changed.connect(told(self._on_job_state))

    def _on_job_state(self, media_id: str, state: str) -> None:
        if state in ("running", "suspended"):
            kind: MediaKind = "analysing" if state == "running" else "waiting"
            self._enter(media_id, replace(self._states[media_id], kind=kind, remaining_s=None))

    def _on_progress(self, media_id: str, progress: Progress) -> None:
        done = min(1.0, progress.done_s / progress.total_s) if progress.total_s > 0 else 0.0
        self._enter(media_id, MediaState("analysing", done, progress.frames_per_s, progress.remaining_s))
        self.progressed.emit(media_id, progress)

    def _on_partial(self, media_id: str, step: DeviceKnown | Part) -> None:
        if isinstance(step, DeviceKnown):
            self._know_device(step)
        else:
            self.part.emit(media_id, step)

    def _on_done(self, media_id: str, analysis: Analysis) -> None:
        damaged = any(gap.kind == "unreadable" for gap in analysis.gaps)
        self.analysed.emit(media_id, analysis)
        self._leave(media_id, MediaState("analysed", 1.0, sentence=DAMAGED if damaged else None))

    def _on_failed(self, media_id: str, path: Path, sentence: str, error: AffectlineError | Exception) -> None:
        if isinstance(error, ChildLostError) and error.bystander:
            del self._jobs[media_id]
            self._submit(media_id, path, urgent=False)  # another video took the process with it
        else:
            self._leave(media_id, MediaState("failed", sentence=sentence))

    def _on_cancelled(self, media_id: str) -> None:
        if media_id in self._jobs:
            self._leave(media_id, MediaState("cancelled"))

    def _know_device(self, device: DeviceKnown) -> None:
        if device != self._device:
            self._device = device
            self.device_known.emit(device.name, device.reason)

    def _enter(self, media_id: str, state: MediaState) -> None:
        self._states[media_id] = state
        self.state_changed.emit(media_id, state)

    def _leave(self, media_id: str, state: MediaState) -> None:
        del self._jobs[media_id]
        self._enter(media_id, state)
        if not self._jobs:
            self.idle.emit()
