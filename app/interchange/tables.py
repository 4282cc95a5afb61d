"""An analysis as tables in CSV: frames, slices, fused, seconds, segments, gaps.

UTF-8, a header line, commas, `true` and `false`, times in media seconds. `person` is empty where nobody is in view.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np

from app.interchange.analysis_json import DECIMALS, ROWS_AT_ONCE, plain_rows
from engine.emotions import EMOTIONS
from engine.values import Analysis, Segment

COLUMNS: Final = {
    "frames": ("video", "person", "time_s", "x", "y", "w", "h", "score", "detected", *EMOTIONS),
    "slices": ("video", "person", "start_s", "end_s", *EMOTIONS, "branches"),
    "fused": ("video", "person", "start_s", "end_s", *EMOTIONS, "branches"),
    "seconds": ("video", "start_s", "end_s", "speech", *EMOTIONS),
    "segments": ("video", "person", "start_s", "end_s", "emotion", "confidence", "uncertain"),
    "gaps": ("video", "person", "kind", "start_s", "end_s"),
}

Row = tuple[Any, ...]


def tables(analysis: Analysis) -> dict[str, Iterator[str]]:
    """Table name to the pieces of its text."""
    rows = {
        "frames": _frames(analysis),
        "slices": _slices(analysis),
        "fused": _fused(analysis),
        "seconds": _seconds(analysis),
        "segments": _segments(analysis),
        "gaps": _gaps(analysis),
    }
    return {name: _lines(columns, rows[name]) for name, columns in COLUMNS.items()}


def _frames(analysis: Analysis) -> Iterator[Row]:
    for person in analysis.people:
        track = person.frames
        columns = _columns(track.time_s, track.box, track.score, track.detected, track.probabilities)
        for time_s, box, score, detected, probabilities in columns:
            yield analysis.media.path, person.id, time_s, *box, score, detected, *probabilities


def _slices(analysis: Analysis) -> Iterator[Row]:
    for person in analysis.people:
        track = person.slices
        for start_s, end_s, probabilities in _columns(track.start_s, track.end_s, track.probabilities):
            yield analysis.media.path, person.id, start_s, end_s, *probabilities, "slice"


def _fused(analysis: Analysis) -> Iterator[Row]:
    named = [(person.id, person.fused) for person in analysis.people] + [("", analysis.unseen)]
    for person_id, track in named:
        windows = _columns(track.start_s, track.end_s, track.probabilities)
        for (start_s, end_s, probabilities), branches in zip(windows, track.branches, strict=True):
            yield analysis.media.path, person_id, start_s, end_s, *probabilities, branches


def _seconds(analysis: Analysis) -> Iterator[Row]:
    track = analysis.seconds
    for start_s, end_s, speech, probabilities in _columns(
        track.start_s, track.end_s, track.speech, track.probabilities
    ):
        yield analysis.media.path, start_s, end_s, speech, *probabilities


def _segments(analysis: Analysis) -> Iterator[Row]:
    named: list[tuple[str, tuple[Segment, ...]]] = [(person.id, person.segments) for person in analysis.people]
    for person_id, segments in [*named, ("", analysis.unseen_segments)]:
        for segment in segments:
            yield (
                analysis.media.path,
                person_id,
                segment.start_s,
                segment.end_s,
                segment.emotion,
                segment.confidence,
                segment.uncertain,
            )


def _gaps(analysis: Analysis) -> Iterator[Row]:
    for gap in analysis.gaps:
        yield analysis.media.path, gap.person, gap.kind, gap.start_s, gap.end_s


def _columns(*arrays: np.ndarray) -> Iterator[Row]:
    """Rows of several arrays of one length as Python values, some thousands at a time."""
    for first in range(0, len(arrays[0]), ROWS_AT_ONCE):
        yield from zip(*(plain_rows(array[first : first + ROWS_AT_ONCE]) for array in arrays), strict=True)


def _lines(columns: tuple[str, ...], rows: Iterable[Row]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(cell) for cell in row])
        if text.tell() > 1 << 16:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> str:
    taken = text.getvalue()
    text.seek(0)
    text.truncate()
    return taken


def _cell(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return round(value, DECIMALS) if isinstance(value, float) else value
