"""Keys belong to the field in which somebody types, not to the window's shortcuts."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

FIELDS = (QLineEdit, QAbstractSpinBox, QTextEdit, QPlainTextEdit)
COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class TypingKeys(QObject):
    """Gives the field that has the focus every key without Ctrl, Alt or Meta: letters, but also Enter and Escape.

    Escape leaves a field of the window; what was typed stays. Keys that no field has a use for, such as F11, stay
    shortcuts.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus)

    def _on_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        if isinstance(before, (*FIELDS, QAbstractButton)):
            before.removeEventFilter(self)
        if isinstance(now, (*FIELDS, QAbstractButton)):
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.modifiers() & COMMANDS:
            return False
        if isinstance(watched, QAbstractButton):  # one reached by Tab is pressed by Space, as everywhere
            presses = event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Space
            if presses:
                event.accept()
            return presses
        if event.type() == QEvent.Type.ShortcutOverride and not Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35:
            event.accept()
            return True
        leaves = event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape
        if leaves and isinstance(watched, QWidget) and watched.window() is self._window and not _in_a_list(watched):
            watched.clearFocus()
            return True
        return False


def _in_a_list(field: QWidget) -> bool:
    """Whether an item is edited in place: then the list knows what Escape means."""
    around = field.parentWidget()
    return around is not None and isinstance(around.parentWidget(), QAbstractItemView)
