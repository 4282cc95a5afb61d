"""Settings: every field changes its setting at once, keys can be given and taken, questions are asked first."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLabel, QLineEdit, QMessageBox, QPushButton, QSlider

from app.actions import ACTIONS
from app.settings import FEATURES, PAGES, Settings, settings_of
from app.views import dialogs
from app.views.dialogs import CANCEL, Answer
from app.views.settings_dialog import Facts, SettingsDialog, size_text, sizes_in

START = Settings().with_("own_shortcuts", {"label.happy": "G"})


@pytest.fixture(autouse=True)
def _gone_afterwards(qapp):
    """Windows that pytest-qt closed would be styled anew with every change of theme."""
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def dialog(qtbot, tmp_path):
    made = SettingsDialog(
        START.with_("feature_folder", str(tmp_path)), Facts(("starter", "mine"), "CPU fp32", "no GPU found")
    )
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def told(dialog):
    heard = []
    dialog.changed.connect(heard.append)
    return heard


def answer(monkeypatch, text):
    """Let a person answer every question with this button."""
    monkeypatch.setattr(dialogs, "ask", lambda *said: next(one for one in said[3] if one.text == text))


def test_every_setting_on_a_page_has_a_named_field(dialog):
    for page in PAGES:
        if page != "Keyboard":
            for setting in settings_of(page):
                assert dialog.field(setting.key).accessibleName() == setting.title


def test_a_choice_holds_at_once(dialog, told, qtbot):
    field = dialog.field("theme")
    assert isinstance(field, QComboBox)
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert told[-1].theme == "light"
    assert dialog.settings == told[-1]


def test_a_switch_a_slider_a_number_and_a_text(dialog, told, qtbot):
    switch = dialog.field("snap")
    assert isinstance(switch, QCheckBox)
    switch.click()
    assert told[-1].snap is False
    dialog.field("volume").findChild(QSlider).setValue(35)
    assert told[-1].volume == 0.35
    assert dialog.field("volume").findChild(QLabel).text() == "35 %"
    number = dialog.field("accept_above")
    assert isinstance(number, QDoubleSpinBox)
    number.setValue(0.75)
    assert told[-1].accept_above == 0.75
    text = dialog.field("coder")
    assert isinstance(text, QLineEdit)
    text.setText(" MK ")
    text.editingFinished.emit()
    assert told[-1].coder == "MK"


def test_models_are_those_installed(dialog, told):
    field = dialog.field("model")
    assert [field.itemText(row) for row in range(field.count())] == ["starter", "mine"]
    field.activated.emit(1)
    assert told[-1].model == "mine"


def test_a_folder_is_chosen_and_given_back(dialog, told, monkeypatch, tmp_path):
    monkeypatch.setattr(dialogs, "choose_folder", lambda parent, title: tmp_path / "elsewhere")
    choose, usual = dialog.field("feature_folder").findChildren(QPushButton)
    choose.click()
    assert told[-1].features == tmp_path / "elsewhere" / FEATURES
    usual.click()
    assert told[-1].feature_folder == ""
    assert not usual.isEnabled()
    assert usual.toolTip()


def test_choosing_no_folder_changes_nothing(dialog, told, monkeypatch):
    monkeypatch.setattr(dialogs, "choose_folder", lambda parent, title: None)
    dialog.field("feature_folder").findChildren(QPushButton)[0].click()
    assert told == []


def test_values_set_elsewhere_are_shown_without_telling(dialog, told):
    dialog.show_settings(Settings().with_("volume", 0.1).with_("snap", False).with_("theme", "dark"))
    assert dialog.field("volume").findChild(QSlider).value() == 10
    assert not dialog.field("snap").isChecked()
    assert dialog.field("theme").currentData() == "dark"
    assert told == []


def test_defaults_are_restored_for_one_page_after_asking(dialog, told, monkeypatch):
    dialog.field("snap").click()
    dialog.field("coder").setText("MK")
    dialog.field("coder").editingFinished.emit()
    dialog.show_page("Timeline")
    answer(monkeypatch, "Cancel")
    dialog._restore()
    assert told[-1].snap is False
    answer(monkeypatch, "Restore")
    dialog._restore()
    assert told[-1].snap is True
    assert told[-1].coder == "MK"
    assert dialog.field("snap").isChecked()


def test_default_keys_are_restored(dialog, told, monkeypatch):
    answer(monkeypatch, "Restore")
    dialog.show_page("Keyboard")
    dialog._restore()
    assert told[-1].own_shortcuts == {}
    assert dialog.keyboard.bindings["label.happy"] == ("4",)


def test_the_store_is_measured_when_its_page_is_shown(dialog, qtbot, tmp_path):
    (tmp_path / "holiday.mp4").write_bytes(b"not ours")
    (tmp_path / FEATURES / "deep").mkdir(parents=True)
    (tmp_path / FEATURES / "deep" / "frame.f16").write_bytes(b"0" * 2_500_000)
    dialog.show_page("Storage")
    qtbot.waitUntil(lambda: dialog.store_size.text() == "2.5 MB")
    assert dialog.delete_features.isEnabled()


def test_an_empty_store_cannot_be_deleted(dialog, qtbot):
    dialog.show_page("Storage")
    qtbot.waitUntil(lambda: dialog.store_size.text() == "0 MB")
    assert not dialog.delete_features.isEnabled()
    assert dialog.delete_features.toolTip()


def test_deleting_features_is_asked_first(dialog, qtbot, monkeypatch):
    answer(monkeypatch, "Cancel")
    with qtbot.assertNotEmitted(dialog.delete_features_requested):
        dialog._ask_delete()
    answer(monkeypatch, "Delete")
    with qtbot.waitSignal(dialog.delete_features_requested):
        dialog._ask_delete()


def test_sizes(tmp_path):
    assert list(sizes_in(tmp_path / "absent")) == []
    assert [size_text(size) for size in (0, 12_300_000, 4_100_000_000)] == ["0 MB", "12.3 MB", "4.1 GB"]


# The keyboard page


@pytest.fixture
def page(dialog):
    dialog.show_page("Keyboard")
    return dialog.keyboard


def press(page, key):
    page.edit.setKeySequence(QKeySequence(key))


def test_own_keys_are_marked(page):
    page.choose("label.happy")
    row = page.table.currentRow()
    assert [page.table.item(row, column).text() for column in (1, 2)] == ["G", "set by you"]


def test_a_key_is_added_before_those_there_are(page, told):
    page.choose("marker")
    press(page, "F9")
    assert page.warning.text() == ""
    page.add.click()
    assert told[-1].own_shortcuts["marker"] == "F9 M"
    assert page.edit.keySequence().isEmpty()


def test_a_key_that_is_taken_warns_and_moves(page, told):
    page.choose("accept")
    press(page, "Ctrl+Z")
    assert page.warning.text() == "Ctrl+Z belongs to “Undo”, which will lose it."
    page.add.click()
    assert page.bindings["accept"] == ("Ctrl+Z", "A")
    assert page.bindings["undo"] == ()
    press(page, "G")
    assert "4 H happy" in page.warning.text()
    page.add.click()
    assert page.bindings["label.happy"] == ()
    assert page.bindings["accept"] == ("G", "Ctrl+Z", "A")


def test_no_key_and_usual_keys(page, told):
    page.choose("split")
    assert not page.usual.isEnabled()
    page.none.click()
    assert told[-1].own_shortcuts["split"] == ""
    assert page.bindings["split"] == ()
    page.usual.click()
    assert "split" not in told[-1].own_shortcuts
    assert page.bindings["split"] == ("S",)


def test_buttons_that_are_off_say_why(page):
    page.table.clearSelection()
    page.table.setCurrentCell(-1, -1)
    assert not page.add.isEnabled()
    assert page.add.toolTip()


def test_a_preset_is_chosen_and_keeps_own_keys(page, told):
    page.preset.setCurrentText("ELAN")
    page.preset.activated.emit(page.preset.currentIndex())
    assert told[-1].preset == "ELAN"
    assert page.bindings["play"][0] == "Ctrl+Space"
    assert page.bindings["label.happy"] == ("G",)


@pytest.mark.parametrize(("sought", "found"), [("undo", {"undo"}), ("f11", {"full_screen"}), ("zzz", set())])
def test_actions_are_found_by_name_and_by_key(page, sought, found):
    page.search.setText(sought)
    rows = [row for row in range(page.table.rowCount()) if not page.table.isRowHidden(row)]
    assert {ACTIONS[row].id for row in rows} == found


# Questions


def clicked(box, text):
    next(button for button in box.findChildren(QPushButton) if button.text() == text).click()


def test_a_question_gives_the_answer_that_was_clicked(qtbot, monkeypatch):
    keep, drop = Answer("Keep"), Answer("Drop", "destroy")
    monkeypatch.setattr(QMessageBox, "exec", lambda box: clicked(box, "Drop"))
    assert dialogs.ask(None, "Drop?", "It goes away.", (keep, drop, CANCEL)) is drop


def test_closing_a_question_cancels(qtbot, monkeypatch):
    monkeypatch.setattr(QMessageBox, "exec", lambda box: None)
    assert dialogs.ask(None, "Drop?", "It goes away.", (Answer("Drop", "destroy"), CANCEL)) is CANCEL


def test_enter_destroys_nothing(qtbot):
    box = dialogs.question(None, "Drop <b>?", "a & b", (Answer("Drop", "destroy"), CANCEL))
    qtbot.addWidget(box)
    assert box.defaultButton().text() == "Cancel"
    assert box.escapeButton().text() == "Cancel"
    assert "&lt;b&gt;" in box.text()


def test_choosers_start_where_the_last_file_was(monkeypatch, tmp_path):
    started = []

    def choose(parent, title, start, kinds):
        started.append(start)
        return [str(tmp_path / "a.mp4")], kinds

    monkeypatch.setattr(dialogs.QFileDialog, "getOpenFileNames", choose)
    dialogs.remember_folder(None)
    assert dialogs.choose_to_open(None) == [tmp_path / "a.mp4"]
    dialogs.choose_to_open(None)
    assert started[1] == str(tmp_path)
    assert dialogs.remembered_folder() == tmp_path
    dialogs.remember_folder(None)


@pytest.mark.parametrize(("typed", "path"), [("b", "b.affectline"), ("b.affectline", "b.affectline"), ("", None)])
def test_a_saved_file_gets_its_suffix(monkeypatch, tmp_path, typed, path):
    chosen = str(tmp_path / typed) if typed else ""
    monkeypatch.setattr(dialogs.QFileDialog, "getSaveFileName", lambda *said: (chosen, ""))
    saved = dialogs.choose_to_save(None, "New project", "study", dialogs.ONLY_PROJECTS, ".affectline")
    assert saved == (tmp_path / path if path else None)
    dialogs.remember_folder(None)
