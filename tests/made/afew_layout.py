"""Makes folders laid out like AFEW, eNTERFACE'05 and FER2013: ``python -m tests.made.afew_layout OUT --clips 80``.

Clips of talking heads with an emotion are not openly had, so these are made: a still of FER2013 which the crowd's
majority calls by an emotion, enlarged, set in motion before a background, and an acted voice of the same emotion from
RAVDESS or EmoDB. A film is one speaker with stills that are in no other film. No still of a clip is in ``fer2013.csv``,
and none of the validation's is a near-duplicate of one that trains. What is learned from them says that the procedure
works, not how well it reads people.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from engine.emotions import COUNT, EMOTIONS, FER2013_ORDER, INDEX
from tests.media import make_clip
from trainer.datasets import emodb, ravdess
from trainer.datasets.example import VoiceClip
from trainer.datasets.fer2013 import FerImages, FerSplits, fer_splits, majority, read_fer2013
from trainer.datasets.sound import RATE_HZ, decode_mono

U8 = NDArray[np.uint8]

WIDTH: Final = 320
HEIGHT: Final = 240
RATE: Final = 25
FACE_SCALE: Final = (3.0, 4.0)
VALIDATION_SHARE: Final = 1 / 3
"""As 383 of AFEW's 1,156."""
ACTED_SHARE: Final = 1 / 4
"""Clips in eNTERFACE's layout, as a share of those in AFEW's."""
ENTERFACE_CODES: Final = {"angry": "an", "disgust": "di", "fear": "fe", "happy": "ha", "sad": "sa", "surprise": "su"}
AFEW_FOLDERS: Final = {
    "angry": "Angry", "disgust": "Disgust", "fear": "Fear", "happy": "Happy", "neutral": "Neutral", "sad": "Sad",
    "surprise": "Surprise",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """Speakers of each data set, none in two of them."""

    train: tuple[str, ...]
    val: tuple[str, ...]
    acted: tuple[str, ...]


def made_data(data: Path, out: Path, clips: int, stills: int, longest_s: float = 2.0, seed: int = 7) -> dict[str, int]:
    """Write ``out/AFEW``, ``out/eNTERFACE`` and ``out/fer2013.csv``; how many of each there are.

    Args:
        data: the folder with ``fer2013.npz``, ``ravdess`` and ``emodb``.
        clips: in AFEW's layout, both parts together.
        stills: rows of the csv.
    """
    rng = np.random.default_rng(seed)
    images = read_fer2013(data)
    splits = fer_splits(images, dev_share=0.2)  # enough of the rare emotions for the validation part
    voices = _Voices([*ravdess.read_voices(data / "ravdess"), *emodb.read_voices(data / "emodb")], rng)
    cast = _cast(voices.people(), rng)
    seen = _Stills(images, splits.train, rng)
    unseen = _Stills(images, splits.dev, rng)
    films: list[tuple[str, str]] = []
    counts = {
        "train": _afew(out / "AFEW", "Train_AFEW", cast.train, clips - round(clips * VALIDATION_SHARE), voices, seen,
                       films, longest_s, rng),
        "val": _afew(out / "AFEW", "Val_AFEW", cast.val, round(clips * VALIDATION_SHARE), voices, unseen, films,
                     longest_s, rng),
        "acted": _enterface(out / "eNTERFACE", cast.acted, round(clips * ACTED_SHARE), voices, seen, longest_s, rng),
        "stills": _fer2013(out / "fer2013.csv", images, splits, seen.used, stills, rng),
    }  # fmt: skip
    with (out / "AFEW" / "films.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("clip", "film"), *films])
    return counts


class _Voices:
    """Acted voices, each given out once."""

    def __init__(self, clips: Sequence[VoiceClip], rng: np.random.Generator) -> None:
        self._of: dict[tuple[str, int], list[VoiceClip]] = defaultdict(list)
        for place in rng.permutation(len(clips)):
            self._of[clips[place].person, clips[place].emotion].append(clips[place])

    def people(self) -> list[str]:
        return sorted({person for person, _ in self._of})

    def has(self, person: str, emotion: int) -> bool:
        return bool(self._of[person, emotion])

    def take(self, person: str, emotion: int) -> VoiceClip:
        return self._of[person, emotion].pop()


class _Stills:
    """Faces on which the crowd agrees, each given out once."""

    def __init__(self, images: FerImages, index: NDArray[np.int64], rng: np.random.Generator) -> None:
        assert images.votes is not None
        label = majority(images.votes)
        self._images = images
        self._of = [list(rng.permutation(index[label[index] == emotion])) for emotion in range(COUNT)]
        self.used: set[int] = set()

    def take(self, emotion: int) -> U8 | None:
        if not self._of[emotion]:
            return None
        place = int(self._of[emotion].pop())
        self.used.add(place)
        return np.asarray(self._images.pixels[place])


def _cast(people: list[str], rng: np.random.Generator) -> Cast:
    order = [people[place] for place in rng.permutation(len(people))]
    half, rest = len(order) // 2, 3 * len(order) // 4
    return Cast(tuple(sorted(order[:half])), tuple(sorted(order[half:rest])), tuple(sorted(order[rest:])))


def _roles(
    people: Sequence[str], count: int, emotions: Sequence[int], voices: _Voices, stills: _Stills
) -> Iterator[tuple[VoiceClip, U8]]:
    """Voices and faces of a number of clips, emotions and people taken in turns."""
    given = turn = 0
    while given < count and turn < 50 * count:
        emotion = emotions[turn % len(emotions)]
        person = people[(turn + turn // len(emotions)) % len(people)]
        turn += 1
        if voices.has(person, emotion) and (still := stills.take(emotion)) is not None:
            given += 1
            yield voices.take(person, emotion), still


def _afew(
    folder: Path, part: str, people: Sequence[str], count: int, voices: _Voices, stills: _Stills,
    films: list[tuple[str, str]], longest_s: float, rng: np.random.Generator,
) -> int:  # fmt: skip
    made = 0
    for voice, still in _roles(people, count, range(COUNT), voices, stills):
        name = f"{len(films):06}{rng.integers(1000):03}"  # a time in a film, as AFEW has it
        place = folder / part / AFEW_FOLDERS[EMOTIONS[voice.emotion]] / f"{name}.avi"
        talking_head(place, still, voice.path, longest_s, rng)
        films.append((f"{part}/{AFEW_FOLDERS[EMOTIONS[voice.emotion]]}/{name}", voice.person))
        made += 1
    return made


def _enterface(
    folder: Path, people: Sequence[str], count: int, voices: _Voices, stills: _Stills, longest_s: float,
    rng: np.random.Generator,
) -> int:  # fmt: skip
    sentences: dict[tuple[str, int], int] = defaultdict(int)
    made = 0
    for voice, still in _roles(people, count, [INDEX[name] for name in ENTERFACE_CODES], voices, stills):
        number, emotion = people.index(voice.person) + 1, EMOTIONS[voice.emotion]
        sentences[voice.person, voice.emotion] += 1
        sentence = sentences[voice.person, voice.emotion]
        name = f"s{number}_{ENTERFACE_CODES[emotion]}_{sentence}.avi"
        place = folder / f"subject {number}" / emotion / f"sentence {sentence}" / name
        talking_head(place, still, voice.path, longest_s, rng)
        made += 1
    return made


def _fer2013(
    path: Path, images: FerImages, splits: FerSplits, used: set[int], count: int, rng: np.random.Generator
) -> int:
    """Training images that are in no clip, by FER2013's own labels."""
    free = [place for place in rng.permutation(splits.train).tolist() if place not in used][:count]
    lines = ["emotion,pixels,Usage"]
    for place in free:
        number = FER2013_ORDER.index(EMOTIONS[images.label[place]])
        lines.append(f"{number},{' '.join(map(str, images.pixels[place].ravel()))},Training")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return len(free)


def talking_head(path: Path, still: U8, voice: Path, longest_s: float, rng: np.random.Generator) -> Path:
    """A clip of a still (48, 48) in motion and a voice, as long as the voice but at most `longest_s`."""
    wave = decode_mono(voice)[: round(longest_s * RATE_HZ)]
    count = max(2, round(len(wave) / RATE_HZ * RATE))
    path.parent.mkdir(parents=True, exist_ok=True)
    return make_clip(path, _moving(still, count, rng), sound=wave, sound_rate_hz=RATE_HZ, codec_options={"b": "1M"})


def _moving(still: U8, count: int, rng: np.random.Generator) -> Iterator[U8]:
    """The face drifts, turns, comes nearer and changes its light from one pose to another."""
    background, tint = _background(rng), np.array([1.0, rng.uniform(0.82, 0.92), rng.uniform(0.7, 0.85)])
    scale = rng.uniform(*FACE_SCALE)
    poses = rng.uniform(-1, 1, (2, 5)) * (6.0, 14.0, 8.0, 0.05, 0.12)  # degrees, px, px, share of scale, of light
    side = still.shape[0]
    face, mask = still.astype(np.float32), _oval(side)
    for step in range(count):
        ease = (1 - math.cos(math.pi * step / max(1, count - 1))) / 2
        angle, x, y, nearer, light = poses[0] * (1 - ease) + poses[1] * ease
        turn = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), angle, scale * (1 + nearer))
        turn[:, 2] += (WIDTH / 2 + x - (side - 1) / 2, HEIGHT / 2 + y - (side - 1) / 2)
        moved = cv2.warpAffine(face, turn, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        cover = cv2.warpAffine(mask, turn, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)[..., None]
        picture = cover * moved[..., None] * tint * (1 + light) + (1 - cover) * background
        yield np.asarray(np.clip(picture, 0, 255), np.uint8)


def _background(rng: np.random.Generator) -> NDArray[np.float32]:
    coarse = rng.uniform(30, 200, (3, 4, 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)


def _oval(side: int) -> NDArray[np.float32]:
    """1 on the face, falling to 0 at the edge of the still."""
    at = (np.arange(side) + 0.5) / side * 2 - 1
    edge = np.maximum(np.abs(at[:, None]), np.abs(at[None, :]))
    return np.asarray(np.clip((1 - edge) / 0.12, 0, 1), np.float32)


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--data", default=Path("../shared/data"), show_default=True, type=click.Path(path_type=Path))
@click.option("--clips", default=80, show_default=True, type=click.IntRange(14), help="In AFEW's layout.")
@click.option("--stills", default=700, show_default=True, type=click.IntRange(7), help="Rows of fer2013.csv.")
@click.option("--longest", default=2.0, show_default=True, type=click.FloatRange(0.5), help="Seconds a clip at most.")
def main(out: Path, data: Path, clips: int, stills: int, longest: float) -> None:
    """Write the folders, and say how many clips they have."""
    counts = made_data(data, out, clips, stills, longest)
    click.echo(", ".join(f"{name} {count}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
