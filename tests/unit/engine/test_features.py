"""The feature store: appended, finished, opened again; unfinished and damaged ones do not count."""

import errno
import os
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.branches import FEATURES
from engine.errors import StorageError
from engine.features import (
    KEY_COLUMNS,
    LEFTOVER_S,
    Evidence,
    FeatureStore,
    FeatureWriter,
    address,
    for_path,
    open_store,
)
from engine.values import BRANCHES, FaceTrack, Gap, MediaInfo

ROWS = {"frame": 5, "slice": 3, "audio": 2}


def evidence(tracks: int = 2) -> Evidence:
    random = np.random.default_rng(0)
    return Evidence(
        media=MediaInfo("a film.mp4", "ab" * 32, 1234, 2.0, 320, 240, 5, 2.5, False, 0, True, "h264", None),
        start_s=0.25, end_s=2.0, times_s=np.arange(5) * 0.4, shot_start_s=np.array([0.0, 0.8]),
        shot_end_s=np.array([0.8, 2.0]),
        tracks=tuple(
            FaceTrack(
                7 + number, number, np.arange(4), np.arange(4) * 0.4, random.normal(0, 9, (4, 4)), random.random(4),
                np.array([True, False, False, True]), random.random(6),
            )
            for number in range(tracks)
        ),
        slice_track=np.array([7, 7, 8]), slice_shot=np.array([0, 0, 1]), slice_start_s=np.array([0.0, 0.64, 0.8]),
        second=np.array([0, 1]), speech_share=np.array([0.1, 0.9]), silent=np.array([True, False]),
        samples=np.array([22_050, 11_000]), sound_start_s=0.1, sound_end_s=1.5,
        unreadable=(Gap("unreadable", 0.5, 0.75),),
    )  # fmt: skip


def rows(branch: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    keys = random.integers(0, 100, (ROWS[branch], KEY_COLUMNS[branch]))  # type: ignore[index]
    return keys, random.normal(0, 1, (ROWS[branch], FEATURES[branch])).astype(np.float16)  # type: ignore[index]


def filled(folder: Path) -> FeatureWriter:
    """A writer that was given all rows, in two pieces."""
    writer = FeatureWriter(folder)
    for branch in BRANCHES:
        keys, features = rows(branch)
        writer.append(branch, keys[:1], features[:1])
        writer.append(branch, keys[1:], features[1:])
    return writer


def assert_same(one: Any, other: Any) -> None:
    """Equal dataclasses, arrays in them included."""
    for item in fields(one):
        before, after = getattr(one, item.name), getattr(other, item.name)
        if isinstance(before, np.ndarray):
            assert before.dtype == after.dtype
            np.testing.assert_array_equal(before, after)
        elif isinstance(before, tuple) and before and isinstance(before[0], FaceTrack):
            for first, second in zip(before, after, strict=True):
                assert_same(first, second)
        else:
            assert before == after, item.name


def test_what_is_appended_comes_back(tmp_path: Path) -> None:
    filled(tmp_path / "store").finish(evidence())
    store = open_store(tmp_path / "store")
    assert store is not None
    assert_same(evidence(), store.evidence)
    for branch in BRANCHES:
        keys, features = rows(branch)
        np.testing.assert_array_equal(store.keys(branch), keys)
        some = store.features(branch, np.array([ROWS[branch] - 1, 0]))
        assert some.dtype == np.float32
        np.testing.assert_array_equal(some, features[[-1, 0]].astype(np.float32))


def test_finish_gives_the_same_store_as_opening(tmp_path: Path) -> None:
    finished = filled(tmp_path / "store").finish(evidence())
    opened = open_store(tmp_path / "store")
    assert opened is not None
    for branch in BRANCHES:
        everything = np.arange(ROWS[branch])
        np.testing.assert_array_equal(finished.features(branch, everything), opened.features(branch, everything))


def test_a_video_in_which_nothing_was_found(tmp_path: Path) -> None:
    empty = {
        name: np.zeros(0)
        for name in ("slice_track", "slice_shot", "slice_start_s", "second", "speech_share", "silent", "samples")
    }
    nothing = replace(evidence(tracks=0), **empty, sound_end_s=None)  # type: ignore[arg-type]
    FeatureWriter(tmp_path / "store").finish(nothing)
    store = open_store(tmp_path / "store")
    assert store is not None
    assert_same(nothing, store.evidence)
    for branch in BRANCHES:
        assert store.keys(branch).shape == (0, KEY_COLUMNS[branch])
        assert store.features(branch, np.zeros(0, np.int64)).shape == (0, FEATURES[branch])


def test_a_writer_touches_its_place_only_when_it_is_done(tmp_path: Path) -> None:
    first, second = filled(tmp_path / "store"), FeatureWriter(tmp_path / "store")
    second.append("audio", *rows("audio", seed=1))
    assert open_store(tmp_path / "store") is None
    first.finish(evidence())
    second.discard()
    store = open_store(tmp_path / "store")
    assert store is not None
    np.testing.assert_array_equal(store.keys("audio"), rows("audio")[0])
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_of_two_writers_the_first_to_finish_is_kept(tmp_path: Path) -> None:
    first, second = filled(tmp_path / "store"), filled(tmp_path / "store")
    stores = [first.finish(evidence()), second.finish(evidence())]
    for store in stores:
        assert store.folder == tmp_path / "store"
        np.testing.assert_array_equal(store.keys("frame"), rows("frame")[0])
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_damaged_store_is_replaced(tmp_path: Path) -> None:
    filled(tmp_path / "store").finish(evidence())
    (tmp_path / "store" / "frame.f16").unlink()
    filled(tmp_path / "store").finish(evidence())
    assert open_store(tmp_path / "store") is not None
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


@pytest.mark.parametrize("branch", BRANCHES)
@pytest.mark.parametrize("part", ["keys", "features"])
def test_rows_of_another_size_are_refused(tmp_path: Path, branch: Any, part: str) -> None:
    writer = FeatureWriter(tmp_path / "store")
    keys, features = rows(branch)
    with pytest.raises(ValueError, match="reshape"):
        writer.append(branch, *((keys[:-1], features) if part == "keys" else (keys, features[:, :-1])))


# What does not count


def test_an_unfinished_store_is_none(tmp_path: Path) -> None:
    filled(tmp_path / "store")
    assert open_store(tmp_path / "store") is None


def test_an_absent_store_is_none(tmp_path: Path) -> None:
    assert open_store(tmp_path / "store") is None


@pytest.mark.parametrize("name", [f"{branch}.{kind}" for branch in BRANCHES for kind in ("f16", "keys")])
@pytest.mark.parametrize("left", [0.0, 0.7, None])
def test_a_store_with_a_shortened_file_is_none(tmp_path: Path, name: str, left: float | None) -> None:
    filled(tmp_path / "store").finish(evidence())
    path = tmp_path / "store" / name
    if left is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * left)])
    assert open_store(tmp_path / "store") is None


@pytest.mark.parametrize("branch", ["slice", "audio"])
def test_a_store_that_lost_whole_rows_is_none(tmp_path: Path, branch: Any) -> None:
    filled(tmp_path / "store").finish(evidence())
    for kind, row_bytes in (("keys", 8 * KEY_COLUMNS[branch]), ("f16", 2 * FEATURES[branch])):  # type: ignore[index]
        path = tmp_path / "store" / f"{branch}.{kind}"
        path.write_bytes(path.read_bytes()[:-row_bytes])
    assert open_store(tmp_path / "store") is None


@pytest.mark.parametrize("content", [b"", b"no safetensors", None])
def test_a_store_with_broken_evidence_is_none(tmp_path: Path, content: bytes | None) -> None:
    filled(tmp_path / "store").finish(evidence())
    path = tmp_path / "store" / "evidence.safetensors"
    path.write_bytes(path.read_bytes()[:-9] if content is None else content)
    assert open_store(tmp_path / "store") is None


def test_a_store_of_another_version_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "store").finish(evidence())
    monkeypatch.setattr("engine.features.VERSION", 99)
    assert open_store(tmp_path / "store") is None


def test_discard_removes_everything(tmp_path: Path) -> None:
    filled(tmp_path / "store").discard()
    assert not list(tmp_path.iterdir())


# Disks


class FullDisk:
    """An open file on a disk without room; what it was given is written, and refused, at the latest when closed."""

    def __init__(self, at_once: bool) -> None:
        self._at_once = at_once

    def write(self, data: bytes) -> int:
        if self._at_once:
            self.close()
        return len(data)

    def close(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("name", ["frame.f16", "frame.keys"])
def test_a_full_disk_while_appending(tmp_path: Path, name: str) -> None:
    writer = FeatureWriter(tmp_path / "store")
    writer._files[name] = FullDisk(at_once=True)  # type: ignore[assignment]
    with pytest.raises(StorageError, match="No space left"):
        writer.append("frame", *rows("frame"))
    writer.discard()
    assert not list(tmp_path.iterdir())


def test_a_disk_full_at_the_last_moment(tmp_path: Path) -> None:
    writer = FeatureWriter(tmp_path / "store")
    writer._files["slice.f16"] = FullDisk(at_once=False)  # type: ignore[assignment]
    writer.append("slice", *rows("slice"))
    with pytest.raises(StorageError, match="No space left"):
        writer.finish(evidence())
    assert open_store(tmp_path / "store") is None
    writer.discard()
    assert not list(tmp_path.iterdir())


def test_a_disk_full_at_the_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = filled(tmp_path / "store")

    def refuse(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(StorageError, match="No space left"):
        writer.finish(evidence())
    assert open_store(tmp_path / "store") is None


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError) as caught:
        FeatureWriter(tmp_path / "file" / "store")
    assert caught.value.path == tmp_path / "file" / "store"


def test_a_disk_that_fills_up_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def refuse(path: Path, mode: str) -> Any:
        if path.name == "slice.f16":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, mode)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StorageError):
        FeatureWriter(tmp_path / "store")
    assert not list(tmp_path.iterdir())


# Addresses


def test_addresses_tell_media_and_settings_apart() -> None:
    settings = {"trunks": {"frame": "1", "slice": "2"}, "device": "cpu fp32", "start_s": 0.0}
    one = address("ab" * 32, settings)
    assert len(one) == 32
    assert one == address("ab" * 32, dict(reversed(settings.items())))
    others = [
        address("cd" * 32, settings),
        address("ab" * 32, {**settings, "device": "cuda bf16"}),
        address("ab" * 32, {**settings, "start_s": 1.0}),
        address("ab" * 32, {**settings, "trunks": {"frame": "1", "slice": "3"}}),
    ]
    assert len({one, *others}) == 5


def test_addresses_change_with_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = address("ab", {})
    monkeypatch.setattr("engine.features.VERSION", 99)
    assert address("ab", {}) != before


def test_evidence_moves_with_the_file() -> None:
    moved = for_path(evidence(), "elsewhere.mp4")
    assert moved.media.path == "elsewhere.mp4"
    assert_same(replace(evidence(), media=moved.media), moved)


@pytest.mark.parametrize("name", ["shot_end_s", "slice_track", "slice_shot", "second", "silent", "samples"])
def test_evidence_of_unequal_lengths_raises(name: str) -> None:
    with pytest.raises(ValueError, match=f"Evidence.{name}"):
        replace(evidence(), **{name: np.zeros(9)})  # type: ignore[arg-type]


def test_rows_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    store = filled(tmp_path / "store").finish(evidence())
    assert isinstance(store, FeatureStore)
    assert isinstance(store._features["frame"], np.memmap)


def test_what_a_killed_process_left_goes_after_a_day(tmp_path: Path) -> None:
    place = tmp_path / address("some medium", {})
    killed, running, other = FeatureWriter(place), FeatureWriter(place), tmp_path / ".not-a-store"
    other.mkdir()
    long_ago_s = time.time() - LEFTOVER_S - 60
    for folder in (killed.folder, other):
        for path in (*folder.iterdir(), folder):
            os.utime(path, (long_ago_s, long_ago_s))
    FeatureWriter(place)
    assert not killed.folder.exists()
    assert running.folder.exists()
    assert other.exists()
