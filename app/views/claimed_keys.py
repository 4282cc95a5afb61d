"""Keys that a focused list needs for itself although the window has a shortcut for them."""

from collections.abc import Container

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
DELETE = frozenset({Qt.Key.Key_Delete, Qt.Key.Key_Backspace})
MOVES = frozenset(
    {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End}
)


def pressed(event: QEvent, keys: Container[int]) -> bool:
    """Whether a key event is one of `keys`, without a modifier (the number pad's own does not count)."""
    if not isinstance(event, QKeyEvent) or event.key() not in keys:
        return False
    return not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier


def claimed(event: QEvent, keys: Container[int]) -> bool:
    """Whether Qt asks for one of `keys` if it is a shortcut, or this list's; accepting the event says "this list's"."""
    if event.type() == QEvent.Type.ShortcutOverride and pressed(event, keys):
        event.accept()
        return True
    return False
