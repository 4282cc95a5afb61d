"""The command line of the preparation alone."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.batch import Exit
from app.commands.prepare import prepare_command
from engine.errors import DatasetError, StorageError
from tests.media import face_frames, make_clip, speech_like
from tests.unit.trainer.preparing.conftest import LoudnessDetector, MarkedDetector

SMALL = {"width": 160, "height": 120, "face_px": 60.0}


@pytest.fixture(autouse=True)
def _quick_senses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.preparing.making.FaceDetector", MarkedDetector)
    monkeypatch.setattr("trainer.preparing.making.SpeechDetector", LoudnessDetector)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two clips in AFEW's layout and a file that is none."""
    for number, emotion in enumerate(("Angry", "Sad")):
        path = tmp_path / "AFEW" / "Train_AFEW" / emotion / f"{number:09}.avi"
        path.parent.mkdir(parents=True)
        make_clip(path, face_frames(16, sway_px=3.0 + number, **SMALL), sound=speech_like(0.6, seed=number))  # type: ignore[arg-type]
    (tmp_path / "AFEW/Train_AFEW/Sad/000000009.avi").write_bytes(b"no film")
    return tmp_path / "AFEW"


def run(data: Path, cache: Path, *options: str) -> Result:
    return CliRunner().invoke(prepare_command, [str(data), "--cache", str(cache), *options], standalone_mode=False)


def test_prepares_tells_and_goes_on(data: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = run(data, cache)
    assert first.return_value == Exit.DONE_IN_PART, first.output
    assert "2 of 3 examples can be used: 2 made now, 0 there before" in first.output
    assert "left out: 000000009.avi: unreadable" in first.output
    kept = (cache / "preparation-afew.txt").read_text()
    assert "left out: 000000009.avi: unreadable" in kept
    assert "2 made now" not in run(data, cache).output
    (data / "Train_AFEW/Sad/000000009.avi").unlink()
    assert run(data, cache).return_value == Exit.DONE


def test_voices_alone(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path / "cache", "--voices")
    assert not list((tmp_path / "cache").glob("*/*.u8"))
    assert len(list((tmp_path / "cache").glob("*/sound.i16"))) == 2


def test_the_papers_mp3(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path / "cache", "--sound", "mp3", "--profile", "full")
    assert len(list((tmp_path / "cache").glob("*/sound.mp3"))) == 2
    assert len(list((tmp_path / "cache").glob("*/slice.u8"))) == 2  # cut otherwise than frames


def test_nothing_to_use(data: Path, tmp_path: Path) -> None:
    for path in data.glob("*/*/*.avi"):
        path.write_bytes(b"no film")
    assert run(data, tmp_path / "cache").return_value == Exit.NOTHING_DONE


def test_wrong_places(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "photos"
    other.mkdir()
    (other / "me.jpg").touch()
    assert isinstance(run(data, other).exception, DatasetError)
    assert isinstance(run(other, tmp_path / "cache").exception, DatasetError)
    (tmp_path / "file").touch()
    assert isinstance(run(data, tmp_path / "file" / "cache").exception, StorageError)
