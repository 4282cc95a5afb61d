"""The people of the open video: who they are, whose curves are shown, and who belongs together."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QItemSelection, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QAbstractItemView, QInputDialog, QLabel, QMenu, QVBoxLayout, QWidget

from app.views import theme
from app.views.panel_rows import PanelList, add_action
from app.views.panel_values import PersonEntry
from app.views.people_list import ENTRY_ROLE, PeopleDelegate, PeopleModel

SCENE_HAS_NONE: Final = "the scene is nobody"


class PeoplePanel(QWidget):
    """Persons by time on screen, the scene last. Selecting one shows its curves; F2 or a double click renames it."""

    selected = Signal(object)
    """The person whose curves to show: an id, or None for the scene."""
    rename_requested = Signal(str, str)
    participant_requested = Signal(str, str)
    """Who a person is across videos; an empty name says that it is nobody in particular."""
    merge_requested = Signal(list)
    """Persons to make one, the first of the list shown first."""
    split_requested = Signal(str)
    ignore_requested = Signal(str, bool)
    voice_requested = Signal(object)
    """Whose voice is heard: an id, or None when it is nobody's on screen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("People in this video")
        self._participants: tuple[str, ...] = ()
        self._read_only = ""
        self._quiet = False
        self._model = PeopleModel()
        self._model.renamed.connect(self.rename_requested)
        self._list = PanelList("People in this video", self)
        self._list.setModel(self._model)
        self._list.setItemDelegate(PeopleDelegate(self._list))
        self._list.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self._list.customContextMenuRequested.connect(self._show_menu)
        self._list.selectionModel().selectionChanged.connect(self._on_selection)
        heading = QLabel("People in this video", self)
        theme.set_role(heading, "heading")
        heading.setContentsMargins(10, 8, 10, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(heading)
        column.addWidget(self._list, 1)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)

    def set_people(self, entries: Sequence[PersonEntry]) -> None:
        """Show these; who was selected stays selected. Tells nobody."""
        before = [entry.person for entry in self._selected_entries()]
        self._quiet = True
        self._model.set_entries(entries)
        self._select(before)
        self._quiet = False

    def set_face(self, person: str, image: QImage) -> None:
        self._model.set_face(person, image)

    def clear_faces(self) -> None:
        """Forget the faces: another video's people have the same ids."""
        self._model.clear_faces()

    def set_participants(self, names: Sequence[str]) -> None:
        """The participants that there are, offered when a person is said to be one."""
        self._participants = tuple(names)

    def set_current(self, person: str | None) -> None:
        """Select whose curves are shown. Tells nobody."""
        self._quiet = True
        self._select([person])
        self._quiet = False

    def set_read_only(self, why: str) -> None:
        """Nothing can be changed, because of `why`; empty: it can."""
        self._read_only = why
        self._model.set_editable(not why)

    def context_menu(self) -> QMenu:
        """What can be done with the selected persons; what cannot says why in its tip."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        entries = self._selected_entries()
        people = [entry.person for entry in entries if entry.person is not None]
        one = entries[0] if len(entries) == 1 else None
        why = self._read_only or ("" if one else "select one person")
        if not why and one and one.person is None:
            why = SCENE_HAS_NONE
        add_action(menu, "Rename…", why, self._rename)
        add_action(menu, "Participant…", why, lambda: self._ask_participant(one))
        menu.addSeparator()
        few = self._read_only or ("" if len(people) > 1 else "select two persons or more")
        add_action(menu, "Merge selected", few, lambda: self.merge_requested.emit(people))
        add_action(menu, "Split at the playhead", why, lambda: self.split_requested.emit(people[0]))
        menu.addSeparator()
        voice = add_action(menu, "The voice is theirs", why, lambda: self._say_voice(one))
        voice.setCheckable(True)
        voice.setChecked(bool(one and one.has_voice))
        ignored = bool(one and one.ignored)
        add_action(
            menu, "Restore" if ignored else "Ignore", why, lambda: self.ignore_requested.emit(people[0], not ignored)
        )
        return menu

    def _rename(self) -> None:
        self._list.edit(self._list.selectionModel().selectedIndexes()[0])

    def _ask_participant(self, entry: PersonEntry | None) -> None:
        if entry is None or entry.person is None:
            return
        person = entry.person
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Participant")
        dialog.setLabelText(f"Who is {entry.name} across videos?")
        dialog.setComboBoxItems(["", *self._participants])
        dialog.setComboBoxEditable(True)
        dialog.setTextValue(entry.participant or "")
        dialog.textValueSelected.connect(lambda name: self.participant_requested.emit(person, name.strip()))
        dialog.open()

    def _say_voice(self, entry: PersonEntry | None) -> None:
        if entry is not None:
            self.voice_requested.emit(None if entry.has_voice else entry.person)

    def _selected_entries(self) -> list[PersonEntry]:
        indexes = sorted(self._list.selectionModel().selectedIndexes(), key=QModelIndex.row)
        return [index.data(ENTRY_ROLE) for index in indexes]

    def _select(self, people: Sequence[str | None]) -> None:
        selection = self._list.selectionModel()
        selection.clear()
        for index in self._model.indexes_of(people):
            selection.select(index, selection.SelectionFlag.Select)
            selection.setCurrentIndex(index, selection.SelectionFlag.NoUpdate)
            self._list.scrollTo(index)

    def _on_selection(self, _on: QItemSelection, _off: QItemSelection) -> None:
        entries = self._selected_entries()
        if len(entries) == 1 and not self._quiet:
            self.selected.emit(entries[0].person)

    def _show_menu(self, at: QPoint) -> None:
        menu = self.context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._list.viewport().mapToGlobal(at))
