"""The page of keys: a preset, and a table of every action in which any key can be changed."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.actions import ACTIONS, BY_ID, PRESETS, Action, holders, key_text, shortcuts
from app.views import theme


class KeyboardPage(QWidget):
    """Keys by action. `changed(preset, own)` tells the preset and the keys that were set on top of it."""

    changed = Signal(str, dict)

    def __init__(self, preset: str, own: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own: dict[str, str] = {}
        self.preset = QComboBox()
        self.preset.addItems(list(PRESETS))
        self.preset.setAccessibleName("Keys like in")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search an action or a key…")
        self.search.setAccessibleName("Search an action or a key")
        self.search.setClearButtonEnabled(True)
        self._rows = tuple(_row(action) for action in ACTIONS)
        self.table = _table(self._rows)
        self.edit = QKeySequenceEdit()
        self.edit.setMaximumSequenceLength(1)
        self.edit.setAccessibleName("New key")
        self.add = QPushButton("Add key")
        self.none = QPushButton("No key")
        self.usual = QPushButton("Usual keys")
        self.warning = QLabel()
        self.chosen = QLabel()
        self._lay_out()
        self._connect()
        self.set_keys(preset, own)

    def set_keys(self, preset: str, own: Mapping[str, str]) -> None:
        """Show these keys."""
        self.preset.setCurrentText(preset)
        self._own = dict(own)
        self._fill()

    @property
    def bindings(self) -> dict[str, tuple[str, ...]]:
        """Every action's keys as they are shown."""
        return shortcuts(self.preset.currentText(), self._own)

    @property
    def current(self) -> Action | None:
        """The action whose row is chosen."""
        row = self.table.currentRow()
        return ACTIONS[row] if row >= 0 else None

    def choose(self, action_id: str) -> None:
        """Go to the row of one action."""
        self.table.setCurrentCell(ACTIONS.index(BY_ID[action_id]), 0)

    # What a person does

    def _connect(self) -> None:
        self.preset.activated.connect(self._on_preset)
        self.search.textChanged.connect(self._filter)
        self.table.itemSelectionChanged.connect(self._show_chosen)
        self.table.cellDoubleClicked.connect(self.edit.setFocus)
        self.edit.keySequenceChanged.connect(self._show_warning)
        self.add.clicked.connect(self._on_add)
        self.none.clicked.connect(self._on_none)
        self.usual.clicked.connect(self._on_usual)

    def _on_preset(self) -> None:
        self._fill()
        self.changed.emit(self.preset.currentText(), dict(self._own))

    def _on_add(self) -> None:
        key, action = self._pressed(), self.current
        if key and action is not None:
            self._take_from_others(key, action.id)
            kept = [other for other in self.bindings[action.id] if action.id not in holders(key, {action.id: (other,)})]
            self._give(action.id, " ".join([key, *kept]))

    def _on_none(self) -> None:
        if self.current is not None:
            self._give(self.current.id, "")

    def _on_usual(self) -> None:
        if self.current is not None:
            self._own.pop(self.current.id, None)
            self._tell()

    def _take_from_others(self, key: str, action_id: str) -> None:
        """Keys that a person set win over usual ones by themselves; those set before on others must go."""
        for other in holders(key, self.bindings):
            if other != action_id and other in self._own:
                kept = [held for held in self._own[other].split() if other not in holders(key, {other: (held,)})]
                self._own[other] = " ".join(kept)

    def _give(self, action_id: str, keys: str) -> None:
        self._own[action_id] = keys
        self._tell()

    def _tell(self) -> None:
        self.edit.clear()
        self._fill()
        self.changed.emit(self.preset.currentText(), dict(self._own))

    def _pressed(self) -> str:
        """The key in the field, as Qt's portable text."""
        return self.edit.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    # What is shown

    def _fill(self) -> None:
        bindings = self.bindings
        for action, (_, keys, told) in zip(ACTIONS, self._rows, strict=True):
            keys.setText("   ".join(map(key_text, bindings[action.id])))
            told.setText("set by you" if action.id in self._own else "")
        self._filter(self.search.text())
        self._show_chosen()

    def _filter(self, text: str) -> None:
        sought = text.casefold().strip()
        for place, items in enumerate(self._rows):
            words = " ".join(item.text() for item in items).casefold()
            self.table.setRowHidden(place, sought not in words)

    def _show_chosen(self) -> None:
        action = self.current
        self.chosen.setText(
            f"New key for “{_title(action)}”:" if action else "Choose an action above to change its keys."
        )
        self.edit.setEnabled(action is not None)
        self.none.setEnabled(action is not None and bool(self.bindings[action.id]))
        self.usual.setEnabled(action is not None and action.id in self._own)
        self.usual.setToolTip("" if self.usual.isEnabled() else "these are the usual keys")
        self._show_warning()

    def _show_warning(self) -> None:
        key, action = self._pressed(), self.current
        self.add.setEnabled(bool(key) and action is not None)
        self.add.setToolTip("" if self.add.isEnabled() else "choose an action and press a key in the field first")
        others = [BY_ID[other] for other in holders(key, self.bindings) if action is None or other != action.id]
        taken = ", ".join(f"“{_title(other)}”" for other in others)
        self.warning.setText(f"{key_text(key)} belongs to {taken}, which will lose it." if key and others else "")

    def _lay_out(self) -> None:
        theme.set_role(self.warning, "warning")
        for place, button in enumerate((self.add, self.none, self.usual)):
            button.setAutoDefault(place == 0)
        heading = QLabel("Keyboard")
        heading.setFont(theme.font(1.25, bold=True))
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(QLabel("Keys like in"))
        first.addWidget(self.preset)
        first.addWidget(self.search, 1)
        last = QHBoxLayout()
        last.setSpacing(8)
        last.addWidget(self.edit, 1)
        for button in (self.add, self.none, self.usual):
            last.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(heading)
        layout.addLayout(first)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.chosen)
        layout.addLayout(last)
        layout.addWidget(self.warning)


def _title(action: Action) -> str:
    return (f"{action.submenu}: {action.text}" if action.submenu else action.text).rstrip("…")


def _row(action: Action) -> tuple[QTableWidgetItem, QTableWidgetItem, QTableWidgetItem]:
    """The action, its keys, and whether a person set them."""
    return QTableWidgetItem(f"{action.menu} · {_title(action)}"), QTableWidgetItem(), QTableWidgetItem()


def _table(rows: Sequence[Sequence[QTableWidgetItem]]) -> QTableWidget:
    table = QTableWidget(len(rows), 3)
    table.setAccessibleName("Keys of every action")
    table.setHorizontalHeaderLabels(["Action", "Keys", ""])
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 11)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
    for place, items in enumerate(rows):
        for column, item in enumerate(items):
            table.setItem(place, column, item)
    return table
