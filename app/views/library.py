"""The library: the project's videos, how far each is, and what can be done with them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QModelIndex, QPoint, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.views import icons, theme
from app.views.library_list import ENTRY_ROLE, LibraryDelegate, LibraryFilter, LibraryModel
from app.views.panel_rows import PanelList, add_action
from app.views.panel_values import LibraryEntry

PICTURES_AFTER_MS: Final = 80
"""Rows that only fly by while somebody scrolls are not asked pictures for."""
EMPTY: Final = "No videos yet. Drop video files or folders here, or add them."


class LibraryPanel(QWidget):
    """The project's videos. A double click or Enter opens one; files and folders may be dropped anywhere on it."""

    opened = Signal(str)
    files_dropped = Signal(list)
    add_requested = Signal()
    analyse_requested = Signal(list)
    cancel_requested = Signal(list)
    remove_requested = Signal(list)
    find_requested = Signal(str)
    show_in_folder_requested = Signal(str)
    pictures_wanted = Signal(list)
    """Ids of the videos on screen that have no picture yet, each asked for once."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Library")
        self.setAcceptDrops(True)
        self._asked_for: set[str] = set()
        self._model = LibraryModel()
        self._shown = LibraryFilter(self._model)
        self._list = PanelList("Videos of the project", self)
        self._build_list()
        self._search = self._built_search()
        self._add = QToolButton(self)
        self._add.setIcon(icons.icon("add"))
        self._add.setToolTip("Add videos to the project")
        self._add.setAccessibleName("Add videos")
        self._add.clicked.connect(self.add_requested)
        self._no_match = _sentence("", self)
        self._pages = QStackedWidget(self)
        for page in (self._list, self._built_empty_page(), self._no_match):
            self._pages.addWidget(page)
        self._lay_out()
        self._drop_frame = _DropFrame(self)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._ask_later = QTimer(self, singleShot=True, interval=PICTURES_AFTER_MS)
        self._ask_later.timeout.connect(self._ask_for_pictures)
        self._list.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self._turn_page()

    def set_entries(self, entries: Sequence[LibraryEntry]) -> None:
        """Show these videos, in this order; what was selected stays selected."""
        before = self.selected()
        self._model.set_entries(entries)
        self._asked_for.intersection_update(entry.media_id for entry in entries if entry.state != "missing")
        if self.selected() != before:
            self._select(before)
        self._turn_page()

    def update_entry(self, entry: LibraryEntry) -> None:
        """Show news of one video; unknown ones are ignored."""
        self._model.update_entry(entry)
        self._turn_page()

    def set_thumbnail(self, media_id: str, image: QImage) -> None:
        self._model.set_picture(media_id, image)

    def set_current(self, media_id: str | None) -> None:
        """Mark the video that is open; one that was not open yet is selected and brought into view."""
        if self._model.set_open(media_id) and media_id is not None:
            self._select([media_id])

    def selected(self) -> list[str]:
        """Ids of the selected videos, in the order shown."""
        return [entry.media_id for entry in self._selected_entries()]

    def focus_search(self) -> None:
        """Put the cursor in the search field."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def context_menu(self) -> QMenu:
        """What can be done with the selected videos; what cannot says why in its tip."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        entries = self._selected_entries()
        one = entries[0] if len(entries) == 1 else None
        idle = [entry.media_id for entry in entries if entry.state not in ("waiting", "analysing", "missing")]
        busy = [entry.media_id for entry in entries if entry.state in ("waiting", "analysing")]
        single = "" if one else "select one video"
        there = single or ("the file is missing" if one and one.state == "missing" else "")
        again = bool(entries) and all(entry.state == "analysed" for entry in entries)
        add_action(menu, "Open", single, lambda: self._open_one(one))
        menu.addSeparator()
        why = "" if idle else "already queued, or the file is missing" if entries else "select a video"
        text = "Analyse again" if again else "Analyse"
        add_action(menu, text, why, lambda: self.analyse_requested.emit(idle))
        none_runs = "" if busy else "no analysis runs"
        add_action(menu, "Cancel analysis", none_runs, lambda: self.cancel_requested.emit(busy))
        menu.addSeparator()
        add_action(menu, "Show in folder", there, lambda: self._emit_one(self.show_in_folder_requested, one))
        not_missing = single or ("" if one and one.state == "missing" else "the file is where it was")
        add_action(menu, "Find the file…", not_missing, lambda: self._emit_one(self.find_requested, one))
        menu.addSeparator()
        add_action(menu, "Remove from the project", "" if entries else "select a video", self._remove)
        return menu

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._add.setIcon(icons.icon("add"))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _local_paths(event.mimeData()):
            self._set_dragged_over(True)
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.acceptProposedAction()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._set_dragged_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_dragged_over(False)
        paths = _local_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.files_dropped.emit(paths)

    def _build_list(self) -> None:
        delegate = LibraryDelegate(self._list)
        delegate.find_clicked.connect(self.find_requested)
        self._list.setModel(self._shown)
        self._list.setItemDelegate(delegate)
        self._list.doubleClicked.connect(self._on_double_click)
        self._list.enter_pressed.connect(self._on_enter)
        self._list.delete_pressed.connect(self._remove)
        self._list.resized.connect(self._on_scrolled)
        self._list.customContextMenuRequested.connect(self._show_menu)

    def _built_search(self) -> QLineEdit:
        field = QLineEdit(self)
        field.setPlaceholderText("Search or filter…")
        field.setToolTip("Words in the name or the state, such as: interview failed")
        field.setAccessibleName("Search the library")
        field.setClearButtonEnabled(True)
        field.textChanged.connect(self._on_search)
        field.returnPressed.connect(self._enter_list)
        return field

    def _built_empty_page(self) -> QWidget:
        page = QWidget(self)
        button = QPushButton("Add videos…", page)
        theme.set_role(button, "primary")
        button.clicked.connect(self.add_requested)
        column = QVBoxLayout(page)
        column.addStretch(1)
        column.addWidget(_sentence(EMPTY, page))
        column.addSpacing(8)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return page

    def _lay_out(self) -> None:
        heading = QLabel("Library", self)
        theme.set_role(heading, "heading")
        heading.setContentsMargins(10, 8, 10, 0)
        top = QHBoxLayout()
        top.setContentsMargins(10, 0, 10, 2)
        top.setSpacing(6)
        top.addWidget(self._search, 1)
        top.addWidget(self._add)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(heading)
        column.addLayout(top)
        column.addWidget(self._pages, 1)
        self.setTabOrder(self._search, self._list)

    def _turn_page(self) -> None:
        empty = not self._model.entries()
        no_match = not empty and self._shown.rowCount() == 0
        self._pages.setCurrentIndex(1 if empty else 2 if no_match else 0)
        self._search.setEnabled(not empty)
        self._add.setVisible(not empty)
        if no_match:
            self._no_match.setText(f"No video matches “{self._search.text().strip()}”.")
        if not self._ask_later.isActive():
            self._ask_later.start()

    def _selected_entries(self) -> list[LibraryEntry]:
        indexes = sorted(self._list.selectionModel().selectedIndexes(), key=QModelIndex.row)
        return [index.data(ENTRY_ROLE) for index in indexes]

    def _select(self, media_ids: Iterable[str]) -> None:
        selection = self._list.selectionModel()
        selection.clear()
        for media_id in media_ids:
            row = self._model.row_of(media_id)
            if row is None:
                continue
            index = self._shown.mapFromSource(self._model.index(row))
            if index.isValid():
                selection.select(index, selection.SelectionFlag.Select)
                selection.setCurrentIndex(index, selection.SelectionFlag.NoUpdate)
                self._list.scrollTo(index)

    def _ask_for_pictures(self) -> None:
        if not self._list.isVisible():
            return
        top = self._list.indexAt(QPoint(5, 5)).row()
        bottom = self._list.indexAt(QPoint(5, self._list.viewport().height() - 5)).row()
        last = bottom if bottom >= 0 else self._shown.rowCount() - 1
        wanted = []
        for row in range(max(0, top), last + 1):
            entry: LibraryEntry = self._shown.index(row, 0).data(ENTRY_ROLE)
            known = entry.media_id in self._asked_for or self._model.has_picture(entry.media_id)
            if not known and entry.state != "missing":
                wanted.append(entry.media_id)
        if wanted:
            self._asked_for.update(wanted)
            self.pictures_wanted.emit(wanted)

    def _on_search(self, text: str) -> None:
        self._shown.set_words(text)
        self._turn_page()

    def _enter_list(self) -> None:
        """From the search field to the first video found."""
        if self._shown.rowCount():
            self._list.setCurrentIndex(self._shown.index(0, 0))
            self._list.setFocus()

    def _on_double_click(self, index: QModelIndex) -> None:
        self._open_one(index.data(ENTRY_ROLE))

    def _on_enter(self) -> None:
        current = self._list.currentIndex()
        if current.isValid():
            self._open_one(current.data(ENTRY_ROLE))

    def _on_scrolled(self) -> None:
        self._ask_later.start()

    def _open_one(self, entry: LibraryEntry | None) -> None:
        self._emit_one(self.opened, entry)

    def _emit_one(self, signal: SignalInstance, entry: LibraryEntry | None) -> None:
        if entry is not None:
            signal.emit(entry.media_id)

    def _remove(self) -> None:
        chosen = self.selected()
        if chosen:
            self.remove_requested.emit(chosen)

    def _show_menu(self, at: QPoint) -> None:
        menu = self.context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._list.viewport().mapToGlobal(at))

    def _set_dragged_over(self, over: bool) -> None:
        self._drop_frame.setGeometry(self.rect())
        self._drop_frame.raise_()
        self._drop_frame.setVisible(over)


class _DropFrame(QWidget):
    """Says, over everything else, that files may be let go here."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.current().accent, 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(self.rect().adjusted(3, 3, -3, -3), 6, 6)


def _sentence(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setContentsMargins(16, 0, 16, 0)
    theme.set_role(label, "muted")
    return label


def _local_paths(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
