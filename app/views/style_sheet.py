"""The style sheet of Qt's own widgets: flat, thin lines, round corners, in the colours it is given."""

from pathlib import Path
from string import Template
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QApplication

from app import places

INDICATOR_PX: Final = 16
INDICATORS: Final = {
    "down": ((4.5, 6.0), (8.0, 10.0), (11.5, 6.0)),
    "up": ((4.5, 10.0), (8.0, 6.0), (11.5, 10.0)),
    "check": ((3.8, 8.4), (6.8, 11.4), (12.2, 5.0)),
}
"""Open lines on a square of `INDICATOR_PX`: arrows and the tick of a check box."""


def sheet_of(colours: dict[str, QColor]) -> str:
    """The style sheet for these colours, named as in the sheet itself.

    Style sheets take pictures from files only, so the few they need are drawn into the cache; where that cannot be
    written, Qt's own arrows and ticks remain.
    """
    size_pt = QApplication.font().pointSizeF()
    named = {name: colour.name() for name, colour in colours.items()}
    named |= {"small": f"{size_pt * 0.88:.1f}pt", "large": f"{size_pt * 1.9:.1f}pt"}
    sheet = Template(_SHEET).substitute(named)
    try:
        drawn = _draw_indicators(colours, places.drawings())
    except OSError:
        return sheet
    return sheet + Template(_INDICATED).substitute(named, **drawn)


def _draw_indicators(colours: dict[str, QColor], folder: Path) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "down": _draw("down", colours["muted"], folder),
        "up": _draw("up", colours["muted"], folder),
        "tick": _draw("check", colours["accent_text"], folder),
        "menu_tick": _draw("check", colours["text"], folder),
    }


def _draw(name: str, colour: QColor, folder: Path) -> str:
    """One indicator for plain and for dense screens. The name holds the colour, so a file never changes."""
    stem = f"{name}-{colour.name()[1:]}"
    for density, mark in ((1, ""), (2, "@2x"), (3, "@3x")):
        file = folder / f"{stem}{mark}.png"
        if not file.is_file() and not _indicator(INDICATORS[name], colour, density).save(str(file)):
            raise OSError(f"cannot write {file}")
    return (folder / f"{stem}.png").as_posix()


def _indicator(points: tuple[tuple[float, float], ...], colour: QColor, density: int) -> QImage:
    side_px = INDICATOR_PX * density
    image = QImage(side_px, side_px, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setWindow(QRectF(0, 0, INDICATOR_PX, INDICATOR_PX).toRect())
    painter.setPen(QPen(colour, 1.7, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))
    painter.end()
    return image


_SHEET: Final = """
QMenuBar { background: $panel; color: $muted; border-bottom: 1px solid $line; padding: 2px 6px; }
QMenuBar::item { padding: 5px 9px; border-radius: 6px; background: transparent; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $hover; color: $text; }
QMenu { background: $raised; color: $text; border: 1px solid $line; border-radius: 6px; padding: 5px; }
QMenu::item { padding: 5px 26px 5px 26px; border-radius: 4px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 5px 8px; }
QMenu::icon { padding-left: 6px; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 6px; }

QPushButton, QToolButton { background: $raised; color: $text; border: 1px solid $line; border-radius: 6px; }
QPushButton { padding: 5px 13px; }
QToolButton { padding: 4px 7px; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed, QPushButton:checked, QToolButton:checked { background: $pressed; }
QPushButton:focus, QToolButton:focus { border-color: $accent; }
QPushButton:disabled, QToolButton:disabled { color: $faint; background: transparent; }
QPushButton:default, QPushButton[role="primary"], QToolButton[role="primary"] {
  background: $accent; color: $accent_text; border-color: $accent; }
QPushButton[role="primary"], QToolButton[role="primary"] { font-weight: 600; }
QPushButton:default:hover, QPushButton[role="primary"]:hover, QToolButton[role="primary"]:hover {
  background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:focus, QPushButton:default:focus { border-color: $text; }
QPushButton[role="primary"]:disabled, QPushButton:default:disabled, QToolButton[role="primary"]:disabled {
  background: $line; color: $faint; border-color: $line; }
QPushButton[role="danger"] { color: $danger; }
QPushButton[role="quiet"], QToolButton[role="quiet"] { background: transparent; border-color: transparent; }
QPushButton[role="quiet"]:hover, QToolButton[role="quiet"]:hover { background: $hover; }
QPushButton[role="quiet"]:focus, QToolButton[role="quiet"]:focus { border-color: $accent; }
QPushButton[role="quiet"]:checked, QToolButton[role="quiet"]:checked { background: $selection; }
QPushButton[role="link"], QToolButton[role="link"] { background: transparent; border-color: transparent;
  color: $accent; }
QPushButton[role="link"]:hover, QToolButton[role="link"]:hover { background: $selection; color: $text; }
QPushButton[role="link"]:focus, QToolButton[role="link"]:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; width: 0; }

QLabel[role="title"] { font-size: $large; font-weight: 600; }
QLabel[role="heading"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: $small; }
QLabel[role="key"] { background: $raised; border: 1px solid $line; border-bottom: 2px solid $line; border-radius: 4px;
  padding: 0px 5px; font-size: $small; }
QLabel[role="danger"] { color: $danger; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="success"] { color: $success; }

QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox {
  background: $panel; color: $text; border: 1px solid $line; border-radius: 6px; padding: 4px 8px;
  selection-background-color: $accent; selection-color: $accent_text; }
QPlainTextEdit, QTextEdit { padding: 2px 4px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {
  border-color: $accent; }
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {
  color: $faint; background: $window; }
QComboBox { background: $raised; padding-right: 22px; }
QComboBox:hover { background: $hover; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $line; padding: 3px;
  selection-background-color: $selection; selection-color: $text; }

QAbstractItemView { background: $panel; color: $text; border: none; outline: none;
  selection-background-color: $selection; selection-color: $text; alternate-background-color: $lane; }
QListView::item, QTreeView::item { padding: 3px 6px; min-height: 1.4em; border-radius: 6px; }
QListView::item:hover, QTreeView::item:hover { background: $hover; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected { background: $selection; color: $text; }
QTableView { gridline-color: $lane_line; border: 1px solid $line; border-radius: 6px; }
QTableView::item { padding: 2px 7px; }
QHeaderView { background: $panel; border: none; }
QHeaderView::section { background: $panel; color: $muted; border: none; border-bottom: 1px solid $line;
  padding: 5px 8px; }
QTableCornerButton::section { background: $panel; border: none; }

QTabWidget::pane { border: none; }
QTabBar::tab { background: transparent; color: $muted; padding: 6px 8px; border: none;
  border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:hover { color: $text; }

QFrame[role="card"] { background: $panel; border: 1px solid $line; border-radius: 8px; }
QFrame[role="line"] { background: $lane_line; border: none; }
QScrollArea { background: transparent; border: none; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 11px; }
QScrollBar:horizontal { height: 11px; }
QScrollBar::handle { background: $faint; border-radius: 3px; margin: 2px 2px 2px 3px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; margin: 3px 2px 2px 2px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QProgressBar { background: $lane_line; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $line; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::sub-page:horizontal:disabled { background: $line; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: $accent; }
QSlider::handle:horizontal:disabled { background: $faint; }
QSlider:focus { border: none; }

QDockWidget { color: $text; font-weight: 600; }
QDockWidget::title { background: $panel; padding: 8px 10px; text-align: left; }
QMainWindow::separator, QSplitter::handle { background: $line; width: 1px; height: 1px; }
QMainWindow::separator:hover, QSplitter::handle:hover { background: $accent; }
QStatusBar { background: $panel; border-top: 1px solid $line; color: $muted; }
QStatusBar::item { border: none; }
QGroupBox { border: 1px solid $line; border-radius: 6px; margin-top: 10px; padding-top: 8px; }
QGroupBox::title { subcontrol-origin: margin; left: 8px; padding: 0 4px; color: $muted; }
"""

_INDICATED: Final = """
QComboBox::down-arrow { image: url("$down"); width: 16px; height: 16px; margin-right: 4px; }
QAbstractSpinBox { padding: 3px 20px 3px 2px; }
QAbstractSpinBox QLineEdit { border: none; background: transparent; padding: 0 5px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; background: transparent; width: 18px; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; border-radius: 4px; }
QAbstractSpinBox::up-arrow { image: url("$up"); width: 12px; height: 12px; }
QAbstractSpinBox::down-arrow { image: url("$down"); width: 12px; height: 12px; }
QCheckBox, QRadioButton { spacing: 8px; }
QCheckBox:disabled, QRadioButton:disabled { color: $faint; }
QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator { width: 16px; height: 16px;
  border: 1px solid $control; background: $panel; border-radius: 4px; }
QRadioButton::indicator { border-radius: 9px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox:focus, QRadioButton:focus { outline: none; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border: 2px solid $accent; width: 14px; height: 14px; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked { background: $accent; border-color: $accent;
  image: url("$tick"); }
QRadioButton::indicator:checked { border: 5px solid $accent; width: 8px; height: 8px; background: $accent_text; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $line; background: $window; }
QCheckBox::indicator:checked:disabled { background: $faint; }
QMenu::indicator { width: 16px; height: 16px; left: 6px; }
QMenu::indicator:checked { image: url("$menu_tick"); }
"""
