"""Make the one-folder program dist/affectline with the environment's Python: `make bundle`.

It holds an interpreter and every library but those of the graphics stack, and runs without Python on the machine.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from contents import PROGRAM, ROOT, size_mb
from setup_venv import apt, as_root  # it puts the checkout on the path

from app.system_libraries import Library, install_command, loads

WORK = ROOT / "build"
LARGEST = 15


def main() -> None:
    provide_tools()
    began = time.monotonic()
    done = subprocess.run(command(), cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(f"bundle: PyInstaller failed ({done.returncode})")
    print(f"bundle: {PROGRAM} made in {time.monotonic() - began:.0f} s, {size_mb(PROGRAM.parent):.0f} MB")
    for mb, name in largest_parts(PROGRAM.parent):
        print(f"{mb:8.1f} MB  {name}")


def command() -> list[str]:
    places = ["--distpath", str(PROGRAM.parents[1]), "--workpath", str(WORK)]
    quiet = ["--noconfirm", "--log-level", "WARN"]
    return [sys.executable, "-P", "-m", "PyInstaller", *quiet, *places, str(ROOT / "packaging" / "affectline.spec")]


def provide_tools() -> None:
    """Install what PyInstaller needs of a Linux system where that is allowed; otherwise say how."""
    if sys.platform != "linux":
        return
    missing = missing_tools()
    if missing and apt(install_command(missing)):
        missing = missing_tools()
    if missing:
        sys.exit(f"bundle: PyInstaller needs more; install with: {as_root(install_command(missing))}")


def missing_tools() -> tuple[Library, ...]:
    """The interpreter as a shared library, which Debian's Python lacks, and the tools that read and write programs."""
    release = f"{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = Library(f"libpython{release}.so.1.0", f"libpython{release}", "PyInstaller")
    missing = [] if loads(interpreter.soname) else [interpreter]
    missing += [Library(name, "binutils", "PyInstaller") for name in ("objdump", "objcopy") if not shutil.which(name)]
    return tuple(missing)


def largest_parts(folder: Path) -> list[tuple[float, str]]:
    """The largest files and packages, in MB."""
    parts = [*folder.glob("_internal/*"), *(part for part in folder.iterdir() if part.is_file())]
    sizes = sorted(((size_mb(part), part.relative_to(folder).as_posix()) for part in parts), reverse=True)
    return sizes[:LARGEST]


if __name__ == "__main__":
    main()
