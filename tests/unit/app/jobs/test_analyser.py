"""The steps of an analysis in the child: the device first, the model kept, and no time counted that was not spent."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import places
from app.jobs import analyser
from app.jobs.analyser import AnalyserChoice, DeviceKnown, LoadedAnalyser, analysis_steps, device_step
from engine.errors import BundleError
from engine.values import Analysis, Progress
from tests.analyses import analysis

CPU = DeviceKnown("cpu fp32", "asked for")
CLIP = Path("clip.mp4")


def never() -> bool:
    return False


def steps_of_a_video(path: Path, cancelled: Callable[[], bool]) -> Iterator[Progress | Analysis]:
    began = time.perf_counter()
    for done_s in (4.0, 8.0, 12.0):
        yield Progress(done_s, 12.0, 100, time.perf_counter() - began)
    yield analysis(str(path))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[AnalyserChoice]]:
    """Which models were loaded."""
    loaded: list[AnalyserChoice] = []

    def load(choice: AnalyserChoice) -> LoadedAnalyser:
        loaded.append(choice)
        return LoadedAnalyser(steps_of_a_video, CPU)

    monkeypatch.setattr(analyser, "load_analyser", load)
    analyser._kept_analyser.cache_clear()
    yield loaded
    analyser._kept_analyser.cache_clear()


def test_the_device_comes_first_and_the_analysis_last(loads: list[AnalyserChoice]) -> None:
    first, *between, last = analysis_steps(never, AnalyserChoice(), CLIP)
    assert first == CPU
    assert [step.done_s for step in between if isinstance(step, Progress)] == [4.0, 8.0, 12.0]
    assert isinstance(last, Analysis)
    assert last.media.path == "clip.mp4"


def test_the_model_is_loaded_once_for_many_videos(loads: list[AnalyserChoice]) -> None:
    list(device_step(never, AnalyserChoice()))
    for _ in range(3):
        list(analysis_steps(never, AnalyserChoice(), CLIP))
    assert len(loads) == 1


def test_another_choice_loads_another(loads: list[AnalyserChoice]) -> None:
    for device in ("auto", "cpu"):
        list(analysis_steps(never, AnalyserChoice(device=device), CLIP))
    assert [choice.device for choice in loads] == ["auto", "cpu"]


def test_a_bundle_that_changed_is_loaded_again(loads: list[AnalyserChoice], tmp_path: Path) -> None:
    manifest = tmp_path / "mine" / places.MANIFEST
    manifest.parent.mkdir()
    choice = AnalyserChoice(str(manifest.parent))
    for changed_ns in (1_000_000_000, 2_000_000_000):
        manifest.write_text("", encoding="utf-8")
        os.utime(manifest, ns=(changed_ns, changed_ns))
        list(device_step(never, choice))
        list(device_step(never, choice))
    assert len(loads) == 2


def test_a_bundle_that_is_not_there_is_told() -> None:
    with pytest.raises(BundleError):
        next(analysis_steps(never, AnalyserChoice("no such bundle"), CLIP))


def test_time_in_which_nobody_asked_is_not_counted(
    loads: list[AnalyserChoice], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now_s[0])
    steps = analysis_steps(never, AnalyserChoice(), CLIP)
    assert next(steps) == CPU
    assert next(steps).elapsed_s == 0.0  # type: ignore[union-attr]
    now_s[0] += 100.0  # suspended
    later = next(steps)
    assert isinstance(later, Progress)
    assert later.elapsed_s == 0.0
    next(steps)
    last = next(steps)
    assert isinstance(last, Analysis)
    assert last.timing.wall_s == analysis().timing.wall_s - 100.0
