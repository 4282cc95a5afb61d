"""What is prepared is what analysis looks at and hears: crop for crop, slice for slice, sample for sample."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analyse import Options, analyse_with
from engine.branches import AudioConfig, FrameConfig, SliceConfig
from engine.bundle import Manifest, new_bundle
from engine.device import Device
from engine.features import open_store
from engine.media import open_media
from engine.model import Model
from engine.values import Analysis
from trainer.datasets.example import Example
from trainer.preparing.item import Item
from trainer.preparing.prepare import prepare
from trainer.preparing.settings import Settings
from trainer.preparing.values import Preparation

FRAME = FrameConfig(0.125, (1, 1, 1), input_px=96, margin=0.1, crop_px=32, grey=True, head_channels=8)
SLICE = SliceConfig(0.125, input_px=32, margin=0.3, crop_px=24, head_channels=8)
AUDIO = AudioConfig(0.25, head_channels=8, lstm=(8, 128))


class Looking(Model):
    """A model that remembers what its trunks were shown."""

    def __init__(self) -> None:
        manifest = Manifest(
            name="tiny", revision="1", profile="compact", terms="none", frame=FRAME, slice=SLICE, audio=AUDIO
        )
        super().__init__(new_bundle(manifest), Device("cpu", "fp32", "asked for"))
        self.shown: dict[str, list[np.ndarray]] = {"frame": [], "slice": [], "audio": []}

    def frame_features(self, crops: np.ndarray) -> np.ndarray:
        self.shown["frame"].append(crops)
        return super().frame_features(crops)

    def slice_features(self, crops: np.ndarray) -> np.ndarray:
        self.shown["slice"].append(crops)
        return super().slice_features(crops)

    def audio_features(self, waves: np.ndarray) -> np.ndarray:
        self.shown["audio"].append(waves)
        return super().audio_features(waves)


@pytest.fixture(params=[(0.0, None), (0.5, 3.3)], ids=["whole", "part"])
def span(request: pytest.FixtureRequest) -> tuple[float, float | None]:
    span: tuple[float, float | None] = request.param
    return span


@pytest.fixture
def item(film: Path, tmp_path: Path, span: tuple[float, float | None]) -> Item:
    *_, done = prepare([Example(film, *span, 0, "a")], tmp_path / "cache", Settings.of(FRAME, SLICE))
    assert isinstance(done, Preparation)
    return done.examples[0].item


@pytest.fixture
def analysed(film: Path, tmp_path: Path, span: tuple[float, float | None]) -> tuple[Looking, Analysis]:
    model = Looking()
    *_, analysis = analyse_with(film, model, Options(*span, tmp_path / "features"))
    assert isinstance(analysis, Analysis)
    return model, analysis


def rows(analysis: Analysis, branch: Any, times: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Which of a branch's stored rows are of the main person, at the times that the analysis keeps."""
    store = open_store(Path(str(analysis.features)))
    assert store is not None
    ours = np.isin(store.keys(branch)[:, 0], analysis.people[0].tracks)
    return np.flatnonzero(ours & np.isin(np.round(known, 6), np.round(times, 6)))


def test_the_same_frames(film: Path, item: Item, analysed: tuple[Looking, Analysis]) -> None:
    model, analysis = analysed
    frames, face, media = analysis.people[0].frames, item.facts.face, open_media(film)
    assert face is not None
    store = open_store(Path(str(analysis.features)))
    assert store is not None
    which = rows(analysis, "frame", frames.time_s, media.times_s[store.keys("frame")[:, 1]])
    np.testing.assert_array_equal(face.time_s[: face.seen], frames.time_s)
    np.testing.assert_array_equal(face.box[: face.seen], frames.box)
    np.testing.assert_array_equal(face.detected[: face.seen], frames.detected)
    np.testing.assert_array_equal(item.frames(), np.concatenate(model.shown["frame"])[which])
    assert item.frames().shape[1:] == (32, 32, 1)
    assert item.facts.people == len(analysis.people)


def test_the_same_slices(item: Item, analysed: tuple[Looking, Analysis]) -> None:
    model, analysis = analysed
    slices, face = analysis.people[0].slices, item.facts.face
    store = open_store(Path(str(analysis.features)))
    assert face is not None
    assert store is not None
    which = rows(analysis, "slice", slices.start_s, store.evidence.slice_start_s)
    assert len(slices) >= 3
    assert face.slice_rows.max() >= face.seen, "the last slice goes on where the face hides"
    np.testing.assert_array_equal(face.slice_start_s, slices.start_s)
    np.testing.assert_array_equal(item.slices(), np.concatenate(model.shown["slice"])[which])
    np.testing.assert_array_equal(item.slices(np.array([1])), item.slices()[1:2])
    assert item.slices().shape[1:] == (16, 24, 24, 3)


def test_the_same_sound(item: Item, analysed: tuple[Looking, Analysis], span: tuple[float, float | None]) -> None:
    model, analysis = analysed
    line = np.concatenate(model.shown["audio"]).ravel()
    first = round((span[0] - analysis.seconds.start_s[0]) * 22_050)
    count = round(((span[1] or 4.0) - span[0]) * 22_050)
    np.testing.assert_allclose(item.wave(), line[first : first + count], atol=1 / 32767)
    seconds, speech = item.seconds()
    assert len(seconds.samples) == len(speech) == -(-count // 22_050)
