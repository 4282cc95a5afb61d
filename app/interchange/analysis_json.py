"""An analysis as JSON, schema `affectline.analysis/1`, written piece by piece.

Times are media seconds to the microsecond, boxes pixels of the upright picture, probabilities in the order of
`emotions`; every number is rounded to six decimals, so the same analysis is the same text everywhere.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from engine.emotions import EMOTIONS
from engine.values import Analysis, FusedTrack, Gap, Label, MediaInfo, Person, Segment

SCHEMA: Final = "affectline.analysis/1"
DECIMALS: Final = 6
ROWS_AT_ONCE: Final = 4096


def analysis_json(analysis: Analysis) -> Iterator[str]:
    """The document as pieces of text of bounded size, ending in a newline."""
    yield from _pieces(_document(analysis))
    yield "\n"


def _document(analysis: Analysis) -> dict[str, Any]:
    seconds = analysis.seconds
    return {
        "schema": SCHEMA,
        "emotions": EMOTIONS,
        "media": _media(analysis.media),
        "bundle": {
            "name": analysis.bundle.name,
            "revision": analysis.bundle.revision,
            "sha256": analysis.bundle.sha256,
            "profile": analysis.bundle.profile,
        },
        "device": analysis.device,
        "people": [_person(person) for person in analysis.people],
        "seconds": {
            "start_s": seconds.start_s,
            "end_s": seconds.end_s,
            "speech": seconds.speech,
            "probabilities": seconds.probabilities,
        },
        "unseen": {"fused": _fused(analysis.unseen), "segments": _segments(analysis.unseen_segments)},
        "label": _label(analysis.label),
        "label_reason": analysis.label_reason,
        "gaps": [_gap(gap) for gap in analysis.gaps],
        "timing": {
            "wall_s": analysis.timing.wall_s,
            "load_s": analysis.timing.load_s,
            "stages": dict(analysis.timing.stages),
        },
    }


def _media(media: MediaInfo) -> dict[str, Any]:
    return {
        "path": media.path,
        "sha256": media.sha256,
        "duration_s": media.duration_s,
        "width": media.width,
        "height": media.height,
        "frame_count": media.frame_count,
        "average_rate_hz": media.average_rate_hz,
        "variable_rate": media.variable_rate,
        "rotation_deg": media.rotation_deg,
        "has_audio": media.has_audio,
    }


def _person(person: Person) -> dict[str, Any]:
    frames, slices = person.frames, person.slices
    return {
        "id": person.id,
        "name": person.name,
        "present_s": person.present_s,
        "frames": {
            "time_s": frames.time_s,
            "box": frames.box,
            "score": frames.score,
            "detected": frames.detected,
            "probabilities": frames.probabilities,
        },
        "slices": {"start_s": slices.start_s, "end_s": slices.end_s, "probabilities": slices.probabilities},
        "fused": _fused(person.fused),
        "segments": _segments(person.segments),
        "label": _label(person.label),
    }


def _fused(fused: FusedTrack) -> dict[str, Any]:
    return {
        "start_s": fused.start_s,
        "end_s": fused.end_s,
        "probabilities": fused.probabilities,
        "raw": fused.raw,
        "branches": fused.branches,
    }


def _segments(segments: Sequence[Segment]) -> list[dict[str, Any]]:
    return [
        {
            "start_s": segment.start_s,
            "end_s": segment.end_s,
            "emotion": segment.emotion,
            "confidence": segment.confidence,
            "uncertain": segment.uncertain,
        }
        for segment in segments
    ]


def _label(label: Label | None) -> dict[str, Any] | None:
    if label is None:
        return None
    return {
        "emotion": label.emotion,
        "confidence": label.confidence,
        "probabilities": label.probabilities,
        "branches": label.branches,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {"kind": gap.kind, "person": gap.person, "start_s": gap.start_s, "end_s": gap.end_s}


def _pieces(value: Any, indent: str = "\n ") -> Iterator[str]:
    match value:
        case Mapping():
            flat = not any(isinstance(member, Mapping | list | np.ndarray) for member in value.values())
            yield from _members(value, " " if flat else indent)
        case list():
            yield from _items(value, indent)
        case np.ndarray():
            yield from _rows(value)
        case _:
            yield json.dumps(_plain(value), allow_nan=False)


def _members(members: Mapping[str, Any], indent: str) -> Iterator[str]:
    deeper = indent if indent == " " else indent + " "
    separator = "{"
    for name, member in members.items():
        yield f'{separator}{"" if separator == "{" else indent}"{name}": '
        yield from _pieces(member, deeper)
        separator = ","
    yield "{}" if separator == "{" else "}"


def _items(items: list[Any], indent: str) -> Iterator[str]:
    separator = "["
    for item in items:
        yield separator + indent
        yield from _pieces(item, indent + " ")
        separator = ","
    yield "[]" if separator == "[" else "]"


def _rows(array: np.ndarray) -> Iterator[str]:
    yield "["
    for first in range(0, len(array), ROWS_AT_ONCE):
        rows = json.dumps(plain_rows(array[first : first + ROWS_AT_ONCE]), separators=(",", ":"), allow_nan=False)
        yield ("," if first else "") + rows[1:-1]
    yield "]"


def plain_rows(array: np.ndarray) -> list[Any]:
    """An array as Python values, numbers rounded as in every file this program writes."""
    if array.dtype.kind == "f":
        array = np.round(array.astype(np.float64), DECIMALS)
    rows: list[Any] = array.tolist()
    return rows


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return round(value, DECIMALS) if isinstance(value, float) else value
