"""The trial of the one-folder program: which differences count, and what it says of programs that are wrong."""

import json
import struct
import sys

import pytest

from app import __version__

VERSION = f"affectline {__version__}"


@pytest.fixture
def smoke(script):
    return script("smoke")


def stand_in(smoke, folder, answers: dict[str, str], code: int = 0):
    """A program that prints one prepared answer for each command."""
    folder.mkdir(exist_ok=True)
    (folder / "answers.json").write_text(json.dumps(answers))
    path = folder / "program"
    path.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"print(json.load(open({str(folder / 'answers.json')!r})).get(sys.argv[1], ''))\nsys.exit({code})\n"
    )
    path.chmod(0o755)
    return smoke.Program([str(path)], folder)


DOCUMENT = {
    "schema": "x/1",
    "device": "cpu fp32",
    "timing": {"wall_s": 1.0},
    "label": {"emotion": "sad", "device": "of a label"},
    "people": [{"id": "person-1", "frames": {"time_s": [0.0, 0.04], "score": [1.0, None]}}],
}


def changed(**members):
    return json.loads(json.dumps(DOCUMENT)) | members


def test_the_same_numbers_of_another_run_are_no_difference(smoke):
    assert list(smoke.differences(DOCUMENT, changed(device="cuda bf16", timing={"wall_s": 9.9}))) == []


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"schema": "x/2"}, "schema: 'x/1' and 'x/2'"),
        ({"label": None}, "label: {'emotion': 'sad', 'device': 'of a label'} and None"),
        ({"label": {"emotion": "sad", "device": "other"}}, "label.device: 'of a label' and 'other'"),
        ({"label": {"emotion": "sad"}}, "label.device: in one of them alone"),
        ({"people": []}, "people: a list of 1 and a list of 0"),
        (
            {"people": [{"id": "person-1", "frames": {"time_s": [0.0, 0.040001], "score": [1.0, None]}}]},
            "people[0].frames.time_s[1]: 0.04 and 0.040001",
        ),
        (
            {"people": [{"id": "person-1", "frames": {"time_s": [0, 0.04], "score": [1.0, None]}}]},
            "people[0].frames.time_s[0]: 0.0 and 0",
        ),
    ],
)
def test_every_other_difference_is_told_with_its_place(smoke, members, told):
    assert list(smoke.differences(DOCUMENT, changed(**members))) == [told]


def test_a_null_is_not_the_same_as_nothing(smoke):
    assert list(smoke.differences({"label": None}, {})) == ["label: in one of them alone"]


@pytest.fixture
def checkout(smoke, tmp_path):
    """A stand-in for the program in the checkout."""
    answers = {"--version": VERSION, "analyze": json.dumps(changed(label="sad", device="another"))}
    return stand_in(smoke, tmp_path / "checkout", answers)


def test_a_program_that_starts(smoke, tmp_path, checkout):
    told = smoke.starts(stand_in(smoke, tmp_path, {"--version": VERSION}), checkout)
    assert told.startswith(f"{VERSION}; first start ")


def test_a_program_of_another_version(smoke, tmp_path, checkout):
    with pytest.raises(smoke.CheckFailedError, match=r"calls itself 'affectline 0\.0\.1'"):
        smoke.starts(stand_in(smoke, tmp_path, {"--version": "affectline 0.0.1"}), checkout)


def test_a_failing_program_is_quoted(smoke, tmp_path):
    with pytest.raises(smoke.CheckFailedError, match="doctor` ended with 1: ! libgone"):
        smoke.doctor(stand_in(smoke, tmp_path, {"doctor": "! libgone is missing"}, code=1))


@pytest.mark.parametrize("label", ["sad", "happy"])
def test_an_analysis_has_the_numbers_of_the_checkout(smoke, tmp_path, checkout, label):
    program = stand_in(smoke, tmp_path, {"analyze": json.dumps(changed(label=label))})
    if label == "sad":
        assert smoke.analyses(program, checkout).startswith("the same numbers as the checkout")
    else:
        with pytest.raises(smoke.CheckFailedError, match=r"1 differences .* label: 'sad' and 'happy'"):
            smoke.analyses(program, checkout)


def test_nothing_of_this_environment_reaches_the_program(smoke, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    environment = smoke.Program(["program"], tmp_path).environment
    assert environment["HOME"] == str(tmp_path)
    assert environment["PATH"] == "/nonexistent"
    assert environment.keys().isdisjoint({"PYTHONPATH", "OMP_NUM_THREADS"})


def test_a_version_without_screenshots_is_said_to_be_one(smoke, tmp_path):
    assert smoke.screenshot(stand_in(smoke, tmp_path, {}, code=2)).startswith("SKIPPED")


def test_a_screenshot_that_was_not_written(smoke, tmp_path):
    with pytest.raises(smoke.CheckFailedError, match="no PNG picture of 1280x800"):
        smoke.screenshot(stand_in(smoke, tmp_path, {}))


@pytest.mark.parametrize(("size", "right"), [((1280, 800), True), ((640, 480), False)])
def test_a_screenshot_has_the_size_asked_for(smoke, tmp_path, size, right):
    chunk = b"\x00\x00\x00\x0dIHDR" + struct.pack(">II", *size) + b"\x08\x02\x00\x00\x00"
    (tmp_path / "window.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    program = stand_in(smoke, tmp_path, {})
    if right:
        assert smoke.screenshot(program).startswith("1280x800")
    else:
        with pytest.raises(smoke.CheckFailedError):
            smoke.screenshot(program)


def test_one_failed_check_is_told_and_fails_the_trial(smoke, tmp_path, monkeypatch, capsys):
    def analyses(program, checkout):
        raise smoke.CheckFailedError("other numbers")

    program = stand_in(smoke, tmp_path, {"--version": VERSION})
    monkeypatch.setattr(smoke, "analyses", analyses)
    assert smoke.main(program.command) == 1
    assert "analyses     FAILED: other numbers" in capsys.readouterr().out


def test_without_a_program_the_way_to_it_is_told(smoke, tmp_path, capsys):
    assert smoke.main([str(tmp_path / "absent")]) == 1
    assert "make bundle" in capsys.readouterr().out
