"""What the engine says at one moment: the answers as they are in an analysis, or the reason why there is none."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.values import F32, F64, Analysis, FusedTrack, GapKind, Person

OUT_OF_VIEW: Final = "out of view"
NO_FACE: Final = "the scene has no face"
IN_VIEW: Final = "somebody is in view"
NO_SLICE: Final = "too few frames for a slice"
SILENCE: Final = "silence"
NO_SPEECH: Final = "no speech"
NO_SOUND: Final = "no sound track"
SOUND_ENDS: Final = "no sound here"
UNREADABLE: Final = "unreadable"
NOT_ANALYSED: Final = "not analysed"

TICK_S: Final = 1e-6
"""Times told to the microsecond name the frame they were rounded from."""
STILL_S: Final = 1.0
"""At a variable rate a frame may be shown this long before the next one."""


@dataclass(frozen=True, slots=True)
class BranchReading:
    """One answer: `probabilities` (7,) of `[start_s, end_s)`, or None and the `reason`."""

    probabilities: F32 | None
    reason: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Reading:
    """All answers at a moment. `branches` are those the fusion used; `branches_text` says so in words."""

    time_s: float
    frame: BranchReading
    slice: BranchReading
    second: BranchReading
    fused: BranchReading
    branches: tuple[str, ...]
    branches_text: str


def reading_at(analysis: Analysis, person: Person | None, time_s: float, frame_times_s: F64 | None = None) -> Reading:
    """What each branch and the fusion say at `time_s` about a person, or with None about the scene.

    Numbers are rows of the analysis, not computed again. A moment in two windows is read from the one in whose middle
    it lies more, which is the one that its segment was made of.

    Args:
        frame_times_s: times of all frames of the video, ascending. Without them the frame shown at a moment is taken
            to be the last one in which the person is seen, if that is no longer ago than a frame lasts.
    """
    at_s = time_s + TICK_S
    if not analysis.start_s <= at_s < max(analysis.end_s, analysis.start_s + TICK_S) + TICK_S:
        nothing = _none(NOT_ANALYSED, time_s)
        return Reading(time_s, nothing, nothing, nothing, nothing, (), NOT_ANALYSED)
    second = _second_at(analysis, at_s)
    if person is None:
        face = _none(NO_FACE, time_s)
        fused, branches = _fused_at(analysis.unseen, at_s, second.reason or IN_VIEW)
        return Reading(time_s, face, face, second, fused, branches, _branches_text(analysis, fused, branches))
    frame = _frame_at(analysis, person, at_s, frame_times_s)
    fused, branches = _fused_at(person.fused, at_s, frame.reason or OUT_OF_VIEW)
    return Reading(
        time_s, frame, _slice_at(analysis, person, at_s, frame), second, fused, branches,
        _branches_text(analysis, fused, branches),
    )  # fmt: skip


def _none(reason: str, start_s: float, end_s: float | None = None) -> BranchReading:
    return BranchReading(None, reason, start_s, start_s if end_s is None else end_s)


def _frame_at(analysis: Analysis, person: Person, at_s: float, frame_times_s: F64 | None) -> BranchReading:
    times_s = person.frames.time_s
    row = _last_begun(times_s, at_s)
    if row >= 0:
        start_s = float(times_s[row])
        end_s = _frame_end_s(analysis, times_s, row, frame_times_s)
        if at_s < end_s:
            return BranchReading(person.frames.probabilities[row], "", start_s, end_s)
    return _none(_unseen_reason(analysis, at_s), at_s)


def _frame_end_s(analysis: Analysis, times_s: F64, row: int, frame_times_s: F64 | None) -> float:
    """When the frame of a row stops being shown: with the next frame of the video, as far as that is known."""
    start_s = float(times_s[row])
    if frame_times_s is not None and len(frame_times_s):
        after = int(np.searchsorted(frame_times_s, start_s + TICK_S, side="right"))
        return float(frame_times_s[after]) if after < len(frame_times_s) else analysis.media.duration_s + TICK_S
    usual_s = 1 / analysis.media.average_rate_hz if analysis.media.average_rate_hz > 0 else 0.0
    next_s = float(times_s[row + 1]) if row + 1 < len(times_s) else float("inf")
    longest_s = STILL_S if analysis.media.variable_rate else 1.5 * usual_s
    return next_s if next_s - start_s <= longest_s else start_s + usual_s


def _slice_at(analysis: Analysis, person: Person, at_s: float, frame: BranchReading) -> BranchReading:
    slices = person.slices
    row = _last_begun(slices.start_s, at_s)
    if row >= 0 and at_s < slices.end_s[row]:
        return BranchReading(slices.probabilities[row], "", float(slices.start_s[row]), float(slices.end_s[row]))
    return _none(frame.reason or NO_SLICE, at_s)


def _second_at(analysis: Analysis, at_s: float) -> BranchReading:
    """The voice; a second in which nobody speaks has numbers in the analysis that mean nothing, so it has none here."""
    if not analysis.media.has_audio:
        return _none(NO_SOUND, at_s)
    seconds = analysis.seconds
    row = _last_begun(seconds.start_s, at_s)
    if row < 0 or at_s >= seconds.end_s[row]:
        return _none(SOUND_ENDS, at_s)
    start_s, end_s = float(seconds.start_s[row]), float(seconds.end_s[row])
    if not seconds.speech[row]:
        return _none(SILENCE if _in_gap(analysis, "silence", at_s) else NO_SPEECH, start_s, end_s)
    return BranchReading(seconds.probabilities[row], "", start_s, end_s)


def _fused_at(track: FusedTrack, at_s: float, reason: str) -> tuple[BranchReading, tuple[str, ...]]:
    """The window whose middle is nearest, of two equally near the later, as in the cells of segments."""
    first = int(np.searchsorted(track.end_s, at_s, side="right"))
    stop = int(np.searchsorted(track.start_s, at_s, side="right"))
    if first >= stop:
        return _none(reason, at_s), ()
    away_s = np.abs((track.start_s[first:stop] + track.end_s[first:stop]) / 2 - at_s)
    row = stop - 1 - int(np.argmin(away_s[::-1]))
    reading = BranchReading(track.probabilities[row], "", float(track.start_s[row]), float(track.end_s[row]))
    return reading, tuple(track.branches[row].split("+"))


def _branches_text(analysis: Analysis, fused: BranchReading, branches: tuple[str, ...]) -> str:
    """ "face and voice", "face only · voice silent", "voice only · no face"; the reason where nothing was fused."""
    if fused.probabilities is None:
        return fused.reason
    faces = [name for name in ("frame", "slice") if name in branches]
    face = "face" if len(faces) == 2 else "".join(faces)
    if "audio" not in branches:
        return f"{face} only · {_voice_missing(analysis, fused)}"
    return f"{face} and voice" if face else "voice only · no face"


def _voice_missing(analysis: Analysis, fused: BranchReading) -> str:
    """Why a window has no voice."""
    if not analysis.media.has_audio:
        return NO_SOUND
    silent_s = sum(
        max(0.0, min(gap.end_s, fused.end_s) - max(gap.start_s, fused.start_s))
        for gap in analysis.gaps
        if gap.kind == "silence"
    )
    return "voice silent" if 2 * silent_s >= fused.end_s - fused.start_s else NO_SPEECH


def _unseen_reason(analysis: Analysis, at_s: float) -> str:
    return UNREADABLE if _in_gap(analysis, "unreadable", at_s) else OUT_OF_VIEW


def _in_gap(analysis: Analysis, kind: GapKind, at_s: float) -> bool:
    return any(gap.kind == kind and gap.start_s <= at_s < gap.end_s for gap in analysis.gaps)


def _last_begun(start_s: F64, at_s: float) -> int:
    """Row of the last interval that has begun; -1 before the first."""
    return int(np.searchsorted(start_s, at_s, side="right")) - 1
