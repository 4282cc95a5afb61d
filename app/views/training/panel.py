"""The Training panel: what will be learned from, the training itself, before and after, and all revisions."""

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QButtonGroup, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.views import theme
from app.views.training import layout
from app.views.training.basis_view import BasisView
from app.views.training.revisions_view import RevisionsView
from app.views.training.running_view import RunningView
from app.views.training.values import Basis, ChangedRow, Moment, RevisionRow, Verdict
from app.views.training.verdict_view import VerdictView

Page = Literal["basis", "running", "verdict", "revisions", "scores"]


class TrainingPanel(QWidget):
    """Pages behind two buttons. It shows what it is given and tells what is asked for; it decides nothing."""

    learn_requested = Signal()
    cancel_requested = Signal()
    keep_requested = Signal()
    discard_requested = Signal()
    left_out_opened = Signal(str)
    change_opened = Signal(object)
    """A `ChangedRow` to go to and play."""
    make_current_requested = Signal(object)
    compare_requested = Signal(object)
    comparing_ended = Signal()
    scores_requested = Signal(str)
    delete_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Training")
        self.basis, self.running, self.verdict = BasisView(), RunningView(), VerdictView()
        self.revisions, self.scores = RevisionsView(), VerdictView()
        self._learning: Page = "basis"
        self._learn_tab, self._revisions_tab = _tab("Learn"), _tab("Revisions")
        group = QButtonGroup(self)
        for tab in (self._learn_tab, self._revisions_tab):
            group.addButton(tab)
            tab.clicked.connect(self._turn_page)
        self._learn_tab.setChecked(True)
        self._pages = QStackedWidget()
        for page in (self.basis, self.running, self.verdict, self.revisions, self.scores):
            self._pages.addWidget(page)
        tabs = layout.row(self._learn_tab, self._revisions_tab, None)
        tabs.setContentsMargins(layout.SIDE_PX - 4, 6, layout.SIDE_PX, 2)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(tabs)
        whole.addWidget(self._pages, 1)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._connect()

    def _connect(self) -> None:
        for told, asked in (
            (self.basis.learn_requested, self.learn_requested),
            (self.basis.left_out_opened, self.left_out_opened),
            (self.running.cancel_requested, self.cancel_requested),
            (self.verdict.keep_requested, self.keep_requested),
            (self.verdict.discard_requested, self.discard_requested),
            (self.verdict.opened, self.change_opened),
            (self.scores.opened, self.change_opened),
            (self.revisions.opened, self.change_opened),
            (self.revisions.make_current_requested, self.make_current_requested),
            (self.revisions.compare_requested, self.compare_requested),
            (self.revisions.comparing_ended, self.comparing_ended),
            (self.revisions.scores_requested, self.scores_requested),
            (self.revisions.delete_requested, self.delete_requested),
        ):
            told.connect(asked)
        self.scores.back_requested.connect(self.show_revisions)

    @property
    def page(self) -> Page:
        """What is in view."""
        pages: dict[QWidget | None, Page] = {
            self.basis: "basis", self.running: "running", self.verdict: "verdict", self.revisions: "revisions",
            self.scores: "scores",
        }  # fmt: skip
        return pages[self._pages.currentWidget()]

    def set_basis(self, basis: Basis) -> None:
        """What there is to learn from now."""
        self.basis.set_basis(basis)

    def begin(self) -> None:
        """A training begins: its progress is in view."""
        self.running.begin()
        self._go_on_to("running")

    def set_moment(self, moment: Moment) -> None:
        """Where the training is."""
        self.running.set_moment(moment)

    def end(self) -> None:
        """Nothing is learned or waits to be decided: back to what there is to learn from."""
        self._go_on_to("basis")

    def show_verdict(self, verdict: Verdict, changes: Sequence[ChangedRow]) -> None:
        """Before and after of a candidate, which stays until it is kept or discarded."""
        self.verdict.set_verdict(verdict, changes)
        self._go_on_to("verdict")

    def show_candidate(self) -> None:
        """Back to the candidate that was shown before."""
        self._go_on_to("verdict")

    def show_scores(self, verdict: Verdict, changes: Sequence[ChangedRow]) -> None:
        """Before and after of a revision that was kept."""
        self.scores.set_verdict(verdict, changes)
        self._pages.setCurrentWidget(self.scores)

    def set_revisions(self, rows: Sequence[RevisionRow]) -> None:
        """All revisions."""
        self.revisions.set_rows(rows)
        self._revisions_tab.setText(f"Revisions: {len(rows):,}" if len(rows) > 1 else "Revisions")

    def show_revisions(self) -> None:
        """Bring the list of revisions to the front."""
        self._revisions_tab.setChecked(True)
        self._turn_page()

    def show_learning(self) -> None:
        """Bring what is learned from, or is being learned, to the front."""
        self._learn_tab.setChecked(True)
        self._turn_page()

    def set_read_only(self, why: str) -> None:
        """Nothing can be kept or deleted, because of `why`; empty: it can."""
        self.revisions.set_read_only(why)
        self.verdict.set_enabled(why)

    def set_blind(self, blind: bool) -> None:
        """Hide which labels change."""
        self.verdict.set_blind(blind)
        self.scores.set_blind(blind)
        self.revisions.set_blind(blind)

    def _go_on_to(self, page: Page) -> None:
        """What is learned is somewhere else now; whoever looks at something else is not disturbed by the same again."""
        if page != self._learning:
            self._learning = page
            self.show_learning()

    def _turn_page(self) -> None:
        pages: dict[Page, QWidget] = {"basis": self.basis, "running": self.running, "verdict": self.verdict}
        revisions = self._revisions_tab.isChecked()
        self._pages.setCurrentWidget(self.revisions if revisions else pages[self._learning])


def _tab(text: str) -> QPushButton:
    made = QPushButton(text)
    made.setCheckable(True)
    theme.set_role(made, "quiet")
    return made
