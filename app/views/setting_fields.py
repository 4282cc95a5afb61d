"""One control for each kind of setting."""

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QWidget,
)

from app.settings import Setting
from app.views import dialogs

FIELD_PX: Final = 210
USUAL_PLACE: Final = "the usual place"
Told = Callable[[str, Any], None]
Field = tuple[QWidget, Callable[[Any], None]]


def make_field(setting: Setting, choices: tuple[tuple[str, str], ...], value: Any, told: Told) -> Field:
    """A control that shows a value and calls `told(key, value)` when a person changes it, and how to set it."""
    if choices:
        return _choice(setting.key, choices, value, told)
    match setting.kind:
        case "switch":
            return _switch(setting.key, value, told)
        case "number" if (setting.least, setting.most) == (0.0, 1.0):
            return _share(setting.key, value, told)
        case "number":
            return _number(setting, value, told)
        case "path":
            return _path(setting, value, told)
        case _:
            return _text(setting.key, value, told)


def _choice(key: str, choices: tuple[tuple[str, str], ...], value: Any, told: Told) -> Field:
    field = QComboBox()
    field.setMinimumWidth(FIELD_PX)
    for stored, words in choices:
        field.addItem(words, stored)

    def show(value: Any) -> None:
        field.setCurrentIndex(field.findData(value))

    show(value)
    field.activated.connect(lambda row: told(key, field.itemData(row)))
    return field, show


def _switch(key: str, value: Any, told: Told) -> Field:
    field = QCheckBox()
    field.setChecked(value)
    field.clicked.connect(lambda on: told(key, on))
    return field, field.setChecked


def _share(key: str, value: Any, told: Told) -> Field:
    """A slider in percent."""
    field = QWidget()
    slider, words = QSlider(Qt.Orientation.Horizontal), QLabel()
    slider.setRange(0, 100)
    slider.setPageStep(10)
    slider.setMinimumWidth(FIELD_PX - 60)
    slider.setAccessibleName(key)
    words.setMinimumWidth(words.fontMetrics().horizontalAdvance("100 %"))
    words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    row = QHBoxLayout(field)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(slider, 1)
    row.addWidget(words)
    slider.valueChanged.connect(lambda percent: words.setText(f"{percent} %"))

    def show(value: Any) -> None:
        blocked = slider.signalsBlocked()
        slider.blockSignals(True)
        slider.setValue(round(100 * value))
        slider.blockSignals(blocked)
        words.setText(f"{round(100 * value)} %")

    show(value)
    slider.valueChanged.connect(lambda percent: told(key, percent / 100))
    field.setFocusProxy(slider)
    return field, show


def _number(setting: Setting, value: Any, told: Told) -> Field:
    field = QDoubleSpinBox()
    field.setMinimumWidth(FIELD_PX // 2)
    field.setDecimals(2 if setting.step < 0.1 else 1)
    field.setRange(setting.least, setting.most)
    field.setSingleStep(setting.step)
    field.setKeyboardTracking(False)

    def show(value: Any) -> None:
        blocked = field.signalsBlocked()
        field.blockSignals(True)
        field.setValue(value)
        field.blockSignals(blocked)

    show(value)
    field.valueChanged.connect(lambda number: told(setting.key, round(number, 2)))
    return field, show


def _text(key: str, value: Any, told: Told) -> Field:
    field = QLineEdit(value)
    field.setMinimumWidth(FIELD_PX)
    field.editingFinished.connect(lambda: told(key, field.text().strip()))
    return field, field.setText


def _path(setting: Setting, value: Any, told: Told) -> Field:
    """A folder; empty means the usual one."""
    field = QWidget()
    line, choose, usual = QLineEdit(value), QPushButton("Choose…"), QPushButton("Usual")
    line.setReadOnly(True)
    line.setPlaceholderText(USUAL_PLACE)
    line.setAccessibleName(setting.title)
    line.setMinimumWidth(FIELD_PX - 50)
    row = QHBoxLayout(field)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(line, 1)
    for button in (choose, usual):
        button.setAutoDefault(False)
        row.addWidget(button)

    def show(value: Any) -> None:
        line.setText(value)
        line.setToolTip(value)
        usual.setEnabled(bool(value))
        usual.setToolTip("" if value else "it is in the usual place already")

    def take(value: str) -> None:
        show(value)
        told(setting.key, value)

    def ask() -> None:
        folder = dialogs.choose_folder(field, setting.title)
        if folder is not None:
            take(str(folder))

    show(value)
    choose.clicked.connect(ask)
    usual.clicked.connect(lambda: take(""))
    return field, show
