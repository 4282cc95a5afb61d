"""Widgets are tested without a display, unless somebody asks for one."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from tests.hands import Hands, copied, make_project, two_people
from tests.media import make_clip, numbered_frames

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True, scope="module")
def _no_garbage_goes_by_itself() -> Iterator[None]:
    """It is collected in this thread, as in the program, and not while something is painted."""
    gc.disable()
    yield
    gc.enable()
    gc.collect()


@pytest.fixture(autouse=True)
def _closed_windows_are_gone(request: pytest.FixtureRequest) -> Iterator[None]:
    """What was closed is deleted now: windows that linger are restyled with every change of theme."""
    yield
    if "qapp" in request.fixturenames:
        request.getfixturevalue("qapp").sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect(1)


@pytest.fixture(scope="session")
def _made_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    one = make_clip(folder / "one.mp4", numbered_frames(250), gop=50)
    two = make_clip(folder / "two.mp4", numbered_frames(250, 80), gop=50)
    return make_project(folder / "study.affectline", {one: two_people(one), two: two_people(two)})


@pytest.fixture(scope="session")
def _study_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def study(_made_study: Path, _study_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two clips of ten seconds with the same predictions. Pictures of their faces are made once."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(_study_cache))
    return copied(_made_study, tmp_path)


@pytest.fixture
def hands(qapp: QApplication, study: Path) -> Iterator[Hands]:
    """The window on that project, its first clip open."""
    made = Hands()
    made.open(study)
    yield made
    made.close()
