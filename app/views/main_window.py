"""The window: where each panel lies, and the menus. What happens when something is clicked is decided elsewhere."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QLabel,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.actions import ACTIONS, MENUS, Action
from app.views import theme
from app.views.agreement.panel import AgreementPanel
from app.views.icons import program_icon
from app.views.inspector import Inspector
from app.views.library import LibraryPanel
from app.views.people import PeoplePanel
from app.views.review import ReviewPanel
from app.views.status import StatusBar
from app.views.timeline.view import TimelineView
from app.views.training.panel import TrainingPanel
from app.views.transport import Transport
from app.views.video_view import VideoView
from app.views.welcome import WelcomePage

SIDES_AT_PX = (1280, 1920)
LEFT_PX, RIGHT_PX = (260, 320), (300, 400)
"""Widths of the side columns in windows of these widths, before anybody moved them."""
TIMELINE_SHARE = 0.425


class MainWindow(QMainWindow):
    """All panels in their places. `actions_by_id` holds every action of the table."""

    files_dropped = Signal(list)
    triggered = Signal(str, bool)
    """An action of the table was asked for: its id, and whether it is now checked."""
    recent_chosen = Signal(Path)
    closing = Signal(QCloseEvent)

    def __init__(self) -> None:
        super().__init__()
        self._sides_follow = False
        self._laid_out = False
        self.setWindowTitle("Affectline")
        self.setWindowIcon(program_icon())
        self.setAcceptDrops(True)
        self.library, self.people = LibraryPanel(), PeoplePanel()
        self.video, self.transport = VideoView(), Transport()
        self.inspector, self.review, self.training = Inspector(), ReviewPanel(), TrainingPanel()
        self.agreement = AgreementPanel()
        self.timeline, self.status, self.welcome = TimelineView(), StatusBar(), WelcomePage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self._desk())
        self.setCentralWidget(self._column(self.pages, self.status))
        self.actions_by_id: dict[str, QAction] = {}
        self.menus: dict[str, QMenu] = {}
        self._make_menus()
        self._told = QLabel()
        theme.set_role(self._told, "muted")
        self._told.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._told.setContentsMargins(0, 6, 12, 0)
        self.menuBar().setCornerWidget(self._told)

    def show_desk(self, there: bool) -> None:
        """The panels, or the first page when no video and no project is open."""
        self.pages.setCurrentIndex(1 if there else 0)

    def show_project(self, name: str, state: str) -> None:
        """What is open and whether it is stored, at the right of the menus."""
        self._told.setText(f"{name} — {state}" if name else "")
        self._told.adjustSize()
        self.menuBar().setCornerWidget(self._told)
        self.setWindowTitle(f"{name} — Affectline" if name else "Affectline")

    def show_review(self, there: bool) -> None:
        """Bring the review queue, or the inspector, to the front."""
        self.side.setCurrentWidget(self.review if there else self.inspector)

    def show_training(self, there: bool) -> None:
        """Bring the training panel, or the inspector, to the front."""
        self.side.setCurrentWidget(self.training if there else self.inspector)

    def show_agreement(self, there: bool) -> None:
        """Bring the agreement panel, or the inspector, to the front."""
        self.side.setCurrentWidget(self.agreement if there else self.inspector)

    def set_shortcuts(self, shortcuts: Mapping[str, Iterable[str]]) -> None:
        """Give every action its keys."""
        for action_id, keys in shortcuts.items():
            self.actions_by_id[action_id].setShortcuts([QKeySequence(key) for key in keys])

    def set_reasons(self, reason_of: Callable[[Action], str | None]) -> None:
        """Switch actions on and off; one that is off says why."""
        for action in ACTIONS:
            reason = reason_of(action)
            shown = self.actions_by_id[action.id]
            shown.setEnabled(reason is None)
            shown.setToolTip(action.tip if reason is None else reason)
            shown.setStatusTip(shown.toolTip())

    def layout_state(self) -> str:
        """The sizes of everything, as text for the settings."""
        parts = [self.saveGeometry(), *(splitter.saveState() for splitter in self._splitters)]
        return "|".join(bytes(part.toBase64().data()).decode("ascii") for part in parts)

    def restore_layout(self, state: str) -> bool:
        """Sizes as they were; whether they could be used."""
        parts = [QByteArray.fromBase64(part.encode("ascii")) for part in state.split("|")]
        if len(parts) != 1 + len(self._splitters) or not self.restoreGeometry(parts[0]):
            return False
        self._laid_out = True
        return all(splitter.restoreState(part) for splitter, part in zip(self._splitters, parts[1:], strict=True))

    # Where things lie

    def _desk(self) -> QWidget:
        left = _splitter(Qt.Orientation.Vertical, self.library, self.people)
        left.setSizes([560, 440])
        self.side = QTabWidget()
        self.side.setDocumentMode(True)
        self.side.addTab(self.inspector, "Inspector")
        self.side.addTab(self.review, "Review")
        self.side.addTab(self.training, "Training")
        self.side.addTab(self.agreement, "Agreement")
        top = _splitter(Qt.Orientation.Horizontal, left, self._column(self.video, self.transport), self.side)
        top.setStretchFactor(1, 1)
        whole = _splitter(Qt.Orientation.Vertical, top, self.timeline)
        whole.setSizes([int(1000 * (1 - TIMELINE_SHARE)), int(1000 * TIMELINE_SHARE)])
        self._splitters = (left, top, whole)
        return whole

    def _column(self, upper: QWidget, lower: QWidget) -> QWidget:
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(upper, 1)
        layout.addWidget(lower)
        return column

    def _make_menus(self) -> None:
        groups: dict[str, QActionGroup] = {}
        for name in MENUS:
            self.menus[name] = self.menuBar().addMenu(name)
            self.menus[name].setToolTipsVisible(True)
        for action in ACTIONS:
            menu = self.menus[action.menu]
            if action.submenu:
                menu = self._submenu(action)
            if action.separated and not action.submenu:
                menu.addSeparator()
            if action.filled:
                self.menus[action.id] = menu.addMenu(action.text)
                made = self.menus[action.id].menuAction()
            else:
                made = menu.addAction(action.text)
            made.setObjectName(action.id)
            made.setCheckable(action.checkable)
            made.setAutoRepeat(action.repeats)
            made.triggered.connect(partial(self._on_triggered, action.id))
            if action.group:
                groups.setdefault(action.group, QActionGroup(self)).addAction(made)
            self.actions_by_id[action.id] = made
            self.addAction(made)

    def _submenu(self, action: Action) -> QMenu:
        key = f"{action.menu}/{action.submenu}"
        if key not in self.menus:
            if action.separated:
                self.menus[action.menu].addSeparator()
            self.menus[key] = self.menus[action.menu].addMenu(action.submenu)
            self.menus[key].setToolTipsVisible(True)
        elif action.separated:
            self.menus[key].addSeparator()
        return self.menus[key]

    def _on_triggered(self, action_id: str) -> None:
        self.triggered.emit(action_id, self.actions_by_id[action_id].isChecked())

    def show_recent(self, paths: Iterable[Path]) -> None:
        """What File, Open recent lists."""
        menu = self.menus["open_recent"]
        menu.clear()
        for path in paths:
            entry = menu.addAction(path.name)
            entry.setToolTip(str(path))
            entry.triggered.connect(partial(self._on_recent, path))
        menu.setEnabled(not menu.isEmpty())

    def _on_recent(self, path: Path, _checked: bool = False) -> None:
        self.recent_chosen.emit(path)

    # What reaches the window itself

    def showEvent(self, event: QShowEvent) -> None:
        if not self._laid_out:
            self._laid_out = self._sides_follow = True
            self._size_sides()
            self._splitters[1].splitterMoved.connect(self._on_sides_moved)
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._sides_follow:
            self._size_sides()

    def _size_sides(self) -> None:
        left, right = (round(_between(self.width(), SIDES_AT_PX, px)) for px in (LEFT_PX, RIGHT_PX))
        self._splitters[1].setSizes([left, self.width() - left - right, right])

    def _on_sides_moved(self) -> None:
        self._sides_follow = False

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.files_dropped.emit([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_told"):
            theme.set_role(self._told, "muted")
        super().changeEvent(event)


def _between(px: int, at_px: tuple[int, int], sizes_px: tuple[int, int]) -> float:
    """A size that grows with the window between two known ones."""
    share = min(max((px - at_px[0]) / (at_px[1] - at_px[0]), 0.0), 1.0)
    return sizes_px[0] + share * (sizes_px[1] - sizes_px[0])


def _splitter(orientation: Qt.Orientation, *widgets: QWidget) -> QSplitter:
    made = QSplitter(orientation)
    made.setHandleWidth(1)
    made.setChildrenCollapsible(False)
    for widget in widgets:
        made.addWidget(widget)
    return made
