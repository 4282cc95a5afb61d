"""The windows of a person or of a voice alone, as columns: where they lie and which rows of the store they pool."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.answering.rows import AUDIO_OVERLAP_S, Face, Heard, Rows, Sound, runs_within
from engine.bundle import WindowConfig
from engine.values import BRANCHES, F64, Bools, Ints
from engine.windows import window_grid

_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows (N,) to be fused, in order of time.

    `restart` (N,) marks the first of each stretch. `frames` and `slices` (2, N) are runs, first and one past the last,
    of `frame_row` and `slice_row`, and `heard` the places in `second_row` that each window pools.
    """

    start_s: F64
    end_s: F64
    restart: Bools
    frame_row: Ints
    frames: Ints
    slice_row: Ints
    slices: Ints
    second_row: Ints
    heard: Heard

    def __len__(self) -> int:
        return len(self.start_s)

    def rows(self, number: int) -> tuple[Ints, Ints, Ints]:
        """Rows of frames, slices and seconds of one window."""
        frame, slice_ = (slice(*run[:, number]) for run in (self.frames, self.slices))
        seconds = self.second_row[self.heard.place[number][self.heard.mask[number]]]
        return self.frame_row[frame], self.slice_row[slice_], seconds

    @property
    def branches(self) -> tuple[str, ...]:
        """What each window is fused from: "frame+slice+audio"."""
        there = (self.frames[1] > self.frames[0], self.slices[1] > self.slices[0], self.heard.mask.any(1))
        names = ["+".join(name for bit, name in enumerate(BRANCHES) if code >> bit & 1) for code in range(8)]
        codes = sum(has.astype(np.int64) << bit for bit, has in enumerate(there))
        return tuple(names[code] for code in np.asarray(codes).tolist())


def windows_of_face(rows: Rows, face: Face, config: WindowConfig) -> Windows:
    """A person's windows: those of each shot in which the face is seen often enough."""
    e = rows.evidence
    shots = np.unique(np.searchsorted(e.shot_start_s, face.frame_s + 1e-9, side="right") - 1)
    start_s, end_s, first = _grids([(float(e.shot_start_s[shot]), float(e.shot_end_s[shot])) for shot in shots], config)
    frames = runs_within(face.frame_s, start_s, end_s)
    seen, all_frames = np.diff(frames, axis=0)[0], np.diff(runs_within(e.times_s, start_s, end_s), axis=0)[0]
    enough = (seen > 0) & (seen >= config.min_presence * all_frames)
    return _kept(enough, start_s, end_s, first, face, rows.sound)


def windows_of_voice(rows: Rows, present: Bools, config: WindowConfig) -> Windows:
    """Windows in which nobody is in view and somebody speaks.

    Args:
        present: (F,) whether anybody's face is followed in each frame in range.
    """
    e = rows.evidence
    shots = list(zip(e.shot_start_s.tolist(), e.shot_end_s.tolist(), strict=True))
    picture_end_s = shots[-1][1] if shots else e.start_s
    sound_end_s = min(e.sound_end_s or 0.0, e.end_s)
    if sound_end_s - picture_end_s >= AUDIO_OVERLAP_S:
        shots.append((picture_end_s, sound_end_s))
    start_s, end_s, first = _grids(shots, config)
    there = runs_within(e.times_s, start_s, end_s)
    followed = np.diff(np.concatenate([[0], np.cumsum(present)])[there], axis=0)[0]
    unseen = followed < np.maximum(1, config.min_presence * np.diff(there, axis=0)[0])
    alone = unseen & rows.sound.heard(start_s, end_s).mask.any(1)
    return _kept(alone, start_s, end_s, first, None, rows.sound)


def _grids(shots: Sequence[tuple[float, float]], config: WindowConfig) -> tuple[F64, F64, Bools]:
    """Starts and ends of the windows of shots, and which are the first of their shot."""
    grids = [window_grid(*shot, config.length_s, config.hop_s) for shot in shots]
    starts, ends = (np.concatenate([np.zeros(0), *(grid[side] for grid in grids)]) for side in (0, 1))
    first = [np.arange(len(grid[0])) == 0 for grid in grids]
    return starts, ends, np.concatenate([np.zeros(0, np.bool_), *first])


def _kept(keep: Bools, start_s: F64, end_s: F64, first: Bools, face: Face | None, sound: Sound) -> Windows:
    """Some of the windows of a grid; one whose neighbour before it was not kept begins a stretch."""
    restart = keep & (first | ~np.concatenate([[False], keep[:-1]]))
    start_s, end_s = start_s[keep], end_s[keep]
    nothing = np.zeros((2, len(start_s)), np.int64)
    frames = nothing if face is None else runs_within(face.frame_s, start_s, end_s)
    slices = nothing if face is None else runs_within(face.slice_middle_s, start_s, end_s)
    return Windows(
        start_s, end_s, restart[keep], _NONE if face is None else face.frame_row, frames,
        _NONE if face is None else face.slice_row, slices, sound.row, sound.heard(start_s, end_s),
    )  # fmt: skip


def used_rows(row: Ints, runs: Ints) -> tuple[Ints, Ints]:
    """Of runs (2, N) of a sequence: the rows in any of them, each once, and the runs within those."""
    low, high = int(runs[0].min(initial=len(row))), int(runs[1].max(initial=0))
    if low >= high:
        return _NONE, np.zeros_like(runs)
    edges = np.zeros(high - low + 1, np.int64)
    there = runs[:, runs[1] > runs[0]] - low
    np.add.at(edges, there[0], 1)
    np.add.at(edges, there[1], -1)
    used = np.cumsum(edges[:-1]) > 0
    before = np.concatenate([[0], np.cumsum(used)])
    inside = np.where(runs[1] > runs[0], runs - low, 0)
    return row[low:high][used], before[inside]


def groups(count: int, size: int) -> Iterator[slice]:
    """0..count in slices of a size."""
    return (slice(at, min(at + size, count)) for at in range(0, count, size))
