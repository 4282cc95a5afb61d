"""A clip with two people and a voice, which the real window let the real engine analyse once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.project.store import create_project
from tests.hands import CODER, Hands, copied
from tests.media import cut_frames, make_clip, speech_like

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
CUT_S = 4.8


@pytest.fixture(scope="session")
def _shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _shared_cache(_shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of faces and sound are made once."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(_shared_home))


@pytest.fixture(scope="session")
def analysed(qapp: QApplication, _shared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the window put a clip, analysed it, and was closed. Somebody until 4.8 s, then another."""
    folder = tmp_path_factory.mktemp("analysed")
    clip = make_clip(folder / "clip.mp4", cut_frames(200, round(CUT_S * 25)), sound=speech_like(6.0), gop=25)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(_shared_home))
        hands = Hands()
        hands.session.set_project(create_project(folder / "study.affectline", who=CODER))
        hands.open(clip)
        hands.close()
    return folder / "study.affectline"


@pytest.fixture
def project(analysed: Path, tmp_path: Path) -> Path:
    """A copy of it of one's own."""
    return copied(analysed, tmp_path)


@pytest.fixture
def hands(project: Path) -> Iterator[Hands]:
    """The window on that copy."""
    made = Hands()
    made.open(project)
    yield made
    made.close()
