"""Small made data: faces of a pattern and voices of a pitch an emotion, and folders laid out like the real ones."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from engine.branches import AudioConfig, FrameConfig, SliceConfig
from engine.emotions import COUNT, FER2013_ORDER, FERPLUS_COLUMNS, INDEX, SYNONYMS
from tests.media import make_clip
from trainer.datasets.example import VoiceClip
from trainer.datasets.fer2013 import FerImages
from trainer.datasets.sound import RATE_HZ, Waves
from trainer.stage2 import FaceBank, VoiceBank

FRAME = FrameConfig(0.125, (1, 1, 1), input_px=96, margin=0.0, crop_px=48, grey=True, head_channels=8, dropout=0.2)
SLICE = SliceConfig(0.125, input_px=32, margin=0.0, crop_px=48, grey=True, scale=1 / 64, head_channels=8, dropout=0.2)
AUDIO = AudioConfig(0.25, head_channels=16, lstm=(8, 128), dropout=0.2)

USAGES = ("Training", "PublicTest", "PrivateTest")
RAVDESS_CODES = {"neutral": 1, "happy": 3, "sad": 4, "angry": 5, "fear": 6, "disgust": 7, "surprise": 8}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """The networks here are too small for threads to pay."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def frame_config() -> FrameConfig:
    """The smallest frame branch."""
    return FRAME


@pytest.fixture(scope="session")
def slice_config() -> SliceConfig:
    """The smallest slice branch."""
    return SLICE


@pytest.fixture(scope="session")
def audio_config() -> AudioConfig:
    """The smallest audio branch."""
    return AUDIO


@pytest.fixture(scope="session")
def images() -> FerImages:
    """Three training faces of each emotion, in the order of the emotions, without votes."""
    label = np.tile(np.arange(COUNT), 3)
    return FerImages(faces(label), label, None, np.zeros(len(label), np.int64), np.zeros(len(label), np.bool_))


@pytest.fixture(scope="session")
def waves() -> Waves:
    """Three clips of 0.4, 1.5 and 2.1 s: angry, happy, sad."""
    lengths_s = {"angry": 0.4, "happy": 1.5, "sad": 2.1}
    clips = tuple(VoiceClip(Path(f"{name}.wav"), INDEX[name], "ravdess-01", "ravdess") for name in lengths_s)
    return Waves(clips, tuple(voice(INDEX[name], length_s) for name, length_s in lengths_s.items()))


@pytest.fixture
def face_bank() -> FaceBank:
    """Five faces an emotion with three frames and two slices each; a feature says its emotion and its face.

    Feature 0 to 6 is the emotion, one-hot times four; feature 10 is the number of the face over 100.
    """
    emotion = np.repeat(np.arange(COUNT), 5)
    target = np.eye(COUNT, dtype=np.float32)[emotion]
    frame = _marked(emotion, 3)
    return FaceBank(frame, _marked(emotion, 2), target, emotion)


@pytest.fixture
def voice_bank() -> VoiceBank:
    """Two clips of each emotion but surprise, of two and of five seconds; features 0 to 6 as in `face_bank`."""
    emotion = np.repeat(np.array([label for label in range(COUNT) if label != INDEX["surprise"]]), 2)
    seconds = []
    for clip, label in enumerate(emotion):
        rows = np.zeros((2 if clip % 2 else 5, 128), np.float32)
        rows[:, label] = 4
        rows[:, 10] = np.arange(len(rows))
        seconds.append(rows)
    return VoiceBank(tuple(seconds), emotion)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the one that the starter learns from: FER2013 with votes, RAVDESS and EmoDB.

    FER2013 has 14 training, 3 public and 2 private images of each emotion. The crowd agrees with the label on all of
    them, save that it calls every first public image sad and is undecided on every second one. RAVDESS has actor 1 to
    train, 15 to choose and 17 held out, with one clip of each emotion; EmoDB has speaker 03 and, to choose, 09.
    """
    folder = tmp_path_factory.mktemp("data")
    write_fer2013(folder)
    for actor in (1, 15, 17):
        for name, code in RAVDESS_CODES.items():
            path = folder / f"ravdess/Actor_{actor:02}/03-01-{code:02}-01-01-01-{actor:02}.wav"
            write_voice(path, INDEX[name], 0.6 + 0.1 * actor / 2)
    for speaker in ("03", "09"):
        write_voice(folder / f"emodb/{speaker}a01Fa.wav", INDEX["happy"], 0.8)
        write_voice(folder / f"emodb/{speaker}a01Wa.wav", INDEX["angry"], 0.8)
    return folder


def faces(label: np.ndarray, seed: int = 0, own: float = 0.5) -> np.ndarray:
    """Pictures (N, 48, 48) uint8: a pattern an emotion, mixed with one's own; no two are near-duplicates."""
    rng = np.random.default_rng(seed)
    patterns = np.random.default_rng(99).integers(0, 256, (COUNT, 8, 8))
    grids = (1 - own) * patterns[label] + own * rng.integers(0, 256, (len(label), 8, 8))
    return np.stack([cv2.resize(grid.astype(np.uint8), (48, 48), interpolation=cv2.INTER_CUBIC) for grid in grids])


def voice(emotion: int, length_s: float) -> np.ndarray:
    """(T,) float32 at 22,050 Hz: a tone whose pitch is of the emotion."""
    time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    return (0.5 * np.sin(2 * np.pi * 150 * (1 + emotion) * time_s)).astype(np.float32)


def write_voice(path: Path, emotion: int, length_s: float) -> Path:
    """A sound file of `voice`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return make_clip(path, sound=voice(emotion, length_s), sound_rate_hz=RATE_HZ)


def write_fer2013(folder: Path) -> None:
    """``fer2013.csv`` and ``fer2013new.csv`` as `data_folder` describes them."""
    counts = {"Training": 14, "PublicTest": 3, "PrivateTest": 2}
    label = np.concatenate([np.repeat(np.arange(COUNT), count) for count in counts.values()])
    usage = [name for name, count in counts.items() for _ in range(COUNT * count)]
    place = np.concatenate([np.tile(np.arange(count), COUNT) for count in counts.values()])
    column = {INDEX[SYNONYMS[name]]: at for at, name in enumerate(FERPLUS_COLUMNS) if name in SYNONYMS}
    rows, crowd = ["emotion,pixels,Usage"], [",".join(["Usage", "Image name", *FERPLUS_COLUMNS])]
    for number, (picture, emotion, name) in enumerate(zip(faces(label, seed=5), label, usage, strict=True)):
        votes = np.zeros(len(FERPLUS_COLUMNS), int)
        first, second = name == "PublicTest" and place[number] == 0, name == "PublicTest" and place[number] == 1
        votes[column[INDEX["sad"] if first else int(emotion)]] = 5 if second else 9
        votes[column[(int(emotion) + 1) % COUNT]] += 5 if second else 1
        number_there = FER2013_ORDER.index(next(key for key, index in INDEX.items() if index == emotion))
        rows.append(f"{number_there},{' '.join(map(str, picture.ravel()))},{name}")
        crowd.append(",".join([name, f"fer{number:07}.png", *map(str, votes)]))
    (folder / "fer2013.csv").write_text("\n".join(rows) + "\n")
    (folder / "fer2013new.csv").write_text("\n".join(crowd) + "\n")


def _marked(emotion: np.ndarray, views: int) -> np.ndarray:
    rows = np.zeros((len(emotion), views, 256), np.float32)
    rows[np.arange(len(emotion)), :, emotion] = 4
    rows[:, :, 10] = np.arange(len(emotion))[:, None] / 100
    return rows
