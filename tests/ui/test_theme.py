"""Light and dark: text that reads, colours that colour-blind people tell apart, widgets that follow."""

import itertools

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLabel

from app import palette, places
from app.views import icons, theme
from engine.emotions import EMOTIONS

THEMES = {"light": theme.LIGHT, "dark": theme.DARK}
READABLE = 4.5
GROUNDS = ("window", "panel", "raised", "lane", "selection")
INKS = ("text", "muted", "danger", "success", "warning")

VISION = {
    "usual": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Machado, Oliveira and Fernandes (2009), full strength, on linear RGB."""
TOLD_APART = {"light": 13.0, "dark": 20.0}
"""Least distance in CIELAB of any two of the seven colours; a just noticeable difference is about 2.3."""


@pytest.fixture(autouse=True)
def _as_before(qapp):
    theme.apply(qapp, "light")
    yield
    theme.apply(qapp, "light")


@pytest.fixture
def use(monkeypatch):
    """Make a theme current without dressing widgets in it."""
    return lambda name: monkeypatch.setattr(theme._Shown, "theme", THEMES[name])


def lab(colour, vision):
    srgb = np.array([colour.redF(), colour.greenF(), colour.blueF()])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(VISION[vision]) @ linear, 0, 1)
    xyz = np.array([[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]]) @ seen
    f = np.where((scaled := xyz / [0.9505, 1, 1.089]) > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("name", THEMES)
def test_text_reads_on_every_ground(name):
    shown = THEMES[name]
    for ink, ground in itertools.product(INKS, GROUNDS):
        assert theme.contrast(getattr(shown, ink), getattr(shown, ground)) >= READABLE, (ink, ground)
    assert theme.contrast(shown.accent_text, shown.accent) >= READABLE
    assert theme.contrast(shown.accent, shown.panel) >= READABLE
    assert theme.contrast(shown.playhead, shown.lane) >= 7


@pytest.mark.parametrize("name", THEMES)
def test_names_read_on_their_emotions(use, name):
    use(name)
    for emotion in EMOTIONS:
        assert theme.contrast(theme.emotion_ink(emotion), theme.emotion_colour(emotion)) >= READABLE, emotion


@pytest.mark.parametrize("name", THEMES)
def test_curves_stand_out_from_their_lane(use, name):
    use(name)
    for emotion in EMOTIONS:
        least = 1.9 if emotion in ("happy", "surprise") and name == "light" else 3.0
        assert theme.contrast(theme.emotion_colour(emotion), theme.current().lane) >= least, emotion


@pytest.mark.parametrize(("name", "vision"), list(itertools.product(THEMES, VISION)))
def test_seven_colours_are_told_apart(use, name, vision):
    use(name)
    seen = {emotion: lab(theme.emotion_colour(emotion), vision) for emotion in EMOTIONS}
    for one, other in itertools.combinations(EMOTIONS, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= TOLD_APART[name], (one, other)


def test_both_palettes_name_the_seven():
    for colours in (palette.COLOURS, palette.INKS, palette.DARK_COLOURS, palette.DARK_INKS):
        assert tuple(colours) == EMOTIONS


@pytest.mark.parametrize("name", THEMES)
def test_applying_dresses_widgets_and_tells_them(qapp, qtbot, name):
    other = "dark" if name == "light" else "light"
    theme.apply(qapp, other)
    label = QLabel("text")
    qtbot.addWidget(label)
    label.show()
    theme.apply(qapp, name)
    assert theme.current() is THEMES[name]
    assert label.palette().color(QPalette.ColorRole.Window) == THEMES[name].window
    assert THEMES[name].panel.name() in qapp.styleSheet()
    assert "$" not in qapp.styleSheet()


def test_system_follows_the_desktop(qapp, monkeypatch):
    scheme = Qt.ColorScheme.Dark
    monkeypatch.setattr(theme, "_system_scheme", lambda app: scheme)
    theme.apply(qapp, "system")
    assert theme.current() is theme.DARK
    scheme = Qt.ColorScheme.Light
    qapp.styleHints().colorSchemeChanged.emit(scheme)
    assert theme.current() is theme.LIGHT


def test_a_choice_does_not_follow_the_desktop(qapp, monkeypatch):
    monkeypatch.setattr(theme, "_system_scheme", lambda app: Qt.ColorScheme.Dark)
    theme.apply(qapp, "light")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.current() is theme.LIGHT


def test_without_a_cache_the_style_goes_without_its_pictures(qapp, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(places, "drawings", lambda: tmp_path / "file")
    theme.apply(qapp, "dark")
    assert "url(" not in qapp.styleSheet()
    monkeypatch.setattr(places, "drawings", lambda: tmp_path / "drawings")
    theme.apply(qapp, "dark")
    assert "url(" in qapp.styleSheet()
    assert any((tmp_path / "drawings").glob("check-*@2x.png"))


def test_ink_and_blend():
    assert theme.ink_on(QColor("#FFFFFF")) == QColor("#000000")
    assert theme.ink_on(QColor("#202020")) == QColor("#FFFFFF")
    assert theme.blend(QColor("#FF0000"), QColor("#0000FF"), 0.0) == QColor("#0000FF")
    assert theme.blend(QColor("#FF0000"), QColor("#0000FF"), 1.0) == QColor("#FF0000")


def test_fonts_scale_with_the_systems():
    usual = QApplication.font().pointSizeF()
    assert theme.font(2.0).pointSizeF() == pytest.approx(2 * usual)
    assert theme.font(bold=True).bold()


@pytest.mark.parametrize("name", [*icons.PATHS, *icons.FILLED])
def test_every_icon_draws_inside_its_square(qapp, name):
    box = icons.outline(name).boundingRect()
    assert not box.isEmpty()
    assert box.left() >= 1
    assert box.top() >= 1
    assert box.right() <= icons.GRID - 1
    assert box.bottom() <= icons.GRID - 1
    image = icons.pixmap(name, QColor("#FF0000"), 24).toImage()
    assert any(image.pixelColor(x, y).alpha() > 200 for x in range(24) for y in range(24))


def test_an_icon_that_is_off_is_fainter(qapp):
    theme.apply(qapp, "light")
    made = icons.icon("play")
    on = made.pixmap(24, 24).toImage().pixelColor(10, 12)
    off = made.pixmap(24, 24, made.Mode.Disabled).toImage().pixelColor(10, 12)
    assert on == theme.LIGHT.text
    assert off == theme.LIGHT.faint


def test_the_programs_icon_has_every_size(qapp):
    assert [size.width() for size in icons.program_icon().availableSizes()] == list(icons.PROGRAM_SIZES_PX)
