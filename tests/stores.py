"""Feature stores and projects made by hand: one face all the time, speech in every second, and known emotions.

What is seen and heard changes every few seconds: all features of a moment are those of its emotion, with some noise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from app.learning.analysed import Analysed
from app.learning.rescoring import Kept, again
from app.project import edits
from app.project.analyses import AnalysisStore
from app.project.outline import AnalysisOutline
from app.project.store import create_project
from app.project.values import Correction, Medium
from engine.branches import AUDIO_RATE_HZ, FEATURES, AudioConfig, FrameConfig, SliceConfig
from engine.bundle import Bundle, Manifest, load_bundle, new_bundle, write_bundle
from engine.device import Device
from engine.emotions import COUNT, EMOTIONS
from engine.faces.appearance import SIZE
from engine.features import Evidence, FeatureStore, FeatureWriter, address
from engine.model import Model
from engine.values import BRANCHES, Analysis, FaceTrack, MediaInfo
from engine.windows import SLICE_S, slice_grid

RATE_HZ: Final = 25
MOMENT_S: Final = 5.0
"""How long an emotion lasts."""
CPU: Final = Device("cpu", "fp32", "asked for")
PIECE_S: Final = 600
NOISE: Final = 0.3


@dataclass(frozen=True, slots=True)
class MadeVideo:
    """A video that is nothing but a feature store."""

    id: str
    duration_s: float
    seed: int = 0

    @property
    def sha256(self) -> str:
        return f"{abs(hash_of(self.id)):064x}"

    @property
    def info(self) -> MediaInfo:
        frames = round(self.duration_s * RATE_HZ)
        return MediaInfo(f"{self.id}.mp4", self.sha256, 1000, self.duration_s, 640, 360, frames, 25.0, False, 0, True)

    @property
    def medium(self) -> Medium:
        return Medium(self.id, f"{self.id}.mp4", 1000, self.sha256, self.duration_s, f"2026-01-01 {self.id}")

    def emotion(self, time_s: float) -> int:
        """What a moment shows, as a number of the labels."""
        return int(self.emotions[int(time_s / MOMENT_S)])

    @property
    def emotions(self) -> np.ndarray:
        moments = int(np.ceil(self.duration_s / MOMENT_S)) + 1
        return np.random.default_rng([self.seed, 1]).permutation(np.arange(moments) % COUNT)


def hash_of(text: str) -> int:
    """The same number for a text in every process."""
    return int.from_bytes(text.encode()[:24], "big")


def tiny_bundle(folder: Path, name: str = "tiny", seed: int = 0) -> Bundle:
    """A bundle with random weights, written into a folder."""
    manifest = Manifest(
        name, "1", "compact", "none",
        frame=FrameConfig(0.125, (1, 1, 1), input_px=96, crop_px=48, grey=True, margin=0.0, head_channels=8),
        slice=SliceConfig(0.125, input_px=64, crop_px=48, grey=True, margin=0.0, head_channels=8),
        audio=AudioConfig(0.25, head_channels=16, lstm=(16, 128)),
    )  # fmt: skip
    made = new_bundle(manifest, seed)
    write_bundle(folder, manifest, made.branches, made.fusion)
    return load_bundle(folder)


def make_store(home: Path, bundle: Bundle, video: MadeVideo, shot_s: float = 300.0) -> FeatureStore:
    """Write the feature store of a video, as analysing it with a bundle would leave it.

    Args:
        shot_s: length of its shots, each with a track of its own.
    """
    settings = {"trunks": bundle.trunk_settings(), "device": CPU.name, "start_s": 0.0, "end_s": video.duration_s}
    writer = FeatureWriter(home / address(video.sha256, settings))
    times_s = np.arange(round(video.duration_s * RATE_HZ)) / RATE_HZ
    shot_start_s = np.arange(0.0, video.duration_s, shot_s)
    shot_end_s = np.append(shot_start_s[1:], video.duration_s)
    slices = [slice_grid(*shot) for shot in zip(shot_start_s.tolist(), shot_end_s.tolist(), strict=True)]
    slice_shot = np.repeat(np.arange(len(slices)), [len(starts) for starts in slices])
    slice_start_s = np.concatenate(slices)
    second = np.arange(int(video.duration_s))
    shot = np.searchsorted(shot_start_s, times_s, side="right") - 1
    looks = _Looks(video)
    looks.write(writer, "frame", np.stack([shot, np.arange(len(times_s))], 1), times_s)
    looks.write(writer, "slice", np.stack([slice_shot, np.arange(len(slice_shot))], 1), slice_start_s + SLICE_S / 2)
    looks.write(writer, "audio", second[:, None], second + 0.5)
    return writer.finish(
        Evidence(
            media=video.info, start_s=0.0, end_s=video.duration_s, times_s=times_s, shot_start_s=shot_start_s,
            shot_end_s=shot_end_s, tracks=tuple(_tracks(times_s, shot)), slice_track=slice_shot, slice_shot=slice_shot,
            slice_start_s=slice_start_s, second=second, speech_share=np.ones(len(second)),
            silent=np.zeros(len(second)), samples=np.full(len(second), AUDIO_RATE_HZ), sound_start_s=0.0,
            sound_end_s=video.duration_s, unreadable=(),
        )
    )  # fmt: skip


def analysed_as(bundle: Bundle, store: FeatureStore) -> Analysis:
    """The analysis of a made store."""
    e = store.evidence
    outline = AnalysisOutline(e.media, bundle.ref, CPU.name, e.start_s, e.end_s, {}, str(store.folder))
    steps = Kept(again(Model(bundle, CPU), Analysed(outline, store.folder)))
    for _ in steps:
        pass
    assert steps.result is not None
    return steps.result


def make_study(
    folder: Path, bundle: Bundle, videos: Sequence[MadeVideo], corrections: int = 0, home: Path | None = None,
    **changes: object,
) -> Path:  # fmt: skip
    """A project of made videos, each analysed, and with that many right corrections spread over them.

    Args:
        home: of the feature stores; beside the project by default.
        changes: of every correction.
    """
    path = folder / "study.affectline"
    said = [one for number, video in enumerate(videos) for one in right(video, _share(corrections, videos, number))]
    with create_project(path, who="ana") as project, AnalysisStore(path) as analyses:
        project.do(edits.add_media([video.medium for video in videos]))
        project.do(replace(edits.together("Label", []), added=tuple(replace(one, **changes) for one in said)))
        for video in videos:
            analyses.save(video.id, analysed_as(bundle, make_store(home or folder / "features", bundle, video)))
    return path


def right(video: MadeVideo, count: int) -> Iterator[Correction]:
    """Corrections of the first moments of a video, saying what they show."""
    for number in range(count):
        start_s = number * MOMENT_S + 1.0
        yield Correction(
            f"{video.id}-{number}", video.id, "person-1", start_s, start_s + 2.0, EMOTIONS[video.emotion(start_s)],
            "blank", "ana", "both", "", "2026-01-01T00:00:00.000+00:00",
        )  # fmt: skip


def _share(corrections: int, videos: Sequence[MadeVideo], number: int) -> int:
    return corrections // len(videos) + (number < corrections % len(videos))


def _tracks(times_s: np.ndarray, shot: np.ndarray) -> Iterator[FaceTrack]:
    descriptor = np.eye(SIZE)[0]
    for number in np.unique(shot):
        index = np.flatnonzero(shot == number)
        box = np.tile([100.0, 50.0, 120.0, 120.0], (len(index), 1))
        score = np.full(len(index), 0.99)
        yield FaceTrack(int(number), int(number), index, times_s[index], box, score, index % 5 == 0, descriptor)


class _Looks:
    """What the branches make of the emotions of a video."""

    def __init__(self, video: MadeVideo) -> None:
        self._emotions = video.emotions
        self._random = np.random.default_rng([video.seed, 2])
        draw = np.random.default_rng(7)
        self._typical = {name: draw.random((COUNT, FEATURES[name]), np.float32) for name in BRANCHES}

    def write(self, writer: FeatureWriter, branch: str, keys: np.ndarray, middle_s: np.ndarray) -> None:
        typical = self._typical[branch]  # type: ignore[index]
        piece = PIECE_S * RATE_HZ
        for at in range(0, len(keys), piece):
            shown = self._emotions[(middle_s[at : at + piece] / MOMENT_S).astype(np.int64)]
            noise = self._random.random((len(shown), typical.shape[1]), np.float32)
            writer.append(branch, keys[at : at + piece], typical[shown] + NOISE * noise)  # type: ignore[arg-type]
