"""After training: before and after as a picture, what changes, and Keep or Discard."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.views import theme
from app.views.panel_values import counted
from app.views.training import layout
from app.views.training.basis_view import sentence
from app.views.training.changes import ChangesView
from app.views.training.confusions import Confusions
from app.views.training.figure_rows import FigureRows
from app.views.training.recall_bars import RecallBars
from app.views.training.values import ChangedRow, Judged, Verdict

LEGEND: Final = "○ before, ● after; the band and the whiskers are 95 % intervals. Grey: within chance."


class VerdictView(QWidget):
    """One revision beside the one it came from."""

    keep_requested = Signal()
    discard_requested = Signal()
    back_requested = Signal()
    opened = Signal(object)
    """A `ChangedRow` to show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verdict: Verdict | None = None
        self._title, self._from = layout.label(role="heading"), layout.label(role="small")
        self.back = layout.button("‹ Back", self.back_requested.emit, "link")
        self._scores_tab, self._changes_tab = _tab("Scores"), _tab("What changes")
        group = QButtonGroup(self)
        for tab, show in ((self._scores_tab, self.show_scores), (self._changes_tab, self.show_changes)):
            group.addButton(tab)
            tab.clicked.connect(show)
        self._scores_tab.setChecked(True)
        self._column = QWidget()
        self._scores = layout.column(self._column)
        self.changes = ChangesView()
        self.changes.opened.connect(self.opened)
        self._pages = QStackedWidget()
        self._scroll = layout.scrolled(self._column)
        self._pages.addWidget(self._scroll)
        self._pages.addWidget(self.changes)
        self.keep = layout.button("Keep", self.keep_requested.emit, "primary")
        self.discard = layout.button("Discard", self.discard_requested.emit)
        self._foot = layout.footer(self.keep, self.discard, None)
        head = QVBoxLayout()
        head.setContentsMargins(layout.SIDE_PX, 8, layout.SIDE_PX, 4)
        head.setSpacing(3)
        head.addLayout(layout.row(self._title, self.back))
        head.addWidget(self._from)
        head.addLayout(layout.row(self._scores_tab, self._changes_tab, None))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(self._pages, 1)
        whole.addWidget(self._foot)

    @property
    def verdict(self) -> Verdict | None:
        return self._verdict

    def set_verdict(self, verdict: Verdict, changes: Sequence[ChangedRow]) -> None:
        """Show a revision. Keep and Discard are there while it is a candidate."""
        fresh = self._verdict is None or self._verdict.revision_id != verdict.revision_id
        self._verdict = verdict
        self._title.setText(f"Revision {verdict.name}" + (", not kept yet" if verdict.candidate else ""))
        self._from.setText(f"From {verdict.parent}, by {counted(verdict.learned_from, 'correction')}")
        self._show_scores(verdict)
        self.set_changes(changes)
        self.keep.setText("Keep anyway" if verdict.worse else "Keep")
        theme.set_role(self.keep, "" if verdict.worse else "primary")
        theme.set_role(self.discard, "primary" if verdict.worse else "")
        self.keep.setToolTip("It answers from now on; the one before stays in the list")
        self.discard.setToolTip("The current revision stays as it is; corrections are kept")
        self._foot.setVisible(verdict.candidate)
        self.back.setVisible(not verdict.candidate)
        if fresh:
            self._scroll.verticalScrollBar().setValue(0)
            self.show_scores()

    def set_changes(self, changes: Sequence[ChangedRow]) -> None:
        """The stretches whose label changes."""
        self.changes.set_changes(changes)
        self._changes_tab.setText(f"What changes: {len(changes):,}")

    def set_enabled(self, why_not: str) -> None:
        """Whether it can be kept or discarded; `why_not` is empty where it can."""
        for shown in (self.keep, self.discard):
            shown.setEnabled(not why_not)
            if why_not:
                shown.setToolTip(why_not)

    def set_blind(self, blind: bool) -> None:
        """Which labels change is not told to who codes blind."""
        self.changes.set_blind(blind)

    def show_scores(self) -> None:
        self._scores_tab.setChecked(True)
        self._turn_page()

    def show_changes(self) -> None:
        self._changes_tab.setChecked(True)
        self._turn_page()
        self.changes.focus_list()

    def _turn_page(self) -> None:
        self._pages.setCurrentIndex(1 if self._changes_tab.isChecked() else 0)

    def _show_scores(self, verdict: Verdict) -> None:
        layout.emptied(self._scores)
        if verdict.unfinished:
            self._scores.addWidget(_card((verdict.unfinished,), "warning"))
        if verdict.worse:
            self._scores.addWidget(_card(verdict.worse, "danger"))
        if verdict.worse or verdict.unfinished:
            self._scores.addSpacing(8)
        for judged in verdict.judged:
            self._add_judged(judged)
        for note in verdict.notes:
            self._scores.addWidget(layout.label(sentence(note), "small"))
        if verdict.judged:
            self._scores.addWidget(layout.label(LEGEND, "small"))
        self._scores.addStretch(1)

    def _add_judged(self, judged: Judged) -> None:
        figures, bars = FigureRows(f"{judged.title}: figures"), RecallBars(f"{judged.title}: recall of each emotion")
        matrices = Confusions(f"{judged.title}: what is taken for what")
        figures.set_judged(judged)
        bars.set_scores(judged.classes)
        matrices.set_judged(judged)
        matrices.hide()
        more = layout.button("Show what is confused", lambda: None, "link")
        more.setCheckable(True)
        more.toggled.connect(matrices.setVisible)
        more.toggled.connect(lambda on: more.setText("Hide what is confused" if on else "Show what is confused"))
        how = " · ".join(part for part in (f"{judged.count:,} examples", judged.how) if part)
        self._scores.addWidget(layout.label(judged.title, "heading"))
        self._scores.addWidget(layout.label(how, "small"))
        self._scores.addSpacing(2)
        self._scores.addWidget(figures)
        self._scores.addSpacing(4)
        self._scores.addWidget(layout.label("Recall of each emotion, and change in points", "small"))
        self._scores.addWidget(bars)
        self._scores.addSpacing(4)
        self._scores.addLayout(layout.row(more, None))
        self._scores.addWidget(matrices)
        self._scores.addSpacing(10)


def _tab(text: str) -> QPushButton:
    made = QPushButton(text)
    made.setCheckable(True)
    theme.set_role(made, "quiet")
    return made


def _card(lines: Sequence[str], role: str) -> QFrame:
    """Sentences that must not be missed."""
    made = QFrame()
    theme.set_role(made, "card")
    inner = QVBoxLayout(made)
    inner.setContentsMargins(10, 8, 10, 8)
    inner.setSpacing(4)
    for line in lines:
        inner.addWidget(layout.label(sentence(line), role))
    return made
