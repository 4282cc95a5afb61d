"""The sheet of keys: everything that has a key is on it, as it is now."""

import pytest
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QLabel

from app.actions import ACTIONS, MENUS, PRESETS, shortcuts
from app.views.keys_sheet import COLUMNS, KeysSheet, rows_of
from engine.emotions import EMOTIONS

USUAL = shortcuts("Affectline", {})


@pytest.fixture(autouse=True)
def _gone_afterwards(qapp):
    """Windows that pytest-qt closed would be styled anew with every change of theme."""
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def shown(sheet):
    return {label.text() for label in sheet._sheet.findChildren(QLabel)}


def test_every_group_has_its_place():
    assert {group for column in COLUMNS for group in column} == {*MENUS, "Mouse"}


@pytest.mark.parametrize("preset", PRESETS)
def test_everything_with_a_key_has_a_row(preset):
    bindings = shortcuts(preset, {})
    rows = sum(len(rows_of(menu, bindings)) for menu in MENUS)
    with_keys = [action for action in ACTIONS if bindings[action.id]]
    assert rows == len(with_keys) - len(EMOTIONS) + 1


def test_labels_are_one_row_until_one_of_them_is_changed():
    assert rows_of("Label", USUAL)[0] == ("angry … surprise", ("1", "…", "7"))
    changed = rows_of("Label", shortcuts("Affectline", {"label.happy": "G"}))
    assert ("4 H happy", ("G",)) in changed
    assert ("1 A angry", ("1",)) in changed


def test_enter_is_named_once():
    assert ("Commit marks", ("Enter",)) in rows_of("Label", USUAL)


def test_new_keys_are_shown(qtbot):
    sheet = KeysSheet(USUAL)
    qtbot.addWidget(sheet)
    assert "F9" not in shown(sheet)
    sheet.set_bindings(shortcuts("Affectline", {"marker": "F9"}))
    assert "F9" in shown(sheet)


def test_it_fits_the_smallest_window(qtbot):
    sheet = KeysSheet(USUAL)
    qtbot.addWidget(sheet)
    sheet.show()
    wanted = sheet._sheet.sizeHint() + QSize(80, 90)
    assert wanted.width() <= 1280
    assert wanted.height() <= 800


@pytest.mark.parametrize("key", ["?", Qt.Key.Key_Escape])
def test_it_closes_by_keys_and_leaves_the_window_alone(qtbot, key):
    sheet = KeysSheet(USUAL)
    qtbot.addWidget(sheet)
    sheet.show()
    assert not sheet.isModal()
    qtbot.keyClick(sheet, key)
    assert not sheet.isVisible()
