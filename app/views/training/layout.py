"""How the pages of the training panel are built: headings, cards and columns that scroll."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.views import theme

SIDE_PX = 12


def label(text: str = "", role: str = "", parent: QWidget | None = None) -> QLabel:
    """Text that wraps."""
    made = QLabel(text, parent)
    made.setWordWrap(True)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        theme.set_role(made, role)
    return made


def button(text: str, act: Callable[[], object], role: str = "") -> QPushButton:
    """A button that does one thing."""
    made = QPushButton(text)
    made.clicked.connect(lambda _checked=False: act())
    if role:
        theme.set_role(made, role)
    return made


def scrolled(content: QWidget) -> QScrollArea:
    """A column that scrolls when it is too high."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    for shown in (area, area.viewport(), content):
        shown.setAutoFillBackground(True)
        shown.setBackgroundRole(QPalette.ColorRole.Base)
    return area


def column(parent: QWidget, spacing_px: int = 6) -> QVBoxLayout:
    """The column of a page."""
    made = QVBoxLayout(parent)
    made.setContentsMargins(SIDE_PX, 10, SIDE_PX, 10)
    made.setSpacing(spacing_px)
    return made


def row(*widgets: QWidget | None) -> QHBoxLayout:
    """Widgets beside one another; None is room that stretches."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(6)
    for widget in widgets:
        if widget is None:
            made.addStretch(1)
        else:
            made.addWidget(widget)
    return made


def footer(*widgets: QWidget | None, upright: bool = False) -> QWidget:
    """What stays in view below a column that scrolls, under a thin line; beside or below one another."""
    made = QWidget()
    line = QFrame()
    line.setFixedHeight(1)
    theme.set_role(line, "line")
    inner: QHBoxLayout | QVBoxLayout = row(*widgets) if not upright else QVBoxLayout()
    if upright:
        inner.setSpacing(8)
        for widget in widgets:
            if widget is not None:
                inner.addWidget(widget)
    inner.setContentsMargins(SIDE_PX, 8, SIDE_PX, 8)
    whole = QVBoxLayout(made)
    whole.setContentsMargins(0, 0, 0, 0)
    whole.setSpacing(0)
    whole.addWidget(line)
    whole.addLayout(inner)
    return made


def emptied(layout: QVBoxLayout | QHBoxLayout) -> None:
    """Take everything out of a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner, QVBoxLayout | QHBoxLayout):
            emptied(inner)
