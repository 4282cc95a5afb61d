"""The main job from end to end, with a tiny model: what is found, what is kept, and how it stops."""

import itertools
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engine.analyse import Options, analyse, analyse_with
from engine.bundle import Bundle
from engine.device import Device
from engine.errors import (
    AffectlineError,
    CancelledError,
    MediaFormatError,
    MediaNotFoundError,
    MediaVanishedError,
    StorageError,
)
from engine.media import Media
from engine.model import Model
from engine.values import Analysis, BranchName, FusedTrack, Part, Person, Progress
from tests.media import face_frames, make_clip, numbered_frames, speech_like, tone, truncate

pytestmark = pytest.mark.timeout(60)
Events = list[Progress | Part | Analysis]


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is left behind: no thread, and no features beyond those asked for."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert not list(folder.iterdir())
    assert not threads()


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("affectline")]


def finished(events: Iterator[Progress | Part | Analysis]) -> Analysis:
    *_, last = events
    assert isinstance(last, Analysis)
    return last


def gap_list(analysis: Analysis) -> list[tuple[str, float, float]]:
    return [(gap.kind, round(gap.start_s, 3), round(gap.end_s, 3)) for gap in analysis.gaps]


def packet_times(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return np.sort([float(p.pts * stream.time_base) for p in container.demux(stream) if p.size])  # type: ignore[operator]


# What is found


def test_two_people_where_they_are_seen(film: Path, film_analysis: Analysis) -> None:
    times = packet_times(film)
    assert len(times) == 150
    first, second = film_analysis.people
    np.testing.assert_array_equal(first.frames.time_s, times[:70])
    np.testing.assert_array_equal(second.frames.time_s, times[100:])
    assert [person.id for person in film_analysis.people] == ["person-1", "person-2"]
    assert first.present_s == pytest.approx(2.8)
    assert second.present_s == pytest.approx(2.0)
    assert first.frames.detected.sum() == 15  # the first, every fifth after it, and the last


def test_slices_are_on_each_shots_grid(film_analysis: Analysis) -> None:
    first, second = (person.slices for person in film_analysis.people)
    np.testing.assert_allclose(first.start_s, 0.64 * np.arange(4), atol=1e-9)
    np.testing.assert_allclose(second.start_s, 4 + 0.64 * np.arange(3), atol=1e-9)
    np.testing.assert_allclose(first.end_s - first.start_s, 0.64)


def test_windows_stay_within_their_shot(film_analysis: Analysis) -> None:
    first, second = (person.fused for person in film_analysis.people)
    np.testing.assert_allclose(np.stack([first.start_s, first.end_s], 1), [[0, 2.56], [0.24, 2.8]], atol=1e-9)
    np.testing.assert_allclose(np.stack([second.start_s, second.end_s], 1), [[4, 6]], atol=1e-9)
    assert first.branches == ("frame+slice+audio",) * 2
    assert second.branches == ("frame+slice",)


def test_speech_with_nobody_in_view(film_analysis: Analysis) -> None:
    unseen = film_analysis.unseen
    np.testing.assert_allclose([unseen.start_s, unseen.end_s], [[2.8], [4.0]])
    assert unseen.branches == ("audio",)
    assert [(segment.start_s, segment.end_s) for segment in film_analysis.unseen_segments] == [(2.8, 4.0)]


def test_seconds_of_sound(film_analysis: Analysis) -> None:
    seconds = film_analysis.seconds
    np.testing.assert_array_equal(seconds.start_s, np.arange(5))
    np.testing.assert_allclose(seconds.end_s, np.arange(1, 6), atol=1e-4)
    assert seconds.speech.tolist() == [True] * 4 + [False]


def test_gaps_of_the_film(film_analysis: Analysis) -> None:
    assert gap_list(film_analysis) == [
        ("cut", 2.8, 2.8), ("no_face", 2.8, 4.0), ("cut", 4.0, 4.0), ("silence", 4.0, 5.0), ("no_audio", 5.0, 6.0),
    ]  # fmt: skip


def test_answers_are_probabilities(film_analysis: Analysis) -> None:
    rows = [film_analysis.seconds.probabilities, film_analysis.unseen.probabilities, film_analysis.unseen.raw]
    for person in film_analysis.people:
        rows += [person.frames.probabilities, person.slices.probabilities, person.fused.probabilities, person.fused.raw]
        assert person.frames.probabilities.std(axis=0).max() > 0
        assert person.label is not None
        rows.append(person.label.probabilities[None])
    for answers in rows:
        assert len(answers)
        np.testing.assert_allclose(answers.sum(1), 1, rtol=1e-5)
    assert film_analysis.label == film_analysis.people[0].label
    assert film_analysis.label_reason == "person-1, most present"


def test_an_analysis_says_what_made_it(film: Path, film_analysis: Analysis, tiny_bundle: Bundle) -> None:
    assert film_analysis.media.path == str(film)
    assert film_analysis.bundle == tiny_bundle.ref
    assert film_analysis.device == "cpu fp32"
    assert (film_analysis.start_s, film_analysis.end_s) == (0.0, 6.0)
    assert film_analysis.features is None
    assert {"decode", "faces", "frame", "slice", "audio", "fusion"} <= film_analysis.timing.stages.keys()


# On the way


def test_progress_goes_on_to_the_end(film_events: Events) -> None:
    progress = [event for event in film_events if isinstance(event, Progress)]
    done = [event.done_s for event in progress]
    assert done == sorted(done)
    assert (progress[-1].done_s, progress[-1].total_s, progress[-1].frames) == (6.0, 6.0, 150)


def rows_of(events: Events, branch: BranchName, track: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Starts and probabilities of what was given of one track before the end, in order of time."""
    parts = [e.rows for e in events if isinstance(e, Part) and (e.branch, e.track) == (branch, track)]
    start_s = np.concatenate([rows.start_s for rows in parts])
    order = np.argsort(start_s, kind="stable")
    return start_s[order], np.concatenate([rows.probabilities for rows in parts])[order]


def test_partial_results_are_those_of_the_end(film_events: Events, film_analysis: Analysis) -> None:
    assert [type(event) for event in film_events].count(Analysis) == 1
    for person in film_analysis.people:
        (track,) = person.tracks
        for branch, (start_s, answers) in {
            "frame": (person.frames.time_s, person.frames.probabilities),
            "slice": (person.slices.start_s, person.slices.probabilities),
        }.items():
            given_s, given = rows_of(film_events, branch, track)  # type: ignore[arg-type]
            np.testing.assert_array_equal(given_s, start_s)
            np.testing.assert_array_equal(given, answers)
    np.testing.assert_array_equal(rows_of(film_events, "audio", None)[1], film_analysis.seconds.probabilities)


# Ranges


def same_windows(one: FusedTrack, other: FusedTrack) -> None:
    assert one.branches == other.branches
    for name in ("start_s", "end_s", "raw", "probabilities"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def same_person(one: Person, other: Person) -> None:
    for name in ("time_s", "box", "score", "detected", "probabilities"):
        np.testing.assert_array_equal(getattr(one.frames, name), getattr(other.frames, name))
    for name in ("start_s", "end_s", "probabilities"):
        np.testing.assert_array_equal(getattr(one.slices, name), getattr(other.slices, name))
    same_windows(one.fused, other.fused)
    assert one.segments == other.segments
    assert one.present_s == pytest.approx(other.present_s)


@pytest.mark.usefixtures("quick_senses")
@pytest.mark.parametrize("cut", [0, 1])
def test_ranges_that_meet_at_a_cut_give_the_same_numbers(
    film: Path, film_analysis: Analysis, tiny_model: Model, cut: int
) -> None:
    cut_s = [gap.start_s for gap in film_analysis.gaps if gap.kind == "cut"][cut]
    before = finished(analyse_with(film, tiny_model, Options(end_s=cut_s)))
    after = finished(analyse_with(film, tiny_model, Options(start_s=cut_s)))
    assert (before.start_s, before.end_s, after.start_s, after.end_s) == (0.0, cut_s, cut_s, 6.0)
    for one, other in zip([*before.people, *after.people], film_analysis.people, strict=True):
        same_person(one, other)
    unseen = [part.unseen for part in (before, after) if len(part.unseen)]
    assert len(unseen) == 1
    same_windows(unseen[0], film_analysis.unseen)
    whole = dict(zip(film_analysis.seconds.start_s, film_analysis.seconds.probabilities, strict=True))
    for part in (before, after):
        for start_s, answer in zip(part.seconds.start_s, part.seconds.probabilities, strict=True):
            np.testing.assert_array_equal(answer, whole[start_s])
    assert {*before.seconds.start_s, *after.seconds.start_s} == set(whole)


@pytest.mark.usefixtures("quick_senses")
def test_a_range_that_begins_within_a_shot(film: Path, tiny_model: Model) -> None:
    part = finished(analyse_with(film, tiny_model, Options(start_s=1.0, end_s=2.0)))
    (person,) = part.people
    np.testing.assert_allclose(person.frames.time_s[[0, -1]], [1.0, 1.96])
    np.testing.assert_allclose(person.slices.start_s, [1.0])
    np.testing.assert_allclose([person.fused.start_s, person.fused.end_s], [[1.0], [2.0]])
    assert part.gaps == ()
    assert part.seconds.start_s.tolist() == [1.0]


@pytest.mark.parametrize("span", [(6.0, None), (3.0, 3.0), (7.0, 9.0), (0.0, -1.0)])
def test_an_empty_range_is_refused(film: Path, tiny_model: Model, span: tuple[float, float | None]) -> None:
    with pytest.raises(MediaFormatError, match="nothing lies between"):
        finished(analyse_with(film, tiny_model, Options(*span)))


# Stored features


@pytest.mark.usefixtures("quick_senses")
def test_a_video_known_already_is_not_decoded(
    film: Path, tiny_bundle: Bundle, cpu: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = Options(store=tmp_path / "store")
    first = finished(analyse(film, tiny_bundle, cpu, options))
    assert first.features is not None
    assert Path(first.features).parent == tmp_path / "store"

    def fail(*_: Any) -> Any:
        raise AssertionError("read again")

    monkeypatch.setattr(Media, "frames", fail)
    monkeypatch.setattr(Media, "sound", fail)
    copy = shutil.copy(film, tmp_path / "copy.mov")
    again = finished(analyse(copy, tiny_bundle, cpu, options))
    assert again.features == first.features
    assert again.media == replace(first.media, path=str(copy))
    for one, other in zip(again.people, first.people, strict=True):
        same_person(one, other)
    assert again.gaps == first.gaps
    with pytest.raises(AssertionError, match="read again"):
        finished(analyse(film, tiny_bundle, cpu, replace(options, end_s=2.8)))


# Stopping


def stopped_after(parts: int) -> Callable[[Any], bool]:
    """A look at each event: True from the n-th part on."""
    seen = itertools.count(1)
    return lambda event: isinstance(event, Part) and next(seen) >= parts


@pytest.mark.usefixtures("quick_senses")
@pytest.mark.parametrize("parts", [1, 3])
def test_cancelling_in_the_middle(film: Path, tiny_model: Model, tmp_path: Path, parts: int) -> None:
    token = threading.Event()
    enough = stopped_after(parts)

    def read() -> None:
        for event in analyse_with(film, tiny_model, Options(store=tmp_path / "store"), token.is_set):
            if enough(event):
                token.set()

    with pytest.raises(CancelledError):
        read()
    assert not list((tmp_path / "store").iterdir())
    assert not threads()


def test_cancelled_before_it_begins(film: Path, tiny_model: Model) -> None:
    with pytest.raises(CancelledError):
        finished(analyse_with(film, tiny_model, cancelled=lambda: True))


@pytest.mark.usefixtures("quick_senses")
def test_a_reader_that_walks_away(film: Path, tiny_model: Model, tmp_path: Path) -> None:
    events = analyse_with(film, tiny_model, Options(store=tmp_path / "store"))
    next(event for event in events if isinstance(event, Part))
    events.close()  # type: ignore[attr-defined]
    assert not list((tmp_path / "store").iterdir())
    assert not threads()


def failing_after(count: int, error: Exception, real: Any) -> Any:
    def frames(*args: Any) -> Iterator[Any]:
        yield from itertools.islice(real(*args), count)
        raise error

    return frames


@pytest.mark.usefixtures("quick_senses")
@pytest.mark.parametrize("reader", ["frames", "sound"])
@pytest.mark.parametrize("error", [MediaVanishedError("film.mov", "it went away"), ZeroDivisionError("a bug")])
def test_an_error_in_a_thread_surfaces(
    film: Path, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, error: Exception
) -> None:
    monkeypatch.setattr(Media, reader, failing_after(3, error, getattr(Media, reader)))
    with pytest.raises(type(error), match=str(error)):
        finished(analyse_with(film, tiny_model, Options(store=tmp_path / "store")))
    assert not list((tmp_path / "store").iterdir())


@pytest.mark.usefixtures("quick_senses")
def test_a_full_disk(film: Path, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise StorageError(tmp_path, "No space left on device")

    monkeypatch.setattr("engine.features.FeatureWriter.append", refuse)
    with pytest.raises(StorageError):
        finished(analyse_with(film, tiny_model, Options(store=tmp_path / "store")))
    assert not list((tmp_path / "store").iterdir())


def test_no_room_for_features(film: Path, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "mkdtemp", lambda **_: (tmp_path / "none" / "x").mkdir())
    with pytest.raises(StorageError, match="No such file"):
        finished(analyse_with(film, tiny_model))


# Other files


@pytest.mark.usefixtures("quick_senses")
def test_a_voice_without_a_face(tiny_model: Model, tmp_path: Path) -> None:
    frames = [np.full((48, 64, 3), 20, np.uint8)] * 90
    path = make_clip(tmp_path / "dark.mov", frames, sound=speech_like(4.5, 22_050), sound_rate_hz=22_050)
    analysis = finished(analyse_with(path, tiny_model))
    assert analysis.people == ()
    assert analysis.label_reason == "voice only"
    assert analysis.label is not None
    assert analysis.label.branches == "audio"
    np.testing.assert_allclose(
        analysis.unseen.start_s, [0, 0.5, 1, 1.04, 3.6], atol=1e-6
    )  # the last 0.9 s have no picture
    assert set(analysis.unseen.branches) == {"audio"}


@pytest.mark.usefixtures("quick_senses")
def test_neither_face_nor_sound(tiny_model: Model, tmp_path: Path) -> None:
    silence = np.zeros(2 * 22_050, np.float32)
    dark = [np.full((48, 64, 3), 20, np.uint8)] * 50
    path = make_clip(tmp_path / "dark.mov", dark, sound=silence, sound_rate_hz=22_050, sound_codec="pcm_s16le")
    analysis = finished(analyse_with(path, tiny_model))
    assert (analysis.label, analysis.label_reason) == (None, "neither face nor sound")
    assert (len(analysis.people), len(analysis.unseen)) == (0, 0)
    assert gap_list(analysis) == [("no_face", 0.0, 2.0), ("silence", 0.0, 2.0)]


def test_files_without_room_for_a_face_are_refused(tiny_model: Model, tmp_path: Path) -> None:
    sound = make_clip(tmp_path / "voice.wav", sound=tone(1.0, 22_050), sound_rate_hz=22_050)
    small = make_clip(tmp_path / "small.mp4", [np.full((10, 64, 3), 90, np.uint8)] * 5)
    for path, clause in ((sound, "no picture"), (small, "64x10, too small")):
        with pytest.raises(MediaFormatError, match=clause):
            finished(analyse_with(path, tiny_model))


@pytest.mark.usefixtures("quick_senses")
def test_a_video_without_sound(tiny_model: Model, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "mute.mp4", face_frames(10, width=160, height=120, face_px=60.0))
    analysis = finished(analyse_with(path, tiny_model))
    (person,) = analysis.people
    assert (len(person.frames), len(person.slices), len(analysis.seconds)) == (10, 1, 0)
    assert person.fused.branches == ("frame+slice",)
    assert gap_list(analysis) == [("no_audio", 0.0, 0.4)]


@pytest.mark.usefixtures("quick_senses")
def test_a_truncated_video_gives_what_there_is(tiny_model: Model, tmp_path: Path) -> None:
    frames = face_frames(75, width=160, height=120, face_px=60.0)
    path = truncate(make_clip(tmp_path / "cut off.mp4", frames, gop=5), 0.6)
    analysis = finished(analyse_with(path, tiny_model))
    (person,) = analysis.people
    last_s = float(person.frames.time_s[-1])
    unreadable = [gap for gap in analysis.gaps if gap.kind == "unreadable"]
    assert 1.0 < last_s < 2.5
    assert unreadable[-1].end_s == 3.0
    assert all(one.end_s == other.start_s for one, other in itertools.pairwise(unreadable))
    assert last_s < unreadable[0].start_s <= last_s + 0.12
    assert person.present_s == pytest.approx(unreadable[0].start_s)


@pytest.mark.usefixtures("quick_senses")
def test_a_picture_of_one_frame(tiny_model: Model, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "one.mp4", numbered_frames(1))
    analysis = finished(analyse_with(path, tiny_model))
    assert analysis.media.frame_count == 1
    assert analysis.people == ()  # too short to be more than noise


def test_files_that_are_none(tiny_model: Model, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("not a film")
    for name, kind in (("empty.mp4", MediaFormatError), ("text.mp4", MediaFormatError), ("no.mp4", MediaNotFoundError)):
        with pytest.raises(AffectlineError) as caught:
            finished(analyse_with(tmp_path / name, tiny_model))
        assert type(caught.value) is kind


# With the real senses


def test_a_face_and_a_tone_with_the_real_detectors(tiny_model: Model, tmp_path: Path) -> None:
    frames = face_frames(20, sway_px=4.0)
    path = make_clip(tmp_path / "face.mp4", frames, sound=tone(0.8), codec_options={"crf": "15"})
    analysis = finished(analyse_with(path, tiny_model))
    (person,) = analysis.people
    np.testing.assert_array_equal(person.frames.time_s, packet_times(path))
    centre = person.frames.box[:, :2] + person.frames.box[:, 2:] / 2
    np.testing.assert_allclose(centre.mean(0), (160, 120), atol=15)
    assert person.fused.branches == ("frame+slice",)
    assert "no_speech" in {gap.kind for gap in analysis.gaps}
