"""The JSON of an analysis: keys as the schema says, rounded, the same every time, never in one piece."""

import json

import numpy as np
import pytest

from app.interchange.analysis_json import ROWS_AT_ONCE, analysis_json
from engine.emotions import EMOTIONS
from engine.values import FrameTrack
from tests.analyses import analysis, empty_analysis, person, probabilities


def document(made):
    return json.loads("".join(analysis_json(made)))


def test_top_level_keys_in_the_order_of_the_schema():
    assert list(document(analysis())) == [
        "schema", "emotions", "media", "bundle", "device", "people", "seconds", "unseen", "label", "label_reason",
        "gaps", "timing",
    ]  # fmt: skip


def test_nested_keys():
    made = document(analysis())
    assert list(made["media"]) == [
        "path", "sha256", "duration_s", "width", "height", "frame_count", "average_rate_hz", "variable_rate",
        "rotation_deg", "has_audio",
    ]  # fmt: skip
    assert list(made["bundle"]) == ["name", "revision", "sha256", "profile"]
    someone = made["people"][0]
    assert list(someone) == ["id", "name", "present_s", "frames", "slices", "fused", "segments", "label"]
    assert list(someone["frames"]) == ["time_s", "box", "score", "detected", "probabilities"]
    assert list(someone["slices"]) == ["start_s", "end_s", "probabilities"]
    assert list(someone["fused"]) == ["start_s", "end_s", "probabilities", "raw", "branches"]
    assert list(someone["segments"][0]) == ["start_s", "end_s", "emotion", "confidence", "uncertain"]
    assert list(someone["label"]) == ["emotion", "confidence", "probabilities", "branches"]
    assert list(made["seconds"]) == ["start_s", "end_s", "speech", "probabilities"]
    assert list(made["unseen"]) == ["fused", "segments"]
    assert list(made["timing"]) == ["wall_s", "load_s", "stages"]
    assert made["gaps"][1] == {"kind": "no_face", "person": "person-1", "start_s": 10.0, "end_s": 12.0}


def test_values_survive():
    made = analysis()
    read = document(made)
    frames = made.people[0].frames
    assert read["schema"] == "affectline.analysis/1"
    assert read["emotions"] == list(EMOTIONS)
    np.testing.assert_allclose(read["people"][0]["frames"]["probabilities"], frames.probabilities, atol=5e-7)
    assert read["people"][0]["frames"]["detected"] == frames.detected.tolist()
    assert read["people"][0]["frames"]["box"][0] == [10.25, 20.5, 64.0, 80.0]
    assert read["people"][0]["name"] is None
    assert read["people"][0]["fused"]["branches"] == ["frame+slice"] * 4
    assert read["seconds"]["speech"] == [False] * 4 + [True] * 8
    assert read["timing"]["stages"] == {"decode": 0.25, "faces": 0.333333}


def test_no_label_is_null_and_nothing_is_an_empty_list():
    read = document(empty_analysis())
    assert read["label"] is None
    assert read["label_reason"] == "neither face nor sound"
    assert read["people"] == []
    assert read["unseen"]["fused"]["probabilities"] == []


def test_times_keep_their_microseconds():
    time_s = np.array([0.0, 1 / 30, 3599.999999])
    frames = FrameTrack(time_s, np.zeros((3, 4)), np.ones(3), np.ones(3, bool), probabilities(3))
    someone = person()
    object.__setattr__(someone, "frames", frames)
    read = document(analysis(people=(someone,)))
    assert read["people"][0]["frames"]["time_s"] == [0.0, 0.033333, 3599.999999]


def test_a_long_video_comes_in_small_pieces():
    made = analysis(people=(person(frames=3 * ROWS_AT_ONCE + 7),))
    pieces = list(analysis_json(made))
    assert max(map(len, pieces)) < ROWS_AT_ONCE * 100
    assert len(json.loads("".join(pieces))["people"][0]["frames"]["box"]) == 3 * ROWS_AT_ONCE + 7


def test_same_analysis_same_text():
    assert "".join(analysis_json(analysis())) == "".join(analysis_json(analysis()))


def test_what_is_no_number_is_refused():
    broken = probabilities(5)
    broken[2, 3] = np.nan
    someone = person()
    frames = someone.frames
    object.__setattr__(someone, "frames", FrameTrack(frames.time_s, frames.box, frames.score, frames.detected, broken))
    with pytest.raises(ValueError, match="JSON"):
        "".join(analysis_json(analysis(people=(someone,))))
