"""Frozen values that cross threads and layers: dataclasses around read-only numpy arrays, checked when made.

Times are media seconds from the container's timestamps; intervals are half-open ``[start_s, end_s)``.
Boxes are ``x, y, width, height`` in pixels of the upright (rotated) picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.emotions import COUNT

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

BranchName = Literal["frame", "slice", "audio"]
BRANCHES: tuple[BranchName, ...] = ("frame", "slice", "audio")
GapKind = Literal["no_face", "no_audio", "silence", "no_speech", "unreadable", "cut"]


def _freeze(owner: Any, name: str, dtype: Any, shape: tuple[int | None, ...]) -> None:
    """Replace an array field by a read-only one of the given dtype; None in `shape` is any length."""
    given = np.asarray(getattr(owner, name), dtype=dtype)
    if given.ndim != len(shape) or any(want not in (None, have) for want, have in zip(shape, given.shape, strict=True)):
        raise ValueError(f"{type(owner).__name__}.{name}: shape {given.shape}, expected {shape}")
    if given.flags.writeable:
        given = given.view()
        given.flags.writeable = False
    object.__setattr__(owner, name, given)


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a media file is. `width` and `height` are of the upright picture, after rotation."""

    path: str
    sha256: str
    size_bytes: int
    duration_s: float
    width: int
    height: int
    frame_count: int
    average_rate_hz: float
    variable_rate: bool
    rotation_deg: int
    has_audio: bool
    video_codec: str | None = None
    audio_codec: str | None = None

    @property
    def has_video(self) -> bool:
        return self.frame_count > 0


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture: `rgb` (H, W, 3) uint8, upright."""

    index: int
    time_s: float
    rgb: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which something is missing; a cut has `start_s == end_s`."""

    kind: GapKind
    start_s: float
    end_s: float
    person: str | None = None


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """One face followed within a shot.

    `frame_index` (T,) int64 into the media's frames, `time_s` (T,), `box` (T, 4) float32 xywh px,
    `score` (T,) detector probability (of the nearest detection where the box was carried),
    `detected` (T,) True where MTCNN itself saw the face in this frame, `descriptor` (D,) float32 appearance.
    """

    id: int
    shot: int
    frame_index: Ints
    time_s: F64
    box: F32
    score: F32
    detected: Bools
    descriptor: F32

    def __post_init__(self) -> None:
        count = len(self.time_s)
        _freeze(self, "frame_index", np.int64, (count,))
        _freeze(self, "time_s", np.float64, (count,))
        _freeze(self, "box", np.float32, (count, 4))
        _freeze(self, "score", np.float32, (count,))
        _freeze(self, "detected", np.bool_, (count,))
        _freeze(self, "descriptor", np.float32, (None,))


@dataclass(frozen=True, slots=True)
class Track:
    """Probabilities at a branch's own rate: `start_s` (T,), `end_s` (T,), `probabilities` (T, 7) float32."""

    start_s: F64
    end_s: F64
    probabilities: F32

    def __post_init__(self) -> None:
        _freeze(self, "start_s", np.float64, (None,))
        _freeze(self, "end_s", np.float64, (len(self.start_s),))
        _freeze(self, "probabilities", np.float32, (len(self.start_s), COUNT))

    def __len__(self) -> int:
        return len(self.start_s)


@dataclass(frozen=True, slots=True)
class FrameTrack:
    """The frame branch of one person, one row a frame in which the face is seen."""

    time_s: F64
    box: F32
    score: F32
    detected: Bools
    probabilities: F32

    def __post_init__(self) -> None:
        count = len(self.time_s)
        _freeze(self, "time_s", np.float64, (None,))
        _freeze(self, "box", np.float32, (count, 4))
        _freeze(self, "score", np.float32, (count,))
        _freeze(self, "detected", np.bool_, (count,))
        _freeze(self, "probabilities", np.float32, (count, COUNT))

    def __len__(self) -> int:
        return len(self.time_s)


@dataclass(frozen=True, slots=True)
class SecondTrack:
    """The audio branch, one row a second of media time; `speech` says whether the fusion may use it."""

    start_s: F64
    end_s: F64
    speech: Bools
    probabilities: F32

    def __post_init__(self) -> None:
        count = len(self.start_s)
        _freeze(self, "start_s", np.float64, (None,))
        _freeze(self, "end_s", np.float64, (count,))
        _freeze(self, "speech", np.bool_, (count,))
        _freeze(self, "probabilities", np.float32, (count, COUNT))

    def __len__(self) -> int:
        return len(self.start_s)


@dataclass(frozen=True, slots=True)
class FusedTrack:
    """Fused windows: `raw` before and `probabilities` after smoothing, both (T, 7); `branches` says what was used."""

    start_s: F64
    end_s: F64
    probabilities: F32
    raw: F32
    branches: tuple[str, ...]

    def __post_init__(self) -> None:
        count = len(self.start_s)
        _freeze(self, "start_s", np.float64, (None,))
        _freeze(self, "end_s", np.float64, (count,))
        _freeze(self, "probabilities", np.float32, (count, COUNT))
        _freeze(self, "raw", np.float32, (count, COUNT))
        if len(self.branches) != count:
            raise ValueError(f"FusedTrack.branches: {len(self.branches)} for {count} windows")

    def __len__(self) -> int:
        return len(self.start_s)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of one leading emotion."""

    start_s: float
    end_s: float
    emotion: str
    confidence: float
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Label:
    """One answer for a person or a whole video."""

    emotion: str
    confidence: float
    probabilities: F32
    branches: str

    def __post_init__(self) -> None:
        _freeze(self, "probabilities", np.float32, (COUNT,))


@dataclass(frozen=True, slots=True)
class Person:
    """Tracks of one video that belong together."""

    id: str
    name: str | None
    present_s: float
    tracks: tuple[int, ...]
    frames: FrameTrack
    slices: Track
    fused: FusedTrack
    segments: tuple[Segment, ...]
    label: Label | None


@dataclass(frozen=True, slots=True)
class BundleRef:
    """Which model answered."""

    name: str
    revision: str
    sha256: str
    profile: str


@dataclass(frozen=True, slots=True)
class Timing:
    """`wall_s` runs from the model being loaded to the last label; `load_s` is before it."""

    wall_s: float
    load_s: float
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything the engine says about one video (or one range of it)."""

    media: MediaInfo
    bundle: BundleRef
    device: str
    start_s: float
    end_s: float
    people: tuple[Person, ...]
    seconds: SecondTrack
    unseen: FusedTrack
    unseen_segments: tuple[Segment, ...]
    label: Label | None
    label_reason: str
    gaps: tuple[Gap, ...]
    timing: Timing
    features: str | None
    """Folder of the feature store that holds this analysis' features, or None when it was not kept."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a running analysis is. `done_s` and `total_s` are media seconds of the range asked for."""

    done_s: float
    total_s: float
    frames: int
    elapsed_s: float

    @property
    def frames_per_s(self) -> float:
        return self.frames / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Seconds of work left at the speed so far; None before anything is known."""
        if self.done_s <= 0:
            return None
        return max(0.0, self.elapsed_s * (self.total_s - self.done_s) / self.done_s)


@dataclass(frozen=True, slots=True)
class Part:
    """A partial result while the video is still being read: one branch's new rows of one track.

    For `audio`, `track` is None. Persons and fused windows come with the final `Analysis`.
    """

    branch: BranchName
    track: int | None
    rows: Track
