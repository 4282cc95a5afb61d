"""What Python wheels expect of a Linux system and do not bring along: shared libraries, and a font.

Standard library only: the set-up uses this before anything is installed. The list holds every library that the wheels'
files are linked to, not only those whose packages do not come by themselves today; package names are those of Debian 12
and 13 and Ubuntu 22.04 and 24.04 (`libglib2.0-0` is provided by `libglib2.0-0t64` in the newer two).
"""

import ctypes
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class Library:
    """A shared library: the name it is loaded by, the Debian package that has it, and what needs it."""

    soname: str
    package: str
    needed_by: str


LIBRARIES: Final = (
    Library("libGL.so.1", "libgl1", "PySide6, opencv-python"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "PySide6, opencv-python"),
    Library("libgthread-2.0.so.0", "libglib2.0-0", "PySide6, opencv-python"),
    Library("libxcb.so.1", "libxcb1", "PySide6, opencv-python"),
    Library("libEGL.so.1", "libegl1", "PySide6"),
    Library("libX11.so.6", "libx11-6", "PySide6"),
    Library("libdbus-1.so.3", "libdbus-1-3", "PySide6"),
    Library("libfontconfig.so.1", "libfontconfig1", "PySide6"),
    Library("libfreetype.so.6", "libfreetype6", "PySide6"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "PySide6"),
    Library("libbrotlidec.so.1", "libbrotli1", "PySide6 for sound"),
    Library("libbrotlicommon.so.1", "libbrotli1", "PySide6 for sound"),
    Library("libgssapi_krb5.so.2", "libgssapi-krb5-2", "PySide6 for sound"),
    Library("libpulse.so.0", "libpulse0", "PySide6 for sound"),
    Library("libX11-xcb.so.1", "libx11-xcb1", "PySide6 under X11"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "PySide6 under X11"),
    Library("libxcb-glx.so.0", "libxcb-glx0", "PySide6 under X11"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "PySide6 under X11"),
    Library("libxcb-image.so.0", "libxcb-image0", "PySide6 under X11"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "PySide6 under X11"),
    Library("libxcb-randr.so.0", "libxcb-randr0", "PySide6 under X11"),
    Library("libxcb-render-util.so.0", "libxcb-render-util0", "PySide6 under X11"),
    Library("libxcb-render.so.0", "libxcb-render0", "PySide6 under X11"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "PySide6 under X11"),
    Library("libxcb-shm.so.0", "libxcb-shm0", "PySide6 under X11"),
    Library("libxcb-sync.so.1", "libxcb-sync1", "PySide6 under X11"),
    Library("libxcb-util.so.1", "libxcb-util1", "PySide6 under X11"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0", "PySide6 under X11"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "PySide6 under X11"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "PySide6 under X11"),
)

FONT: Final = Library("a font", "fonts-dejavu-core", "the window")
"""Without any, letters are boxes; some systems have one for terminals alone."""
FONT_TYPES: Final = (".otf", ".ttc", ".ttf")


def missing_libraries() -> tuple[Library, ...]:
    """What this system lacks; nothing on macOS and Windows, for which the wheels are complete."""
    if sys.platform != "linux":
        return ()
    font = () if _has_font() else (FONT,)
    return (*(library for library in LIBRARIES if not loads(library.soname)), *font)


def install_command(missing: Iterable[Library]) -> list[str]:
    """The command that installs them on Debian and Ubuntu, as arguments."""
    packages = sorted({library.package for library in missing})
    return ["apt-get", "install", "-y", "--no-install-recommends", *packages]


def loads(soname: str) -> bool:
    """Whether the system finds a shared library of this name and everything it needs itself."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def _has_font() -> bool:
    """Whether there is a font in which sentences can be set."""
    fonts = (file for folder in _font_folders() for file in folder.rglob("*") if file.suffix.lower() in FONT_TYPES)
    return any("mono" not in font.name.lower() for font in fonts)


def _font_folders() -> Iterator[Path]:
    """Where fontconfig looks by default."""
    home = Path.home()
    data_folders = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    yield from (Path(folder) / "fonts" for folder in data_folders.split(":") if folder)
    yield Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share") / "fonts"
    yield home / ".fonts"
