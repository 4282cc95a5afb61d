"""The queue of videos: order, states, partial results, failures, cancelling, and a process that is lost."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.jobs.analyser import AnalyserChoice, DeviceKnown, device_step
from app.jobs.analyses import DAMAGED, AnalysisQueue, MediaState
from app.jobs.child import ChildLostError
from app.jobs.lanes import Lane
from engine.errors import MediaFormatError
from engine.values import Gap, Part, Progress, Track
from tests.analyses import analysis, probabilities

CPU = DeviceKnown("cpu fp32", "no GPU found")
PART = Part("frame", 0, Track([0.0], [0.0], probabilities(1)))


class Studio:
    """Stands for the child process: each video takes the steps that its test gives it, when the test lets it."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.choices: list[AnalyserChoice] = []
        self.closed = False
        self.ways: dict[str, Callable[[], Iterator[Any]]] = {}
        self.gates: dict[str, Event] = defaultdict(Event)
        self.waiting: dict[str, Event] = defaultdict(Event)

    def steps(self, work: Callable[..., Any], *arguments: Any, cancelled: Callable[[], bool]) -> Iterator[Any]:
        yield CPU
        if work is device_step:
            return
        choice, path = arguments
        self.begun.append(path.name)
        self.choices.append(choice)
        yield from self.ways.get(path.name, self.usual)()

    def usual(self) -> Iterator[Any]:
        yield Progress(3.0, 12.0, 75, 1.0)
        yield PART
        yield analysis()

    def gated(self, name: str) -> Callable[[], Iterator[Any]]:
        def way() -> Iterator[Any]:
            yield Progress(6.0, 12.0, 150, 2.0)
            self.waiting[name].set()
            assert self.gates[name].wait(5)
            yield from self.usual()

        return way

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def studio() -> Studio:
    return Studio()


@pytest.fixture
def lane(qtbot: QtBot) -> Iterator[Lane]:
    made = Lane("gpu")
    yield made
    assert made.close(5)


@pytest.fixture
def queue(lane: Lane, studio: Studio) -> AnalysisQueue:
    return AnalysisQueue(lane, AnalyserChoice(), studio)


def finished(queue: AnalysisQueue, qtbot: QtBot, kind: str, *media_ids: str) -> None:
    qtbot.waitUntil(lambda: all(queue.states()[name].kind == kind for name in media_ids))


def test_a_video_is_analysed_and_everything_told_on_the_way(queue: AnalysisQueue, qtbot: QtBot) -> None:
    told: list[Any] = []
    queue.state_changed.connect(lambda media_id, state: told.append((media_id, state.kind)))
    queue.progressed.connect(lambda media_id, progress: told.append((media_id, progress)))
    queue.part.connect(lambda media_id, part: told.append((media_id, part)))
    queue.analysed.connect(lambda media_id, result: told.append((media_id, result.label.emotion)))
    queue.device_known.connect(lambda name, reason: told.append((name, reason)))
    queue.idle.connect(lambda: told.append("idle"))
    queue.enqueue("m1", Path("clip.mp4"))
    qtbot.waitUntil(lambda: "idle" in told)
    assert told == [
        ("m1", "waiting"), ("m1", "analysing"), ("cpu fp32", "no GPU found"), ("m1", "analysing"),
        ("m1", Progress(3.0, 12.0, 75, 1.0)), ("m1", PART), ("m1", "happy"), ("m1", "analysed"), "idle",
    ]  # fmt: skip
    assert queue.device == CPU


def test_the_state_says_how_far_it_is_and_how_fast(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    studio.ways["clip.mp4"] = studio.gated("clip.mp4")
    queue.enqueue("m1", Path("clip.mp4"))
    qtbot.waitUntil(lambda: queue.states()["m1"].done is not None)
    assert queue.states()["m1"] == MediaState("analysing", 0.5, 75.0, 2.0)
    studio.gates["clip.mp4"].set()
    finished(queue, qtbot, "analysed", "m1")


def test_videos_are_analysed_in_the_order_they_came(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    for name in ("a", "b", "c"):
        queue.enqueue(name, Path(name))
    queue.enqueue("a", Path("a"))
    finished(queue, qtbot, "analysed", "a", "b", "c")
    assert studio.begun == ["a", "b", "c"]


def test_what_somebody_opens_goes_first(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    order: list[tuple[str, str]] = []
    queue.state_changed.connect(lambda media_id, state: order.append((media_id, state.kind)))
    studio.ways["a"] = studio.gated("a")
    for name in ("a", "b", "c"):
        queue.enqueue(name, Path(name))
    assert studio.waiting["a"].wait(5)
    qtbot.waitUntil(lambda: queue.states()["a"].done == 0.5)
    queue.ask_for("c", Path("c"))
    order.clear()
    studio.gates["a"].set()
    finished(queue, qtbot, "analysed", "a", "b", "c")
    assert studio.begun == ["a", "c", "b"]
    assert order.index(("a", "waiting")) < order.index(("c", "analysing"))
    assert [name for name, kind in order if kind == "analysed"] == ["c", "a", "b"]


def test_a_suspended_video_keeps_how_far_it_was(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    seen: list[MediaState] = []
    studio.ways["a"] = studio.gated("a")
    queue.enqueue("a", Path("a"))
    qtbot.waitUntil(lambda: queue.states()["a"].done == 0.5)
    queue.state_changed.connect(lambda media_id, state: seen.append(state) if media_id == "a" else None)
    queue.ask_for("b", Path("b"))
    studio.gates["a"].set()
    finished(queue, qtbot, "analysed", "a", "b")
    (waited,) = [state for state in seen if state.kind == "waiting"]
    assert waited.done == 0.25


def test_a_failed_video_does_not_stop_the_queue(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    def fail() -> Iterator[Any]:
        yield Progress(1.0, 12.0, 25, 1.0)
        raise MediaFormatError("bad.mp4", "it is empty")

    studio.ways["bad.mp4"] = fail
    queue.enqueue("bad", Path("bad.mp4"))
    queue.enqueue("good", Path("good.mp4"))
    finished(queue, qtbot, "analysed", "good")
    assert queue.states()["bad"] == MediaState("failed", sentence="cannot read bad.mp4: it is empty")


def test_a_failed_video_can_be_tried_again(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    def fail() -> Iterator[Any]:
        raise MediaFormatError("clip.mp4", "it is empty")
        yield

    studio.ways["clip.mp4"] = fail
    queue.enqueue("m1", Path("clip.mp4"))
    finished(queue, qtbot, "failed", "m1")
    del studio.ways["clip.mp4"]
    queue.ask_for("m1", Path("clip.mp4"))
    assert queue.states()["m1"] == MediaState("waiting")
    finished(queue, qtbot, "analysed", "m1")


def test_a_damaged_video_is_analysed_and_says_so(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    studio.ways["clip.mp4"] = lambda: iter([analysis(gaps=(Gap("unreadable", 8.0, 12.0),))])
    queue.enqueue("m1", Path("clip.mp4"))
    finished(queue, qtbot, "analysed", "m1")
    assert queue.states()["m1"].sentence == DAMAGED


def test_one_video_is_cancelled_and_the_others_go_on(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    results: list[str] = []
    queue.analysed.connect(lambda media_id, _result: results.append(media_id))
    studio.ways["a"] = studio.gated("a")
    queue.enqueue("a", Path("a"))
    queue.enqueue("b", Path("b"))
    assert studio.waiting["a"].wait(5)
    queue.cancel("a")
    assert queue.states()["a"] == MediaState("cancelled")
    studio.gates["a"].set()
    finished(queue, qtbot, "analysed", "b")
    assert results == ["b"]


def test_all_are_cancelled(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    studio.ways["a"] = studio.gated("a")
    for name in ("a", "b"):
        queue.enqueue(name, Path(name))
    with qtbot.waitSignal(queue.idle):
        queue.cancel_all()
    assert {state.kind for state in queue.states().values()} == {"cancelled"}
    studio.gates["a"].set()
    queue.cancel("a")
    queue.cancel("unknown")


def test_a_bystander_of_a_lost_process_begins_anew(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    lost = [True]

    def way() -> Iterator[Any]:
        yield Progress(6.0, 12.0, 150, 2.0)
        if lost.pop() if lost else False:
            raise ChildLostError("analysis", -9, bystander=True)
        yield from studio.usual()

    studio.ways["a"] = way
    states: list[MediaState] = []
    queue.state_changed.connect(lambda _media_id, state: states.append(state))
    queue.enqueue("a", Path("a"))
    finished(queue, qtbot, "analysed", "a")
    assert studio.begun == ["a", "a"]
    assert states.count(MediaState("waiting")) == 2
    assert not [state for state in states if state.kind == "failed"]


def test_the_one_that_lost_the_process_fails(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    def way() -> Iterator[Any]:
        yield Progress(6.0, 12.0, 150, 2.0)
        raise ChildLostError("analysis", -9, bystander=False)

    studio.ways["a"] = way
    queue.enqueue("a", Path("a"))
    finished(queue, qtbot, "failed", "a")
    assert "the memory may have run out" in (queue.states()["a"].sentence or "")


def test_another_choice_holds_from_the_next_video_on(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    queue.enqueue("a", Path("a"))
    queue.use(AnalyserChoice(device="cpu"))
    queue.enqueue("b", Path("b"))
    finished(queue, qtbot, "analysed", "a", "b")
    assert [choice.device for choice in studio.choices] == ["auto", "cpu"]


def test_warming_up_tells_the_device_once(queue: AnalysisQueue, studio: Studio, qtbot: QtBot) -> None:
    told: list[str] = []
    queue.device_known.connect(lambda name, _reason: told.append(name))
    queue.warm_up()
    qtbot.waitUntil(lambda: bool(told))
    queue.enqueue("a", Path("a"))
    finished(queue, qtbot, "analysed", "a")
    assert told == ["cpu fp32"]


def test_a_closed_lane_takes_no_video(queue: AnalysisQueue, lane: Lane, studio: Studio) -> None:
    lane.close(5)
    queue.enqueue("a", Path("a"))
    queue.close()
    assert queue.states()["a"] == MediaState("cancelled")
    assert studio.closed


@pytest.mark.slow
def test_the_child_gives_the_command_lines_numbers_bit_for_bit(lane: Lane, qtbot: QtBot, tmp_path: Path) -> None:
    from app.jobs.analyser import load_analyser
    from tests.media import face_frames, make_clip

    clip = make_clip(tmp_path / "clip.mp4", face_frames(30, width=160, height=120, face_px=60.0, sway_px=4.0))
    queue = AnalysisQueue(lane, AnalyserChoice(device="cpu"))
    try:
        with qtbot.waitSignal(queue.analysed, timeout=60_000) as caught:
            queue.ask_for("m1", clip)
    finally:
        lane.close(5)
        queue.close()
    got = caught.args[1]
    *_, expected = load_analyser(AnalyserChoice(device="cpu")).analyse(clip, lambda: False)
    assert [person.id for person in got.people] == [person.id for person in expected.people]
    for had, has in zip(expected.people, got.people, strict=True):
        np.testing.assert_array_equal(had.frames.probabilities, has.frames.probabilities)
        np.testing.assert_array_equal(had.slices.probabilities, has.slices.probabilities)
        np.testing.assert_array_equal(had.fused.probabilities, has.fused.probabilities)
    assert got.label.probabilities.tobytes() == expected.label.probabilities.tobytes()
