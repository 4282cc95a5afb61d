"""The picture, the faces in it, and messages in its place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.player.values import Shown
from app.views import theme
from app.views.video_tags import tag_places
from app.views.video_view import FaceBox, VideoView

RED = QColor(200, 30, 30)
ANA = FaceBox("person-1", "Ana", (80, 60, 60, 60), "sad", 0.741, False, True)


def shown(width: int = 320, height: int = 180, exact: bool = True, image_scale: float = 1.0) -> Shown:
    image = QImage(round(width * image_scale), round(height * image_scale), QImage.Format.Format_RGB32)
    image.fill(RED)
    return Shown(3, 0.12, image, width, height, exact)


@pytest.fixture
def view(qtbot: QtBot) -> VideoView:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    return view


def colour(view: VideoView, x: float, y: float) -> QColor:
    return view.grab().toImage().pixelColor(round(x), round(y))


def test_the_picture_keeps_its_shape_between_bars(view: VideoView) -> None:
    view.set_frame(shown())
    assert view.picture_place() == QRectF(0, 37, 400, 225)
    assert colour(view, 200, 150) == RED
    assert colour(view, 200, 20) == colour(view, 200, 280) == theme.current().video


def test_a_reduced_picture_has_its_place_and_boxes_where_the_whole_one_has(view: VideoView) -> None:
    view.set_frame(shown())
    view.set_overlay((ANA,))
    place, box = view.picture_place(), view.box_place(ANA)
    view.set_frame(shown(image_scale=0.25))
    assert view.picture_place() == place
    assert view.box_place(ANA) == box == QRectF(100, 37 + 75, 75, 75)
    assert colour(view, 20, 150) == RED


@pytest.mark.parametrize(
    ("face", "text"),
    [
        (ANA, "Ana · 6 S sad 0.74"),
        (replace(ANA, uncertain=True, emotion="neutral", confidence=0.41), "Ana · 5 N neutral? 0.41"),
        (replace(ANA, confidence=None, emotion="surprise"), "Ana · 7 U surprise"),
        (replace(ANA, emotion=None), "Ana"),
    ],
)
def test_what_a_tag_says(face: FaceBox, text: str) -> None:
    assert face.text == text


def test_a_box_has_the_colour_of_its_emotion_and_is_hollow(view: VideoView) -> None:
    view.set_frame(shown())
    view.set_overlay((replace(ANA, selected=False),))
    box = view.box_place(ANA)
    assert colour(view, box.left(), box.center().y()) == theme.emotion_colour("sad")
    assert colour(view, box.center().x(), box.center().y()) == RED


def test_overlays_can_be_hidden(view: VideoView) -> None:
    view.set_frame(shown())
    view.set_overlay((ANA,))
    view.set_overlay_visible(False)
    assert not view.overlay_visible
    assert view.person_at(view.box_place(ANA).center()) is None
    assert colour(view, view.box_place(ANA).left(), 150) == RED
    view.set_overlay_visible(True)
    assert view.person_at(view.box_place(ANA).center()) == ANA


def test_a_click_on_a_face_or_its_tag_names_the_person(view: VideoView, qtbot: QtBot) -> None:
    view.set_frame(shown())
    view.set_overlay((ANA,))
    (_, tag), = view.tags()  # fmt: skip
    for place in (view.box_place(ANA), tag):
        with qtbot.waitSignal(view.person_clicked) as clicked:
            qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place.center().toPoint())
        assert clicked.args == ["person-1"]
    with qtbot.assertNotEmitted(view.person_clicked):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(390, 50))


def test_of_faces_on_each_other_the_smaller_is_clicked(view: VideoView) -> None:
    small = FaceBox("person-2", "Ben", (100, 80, 20, 20))
    view.set_frame(shown())
    view.set_overlay((ANA, small))
    assert view.person_at(view.box_place(small).center()) == small


def test_faces_outside_the_picture_have_no_tag(view: VideoView) -> None:
    view.set_frame(shown())
    view.set_overlay((replace(ANA, box=(900, 900, 10, 10)),))
    assert view.tags() == []


def test_tags_stay_in_the_picture_and_off_their_faces(view: VideoView) -> None:
    view.set_frame(shown())
    for box in ((0, 0, 50, 60), (270, 0, 50, 60), (0, 120, 50, 60), (270, 120, 50, 60), (130, 2, 60, 60)):
        face = replace(ANA, box=tuple(map(float, box)))  # type: ignore[arg-type]
        view.set_overlay((face,))
        (_, tag), = view.tags()  # fmt: skip
        assert view.picture_place().contains(tag)
        assert not tag.intersects(view.box_place(face))


def test_tags_of_neighbours_do_not_lie_on_each_other() -> None:
    boxes = [QRectF(10 + 45 * k, 100 + 4 * (k % 2), 40, 50) for k in range(5)]
    sizes = [QSizeF(90, 18)] * 5
    bounds = QRectF(0, 0, 400, 300)
    places = tag_places(boxes, sizes, bounds)
    for number, place in enumerate(places):
        assert bounds.contains(place)
        assert not any(place.intersects(other) for other in places[:number])
        assert not any(place.intersects(box) for box in boxes)


def test_a_tag_wider_than_the_picture_still_has_a_place() -> None:
    (place,) = tag_places([QRectF(10, 10, 20, 20)], [QSizeF(200, 18)], QRectF(0, 0, 100, 100))
    assert place.left() == 0


def test_a_frame_nearby_is_marked(view: VideoView) -> None:
    view.set_frame(shown())
    corner = view.picture_place().bottomRight() - QPointF(14, 14)
    assert colour(view, corner.x(), corner.y()) == RED
    view.set_frame(shown(exact=False))
    assert colour(view, corner.x(), corner.y()) != RED


def test_a_message_takes_the_place_of_the_picture_until_the_next_frame(view: VideoView) -> None:
    view.set_frame(shown())
    view.set_message("Opening", "clip.mp4")
    assert colour(view, 5, 150) == theme.current().video
    assert view.accessibleDescription() == "Opening. clip.mp4"
    inked = view.grab().toImage()
    assert any(inked.pixelColor(x, y).lightness() > 200 for x in range(100, 300) for y in range(120, 180))
    view.set_frame(shown())
    assert colour(view, 5, 150) == RED


def test_a_message_can_leave_the_picture(view: VideoView) -> None:
    view.set_frame(shown())
    view.set_message("This video went away", "cannot read it", over_picture=True)
    assert colour(view, 200, 100) == RED
    assert colour(view, 300, 295) != theme.current().video
    view.clear()
    assert colour(view, 200, 100) == colour(view, 300, 295) == theme.current().video


def test_a_long_message_is_wrapped(view: VideoView) -> None:
    view.set_message("Broken", "/a/very/long/path/without/any/space" * 8)
    seen = view.grab().toImage()
    rows = [y for y in range(300) if any(seen.pixelColor(x, y).lightness() > 90 for x in range(0, 400, 2))]
    columns = [x for x in range(400) if any(seen.pixelColor(x, y).lightness() > 90 for y in range(0, 300, 2))]
    assert rows[-1] - rows[0] > 60
    assert columns[0] > 30
    assert columns[-1] < 370


def turn(view: VideoView, angle: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    event = QWheelEvent(
        QPointF(200, 150), QPointF(200, 150), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_the_wheel_steps_frames(view: VideoView) -> None:
    steps: list[int] = []
    view.step_requested.connect(steps.append)
    turn(view, -120)
    assert steps == []
    view.set_frame(shown())
    for angle in (-120, 240, 60, 60, -40, -40):
        turn(view, angle)
    turn(view, -120, Qt.KeyboardModifier.ControlModifier)
    assert steps == [1, -2, -1]


def test_a_double_click_asks_for_full_screen(view: VideoView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.full_screen_requested):
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))


def test_its_size_is_told_in_pixels_of_the_screen(view: VideoView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.size_changed) as changed:
        view.resize(500, 350)
    density = view.devicePixelRatioF()
    assert changed.args == [round(500 * density), round(350 * density)]


def test_it_is_readable_without_seeing(view: VideoView) -> None:
    view.set_frame(shown())
    view.set_overlay((ANA,))
    assert view.accessibleName() == "Video"
    assert view.accessibleDescription() == "Ana · 6 S sad 0.74"
