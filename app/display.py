"""Whether a window can be shown here. Asked before Qt is loaded, which ends the process where it finds no display."""

import os
import shlex
import sys

from app.system_libraries import Library, install_command, missing_libraries


def no_display() -> str | None:
    """Why no window can be shown, with what to do; None where one can."""
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if sys.platform != "linux" or chosen.partition(":")[0] in ("offscreen", "minimal", "vnc"):
        return no_pictures()
    lacking = _told(missing_libraries())
    if lacking is not None:
        return lacking
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or chosen):
        return (
            "there is no display here; `affectline screenshot FILE OUT.png` makes a picture of the window without one"
        )
    return None


def no_pictures() -> str | None:
    """Why not even a picture of the window can be made, with what to do; None where one can."""
    return _told(tuple(library for library in missing_libraries() if not library.needed_by.endswith("under X11")))


def _told(missing: tuple[Library, ...]) -> str | None:
    if not missing:
        return None
    names = ", ".join(library.soname for library in missing)
    return f"the window needs {names}; install with: {shlex.join(install_command(missing))}"


if __name__ == "__main__":
    sys.exit(no_display() is not None)
