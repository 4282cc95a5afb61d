"""The paper's procedure as a command: killed at every stage and run again, it ends as one that was left alone."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.media import face_frames, make_clip, speech_like
from tests.training_runs import ended_with, started
from tests.unit.trainer.conftest import write_fer2013

OPTIONS = ("--quick", "--folds", "2")
EMOTIONS = {"Angry": 110.0, "Happy": 220.0, "Sad": 150.0}
STAGES = {
    "preparing": "prepared/*/item.safetensors",
    "stage 1": "slice-*.checkpoint",
    "features": "features-*/*.safetensors",
    "stage 2": "fusion-paper-*.checkpoint",
}
"""What is there when a stage has begun."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films to train and two to score, a clip of three emotions each, two acted voices, and FER2013's layout."""
    folder = tmp_path_factory.mktemp("data")
    rows = []
    for part in ("Train_AFEW", "Val_AFEW"):
        for film in range(2):
            for number, (emotion, pitch_hz) in enumerate(EMOTIONS.items()):
                place = folder / "AFEW" / part / emotion / f"{film:04}{number:05}.avi"
                clip(place, pitch_hz + 5 * film, sway_px=2.0 + 4 * number, other_person=bool(film))
                rows.append(f"{part}/{emotion}/{place.stem},{part}-{film}")
    (folder / "AFEW" / "films.csv").write_text("\n".join(["clip,film", *rows]))
    for emotion in ("anger", "sadness"):
        clip(folder / f"eNTERFACE/subject 1/{emotion}/sentence 1/s1_{emotion[:2]}_1.avi", 180.0)
        clip(folder / f"eNTERFACE/subject 1/{emotion}/sentence 2/s1_{emotion[:2]}_2.avi", 190.0)
    write_fer2013(folder)
    return folder


def clip(path: Path, pitch_hz: float, **how: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = face_frames(14, width=160, height=120, face_px=60.0, **how)  # type: ignore[arg-type]
    make_clip(path, frames, sound=speech_like(1.0, pitch_hz=pitch_hz))


def finished(process: "subprocess.Popen[str]") -> str:
    """What a run printed, once it ended well."""
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return said


def killed(process: "subprocess.Popen[str]", begun: Callable[[], bool]) -> None:
    """Kill a run without a warning once something is there."""
    while not begun() and process.poll() is None:
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()[0]
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_every_stage_it_ends_as_one_left_alone(data: Path, tmp_path: Path) -> None:
    said = finished(started(data, tmp_path / "alone", tmp_path / "work-alone", *OPTIONS))
    assert "multimodal fusion" in said
    assert "50.39" in said  # the paper's
    work = tmp_path / "work"
    for pattern in STAGES.values():
        run = started(data, tmp_path / "killed", work, *OPTIONS)
        killed(run, lambda pattern=pattern: any(work.glob(pattern)))  # type: ignore[misc]
    assert not (tmp_path / "killed/report.json").exists()
    finished(started(data, tmp_path / "killed", work, *OPTIONS))
    assert ended_with(tmp_path / "killed") == ended_with(tmp_path / "alone")
