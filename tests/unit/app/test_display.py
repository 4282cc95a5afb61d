"""Whether a window can be shown."""

import pytest

from app import display
from app.system_libraries import LIBRARIES


@pytest.fixture(autouse=True)
def _linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display.sys, "platform", "linux")
    monkeypatch.setattr(display, "missing_libraries", lambda: ())
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_display_another_command_is_named() -> None:
    assert "affectline screenshot" in str(display.no_display())


@pytest.mark.parametrize(("name", "value"), [("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "wayland-0"),
                                             ("QT_QPA_PLATFORM", "offscreen")])  # fmt: skip
def test_a_display_or_a_platform_without_one_is_enough(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert display.no_display() is None


def test_missing_libraries_are_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(display, "missing_libraries", lambda: LIBRARIES[:1])
    said = str(display.no_display())
    assert LIBRARIES[0].soname in said
    assert f"apt-get install -y --no-install-recommends {LIBRARIES[0].package}" in said


def test_a_picture_needs_no_x11(monkeypatch: pytest.MonkeyPatch) -> None:
    for_x11 = next(library for library in LIBRARIES if library.needed_by.endswith("under X11"))
    monkeypatch.setattr(display, "missing_libraries", lambda: (for_x11,))
    assert display.no_pictures() is None
    monkeypatch.setattr(display, "missing_libraries", lambda: (for_x11, LIBRARIES[0]))
    said = str(display.no_pictures())
    assert LIBRARIES[0].soname in said
    assert for_x11.soname not in said


def test_other_systems_always_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display.sys, "platform", "darwin")
    assert display.no_display() is None
