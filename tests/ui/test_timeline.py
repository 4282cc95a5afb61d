"""What the timeline shows: its state by setters, its pictures by their pixels."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.project.values import Correction, Epoch, Marker
from app.timeline.values import LaneLayout, Selection
from app.views import theme
from app.views.timeline.canvas import Band
from app.views.timeline.view import TimelineView
from engine.values import Gap, Part, Segment, Track
from tests.analyses import probabilities
from tests.bench.panning import CODER, MEDIA, Made, fill, made_project

DURATION_S = 60.0
MADE = made_project(DURATION_S, 2, 12)
ANA = MADE.people[0]


@pytest.fixture(params=["light", "dark"])
def dressed(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    theme.apply(qapp, request.param)
    yield request.param
    theme.apply(qapp, "light")


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    return shown(qtbot, MADE)


def shown(qtbot: QtBot, made: Made | None) -> TimelineView:
    view = TimelineView()
    qtbot.addWidget(view)
    view.resize(1280, 460)
    view.show()
    qtbot.waitExposed(view)
    if made is not None:
        fill(view, made)
    return view


def correction(
    identity: str, start_s: float, end_s: float, person: str | None = ANA.id, **changes: object
) -> Correction:
    made = Correction(
        identity, MEDIA, person, start_s, end_s, "sad", "blank", CODER, "face", "", "2026-11-01T10:00:00Z"
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def band(view: TimelineView, key: str) -> Band:
    return next(one for one in view.canvas.bands if one.lane.key.strip() == key)


def picture(view: TimelineView, key: str) -> QImage:
    """A lane as it is painted."""
    return view.grab(view.canvas.lane_rect(band(view, key))).toImage()


def colours(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}


def readout(view: TimelineView, key: str, time_s: float) -> str:
    area = view.canvas.lane_rect(band(view, key))
    at = QPointF(view.canvas.x_of(time_s), area.top() + area.height() / 2)
    hit = view.canvas.hit(at)
    assert hit is not None
    return band(view, key).lane.readout(view.scene, hit)


# What is shown


def test_nothing_open_paints_empty_lanes(qtbot: QtBot) -> None:
    view = shown(qtbot, None)
    assert not view.grab().isNull()
    assert view.visible_range()[0] == 0.0


def test_all_lanes_are_painted_in_both_themes(qtbot: QtBot, dressed: str) -> None:
    view = shown(qtbot, MADE)
    assert [one.lane.name for one in view.canvas.bands][:4] == ["overview", "ruler", "events", "sound"]
    for one in view.canvas.bands:
        if one.lane.name != "corrections":
            assert len(colours(picture(view, one.lane.key))) > 3, one.lane.name
    assert theme.current().dark == (dressed == "dark")


def test_a_segment_has_its_colour_and_an_uncertain_one_is_hatched(view: TimelineView, qtbot: QtBot) -> None:
    sure = Segment(10.0, 30.0, "happy", 1.0, False)
    unsure = Segment(30.0, 50.0, "happy", 1.0, True)
    view.set_person(replace(ANA, segments=(sure, unsure)))
    view.zoom_to(9.0, 51.0)
    image = picture(view, "fused")
    wanted = theme.emotion_colour("happy").name()
    y = image.height() - 6
    px_per_s = view.canvas.axis.px_per_s
    plain = [image.pixelColor(round((20 - 9) * px_per_s) + x, y).name() for x in range(40)]
    hatched = [image.pixelColor(round((44 - 9) * px_per_s) + x, y).name() for x in range(40)]
    assert set(plain) == {wanted}
    assert len(set(hatched)) > 2


def test_a_change_of_theme_paints_everything_anew(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    view = shown(qtbot, MADE)
    assert colours(picture(view, "gaps")) & {theme.LIGHT.lane.name()}
    theme.apply(qapp, "dark")
    assert colours(picture(view, "gaps")) & {theme.DARK.lane.name()}
    assert view.canvas.ink.theme is theme.current()
    theme.apply(qapp, "light")


def test_an_hour_of_nothing_but_one_frame_far_away(view: TimelineView) -> None:
    view.zoom_to(59.0, 59.0)
    assert view.visible_range()[1] - view.visible_range()[0] < 0.1
    assert not view.grab().isNull()


@pytest.mark.parametrize("span_s", [60.0, 5.0, 0.5, 0.05])
@pytest.mark.parametrize(("sound", "frame"), [("waveform", "curves"), ("mel", "heat")])
def test_every_zoom_and_mode_is_painted(view: TimelineView, span_s: float, sound: str, frame: str) -> None:
    view.set_sound_mode(sound)  # type: ignore[arg-type]
    view.set_frame_mode(frame)  # type: ignore[arg-type]
    view.zoom_to(5.0, 5.0 + span_s)
    for key in ("sound", "frame"):
        assert len(colours(picture(view, key))) > 2


def test_a_stretch_out_of_view_stays_empty(view: TimelineView) -> None:
    away_s = DURATION_S * 0.33
    view.zoom_to(away_s - 0.3, away_s + 0.3)
    assert colours(picture(view, "slice")) <= {theme.current().lane.name(), theme.current().lane_line.name(),
                                               theme.current().playhead.name()}  # fmt: skip
    assert readout(view, "frame", away_s) == "out of view"
    assert readout(view, "slice", away_s) == "no answer here"


def test_without_a_sound_track_the_note_says_so(view: TimelineView) -> None:
    view.set_sound(None, "no sound track")
    assert readout(view, "sound", 1.0) == "no sound track"


def test_the_scene_shows_what_was_heard_with_nobody_in_view(view: TimelineView) -> None:
    scene = replace(ANA, id=None, name="Scene")
    view.set_person(scene)
    assert view.scene.answers is not None
    assert view.scene.answers.segments.spans.items == ANA.unseen_segments
    assert len(view.scene.answers.unseen) == 0


def test_gaps_of_other_people_are_left_out(view: TimelineView) -> None:
    view.set_gaps([Gap("no_face", 1.0, 2.0, "person-2"), Gap("no_face", 5.0, 6.0, ANA.id), Gap("silence", 5.5, 9.0)])
    assert readout(view, "gaps", 1.5) == "nothing missing"
    assert readout(view, "gaps", 5.7) == "no face · silence"
    view.set_person(MADE.people[1])
    assert readout(view, "gaps", 1.5) == "no face"


def test_where_the_person_is_out_of_view_is_among_the_gaps(view: TimelineView) -> None:
    view.set_gaps([])
    assert readout(view, "gaps", DURATION_S * 0.33) == "out of view"
    assert readout(view, "gaps", DURATION_S * 0.2) == "nothing missing"
    view.set_gaps([Gap("no_face", DURATION_S * 0.32, DURATION_S * 0.34)])
    assert readout(view, "gaps", DURATION_S * 0.33) == "no face"


def test_going_back_to_a_person_makes_nothing_anew(view: TimelineView) -> None:
    first = view.scene.answers
    view.set_person(MADE.people[1])
    assert view.scene.answers is not first
    view.set_person(replace(ANA, name="Anna"))
    assert view.scene.answers is first


def test_each_curve_that_leads_has_one_tag_for_each_stretch(view: TimelineView) -> None:
    count = 500
    values = np.full((count, 7), 0.02, np.float32)
    values[:250, 3], values[250:, 5] = 0.88, 0.88
    frames = replace(
        ANA.frames,
        time_s=np.arange(count) / 25,
        box=np.zeros((count, 4)),
        score=np.ones(count),
        detected=np.ones(count, bool),
        probabilities=values,
    )
    view.set_person(replace(ANA, frames=frames))
    view.zoom_to(0.0, 20.0)
    image, axis = picture(view, "frame"), view.canvas.axis
    for moment_s, emotion in ((5.0, "happy"), (15.0, "sad")):
        around = range(round(axis.x(moment_s)) - 12, round(axis.x(moment_s)) + 12)
        column = [image.pixelColor(x, y).name() for x in around for y in range(image.height() // 2)]
        assert column.count(theme.emotion_colour(emotion).name()) > 60


def test_gaps_that_overlap_are_one(view: TimelineView) -> None:
    view.set_gaps([Gap("no_face", 1.0, 4.0), Gap("no_face", 2.0, 3.0, ANA.id), Gap("no_face", 4.0, 5.0, ANA.id)])
    assert [(gap.start_s, gap.end_s) for gap in view.scene.gap_spans("no_face").items] == [(1.0, 5.0)]


# What it says of a point


def test_the_readout_has_the_engines_own_numbers(view: TimelineView) -> None:
    row = 100
    said = readout(view, "frame", float(ANA.frames.time_s[row]))
    strongest = float(ANA.frames.probabilities[row].max())
    assert f"{strongest:.2f}" in said.split(" · ")[0]
    slice_said = readout(view, "slice", float(ANA.slices.start_s[3]) + 0.3)
    assert f"{float(ANA.slices.probabilities[3].max()):.2f}" in slice_said


def test_the_readout_of_a_segment_and_of_agreement(view: TimelineView) -> None:
    segment = ANA.segments[0]
    said = readout(view, "fused", (segment.start_s + segment.end_s) / 2)
    assert segment.emotion in said
    assert f"{segment.confidence:.2f}" in said
    view.set_disagreement([0.0, 0.5], [2.56, 3.06], [0.25, 0.75], ["frame", "audio"])
    assert readout(view, "agreement", 0.5) == "disagreement 0.25 · frame decided"
    assert readout(view, "agreement", 2.9) == "disagreement 0.75 · voice decided"
    assert readout(view, "agreement", 30.0) == "no window here"


def test_the_readout_of_a_correction_says_who_and_how(view: TimelineView) -> None:
    view.set_corrections([correction("a", 10.0, 20.0, note="sniffs", origin="accepted")], CODER, (), False)
    said = readout(view, f"corrections {ANA.id}", 15.0)
    assert said == "6 S sad · 00:10.000 to 00:20.000 · MK · prediction accepted · “sniffs”"
    assert readout(view, f"corrections {ANA.id}", 30.0) == ""


def test_the_mouse_over_a_lane_shows_the_readout_and_leaving_hides_it(view: TimelineView) -> None:
    area = view.canvas.lane_rect(band(view, "fused"))
    at = QPointF(area.center())
    before = view.grab().toImage()
    view.canvas.set_hover(view.canvas.hit(at), at)
    assert view.grab().toImage() != before
    view.canvas.set_hover(None, None)
    assert view.grab().toImage() == before


# Blind


def test_coding_blind_hides_predictions_and_other_coders(view: TimelineView) -> None:
    mine, theirs = correction("mine", 5, 10), correction("theirs", 20, 30, coder="JD")
    view.set_corrections([mine, theirs], CODER, (), False)
    assert view.scene.correction("theirs") is not None
    view.set_blind(True)
    assert view.scene.correction("mine") is not None
    assert view.scene.correction("theirs") is None
    emotions = {theme.emotion_colour(name).name() for name in ("angry", "happy", "sad", "neutral", "surprise")}
    for key in ("frame", "slice", "voice", "fused", "agreement"):
        assert not colours(picture(view, key)) & emotions
        assert readout(view, key, 5.0) == "hidden while coding blind"
    area = view.canvas.lane_rect(band(view, "fused"))
    hit = view.canvas.hit(QPointF(view.canvas.x_of(5.0), area.center().y()))
    assert hit is not None
    assert hit.segment is None


def test_coding_blind_edges_do_not_stick_to_predictions(view: TimelineView) -> None:
    end_s = ANA.segments[0].end_s
    view.set_media(DURATION_S, [], [])
    view.set_corrections([], CODER, (), False)
    near_s = end_s + 1 / view.canvas.axis.px_per_s
    assert view.snapped(near_s, True) == end_s
    view.set_blind(True)
    assert view.snapped(near_s, True) == near_s


# Corrections


def test_the_person_shown_comes_first_then_others_then_the_scene(view: TimelineView) -> None:
    people = (("person-1", "Ana"), ("person-2", "Ben"), ("person-3", "Cleo"))
    view.set_corrections([correction("a", 1, 2, "person-2"), correction("b", 1, 2, "person-1")], CODER, people, False)
    keys = [one.lane.key for one in view.canvas.bands if one.lane.name == "corrections"]
    assert keys == ["corrections person-1", "corrections person-2", "corrections "]
    view.set_person(MADE.people[1])
    keys = [one.lane.key for one in view.canvas.bands if one.lane.name == "corrections"]
    assert keys == ["corrections person-2", "corrections person-1", "corrections "]
    titles = [one.lane.heading(view.scene) for one in view.canvas.bands if one.lane.name == "corrections"]
    assert titles[0] == ("Corrections", "Ben · MK")
    assert [title for title, _ in titles[1:]] == ["Ana", "Scene"]


def test_overlapping_corrections_get_rows_and_the_lane_grows(view: TimelineView) -> None:
    view.resize(1280, 1200)
    view.set_corrections([correction("a", 1, 9)], CODER, (), False)
    one_row = band(view, f"corrections {ANA.id}").height
    found = [correction("a", 1, 9), correction("b", 2, 8, coder="JD"), correction("c", 3, 7, coder="XY")]
    view.set_corrections(found, CODER, (), False)
    three_rows = band(view, f"corrections {ANA.id}")
    assert three_rows.height > 2 * one_row
    area = view.canvas.lane_rect(three_rows)
    met = {view.canvas.hit(QPointF(view.canvas.x_of(5.0), y)).correction for y in range(area.top(), area.bottom())}
    assert {"a", "b", "c"} <= met


def test_many_people_do_not_make_branch_lanes_many(view: TimelineView) -> None:
    people = tuple((f"person-{number}", f"P{number}") for number in range(20))
    view.set_corrections([correction(str(n), n, n + 1, f"person-{n}") for n in range(20)], CODER, people, False)
    names = [one.lane.name for one in view.canvas.bands]
    assert names.count("fused") == 1
    assert names.count("corrections") == 21
    assert view.canvas.content_px > view.canvas.height()
    view.scroll_lanes(1000)
    assert view.canvas.scroll_px > 0
    last = view.canvas.lane_rect(view.canvas.bands[-1])
    assert last.bottom() <= view.canvas.height()


def test_the_selected_correction_has_a_border(view: TimelineView) -> None:
    view.set_corrections([correction("a", 10, 20)], CODER, (), False)
    accent = theme.current().accent.name()
    assert accent not in colours(picture(view, f"corrections {ANA.id}"))
    view.set_selected_correction("a")
    assert accent in colours(picture(view, f"corrections {ANA.id}"))


def test_events_have_a_lane_as_long_as_there_are_any(view: TimelineView) -> None:
    view.set_markers([])
    view.set_epochs([])
    assert "events" not in [one.lane.name for one in view.canvas.bands]
    view.set_markers([Marker("m", MEDIA, 12.0, "here", CODER)])
    view.set_epochs([Epoch("e", MEDIA, 20.0, 30.0, "baseline")])
    assert readout(view, "events", 12.0) == "here"
    assert readout(view, "events", 25.0) == "baseline"


# A running analysis


def test_parts_are_drawn_while_an_analysis_runs(qtbot: QtBot) -> None:
    view = shown(qtbot, None)
    view.set_media(DURATION_S, np.arange(1500) / 25, [])
    view.set_analysed_until(4.0)
    for first in range(0, 100, 20):
        times_s = (first + np.arange(20)) / 25
        view.append_part(Part("frame", 0, Track(times_s, times_s, probabilities(20, first))))
    qtbot.waitUntil(lambda: view.scene.answers is not None)
    assert view.scene.answers is not None
    assert len(view.scene.answers.frames) == 100
    assert len(colours(picture(view, "frame"))) > 5
    view.set_person(ANA)
    view.append_part(Part("frame", 0, Track([50.0], [50.0], probabilities(1))))
    view.set_analysed_until(None)
    assert len(view.scene.answers.frames) == len(ANA.frames)


def test_what_is_not_analysed_yet_is_said(view: TimelineView) -> None:
    view.zoom_all()
    full = picture(view, "slice")
    view.set_analysed_until(30.0)
    half = picture(view, "slice")
    x = round(view.canvas.axis.x(50.0))
    assert half.pixelColor(x, half.height() - 8) == theme.current().window
    assert full.pixelColor(x, full.height() - 8) != theme.current().window


# Looking


def test_zooming_by_keys_keeps_the_playhead_where_it_is(view: TimelineView, qtbot: QtBot) -> None:
    view.set_playhead(20.0)
    x = view.canvas.x_of(20.0)
    with qtbot.waitSignal(view.range_changed):
        view.zoom_in()
    assert view.canvas.x_of(20.0) == pytest.approx(x)
    view.zoom_out()
    assert view.visible_range() == pytest.approx((0.0, DURATION_S))
    view.zoom_to(10.0, 12.0)
    assert view.visible_range() == (10.0, 12.0)
    view.scroll_to(11.0)
    assert view.visible_range() == (10.0, 12.0)
    view.scroll_to(40.0)
    assert view.visible_range() == pytest.approx((39.0, 41.0))
    view.zoom_all()
    assert view.visible_range() == (0.0, DURATION_S)


def test_a_playing_playhead_turns_the_page(view: TimelineView) -> None:
    view.zoom_to(10.0, 12.0)
    view.set_playhead(11.99)
    assert view.visible_range() == (10.0, 12.0)
    view.set_playhead(12.03)
    start_s, end_s = view.visible_range()
    assert start_s < 12.03 < end_s
    assert start_s == pytest.approx(12.03 - 0.1)


def test_who_scrolled_away_from_a_playing_playhead_is_left_alone_until_it_jumps(view: TimelineView) -> None:
    view.zoom_to(10.0, 12.0)
    view.set_playhead(11.0)
    view.zoom_to(40.0, 42.0)
    view.set_playhead(11.04)
    assert view.visible_range() == (40.0, 42.0)
    view.set_playhead(25.0)
    assert view.visible_range()[0] < 25.0 < view.visible_range()[1]


def test_the_playhead_paints_no_lane_anew(view: TimelineView) -> None:
    view.grab()
    before = view.canvas.picture_keys()
    cached = {key: view.canvas._pictures[key].cacheKey() for key in before}
    view.set_playhead(33.0)
    view.grab()
    assert {key: view.canvas._pictures[key].cacheKey() for key in view.canvas.picture_keys()} == cached


def test_a_correction_paints_only_its_own_lanes_anew(view: TimelineView) -> None:
    view.grab()
    view.set_selected_correction(MADE.corrections[0].id)
    left = view.canvas.picture_keys()
    assert {"frame", "slice", "fused", "overview", "sound"} <= left
    assert not any(key.startswith("corrections") for key in left)


def test_more_that_is_known_of_a_video_keeps_the_view_and_another_video_does_not(view: TimelineView) -> None:
    view.zoom_to(10.0, 12.0)
    view.set_media(DURATION_S, np.arange(10) / 25, [5.0])
    assert view.visible_range() == (10.0, 12.0)
    view.set_media(99.0, [], [])
    assert view.visible_range() == (0.0, 99.0)


def test_clearing_keeps_how_it_looks(view: TimelineView) -> None:
    view.set_sound_mode("mel")
    layout = LaneLayout().with_shown("voice", False)
    view.set_lane_layout(layout)
    view.clear()
    assert view.scene.person is None
    assert view.scene.corrections == ()
    assert view.scene.sound_mode == "mel"
    assert view.lane_layout() == layout
    assert not view.grab().isNull()


# Lanes


def test_lanes_are_hidden_and_reordered(view: TimelineView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.lane_layout_changed) as told:
        view.set_lane_shown("voice", False)
    assert told.args == [view.lane_layout()]
    names = [one.lane.name for one in view.canvas.bands]
    assert "voice" not in names
    view.set_lane_layout(view.lane_layout().moved("fused", "sound"))
    names = [one.lane.name for one in view.canvas.bands]
    assert names.index("fused") == names.index("sound") - 1


def test_a_lane_of_its_own_height_keeps_it(view: TimelineView) -> None:
    view.set_lane_layout(LaneLayout().with_lines("gaps", 6.0))
    assert band(view, "gaps").height == round(6.0 * view.canvas.ink.line_px)


def test_lanes_use_the_room_there_is(view: TimelineView, qtbot: QtBot) -> None:
    view.resize(1280, 800)
    tall = band(view, "frame").height
    view.resize(1280, 360)
    assert band(view, "frame").height < tall
    bottom = max(view.canvas.lane_rect(one).bottom() for one in view.canvas.bands)
    view.resize(1280, 800)
    assert max(view.canvas.lane_rect(one).bottom() for one in view.canvas.bands) > bottom


def test_the_menu_of_a_heading_does_what_it_says(view: TimelineView) -> None:
    menu = view.lanes_menu(band(view, "frame"))
    by_text = {action.text(): action for action in menu.actions()}
    by_text["Voice branch"].trigger()
    assert "voice" in view.lane_layout().hidden
    by_text["Strip of heat"].trigger()
    assert view.scene.frame_mode == "heat"
    before = view.lane_layout().shown
    by_text["Move down: Frame branch"].trigger()
    assert view.lane_layout().shown != before
    by_text["Usual lanes"].trigger()
    assert view.lane_layout() == LaneLayout()


def test_a_selection_lies_over_all_lanes_and_stronger_in_its_own(view: TimelineView) -> None:
    plain = picture(view, "gaps")
    view.set_selection(20.0, 30.0, ANA.id, "fused")
    assert view.scene.selection == Selection(20.0, 30.0, ANA.id, "fused")
    assert picture(view, "gaps") != plain
    view.clear_selection()
    assert picture(view, "gaps") == plain
