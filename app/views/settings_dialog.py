"""Settings, page by page from their table. What is changed here holds at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.settings import PAGES, Page, Setting, Settings, settings_of
from app.views import dialogs, icons, theme
from app.views.keyboard_page import KeyboardPage
from app.views.setting_fields import make_field

PAGE_ICONS: Final[dict[Page, str]] = {
    "General": "settings",
    "Playing": "play",
    "Timeline": "timeline",
    "Keyboard": "keyboard",
    "Model and device": "model",
    "Storage": "storage",
}
SCAN_STEP: Final = 200
"""Files looked at before the window gets its turn again."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the pages show beside the settings: installed models, the device in use and why that one."""

    models: tuple[str, ...] = ()
    device: str = ""
    reason: str = ""


class SettingsDialog(QDialog):
    """Every change is told at once by `changed`; whoever gets it stores it."""

    changed = Signal(Settings)
    delete_features_requested = Signal()

    def __init__(self, settings: Settings, facts: Facts | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.resize(800, 520)
        self.settings = settings
        self._facts = facts or Facts()
        self._fields: dict[str, QWidget] = {}
        self._setters: dict[str, Callable[[Any], None]] = {}
        self.keyboard = KeyboardPage(settings.preset, settings.own_shortcuts)
        self.keyboard.changed.connect(self._on_keys)
        self.store_size = QLabel("…")
        self.delete_features = QPushButton("Delete stored features…")
        self.list = QListWidget()
        self.pages = QStackedWidget()
        self._scan: Iterator[int] | None = None
        self._scan_timer = QTimer(self)
        self._scan_timer.timeout.connect(self._scan_on)
        self._lay_out()

    def show_page(self, page: Page) -> None:
        """Bring one page to the front."""
        self.list.setCurrentRow(PAGES.index(page))

    def show_settings(self, settings: Settings) -> None:
        """Show these values, which somebody else set."""
        self.settings = settings
        for key, set_field in self._setters.items():
            set_field(getattr(settings, key))
        self.keyboard.set_keys(settings.preset, settings.own_shortcuts)

    def measure_store(self) -> None:
        """Work out how large the feature store is, a few files at a time."""
        self.store_size.setText("…")
        self._scan = sizes_in(self.settings.features)
        self._total_bytes = 0
        self._scan_timer.start()

    def field(self, key: str) -> QWidget:
        """The control of one setting."""
        return self._fields[key]

    def _set(self, key: str, value: Any) -> None:
        changed = self.settings.with_(key, value)
        if changed != self.settings:
            self.settings = changed
            self.changed.emit(changed)

    def _on_keys(self, preset: str, own: dict[str, str]) -> None:
        changed = self.settings.with_("preset", preset).with_("own_shortcuts", own)
        if changed != self.settings:
            self.settings = changed
            self.changed.emit(changed)

    def _restore(self) -> None:
        page = PAGES[self.list.currentRow()]
        restore = dialogs.Answer("Restore", "destroy")
        sentence = f"Everything on the page “{page}” goes back to how it came with the program."
        if dialogs.ask(self, "Restore defaults?", sentence, (restore, dialogs.CANCEL)) is not restore:
            return
        values = {setting.key: setting.default for setting in settings_of(page)}
        if page == "Keyboard":
            values["own_shortcuts"] = {}
        changed = self.settings
        for key, value in values.items():
            changed = changed.with_(key, value)
        self.show_settings(changed)
        self.changed.emit(changed)

    def _ask_delete(self) -> None:
        delete = dialogs.Answer("Delete", "destroy")
        sentence = "Videos that are analysed again take their full time then. Analyses and corrections are kept."
        if dialogs.ask(self, "Delete stored features?", sentence, (delete, dialogs.CANCEL)) is delete:
            self.delete_features_requested.emit()

    # How it is laid out

    def _lay_out(self) -> None:
        self.list.setAccessibleName("Pages")
        self.list.setStyleSheet("QListWidget { background: transparent; }")
        self.list.setFixedWidth(self.fontMetrics().horizontalAdvance("Model and device") + 76)
        self.list.setIconSize(QSize(18, 18))
        for page in PAGES:
            item = QListWidgetItem(icons.icon(PAGE_ICONS[page], theme.current().muted), page)
            item.setSizeHint(QSize(80, self.fontMetrics().height() + 18))
            self.list.addItem(item)
            self.pages.addWidget(self._page(page))
        self.list.currentRowChanged.connect(self._show_row)
        self.list.setCurrentRow(0)
        row = QHBoxLayout()
        row.setSpacing(18)
        row.addWidget(self.list)
        row.addWidget(self.pages, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 14)
        layout.setSpacing(14)
        layout.addLayout(row, 1)
        layout.addLayout(self._last_row())

    def _last_row(self) -> QHBoxLayout:
        restore = QPushButton("Restore defaults…")
        restore.setToolTip("Of this page")
        restore.setAutoDefault(False)
        restore.clicked.connect(self._restore)
        told = QLabel("Changes hold at once.")
        theme.set_role(told, "muted")
        close = QPushButton("Close")
        close.setAutoDefault(False)
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addWidget(restore)
        row.addStretch(1)
        row.addWidget(told)
        row.addSpacing(12)
        row.addWidget(close)
        return row

    def _show_row(self, row: int) -> None:
        self.pages.setCurrentIndex(row)
        if PAGES[row] == "Storage":
            self.measure_store()

    def _page(self, page: Page) -> QWidget:
        if page == "Keyboard":
            return self.keyboard
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(10)
        heading = QLabel(page)
        heading.setFont(theme.font(1.25, bold=True))
        column.addWidget(heading)
        column.addWidget(_card(self._rows(page)))
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(body)
        return scroll

    def _rows(self, page: Page) -> list[QHBoxLayout]:
        rows = [self._row(setting) for setting in settings_of(page)]
        if page == "Model and device":
            rows.append(self._device_row())
        if page == "Storage":
            rows.append(self._store_row())
        return rows

    def _row(self, setting: Setting) -> QHBoxLayout:
        choices = tuple((name, name) for name in self._facts.models) if setting.key == "model" else setting.choices
        field, set_field = make_field(setting, choices, getattr(self.settings, setting.key), self._set)
        self._fields[setting.key], self._setters[setting.key] = field, set_field
        field.setAccessibleName(setting.title)
        field.setAccessibleDescription(setting.help)
        return _beside(setting.title, setting.help, field)

    def _device_row(self) -> QHBoxLayout:
        reason = self._facts.reason or "It is chosen when the first video is analysed."
        return _beside("In use", reason, QLabel(self._facts.device or "not chosen yet"))

    def _store_row(self) -> QHBoxLayout:
        self.store_size.setAccessibleName("Size of the stored features")
        self.delete_features.setAutoDefault(False)
        self.delete_features.clicked.connect(self._ask_delete)
        theme.set_role(self.delete_features, "danger")
        right = QWidget()
        row = QHBoxLayout(right)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.store_size)
        row.addWidget(self.delete_features)
        return _beside("Their size", "Nothing that you made is in there.", right)

    def _scan_on(self) -> None:
        """Count some more files; with none left, show the sum."""
        if self._scan is None:
            self._scan_timer.stop()
            return
        for _ in range(SCAN_STEP):
            size_bytes = next(self._scan, None)
            if size_bytes is None:
                self._scan_timer.stop()
                self.store_size.setText(size_text(self._total_bytes))
                self.delete_features.setEnabled(self._total_bytes > 0)
                self.delete_features.setToolTip("" if self._total_bytes else "nothing is stored")
                return
            self._total_bytes += size_bytes

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "list"):
            for row, page in enumerate(PAGES[: self.list.count()]):
                self.list.item(row).setIcon(icons.icon(PAGE_ICONS[page], theme.current().muted))
        super().changeEvent(event)


def sizes_in(folder: Path) -> Iterator[int]:
    """The size of every file below a folder, in bytes; what goes away meanwhile is passed over."""
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                yield path.stat().st_size
        except OSError:
            continue


def size_text(size_bytes: int) -> str:
    """A size in words: "0 MB", "12.3 MB", "4.1 GB"."""
    if size_bytes < 1e9:
        return f"{size_bytes / 1e6:.1f} MB" if size_bytes else "0 MB"
    return f"{size_bytes / 1e9:.1f} GB"


def _card(rows: list[QHBoxLayout]) -> QFrame:
    """Rows on a panel of their own, with lines between."""
    card = QFrame()
    theme.set_role(card, "card")
    column = QVBoxLayout(card)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for place, row in enumerate(rows):
        if place:
            line = QFrame()
            line.setFixedHeight(1)
            theme.set_role(line, "line")
            column.addWidget(line)
        row.setContentsMargins(14, 10, 14, 10)
        column.addLayout(row)
    return card


def _beside(title: str, help: str, field: QWidget) -> QHBoxLayout:
    """Words at the left, the control at the right."""
    name = QLabel(title)
    words = QVBoxLayout()
    words.setSpacing(2)
    words.addWidget(name)
    if help:
        more = QLabel(help)
        more.setWordWrap(True)
        theme.set_role(more, "small")
        words.addWidget(more)
    row = QHBoxLayout()
    row.setSpacing(20)
    row.addLayout(words, 1)
    row.addWidget(field, 0, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
    return row
