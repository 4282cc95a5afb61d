"""What the library and the people panel have in common: a list of painted rows, and the ground of a row."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QImage, QKeyEvent, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QStyle, QStyleOptionViewItem, QWidget

from app.views import claimed_keys, theme

SMALL: Final = 0.88
"""Size of a second line, of the system's font."""
INSET_PX: Final = 4
RADIUS_PX: Final = 6

KEYS: Final = claimed_keys.ENTER | claimed_keys.DELETE | claimed_keys.MOVES | {Qt.Key.Key_F2}


class PanelList(QListView):
    """A list whose keys come to it before the window's shortcuts."""

    enter_pressed = Signal()
    delete_pressed = Signal()
    resized = Signal()

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMouseTracking(True)

    def event(self, event: QEvent) -> bool:
        return claimed_keys.claimed(event, KEYS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if claimed_keys.pressed(event, claimed_keys.ENTER):
            self.enter_pressed.emit()
        elif claimed_keys.pressed(event, claimed_keys.DELETE):
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


def filled(image: QImage, size_px: QSize) -> QPixmap:
    """The middle of a picture, as much of it as has the shape asked for."""
    scaled = image.scaled(
        size_px, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    middle = QRect(0, 0, size_px.width(), size_px.height())
    middle.moveCenter(scaled.rect().center())
    return QPixmap.fromImage(scaled.copy(middle))


def row_area(row: QRect) -> QRect:
    """What a row's ground covers."""
    return row.adjusted(INSET_PX, 1, -INSET_PX, -1)


def paint_ground(painter: QPainter, option: QStyleOptionViewItem, framed: bool) -> None:
    """Show whether a row is selected or under the mouse; `framed` marks the one whose contents the window shows."""
    colours = theme.current()
    painter.setPen(colours.accent if framed else Qt.PenStyle.NoPen)
    if option.state & QStyle.StateFlag.State_Selected:
        painter.setBrush(colours.selection)
    elif option.state & QStyle.StateFlag.State_MouseOver:
        painter.setBrush(theme.blend(colours.text, colours.panel, 0.05))
    else:
        painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(row_area(option.rect)).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_PX, RADIUS_PX)


def add_action(menu: QMenu, text: str, why_not: str, act: Callable[[], None]) -> QAction:
    """Append an action; one that cannot be done now is disabled and says why in its tip."""
    action = menu.addAction(text)
    action.triggered.connect(act)
    action.setEnabled(not why_not)
    action.setToolTip(why_not or text)
    return action
