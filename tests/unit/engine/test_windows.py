from itertools import pairwise, product

import numpy as np
import pytest

from engine.emotions import EMOTIONS, INDEX
from engine.values import Gap, Segment
from engine.windows import (
    HOP_S,
    SLICE_S,
    WINDOW_S,
    cells,
    nearest_on_grid,
    no_face_gaps,
    runs,
    segments,
    slice_grid,
    slice_times,
    smooth,
    sound_gaps,
    stretches,
    tempered,
    window_grid,
)

ANGRY, HAPPY, NEUTRAL, SAD = (INDEX[name] for name in ("angry", "happy", "neutral", "sad"))


def rows_of(emotions: list[int], sure: float = 0.7) -> np.ndarray:
    """(T, 7) rows that lead with the emotions given."""
    rows = np.full((len(emotions), 7), (1 - sure) / 6)
    rows[np.arange(len(emotions)), emotions] = sure
    return rows


def flags(count: int, *firsts: int) -> np.ndarray:
    restarts = np.zeros(count, bool)
    restarts[list(firsts)] = True
    return restarts


class TestSliceGrid:
    def test_whole_slices_only(self) -> None:
        np.testing.assert_allclose(slice_grid(10.0, 12.0), [10.0, 10.64, 11.28])

    def test_exact_multiple_keeps_the_last(self) -> None:
        for start_s in (0.0, 1 / 3, 7.041708):
            for count in (1, 2, 7, 1000):
                assert len(slice_grid(start_s, start_s + count * SLICE_S)) == count

    def test_short_shot_has_one(self) -> None:
        assert slice_grid(5.0, 5.2).tolist() == [5.0]

    def test_empty_shot_has_none(self) -> None:
        assert len(slice_grid(5.0, 5.0)) == 0

    def test_times_are_sixteen_steps_and_meet_the_next_slice(self) -> None:
        times = slice_times(slice_grid(3.0, 4.3))
        assert times.shape == (2, 16)
        np.testing.assert_allclose(np.diff(times.ravel()), 0.04)


class TestWindowGrid:
    def test_short_shot_is_one_window(self) -> None:
        starts, ends = window_grid(4.0, 5.5)
        assert (starts.tolist(), ends.tolist()) == ([4.0], [5.5])

    def test_empty_shot_has_none(self) -> None:
        assert [len(edge) for edge in window_grid(4.0, 4.0)] == [0, 0]

    def test_last_window_is_aligned_to_the_end(self) -> None:
        starts, ends = window_grid(0.0, 4.0)
        np.testing.assert_allclose(starts, [0, 0.5, 1.0, 1.44])
        np.testing.assert_allclose(ends, starts + WINDOW_S)

    @pytest.mark.parametrize(("tail_s", "count"), [(0.0, 3), (0.03, 3), (0.04, 4), (0.49, 4)])
    def test_tail_under_a_grid_step_gets_no_window(self, tail_s: float, count: int) -> None:
        starts, _ = window_grid(1.0, 1.0 + WINDOW_S + 2 * HOP_S + tail_s)
        assert len(starts) == count

    def test_any_shot_is_covered_and_never_left(self) -> None:
        rng = np.random.default_rng(0)
        for start_s, length_s in zip(rng.uniform(0, 5000, 300), rng.uniform(0.01, 20, 300), strict=True):
            end_s = start_s + length_s
            starts, ends = window_grid(start_s, end_s)
            assert starts[0] == start_s
            assert end_s - 0.04 <= ends[-1] <= end_s
            assert (np.diff(starts) > 0).all()
            assert (starts[1:] <= ends[:-1]).all()
            np.testing.assert_allclose(ends - starts, min(WINDOW_S, length_s))


class TestNearestOnGrid:
    def test_nearest_and_ties_earlier(self) -> None:
        frames = [0.0, 0.1, 0.2]
        assert nearest_on_grid(frames, [-1, 0.04, 0.05, 0.06, 0.1, 0.15, 0.16, 9]).tolist() == [0, 0, 0, 1, 1, 1, 2, 2]

    def test_keeps_the_shape_of_the_grid(self) -> None:
        assert nearest_on_grid([0.0, 1.0], np.zeros((3, 16))).shape == (3, 16)

    def test_agrees_with_looking_at_every_frame(self) -> None:
        rng = np.random.default_rng(1)
        frames = np.sort(rng.uniform(0, 10, 200))
        grid = rng.uniform(-1, 11, 500)
        expected = np.abs(grid[:, None] - frames[None]).argmin(axis=1)
        np.testing.assert_array_equal(nearest_on_grid(frames, grid), expected)

    def test_ties_hold_far_from_zero(self) -> None:
        frames = 4000 + np.arange(500) / 12.5
        between = 4000 + (np.arange(499) + 0.5) / 12.5
        assert nearest_on_grid(frames, between).tolist() == list(range(499))

    def test_no_frames_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="no frame"):
            nearest_on_grid([], [0.0])


def by_enumeration(logs: np.ndarray, times: np.ndarray, temperature: float, stay_s: float) -> np.ndarray:
    """Posteriors of one stretch by summing over every path of states."""
    posterior = np.zeros_like(logs)
    for path in product(range(7), repeat=len(logs)):
        weight = np.exp(logs[range(len(logs)), path].sum() / temperature)
        for (a, b), dt in zip(pairwise(path), np.diff(times), strict=True):
            stay = max(1 - dt / stay_s, 1 / 7)
            weight *= stay if a == b else (1 - stay) / 6
        posterior[range(len(logs)), path] += weight
    return posterior / posterior.sum(axis=1, keepdims=True)


class TestSmooth:
    @pytest.mark.parametrize(
        ("count", "temperature"), [(1, 1.0), (2, 0.5), (3, 1.0), (3, 2.5), (4, 0.5), (4, 2.5), (5, 1.0)]
    )
    def test_agrees_with_enumeration(self, count: int, temperature: float) -> None:
        rng = np.random.default_rng(count)
        logs = np.log(rng.dirichlet(np.ones(7), count))
        times = np.cumsum(rng.uniform(0.05, 6.0, count))
        got = smooth(logs, times, flags(count), temperature)
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, by_enumeration(logs, times, temperature, 4.0), atol=1e-6)

    def test_stretches_do_not_see_each_other(self) -> None:
        rng = np.random.default_rng(3)
        logs, times = np.log(rng.dirichlet(np.ones(7), 40)), np.arange(40) * HOP_S
        together = smooth(logs, times, flags(40, 0, 13, 14), 1.3)
        alone = [smooth(logs[a:b], times[a:b], flags(b - a), 1.3) for a, b in ((0, 13), (13, 14), (14, 40))]
        np.testing.assert_array_equal(together, np.concatenate(alone))

    def test_one_odd_window_is_smoothed_away_and_a_change_is_kept(self) -> None:
        lead = [SAD] * 5 + [ANGRY] + [SAD] * 5 + [HAPPY] * 8
        got = smooth(np.log(rows_of(lead, 0.5)), np.arange(19) * HOP_S, flags(19), 1.0)
        assert got.argmax(axis=1).tolist() == [SAD] * 11 + [HAPPY] * 8

    def test_steps_too_long_to_remember_leave_the_window_alone(self) -> None:
        rows = np.random.default_rng(4).dirichlet(np.ones(7), 6)
        np.testing.assert_allclose(smooth(np.log(rows), np.arange(6) * 100.0, flags(6), 1.0), rows, atol=1e-6)

    def test_reversed_time_gives_reversed_posteriors(self) -> None:
        logs, times = np.log(np.random.default_rng(5).dirichlet(np.ones(7), 30)), np.arange(30) * HOP_S
        backwards = smooth(logs[::-1], times, flags(30), 1.0)
        np.testing.assert_allclose(backwards[::-1], smooth(logs, times, flags(30), 1.0), atol=1e-6)

    def test_a_temperature_is_the_scale_of_the_logarithms(self) -> None:
        logs = np.log(np.random.default_rng(6).dirichlet(np.ones(7), 10))
        times, restarts = np.arange(10) * HOP_S, flags(10)
        np.testing.assert_allclose(smooth(logs + 5, times, restarts, 2.0), smooth(logs / 2, times, restarts, 1.0))

    def test_contradictory_certainty_and_long_videos_are_safe(self) -> None:
        lead = np.tile([SAD, HAPPY], 5000)
        logs = np.full((10_000, 7), -np.inf)
        logs[np.arange(10_000), lead] = 0
        for times in (np.arange(10_000) * HOP_S, np.arange(10_000) * 1e-6):
            got = smooth(logs, times, flags(10_000), 0.01)
            assert np.isfinite(got).all()
            np.testing.assert_allclose(got.sum(axis=1), 1, atol=1e-5)

    def test_nothing_gives_nothing(self) -> None:
        assert smooth(np.zeros((0, 7)), [], [], 1.0).shape == (0, 7)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"log_probabilities": np.zeros((3, 6))}, "shape"),
            ({"log_probabilities": np.full((3, 7), np.nan)}, "NaN"),
            ({"log_probabilities": np.full((3, 7), -np.inf)}, "finite"),
            ({"times_s": [0.0, 1.0, 0.5]}, "ascend"),
            ({"restarts": [True]}, "restarts"),
            ({"temperature": 0.0}, "temperature"),
        ],
    )
    def test_bad_input_is_refused(self, changes: dict[str, object], reason: str) -> None:
        good = {"log_probabilities": np.zeros((3, 7)), "times_s": [0.0, 0.5, 1.0], "restarts": flags(3)}
        with pytest.raises(ValueError, match=reason):
            smooth(**({"temperature": 1.0} | good | changes))  # type: ignore[arg-type]


class TestCells:
    def test_meet_between_centres(self) -> None:
        starts, ends = cells([0, 0.5, 0.9], [2.0, 2.5, 2.9], flags(3))
        np.testing.assert_allclose(starts, [0, 1.25, 1.7])
        np.testing.assert_allclose(ends, [1.25, 1.7, 2.9])

    def test_tile_every_shot(self) -> None:
        rng = np.random.default_rng(7)
        cuts = np.cumsum(rng.uniform(0.1, 12, 30))
        grids = [window_grid(a, b) for a, b in pairwise(cuts)]
        sizes = [len(starts) for starts, _ in grids]
        restarts = flags(sum(sizes), *np.cumsum([0, *sizes[:-1]]))
        starts, ends = cells(*(np.concatenate(edge) for edge in zip(*grids, strict=True)), restarts)
        np.testing.assert_allclose(starts[1:], ends[:-1], atol=0.04)
        np.testing.assert_array_equal(starts[1:][~restarts[1:]], ends[:-1][~restarts[1:]])
        np.testing.assert_array_equal(starts[restarts], cuts[:-1])
        assert (ends > starts).all()


def segments_of(lead: list[int], *firsts: int, cell_s: float = 0.5, threshold: float = 0.0) -> tuple[Segment, ...]:
    starts = np.arange(len(lead)) * cell_s
    return segments(starts, starts + cell_s, rows_of(lead), threshold, flags(len(lead), *firsts))


def outline(found: tuple[Segment, ...]) -> list[tuple[float, float, str]]:
    return [(segment.start_s, segment.end_s, segment.emotion) for segment in found]


class TestSegments:
    def test_runs_of_the_leader(self) -> None:
        assert outline(segments_of([SAD] * 4 + [HAPPY] * 2)) == [(0, 2, "sad"), (2, 3, "happy")]

    def test_short_run_between_equals_disappears(self) -> None:
        found = segments_of([SAD] * 4 + [HAPPY] + [SAD] * 3)
        assert outline(found) == [(0, 4, "sad")]
        assert found[0].confidence == pytest.approx((7 * 0.7 + 0.05) / 8)

    @pytest.mark.parametrize(("leans", "expected"), [(SAD, 2.5), (HAPPY, 2.0)])
    def test_short_run_joins_the_neighbour_it_leans_to(self, leans: int, expected: float) -> None:
        rows = rows_of([SAD] * 4 + [ANGRY] + [HAPPY] * 4)
        rows[4, leans] += 0.1
        starts = np.arange(9) * 0.5
        found = segments(starts, starts + 0.5, rows, 0.0, flags(9))
        assert outline(found) == [(0, expected, "sad"), (expected, 4.5, "happy")]

    def test_equal_leaning_joins_the_earlier(self) -> None:
        assert outline(segments_of([SAD] * 4 + [ANGRY] + [HAPPY] * 4))[0] == (0, 2.5, "sad")

    def test_short_runs_at_the_ends_join_inwards(self) -> None:
        assert outline(segments_of([ANGRY] + [SAD] * 4 + [HAPPY])) == [(0, 3, "sad")]

    def test_never_across_a_restart(self) -> None:
        assert outline(segments_of([SAD] * 4 + [HAPPY] + [SAD] * 4, 4, 5)) == [
            (0, 2, "sad"), (2, 2.5, "happy"), (2.5, 4.5, "sad"),
        ]  # fmt: skip

    def test_confidence_is_weighted_by_time(self) -> None:
        rows = rows_of([SAD, SAD])
        rows[1] = rows_of([SAD], 0.4)[0]
        (found,) = segments([0, 3], [3, 4], rows, 0.63, flags(2))
        assert found.confidence == pytest.approx((3 * 0.7 + 0.4) / 4)
        assert found.uncertain
        assert not segments([0, 3], [3, 4], rows, 0.62, flags(2))[0].uncertain

    def test_two_shots_together_equal_each_alone(self) -> None:
        rng = np.random.default_rng(8)
        rows = rng.dirichlet(np.ones(7), 60).astype(np.float32)
        edges = np.concatenate([[0], np.cumsum(rng.uniform(0.1, 0.9, 60))])
        starts, ends = edges[:-1], edges[1:]
        together = segments(starts, ends, rows, 0.3, flags(60, 25))
        alone = [segments(starts[s], ends[s], rows[s], 0.3, flags(len(starts[s]))) for s in (np.s_[:25], np.s_[25:])]
        assert together == alone[0] + alone[1]

    def test_any_segments_tile_their_stretches(self) -> None:
        rng = np.random.default_rng(9)
        for _ in range(100):
            count = int(rng.integers(1, 40))
            edges = np.cumsum(rng.uniform(0.05, 1.2, count + 1))
            restarts = rng.random(count) < 0.1
            found = segments(edges[:-1], edges[1:], rng.dirichlet(np.ones(7), count), 0.5, restarts)
            spans = [(edges[a], edges[b]) for a, b in stretches(restarts, count)]
            assert (found[0].start_s, found[-1].end_s) == (edges[0], edges[-1])
            for before, after in pairwise(found):
                assert before.end_s == after.start_s
                assert before.emotion != after.emotion or before.end_s in [start for start, _ in spans]
            for segment in found:
                assert 0 < segment.confidence <= 1
                whole = (segment.start_s, segment.end_s) in spans
                assert whole or segment.end_s - segment.start_s > 1 - 1e-5
                assert any(a <= segment.start_s and segment.end_s <= b for a, b in spans)

    def test_nothing_gives_nothing(self) -> None:
        assert segments([], [], np.zeros((0, 7)), 0.5, []) == ()

    def test_names_follow_the_order_of_the_labels(self) -> None:
        found = segments_of(list(np.repeat(np.arange(7), 2)))
        assert tuple(segment.emotion for segment in found) == EMOTIONS


def test_stretches_tile_the_windows() -> None:
    assert stretches([False, False, True, True, False], 5) == [(0, 2), (2, 3), (3, 5)]
    assert stretches([True], 1) == [(0, 1)]
    assert stretches([], 0) == []


def test_runs_are_maximal() -> None:
    assert runs([True, True, False, True, False, False, True]) == [(0, 2), (3, 4), (6, 7)]
    assert runs([False]) == []
    assert runs([]) == []


class TestGaps:
    def test_no_face_from_first_frame_without_to_next_with(self) -> None:
        times = [0.0, 0.04, 0.09, 0.13, 0.2]
        assert no_face_gaps(times, [True, False, False, True, False], 0.25) == (
            Gap("no_face", 0.04, 0.13),
            Gap("no_face", 0.2, 0.25),
        )

    def test_nobody_ever_is_one_gap(self) -> None:
        assert no_face_gaps([0.0, 0.5], [False, False], 1.0, "person-2") == (Gap("no_face", 0.0, 1.0, "person-2"),)

    def test_always_somebody_or_no_picture_is_none(self) -> None:
        assert no_face_gaps([0.0, 0.5], [True, True], 1.0) == ()
        assert no_face_gaps([], [], 1.0) == ()

    def test_seconds_merge_and_kinds_are_disjoint(self) -> None:
        silence = [True, True, False, False, False, True]
        speech = [False, False, True, False, False, False]
        assert sound_gaps(range(6), silence, speech, 0.0, 5.5, (0.0, 5.5)) == (
            Gap("silence", 0.0, 2.0),
            Gap("no_speech", 3.0, 5.0),
            Gap("silence", 5.0, 5.5),
        )

    def test_sound_that_ends_early(self) -> None:
        assert sound_gaps(range(4), [False] * 4, [True, True, True, False], 0.0, 6.4, (0.0, 3.97)) == (
            Gap("no_speech", 3.0, 3.97),
            Gap("no_audio", 3.97, 6.4),
        )

    def test_sound_that_begins_late(self) -> None:
        assert sound_gaps([2, 3], [False] * 2, [False, True], 0.0, 4.0, (2.43, 4.0)) == (
            Gap("no_audio", 0.0, 2.43),
            Gap("no_speech", 2.43, 3.0),
        )

    def test_no_sound_track(self) -> None:
        assert sound_gaps([], [], [], 2.0, 6.4, None) == (Gap("no_audio", 2.0, 6.4),)

    @pytest.mark.parametrize("sound_end_s", [2.95, 3.0, 3.2])
    def test_sound_as_long_as_the_picture(self, sound_end_s: float) -> None:
        assert sound_gaps(range(3), [False] * 3, [True] * 3, 0.0, 3.0, (0.0, sound_end_s)) == ()

    def test_cut_to_the_range(self) -> None:
        assert sound_gaps([3, 4, 5], [True] * 3, [False] * 3, 3.4, 5.2, (0.0, 60.0)) == (Gap("silence", 3.4, 5.2),)
        assert sound_gaps([], [], [], 8.0, 9.0, (0.0, 4.0)) == (Gap("no_audio", 8.0, 9.0),)

    def test_seconds_that_are_missing_part_a_gap(self) -> None:
        assert sound_gaps([0, 1, 4], [True] * 3, [False] * 3, 0.0, 5.0, (0.0, 5.0)) == (
            Gap("silence", 0.0, 2.0),
            Gap("silence", 4.0, 5.0),
        )


class TestTempered:
    def test_one_changes_nothing_and_more_flattens(self) -> None:
        rows = np.array([[0.7, 0.1, 0.1, 0.04, 0.03, 0.02, 0.01], [1, 0, 0, 0, 0, 0, 0]])
        np.testing.assert_allclose(tempered(rows, 1.0), rows, atol=1e-6)
        flatter = tempered(rows, 2.0)
        np.testing.assert_allclose(flatter.sum(1), 1, atol=1e-6)
        assert flatter[0, 0] / flatter[0, 1] == pytest.approx(7**0.5, rel=1e-4)
        assert (flatter.argmax(1) == rows.argmax(1)).all()

    def test_nothing_stays_nothing(self) -> None:
        assert tempered(np.zeros((0, 7)), 3.0).shape == (0, 7)
