"""The first page: what this is, three ways to begin, and what was open lately."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.views import icons, theme

WHAT_IT_IS: Final = "Reads emotion out of video, and learns from your corrections."
DROP_HINT: Final = "or drop videos, a folder or a project anywhere on this page"
PRIVACY: Final = "Everything stays on this machine. Nothing is ever sent anywhere."
COLUMN_PX: Final = 660
RECENT_ROWS: Final = 6
"""As many are seen at once; the rest scroll."""
PATH_ROLE: Final = Qt.ItemDataRole.UserRole


class WelcomePage(QWidget):
    """What is shown while no video and no project is open."""

    open_video = Signal()
    open_project = Signal()
    try_sample = Signal()
    recent_chosen = Signal(Path)
    files_dropped = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._is_target = False
        self.video = BigButton("video", "Open video", "Watch, analyse and label one file")
        self.project = BigButton("project", "Open project", "Go on with an .affectline file")
        self.sample = BigButton("sample", "Try the sample", "A short clip to explore")
        self.video.clicked.connect(self.open_video)
        self.project.clicked.connect(self.open_project)
        self.sample.clicked.connect(self.try_sample)
        self.recent = RecentList()
        self.recent.chosen.connect(self.recent_chosen)
        self._lay_out()
        self.set_recent(())

    def set_recent(self, paths: Sequence[Path]) -> None:
        """What was open lately, the latest first."""
        self.recent.show_paths(paths)
        self._recent_title.setVisible(bool(paths))
        self.recent.setVisible(bool(paths))

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addStretch(3)
        column.addLayout(self._heading())
        column.addSpacing(26)
        row = QHBoxLayout()
        row.setSpacing(14)
        for button in (self.video, self.project, self.sample):
            row.addWidget(button, 1)
        column.addLayout(row)
        column.addSpacing(12)
        column.addWidget(_centred(DROP_HINT))
        column.addSpacing(26)
        self._recent_title = QLabel("Recent")
        self._recent_title.setContentsMargins(8, 0, 0, 0)
        theme.set_role(self._recent_title, "heading")
        column.addWidget(self._recent_title)
        column.addSpacing(6)
        column.addWidget(self.recent)
        column.addStretch(4)
        column.addWidget(_centred(PRIVACY))
        frame = QWidget()
        frame.setMaximumWidth(COLUMN_PX)
        frame.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        frame.setLayout(column)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(28, 16, 28, 20)
        outer.addStretch(1)
        outer.addWidget(frame, 100)
        outer.addStretch(1)

    def _heading(self) -> QVBoxLayout:
        picture = QLabel()
        picture.setPixmap(icons.program_icon().pixmap(QSize(72, 72), self.devicePixelRatioF()))
        picture.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        name = QLabel("Affectline")
        name.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        theme.set_role(name, "title")
        heading = QVBoxLayout()
        heading.setSpacing(6)
        for widget in (picture, name, _centred(WHAT_IT_IS)):
            heading.addWidget(widget)
        return heading

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self._set_target(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_target(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_target(False)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.files_dropped.emit(paths)

    def _set_target(self, is_target: bool) -> None:
        self._is_target = is_target
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), now.window)
        if self._is_target:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(now.accent, 2, Qt.PenStyle.DashLine))
            painter.setBrush(theme.blend(now.selection, now.window, 0.6))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(10, 10, -10, -10), 12, 12)


class BigButton(QAbstractButton):
    """A way to begin: an icon, what it does, and one line more."""

    def __init__(self, icon: str, text: str, detail: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._detail = detail
        self.setText(text)
        self.setAccessibleName(text)
        self.setAccessibleDescription(detail)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        line_px = self.fontMetrics().height()
        widest_px = max(self.fontMetrics().horizontalAdvance(text) for text in (self.text(), self._detail))
        return QSize(min(widest_px, line_px * 11) + 28, line_px * 7)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marked = self.underMouse() or self.isDown()
        painter.setPen(QPen(now.accent if self.hasFocus() or marked else now.line, 2 if self.hasFocus() else 1))
        painter.setBrush(now.selection if self.isDown() else now.panel)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        line_px = self.fontMetrics().height()
        side_px = line_px * 2
        top_px = (self.height() - side_px - line_px * 2.9) / 2
        place = QRectF((self.width() - side_px) / 2, top_px, side_px, side_px)
        icons.paint(painter, self._icon, now.accent, place)
        self._paint_words(painter, place.bottom() + line_px * 0.3)

    def _paint_words(self, painter: QPainter, top_px: float) -> None:
        now = theme.current()
        line_px = self.fontMetrics().height()
        painter.setPen(now.text)
        painter.setFont(theme.font(1.08, bold=True))
        painter.drawText(QRectF(0, top_px, self.width(), line_px * 1.3), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.setPen(now.muted)
        painter.setFont(theme.font(0.88))
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(QRectF(10, top_px + line_px * 1.35, self.width() - 20, line_px * 2), flags, self._detail)


class RecentList(QListWidget):
    """Files by name, each with its folder. One click or Enter chooses."""

    chosen = Signal(Path)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Recent files")
        self.setItemDelegate(_RecentDelegate(self))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.setStyleSheet("QListWidget { background: transparent; }")
        self.itemClicked.connect(self._choose)

    def show_paths(self, paths: Sequence[Path]) -> None:
        """Take these files in place of those before."""
        self.clear()
        for path in paths:
            item = QListWidgetItem(path.name)
            item.setData(PATH_ROLE, path)
            item.setToolTip(str(path))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{path.name} in {path.parent}")
            self.addItem(item)
        self.setFixedHeight(min(max(len(paths), 1), RECENT_ROWS) * _row_px(self.fontMetrics()) + 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            self._choose(item)
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.viewport().update()
        super().changeEvent(event)

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(PATH_ROLE))


class _RecentDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, _row_px(option.fontMetrics))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        now = theme.current()
        path: Path = index.data(PATH_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marked = option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus)
        if marked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.selection)
            painter.drawRoundedRect(option.rect, 6, 6)
        place = QRectF(option.rect).adjusted(8, 0, -8, 0)
        side_px = option.fontMetrics.height()
        corner = QPointF(place.left(), place.center().y() - side_px / 2)
        name = "project" if path.suffix == ".affectline" else "video"
        icons.paint(painter, name, now.muted, QRectF(corner, QSize(side_px, side_px).toSizeF()))
        _paint_name(painter, option.fontMetrics, path, place.adjusted(side_px + 8, 0, 0, 0))
        painter.restore()


def _paint_name(painter: QPainter, metrics: QFontMetrics, path: Path, place: QRectF) -> None:
    """The name, and its folder at the right as far as there is room; the folder's end says more than its start."""
    now = theme.current()
    name = metrics.elidedText(path.name, Qt.TextElideMode.ElideMiddle, int(place.width() * 0.62))
    painter.setPen(now.text)
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
    room_px = int(place.width() - metrics.horizontalAdvance(name) - 20)
    painter.setPen(now.muted)
    folder = metrics.elidedText(_homely(path.parent), Qt.TextElideMode.ElideLeft, room_px)
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, folder)


def _homely(folder: Path) -> str:
    """A folder with the person's home as "~"."""
    return f"~/{folder.relative_to(Path.home()).as_posix()}" if folder.is_relative_to(Path.home()) else str(folder)


def _row_px(metrics: QFontMetrics) -> int:
    return metrics.height() + 12


def _centred(text: str) -> QLabel:
    label = QLabel(text)
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    label.setWordWrap(True)
    theme.set_role(label, "muted")
    return label
