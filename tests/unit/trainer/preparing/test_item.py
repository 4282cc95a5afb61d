"""One prepared example on disk."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, safe_open, save_file

from engine.errors import DatasetError, StorageError
from trainer.preparing.faces import FollowedFace
from trainer.preparing.item import FACTS_NAME, Facts, Item, ItemWriter, open_item
from trainer.preparing.settings import CropShape, Settings

TIGHT, LOOSE = CropShape(0.0, 2, grey=True), CropShape(0.3, 3)
ROWS = 20


@pytest.fixture
def face() -> FollowedFace:
    """18 frames and two rows more, in one slice."""
    numbers = np.arange(ROWS)
    return FollowedFace(
        numbers, numbers / 25, np.ones((ROWS, 4), np.float32), numbers % 2 == 0, 18, numbers[None, 4:], np.array([0.16])
    )


def facts(face: FollowedFace | None, settings: Settings, samples: int = 0, sound_bytes: int = 0) -> Facts:
    seconds = -(-samples // 22_050)
    return Facts(
        settings, face, samples, sound_bytes, np.ones(seconds, np.float32), np.zeros(seconds, np.bool_), 1, 0.5
    )


def written(place: Path, face: FollowedFace, settings: Settings) -> Item:
    """An item whose crops say their row, written from the last to the first."""
    writer = ItemWriter(place)
    for row in reversed(range(ROWS)):
        for name, crop in settings.crop_files.items():
            data = np.full(crop.shape, row, np.uint8).tobytes()
            writer.put(name, data, row * len(data))
    return writer.finish(facts(face, settings))


@pytest.mark.parametrize("slice_", [LOOSE, TIGHT, replace(TIGHT, margin=0.3)])
def test_crops_come_back(tmp_path: Path, face: FollowedFace, slice_: CropShape) -> None:
    settings = Settings(TIGHT, slice_)
    written(tmp_path / "item", face, settings)
    item = open_item(tmp_path / "item")
    assert item is not None
    assert len(list((tmp_path / "item").glob("*.u8"))) == (1 if slice_ == TIGHT else 2)
    assert item.frames().shape == (18, 2, 2, 1)
    np.testing.assert_array_equal(item.frames()[:, 0, 0, 0], range(18))
    assert item.slices().shape == (1, 16, *slice_.shape)
    np.testing.assert_array_equal(item.slices()[0, :, 0, 0, 0], range(4, 20))


def test_facts_come_back(tmp_path: Path, face: FollowedFace) -> None:
    settings = Settings(TIGHT, LOOSE, "mp3", 32)
    written(tmp_path / "item", face, settings)
    item = open_item(tmp_path / "item")
    assert item is not None
    assert item.facts.settings == settings
    assert (item.facts.people, item.facts.unreadable_s, item.facts.samples) == (1, 0.5, 0)
    assert item.facts.face is not None
    for name in FollowedFace.__slots__:
        np.testing.assert_array_equal(getattr(item.facts.face, name), getattr(face, name))


def test_without_a_face_there_are_no_crops(tmp_path: Path) -> None:
    writer = ItemWriter(tmp_path / "item")
    samples = np.array([0, 32767, -32767], np.int16)
    writer.put("sound.i16", samples[:1].tobytes())
    writer.put("sound.i16", samples[1:].tobytes())
    item = writer.finish(facts(None, Settings(TIGHT, LOOSE), 3, 6))
    assert open_item(tmp_path / "item") is not None
    assert item.frames().shape == (0, 2, 2, 1)
    assert item.slices().shape == (0, 16, 3, 3, 3)
    np.testing.assert_array_equal(item.wave(), np.array([0, 1, -1], np.float32))
    seconds, speech = item.seconds()
    assert seconds.length.tolist() == [3]
    assert speech.tolist() == [1.0]


def test_nothing_bears_the_name_before_it_is_whole(tmp_path: Path, face: FollowedFace) -> None:
    writer = ItemWriter(tmp_path / "item")
    writer.put("frame.u8", bytes(10))
    assert open_item(tmp_path / "item") is None
    assert [entry.name[:6] for entry in tmp_path.iterdir()] == [".item-"]
    writer.discard()
    assert list(tmp_path.iterdir()) == []


def test_two_that_write_the_same_leave_one(tmp_path: Path, face: FollowedFace) -> None:
    first, second = ItemWriter(tmp_path / "item"), ItemWriter(tmp_path / "item")
    for writer in (first, second):
        writer.put("frame.u8", bytes(ROWS * 4))
        writer.finish(facts(face, Settings(TIGHT, TIGHT)))
    assert [entry.name for entry in tmp_path.iterdir()] == ["item"]
    assert open_item(tmp_path / "item") is not None


def test_another_version_is_not_read(tmp_path: Path, face: FollowedFace) -> None:
    folder = written(tmp_path / "item", face, Settings(TIGHT, LOOSE)).folder
    with safe_open(folder / FACTS_NAME, framework="np") as file:
        said = json.loads(file.metadata()["facts"])
    arrays = load_file(folder / FACTS_NAME)
    save_file(arrays, folder / FACTS_NAME, {"facts": json.dumps(said)})
    assert open_item(folder) is not None
    save_file(arrays, folder / FACTS_NAME, {"facts": json.dumps(said | {"version": said["version"] + 1})})
    assert open_item(folder) is None
    save_file(arrays, folder / FACTS_NAME, {"facts": json.dumps({})})
    assert open_item(folder) is None


@pytest.mark.parametrize("name", ["frame.u8", "slice.u8", FACTS_NAME])
def test_a_missing_or_cut_file_is_noticed(tmp_path: Path, face: FollowedFace, name: str) -> None:
    folder = written(tmp_path / "item", face, Settings(TIGHT, LOOSE)).folder
    (folder / name).write_bytes((folder / name).read_bytes()[:-2])
    assert open_item(folder) is None
    (folder / name).unlink()
    assert open_item(folder) is None


def test_a_damaged_mp3_is_a_dataset_error(tmp_path: Path) -> None:
    writer = ItemWriter(tmp_path / "item")
    writer.put("sound.mp3", b"not an mp3")
    item = writer.finish(facts(None, Settings(TIGHT, LOOSE, "mp3"), 3, 10))
    with pytest.raises(DatasetError, match="cannot be decoded"):
        item.wave()


def test_a_place_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageError):
        ItemWriter(tmp_path / "missing/item")
    writer = ItemWriter(tmp_path / "item")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(StorageError, match="No space left"):
        writer.put("frame.u8", b"1")
