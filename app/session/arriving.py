"""Videos that come into the project: looked at in the lane of files, entered one by one, told about in one sentence."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs.analyses import AnalysisQueue
from app.jobs.job import OVER
from app.jobs.lanes import Job, Lane
from app.project import edits
from app.project.media_files import new_medium
from app.project.store import Project
from app.project.values import Medium
from app.session.adding import Seen, Twin, added_text, look_at
from app.session.finding import Finding
from app.session.session import Session
from engine.values import MediaInfo


@dataclass(slots=True)
class _Delivery:
    """What was dropped or chosen at once, while it is looked at."""

    named: tuple[Path, ...]
    open_next: bool
    looked_at: int = 0
    added: int = 0
    twins: list[Twin] = field(default_factory=list)
    unusable: list[Seen] = field(default_factory=list)


class Arriving(QObject):
    """Takes files and folders into the project.

    Signals:
        first_came: a video's id and path, of the one that is to be opened.
    """

    first_came = Signal(str, Path)

    def __init__(
        self, session: Session, finding: Finding, queue: AnalysisQueue, io: Lane, analyse_on_adding: Callable[[], bool],
    ) -> None:  # fmt: skip
        super().__init__(session)
        self._session, self._finding, self._queue, self._io = session, finding, queue, io
        self._analyse_on_adding = analyse_on_adding
        self._looking: list[Job] = []
        session.project_changed.connect(self._stop)

    def add(self, paths: Iterable[Path], open_first: bool) -> None:
        """Add files and folders; the first one is opened as soon as it is known."""
        delivery = _Delivery(tuple(paths), open_first)
        job = self._io.submit(
            lambda cancelled: look_at(delivery.named, cancelled), urgent=True,
            on_partial=partial(self._take, delivery), on_done=partial(self._tell, delivery),
            on_failed=lambda text, _error: self._session.said.emit(text, "error"),
        )  # fmt: skip
        self._looking = [other for other in self._looking if other.state not in OVER] + [job]

    def _take(self, delivery: _Delivery, seen: Seen) -> None:
        delivery.looked_at += 1
        project = self._session.project
        if seen.info is None or project is None:
            delivery.unusable.append(seen)
            return
        medium = next((medium for medium in project.media() if medium.sha256 == seen.info.sha256), None)
        if medium is not None:
            self._recognise(delivery, medium, seen)
        else:
            medium = self._enter(delivery, project, seen, seen.info)
        if medium is not None and delivery.open_next:
            delivery.open_next = False
            self.first_came.emit(medium.id, seen.path)

    def _recognise(self, delivery: _Delivery, medium: Medium, seen: Seen) -> None:
        """The project has this video, wherever it thinks that it is."""
        here = self._finding.path_of(medium)
        if here is None and self._session.writable:
            self._finding.found_again(medium, seen.path)
        elif here is not None and here != seen.path:
            delivery.twins.append(Twin(seen.path, here.name))

    def _enter(self, delivery: _Delivery, project: Project, seen: Seen, info: MediaInfo) -> Medium | None:
        if project.read_only:
            reason = f"this project can only be read: {project.read_only_reason}"
            delivery.unusable.append(replace(seen, reason=reason))
            return None
        medium = new_medium(project.path.parent, info)
        if self._session.do(edits.add_media, (medium,)) is None:
            return None
        delivery.added += 1
        if self._analyse_on_adding():
            self._queue.enqueue(medium.id, seen.path)
        return medium

    def _tell(self, delivery: _Delivery, _nothing: object) -> None:
        if not delivery.looked_at:
            names = ", ".join(path.name for path in delivery.named)
            self._session.said.emit(f"There is no video in {names}", "warning")
            return
        text = added_text(delivery.added, delivery.twins, delivery.unusable)
        if text:
            self._session.said.emit(text, "error" if delivery.unusable else "info")

    def _stop(self) -> None:
        """What is still looked at belongs to the project before."""
        looking, self._looking = self._looking, []
        for job in looking:
            job.cancel()
