"""The system's libraries: what is asked for is what the installed files are linked to, and what is missing is told."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from app import system_libraries
from app.system_libraries import FONT, LIBRARIES, Library, install_command, missing_libraries

GONE = Library("libgone.so.1", "libgone1", "nothing")
IN_EVERY_DEBIAN = ("ld-linux", "libc.", "libdl.", "libgcc_s.", "libm.", "libpthread.", "libresolv.", "librt.",
                   "libstdc++.", "libz.", "libzstd.")  # fmt: skip
QT_MODULES = ("Core", "DBus", "Gui", "Multimedia", "Network", "OpenGL", "OpenGLWidgets", "Svg", "Test", "Widgets")


def package_folder(name: str) -> Path:
    return Path(find_spec(name).origin).parent


def linked_files() -> list[Path]:
    """What the program loads of PySide6 and OpenCV."""
    pyside, cv2 = package_folder("PySide6"), package_folder("cv2")
    modules = [pyside / f"Qt{name}.abi3.so" for name in QT_MODULES]
    libraries = [pyside / f"Qt/lib/libQt6{name}.so.6" for name in (*QT_MODULES, "XcbQpa")]
    plugins = [pyside / f"Qt/plugins/platforms/libq{name}.so" for name in ("offscreen", "xcb")]
    return [*modules, *libraries, *plugins, *(pyside / "Qt/plugins/xcbglintegrations").glob("*.so"),
            *cv2.glob("cv2*.so"), *(cv2.parent / "opencv_python.libs").glob("libQt5[!X]*.so*")]  # fmt: skip


def needed_by(file: Path) -> set[str]:
    told = subprocess.run(["objdump", "-p", str(file)], capture_output=True, text=True, check=True).stdout
    return {line.split()[1] for line in told.splitlines() if line.split()[:1] == ["NEEDED"]}


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("objdump") is None, reason="reads ELF files with objdump")
def test_every_library_that_the_wheels_lack_is_listed_and_no_other():
    files = linked_files()
    needed = set.union(*map(needed_by, files))
    site = package_folder("PySide6").parent
    brought = {file.name for folder in ("PySide6", "shiboken6", "opencv_python.libs") for file in
               (site / folder).rglob("*.so*")}  # fmt: skip
    lacked = {name for name in needed - brought if not name.startswith(IN_EVERY_DEBIAN)}
    assert len(files) > 20
    assert lacked == {library.soname for library in LIBRARIES}


def test_no_library_is_listed_twice():
    sonames = [library.soname for library in LIBRARIES]
    assert len(sonames) == len(set(sonames))


def test_one_package_of_two_libraries_is_named_once():
    twice = Library("libgone-extra.so.1", "libgone1", "nothing")
    assert install_command((GONE, twice))[4:] == ["libgone1"]


@pytest.fixture
def linux(monkeypatch):
    """A Linux system with one library, which is missing, and a font."""
    monkeypatch.setattr(system_libraries.sys, "platform", "linux")
    monkeypatch.setattr(system_libraries, "LIBRARIES", (GONE,))
    monkeypatch.setattr(system_libraries, "_has_font", lambda: True)


@pytest.mark.usefixtures("linux")
def test_libraries_that_do_not_load_are_missing():
    assert missing_libraries() == (GONE,)


@pytest.mark.usefixtures("linux")
def test_a_system_without_fonts_lacks_one(monkeypatch):
    monkeypatch.setattr(system_libraries, "_has_font", lambda: False)
    assert missing_libraries() == (GONE, FONT)


@pytest.mark.usefixtures("linux")
def test_nothing_is_asked_of_other_systems(monkeypatch):
    monkeypatch.setattr(system_libraries.sys, "platform", "darwin")
    assert missing_libraries() == ()


@pytest.mark.parametrize(
    ("file", "enough"),
    [("DejaVuSans.ttf", True), ("noto/NotoSansCJK.TTC", True), ("DejaVuSansMono.ttf", False), ("fonts.conf", False)],
)
def test_fonts_are_files_of_letters_that_differ_in_width(tmp_path, monkeypatch, file, enough):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_DIRS", f"{tmp_path / 'absent'}:{tmp_path / 'share'}")
    assert not system_libraries._has_font()
    font = tmp_path / "share/fonts" / file
    font.parent.mkdir(parents=True)
    font.touch()
    assert system_libraries._has_font() is enough
