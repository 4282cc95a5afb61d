"""Preparing many examples: once, resumable, undisturbed by what cannot be read."""

import errno
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import CancelledError, DatasetError, MediaVanishedError, StorageError
from tests.media import corrupt, face_frames, make_clip, speech_like, tone
from trainer.datasets.example import Example, Modality
from trainer.preparing import item as items
from trainer.preparing import making
from trainer.preparing.cache import MARKER_NAME
from trainer.preparing.prepare import prepare
from trainer.preparing.settings import CropShape, Settings
from trainer.preparing.values import Preparation, PrepareStep

SMALL = Settings(CropShape(0.0, 16, grey=True), CropShape(0.0, 16, grey=True))


def done(examples: list[Example], cache: Path, settings: Settings = SMALL, **others: Any) -> Preparation:
    """Prepare to the end."""
    *_, last = prepare(examples, cache, settings, **others)
    assert isinstance(last, Preparation)
    return last


def names(preparation: Preparation) -> list[str]:
    return [prepared.example.path.name for prepared in preparation.examples]


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., Example]:
    """Make a clip of 0.4 s, no two alike, and its example."""
    numbers = count()

    def make(name: str, emotion: int = 0, picture: bool = True, sound: bool = True, **others: Any) -> Example:
        number = next(numbers)
        frames = face_frames(10, width=96, height=96, face_px=60.0, sway_px=number % 7) if picture else []
        wave = speech_like(0.4, 22_050, seed=number) if sound else None
        path = make_clip(tmp_path / name, frames, sound=wave, sound_rate_hz=22_050)
        return Example(path, 0.0, None, emotion, f"person {number}", **others)

    return make


def test_everything_is_made_once(clip: Callable[..., Example], tmp_path: Path) -> None:
    examples = [clip("a.avi"), clip("b.avi"), clip("c.wav", picture=False, modality="voice")]
    first = done(examples, tmp_path / "cache")
    assert names(first) == ["a.avi", "b.avi", "c.wav"]
    assert (first.made, first.reused, first.skipped, first.lacking) == (3, 0, (), ())
    again = done(examples, tmp_path / "cache")
    assert (again.made, again.reused) == (0, 3)
    for before, after in zip(first.examples, again.examples, strict=True):
        assert before.item.folder == after.item.folder
        np.testing.assert_array_equal(before.item.frames(), after.item.frames())
        np.testing.assert_array_equal(before.item.slices(), after.item.slices())
        np.testing.assert_array_equal(before.item.wave(), after.item.wave())
    assert [len(prepared.item.frames()) for prepared in first.examples] == [10, 10, 0]
    assert [len(prepared.item.slices()) for prepared in first.examples] == [1, 1, 0]


def test_it_goes_on_where_it_was_stopped(clip: Callable[..., Example], tmp_path: Path) -> None:
    examples = [clip(f"{number}.avi") for number in range(4)]
    made: list[int] = []
    running = prepare(examples, tmp_path / "cache", SMALL, lambda: made[-1:] == [2])
    with pytest.raises(CancelledError):
        made.extend(step.made for step in running if isinstance(step, PrepareStep))
    again = done(examples, tmp_path / "cache")
    assert (again.made, again.reused) == (2, 2)
    assert names(again) == [f"{number}.avi" for number in range(4)]


def test_cancelling_in_the_middle_of_an_example_leaves_nothing_of_it(
    example: Example, settings: Settings, tmp_path: Path
) -> None:
    asked = count()
    with pytest.raises(CancelledError):
        done([example], tmp_path / "cache", settings, cancelled=lambda: next(asked) > 40)
    assert next(asked) > 40
    assert [entry.name for entry in (tmp_path / "cache").iterdir()] == [MARKER_NAME]


def test_leaving_in_the_middle_of_an_example_leaves_nothing_of_it(
    example: Example, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.preparing.prepare.PROGRESS_EVERY_S", 0.0)
    running = prepare([example], tmp_path / "cache", settings)
    shares = [step.done for step, _ in zip(running, range(20), strict=False) if isinstance(step, PrepareStep)]
    assert 0 < shares[-1] < 1
    running.close()  # type: ignore[attr-defined]
    assert [entry.name for entry in (tmp_path / "cache").iterdir()] == [MARKER_NAME]


def test_what_cannot_be_read_does_not_stop_the_rest(clip: Callable[..., Example], tmp_path: Path) -> None:
    broken = clip("noise.avi")
    broken.path.write_bytes(np.random.default_rng(0).bytes(5000))
    empty = clip("empty.avi")
    empty.path.write_bytes(b"")
    gone = replace(broken, path=tmp_path / "gone.avi")
    beyond = replace(clip("short.avi"), start_s=7.0, end_s=8.0)
    examples = [clip("a.avi"), broken, empty, clip("b.avi"), gone, beyond, clip("c.avi")]
    preparation = done(examples, tmp_path / "cache")
    assert names(preparation) == ["a.avi", "b.avi", "c.avi"]
    assert [(remark.example.path.name, remark.what) for remark in preparation.skipped] == [
        (name, "unreadable") for name in ("noise.avi", "empty.avi", "gone.avi", "short.avi")
    ]
    assert "empty.avi: unreadable: it is empty" in map(str, preparation.skipped)
    assert "nothing lies between 7 s and its end, 0.4 s" in preparation.skipped[-1].detail


def test_what_is_missing_is_told(clip: Callable[..., Example], tmp_path: Path) -> None:
    dark = make_clip(
        tmp_path / "dark.avi", [np.zeros((96, 96, 3), np.uint8)] * 10, sound=tone(0.4, 22_050), sound_rate_hz=22_050
    )
    still = make_clip(
        tmp_path / "still.avi",
        face_frames(10, width=96, height=96),
        sound=np.zeros(8820, np.float32),
        sound_rate_hz=22_050,
    )
    nothing = make_clip(tmp_path / "nothing.avi", [np.zeros((96, 96, 3), np.uint8)] * 9)
    quiet = make_clip(tmp_path / "quiet.wav", sound=tone(0.4, 22_050, level=0.01), sound_rate_hz=22_050)
    examples = [
        Example(dark, 0.0, None, 0, "a"), Example(still, 0.0, None, 0, "b"), Example(nothing, 0.0, None, 0, "c"),
        replace(clip("mute.avi", sound=False), group="d"), Example(quiet, 0.0, None, 0, "e", modality="voice"),
        Example(dark, 0.0, None, 0, "f", modality="face"), replace(clip("ok.avi"), modality="face"),
    ]  # fmt: skip
    preparation = done(examples, tmp_path / "cache")
    assert [str(remark) for remark in preparation.skipped] == ["nothing.avi: no face and no sound", "dark.avi: no face"]
    assert [str(remark) for remark in preparation.lacking] == [
        "dark.avi: no face", "still.avi: silence", "mute.avi: no sound", "quiet.wav: no speech",
    ]  # fmt: skip
    assert names(preparation) == ["dark.avi", "still.avi", "mute.avi", "quiet.wav", "ok.avi"]
    assert len(preparation.examples[-1].item.wave()) == 0, "only a face was asked for"
    assert preparation.report() == (
        "5 of 7 examples can be used: 7 made now, 0 there before",
        "no face: 2", "no face and no sound: 1", "silence: 1", "no sound: 1", "no speech: 1",
        "left out: nothing.avi: no face and no sound", "left out: dark.avi: no face",
        "used in part: dark.avi: no face", "used in part: still.avi: silence", "used in part: mute.avi: no sound",
        "used in part: quiet.wav: no speech",
    )  # fmt: skip


def test_a_film_that_is_damaged_in_part_is_used_in_part(example: Example, settings: Settings, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.ts"
    make_clip(damaged, face_frames(60, width=160, height=120, face_px=60.0), gop=5)
    corrupt(damaged, 0.4, 0.5)
    [remark] = done([replace(example, path=damaged, modality="face")], tmp_path / "cache", settings).lacking
    assert remark.what == "partly unreadable"
    assert remark.detail.endswith(" s")


def test_the_same_content_is_told_and_made_once(clip: Callable[..., Example], tmp_path: Path) -> None:
    first = clip("a.avi", emotion=0)
    copy = replace(first, path=tmp_path / "copy.avi", emotion=3)
    shutil.copy(first.path, copy.path)
    other = replace(first, path=copy.path, group="somebody")
    preparation = done([first, copy, other], tmp_path / "cache")
    assert len(preparation.examples) == 3
    assert (preparation.made, preparation.reused) == (1, 2)
    assert [str(remark) for remark in preparation.repeats] == [
        f"copy.avi: same content: as {first.path}, there labelled angry, here happy",
        f"copy.avi: same content: as {first.path}, there of person 0, here of somebody",
    ]


def test_other_content_settings_and_intervals_are_made_anew(clip: Callable[..., Example], tmp_path: Path) -> None:
    example, cache = clip("a.avi"), tmp_path / "cache"
    folders = {done([example], cache).examples[0].item.folder}
    folders.add(done([replace(example, end_s=0.2)], cache).examples[0].item.folder)
    folders.add(done([replace(example, modality="voice")], cache).examples[0].item.folder)
    folders.add(done([example], cache, replace(SMALL, sound="mp3")).examples[0].item.folder)
    folders.add(done([example], cache, replace(SMALL, slice=CropShape(0.1, 16))).examples[0].item.folder)
    clip("a.avi")
    folders.add(done([example], cache).examples[0].item.folder)
    assert len(folders) == 6
    relabelled = done([replace(example, emotion=6, group="b", split="val")], cache)
    assert (relabelled.made, relabelled.examples[0].example.emotion) == (0, 6)


def test_intervals_of_one_film_open_it_once(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    monkeypatch.setattr("trainer.preparing.prepare.open_media", _counted(opened))
    examples = [Example(film, start_s, start_s + 0.5, 0, "a") for start_s in (0.0, 0.5, 1.0)]
    assert done(examples, tmp_path / "cache").made == 3
    assert len(opened) == 1


def _counted(opened: list[Path]) -> Callable[..., Any]:
    from engine.media import open_media

    def counting(path: Path, *others: Any) -> Any:
        opened.append(path)
        return open_media(path, *others)

    return counting


def test_a_damaged_item_is_made_again(clip: Callable[..., Example], tmp_path: Path) -> None:
    example, cache = clip("a.avi"), tmp_path / "cache"
    whole = done([example], cache).examples[0].item
    frames = np.array(whole.frames())
    for name in ("frame.u8", "sound.i16", "item.safetensors"):
        (whole.folder / name).write_bytes((whole.folder / name).read_bytes()[:-1])
        again = done([example], cache)
        assert again.made == 1, name
        np.testing.assert_array_equal(again.examples[0].item.frames(), frames)


def test_a_full_disk_says_what_is_kept(
    clip: Callable[..., Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples, cache = [clip(f"{number}.avi") for number in range(3)], tmp_path / "cache"
    written = count()

    class Filling(items.ItemWriter):
        def put(self, name: str, data: bytes, at: int | None = None) -> None:
            if next(written) > 15:  # in the second example
                raise StorageError(self._place, "No space left on device")
            super().put(name, data, at)

    monkeypatch.setattr(making, "ItemWriter", Filling)
    with pytest.raises(StorageError, match="No space left on device; 1 of 3 examples are prepared and kept") as raised:
        done(examples, cache)
    assert raised.value.path == cache
    assert len(list(cache.glob(".*"))) == 0
    monkeypatch.setattr(making, "ItemWriter", items.ItemWriter)
    again = done(examples, cache)
    assert (again.made, again.reused) == (2, 1)


@pytest.mark.parametrize("step", ["write", "replace"])
def test_failing_writes_are_storage_errors(
    clip: Callable[..., Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    example = clip("a.avi")
    done([], tmp_path / "cache")
    if step == "write":
        monkeypatch.setattr(Path, "write_bytes", full)
    else:
        monkeypatch.setattr("os.replace", full)
    with pytest.raises(StorageError, match="No space left on device; 0 of 1 examples"):
        done([example], tmp_path / "cache")
    assert [entry.name for entry in (tmp_path / "cache").iterdir()] == [MARKER_NAME]


def test_a_film_that_changes_between_following_and_cutting_is_left_out(
    example: Example, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> Any:
        raise MediaVanishedError(example.path, "it changed while it was read")

    monkeypatch.setattr(making, "cut", gone)
    preparation = done([example], tmp_path / "cache", settings)
    assert [str(remark) for remark in preparation.skipped] == ["film.mov: unreadable: it changed while it was read"]


def test_steps_count_up_to_the_end(
    clip: Callable[..., Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.preparing.prepare.PROGRESS_EVERY_S", 1e9)
    examples = [clip("a.avi"), replace(clip("b.avi"), path=tmp_path / "gone.avi"), clip("c.avi")]
    steps = [step for step in prepare(examples, tmp_path / "cache", SMALL) if isinstance(step, PrepareStep)]
    assert [(step.done, step.made, step.reused, step.skipped, step.name) for step in steps] == [
        (1, 1, 0, 0, "a.avi"), (2, 1, 0, 1, "gone.avi"), (3, 2, 0, 1, "c.avi"),
    ]  # fmt: skip
    assert steps[-1].remaining_s == 0.0
    again = [step for step in prepare(examples, tmp_path / "cache", SMALL) if isinstance(step, PrepareStep)]
    assert [(step.reused, step.remaining_s) for step in again] == [(1, None), (1, None), (2, None)]


@pytest.mark.parametrize("modality", ["both", "face", "voice"])
def test_steps_within_an_example_go_forward(
    modality: Modality, example: Example, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.preparing.prepare.PROGRESS_EVERY_S", 0.0)
    running = prepare([replace(example, modality=modality)], tmp_path / "cache", settings)
    shares = [step.done for step in running if isinstance(step, PrepareStep)]
    assert len(shares) > (1 if modality == "voice" else 100)
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_folder_of_something_else_is_left_alone(clip: Callable[..., Example], tmp_path: Path) -> None:
    example = clip("a.avi")
    with pytest.raises(DatasetError, match="holds no prepared examples"):
        done([example], tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.avi"]


def test_with_the_real_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    frames = face_frames(12, width=240, height=180, face_px=90.0)
    path = make_clip(tmp_path / "a.avi", frames, sound=speech_like(1.5, 22_050), sound_rate_hz=22_050)
    [prepared] = done([Example(path, 0.0, None, 0, "a")], tmp_path / "cache", Settings()).examples
    face = prepared.item.facts.face
    assert face is not None
    assert (face.seen, prepared.item.facts.people) == (12, 1)
    assert abs(face.box[:, 2:].mean() - 90) < 25
    assert prepared.item.frames().shape == (12, 160, 160, 3)
    assert prepared.item.slices().shape == (1, 16, 112, 112, 3)
