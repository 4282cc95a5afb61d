import pytest

from app.timeline.values import LANES, LARGEST_LINES, SMALLEST_LINES, LaneLayout


def test_all_lanes_are_shown_at_first() -> None:
    assert LaneLayout().shown == LANES


def test_a_lane_is_hidden_and_shown_again() -> None:
    hidden = LaneLayout().with_shown("voice", False)
    assert "voice" not in hidden.shown
    assert hidden.with_shown("voice", True) == LaneLayout()


def test_a_lane_goes_above_another_or_last() -> None:
    first = LaneLayout().moved("gaps", "sound")
    assert first.order.index("gaps") == first.order.index("sound") - 1
    assert LaneLayout().moved("sound", None).order[-1] == "sound"
    assert LaneLayout().moved("sound", "sound") == LaneLayout()
    assert sorted(first.order) == sorted(LANES)


def test_a_lane_moves_past_its_shown_neighbour_and_not_over_the_ends() -> None:
    layout = LaneLayout().with_shown("slice", False)
    moved = layout.shifted("frame", 1)
    assert moved.shown.index("frame") == layout.shown.index("frame") + 1
    assert moved.shifted("frame", -1).shown == layout.shown
    assert layout.shifted("corrections", 1) == layout
    assert LaneLayout().shifted("overview", -1) == LaneLayout()


@pytest.mark.parametrize(("asked", "given"), [(4.0, 4.0), (0.1, SMALLEST_LINES), (1e6, LARGEST_LINES)])
def test_heights_stay_within_reason(asked: float, given: float) -> None:
    assert LaneLayout().with_lines("frame", asked).lines["frame"] == given


def test_a_layout_survives_being_stored() -> None:
    layout = LaneLayout().moved("gaps", "sound").with_shown("voice", False).with_lines("frame", 7.5)
    assert LaneLayout.from_dict(layout.to_dict()) == layout


@pytest.mark.parametrize("stored", [{}, {"order": 3, "hidden": None, "lines": []}, {"order": ["nonsense"]}])
def test_nonsense_is_the_usual_layout(stored: dict[str, object]) -> None:
    assert LaneLayout.from_dict(stored) == LaneLayout()


def test_a_lane_that_is_new_takes_its_usual_place() -> None:
    old = [name for name in LANES if name != "agreement"]
    assert LaneLayout.from_dict({"order": old}).order == LANES
    assert LaneLayout.from_dict({"order": ["fused", "fused", *old]}).order[1:3].count("fused") <= 1
    assert len(LaneLayout.from_dict({"order": ["fused", "fused", *old]}).order) == len(LANES)
