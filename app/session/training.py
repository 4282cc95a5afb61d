"""Learning from corrections, as the window sees it: what there is to learn from, the training, and its verdict."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from app import messages
from app.interchange.shared_bundles import source_of
from app.jobs.retrainer import Retrainer
from app.learning.model_facts import read_facts
from app.project.revisions import Revision
from app.session.learned import moment_of
from app.session.library import Library
from app.session.revisions import Revisions
from app.session.session import Session
from app.session.visiting import Place, Visiting
from app.settings import Settings
from app.views.main_window import MainWindow
from app.views.status import Job
from app.views.training.basis_view import sentence
from app.views.training.values import Basis
from engine.errors import BundleError

if TYPE_CHECKING:
    from trainer.finetune.values import FinetuneStep

NO_PROJECT: Final = "open or make a project first"
NOT_READ: Final = "the corrections are still being counted"
LEARNING: Final = "a training is running"
UNDECIDED: Final = "keep or discard the new revision first"
READY: Final = "A new revision is ready: look at what it brings, then keep or discard it"
CANCELLED: Final = "The training was cancelled; the current revision is as it was"
RESCORING_CANCELLED: Final = "Stopped; videos that were not labelled anew show what they showed before"
LATER: Final = "Videos that it has not labelled yet are labelled once what runs now is over"
PROJECT_LEFT: Final = "The training was stopped, because another project was opened"


class Training(QObject):
    """Connects the training panel with the project and the process that learns.

    Signals:
        changed: what can be done now may be something else.
    """

    changed = Signal()

    def __init__(
        self, session: Session, window: MainWindow, retrainer: Retrainer, revisions: Revisions, library: Library,
        visiting: Visiting, settings: Callable[[], Settings],
    ) -> None:  # fmt: skip
        super().__init__(session)
        self._session, self._window, self._panel = session, window, window.training
        self._retrainer, self._library, self._visiting = retrainer, library, visiting
        self._settings = settings
        self.revisions = revisions
        self._chosen: tuple[Path, str | None] | None = None
        """Project and id of the revision made current last, until it is seen to that it labels every video."""
        self._learning_in: Path | None = None
        self._rescoring = False
        self._turn: dict[str, int] = {}
        revisions.known_changed.connect(self._show)
        session.project_changed.connect(self._on_project)
        retrainer.progressed.connect(self._on_progress)
        revisions.chosen.connect(self._on_chosen)
        retrainer.rescored.connect(self._on_rescored)
        retrainer.finished.connect(lambda _revision: self._over(READY, "info"))
        retrainer.failed.connect(lambda text: self._over(sentence(text), "error"))
        retrainer.cancelled.connect(lambda: self._over(self._cancelled_text(), "info"))
        retrainer.cleared.connect(self.revisions.read)
        retrainer.running_changed.connect(lambda _running: self._answer_the_rest())
        window.status.cancel_training_clicked.connect(self.cancel)
        panel = self._panel
        panel.learn_requested.connect(self.learn)
        panel.cancel_requested.connect(self.cancel)
        panel.keep_requested.connect(self.keep)
        panel.discard_requested.connect(self.discard)
        panel.left_out_opened.connect(self._open_left_out)

    # What may be asked

    @property
    def running(self) -> bool:
        """Whether it learns now."""
        return self._retrainer.running

    @property
    def candidate(self) -> Revision | None:
        """The new revision that waits to be kept or discarded; not one that is still being made, or taken away."""
        known = self.revisions.known
        is_settled = known is not None and not self.running and not self._retrainer.clearing
        return known.candidate if known is not None and is_settled else None

    @property
    def why_not(self) -> str:
        """Why nothing can be learned now; empty where it can."""
        known = self.revisions.known
        if self._session.project is None:
            return NO_PROJECT
        if self.running:
            return LEARNING
        if known is None:
            return NOT_READ
        if self.candidate is not None:
            return UNDECIDED
        return self._session.why_read_only or known.lessons.why_not

    # What is asked for

    def learn(self) -> None:
        """Make a new revision from the corrections."""
        project = self._session.project
        if project is None or self.why_not:
            return
        settings = self._settings()
        if not self._retrainer.start(project.path, bundle=settings.model, home=settings.features):
            return
        self._learning_in, self._rescoring = project.path, False
        self.revisions.comparing.end()
        self._panel.begin()
        self._window.show_training(True)
        self._window.status.set_job(Job("Learning from corrections"), "training")
        self.changed.emit()

    def cancel(self) -> None:
        """Stop learning; the current revision stays as it is."""
        self._retrainer.cancel()

    def keep(self) -> None:
        """Let the new revision answer from now on."""
        if self.candidate is not None:
            self.revisions.make_current(self.candidate.id)

    def discard(self) -> None:
        """Delete the new revision."""
        if self.candidate is not None:
            self.revisions.discard(self.candidate)

    # What is shown

    def _show(self) -> None:
        """What there is to learn from, and what waits to be decided."""
        known = self.revisions.known
        if known is None:
            self._panel.set_basis(Basis("", why_not=self.why_not))
        else:
            self._panel.set_basis(known.lessons.basis(known.start, self.why_not))
        if not self.running:
            candidate = self.candidate
            if candidate is not None:
                self.revisions.show_verdict(candidate)
            else:
                self._panel.end()
        self.changed.emit()

    def _on_project(self) -> None:
        """Another project: what is learned for the one before stops."""
        project = self._session.project
        if self.running and (project is None or project.path != self._learning_in):
            self._retrainer.cancel()

    def _open_left_out(self, key: str) -> None:
        """Go to the next of the corrections that are left out for a reason, or have their videos analysed."""
        known = self.revisions.known
        left = known.lessons.left_out.get(key) if known is not None else None
        if left is None:
            return
        if left.analyse:
            self._analyse(left.media)
            return
        turn = self._turn[key] = self._turn.get(key, -1) + 1
        one = left.corrections[turn % len(left.corrections)]
        self._visiting.visit(Place(one.media_id, one.person, one.start_s, one.end_s))

    def _analyse(self, media_ids: Iterable[str]) -> None:
        """Have videos analysed; who is not where it was is named."""
        media = [medium for media_id in media_ids if (medium := self._session.medium_of(media_id)) is not None]
        gone = [Path(medium.path).name for medium in media if self._library.path_of(medium) is None]
        self._library.analyse([medium.id for medium in media], again=True)
        if gone:
            self._session.said.emit(f"{', '.join(gone)}: not where it was, find it in the library first", "warning")

    # A training

    def _on_progress(self, step: "FinetuneStep") -> None:
        moment = moment_of(step)
        if not self._rescoring:
            self._panel.set_moment(moment)
        unit = "s of video" if moment.stage == "rescoring" else "steps"
        name = "Labelling" if self._rescoring else "Learning"
        job = Job(f"{name}: {moment.text}", moment.done, moment.total, unit, remaining_s=moment.remaining_s)
        self._window.status.set_job(job, "training")

    def _on_chosen(self, revision_id: str | None) -> None:
        known, project = self.revisions.known, self._session.project
        if known is None or project is None:
            return
        self._chosen = project.path, revision_id
        if self.running and known.unscored.get(revision_id):
            self._session.said.emit(LATER, "info")
        self._answer_the_rest()

    def _answer_the_rest(self) -> None:
        """Videos that the revision made current has not labelled yet are labelled, from their stored features: now, or
        once what runs is over."""
        known, project = self.revisions.known, self._session.project
        if self._chosen is None or self.running:
            return
        (path, revision_id), self._chosen = self._chosen, None
        if known is None or project is None or project.path != path or not known.unscored.get(revision_id):
            return
        settings = self._settings()
        try:
            bundle = _bundle_of(known.find(revision_id), settings.model)
        except BundleError as error:
            self._session.said.emit(sentence(messages.sentence(error)), "error")
            return
        if self._retrainer.rescore(project.path, revision_id, bundle=bundle, home=settings.features):
            self._learning_in, self._rescoring = project.path, True
            self._window.status.set_job(Job("Labelling the videos anew"), "training")
            self.changed.emit()

    def _on_rescored(self, _revision: str) -> None:
        self._rescoring = False
        self._window.status.clear_job("training")
        self.revisions.reload()
        self.changed.emit()

    def _cancelled_text(self) -> str:
        project = self._session.project
        if self._rescoring:
            return RESCORING_CANCELLED
        return CANCELLED if project is not None and project.path == self._learning_in else PROJECT_LEFT

    def _over(self, text: str, kind: str) -> None:
        self._rescoring = False
        self._window.status.clear_job("training")
        self._panel.end()
        self._session.said.emit(text, kind)
        self._show()
        if not self._retrainer.clearing:  # else it is read once that is over
            self.revisions.read()


def _bundle_of(revision: Revision | None, chosen: str) -> str:
    """The bundle chosen in the settings, or the folder of the one that a revision was made from where that is another.

    Raises:
        BundleError: it is not on this machine.
    """
    if revision is None:
        return chosen
    with suppress(BundleError):
        if read_facts(chosen).sha256 == revision.bundle_sha256:
            return chosen
    source = source_of(revision)
    if source.name != revision.bundle:  # one on the same trunks, whose answers would go by its own name
        raise BundleError(revision.bundle, f"revision {revision.name} was made from it; import it first")
    return str(source.folder)
