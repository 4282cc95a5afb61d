"""Clips for the player: every picture tells its number."""

from pathlib import Path

import pytest

from tests.media import make_clip, numbered_frames, tone

FRAMES = 90


@pytest.fixture(scope="session")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """90 frames at 25 Hz with B frames, keyframes 30 apart, and a tone."""
    path = tmp_path_factory.mktemp("player") / "numbered.mp4"
    return make_clip(path, numbered_frames(FRAMES), gop=30, b_frames=2, sound=tone(FRAMES / 25))
