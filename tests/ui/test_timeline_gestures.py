"""What a hand does on the timeline."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QShortcut, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.project.values import Correction, Epoch, Marker
from app.timeline.values import Hit, Selection
from app.views.timeline.canvas import Band
from app.views.timeline.view import TimelineView
from engine.values import Segment
from tests.bench.panning import CODER, MEDIA, made_person

DURATION_S = 100.0
CUT_S = 40.0
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NO_KEYS = Qt.KeyboardModifier.NoModifier
ALT = Qt.KeyboardModifier.AltModifier
SEGMENTS = (Segment(10.0, 20.0, "sad", 0.8, False), Segment(20.0, 35.0, "happy", 0.4, True))
ANA = replace(made_person(0, DURATION_S), segments=SEGMENTS, unseen_segments=())
OWN = Correction("own", MEDIA, ANA.id, 50.0, 60.0, "sad", "blank", CODER, "face", "", "2026-11-01T10:00:00Z")
THEIRS = replace(OWN, id="theirs", start_s=70.0, end_s=80.0, coder="JD")


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    view = TimelineView()
    qtbot.addWidget(view)
    view.resize(1280, 520)
    view.show()
    qtbot.waitExposed(view)
    view.set_media(DURATION_S, np.arange(0, DURATION_S, 0.04), [CUT_S])
    view.set_person(ANA)
    view.set_corrections([OWN, THEIRS], CODER, ((ANA.id, ANA.name),), False)
    view.set_markers([Marker("m", MEDIA, 25.0, "", CODER)])
    view.set_epochs([Epoch("e", MEDIA, 60.0, 90.0, "talk")])
    return view


def band(view: TimelineView, name: str) -> Band:
    return next(one for one in view.canvas.bands if one.lane.name == name)


def at(view: TimelineView, name: str, time_s: float) -> QPoint:
    """The middle of a lane at a moment; of the overview, on its own axis."""
    area = view.canvas.lane_rect(band(view, name))
    x = view.canvas.x_of(time_s)
    if name == "overview":
        x = view.canvas.heading_px + time_s / DURATION_S * view.canvas.lanes_px
    return QPoint(round(x), area.center().y())


def drag(
    view: TimelineView, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NO_KEYS,
    release: bool = True,
) -> None:  # fmt: skip
    QTest.mousePress(view.canvas, button, keys, start)
    for share in (0.3, 0.7, 1.0):
        moved = QPointF(start) + (QPointF(end) - QPointF(start)) * share
        _move(view, moved, button, keys)
    if release:
        QTest.mouseRelease(view.canvas, button, keys, end)


def _move(view: TimelineView, to: QPointF, button: Qt.MouseButton, keys: Qt.KeyboardModifier) -> None:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    event = QMouseEvent(QEvent.Type.MouseMove, to, view.canvas.mapToGlobal(to), Qt.MouseButton.NoButton, button, keys)
    QApplication.sendEvent(view.canvas, event)


def wheel(view: TimelineView, where: QPoint, notches: float, keys: Qt.KeyboardModifier = NO_KEYS) -> None:
    event = QWheelEvent(
        QPointF(where), view.canvas.mapToGlobal(QPointF(where)), QPoint(), QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.canvas, event)


def pixel_s(view: TimelineView) -> float:
    return 1.1 / view.canvas.axis.px_per_s


# Seeking


@pytest.mark.parametrize("lane", ["ruler", "sound", "gaps", "frame"])
def test_a_click_goes_there(view: TimelineView, qtbot: QtBot, lane: str) -> None:
    with qtbot.waitSignal(view.seek_requested) as told:
        QTest.mouseClick(view.canvas, LEFT, NO_KEYS, at(view, lane, 42.0))
    assert told.args[0] == pytest.approx(42.0, abs=pixel_s(view))


def test_dragging_on_the_ruler_scrubs(view: TimelineView, qtbot: QtBot) -> None:
    scrubbed: list[float] = []
    view.scrubbing.connect(scrubbed.append)
    with qtbot.waitSignal(view.scrub_ended) as told:
        drag(view, at(view, "ruler", 10.0), at(view, "ruler", 30.0))
    assert len(scrubbed) == 3
    assert sorted(scrubbed) == scrubbed
    assert told.args[0] == scrubbed[-1] == pytest.approx(30.0, abs=pixel_s(view))
    assert view.scene.playhead_s == scrubbed[-1]


def test_the_head_of_the_playhead_can_be_grasped(view: TimelineView, qtbot: QtBot) -> None:
    view.set_playhead(33.0)
    head = QPoint(round(view.canvas.x_of(33.0)), 2)
    with qtbot.waitSignal(view.scrub_ended) as told:
        drag(view, head, head + QPoint(round(10 * view.canvas.axis.px_per_s), 0))
    assert told.args[0] == pytest.approx(43.0, abs=pixel_s(view))


def test_nothing_is_open_and_nothing_happens(qtbot: QtBot) -> None:
    view = TimelineView()
    qtbot.addWidget(view)
    view.resize(900, 400)
    view.show()
    with qtbot.assertNotEmitted(view.seek_requested):
        QTest.mouseClick(view.canvas, LEFT, NO_KEYS, QPoint(500, 200))
    drag(view, QPoint(400, 200), QPoint(600, 200))
    assert view.scene.selection is None


# Selecting


def test_dragging_on_a_lane_selects_for_the_person_shown(view: TimelineView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.selection_changed) as told:
        drag(view, at(view, "sound", 71.3), at(view, "sound", 65.7))
    selection = told.args[0]
    assert isinstance(selection, Selection)
    assert (selection.person, selection.lane) == (ANA.id, "sound")
    assert selection.start_s == pytest.approx(65.7, abs=0.1)
    assert selection.end_s == pytest.approx(71.3, abs=0.1)
    assert view.scene.selection == selection


def test_dragging_on_the_scenes_lane_selects_for_the_scene(view: TimelineView, qtbot: QtBot) -> None:
    scene = view.canvas.lane_rect(view.canvas.bands[-1]).center().y()
    with qtbot.waitSignal(view.selection_changed) as told:
        drag(view, QPoint(400, scene), QPoint(600, scene))
    assert told.args[0].person is None
    assert told.args[0].lane == "corrections"


def test_a_selection_sticks_to_cuts_and_ends_of_segments_unless_alt_is_held(view: TimelineView, qtbot: QtBot) -> None:
    start, end = at(view, "sound", 20.0) + QPoint(4, 0), at(view, "sound", CUT_S) - QPoint(5, 0)
    with qtbot.waitSignal(view.selection_changed) as told:
        drag(view, start, end)
    assert (told.args[0].start_s, told.args[0].end_s) == (20.0, CUT_S)
    with qtbot.waitSignal(view.selection_changed) as told:
        drag(view, start, end, keys=ALT)
    assert told.args[0].start_s == pytest.approx(view.canvas.time_at(start.x()))
    assert told.args[0].end_s == pytest.approx(view.canvas.time_at(end.x()))


def test_snapping_can_be_switched_off(view: TimelineView, qtbot: QtBot) -> None:
    view.set_snap(False)
    with qtbot.waitSignal(view.selection_changed) as told:
        drag(view, at(view, "sound", 20.0) + QPoint(4, 0), at(view, "sound", 30.0))
    assert told.args[0].start_s > 20.0


def test_a_selection_sticks_to_frames_when_they_can_be_seen(view: TimelineView, qtbot: QtBot) -> None:
    view.zoom_to(62.0, 64.0)
    with qtbot.waitSignal(view.selection_changed) as told:
        drag(view, at(view, "sound", 62.4) + QPoint(3, 0), at(view, "sound", 63.2) - QPoint(3, 0))
    assert told.args[0].start_s == pytest.approx(62.4)
    assert told.args[0].end_s == pytest.approx(63.2)


def test_a_click_gives_the_selection_up(view: TimelineView, qtbot: QtBot) -> None:
    view.set_selection(10, 20, ANA.id, "fused")
    with qtbot.waitSignal(view.selection_changed) as told:
        QTest.mouseClick(view.canvas, LEFT, NO_KEYS, at(view, "sound", 80.0))
    assert told.args == [None]
    assert view.scene.selection is None


def test_escape_stops_a_drag_and_then_gives_the_selection_up(view: TimelineView, qtbot: QtBot) -> None:
    view.set_selection(1, 2, ANA.id, "fused")
    with qtbot.assertNotEmitted(view.selection_changed):
        drag(view, at(view, "sound", 50.0), at(view, "sound", 60.0), release=False)
        assert view.scene.selection is not None
        assert view.scene.selection.end_s > 50
        QTest.keyClick(view.canvas, Qt.Key.Key_Escape)
        QTest.mouseRelease(view.canvas, LEFT, NO_KEYS, at(view, "sound", 60.0))
    assert view.scene.selection == Selection(1, 2, ANA.id, "fused")
    with qtbot.waitSignal(view.selection_changed) as told:
        QTest.keyClick(view.canvas, Qt.Key.Key_Escape)
    assert told.args == [None]


def test_a_click_on_a_segment_tells_it_and_two_select_its_range(view: TimelineView, qtbot: QtBot) -> None:
    with qtbot.waitSignals([view.segment_clicked, view.seek_requested]):
        QTest.mouseClick(view.canvas, LEFT, NO_KEYS, at(view, "fused", 15.0))
    with qtbot.waitSignal(view.segment_clicked) as told:
        QTest.mouseClick(view.canvas, LEFT, NO_KEYS, at(view, "fused", 25.0))
    assert told.args == [SEGMENTS[1], ANA.id]
    with qtbot.waitSignal(view.selection_changed, check_params_cb=lambda given: given is not None) as selected:
        QTest.mouseDClick(view.canvas, LEFT, NO_KEYS, at(view, "fused", 25.0))
    assert selected.args[0] == Selection(20.0, 35.0, ANA.id, "fused")


# Corrections


def test_a_click_selects_a_correction_and_does_not_seek(view: TimelineView, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(view.seek_requested), qtbot.waitSignal(view.correction_clicked) as told:
        QTest.mouseClick(view.canvas, LEFT, NO_KEYS, at(view, "corrections", 55.0))
    assert told.args == ["own"]
    with qtbot.waitSignal(view.correction_clicked) as told:
        QTest.mouseClick(view.canvas, LEFT, NO_KEYS, at(view, "corrections", 75.0))
    assert told.args == ["theirs"]


@pytest.mark.parametrize(("from_s", "to_s", "start_s", "end_s"), [(50.0, 46.0, 46.0, 60.0), (60.0, 66.4, 50.0, 66.4)])
def test_an_edge_is_dragged(
    view: TimelineView, qtbot: QtBot, from_s: float, to_s: float, start_s: float, end_s: float
) -> None:
    with qtbot.waitSignal(view.correction_moved) as told:
        drag(view, at(view, "corrections", from_s), at(view, "corrections", to_s))
    assert told.args[0] == "own"
    assert told.args[1:] == pytest.approx([start_s, end_s], abs=0.1)
    assert view.scene.preview is None


def test_an_edge_sticks_to_a_cut(view: TimelineView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.correction_moved) as told:
        drag(view, at(view, "corrections", 50.0), at(view, "corrections", CUT_S) + QPoint(4, 0))
    assert told.args == ["own", CUT_S, 60.0]


def test_the_whole_correction_is_dragged_and_seen_meanwhile(view: TimelineView, qtbot: QtBot) -> None:
    drag(view, at(view, "corrections", 55.0), at(view, "corrections", 48.0), release=False)
    preview = view.scene.preview
    assert isinstance(preview, Correction)
    assert preview.start_s == pytest.approx(43.0, abs=0.15)
    assert preview.end_s - preview.start_s == pytest.approx(10.0)
    with qtbot.waitSignal(view.correction_moved) as told:
        QTest.mouseRelease(view.canvas, LEFT, NO_KEYS, at(view, "corrections", 48.0))
    assert told.args == ["own", preview.start_s, preview.end_s]


def test_an_edge_stops_before_the_other_and_a_correction_at_the_ends_of_the_video(
    view: TimelineView, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(view.correction_moved) as told:
        drag(view, at(view, "corrections", 60.0), at(view, "corrections", 20.0))
    assert told.args[1] == 50.0
    assert 50.0 < told.args[2] < 50.1
    with qtbot.waitSignal(view.correction_moved) as told:
        drag(view, at(view, "corrections", 55.0), at(view, "corrections", 99.9))
    assert told.args[1:] == pytest.approx([90.0, 100.0])


def test_what_another_coder_said_stays_where_it_is(view: TimelineView, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(view.correction_moved):
        drag(view, at(view, "corrections", 75.0), at(view, "corrections", 90.0))


def test_a_hand_that_trembles_moves_nothing(view: TimelineView, qtbot: QtBot) -> None:
    spot = at(view, "corrections", 55.0)
    with qtbot.assertNotEmitted(view.correction_moved):
        drag(view, spot, spot + QPoint(2, 1))


def test_escape_leaves_a_correction_where_it_was(view: TimelineView, qtbot: QtBot) -> None:
    drag(view, at(view, "corrections", 55.0), at(view, "corrections", 30.0), release=False)
    with qtbot.assertNotEmitted(view.correction_moved):
        QTest.keyClick(view.canvas, Qt.Key.Key_Escape)
        QTest.mouseRelease(view.canvas, LEFT, NO_KEYS, at(view, "corrections", 30.0))
    assert view.scene.preview is None


# Markers and epochs


def test_a_marker_is_clicked_and_moved_and_an_epoch_clicked(view: TimelineView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.marker_clicked) as told:
        QTest.mouseClick(view.canvas, LEFT, NO_KEYS, at(view, "events", 25.0))
    assert told.args == ["m"]
    with qtbot.waitSignal(view.marker_moved) as moved:
        drag(view, at(view, "events", 25.0), at(view, "events", 30.0))
    assert moved.args[0] == "m"
    assert moved.args[1] == pytest.approx(30.0, abs=0.1)
    with qtbot.waitSignal(view.epoch_clicked) as epoch:
        QTest.mouseClick(view.canvas, LEFT, NO_KEYS, at(view, "events", 75.0))
    assert epoch.args == ["e"]
    QTest.mouseDClick(view.canvas, LEFT, NO_KEYS, at(view, "events", 75.0))
    assert view.scene.selection == Selection(60.0, 90.0, ANA.id, "events")


# Looking


def test_the_wheel_with_control_zooms_at_the_mouse(view: TimelineView) -> None:
    where = at(view, "frame", 30.0)
    before = view.canvas.time_at(where.x())
    wheel(view, where, 3, Qt.KeyboardModifier.ControlModifier)
    start_s, end_s = view.visible_range()
    assert end_s - start_s == pytest.approx(DURATION_S / 1.25**3)
    assert view.canvas.time_at(where.x()) == pytest.approx(before)


def test_the_wheel_with_shift_scrolls_in_time_and_alone_the_lanes(view: TimelineView) -> None:
    view.zoom_to(20.0, 40.0)
    wheel(view, at(view, "frame", 30.0), -1, Qt.KeyboardModifier.ShiftModifier)
    assert view.visible_range() == pytest.approx((23.0, 43.0))
    view.resize(1280, 260)
    assert view.canvas.scroll_px == 0
    wheel(view, QPoint(600, 150), -2)
    assert view.canvas.scroll_px > 0
    assert view.visible_range() == pytest.approx((23.0, 43.0))


def test_the_middle_button_drags_the_lanes_along(view: TimelineView) -> None:
    view.zoom_to(20.0, 40.0)
    drag(view, at(view, "frame", 30.0), at(view, "frame", 25.0), MIDDLE)
    assert view.visible_range() == pytest.approx((25.0, 45.0), abs=0.1)


def test_the_overview_pans_zooms_by_its_edges_and_jumps(view: TimelineView) -> None:
    view.zoom_to(20.0, 40.0)
    drag(view, at(view, "overview", 30.0), at(view, "overview", 50.0))
    assert view.visible_range() == pytest.approx((40.0, 60.0), abs=0.2)
    drag(view, at(view, "overview", 40.0), at(view, "overview", 10.0))
    assert view.visible_range() == pytest.approx((10.0, 60.0), abs=0.2)
    drag(view, at(view, "overview", 60.0), at(view, "overview", 20.0))
    assert view.visible_range() == pytest.approx((10.0, 20.0), abs=0.2)
    QTest.mouseClick(view.canvas, LEFT, NO_KEYS, at(view, "overview", 80.0))
    assert view.visible_range() == pytest.approx((75.0, 85.0), abs=0.2)
    QTest.mouseDClick(view.canvas, LEFT, NO_KEYS, at(view, "overview", 80.0))
    assert view.visible_range() == (0.0, DURATION_S)


# Headings


def test_the_border_of_a_heading_resizes_its_lane(view: TimelineView, qtbot: QtBot) -> None:
    area = view.canvas.lane_rect(band(view, "frame"))
    border = QPoint(40, area.bottom() + 2)
    with qtbot.waitSignal(view.lane_layout_changed):
        drag(view, border, border + QPoint(0, 30))
    assert band(view, "frame").height == pytest.approx(area.height() + 30, abs=2)


def test_a_heading_is_dragged_to_above_another_lane(view: TimelineView, qtbot: QtBot) -> None:
    start = QPoint(40, view.canvas.lane_rect(band(view, "gaps")).center().y())
    target = view.canvas.lane_rect(band(view, "sound"))
    with qtbot.waitSignal(view.lane_layout_changed) as told:
        drag(view, start, QPoint(40, target.top() + 3))
    order = told.args[0].shown
    assert order.index("gaps") == order.index("sound") - 1
    assert view.canvas.drop_y is None


def test_the_menu_asks_for_what_lies_under_the_mouse(view: TimelineView, qtbot: QtBot) -> None:
    from PySide6.QtGui import QContextMenuEvent

    spot = at(view, "corrections", 55.0)
    with qtbot.waitSignal(view.context_menu) as told:
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, view.canvas.mapToGlobal(spot))
        QApplication.sendEvent(view.canvas, event)
    hit = told.args[0]
    assert isinstance(hit, Hit)
    assert (hit.lane, hit.correction) == ("corrections", "own")
    view.set_playhead(12.0)
    with qtbot.waitSignal(view.context_menu) as told:
        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, spot, view.canvas.mapToGlobal(spot))
        QApplication.sendEvent(view.canvas, event)
    assert told.args[0] == Hit("ruler", 12.0, ANA.id)


def test_escape_gives_up_a_drag_although_the_window_has_a_shortcut_for_it(view: TimelineView, qtbot: QtBot) -> None:
    fired: list[str] = []
    QShortcut(Qt.Key.Key_Escape, view).activated.connect(lambda: fired.append("window"))
    moved: list[str] = []
    view.correction_moved.connect(lambda correction_id, _start_s, _end_s: moved.append(correction_id))
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    view.setFocus()
    end = at(view, "corrections", 65.0)
    drag(view, at(view, "corrections", 55.0), end, release=False)
    QTest.keyClick(view.canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(view.canvas, LEFT, NO_KEYS, end)
    assert (moved, fired) == ([], [])
    QTest.keyClick(view.canvas, Qt.Key.Key_Escape)
    assert fired == ["window"]
