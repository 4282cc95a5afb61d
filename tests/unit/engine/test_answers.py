"""From stored features to people, windows and labels: on made stores, so that every row's part is known."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.answering.rows import Sound, by_track
from engine.answering.spans import Windows
from engine.answers import _merged, _Scorer, answer
from engine.branches import AUDIO_RATE_HZ, FEATURES
from engine.bundle import Bundle, Calibration, WindowConfig
from engine.device import Device
from engine.emotions import EMOTIONS
from engine.errors import CancelledError
from engine.faces.appearance import SIZE
from engine.features import Evidence, FeatureStore, FeatureWriter
from engine.model import Model, padded_sets
from engine.values import BRANCHES, FaceTrack, Gap, MediaInfo
from engine.windows import SLICE_S, slice_grid, smooth

RATE_HZ = 25
Span = tuple[float, float]
MakeStore = Callable[..., FeatureStore]


@pytest.fixture
def make_store(tmp_path: Path) -> MakeStore:
    """A store of six seconds at 25 Hz with one face all the time and speech in every second, but for what is asked."""
    folders = (tmp_path / str(number) for number in range(100))

    def make(
        faces: Mapping[int, Span] | None = None,
        *,
        end_s: float = 6.0,
        shots: Sequence[Span] | None = None,
        times_s: np.ndarray | None = None,
        speech: Sequence[float] = (1.0,) * 6,
        sound_end_s: float | None = 6.0,
        carried: int = 0,
        unreadable: tuple[Gap, ...] = (),
    ) -> FeatureStore:
        faces = {3: (0.0, 6.0)} if faces is None else faces
        shots = [(0.0, end_s)] if shots is None else shots
        times = np.arange(round(end_s * RATE_HZ)) / RATE_HZ if times_s is None else times_s
        tracks = [made_track(number, span, times, shots) for number, span in faces.items()]
        slices = [
            (track.id, shot, start_s)
            for shot, (shot_start_s, shot_end_s) in enumerate(shots)
            for start_s in slice_grid(shot_start_s, shot_end_s)
            for track in tracks
            if track.shot == shot and overlap(faces[track.id], (start_s, start_s + SLICE_S)) >= SLICE_S / 2
        ]
        frames = sorted(
            (int(index), track.id)
            for track in tracks
            for index in range(track.frame_index[0], min(len(times), track.frame_index[-1] + 1 + carried))
        )
        writer = FeatureWriter(next(folders))
        random = np.random.default_rng(0)
        for branch, keys in {
            "frame": [(track, index) for index, track in frames],
            "slice": [(track, number) for number, (track, _, _) in enumerate(slices)],
            "audio": [(second,) for second in range(len(speech))],
        }.items():
            features = random.random((len(keys), FEATURES[branch]))  # type: ignore[index]
            writer.append(branch, np.array(keys, np.int64), features)  # type: ignore[arg-type]
        return writer.finish(
            Evidence(
                media=MediaInfo("a.mp4", "ab" * 32, 1, end_s, 320, 240, len(times), 25.0, False, 0, bool(speech)),
                start_s=0.0, end_s=end_s, times_s=times,
                shot_start_s=np.array([shot[0] for shot in shots]), shot_end_s=np.array([shot[1] for shot in shots]),
                tracks=tuple(tracks),
                slice_track=np.array([row[0] for row in slices], np.int64),
                slice_shot=np.array([row[1] for row in slices], np.int64),
                slice_start_s=np.array([row[2] for row in slices], np.float64),
                second=np.arange(len(speech)), speech_share=np.array(speech), silent=np.zeros(len(speech)),
                samples=np.full(len(speech), AUDIO_RATE_HZ), sound_start_s=0.0, sound_end_s=sound_end_s,
                unreadable=unreadable,
            )
        )  # fmt: skip

    return make


def made_track(number: int, span: Span, times: np.ndarray, shots: Sequence[Span]) -> FaceTrack:
    index = np.flatnonzero((times >= span[0] - 1e-9) & (times < span[1] - 1e-9))
    shot = next(place for place, (start_s, end_s) in enumerate(shots) if start_s - 1e-9 <= span[0] < end_s)
    box = np.full((len(index), 4), number) + np.arange(len(index))[:, None] / 100
    return FaceTrack(number, shot, index, times[index], box, np.ones(len(index)), index % 5 == 0, looks(number))


def looks(number: int) -> np.ndarray:
    """A descriptor; those of different numbers are not at all alike."""
    return np.eye(SIZE)[number]


def overlap(one: Span, other: Span) -> float:
    return min(one[1], other[1]) - max(one[0], other[0])


def sets_of(store: FeatureStore, windows: Windows) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The features of each window."""
    found = []
    for number in range(len(windows)):
        frame, slice_, audio = (store.features(*pair) for pair in zip(BRANCHES, windows.rows(number), strict=True))
        found.append((frame, slice_, audio))
    return found


def result(steps: Generator[Any, None, Any]) -> Any:
    """What a generator returns in the end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def configured(bundle: Bundle, cpu: Device, **changes: Any) -> Model:
    return Model(replace(bundle, manifest=replace(bundle.manifest, **changes)), cpu)


# Rows


@pytest.mark.parametrize(
    ("track", "groups"), [([], {}), ([4], {4: [0]}), ([2, 7, 2, 2, 7, 0], {0: [5], 2: [0, 2, 3], 7: [1, 4]})]
)
def test_rowsby_track(track: list[int], groups: dict[int, list[int]]) -> None:
    assert {number: rows.tolist() for number, rows in by_track(np.array(track, np.int64)).items()} == groups


def test_a_person_has_the_rows_of_their_track(make_store: MakeStore, tiny_model: Model) -> None:
    store = make_store({3: (0.0, 6.0), 5: (1.0, 2.0)})
    first, second = answer(store, tiny_model).people
    assert (first.tracks, second.tracks) == ((3,), (5,))
    for person, track in ((first, 3), (second, 5)):
        rows = np.flatnonzero(store.keys("frame")[:, 0] == track)
        expected = tiny_model.probabilities("frame", store.features("frame", rows))
        np.testing.assert_array_equal(person.frames.probabilities, expected)
        np.testing.assert_array_equal(person.frames.time_s, store.evidence.times_s[store.keys("frame")[rows, 1]])
        np.testing.assert_allclose(person.frames.box[:, 0], track + np.arange(len(rows)) / 100, rtol=1e-6)
        rows = np.flatnonzero(store.evidence.slice_track == track)
        expected = tiny_model.probabilities("slice", store.features("slice", rows))
        np.testing.assert_array_equal(person.slices.probabilities, expected)
    np.testing.assert_array_equal(second.frames.detected, second.frames.time_s * RATE_HZ % 5 == 0)


def test_rows_beyond_the_last_detection_do_not_count(make_store: MakeStore, tiny_model: Model) -> None:
    spans = {3: (0.0, 2.0), 5: (3.0, 5.0)}
    plain, carried = (answer(make_store(spans, carried=count), tiny_model) for count in (0, 12))
    for one, other in zip(plain.people, carried.people, strict=True):
        np.testing.assert_array_equal(one.frames.time_s, other.frames.time_s)


def test_rows_of_tracks_that_were_noise_do_not_count(make_store: MakeStore, tiny_model: Model) -> None:
    store = make_store({3: (0.0, 6.0), 5: (1.0, 2.0)})
    store.evidence = replace(store.evidence, tracks=store.evidence.tracks[:1])
    (person,) = answer(store, tiny_model).people
    assert person.tracks == (3,)
    assert len(person.frames) == 150


def test_a_slice_mostly_after_the_last_detection_does_not_count(make_store: MakeStore, tiny_model: Model) -> None:
    store = make_store({3: (0.0, 2.25)})
    np.testing.assert_allclose(store.evidence.slice_start_s, [0, 0.64, 1.28, 1.92])
    ends = {2.2: 3, 2.24: 4}  # the middle of the last slice is at 2.24
    for last_s, count in ends.items():
        track = made_track(3, (0.0, last_s + 0.01), store.evidence.times_s, [(0.0, 6.0)])
        store.evidence = replace(store.evidence, tracks=(track,))
        (person,) = answer(store, tiny_model).people
        assert len(person.slices) == count


def test_two_tracks_of_one_person_are_in_order_of_time(make_store: MakeStore, tiny_model: Model) -> None:
    store = make_store({3: (0.0, 2.0), 5: (3.0, 6.0)}, shots=[(0.0, 3.0), (3.0, 6.0)])
    alike = [replace(track, descriptor=looks(0)) for track in store.evidence.tracks]
    store.evidence = replace(store.evidence, tracks=tuple(alike))
    (person,) = answer(store, tiny_model).people
    assert person.tracks == (3, 5)
    assert (np.diff(person.frames.time_s) > 0).all()
    assert (np.diff(person.slices.start_s) > 0).all()
    assert person.present_s == pytest.approx(5.0)


# Presence


def test_people_are_in_the_order_of_their_presence(make_store: MakeStore, tiny_model: Model) -> None:
    answers = answer(make_store({3: (0.0, 2.0), 5: (1.0, 6.0)}), tiny_model)
    assert [(person.id, person.tracks, round(person.present_s, 6)) for person in answers.people] == [
        ("person-1", (5,), 5.0), ("person-2", (3,), 2.0),
    ]  # fmt: skip
    assert answers.label == answers.people[0].label
    assert answers.label_reason == "person-1, most present"


def test_frames_are_present_until_the_next(make_store: MakeStore, tiny_model: Model) -> None:
    times = np.array([0.0, 0.1, 0.4, 1.0, 1.1, 2.0])
    (person,) = answer(make_store({3: (0.1, 1.1)}, end_s=3.0, times_s=times), tiny_model).people
    assert person.present_s == pytest.approx(1.0)
    (person,) = answer(make_store({3: (0.0, 3.0)}, end_s=3.0, times_s=times), tiny_model).people
    assert person.present_s == pytest.approx(3.0)


def test_nobody_is_present_in_what_could_not_be_read(make_store: MakeStore, tiny_model: Model) -> None:
    times = np.concatenate([np.arange(50), np.arange(100, 150)]) / RATE_HZ
    lost = (Gap("unreadable", 2.0, 4.0), Gap("unreadable", 6.0, 9.0))
    (person,) = answer(make_store(times_s=times, unreadable=lost), tiny_model).people
    assert person.present_s == pytest.approx(4.0)


# Windows


def test_rows_of_a_window(make_store: MakeStore, tiny_model: Model) -> None:
    store = make_store()
    scorer = _Scorer(store, tiny_model)
    windows = scorer.windows_of(scorer.rows.face(store.evidence.tracks))
    np.testing.assert_allclose(windows.start_s, [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.44])
    frames, slices, seconds = windows.rows(1)
    assert (windows.start_s[1], windows.end_s[1]) == (0.5, 3.06)
    np.testing.assert_array_equal(store.keys("frame")[frames, 1], np.arange(13, 77))
    np.testing.assert_allclose(store.evidence.slice_start_s[slices], [0.64, 1.28, 1.92, 2.56])
    np.testing.assert_array_equal(store.evidence.second[seconds], [0, 1, 2])
    assert windows.branches[1] == "frame+slice+audio"
    assert windows.restart.tolist() == [True] + [False] * 7


@pytest.mark.parametrize(
    ("window", "rows"),
    [((0.5, 3.06), [0, 1, 2]), ((0.51, 3.07), [1, 2]), ((2.9, 3.2), [3]), ((2.95, 3.05), [2, 3]), ((5.9, 6.9), [])],
)
def test_seconds_that_overlap_a_window_enough(window: Span, rows: list[int]) -> None:
    sound = Sound(np.arange(6), np.arange(6.0), np.arange(6.0) + 1)
    assert sound.within(*window).tolist() == rows


def test_windows_need_the_face_in_a_quarter_of_their_frames(make_store: MakeStore, tiny_model: Model) -> None:
    (person,) = answer(make_store({3: (0.0, 3.16)}), tiny_model).people
    np.testing.assert_allclose(person.fused.start_s, [0, 0.5, 1, 1.5, 2, 2.5])  # of 2.5 to 5.06, 17 frames of 64
    (person,) = answer(make_store({3: (0.0, 3.08)}), tiny_model).people
    np.testing.assert_allclose(person.fused.start_s, [0, 0.5, 1, 1.5, 2])


def test_no_window_or_segment_spans_a_cut_or_an_absence(make_store: MakeStore, tiny_model: Model) -> None:
    spans = {3: (0.0, 3.0), 4: (3.0, 4.0), 5: (14.0, 18.0)}
    store = make_store(spans, end_s=18.0, shots=[(0.0, 3.0), (3.0, 18.0)], speech=())
    alike = tuple(replace(track, descriptor=looks(0)) for track in store.evidence.tracks)
    store.evidence = replace(store.evidence, tracks=alike)
    (person,) = answer(store, tiny_model).people
    starts, ends = person.fused.start_s, person.fused.end_s
    assert ((ends <= 3.0) | (starts >= 3.0)).all()
    bounds = sorted((segment.start_s, segment.end_s) for segment in person.segments)
    assert not [span for span in bounds if span[0] < 3.0 < span[1] or span[0] < 9.0 < span[1]]
    assert bounds[0][0] == 0.0
    assert bounds[-1][1] == 18.0


def test_raw_windows_are_the_fusion_and_the_rest_is_smoothed(
    make_store: MakeStore, tiny_bundle: Bundle, cpu: Device
) -> None:
    model = configured(tiny_bundle, cpu, calibration=Calibration(fused=0.05))
    store = make_store()
    (person,) = answer(store, model).people
    scorer = _Scorer(store, model)
    windows = scorer.windows_of(scorer.rows.face(store.evidence.tracks))
    np.testing.assert_array_equal(person.fused.raw, model.fuse(sets_of(store, windows)))
    middle_s = (person.fused.start_s + person.fused.end_s) / 2
    expected = smooth(np.log(person.fused.raw), middle_s, [True] + [False] * 7, temperature=0.05)
    np.testing.assert_array_equal(person.fused.probabilities, expected)
    assert not np.allclose(person.fused.probabilities, person.fused.raw)


def test_windows_are_the_same_in_any_group(make_store: MakeStore, tiny_model: Model) -> None:
    store = make_store()
    scorer = _Scorer(store, tiny_model)
    windows = scorer.windows_of(scorer.rows.face(store.evidence.tracks))
    np.testing.assert_array_equal(result(scorer.raw(windows, group=3)), result(scorer.raw(windows)))


@pytest.mark.parametrize(("below", "uncertain"), [(0.0, False), (1.0, True)])
def test_segments_under_the_threshold_are_uncertain(
    make_store: MakeStore, tiny_bundle: Bundle, cpu: Device, below: float, uncertain: bool
) -> None:
    model = configured(tiny_bundle, cpu, calibration=Calibration(uncertain_below=below))
    (person,) = answer(make_store(), model).people
    assert {segment.uncertain for segment in person.segments} == {uncertain}


# In steps


def test_the_share_that_is_done_grows_to_one(make_store: MakeStore, tiny_model: Model) -> None:
    told: list[float] = []
    answer(make_store({3: (0.0, 6.0), 5: (1.0, 2.0)}), tiny_model, told.append)
    assert told == sorted(told)
    assert 0 < told[0] < 0.5
    assert told[-1] == 1.0


def test_what_hears_of_it_may_end_the_work(make_store: MakeStore, tiny_model: Model) -> None:
    told: list[float] = []

    def enough(share: float) -> None:
        told.append(share)
        raise CancelledError("enough")

    with pytest.raises(CancelledError):
        answer(make_store(), tiny_model, enough)
    assert len(told) == 1


# What is missing


def test_the_same_windows_with_the_sound_or_the_faces_removed(make_store: MakeStore, tiny_model: Model) -> None:
    whole = answer(make_store(), tiny_model)
    mute = answer(make_store(speech=(), sound_end_s=None), tiny_model)
    wordless = answer(make_store(speech=(0.0,) * 6), tiny_model)
    faceless = answer(make_store({}), tiny_model)
    seen, unheard = whole.people[0], mute.people[0]
    assert set(seen.fused.branches) == {"frame+slice+audio"}
    assert set(unheard.fused.branches) == {"frame+slice"}
    assert set(faceless.unseen.branches) == {"audio"}
    for track in (unheard.fused, faceless.unseen, wordless.people[0].fused):
        np.testing.assert_array_equal(track.start_s, seen.fused.start_s)
        assert not np.array_equal(track.raw, seen.fused.raw)
    np.testing.assert_array_equal(wordless.people[0].fused.raw, unheard.fused.raw)
    labels = [answers.label for answers in (whole, mute, faceless)]
    assert [label.branches for label in labels if label] == ["frame+slice+audio", "frame+slice", "audio"]
    assert all(label.emotion in EMOTIONS for label in labels if label)
    assert faceless.label_reason == "voice only"


def test_nothing_at_all_has_no_label(make_store: MakeStore, tiny_model: Model) -> None:
    answers = answer(make_store({}, speech=(), sound_end_s=None), tiny_model)
    assert (answers.people, answers.label, answers.label_reason) == ((), None, "neither face nor sound")
    assert (len(answers.unseen), answers.unseen_segments, len(answers.seconds)) == (0, (), 0)
    assert answers.gaps == (Gap("no_audio", 0.0, 6.0), Gap("no_face", 0.0, 6.0))


def test_unseen_windows_are_where_somebody_speaks_and_nobody_is_seen(make_store: MakeStore, tiny_model: Model) -> None:
    store = make_store({3: (0.0, 3.0)}, end_s=9.0, shots=[(0.0, 3.0), (3.0, 6.0), (6.0, 9.0)], speech=(1.0,) * 6)
    unseen = answer(store, tiny_model).unseen
    np.testing.assert_allclose(np.stack([unseen.start_s, unseen.end_s], 1), [[3, 5.56], [3.44, 6]])
    assert set(unseen.branches) == {"audio"}


def test_sound_that_goes_on_after_the_picture(make_store: MakeStore, tiny_model: Model) -> None:
    store = make_store({3: (0.0, 4.0)}, end_s=4.0, speech=(1.0,) * 6, sound_end_s=6.0)
    assert len(answer(store, tiny_model).unseen) == 0  # beyond the range
    store.evidence = replace(store.evidence, end_s=6.0)
    unseen = answer(store, tiny_model).unseen
    np.testing.assert_allclose([unseen.start_s, unseen.end_s], [[4.0], [6.0]])


def test_a_second_is_speech_from_the_bundles_share_on(make_store: MakeStore, tiny_bundle: Bundle, cpu: Device) -> None:
    store = make_store(speech=(0.0, 0.29, 0.3, 1.0))
    for least, speech in ((0.3, [False, False, True, True]), (0.5, [False, False, False, True])):
        model = configured(tiny_bundle, cpu, windows=WindowConfig(min_speech=least))
        assert answer(store, model).seconds.speech.tolist() == speech


def test_a_last_second_ends_with_its_samples(make_store: MakeStore, tiny_model: Model) -> None:
    store = make_store()
    store.evidence = replace(store.evidence, samples=np.array([AUDIO_RATE_HZ] * 5 + [AUDIO_RATE_HZ // 2]))
    np.testing.assert_allclose(answer(store, tiny_model).seconds.end_s, [1, 2, 3, 4, 5, 5.5])


def test_gaps_are_in_order_of_time(make_store: MakeStore, tiny_model: Model) -> None:
    store = make_store(
        {3: (0.0, 1.0), 5: (2.0, 4.0)}, end_s=8.0, shots=[(0.0, 2.0), (2.0, 8.0)],
        speech=(1.0, 0.0, 0.0, 1.0, 1.0, 1.0), unreadable=(Gap("unreadable", 3.0, 3.5),),
    )  # fmt: skip
    store.evidence = replace(store.evidence, silent=np.array([False, False, True, False, False, False]))
    assert answer(store, tiny_model).gaps == (
        Gap("no_face", 1.0, 2.0), Gap("no_speech", 1.0, 2.0), Gap("cut", 2.0, 2.0), Gap("silence", 2.0, 3.0),
        Gap("unreadable", 3.0, 3.5), Gap("no_face", 4.0, 8.0), Gap("no_audio", 6.0, 8.0),
    )  # fmt: skip


def test_a_picture_of_which_nothing_could_be_read_is_no_absence_of_faces(
    make_store: MakeStore, tiny_model: Model
) -> None:
    lost = (Gap("unreadable", 0.0, 6.0),)
    store = make_store({}, shots=[], times_s=np.zeros(0), speech=(), sound_end_s=None, unreadable=lost)
    assert [gap.kind for gap in answer(store, tiny_model).gaps] == ["no_audio", "unreadable"]


# Labels


@torch.inference_mode()
def test_a_label_pools_everything_at_its_temperature(make_store: MakeStore, tiny_bundle: Bundle, cpu: Device) -> None:
    model = configured(tiny_bundle, cpu, calibration=Calibration(fused=0.5))
    store = make_store({3: (0.0, 2.0)}, speech=(1.0, 0.0, 1.0, 1.0))
    (person,) = answer(store, model).people
    rows = {"frame": np.arange(50), "slice": np.arange(3), "audio": np.array([0])}  # heard while in view
    sets = tuple(store.features(branch, rows[branch]) for branch in BRANCHES)
    expected = torch.softmax(model.fusion(padded_sets([sets])) / 0.5, 1)[0].numpy()  # type: ignore[list-item]
    label = person.label
    assert label is not None
    np.testing.assert_allclose(label.probabilities, expected, rtol=1e-4)
    assert label.emotion == EMOTIONS[expected.argmax()]
    assert label.confidence == pytest.approx(expected.max(), rel=1e-4)
    assert label.branches == "frame+slice+audio"


def test_a_label_may_be_pooled_in_pieces(
    make_store: MakeStore, tiny_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_store()
    whole = answer(store, tiny_model).label
    monkeypatch.setattr("engine.answers.PIECE_ROWS", 7)
    pieces = answer(store, tiny_model).label
    assert whole is not None
    assert pieces is not None
    np.testing.assert_allclose(pieces.probabilities, whole.probabilities, rtol=1e-4)


def test_other_answers_need_no_other_store(make_store: MakeStore, tiny_bundle: Bundle, cpu: Device) -> None:
    store = make_store()
    before = answer(store, configured(tiny_bundle, cpu)).people[0]
    after = answer(store, configured(tiny_bundle, cpu, calibration=Calibration(frame=3.0))).people[0]
    assert not np.array_equal(before.frames.probabilities, after.frames.probabilities)
    np.testing.assert_array_equal(before.slices.probabilities, after.slices.probabilities)
    np.testing.assert_array_equal(before.fused.raw, after.fused.raw)


def test_gaps_that_touch_are_one() -> None:
    gaps = (Gap("unreadable", 3.0, 4.0), Gap("unreadable", 1.0, 2.0), Gap("unreadable", 2.0, 2.5))
    assert list(_merged(gaps)) == [Gap("unreadable", 1.0, 2.5), Gap("unreadable", 3.0, 4.0)]
    assert list(_merged(())) == []
