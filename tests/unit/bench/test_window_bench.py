"""The window's measurements: that they measure the real window, and what is made of their figures."""

import json
import sys
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner
from PySide6.QtWidgets import QWidget

from app.project import edits
from app.project.media_files import find_medium
from app.project.store import open_project
from tests.bench import idle, window_plan
from tests.bench import window as window_module
from tests.bench.correcting import Witness, plain_commits_ms, watched
from tests.bench.figures import figure
from tests.bench.idle import Load, wait_until_idle
from tests.bench.measure import MeasurementError
from tests.bench.projects import make_project
from tests.bench.real_window import NotReadyError, Paintings, paint, wait_until
from tests.bench.responsiveness import BEAT_MS, Heartbeat
from tests.bench.window import MEASUREMENTS, figures_of
from tests.media import cut_frames, make_clip

VIDEOS, MINUTES = 14, 0.2


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """Two people, twelve seconds."""
    return make_clip(tmp_path_factory.mktemp("bench") / "clip.mov", cut_frames(150, 80), rate=12.5, gop=50)


@pytest.fixture
def project(tmp_path, clip) -> Path:
    """A small one of the kind that is measured."""
    path = tmp_path / "small.affectline"
    make_project(path, VIDEOS, 70, MINUTES, clip)
    return path


def test_videos_of_a_made_project_are_there(project):
    with open_project(project) as opened:
        found = [find_medium(project.parent, medium, verify=True) for medium in opened.media()]
    assert [each.state for each in found] == ["here"] * VIDEOS
    assert len({each.path for each in found}) == VIDEOS


@pytest.mark.slow
def test_labels_are_given_by_keys_in_the_real_window(project):
    stored, busy, others, others_busy, after = figures_of("correcting", project=str(project), presses=2)
    assert stored.count == busy.count == 2
    assert others.count == others_busy.count == 7  # 3 keys each, and every fourth label is removed
    assert 0 < stored.p50 <= busy.longest
    assert after.count > 0
    with open_project(project) as opened:
        names = [entry.name for entry in opened.log()]
    assert sum("Label" in name for name in names) >= 2


@pytest.mark.slow
def test_a_project_is_opened_and_scrolled_in_the_real_window(project):
    figures = {each.name: each for each in figures_of("opening", project=str(project), rounds=2, videos=2)}
    listed, pictured = (figures[f"large project to {what} painted"] for what in ("library", "first frame"))
    assert listed.count == pictured.count == 2
    assert 0 < listed.p50 < pictured.longest
    assert {"scrolling its library, a frame", "scrolling its review, a frame"} <= set(figures)


@pytest.mark.slow
def test_memory_is_looked_at_video_after_video(project):
    (growth,) = figures_of("remembering", project=str(project), videos=4)
    assert growth.unit == "MB"
    assert growth.note.startswith("from ")


@pytest.mark.parametrize("name", list(MEASUREMENTS))
def test_measurements_are_where_they_are_said_to_be(name):
    assert callable(getattr(import_module(MEASUREMENTS[name]), name))


def test_figures_come_from_another_process(monkeypatch):
    told, asked = figure("scrub", [1.0, 2.0], 50.0), []
    monkeypatch.setattr(window_module, "printed_json", lambda command: asked.append(command) or [asdict(told)])
    assert figures_of("scrubbing", seconds=30) == [told]
    assert asked == [[sys.executable, "-m", "tests.bench.window", "scrubbing", json.dumps({"seconds": 30})]]


# An edit that is seen


def test_witness_sees_what_is_stored(project):
    with open_project(project) as opened:
        medium, witness = opened.media()[0], Witness(project)
        one, other = opened.corrections(medium.id)[:2]
        with watched(opened, witness):
            opened.do(edits.relabel(one, None))
            opened.do(edits.delete((other,)))
            opened.undo()
            opened.redo()
            opened.undo()
        assert len(witness.seen_s) == 5
        assert witness.seen_s == sorted(witness.seen_s)
        witness.close()


def test_witness_does_not_believe_what_is_only_said(project):
    with open_project(project) as opened:
        medium, witness = opened.media()[0], Witness(project)
        (one, *_) = opened.corrections(medium.id)
        with pytest.raises(AssertionError):
            witness.sees(edits.delete((one,)))
        new = edits.label((), medium.id, None, 1.0, 2.0, "sad", "ana", "blank")
        with pytest.raises(AssertionError, match="not stored"):
            witness.sees(new)
        assert witness.seen_s == []
        witness.close()


def test_bare_commits_leave_nothing_behind(tmp_path):
    assert len(plain_commits_ms(tmp_path, 3)) == 3
    assert list(tmp_path.iterdir()) == []


# What moves, and what stands still


@pytest.mark.slow
def test_moving_timeline_is_told_in_frames_a_second():
    figures = figures_of("panning", hours=0.05)
    assert all(each.name.startswith("timeline of 0.05 h: ") for each in figures)
    assert all(each.note.endswith("frames/s") and each.budget == pytest.approx(16.7, abs=0.1) for each in figures)


def test_heartbeat_notices_that_the_window_stood_still(qtbot):
    heart = Heartbeat()
    qtbot.waitUntil(lambda: len(heart.beats_s) > 2)
    first = len(heart.beats_s)
    time.sleep(0.06)
    qtbot.waitUntil(lambda: len(heart.beats_s) > first + 1)
    blocks_ms, late_ms = heart.since(first - 1)
    assert max(blocks_ms) >= 60 - BEAT_MS
    assert len(late_ms) >= 1


# Waiting


def test_what_never_happens_ends_a_measurement(qtbot):
    with pytest.raises(NotReadyError, match="after 0"):
        wait_until(lambda: False, longest_s=0)


def test_waiting_wants_to_see_it_several_times_in_a_row(qtbot):
    answers = iter([True, False, True, True, True])
    wait_until(lambda: next(answers), looks=3)
    assert list(answers) == []


def test_painting_is_noted_once_the_state_is_there(qtbot):
    window, ready = QWidget(), []
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    paintings = Paintings(window)
    paintings.wait_for(shown=lambda: bool(ready))
    window.update()
    paint(window)
    assert not paintings.complete
    ready.append(True)
    before_s = time.perf_counter()
    assert not paintings.complete  # nothing was painted since
    window.update()
    paint(window)
    assert paintings.complete
    assert paintings.at_s["shown"] >= before_s


def test_idle_machine_is_waited_for_but_not_for_ever(monkeypatch):
    loads = iter([Load(2.0, 0.9), Load(2.0, 0.05), Load(0.0, 0.9)])
    monkeypatch.setattr(idle, "current_load", lambda: next(loads))
    assert wait_until_idle().busy == 0.05
    assert wait_until_idle(longest_s=0).busy == 0.9


# The plan


@pytest.fixture
def planned(monkeypatch, tmp_path):
    """What would be measured, in order, with its arguments."""
    asked: list[tuple[str, dict]] = []
    monkeypatch.setattr(window_plan, "FOLDER", tmp_path / "window")
    monkeypatch.setattr(window_plan, "wait_until_idle", lambda: Load(0.0, 0.0))
    monkeypatch.setattr(window_plan, "long_clip", lambda path: path)
    monkeypatch.setattr(window_plan, "starting", lambda: [figure("start to window shown", [2000.0], 1500.0)])
    monkeypatch.setattr(window_plan, "import_times", lambda: "torch took long")

    def made(path, clip):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"as it was made")

    def measured(name, **arguments):
        asked.append((name, arguments))
        if "project" in arguments:
            assert Path(arguments["project"]).read_bytes() == b"as it was made"
            Path(arguments["project"]).write_bytes(b"changed")
        return [figure(name, [1.0], 2.0)]

    monkeypatch.setattr(window_plan, "make_project", made)
    monkeypatch.setattr(window_plan, "figures_of", measured)
    return asked


def test_every_part_is_measured_on_a_project_of_its_own(planned, capsys):
    found = window_plan.window_figures(1)
    assert [each.name for each in found] == ["start to window shown", *window_plan.PARTS[1:]]
    assert [name for name, given in planned if "project" in given] == ["correcting", "opening", "remembering"]
    assert not window_plan.FOLDER.exists()
    assert "torch took long" in capsys.readouterr().err  # the start was over its budget


def test_parts_can_be_left_out(planned):
    result = CliRunner().invoke(window_plan.main, ["--part", "panning", "--part", "scrubbing"])
    assert result.exit_code == 0, result.output
    assert [name for name, _ in planned] == ["panning", "scrubbing"]
    assert "| panning" in result.output


def test_failed_part_is_a_sentence(planned, monkeypatch):
    def fail(name, **arguments):
        raise MeasurementError("the window was not ready after 300 s")

    monkeypatch.setattr(window_plan, "figures_of", fail)
    result = CliRunner().invoke(window_plan.main, ["--part", "opening"])
    assert result.exit_code == 1
    assert "Error: the window was not ready after 300 s" in result.output
    assert not window_plan.FOLDER.exists()
