"""From rows of probabilities to a timeline: grids within a shot, smoothing, segments and gaps.

Pure functions over arrays. Everything restarts at a shot cut and nothing depends on what lies beyond one, so a video
analysed in chunks that meet at cuts gives the same numbers as in one. Times are media seconds, intervals half-open.

A *stretch* is a run of consecutive windows that belong together: one shot in which one person is present. It is told
by `restarts` (T,) bool, True on the first window of each stretch; the first window always begins one.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from engine.emotions import COUNT, EMOTIONS
from engine.values import F32, F64, Gap, GapKind, Ints, Segment

GRID_HZ: Final = 25.0
"""Rate of the grid on which face crops are taken for slices."""
SLICE_STEPS: Final = 16
"""Crops in a slice (Pini et al.)."""
SLICE_S: Final = SLICE_STEPS / GRID_HZ
WINDOW_S: Final = 4 * SLICE_S
"""A fused window: four slices, 2.56 s, within the one to five seconds of the clips the method was made for."""
HOP_S: Final = 0.5
STAY_S: Final = 4.0
"""How long an emotion is taken to last when smoothing: it goes on over a step dt with probability 1 - dt / STAY_S."""
SEGMENT_S: Final = 1.0
"""The shortest segment, where its stretch is long enough."""
SOUND_TAIL_S: Final = 0.1
"""Sound that ends less than this before the picture is complete: its packets do not end where frames do."""

_SAME_S: Final = 1e-6
"""Times closer than this are the same: containers' timestamps are told to the microsecond."""
_LEAST: Final = 1e-12
"""What stands for a probability of 0 where a logarithm is taken."""
_FLOOR: Final = -60.0
"""Least scaled log-probability, so that one window's certainty (log 0) is strong evidence and not a contradiction."""


# Grids within a shot


def slice_grid(shot_start_s: float, shot_end_s: float) -> F64:
    """Starts (N,) of the slices of a shot, one every `SLICE_S` from the shot's first frame.

    Only whole slices; a shot shorter than one has a single slice, which runs out of frames (see `nearest_on_grid`).
    """
    length_s = shot_end_s - shot_start_s
    if length_s <= 0:
        return np.zeros(0)
    whole = int((length_s + _SAME_S) / SLICE_S)
    return shot_start_s + SLICE_S * np.arange(max(1, whole), dtype=np.float64)


def slice_times(starts_s: ArrayLike) -> F64:
    """The grid times (N, 16) of the crops of slices that start at (N,)."""
    return np.asarray(starts_s, np.float64)[:, None] + np.arange(SLICE_STEPS) / GRID_HZ


def window_grid(
    shot_start_s: float, shot_end_s: float, length_s: float = WINDOW_S, hop_s: float = HOP_S
) -> tuple[F64, F64]:
    """Starts and ends (N,) of the fused windows of a shot, none of which crosses a cut.

    One every `hop_s` from the shot's first frame as long as it fits, then one aligned to the shot's end if at least a
    step of the slice grid there is not covered. A shot shorter than a window is one window.
    """
    if shot_end_s <= shot_start_s:
        return np.zeros(0), np.zeros(0)
    room_s = shot_end_s - shot_start_s - length_s
    if room_s <= 0:
        return np.array([shot_start_s]), np.array([shot_end_s])
    starts = shot_start_s + hop_s * np.arange(int((room_s + _SAME_S) / hop_s) + 1, dtype=np.float64)
    if shot_end_s - (starts[-1] + length_s) >= 1 / GRID_HZ - _SAME_S:
        starts = np.append(starts, shot_end_s - length_s)
    return starts, np.minimum(starts + length_s, shot_end_s)


def nearest_on_grid(frame_times_s: ArrayLike, grid_times_s: ArrayLike) -> Ints:
    """Index of the frame nearest in time to each grid time, of two equally near the earlier.

    Args:
        frame_times_s: (F,) ascending, at least one.
        grid_times_s: any shape.

    Returns:
        int64 of the grid's shape, into the frames. Past either end the first or last frame is repeated.

    Raises:
        ValueError: there is no frame.
    """
    frames = np.asarray(frame_times_s, np.float64)
    grid = np.asarray(grid_times_s, np.float64)
    if not len(frames):
        raise ValueError("no frame to put on the grid")
    after = np.minimum(np.searchsorted(frames, grid), len(frames) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(np.abs(grid - frames[before]) <= np.abs(frames[after] - grid) + _SAME_S, before, after)


# Smoothing


def smooth(
    log_probabilities: ArrayLike,
    times_s: ArrayLike,
    restarts: ArrayLike,
    temperature: float,
    stay_s: float = STAY_S,
) -> F32:
    """Posteriors of a chain with one state an emotion, forward and backward, each stretch by itself.

    Over a step dt the chain keeps its state with probability 1 - dt / stay_s (never less than 1/7, which is to forget
    everything) and moves to each other state with an equal share of the rest; the prior is uniform. What a window says
    of its state is its log-probabilities divided by the temperature.

    Args:
        log_probabilities: (T, 7) natural logarithms; rows need not be normalised, -inf is allowed but not a whole row.
        times_s: (T,) where each window stands (its centre), ascending within a stretch.
        restarts: (T,) bool, the first window of each stretch.
        temperature: above 0; larger trusts the windows less.
        stay_s: mean length of a state, above 0.

    Returns:
        (T, 7) float32, rows sum to 1.

    Raises:
        ValueError: shapes disagree, a row has NaN or nothing but -inf, times do not ascend within a stretch, or the
            temperature or `stay_s` is not above 0.
    """
    logs = np.asarray(log_probabilities, np.float64)
    times = np.asarray(times_s, np.float64)
    if logs.shape != (len(times), COUNT):
        raise ValueError(f"log-probabilities of shape {logs.shape} for {len(times)} windows")
    if not (temperature > 0 and stay_s > 0):
        raise ValueError(f"temperature {temperature} and stay_s {stay_s} must be above 0")
    spans = stretches(restarts, len(times))
    if not len(times):
        return np.zeros((0, COUNT), np.float32)
    best = logs.max(axis=1, keepdims=True)
    if not np.isfinite(best).all():
        raise ValueError("a row of log-probabilities has NaN or no finite value")
    evidence = np.exp(np.maximum((logs - best) / temperature, _FLOOR))
    posterior = np.empty(logs.shape, np.float32)
    for first, stop in spans:
        steps = np.diff(times[first:stop])
        if not (steps > 0).all():
            raise ValueError("times do not ascend within a stretch")
        posterior[first:stop] = _posterior(evidence[first:stop], np.maximum(1 - steps / stay_s, 1 / COUNT))
    return posterior


def tempered(probabilities: ArrayLike, temperature: float) -> F32:
    """Rows (T, 7) with their logarithms divided by a temperature, normalised: above 1 they are less sure."""
    logs = np.log(np.maximum(np.asarray(probabilities, np.float64), _LEAST)) / temperature
    powers = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _posterior(evidence: F64, stay: F64) -> F64:
    """Forward-backward over one stretch: evidence (T, 7), stay (T - 1,). Messages are scaled at every step.

    The transition is (stay - move) I + move 1, symmetric, so passing a message of sum 1 through it is one line.
    """
    move = (1 - stay) / (COUNT - 1)
    forward = np.empty_like(evidence)
    forward[0] = evidence[0] / evidence[0].sum()
    for t in range(1, len(evidence)):
        message = evidence[t] * ((stay[t - 1] - move[t - 1]) * forward[t - 1] + move[t - 1])
        forward[t] = message / message.sum()
    posterior = forward
    backward = np.full(COUNT, 1 / COUNT)
    for t in range(len(evidence) - 2, -1, -1):
        message = evidence[t + 1] * backward
        message /= message.sum()
        backward = (stay[t] - move[t]) * message + move[t]
        posterior[t] *= backward
    return np.asarray(posterior / posterior.sum(axis=1, keepdims=True))


# The timeline


def cells(start_s: ArrayLike, end_s: ArrayLike, restarts: ArrayLike) -> tuple[F64, F64]:
    """The time each window speaks for: cells that tile its stretch without overlap.

    Neighbours meet half-way between the centres of their windows; the first cell of a stretch begins where its first
    window does, the last ends where its last window does.

    Args:
        start_s, end_s: (T,) of windows, ascending within a stretch.
        restarts: (T,) bool.

    Returns:
        Starts and ends (T,) of the cells.
    """
    starts, ends = np.asarray(start_s, np.float64), np.asarray(end_s, np.float64)
    cell_start, cell_end = starts.copy(), ends.copy()
    centres = (starts + ends) / 2
    for first, stop in stretches(restarts, len(starts)):
        middles = (centres[first : stop - 1] + centres[first + 1 : stop]) / 2
        cell_start[first + 1 : stop] = middles
        cell_end[first : stop - 1] = middles
    return cell_start, cell_end


def segments(
    cell_start_s: ArrayLike,
    cell_end_s: ArrayLike,
    probabilities: ArrayLike,
    threshold: float,
    restarts: ArrayLike,
    min_s: float = SEGMENT_S,
) -> tuple[Segment, ...]:
    """Runs of the leading emotion, in order of time, none across a restart.

    A run shorter than `min_s` joins a neighbour, the shortest first: the one whose emotion is more probable over the
    short run's own time (the earlier one if equally so). A stretch shorter than `min_s` keeps its one segment.

    Args:
        cell_start_s, cell_end_s: (T,) as `cells` gives them.
        probabilities: (T, 7) smoothed; of equal ones the first in the order of the labels leads.
        threshold: confidence under which a segment is uncertain.
        restarts: (T,) bool.

    Returns:
        Segments whose confidence is the mean probability of their emotion over their time.
    """
    starts, ends = np.asarray(cell_start_s, np.float64), np.asarray(cell_end_s, np.float64)
    rows = np.asarray(probabilities, np.float64)
    found: list[Segment] = []
    for first, stop in stretches(restarts, len(starts)):
        lengths_s = (ends - starts)[first:stop]
        for a, b, emotion in _merged_runs(rows[first:stop], lengths_s, min_s):
            confidence = float(np.average(rows[first + a : first + b, emotion], weights=lengths_s[a:b]))
            found.append(
                Segment(
                    start_s=float(starts[first + a]),
                    end_s=float(ends[first + b - 1]),
                    emotion=EMOTIONS[emotion],
                    confidence=confidence,
                    uncertain=confidence < threshold,
                )
            )
    return tuple(found)


def _merged_runs(rows: F64, lengths_s: F64, min_s: float) -> list[tuple[int, int, int]]:
    """Runs (first, stop, emotion) of one stretch, the short ones merged."""
    leader = rows.argmax(axis=1)
    mass = rows * lengths_s[:, None]
    bounds = [0, *(np.flatnonzero(np.diff(leader)) + 1).tolist(), len(rows)]
    emotions = leader[bounds[:-1]].tolist()
    durations = [float(lengths_s[a:b].sum()) for a, b in pairwise(bounds)]
    while len(emotions) > 1 and min(durations) < min_s - _SAME_S:
        short = durations.index(min(durations))
        over = mass[bounds[short] : bounds[short + 1]].sum(axis=0)
        neighbours = [n for n in (short - 1, short + 1) if 0 <= n < len(emotions)]
        emotions[short] = emotions[max(neighbours, key=lambda n: over[emotions[n]])]
        for left in (short, short - 1):
            if 0 <= left < len(emotions) - 1 and emotions[left] == emotions[left + 1]:
                durations[left] += durations.pop(left + 1)
                del emotions[left + 1], bounds[left + 1]
    return [(a, b, emotion) for (a, b), emotion in zip(pairwise(bounds), emotions, strict=True)]


def stretches(restarts: ArrayLike, count: int) -> list[tuple[int, int]]:
    """Stretches as (first, stop) index ranges that tile 0..count; there are none in nothing.

    Raises:
        ValueError: `restarts` is not (count,).
    """
    flags = np.asarray(restarts, np.bool_)
    if flags.shape != (count,):
        raise ValueError(f"restarts of shape {flags.shape} for {count} windows")
    firsts = (np.flatnonzero(flags[1:]) + 1).tolist()
    return list(zip([0, *firsts], [*firsts, count], strict=True)) if count else []


# Gaps


def runs(mask: ArrayLike) -> list[tuple[int, int]]:
    """Maximal index ranges (first, stop) over which a (T,) bool mask is True."""
    flags = np.asarray(mask, np.bool_)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]


def no_face_gaps(times_s: ArrayLike, present: ArrayLike, end_s: float, person: str | None = None) -> tuple[Gap, ...]:
    """Where no face (or not this person's) is seen, from the first frame without to the next frame with.

    Args:
        times_s: (F,) of all frames, ascending.
        present: (F,) bool.
        end_s: where the picture ends, for a gap that reaches the last frame.
        person: whom the gaps are of; None for anybody's face.
    """
    edges = np.append(np.asarray(times_s, np.float64), end_s)
    absent = ~np.asarray(present, np.bool_)
    return tuple(Gap("no_face", float(edges[a]), float(edges[b]), person) for a, b in runs(absent))


def sound_gaps(
    seconds: ArrayLike,
    silent: ArrayLike,
    speech: ArrayLike,
    start_s: float,
    end_s: float,
    sound_s: tuple[float, float] | None,
) -> tuple[Gap, ...]:
    """Where the voice says nothing, in order of time: `silence`, `no_speech` (sound without speech) and `no_audio`.

    Args:
        seconds: (S,) int, ascending, those whose sound was read; second k is [k, k + 1).
        silent: (S,) bool.
        speech: (S,) bool.
        start_s, end_s: the range of media time looked at; gaps are cut to it.
        sound_s: where the sound begins and ends; None when there is no sound at all.

    Returns:
        Gaps; `no_audio` is before the sound and after it, if that is `SOUND_TAIL_S` or more.
    """
    heard_start_s, heard_end_s = (min(max(edge_s, start_s), end_s) for edge_s in sound_s or (start_s, start_s))
    numbers = np.asarray(seconds, np.int64)
    quiet = np.asarray(silent, np.bool_)
    gaps = _second_gaps("silence", numbers[quiet], heard_start_s, heard_end_s)
    gaps += _second_gaps("no_speech", numbers[~quiet & ~np.asarray(speech, np.bool_)], heard_start_s, heard_end_s)
    for from_s, to_s in ((start_s, heard_start_s), (heard_end_s, end_s)):
        if to_s - from_s >= SOUND_TAIL_S - _SAME_S:
            gaps.append(Gap("no_audio", from_s, to_s))
    return tuple(sorted(gaps, key=lambda gap: gap.start_s))


def _second_gaps(kind: GapKind, seconds: Ints, start_s: float, end_s: float) -> list[Gap]:
    """Consecutive seconds as gaps, cut to a range."""
    gaps = []
    for run in np.split(seconds, np.flatnonzero(np.diff(seconds) != 1) + 1):
        if len(run):
            first_s, last_s = max(float(run[0]), start_s), min(float(run[-1]) + 1, end_s)
            if first_s < last_s:
                gaps.append(Gap(kind, first_s, last_s))
    return gaps
