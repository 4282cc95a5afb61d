"""Two revisions beside one another: both on the timeline, and the list of what they call differently."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.jobs.lanes import Cancelled, Lane
from app.project.analyses import AnalysisStore
from app.project.people import shown_people
from app.project.revisions import Revision
from app.session.analysing import Analysing
from app.session.learned import changed_rows
from app.session.session import Session
from app.views.main_window import MainWindow
from app.views.training.values import ChangedRow
from engine.values import Analysis


class Comparing(QObject):
    """Keeps the lower tier of the fused lane at the other revision, whatever video and person are shown."""

    def __init__(self, session: Session, window: MainWindow, analysing: Analysing, io: Lane) -> None:
        super().__init__(session)
        self._session, self._window, self._analysing, self._io = session, window, analysing, io
        self._other: tuple[str, str] | None = None
        """Bundle and revision of the one below."""
        self._analysis: Analysis | None = None
        session.project_changed.connect(self.end)
        session.medium_changed.connect(self._load)
        session.analysis_changed.connect(self._load)
        session.person_changed.connect(self._show)

    @property
    def running(self) -> bool:
        """Whether two are beside one another."""
        return self._other is not None

    def begin(
        self, now: Revision | None, other: Revision | None, base: str, bundle: str, videos: Mapping[str, str]
    ) -> None:
        """Lay a revision below the current one; None is the bundle as it came.

        Args:
            base: the bundle's own revision.
            bundle: its name.
            videos: names by id.
        """
        project = self._session.project
        if project is None:
            return
        upper, lower = (one.name if one is not None else base for one in (now, other))
        self._other = (bundle, lower)
        older = other is None or (now is not None and other.made_at < now.made_at)
        first, last = (other, now) if older else (now, other)
        text = f"{lower} → {upper}" if older else f"{upper} → {lower}"
        panel = self._window.training
        panel.show_revisions()
        panel.revisions.show_comparison(text, None)
        before, after = (one.id if one is not None else None for one in (first, last))
        work = partial(changes_between, project.path, videos, before, after)
        self._io.submit(work, urgent=True, on_done=partial(self._list, self._other, text), on_failed=self._tell_error)
        self._load()

    def end(self) -> None:
        """Show the current one alone."""
        self._other = self._analysis = None
        self._window.training.revisions.end_comparison()
        self._window.timeline.set_rival("")

    def _list(self, other: tuple[str, str], text: str, rows: tuple[ChangedRow, ...]) -> None:
        if self._other == other:
            self._window.training.revisions.show_comparison(text, rows)

    def _load(self) -> None:
        """The other revision's labels of the open video."""
        self._analysis = None
        other, medium, project = self._other, self._session.medium, self._session.project
        if other is None or medium is None or project is None:
            self._window.timeline.set_rival("")
            return
        path, media_id = project.path, medium.id

        def read(_cancelled: Cancelled) -> Iterator[Analysis | None]:
            yield self._analysing.store(path).load(media_id, other[1], bundle=other[0])

        self._io.submit(read, urgent=True, on_done=partial(self._loaded, other, media_id), on_failed=self._tell_error)

    def _loaded(self, other: tuple[str, str], media_id: str, analysis: Analysis | None) -> None:
        medium = self._session.medium
        if self._other == other and medium is not None and medium.id == media_id:
            self._analysis = analysis
            self._show()

    def _show(self) -> None:
        """What the other says of the person shown."""
        session, timeline = self._session, self._window.timeline
        if self._other is None:
            return
        if self._analysis is None:
            timeline.set_rival("")
            return
        people = shown_people(self._analysis, tuple(session.notes.values()))
        person = next((one for one in people if one.id == session.person), None)
        unseen = self._analysis.unseen_segments
        if session.person is None:
            timeline.set_rival(self._other[1], unseen)
        else:
            timeline.set_rival(self._other[1], person.segments if person is not None else (), unseen)

    def _tell_error(self, text: str, _error: object) -> None:
        self._session.said.emit(text, "error")


def changes_between(
    path: Path, videos: Mapping[str, str], before: str | None, after: str | None, _cancelled: Cancelled
) -> Iterator[tuple[ChangedRow, ...]]:
    """The stretches that two revisions call differently, with names; runs in the lane of files."""
    with AnalysisStore(path, read_only=True) as store:
        yield changed_rows(store.changed_segments(before, after), videos, store.notes_of_all())
