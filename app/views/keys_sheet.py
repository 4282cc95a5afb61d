"""All keys on one sheet."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.actions import ACTIONS, BY_ID, GESTURES, key_text
from app.views import theme
from engine.emotions import EMOTIONS

COLUMNS: Final = (("File", "Edit", "Model", "Help"), ("Play",), ("Label",), ("View", "Mouse"))
SMALLEST: Final = QSize(1230, 740)
MOST_KEYS: Final = 2
"""As many of an action's keys are shown; the first are the ones to learn."""
Row = tuple[str, tuple[str, ...]]


def rows_of(group: str, bindings: Mapping[str, tuple[str, ...]]) -> tuple[Row, ...]:
    """What one group of the sheet says: words and keys. What has no keys is left out."""
    if group == "Mouse":
        return tuple((text, (gesture,)) for text, gesture in GESTURES)
    together = _emotion_row(bindings) if group == "Label" else ()
    told = {f"label.{name}" for name in EMOTIONS} if together else set()
    rows = [*together]
    for action in ACTIONS:
        keys = bindings.get(action.id, ())
        if action.menu == group and keys and action.id not in told:
            words = f"{action.submenu}: {action.text.lower()}" if action.submenu else action.text
            rows.append((words.rstrip("…"), _shown(keys)))
    return tuple(rows)


def _shown(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Keys as people read them; Return and the number pad's Enter read the same."""
    return tuple(dict.fromkeys(map(key_text, keys)))[:MOST_KEYS]


def _emotion_row(bindings: Mapping[str, tuple[str, ...]]) -> tuple[Row, ...]:
    """The seven labels as one row where they still have their digits."""
    ids = [f"label.{name}" for name in EMOTIONS]
    if any(bindings.get(action) != BY_ID[action].shortcuts for action in ids):
        return ()
    return ((f"{EMOTIONS[0]} … {EMOTIONS[-1]}", ("1", "…", "7")),)


class KeysSheet(QDialog):
    """The sheet. It stays open beside the window until it is closed; the keys of the window go on working there."""

    def __init__(self, bindings: Mapping[str, tuple[str, ...]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setModal(False)
        self._sheet = QWidget()
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setAccessibleName("Keys by group")
        hint = QLabel("Change them under File, Settings, Keyboard. Single letters rest while you type.")
        theme.set_role(hint, "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 16, 22, 14)
        layout.setSpacing(10)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(hint)
        self.set_bindings(bindings)
        self.resize(self._fitting())

    def set_bindings(self, bindings: Mapping[str, tuple[str, ...]]) -> None:
        """Show these keys."""
        self._sheet = QWidget()
        row = QHBoxLayout(self._sheet)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(30)
        for groups in COLUMNS:
            column = QVBoxLayout()
            column.setSpacing(4)
            for group in groups:
                column.addLayout(_group(group, rows_of(group, bindings)))
                column.addSpacing(12)
            column.addStretch(1)
            row.addLayout(column, 1)
        self._scroll.setWidget(self._sheet)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() == "?":
            self.close()
        else:
            super().keyPressEvent(event)

    def _fitting(self) -> QSize:
        """As large as the sheet, within the screen, but never smaller than fits the smallest screen we care for."""
        wanted = self._sheet.sizeHint() + QSize(80, 90)
        return wanted.boundedTo((self.screen().availableSize() * 0.96).expandedTo(SMALLEST))


def _group(title: str, rows: tuple[Row, ...]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(0, 1)
    heading = QLabel(title)
    theme.set_role(heading, "heading")
    grid.addWidget(heading, 0, 0, 1, 2)
    for place, (words, keys) in enumerate(rows, start=1):
        said = QLabel(words)
        theme.set_role(said, "muted")
        grid.addWidget(said, place, 0)
        grid.addLayout(_caps(keys), place, 1)
    return grid


def _caps(keys: tuple[str, ...]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    row.addStretch(1)
    for key in keys:
        cap = QLabel(key)
        cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.set_role(cap, "muted" if key == "…" else "key")
        row.addWidget(cap)
    return row
