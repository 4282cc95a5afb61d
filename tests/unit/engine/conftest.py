"""What the engine's tests share: a tiny model, senses that cost nothing, and a short film with a bit of everything."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.analyse import analyse
from engine.branches import AudioConfig, FrameConfig, SliceConfig
from engine.bundle import Bundle, Manifest, new_bundle
from engine.device import Device
from engine.faces.detections import Detections
from engine.model import Model
from engine.values import Analysis, Part, Progress
from tests.media import face_frames, make_clip, speech_like

WIDTH_PX, HEIGHT_PX, FACE_PX = 160, 120, 60


@pytest.fixture(autouse=True, scope="package")
def _one_thread() -> Iterator[None]:
    """The networks here are small: on a busy machine more threads only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_manifest() -> Manifest:
    return Manifest(
        name="tiny",
        revision="1",
        profile="compact",
        terms="none",
        frame=FrameConfig(0.125, (1, 1, 1), input_px=96, crop_px=48, grey=True, margin=0.0, head_channels=8),
        slice=SliceConfig(0.125, input_px=64, crop_px=48, grey=True, margin=0.0, head_channels=8),
        audio=AudioConfig(0.25, head_channels=16, lstm=(16, 128)),
    )


@pytest.fixture(scope="session")
def cpu() -> Device:
    return Device("cpu", "fp32", "asked for")


@pytest.fixture(scope="session")
def tiny_bundle(tiny_manifest: Manifest) -> Bundle:
    return new_bundle(tiny_manifest)


@pytest.fixture(scope="session")
def tiny_model(tiny_bundle: Bundle, cpu: Device) -> Model:
    return Model(tiny_bundle, cpu)


class CentreDetector:
    """Sees a face in the middle of every picture that is not dark."""

    def __init__(self, *_: Any) -> None: ...

    def detect(self, frames: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        return [self._look(frame) for frame in frames]

    def _look(self, frame: NDArray[np.uint8]) -> Detections:
        height, width = frame.shape[:2]
        box = np.array([[(width - FACE_PX) / 2, (height - FACE_PX) / 2, FACE_PX, FACE_PX]], np.float32)
        seen = 1 if frame.mean() > 40 else 0
        return Detections(box[:seen], np.full(seen, 0.99, np.float32))


class LoudnessDetector:
    """Takes every second that is not quiet for speech."""

    def shares(self, waves: NDArray[np.float32], *_: Any) -> NDArray[np.float32]:
        return (np.sqrt((waves**2).mean(axis=1)) > 0.02).astype(np.float32)


def _give_quick_senses(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("engine.pipeline.FaceDetector", CentreDetector)
    patch.setattr("engine.pipeline.SpeechDetector", LoudnessDetector)


@pytest.fixture
def quick_senses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces and speech are found without a network."""
    _give_quick_senses(monkeypatch)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds at 25 Hz: a face to 2.8 s, a dark shot to 4 s, another face; speech to 3.5 s, silence to 5 s."""
    size = {"width": WIDTH_PX, "height": HEIGHT_PX, "face_px": float(FACE_PX), "sway_px": 4.0}
    dark = np.random.default_rng(0).integers(0, 25, (HEIGHT_PX, WIDTH_PX, 3)).astype(np.uint8)
    frames = face_frames(70, **size) + [dark] * 30 + face_frames(50, other_person=True, **size)  # type: ignore[arg-type]
    sound = np.concatenate([speech_like(3.5, 22_050), np.zeros(round(1.5 * 22_050), np.float32)])
    path = tmp_path_factory.mktemp("film") / "film.mov"
    return make_clip(path, frames, sound=sound, sound_rate_hz=22_050, sound_codec="pcm_s16le")


@pytest.fixture(scope="session")
def film_events(film: Path, tiny_bundle: Bundle, cpu: Device) -> list[Progress | Part | Analysis]:
    """All that an analysis of the film gives."""
    with pytest.MonkeyPatch.context() as patch:
        _give_quick_senses(patch)
        return list(analyse(film, tiny_bundle, cpu))


@pytest.fixture(scope="session")
def film_analysis(film_events: list[Progress | Part | Analysis]) -> Analysis:
    last = film_events[-1]
    assert isinstance(last, Analysis)
    return last
