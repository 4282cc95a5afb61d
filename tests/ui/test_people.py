"""The people panel: whose curves are shown, and what can be said about persons."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QInputDialog, QLineEdit, QListView
from pytestqt.qtbot import QtBot

from app.views.panel_values import PersonEntry
from app.views.people import SCENE_HAS_NONE, PeoplePanel
from app.views.people_list import sub_text

ANA = PersonEntry("person-1", "Ana", "P01", 19.7, False, True, "sad")
SECOND = PersonEntry("person-2", "person-2", None, 8.24, False, False, None)
THIRD = PersonEntry("person-3", "Passer-by", None, 1.0, True, False, "neutral")
SCENE = PersonEntry(None, "Scene", None, 0.0, False, False, None)
ENTRIES = (ANA, SECOND, THIRD, SCENE)


@pytest.fixture
def panel(qtbot: QtBot) -> PeoplePanel:
    made = PeoplePanel()
    qtbot.addWidget(made)
    made.set_people(ENTRIES)
    made.resize(260, 300)
    made.show()
    return made


def people(panel: PeoplePanel) -> QListView:
    found = panel.findChild(QListView)
    assert isinstance(found, QListView)
    return found


def centre(panel: PeoplePanel, row: int) -> QPoint:
    return people(panel).visualRect(people(panel).model().index(row, 0)).center()


def click(
    qtbot: QtBot, panel: PeoplePanel, row: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    qtbot.mouseClick(people(panel).viewport(), Qt.MouseButton.LeftButton, keys, centre(panel, row))


def ask(panel: PeoplePanel, text: str) -> None:
    action = next(action for action in panel.context_menu().actions() if action.text() == text)
    assert action.isEnabled(), action.toolTip()
    action.trigger()


def why_not(panel: PeoplePanel, text: str) -> str:
    action = next(action for action in panel.context_menu().actions() if action.text() == text)
    assert not action.isEnabled()
    return action.toolTip()


def test_what_rows_say() -> None:
    assert sub_text(ANA) == "participant P01 · on screen 19.7 s"
    assert sub_text(SECOND) == "on screen 8.2 s"
    assert sub_text(THIRD) == "ignored · on screen 1.0 s"
    assert sub_text(SCENE) == "the video as a whole"


def test_screen_readers_hear_who_it_is(panel: PeoplePanel) -> None:
    said = people(panel).model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Ana, participant P01 · on screen 19.7 s, mostly sad, the voice is theirs"


def test_a_click_tells_whose_curves_to_show(qtbot: QtBot, panel: PeoplePanel) -> None:
    told: list[object] = []
    panel.selected.connect(told.append)
    click(qtbot, panel, 1)
    click(qtbot, panel, 3)
    assert told == ["person-2", None]


def test_several_tell_nothing(qtbot: QtBot, panel: PeoplePanel) -> None:
    click(qtbot, panel, 0)
    told: list[object] = []
    panel.selected.connect(told.append)
    click(qtbot, panel, 1, Qt.KeyboardModifier.ControlModifier)
    assert told == []


def test_what_the_window_sets_is_not_told_back(panel: PeoplePanel) -> None:
    told: list[object] = []
    panel.selected.connect(told.append)
    panel.set_current("person-2")
    panel.set_people((replace(ANA, name="Anna"), SECOND, SCENE))
    panel.set_current(None)
    assert told == []


def test_new_people_keep_who_is_selected(qtbot: QtBot, panel: PeoplePanel) -> None:
    panel.set_current("person-2")
    panel.set_people((ANA, replace(SECOND, name="Ben"), SCENE))
    index = people(panel).selectionModel().selectedIndexes()
    assert [each.data() for each in index] == ["Ben"]


def editor(panel: PeoplePanel) -> QLineEdit:
    found = people(panel).viewport().findChild(QLineEdit)
    assert isinstance(found, QLineEdit)
    return found


def test_f2_renames_in_place(qtbot: QtBot, panel: PeoplePanel) -> None:
    with qtbot.waitActive(panel):
        panel.activateWindow()
    click(qtbot, panel, 1)
    people(panel).setFocus()
    qtbot.keyClick(people(panel), Qt.Key.Key_F2)
    qtbot.keyClicks(editor(panel), "Ben ")
    with qtbot.waitSignal(panel.rename_requested) as asked:
        qtbot.keyClick(editor(panel), Qt.Key.Key_Return)
    assert asked.args == ["person-2", "Ben"]
    assert people(panel).model().index(1, 0).data() == "person-2", "the name comes back from the project"


def test_a_double_click_renames_too(qtbot: QtBot, panel: PeoplePanel) -> None:
    click(qtbot, panel, 0)
    qtbot.mouseDClick(people(panel).viewport(), Qt.MouseButton.LeftButton, pos=centre(panel, 0))
    assert editor(panel).text() == "Ana"


@pytest.mark.parametrize("typed", ["", "   ", "Ana"])
def test_no_name_and_the_same_name_ask_nothing(panel: PeoplePanel, typed: str) -> None:
    told: list[str] = []
    panel.rename_requested.connect(lambda _person, name: told.append(name))
    assert not people(panel).model().setData(people(panel).model().index(0, 0), typed)
    assert told == []


def test_the_scene_has_no_name_to_change(panel: PeoplePanel) -> None:
    flags = people(panel).model().flags
    assert flags(people(panel).model().index(0, 0)) & Qt.ItemFlag.ItemIsEditable
    assert not flags(people(panel).model().index(3, 0)) & Qt.ItemFlag.ItemIsEditable


def test_the_menu_for_one_person(qtbot: QtBot, panel: PeoplePanel) -> None:
    told: list[tuple[object, ...]] = []
    panel.split_requested.connect(lambda person: told.append(("split", person)))
    panel.ignore_requested.connect(lambda person, ignored: told.append(("ignore", person, ignored)))
    panel.voice_requested.connect(lambda person: told.append(("voice", person)))
    panel.set_current("person-1")
    ask(panel, "Split at the playhead")
    ask(panel, "Ignore")
    ask(panel, "The voice is theirs")
    panel.set_current("person-3")
    ask(panel, "Restore")
    ask(panel, "The voice is theirs")
    assert told == [
        ("split", "person-1"),
        ("ignore", "person-1", True),
        ("voice", None),
        ("ignore", "person-3", False),
        ("voice", "person-3"),
    ]


def test_whose_voice_it_is_is_checked(panel: PeoplePanel) -> None:
    def checked() -> bool:
        return next(a for a in panel.context_menu().actions() if a.text() == "The voice is theirs").isChecked()

    panel.set_current("person-1")
    assert checked()
    panel.set_current("person-2")
    assert not checked()


def test_merging_takes_two_persons_without_the_scene(qtbot: QtBot, panel: PeoplePanel) -> None:
    panel.set_current("person-2")
    assert why_not(panel, "Merge selected") == "select two persons or more"
    click(qtbot, panel, 1)
    click(qtbot, panel, 3, Qt.KeyboardModifier.ControlModifier)
    assert why_not(panel, "Merge selected") == "select two persons or more"
    click(qtbot, panel, 0, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(panel.merge_requested) as asked:
        ask(panel, "Merge selected")
    assert asked.args == [["person-1", "person-2"]]


def test_what_cannot_be_asked_says_why(panel: PeoplePanel) -> None:
    panel.set_current(None)
    assert why_not(panel, "Rename…") == SCENE_HAS_NONE
    assert why_not(panel, "Split at the playhead") == SCENE_HAS_NONE
    panel.set_current("person-1")
    panel.set_read_only("the project is open elsewhere")
    assert why_not(panel, "Rename…") == "the project is open elsewhere"
    assert not people(panel).model().flags(people(panel).model().index(0, 0)) & Qt.ItemFlag.ItemIsEditable


def test_a_participant_is_asked_for(qtbot: QtBot, panel: PeoplePanel) -> None:
    panel.set_participants(("P01", "P02"))
    panel.set_current("person-1")
    ask(panel, "Participant…")
    dialog = panel.findChild(QInputDialog)
    assert isinstance(dialog, QInputDialog)
    assert dialog.textValue() == "P01"
    assert dialog.comboBoxItems() == ["", "P01", "P02"]
    dialog.setTextValue(" P03 ")
    with qtbot.waitSignal(panel.participant_requested) as asked:
        dialog.accept()
    assert asked.args == ["person-1", "P03"]


def test_faces_are_shown_and_forgotten(panel: PeoplePanel) -> None:
    face = QImage(96, 96, QImage.Format.Format_RGB32)
    face.fill(QColor("#12AB34"))
    row = people(panel).visualRect(people(panel).model().index(1, 0))

    def seen() -> QColor:
        shot = people(panel).viewport().grab().toImage()
        return shot.pixelColor(QPoint(row.left() + 24, row.center().y()) * shot.devicePixelRatio())

    panel.set_face("person-2", face)
    assert seen() == QColor("#12AB34")
    panel.clear_faces()
    assert seen() != QColor("#12AB34")


def test_many_people_scroll(qtbot: QtBot, panel: PeoplePanel) -> None:
    panel.set_people([replace(SECOND, person=f"person-{number}") for number in range(60)])
    qtbot.waitUntil(lambda: people(panel).verticalScrollBar().maximum() > 0)
    panel.set_current("person-59")
    assert people(panel).viewport().rect().contains(centre(panel, 59))
