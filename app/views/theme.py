"""Light and dark: the colours every view paints with, and the style of Qt's own widgets made from them."""

from dataclasses import dataclass, fields
from typing import Final, Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from app import palette
from app.views.style_sheet import sheet_of

Choice = Literal["system", "light", "dark"]
CHOICES: Final[tuple[Choice, ...]] = ("system", "light", "dark")


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by what they are for. `faint` is for what is switched off and for decoration, never for text to read."""

    dark: bool
    window: QColor
    panel: QColor
    raised: QColor
    line: QColor
    text: QColor
    muted: QColor
    faint: QColor
    accent: QColor
    accent_text: QColor
    selection: QColor
    danger: QColor
    success: QColor
    warning: QColor
    lane: QColor
    lane_line: QColor
    playhead: QColor
    video: QColor


LIGHT: Final = Theme(
    dark=False,
    window=QColor("#F3F4F6"),
    panel=QColor("#FFFFFF"),
    raised=QColor("#FFFFFF"),
    line=QColor("#D9DCE1"),
    text=QColor("#1B1E23"),
    muted=QColor("#59616C"),
    faint=QColor("#9AA1AB"),
    accent=QColor("#1F6FEB"),
    accent_text=QColor("#FFFFFF"),
    selection=QColor("#E1ECFC"),
    danger=QColor("#C62B2B"),
    success=QColor("#1A7A37"),
    warning=QColor("#8A5A00"),
    lane=QColor("#FAFBFC"),
    lane_line=QColor("#E6E8EC"),
    playhead=QColor("#16181C"),
    video=QColor("#0C0D0F"),
)

DARK: Final = Theme(
    dark=True,
    window=QColor("#16181C"),
    panel=QColor("#1F2227"),
    raised=QColor("#272B31"),
    line=QColor("#363B43"),
    text=QColor("#E8EAED"),
    muted=QColor("#A4AAB3"),
    faint=QColor("#6B727C"),
    accent=QColor("#4C9FFE"),
    accent_text=QColor("#06121F"),
    selection=QColor("#243850"),
    danger=QColor("#FF7B72"),
    success=QColor("#57C56F"),
    warning=QColor("#E5B54A"),
    lane=QColor("#1A1D21"),
    lane_line=QColor("#2B2F36"),
    playhead=QColor("#FFFFFF"),
    video=QColor("#0C0D0F"),
)


class _Shown:
    """What was applied last. One for the process, as the application's style is."""

    theme: Theme = LIGHT
    choice: Choice = "system"
    listening: bool = False


def current() -> Theme:
    """The theme in use. Views read it each time they paint; a change reaches them as a palette change."""
    return _Shown.theme


def apply(app: QApplication, choice: Choice) -> None:
    """Dress the whole application. "system" follows the desktop, also when it changes later."""
    _Shown.choice = choice
    if not _Shown.listening:
        app.styleHints().colorSchemeChanged.connect(_on_system_change)
        app.setStyle(QStyleFactory.create("Fusion"))
        _Shown.listening = True
    _tell_system(app, choice)
    _dress(app, _theme_of(app, choice))


def emotion_colour(name: str) -> QColor:
    """The colour of one of the seven in the current theme."""
    return QColor((palette.DARK_COLOURS if _Shown.theme.dark else palette.COLOURS)[name])


def emotion_ink(name: str) -> QColor:
    """The colour of text on `emotion_colour(name)` at full strength."""
    return QColor((palette.DARK_INKS if _Shown.theme.dark else palette.INKS)[name])


def ink_on(colour: QColor) -> QColor:
    """Black or white, whichever reads better on an opaque colour (such as a faded emotion)."""
    light = luminance(colour)
    return QColor("#000000") if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else QColor("#FFFFFF")


def blend(colour: QColor, ground: QColor, share: float) -> QColor:
    """`colour` laid over `ground` with an opacity of `share`, as an opaque colour."""
    return QColor.fromRgbF(
        colour.redF() * share + ground.redF() * (1 - share),
        colour.greenF() * share + ground.greenF() * (1 - share),
        colour.blueF() * share + ground.blueF() * (1 - share),
    )


def luminance(colour: QColor) -> float:
    """Relative luminance as WCAG defines it, 0 to 1."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio as WCAG defines it, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def font(scale: float = 1.0, bold: bool = False) -> QFont:
    """The system's font, made larger or smaller."""
    scaled = QFont(QApplication.font())
    scaled.setPointSizeF(scaled.pointSizeF() * scale)
    if bold:
        scaled.setWeight(QFont.Weight.DemiBold)
    return scaled


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget one of the style sheet's roles.

    Labels: "title", "heading", "muted", "small", "key", "danger", "warning", "success".
    Buttons: "primary", "quiet", "link", "danger". Frames: "card", "line".
    """
    widget.setProperty("role", role)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _on_system_change(_scheme: Qt.ColorScheme) -> None:
    app = QApplication.instance()
    if _Shown.choice == "system" and isinstance(app, QApplication):
        _dress(app, _theme_of(app, "system"))


def _tell_system(app: QApplication, choice: Choice) -> None:
    """So that title bars and the system's own dialogs match."""
    match choice:
        case "system":
            app.styleHints().unsetColorScheme()
        case "light":
            app.styleHints().setColorScheme(Qt.ColorScheme.Light)
        case "dark":
            app.styleHints().setColorScheme(Qt.ColorScheme.Dark)


def _system_scheme(app: QApplication) -> Qt.ColorScheme:
    return app.styleHints().colorScheme()


def _theme_of(app: QApplication, choice: Choice) -> Theme:
    if choice == "system":
        return DARK if _system_scheme(app) == Qt.ColorScheme.Dark else LIGHT
    return DARK if choice == "dark" else LIGHT


def _dress(app: QApplication, theme: Theme) -> None:
    """Every widget is styled anew, which takes a while with many of them: only if something differs."""
    _Shown.theme = theme
    sheet = sheet_of(_tokens(theme))
    if app.styleSheet() != sheet:
        app.setPalette(_qt_palette(theme))
        app.setStyleSheet(sheet)


def _qt_palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: theme.lane,
        role.Text: theme.text,
        role.PlaceholderText: theme.muted,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.danger,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.accent_text,
        role.Accent: theme.accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.Light: theme.raised.lighter(110),
        role.Midlight: theme.raised,
        role.Mid: theme.line,
        role.Dark: theme.line.darker(120),
        role.Shadow: theme.video,
    }
    made = QPalette()
    for key, colour in colours.items():
        made.setColor(key, colour)
    for key in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, key, theme.faint)
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, theme.line)
    made.setColor(QPalette.ColorGroup.Disabled, role.HighlightedText, theme.faint)
    return made


def _tokens(theme: Theme) -> dict[str, QColor]:
    """The theme's colours by name, and those that follow from them."""
    named = {field.name: getattr(theme, field.name) for field in fields(theme) if field.name != "dark"}
    return named | {
        "hover": blend(theme.text, theme.raised, 0.06),
        "pressed": blend(theme.text, theme.raised, 0.12),
        "accent_hover": blend(theme.text, theme.accent, 0.12),
        "control": blend(theme.text, theme.panel, 0.45),
    }
