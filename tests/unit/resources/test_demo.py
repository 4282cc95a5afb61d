"""The demo clip is what expected.toml says it is."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engine.emotions import EMOTIONS

DEMO = Path(__file__).parents[3] / "resources" / "demo"
Pictures = np.ndarray[Any, np.dtype[np.uint8]]
Samples = np.ndarray[Any, np.dtype[np.float32]]


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return tomllib.loads((DEMO / "expected.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def grey() -> Pictures:
    """Every frame, a sixth of its size: frames x height x width."""
    with av.open(str(DEMO / "demo.mp4")) as container:
        frames = [f.reformat(160, 90, "gray").to_ndarray()[:, :160] for f in container.decode(video=0)]
    return np.stack(frames)


@pytest.fixture(scope="module")
def sound() -> tuple[Samples, int]:
    """Samples in [-1, 1] and their rate."""
    with av.open(str(DEMO / "demo.mp4")) as container:
        rate_hz = container.streams.audio[0].rate
        return np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)]), rate_hz


def intervals(expected: dict[str, Any], name: str) -> Iterator[tuple[float, float]]:
    return ((entry["start_s"], entry["end_s"]) for entry in expected[name])


def loudness(sound: tuple[Samples, int], start_s: float, end_s: float) -> float:
    samples, rate_hz = sound
    part = samples[round(start_s * rate_hz) : round(end_s * rate_hz)]
    return float(np.sqrt((part**2).mean()))


def test_streams(expected: dict[str, Any]) -> None:
    path = DEMO / "demo.mp4"
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert [video.width, video.height] == expected["size_px"]
        assert video.average_rate == expected["frame_rate_hz"]
        assert container.duration / av.time_base == pytest.approx(expected["duration_s"], abs=0.05)
    assert path.stat().st_size <= 3_000_000
    assert 15 <= expected["duration_s"] <= 30


def test_frames_last_as_long_as_the_script(expected: dict[str, Any], grey: Pictures) -> None:
    assert len(grey) == round(expected["duration_s"] * expected["frame_rate_hz"])


def test_shots_fill_the_clip_and_meet_at_the_cuts(expected: dict[str, Any]) -> None:
    shots = list(intervals(expected, "shot"))
    assert shots[0][0] == 0.0
    assert shots[-1][1] == expected["duration_s"]
    assert [start for start, _ in shots[1:]] == [end for _, end in shots[:-1]] == expected["cuts_s"]


def test_picture_jumps_at_the_cuts_and_only_there(expected: dict[str, Any], grey: Pictures) -> None:
    change = np.abs(np.diff(grey.astype(np.int16), axis=0)).mean(axis=(1, 2))
    cuts = [round(cut_s * expected["frame_rate_hz"]) - 1 for cut_s in expected["cuts_s"]]
    assert change[cuts].min() > 20
    assert np.delete(change, cuts).max() < 5


def test_faces_move_in_every_shot(expected: dict[str, Any], grey: Pictures) -> None:
    for start_s, end_s in intervals(expected, "shot"):
        first, last = (round(time_s * expected["frame_rate_hz"]) for time_s in (start_s, end_s))
        assert grey[first:last].astype(np.float32).std(axis=0).max() > 20


def test_script_has_what_the_clip_is_for(expected: dict[str, Any]) -> None:
    emotions = {entry["emotion"] for entry in expected["expression"]}
    assert emotions <= set(EMOTIONS)
    assert emotions >= {"neutral", "happy", "sad"}
    assert {entry["person"] for entry in expected["expression"]} == {"astronaut", "colleague"}
    assert any(len(shot["people"]) == 2 for shot in expected["shot"])


def test_everyone_shown_has_an_expression_all_the_time(expected: dict[str, Any]) -> None:
    for shot in expected["shot"]:
        for person in shot["people"]:
            acts = [
                (act["start_s"], act["end_s"])
                for act in expected["expression"]
                if act["person"] == person and shot["start_s"] <= act["start_s"] < shot["end_s"]
            ]
            assert [start for start, _ in acts] == [shot["start_s"], *(end for _, end in acts[:-1])]
            assert acts[-1][1] == shot["end_s"]
    for start_s, end_s in intervals(expected, "expression"):
        assert end_s - start_s > 2 * expected["onset_s"]


def test_those_who_speak_are_shown(expected: dict[str, Any]) -> None:
    for line in expected["speech"]:
        assert any(
            line["person"] in shot["people"] and shot["start_s"] <= line["start_s"] < line["end_s"] <= shot["end_s"]
            for shot in expected["shot"]
        )


def test_speech_is_heard(expected: dict[str, Any], sound: tuple[Samples, int]) -> None:
    assert len(expected["speech"]) >= 4
    for start_s, end_s in intervals(expected, "speech"):
        assert loudness(sound, start_s, end_s) > 0.02


def test_silence_is_digital(expected: dict[str, Any], sound: tuple[Samples, int]) -> None:
    codec_s = 0.05  # AAC spreads sound over two blocks of 1,024 samples
    lengths = []
    for start_s, end_s in intervals(expected, "silence"):
        assert loudness(sound, start_s + codec_s, end_s - codec_s) < 1e-5
        lengths.append(end_s - start_s)
    assert max(lengths) >= 3


def test_two_people_differ(expected: dict[str, Any], grey: Pictures) -> None:
    """Brightness of the upper half of the head: fair hair, dark hair."""
    rate_hz = expected["frame_rate_hz"]
    fair, dark = grey[rate_hz, 15:28, 62:80], grey[9 * rate_hz, 15:28, 80:98]
    assert float(fair.mean()) > float(dark.mean()) + 30
