"""Whether a window can be shown here. Asked before Qt is loaded, which ends the process where it finds no display."""

import os
import shlex
import sys

from app.system_libraries import install_command, missing_libraries


def no_display() -> str | None:
    """Why no window can be shown, with what to do; None where one can."""
    if sys.platform != "linux":
        return None
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if chosen.partition(":")[0] in ("offscreen", "minimal", "vnc"):
        return None
    missing = missing_libraries()
    if missing:
        names = ", ".join(library.soname for library in missing)
        return f"the window needs {names}; install with: {shlex.join(install_command(missing))}"
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or chosen):
        return (
            "there is no display here; `affectline screenshot FILE OUT.png` makes a picture of the window without one"
        )
    return None


if __name__ == "__main__":
    sys.exit(no_display() is not None)
