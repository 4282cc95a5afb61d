"""The Agreement panel: who is compared, the picture, and the disagreements to be settled."""

from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.agreement.values import Agreement, Disagreement
from app.views import theme
from app.views.agreement.disagreement_list import DisagreementList, DisagreementModel
from app.views.agreement.figures_page import FiguresPage
from app.views.agreement.values import Choice, Standing
from app.views.training import layout

BLIND: Final = "Hidden in blind mode: it would tell what others say."
NOTHING_YET: Final = "Labels of two coders, or of one coder and a revision, can be compared here."
NO_DISAGREEMENT: Final = "They say the same wherever both said something."
HOW: Final = "1 to 7, 0 unsure: settles it as the coder “consensus”. Enter plays."


class AgreementPanel(QWidget):
    """Two pages behind two buttons. It shows what it is given and tells what is asked for."""

    chosen = Signal(tuple)
    """`Choice`s to be compared."""
    opened = Signal(object)
    """A `Disagreement` to go to and play."""
    settled = Signal(object, object)
    """A `Disagreement` and what it is, None for unsure."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Agreement")
        self._standing, self._blind, self._read_only = Standing(trouble=NOTHING_YET), False, ""
        self._who, self._menu = QToolButton(), QMenu(self)
        self._who.setMenu(self._menu)
        self._who.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._who.setAccessibleName("Who is compared")
        self._which = QComboBox()
        self._which.setAccessibleName("Which of them")
        self._which.currentIndexChanged.connect(lambda _place: self._show())
        self._figures_tab, self._list_tab = _tab("Figures"), _tab("Disagreements")
        self._figures, self._model, self._list = FiguresPage(), DisagreementModel(), DisagreementList(self)
        self._list.setModel(self._model)
        self._list.enter_pressed.connect(self._open)
        self._list.doubleClicked.connect(lambda _index: self._open())
        self._list.answer_requested.connect(self._settle)
        self._list.selectionModel().currentChanged.connect(self._on_current)
        self._how, self._message = layout.label(HOW, "small"), layout.label("", "muted")
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setContentsMargins(16, 0, 16, 0)
        self._pages = QStackedWidget()
        self._lay_out()
        self.set_standing(self._standing)

    def set_standing(self, standing: Standing) -> None:
        """Show how raters stand; what is selected stays selected if it is still there."""
        current, kept = self.current(), self._which.currentText()
        self._standing = standing
        self._fill_menu()
        self._fill_which(kept)
        self._model.set_rows(standing, standing.agreement.disagreements if standing.agreement else ())
        self._select(_place_of(self._model.rows, current))
        self._show()

    def set_blind(self, blind: bool) -> None:
        """Hide everything: it tells what others say."""
        self._blind = blind
        self._show()

    def set_read_only(self, why: str) -> None:
        """Nothing can be settled, because of `why`; empty: it can."""
        self._read_only = why
        self._how.setText(f"Nothing can be settled: {why}" if why else HOW)

    def current(self) -> Disagreement | None:
        """The selected disagreement."""
        row = self._list.currentIndex().row()
        return self._model.rows[row] if 0 <= row < len(self._model.rows) else None

    def show_disagreements(self, there: bool = True) -> None:
        """Turn to the list, or to the figures."""
        (self._list_tab if there else self._figures_tab).setChecked(True)
        self._show()
        if there:
            self._list.setFocus()

    # What is shown

    def _show(self) -> None:
        agreement = self._standing.agreement
        hidden = self._blind or agreement is None
        left = sum(not one.settled for one in self._model.rows)
        self._list_tab.setText(f"Disagreements {left:,}" if not hidden else "Disagreements")
        self._who.setEnabled(not self._blind and bool(self._standing.choices))
        self._who.setToolTip(
            BLIND if self._blind else "" if self._standing.choices else "nobody labelled anything here"
        )
        self._which.setVisible(not hidden and agreement is not None and agreement.group is not None)
        if hidden or agreement is None:
            self._message.setText(BLIND if self._blind else self._standing.trouble or NOTHING_YET)
            self._pages.setCurrentIndex(2)
        elif self._list_tab.isChecked():
            self._message.setText(NO_DISAGREEMENT)
            self._pages.setCurrentIndex(1 if self._model.rows else 2)
        else:
            self._show_figures(agreement)
            self._pages.setCurrentIndex(0)

    def _show_figures(self, agreement: Agreement) -> None:
        place = self._which.currentIndex()
        if agreement.group is not None and place <= 0:
            self._figures.set_group(agreement.group, max(pair.videos for pair in agreement.pairs))
        else:
            self._figures.set_pair(agreement.pairs[place - 1 if agreement.group is not None else 0])

    def _fill_menu(self) -> None:
        self._menu.clear()
        standing, separated = self._standing, False
        for choice in standing.choices:
            if choice.is_model and not separated:
                separated = True
                self._menu.addSeparator()
            action = self._menu.addAction(choice.title)
            action.setCheckable(True)
            action.setChecked(choice in standing.chosen)
            action.toggled.connect(lambda on, choice=choice: self._choose(choice, on))
        names = [choice.title for choice in standing.chosen]
        text = " and ".join(names) if len(names) <= 2 else f"{len(names)} raters"
        self._who.setText(f"{text or 'Compare…'}  ▾")
        self._who.setToolTip(", ".join(names))

    def _fill_which(self, kept: str) -> None:
        agreement = self._standing.agreement
        self._which.blockSignals(True)
        self._which.clear()
        if agreement is not None and agreement.group is not None:
            self._which.addItem("All at once")
            self._which.addItems([" and ".join(pair.raters) for pair in agreement.pairs])
            self._which.setCurrentIndex(max(self._which.findText(kept), 0))
        self._which.blockSignals(False)

    # What is asked for

    def _choose(self, choice: Choice, on: bool) -> None:
        before = self._standing.chosen
        now = (*before, choice) if on else tuple(one for one in before if one != choice)
        order = {one: place for place, one in enumerate(self._standing.choices)}
        self.chosen.emit(tuple(sorted(now, key=lambda one: order[one])))

    def _open(self) -> None:
        current = self.current()
        if current is not None:
            self.opened.emit(current)

    def _settle(self, emotion: str | None) -> None:
        """Tell what it is, and go on to the next that is not settled."""
        current, row = self.current(), self._list.currentIndex().row()
        if current is None or self._read_only or self._blind:
            return
        self.settled.emit(current, emotion)
        rows = self._model.rows
        ahead = [*range(row + 1, len(rows)), *range(row)]
        self._select(next((place for place in ahead if not rows[place].settled), min(row, len(rows) - 1)))
        self._open()

    def _on_current(self, now: QModelIndex, before: QModelIndex) -> None:
        if now.isValid() and before.isValid() and self._list.hasFocus() and now != before:
            self._open()

    def _select(self, row: int) -> None:
        """Without playing it."""
        if 0 <= row < self._model.rowCount():
            selection = self._list.selectionModel()
            selection.blockSignals(True)
            self._list.setCurrentIndex(self._model.index(row, 0))
            selection.blockSignals(False)
            self._list.scrollTo(self._model.index(row, 0))
            self._list.viewport().update()

    def _lay_out(self) -> None:
        group = QButtonGroup(self)
        for tab in (self._figures_tab, self._list_tab):
            group.addButton(tab)
            tab.clicked.connect(lambda _checked: self._show())
        self._figures_tab.setChecked(True)
        listed = QWidget()
        column = QVBoxLayout(listed)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._list, 1)
        column.addWidget(layout.footer(self._how))
        for page in (layout.scrolled(self._figures), listed, self._message):
            self._pages.addWidget(page)
        who = layout.row(self._who, self._which, None)
        who.setContentsMargins(layout.SIDE_PX, 8, layout.SIDE_PX, 2)
        tabs = layout.row(self._figures_tab, self._list_tab, None)
        tabs.setContentsMargins(layout.SIDE_PX - 4, 2, layout.SIDE_PX, 2)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(who)
        whole.addLayout(tabs)
        whole.addWidget(self._pages, 1)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)


def _place_of(rows: tuple[Disagreement, ...], current: Disagreement | None) -> int:
    """Where a disagreement is now, whoever settled it meanwhile; else the first that is not settled."""
    for place, one in enumerate(rows):
        if current is not None and _where(one) == _where(current):
            return place
    return next((place for place, one in enumerate(rows) if not one.settled), 0)


def _where(one: Disagreement) -> tuple[str, str | None, float, float]:
    return one.media_id, one.person, one.start_s, one.end_s


def _tab(text: str) -> QPushButton:
    made = QPushButton(text)
    made.setCheckable(True)
    theme.set_role(made, "quiet")
    return made
