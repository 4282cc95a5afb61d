"""Widgets are tested without a display, unless somebody asks for one."""

import os
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def _closed_windows_are_gone(request: pytest.FixtureRequest) -> Iterator[None]:
    """What was closed is deleted now: windows that linger are restyled with every change of theme."""
    yield
    if "qapp" in request.fixturenames:
        request.getfixturevalue("qapp").sendPostedEvents(None, QEvent.Type.DeferredDelete)
