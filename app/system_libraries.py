"""Shared libraries that Python wheels expect of a Linux system and do not bring along.

Standard library only: the set-up uses this before anything is installed.
"""

import ctypes
import sys
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Library:
    """A shared library: the name it is loaded by, the Debian package that has it, and what needs it."""

    soname: str
    package: str
    needed_by: str


LIBRARIES: Final = (
    Library("libGL.so.1", "libgl1", "opencv-python, PySide6"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "opencv-python"),
    Library("libgthread-2.0.so.0", "libglib2.0-0", "opencv-python"),
    Library("libEGL.so.1", "libegl1", "PySide6"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "PySide6"),
    Library("libdbus-1.so.3", "libdbus-1-3", "PySide6"),
    Library("libfontconfig.so.1", "fontconfig", "PySide6"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "PySide6 under X11"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "PySide6 under X11"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "PySide6 under X11"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "PySide6 under X11"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "PySide6 under X11"),
)


def missing_libraries() -> tuple[Library, ...]:
    """The libraries this system lacks; none on macOS and Windows, whose wheels are complete."""
    if sys.platform != "linux":
        return ()
    return tuple(library for library in LIBRARIES if not _loads(library.soname))


def install_command(missing: tuple[Library, ...]) -> list[str]:
    """The command that installs them on Debian and Ubuntu, as arguments."""
    packages = sorted({library.package for library in missing})
    return ["apt-get", "install", "-y", "--no-install-recommends", *packages]


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True
