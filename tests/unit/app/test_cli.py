"""The command line with a made-up engine: what is written where, and the exit codes."""

import csv
import json
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import __version__, cli, places
from app.commands import window
from app.interchange.tables import COLUMNS
from app.jobs.analyser import AnalyserChoice, DeviceKnown, LoadedAnalyser, load_analyser
from engine.errors import CancelledError, DeviceError, MediaFormatError, StorageError
from engine.values import Analysis, Gap, Progress
from tests.analyses import analysis


def fake_analyser(path, cancelled):
    """`broken*` cannot be read, `damaged*` ends early, in `slow*` somebody presses Ctrl-C."""
    yield Progress(1.0, 12.0, 25, 0.5)
    if path.stem.startswith("broken"):
        raise MediaFormatError(path, "it is empty")
    if path.stem.startswith("slow"):
        os.kill(os.getpid(), signal.SIGINT)
        if cancelled():
            raise CancelledError
    damage = (Gap("unreadable", 10.0, 12.0),) if path.stem.startswith("damaged") else ()
    yield analysis(str(path), gaps=damage)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder and the made-up engine; what the engine was opened with is in `opened`."""
    monkeypatch.chdir(tmp_path)

    def load(choice, tell):
        opened.append(choice)
        return LoadedAnalyser(fake_analyser, DeviceKnown("cpu fp32", "no GPU found"))

    opened.clear()
    monkeypatch.setattr("app.jobs.analyser.load_analyser", load)
    return tmp_path


opened: list[AnalyserChoice] = []


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_version(capsys):
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == f"affectline {__version__}\n"


@pytest.fixture
def windows(monkeypatch):
    """Instead of a window: the files that it was opened on."""
    shown: list[tuple[Path, ...]] = []
    monkeypatch.setattr(window, "no_display", lambda: None)
    monkeypatch.setitem(sys.modules, "app.application", SimpleNamespace(run_window=lambda f: shown.append(f) or 0))
    return shown


def test_the_window_opens_without_files_and_with(here, windows):
    Path("x.mp4").touch()
    for arguments in ([], ["open"], ["open", "x.mp4"], ["x.mp4"]):
        assert cli.run(arguments) == 0
    assert windows == [(), (), (Path("x.mp4"),), (Path("x.mp4"),)]


def test_a_file_that_is_not_there_opens_no_window(here, windows, capsys):
    Path("x.mp4").touch()
    assert cli.run(["x.mp4", "y.mp4"]) == 2
    assert "there is no y.mp4" in capsys.readouterr().err
    assert not windows


def test_without_a_display_the_window_says_why(here, windows, monkeypatch, capsys):
    monkeypatch.setattr(window, "no_display", lambda: "there is no display here")
    assert cli.run([]) == 1
    assert capsys.readouterr().err == "affectline: there is no display here\n"
    assert not windows


@pytest.mark.parametrize(
    "arguments", [["--size", "big"], ["--size", "100x100"], ["--range", "5", "2"], ["--theme", "x"]]
)
def test_wrong_usage_of_screenshot(here, arguments, capsys):
    assert cli.run(["screenshot", "x.mp4", "y.png", *arguments]) == 2
    assert "Error: " in capsys.readouterr().err


def test_a_mistyped_command_is_no_file(here, capsys):
    assert cli.run(["analyse", "x.mp4"]) == 2
    assert "No such command" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a.mp4", "--format", "xml"],
        ["a.mp4", "--device", "tpu"],
        ["a.mp4", "--start", "5", "--end", "5"],
        ["a.mp4", "--start", "soon"],
        ["a.mp4", "--start", "nan"],
        ["a.mp4", "--cache", "c", "--no-cache"],
        ["a.mp4", "b.mp4", "--out", "-"],
        ["a.mp4", "--out", "-", "--format", "json,csv"],
        ["a.mp4", "--out", "-", "--format", "csv"],
        ["a.mp4", "--no-such-option"],
    ],
)
def test_wrong_usage(arguments, here, capsys):
    assert cli.run(["analyze", *arguments]) == 2
    assert not opened
    told = capsys.readouterr()
    assert told.out == ""
    assert "Error: " in told.err


def test_results_go_into_the_current_folder(here, capsys):
    assert cli.run(["analyze", "some/clip.mp4"]) == 0
    assert files(here) == ["clip.analysis.json"]
    assert json.loads(Path("clip.analysis.json").read_text())["media"]["path"] == "some/clip.mp4"
    said = capsys.readouterr().out
    assert "label: happy" in said
    assert "(no GPU found)" in said
    assert "written: clip.analysis.json" in said


def test_two_inputs_of_one_stem(here):
    assert cli.run(["analyze", "a/clip.mp4", "b/clip.mp4", "--out", "made/here"]) == 0
    assert files(here / "made/here") == ["clip-2.analysis.json", "clip.analysis.json"]
    assert json.loads((here / "made/here/clip-2.analysis.json").read_text())["media"]["path"] == "b/clip.mp4"


def test_tables(here):
    assert cli.run(["analyze", "clip.mp4", "--format", "csv"]) == 0
    assert files(here) == sorted(f"clip.{name}.csv" for name in COLUMNS)
    with Path("clip.segments.csv").open() as table:
        assert [row["emotion"] for row in csv.DictReader(table)] == ["neutral", "happy", "sad"]


def test_both_formats(here):
    assert cli.run(["analyze", "clip.mp4", "--format", "json,csv"]) == 0
    assert len(files(here)) == 7


def test_standard_output_is_json_and_nothing_else(here, capsys):
    assert cli.run(["analyze", "clip.mp4", "--out", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "affectline.analysis/1"
    assert files(here) == []


def test_nothing_on_standard_output_when_it_fails(here, capsys):
    assert cli.run(["analyze", "broken.mp4", "--out", "-"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines()[-1] == "affectline: cannot read broken.mp4: it is empty"


def test_the_rest_go_on_and_the_summary_names_what_failed(here, capsys):
    assert cli.run(["analyze", "broken.mp4", "clip.mp4", "broken2.mp4"]) == 3
    assert files(here) == ["clip.analysis.json"]
    told = capsys.readouterr().err
    assert "cannot read broken.mp4: it is empty" in told
    assert "cannot read broken2.mp4: it is empty" in told
    assert "1 of 3 done, 2 failed: broken.mp4, broken2.mp4" in told


def test_what_was_interrupted_did_not_fail(here, capsys):
    assert cli.run(["analyze", "clip.mp4", "slow.mp4", "later.mp4"]) == 130
    assert "1 of 3 done, 2 left" in capsys.readouterr().err


def test_a_damaged_video_is_done_in_part(here, capsys):
    assert cli.run(["analyze", "damaged.mp4"]) == 3
    assert files(here) == ["damaged.analysis.json"]
    assert "damaged.mp4: parts of it could not be read" in capsys.readouterr().err


def test_ctrl_c_stops_and_leaves_no_half_written_file(here, capsys):
    before = signal.getsignal(signal.SIGINT)
    assert cli.run(["analyze", "clip.mp4", "slow.mp4", "other.mp4"]) == 130
    assert files(here) == ["clip.analysis.json"]
    told = capsys.readouterr().err
    assert "stopping at the next batch" in told
    assert "interrupted" in told
    assert signal.getsignal(signal.SIGINT) is before


def test_the_place_for_results_is_tried_before_the_model_is_loaded(here, capsys):
    Path("taken").touch()
    assert cli.run(["analyze", "clip.mp4", "--out", "taken"]) == 1
    assert capsys.readouterr().err == "affectline: cannot write taken: it is a file, not a folder\n"
    assert not opened


def test_range_and_cache_reach_the_engine(here):
    arguments = ["--start", "1:23.5", "--end", "90", "--cache", "kept", "--device", "cpu", "--bundle", "mine"]
    assert cli.run(["analyze", "clip.mp4", *arguments]) == 0
    assert opened == [AnalyserChoice("mine", "cpu", Path("kept"), 83.5, 90.0)]


def test_features_are_kept_in_the_users_cache_unless_told_not_to(here):
    assert cli.run(["analyze", "clip.mp4"]) == 0
    assert cli.run(["analyze", "clip.mp4", "--no-cache"]) == 0
    assert [choice.store for choice in opened] == [places.features(), None]


def test_a_device_that_is_not_there(here, monkeypatch, capsys):
    def refuse(*arguments):
        raise DeviceError("no CUDA GPU was found")

    monkeypatch.setattr("app.jobs.analyser.load_analyser", refuse)
    assert cli.run(["analyze", "clip.mp4", "--device", "cuda"]) == 1
    assert capsys.readouterr().err == "affectline: cannot use the device asked for: no CUDA GPU was found\n"


def test_an_unknown_bundle(capsys):
    assert cli.run(["bundle", "info", "nonesuch"]) == 1
    assert "cannot use the bundle nonesuch" in capsys.readouterr().err


def test_the_main_process_leaves_with_the_code(monkeypatch):
    monkeypatch.setattr("sys.argv", ["affectline", "analyze"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2


def test_a_full_feature_store_costs_the_features_and_not_the_answer(tmp_path, monkeypatch, capsys):
    kept, seen = tmp_path / "cache", []

    def analyse_with(path, model, options, cancelled, load_s):
        seen.append(options.store)
        if options.store is not None:
            raise StorageError(options.store / ".part", "no space left on device")
        yield analysis(path=str(path))

    monkeypatch.setattr("engine.analyse.analyse_with", analyse_with)
    loaded = load_analyser(AnalyserChoice("starter", "cpu", kept), cli.tell)
    (answer,) = loaded.analyse(Path("clip.mp4"), lambda: False)
    assert isinstance(answer, Analysis)
    assert seen == [kept, None]
    assert "features cannot be kept" in capsys.readouterr().err


def test_every_view_that_can_be_shown_can_be_asked_for() -> None:
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    from app import screenshot as shown
    from app.commands import screenshot as asked

    assert asked.VIEWS == shown.VIEWS
