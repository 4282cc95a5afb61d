"""The bundled model: whole, small, what its card says, and with answers that mean something."""

from pathlib import Path

import numpy as np
import pytest
import skimage.data

import resources
from engine.analyse import Options, analyse_with
from engine.bundle import MANIFEST, Bundle, load_bundle, verify_bundle
from engine.device import choose_device
from engine.emotions import INDEX
from engine.faces.crops import square_crop
from engine.faces.detector import FaceDetector
from engine.model import Model
from engine.values import Analysis

ROOT = Path(next(iter(resources.__path__)))
STARTER = ROOT / "bundles" / "starter"


@pytest.fixture(scope="module")
def starter() -> Bundle:
    return load_bundle(STARTER)


@pytest.fixture(scope="module")
def model(starter: Bundle) -> Model:
    return Model(starter, choose_device("cpu", starter.manifest.wide))


@pytest.fixture(scope="module")
def demo(model: Model) -> Analysis:
    *_, last = analyse_with(ROOT / "demo" / "demo.mp4", model, Options())
    assert isinstance(last, Analysis)
    return last


def test_it_is_whole_and_small() -> None:
    assert verify_bundle(STARTER) == []
    assert sum(path.stat().st_size for path in STARTER.iterdir()) < 40e6


def test_its_card_is_of_these_weights(starter: Bundle) -> None:
    card = (STARTER / "MODEL_CARD.md").read_text("utf-8")
    assert f"`{starter.sha256}`" in card, f"write the card anew: {MANIFEST} has changed"
    assert "non-commercial" in starter.manifest.terms


def test_the_test_speakers_trained_nothing(starter: Bundle) -> None:
    groups = " ".join(starter.manifest.groups)
    assert "ravdess-14" in groups
    assert not any(f"ravdess-{actor}" in groups for actor in (17, 18, 19, 20))


def test_a_smiling_face_is_happy(model: Model) -> None:
    photograph = skimage.data.astronaut()
    box = FaceDetector("cpu").detect([photograph])[0].box[0]
    frame = model.bundle.manifest.frame
    crop = square_crop(photograph, box, frame.margin, frame.crop_px)
    grey = np.rint(crop @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)[None, ..., None]
    answer = model.probabilities("frame", model.frame_features(grey))[0]
    assert answer.argmax() == INDEX["happy"]
    assert answer.max() > 0.8


def test_two_people_and_the_cuts_of_the_demo(demo: Analysis) -> None:
    assert [round(gap.start_s, 3) for gap in demo.gaps if gap.kind == "cut"] == [8.0, 17.6, 22.4]
    assert [person.id for person in demo.people] == ["person-1", "person-2"]
    assert [round(person.present_s, 1) for person in demo.people] == [16.8, 14.4]
    assert any(gap.kind == "silence" and gap.start_s == 14.0 for gap in demo.gaps)


@pytest.mark.parametrize(
    ("person", "start_s", "end_s", "emotion"),
    [(0, 4.4, 8.0, "happy"), (0, 18.4, 22.4, "surprise"), (1, 11.2, 13.6, "sad"), (1, 15.0, 17.6, "surprise")],
)
def test_the_frame_branch_reads_the_demo(
    demo: Analysis, person: int, start_s: float, end_s: float, emotion: str
) -> None:
    frames = demo.people[person].frames
    shown = (frames.time_s >= start_s) & (frames.time_s < end_s)
    assert frames.probabilities[shown].mean(0).argmax() == INDEX[emotion]


def test_the_acted_clip_turns_from_sad_to_happy(model: Model) -> None:
    clip = Path(__file__).parents[3] / "../shared/data/clips/WolfgangLanger_Pexels.mp4"
    if not clip.exists():
        pytest.skip("the example clips are not here")
    *_, last = analyse_with(clip, model, Options())
    assert isinstance(last, Analysis)
    (person,) = last.people
    for start_s, end_s, emotion in ((0.0, 5.5, "sad"), (10.5, 19.0, "happy")):
        for starts, ends, rows in (
            (person.frames.time_s, person.frames.time_s, person.frames.probabilities),
            (person.fused.start_s, person.fused.end_s, person.fused.probabilities),
        ):
            middle_s = (starts + ends) / 2
            within = (middle_s >= start_s) & (middle_s < end_s)
            assert rows[within].mean(0).argmax() == INDEX[emotion]
    assert set(person.fused.branches) == {"frame+slice"}, "its sound is digital silence"
