"""Two revisions beside one another in the fused lane."""

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.timeline.values import Hit
from app.views import theme
from app.views.timeline.view import TimelineView
from engine.values import Segment
from tests.ui.test_timeline import ANA, MADE, band, colours, picture, shown

OTHER = (Segment(0.0, 30.0, "disgust", 0.9, False), Segment(30.0, 60.0, "fear", 0.9, False))


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> TimelineView:
    theme.apply(qapp, "light")
    made = shown(qtbot, MADE)
    made.set_revision_text("starter 1.2")
    return made


def hit_at(view: TimelineView, time_s: float, share: float) -> Hit:
    """What lies at a moment of the fused lane, this far down."""
    area = view.canvas.lane_rect(band(view, "fused"))
    found = view.canvas.hit(QPointF(view.canvas.x_of(time_s), area.top() + share * area.height()))
    assert found is not None
    return found


def test_the_lane_has_two_tiers_as_long_as_two_are_compared(view: TimelineView) -> None:
    low = band(view, "fused").height
    assert theme.current().danger.name() not in colours(picture(view, "fused"))
    view.set_rival("1.1", OTHER)
    assert band(view, "fused").height > 1.5 * low
    assert band(view, "fused").lane.heading(view.scene) == ("Fused", "starter 1.2 over 1.1")
    below = picture(view, "fused")
    below = below.copy(0, below.height() // 2 + 4, below.width(), below.height())
    assert theme.emotion_colour("disgust").name() in colours(below) or len(colours(below)) > 3
    view.set_rival("")
    assert band(view, "fused").height == low
    assert band(view, "fused").lane.heading(view.scene) == ("Fused", "starter 1.2")


def test_a_red_line_marks_what_they_call_differently(view: TimelineView) -> None:
    danger = theme.current().danger.name()
    view.set_rival("1.1", ANA.segments)
    assert danger not in colours(picture(view, "fused"))
    view.set_rival("1.1", OTHER)
    image = picture(view, "fused")
    middle = {image.pixelColor(x, image.height() // 2).name() for x in range(image.width())}
    assert danger in middle


def test_labels_are_taken_from_the_upper_tier_alone(view: TimelineView) -> None:
    segment = ANA.segments[0]
    time_s = (segment.start_s + segment.end_s) / 2
    assert hit_at(view, time_s, 0.75).segment == segment
    view.set_rival("1.1", OTHER)
    assert hit_at(view, time_s, 0.25).segment == segment
    below = hit_at(view, time_s, 0.75)
    assert below.segment is None
    assert band(view, "fused").lane.readout(view.scene, below) == "1.1: 2 D disgust  0.90"
    view.set_rival("")
    assert band(view, "fused").lane.readout(view.scene, below) == ""


def test_coding_blind_hides_both(view: TimelineView) -> None:
    view.set_rival("1.1", OTHER)
    view.set_blind(True)
    assert theme.current().danger.name() not in colours(picture(view, "fused"))
    assert hit_at(view, 5.0, 0.75).segment is None


def test_another_video_is_compared_with_nothing(view: TimelineView) -> None:
    view.set_rival("1.1", OTHER)
    view.clear()
    assert view.scene.rival is None
