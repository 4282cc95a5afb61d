"""Simulated participants: one actor's voice each, and a look that the starter was never shown.

Their faces are stills that neither trained nor chose anything, all changed in one way (a light, a warp, something
worn) and then set in motion; their features are those of the bundle's own branches, kept in a work folder.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from engine.branches import SLICE_FRAMES
from engine.bundle import Bundle
from engine.emotions import COUNT, INDEX
from engine.inputs import audio_input, frame_input, slice_input
from trainer import augment
from trainer.checkpoint import read_tensors, write_tensors
from trainer.datasets import ravdess
from trainer.datasets.fer2013 import FerImages, fer_splits, majority, read_fer2013
from trainer.datasets.sound import read_waves, voice_windows
from trainer.windows import FeatureSet

PER_CLASS: Final = 60
"""Most faces of a class that a participant has; of disgust and fear there are 5 and 15."""
VIEWS: Final = 2
TEST_SHARE: Final = 0.4
VIDEOS: Final = {"learn": 6, "test": 4}
FRAMES, SLICES = 24, 4
PURE: Final = 0.5
HEARD: Final = 0.5
"""Share of the windows in which the participant speaks."""

Look = Callable[[torch.Tensor], torch.Tensor]
"""Stills (N, 1, 48, 48) float 0..255 to the same, changed."""


@dataclass(frozen=True, slots=True)
class Participant:
    """`faces` is 0, 1 or 2: sets without a face in common, save that 2 shares the few of disgust and fear with 1."""

    name: str
    actor: int
    look: str
    faces: int


@dataclass(frozen=True, slots=True)
class Window:
    """What a coder looks at once: 2.56 s of one participant in one video."""

    features: FeatureSet
    emotion: int
    video: str


@dataclass(frozen=True, slots=True)
class Person:
    """A participant's windows, those of the videos to learn from and those of the others."""

    name: str
    learn: tuple[Window, ...]
    test: tuple[Window, ...]


# Looks


def _ramp(axis: int) -> torch.Tensor:
    """(48, 48) from -1 to 1 down (0) or to the right (1)."""
    line = torch.linspace(-1, 1, 48)
    return line[:, None].expand(48, 48) if axis == 0 else line[None, :].expand(48, 48)


def _moved(pictures: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Every pixel taken from elsewhere: `x`, `y` (48, 48) are added to its place, in [-1, 1]."""
    grid = torch.stack([_ramp(1) + x, _ramp(0) + y], -1)[None].expand(len(pictures), -1, -1, -1)
    return torch.nn.functional.grid_sample(pictures, grid, padding_mode="border", align_corners=True)


def _bump(x: float, y: float, reach: float) -> torch.Tensor:
    """(48, 48) 1 at a point in [-1, 1], falling to 0 around it."""
    return torch.exp(-((_ramp(1) - x) ** 2 + (_ramp(0) - y) ** 2) / (2 * reach**2))


def stretched(pictures: torch.Tensor) -> torch.Tensor:
    """As by a lens that makes faces narrow and long."""
    return _moved(pictures, 0.7 * _ramp(1), -0.35 * _ramp(0))


def widened(pictures: torch.Tensor) -> torch.Tensor:
    """As by a lens that makes faces broad and short."""
    return _moved(pictures, -0.45 * _ramp(1), 0.45 * _ramp(0))


def masked(pictures: torch.Tensor) -> torch.Tensor:
    """A bright cloth over mouth and chin."""
    worn = pictures.clone()
    worn[..., 29:44, 8:40] = 200
    return worn


def drooping(pictures: torch.Tensor) -> torch.Tensor:
    """The corners of the mouth are pulled down and the brows with them."""
    places = ((-0.38, 0.5), (0.38, 0.5), (-0.3, -0.4), (0.3, -0.4))
    pull = torch.stack([_bump(x, y, 0.2) for x, y in places]).sum(0)
    return _moved(pictures, torch.zeros(48, 48), -0.4 * pull)


def lit_from_below(pictures: torch.Tensor) -> torch.Tensor:
    """Hard light on a broad face: the brow is lost in the dark and the chin in the bright."""
    broad = _moved(pictures, -0.3 * _ramp(1), 0.3 * _ramp(0))
    return (broad * (0.55 + 1.3 * _ramp(0))).clamp(0, 255)


def leaning(pictures: torch.Tensor) -> torch.Tensor:
    """A long face that leans to one side by 30 degrees."""
    long = _moved(pictures, 0.4 * _ramp(1), -0.2 * _ramp(0))
    cos, sin = 0.866, 0.5
    across, down = _ramp(1), _ramp(0)
    return _moved(long, cos * across - sin * down - across, sin * across + cos * down - down)


def through_blinds(pictures: torch.Tensor) -> torch.Tensor:
    """Upright stripes of shadow."""
    shadow = 0.7 * ((torch.arange(48) // 4) % 2)
    return (pictures * (1 - shadow)).clamp(0, 255)


def muffled(pictures: torch.Tensor) -> torch.Tensor:
    """Low brows above a dark scarf."""
    pull = 0.4 * (_bump(-0.3, -0.4, 0.22) + _bump(0.3, -0.4, 0.22))
    worn = _moved(pictures, torch.zeros(48, 48), -pull)
    worn[..., 34:, 6:42] = 40
    return worn


LOOKS: Final[Mapping[str, Look]] = {
    look.__name__: look
    for look in (
        stretched, widened, masked, drooping, lit_from_below, leaning, through_blinds, muffled,
    )
}  # fmt: skip

PARTICIPANTS: Final = (
    Participant("A", 17, "stretched", 0),
    Participant("B", 18, "masked", 0),
    Participant("C", 19, "widened", 1),
    Participant("D", 20, "drooping", 1),
    Participant("E", 17, "lit_from_below", 2),
    Participant("F", 18, "leaning", 2),
    Participant("G", 19, "through_blinds", 2),
    Participant("H", 20, "muffled", 2),
)
"""The first four chose the defaults of fine-tuning, the others judge them."""
JUDGES: Final = PARTICIPANTS[4:]


# Features


def people(bundle: Bundle, data: Path, work: Path, wanted: tuple[Participant, ...] = PARTICIPANTS) -> list[Person]:
    """The participants' windows; features are computed once and kept in `work`."""
    work.mkdir(parents=True, exist_ok=True)
    places = {who: work / f"{who.name}-{bundle.sha256[:12]}.safetensors" for who in wanted}
    missing = [who for who, path in places.items() if not path.exists()]
    if missing:
        images = read_fer2013(data)
        splits = fer_splits(images)
        public = np.setdiff1d(splits.public, splits.public_repeats)
        for who in missing:
            write_tensors(places[who], _features(bundle, images, public, data, who))
    return [_person(who, path) for who, path in places.items()]


def _features(
    bundle: Bundle, images: FerImages, public: np.ndarray, data: Path, who: Participant
) -> dict[str, torch.Tensor]:
    """Everything about a participant that needs pictures and sound."""
    index, emotion = _faces_of(images, public, who)
    frame, slices = _face_features(bundle, images, index, LOOKS[who.look], PARTICIPANTS.index(who))
    sound, first, heard, take = _voice_features(bundle, data, who.actor)
    arrays = {
        "frame": frame, "slice": slices, "emotion": emotion,
        "sound": sound, "first": first, "heard": heard, "take": take,
    }  # fmt: skip
    return {name: torch.from_numpy(value) for name, value in arrays.items()}


def _person(who: Participant, path: Path) -> Person:
    kept = {name: value.numpy() for name, value in read_tensors(path)[0].items()}
    emotion = kept["emotion"]
    clips = np.split(kept["sound"], kept["first"][1:])
    rng = np.random.default_rng([7, PARTICIPANTS.index(who)])
    sides = _sides(emotion, rng)
    made = {}
    for side, rows in sides.items():
        voices = [[clips[i] for i in np.flatnonzero((kept["heard"] == label) & (kept["take"] == (side == "test")))]
                  for label in range(COUNT)]  # fmt: skip
        made[side] = tuple(_windows(kept, emotion, rows, voices, f"{who.name}-{side}", VIDEOS[side], rng))
    return Person(f"{who.name} ({who.look}, actor {who.actor})", made["learn"], made["test"])


def _faces_of(images: FerImages, public: np.ndarray, who: Participant) -> tuple[np.ndarray, np.ndarray]:
    """Indices of a participant's stills, at most `PER_CLASS` of each emotion, and the crowd's emotion of each."""
    assert images.votes is not None
    label = majority(images.votes)[public]
    rng = np.random.default_rng([5, 0])
    mine = []
    for emotion in range(COUNT):
        some = rng.permutation(public[label == emotion])
        first, second = some[: len(some) // 2], some[len(some) // 2 :]
        rest = np.concatenate([first[PER_CLASS:], second[PER_CLASS:]])
        chosen = (first, second, rest if len(rest) else second)[who.faces]
        mine.append(chosen[:PER_CLASS])
    index = np.concatenate(mine)
    return index, majority(images.votes)[index]


@torch.inference_mode()
def _face_features(
    bundle: Bundle, images: FerImages, index: np.ndarray, look: Look, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """(M, V, 256) of frames and (M, 256) of a slice of each still, changed and set in motion. Never mirrored: a look
    may be of one side."""
    m, change = bundle.manifest, augment.FaceAugment(flip=0.0)
    frames, slices = [], []
    steps = np.linspace(0, SLICE_FRAMES - 1, VIEWS).round().astype(int)
    for at in range(0, len(index), 8):
        stills = look(torch.from_numpy(images.pixels[index[at : at + 8]]).float()[:, None])
        rng = np.random.default_rng([seed, at])
        runs = augment.in_motion(stills, SLICE_FRAMES, change, augment.Motion(), rng)
        flat = runs[:, steps].flatten(0, 1)
        frames.append(bundle.branches["frame"](frame_input(flat, m.frame)).unflatten(0, (-1, VIEWS)))
        slices.append(bundle.branches["slice"](slice_input(runs, m.slice)))
    return torch.cat(frames).half().float().numpy(), torch.cat(slices).half().float().numpy()


@torch.inference_mode()
def _voice_features(bundle: Bundle, data: Path, actor: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features (S, 128) of all seconds of an actor, the first row, the emotion and the sentence (0, 1) of each clip."""
    clips = [clip for clip in ravdess.read_voices(data / "ravdess") if clip.person == f"ravdess-{actor:02}"]
    waves = read_waves(clips)
    seconds = [voice_windows(wave).samples for wave in waves.samples]
    batch = torch.from_numpy(np.concatenate(seconds))
    features = bundle.branches["audio"](audio_input(batch, bundle.manifest.audio)).half().float().numpy()
    first = np.cumsum([0, *(len(item) for item in seconds)])[:-1]
    sentence = np.array([int(clip.path.stem.split("-")[4]) - 1 for clip in waves.clips])
    return features, first, np.array([clip.emotion for clip in waves.clips]), sentence


# Windows


def _sides(emotion: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Rows of the faces to learn from and of those in the other videos, of every class some."""
    test, learn = [], []
    for label in range(COUNT):
        rows = rng.permutation(np.flatnonzero(emotion == label))
        stop = round(TEST_SHARE * len(rows))
        test.append(rows[:stop])
        learn.append(rows[stop:])
    return {"learn": np.concatenate(learn), "test": np.concatenate(test)}


def _windows(
    kept: Mapping[str, np.ndarray], emotion: np.ndarray, rows: np.ndarray, voices: list[list[np.ndarray]],
    name: str, videos: int, rng: np.random.Generator,
) -> list[Window]:  # fmt: skip
    """One window a face; half of the others begin or end neutral, and in half of them the participant speaks."""
    rest = rows[emotion[rows] == INDEX["neutral"]]
    windows = []
    for number, row in enumerate(rng.permutation(rows)):
        label = int(emotion[row])
        pure = label == INDEX["neutral"] or rng.random() < PURE
        share = 1.0 if pure else rng.uniform(0.4, 1.0)
        place = rng.uniform(0, 1 - share) if share < 1 else 0.0
        still = int(rng.choice(rest))
        sets = []
        for bank, count in ((kept["frame"], FRAMES), (kept["slice"][:, None], SLICES)):
            at = (np.arange(count) + 0.5) / count
            who = np.where((at >= place) & (at < place + share), row, still)
            sets.append(bank[who, rng.integers(0, bank.shape[1], count)])
        said = voices[label][int(rng.integers(len(voices[label])))][:3] if rng.random() < HEARD else np.zeros((0, 128))
        windows.append(Window((sets[0], sets[1], said.astype(np.float32)), label, f"{name}-{number % videos}"))
    return windows
