"""What a person can set, in one table: words, kinds, defaults and limits. Stored as TOML in their config folder."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal

import tomli_w

from app import places
from app.actions import PRESETS
from app.interchange.whole_files import write_whole
from app.messages import os_reason
from engine.errors import StorageError

Kind = Literal["choice", "switch", "number", "text", "path", "table", "list"]
Page = Literal["General", "Playing", "Timeline", "Keyboard", "Model and device", "Storage", ""]
PAGES: Final[tuple[Page, ...]] = ("General", "Playing", "Timeline", "Keyboard", "Model and device", "Storage")
RECENT_FILES: Final = 10
FEATURES: Final = "affectline-features"
"""Made inside the folder a person chose, which may hold other things of theirs."""

_LINE: Final = "setting"


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table. On no `page`, it is remembered but never shown; `choices` are (value, words)."""

    key: str
    kind: Kind
    default: Any
    title: str
    help: str
    page: Page
    choices: tuple[tuple[str, str], ...] = ()
    least: float = 0.0
    most: float = 1.0
    step: float = 0.05


def _setting(kind: Kind, default: Any, title: str = "", help: str = "", page: Page = "", **limits: Any) -> Any:
    line = {"kind": kind, "default": default, "title": title, "help": help, "page": page, **limits}
    if kind == "table":
        return field(default_factory=dict, metadata={_LINE: line})
    return field(default=default, metadata={_LINE: line})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is set. Its fields are the table: see `TABLE`."""

    theme: Literal["system", "light", "dark"] = _setting(
        "choice", "system", "Theme", "Light or dark", "General",
        choices=(("system", "As the system"), ("light", "Light"), ("dark", "Dark")),
    )  # fmt: skip
    coder: str = _setting(
        "text", "", "Coder", "Your name or initials; every label says whose it is", "General",
    )  # fmt: skip
    analyse_on_adding: bool = _setting(
        "switch", True, "Analyse videos when they are added", "Otherwise they wait until you ask", "General",
    )  # fmt: skip
    volume: float = _setting("number", 0.8, "Volume", "Of the video's sound", "Playing")
    overlays: bool = _setting(
        "switch", True, "Boxes on the video", "Face boxes with name, label and confidence", "Playing",
    )  # fmt: skip
    around_s: float = _setting(
        "number", 1.0, "Play around by", "Seconds before and after the selection", "Playing",
        least=0.1, most=10.0, step=0.1,
    )  # fmt: skip
    sound_lane: Literal["waveform", "mel"] = _setting(
        "choice", "waveform", "Sound lane", "What the sound is shown as", "Timeline",
        choices=(("waveform", "Waveform"), ("mel", "Mel spectrogram")),
    )  # fmt: skip
    frame_lane: Literal["curves", "heat"] = _setting(
        "choice", "curves", "Frame lane", "What the frame branch is shown as", "Timeline",
        choices=(("curves", "Curves"), ("heat", "Heat strip")),
    )  # fmt: skip
    snap: bool = _setting(
        "switch", True, "Snap edges", "To frames, cuts and the ends of segments; not while Alt is held", "Timeline",
    )  # fmt: skip
    accept_above: float = _setting(
        "number", 0.9, "Accept all above", "The confidence offered first when many segments are accepted at once",
        "Timeline", least=0.5, most=1.0, step=0.01,
    )  # fmt: skip
    preset: str = _setting(
        "choice", "Affectline", "Keys like in", "The keys you set yourself come on top", "Keyboard",
        choices=tuple((name, name) for name in PRESETS),
    )  # fmt: skip
    own_shortcuts: Mapping[str, str] = _setting("table", {}, "Own keys", "", "")
    model: str = _setting("text", places.DEFAULT_BUNDLE, "Model", "The bundle that answers", "Model and device")
    device: Literal["auto", "cpu", "cuda", "mps"] = _setting(
        "choice", "auto", "Device", "Where the networks run", "Model and device",
        choices=(("auto", "The fastest there is"), ("cpu", "Processor"), ("cuda", "NVIDIA GPU"), ("mps", "Apple GPU")),
    )  # fmt: skip
    feature_folder: str = _setting(
        "path", "", "Stored features", "What networks worked out, so that it need not run again; may be deleted",
        "Storage",
    )  # fmt: skip
    lanes: Mapping[str, Any] = _setting("table", {})
    window: str = _setting("text", "")
    last_folder: str = _setting("path", "")
    recent: tuple[str, ...] = _setting("list", ())

    def with_(self, key: str, value: Any) -> "Settings":
        """These settings with another value.

        Raises:
            KeyError: no setting is called that.
            ValueError: the value is none that the setting can have.
        """
        return replace(self, **{key: checked(TABLE[key], value)})

    def opened(self, path: Path) -> "Settings":
        """These settings with a file at the front of those opened lately."""
        rest = [other for other in self.recent if other != str(path)]
        return replace(self, recent=(str(path), *rest)[:RECENT_FILES])

    @property
    def features(self) -> Path:
        """The folder of stored features: within the one set, or the usual. It holds nothing else and may be deleted."""
        return Path(self.feature_folder) / FEATURES if self.feature_folder else places.features()


TABLE: Final[dict[str, Setting]] = {
    column.name: Setting(key=column.name, **column.metadata[_LINE]) for column in fields(Settings)
}


def settings_of(page: Page) -> tuple[Setting, ...]:
    """What is shown on one page, in order."""
    return tuple(setting for setting in TABLE.values() if setting.page == page)


def checked(setting: Setting, value: Any) -> Any:
    """The value in its setting's own type.

    Raises:
        ValueError: it is none that the setting can have.
    """
    return _CHECKS[setting.kind](setting, value)


def _choice(setting: Setting, value: Any) -> str:
    known = [choice for choice, _ in setting.choices]
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return str(value)


def _switch(_setting: Setting, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _number(setting: Setting, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    if not setting.least <= value <= setting.most:
        raise ValueError(f"{value} is not between {setting.least:g} and {setting.most:g}")
    return float(value)


def _text(_setting: Setting, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _table(setting: Setting, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ValueError(f"{value!r} is no table")
    if setting.key == "own_shortcuts" and not all(isinstance(keys, str) for keys in value.values()):
        raise ValueError("keys are written as text")
    return dict(value)


def _list(_setting: Setting, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{value!r} is no list of texts")
    return tuple(value)[:RECENT_FILES]


_CHECKS: Final[dict[Kind, Callable[[Setting, Any], Any]]] = {
    "choice": _choice,
    "switch": _switch,
    "number": _number,
    "text": _text,
    "path": _text,
    "table": _table,
    "list": _list,
}


def settings_file() -> Path:
    """Where settings are stored."""
    return places.config() / "settings.toml"


def read_settings(file: Path | None = None) -> tuple[Settings, tuple[str, ...]]:
    """What is stored, and a sentence for everything that could not be used; its default stands in."""
    path = file or settings_file()
    try:
        stored = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings(), ()
    except OSError as error:
        return Settings(), (f"cannot read the settings {path}: {os_reason(error)}",)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return Settings(), (f"cannot read the settings {path}: {error}",)
    return from_stored(stored)


def from_stored(stored: Mapping[str, Any]) -> tuple[Settings, tuple[str, ...]]:
    """Settings from plain values, and a sentence for each that is unknown or wrong."""
    values, complaints = {}, []
    for key, value in stored.items():
        if key not in TABLE:
            complaints.append(f"the setting {key!r} is not known and was left out")
            continue
        try:
            values[key] = checked(TABLE[key], value)
        except ValueError as error:
            complaints.append(f"the setting {key!r} stays at its default: {error}")
    return Settings(**values), tuple(complaints)


def write_settings(settings: Settings, file: Path | None = None) -> None:
    """Store what differs from the defaults, whole or not at all.

    Raises:
        StorageError: the file cannot be written.
    """
    path = file or settings_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(path.parent, os_reason(error)) from error
    write_whole({path: _lines(settings)})


def _lines(settings: Settings) -> Iterable[str]:
    values = {key: getattr(settings, key) for key in TABLE}
    yield tomli_w.dumps({key: value for key, value in values.items() if value != TABLE[key].default})
