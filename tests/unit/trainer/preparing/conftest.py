"""A short film, and senses that cost nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.faces.detections import Detections
from tests.media import face_frames, make_clip, speech_like
from trainer.datasets.example import Example
from trainer.preparing.settings import CropShape, Settings

WIDTH_PX, HEIGHT_PX, FACE_PX = 160, 120, 60
HIDDEN = (255, 0, 255)
"""A corner of this colour hides the face from `MarkedDetector`."""


class MarkedDetector:
    """Sees a face in the middle of every picture that is not dark and whose corner is not marked."""

    def __init__(self, *_: Any) -> None: ...

    def detect(self, frames: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        return [self._look(frame) for frame in frames]

    def _look(self, frame: NDArray[np.uint8]) -> Detections:
        height, width = frame.shape[:2]
        shift = float(frame[:4, -4:].mean()) / 10  # somewhere else in every picture
        box = np.array([[(width - FACE_PX) / 2 + shift, (height - FACE_PX) / 2, FACE_PX, FACE_PX]], np.float32)
        marked = np.abs(frame[2, 2].astype(int) - HIDDEN).max() < 60
        seen = 1 if frame.mean() > 40 and not marked else 0
        return Detections(box[:seen], np.full(seen, 0.99, np.float32))


class LoudnessDetector:
    """Takes every second that is not quiet for speech."""

    def shares(self, waves: NDArray[np.float32], *_: Any) -> NDArray[np.float32]:
        return (np.sqrt((waves**2).mean(axis=1)) > 0.02).astype(np.float32)


@pytest.fixture(autouse=True)
def quick_senses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces and speech are found without a network."""
    for module in ("trainer.preparing.making", "engine.pipeline"):
        monkeypatch.setattr(f"{module}.FaceDetector", MarkedDetector)
        monkeypatch.setattr(f"{module}.SpeechDetector", LoudnessDetector)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds at 25 Hz: a face to 2.4 s that hides to 2.8 s, and after a cut another to 4 s; speech to 2.6 s."""
    size: dict[str, Any] = {"width": WIDTH_PX, "height": HEIGHT_PX, "face_px": float(FACE_PX), "sway_px": 4.0}
    first = face_frames(70, **size)
    for frame in first[60:]:
        frame[:16, :16] = HIDDEN
    frames = first + face_frames(30, other_person=True, **size)
    sound = np.concatenate([speech_like(2.6, 22_050), np.zeros(round(1.4 * 22_050), np.float32)])
    path = tmp_path_factory.mktemp("film") / "film.mov"
    return make_clip(path, frames, sound=sound, sound_rate_hz=22_050, sound_codec="pcm_s16le")


@pytest.fixture(scope="session")
def example(film: Path) -> Example:
    """The whole film, sad."""
    return Example(film, 0.0, None, 5, "someone")


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Small crops, of another shape for each branch."""
    return Settings(CropShape(0.0, 24, grey=True), CropShape(0.3, 20))
