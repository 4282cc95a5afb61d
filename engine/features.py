"""The feature store: what the trunks said about a video, on disk, so that heads and fusion can run again without them.

A store is a folder addressed by the media's content, the trunks and the settings that shaped its numbers. Features are
appended while the video is read (float16, 46 MB for a person and an hour at 25 frames/s) and never held whole. The
evidence, which makes a store complete, is written last: a store without it is the rest of an analysis that was stopped.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as dump_arrays

from engine.branches import FEATURES
from engine.errors import StorageError
from engine.values import BRANCHES, BranchName, FaceTrack, Gap, MediaInfo, _freeze

VERSION = 1
LEFTOVER_S = 24 * 3600
_ADDRESS_DIGITS = 32
_EVIDENCE = "evidence.safetensors"
KEY_COLUMNS: dict[BranchName, int] = {"frame": 2, "slice": 2, "audio": 1}
"""What names a row: (track, frame index), (track, slice number within the media's slices), (second)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything about a video that needed its pictures and sound, features apart.

    `times_s` (F,) of the frames in range that could be decoded, `shot_start_s`/`shot_end_s` (S,);
    `slice_track`, `slice_shot` (L,) and `slice_start_s` (L,) in the order of the slice features;
    `second` (A,) whole media seconds in the order of the audio features, with the share of each that is speech,
    whether it is silent, and how many of its 22,050 samples are real.
    """

    media: MediaInfo
    start_s: float
    end_s: float
    times_s: np.ndarray
    shot_start_s: np.ndarray
    shot_end_s: np.ndarray
    tracks: tuple[FaceTrack, ...]
    slice_track: np.ndarray
    slice_shot: np.ndarray
    slice_start_s: np.ndarray
    second: np.ndarray
    speech_share: np.ndarray
    silent: np.ndarray
    samples: np.ndarray
    sound_start_s: float
    sound_end_s: float | None
    unreadable: tuple[Gap, ...]

    def __post_init__(self) -> None:
        for name in ("times_s", "shot_start_s", "slice_start_s", "speech_share"):
            _freeze(self, name, np.float64, (None,))
        _freeze(self, "shot_end_s", np.float64, (len(self.shot_start_s),))
        for name in ("slice_track", "slice_shot"):
            _freeze(self, name, np.int64, (len(self.slice_start_s),))
        _freeze(self, "second", np.int64, (len(self.speech_share),))
        _freeze(self, "samples", np.int64, (len(self.speech_share),))
        _freeze(self, "silent", np.bool_, (len(self.speech_share),))


def address(media_sha256: str, settings: Mapping[str, Any]) -> str:
    """Name of the store of a medium under settings (trunk hashes, grids, range, ...): 32 hexadecimal digits."""
    text = json.dumps({"version": VERSION, "media": media_sha256, **settings}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_ADDRESS_DIGITS]


class FeatureWriter:
    """Appends features to a new store; `finish` makes it complete and puts it in its place, `discard` removes it.

    Until then it is a hidden folder of its own beside that place, so two processes never write into one store.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._files: dict[str, BinaryIO] = {}
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _remove_leftovers(place.parent)
            self.folder = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
        except OSError as error:
            raise StorageError(place, error.strerror or "cannot be written") from error
        try:
            for name in (f"{branch}.{kind}" for branch in BRANCHES for kind in ("f16", "keys")):
                self._files[name] = (self.folder / name).open("wb")
        except OSError as error:
            self.discard()
            raise StorageError(place, error.strerror or "cannot be written") from error

    def append(self, branch: BranchName, keys: np.ndarray, features: np.ndarray) -> None:
        """Append (n, KEY_COLUMNS) int64 keys and (n, D) features.

        Raises:
            StorageError: the disk is full or gone.
        """
        keys = np.ascontiguousarray(keys, np.int64).reshape(len(features), KEY_COLUMNS[branch])
        rows = np.ascontiguousarray(features, np.float16).reshape(len(features), FEATURES[branch])
        try:
            self._files[f"{branch}.f16"].write(rows.tobytes())
            self._files[f"{branch}.keys"].write(keys.tobytes())
        except OSError as error:
            raise StorageError(self.folder, error.strerror or "cannot be written") from error

    def finish(self, evidence: Evidence) -> "FeatureStore":
        """Write the evidence and give the complete store.

        Raises:
            StorageError: the disk is full or gone.
        """
        try:
            for file in self._files.values():
                file.close()
            _write_evidence(self.folder / _EVIDENCE, evidence)
            if open_store(self._place) is None:
                shutil.rmtree(self._place, ignore_errors=True)
                os.replace(self.folder, self._place)
            else:  # another process was quicker, with the same numbers
                shutil.rmtree(self.folder, ignore_errors=True)
        except OSError as error:
            raise StorageError(self.folder, error.strerror or "cannot be written") from error
        return FeatureStore(self._place, evidence)

    def discard(self) -> None:
        """Remove everything; what could not be written any more does not matter."""
        for file in self._files.values():
            with suppress(OSError):
                file.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _remove_leftovers(home: Path) -> None:
    """Remove what killed processes left: unfinished stores to which nothing was written for a day."""
    for folder in home.glob(f".{'?' * _ADDRESS_DIGITS}-*"):
        with suppress(OSError):  # another process may be removing it too
            last_s = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
            if time.time() - last_s > LEFTOVER_S:
                shutil.rmtree(folder)


class FeatureStore:
    """A complete store. Rows are read from disk as they are asked for."""

    def __init__(self, folder: Path, evidence: Evidence) -> None:
        self.folder = folder
        self.evidence = evidence
        self._keys = {branch: self._map(branch, "keys", np.int64, KEY_COLUMNS[branch]) for branch in BRANCHES}
        self._features = {branch: self._map(branch, "f16", np.float16, FEATURES[branch]) for branch in BRANCHES}

    def keys(self, branch: BranchName) -> np.ndarray:
        """(N, KEY_COLUMNS) int64."""
        return self._keys[branch]

    def features(self, branch: BranchName, rows: np.ndarray) -> np.ndarray:
        """(len(rows), D) float32."""
        return np.asarray(self._features[branch][rows], np.float32)

    def _map(self, branch: BranchName, kind: str, dtype: Any, columns: int) -> np.ndarray:
        path = self.folder / f"{branch}.{kind}"
        if path.stat().st_size == 0:
            return np.empty((0, columns), dtype)
        return np.memmap(path, dtype, "r").reshape(-1, columns)


def open_store(folder: Path) -> FeatureStore | None:
    """A complete store of this version, or None: absent, unfinished or damaged ones are computed again."""
    try:
        evidence = _read_evidence(folder / _EVIDENCE)
        store = FeatureStore(folder, evidence)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None
    whole = all(len(store.keys(branch)) == len(store._features[branch]) for branch in BRANCHES)
    fits = len(store.keys("slice")) == len(evidence.slice_track) and len(store.keys("audio")) == len(evidence.second)
    return store if whole and fits else None


def for_path(evidence: Evidence, path: str) -> Evidence:
    """The evidence of the same content found under another path."""
    return replace(evidence, media=replace(evidence.media, path=path))


_TRACK_ARRAYS = ("frame_index", "time_s", "box", "score", "detected", "descriptor")
_ARRAYS = (
    "times_s", "shot_start_s", "shot_end_s", "slice_track", "slice_shot", "slice_start_s", "second", "speech_share",
    "silent", "samples",
)  # fmt: skip


def _write_evidence(path: Path, evidence: Evidence) -> None:
    arrays = {name: np.ascontiguousarray(getattr(evidence, name)) for name in _ARRAYS}
    for track in evidence.tracks:
        arrays |= {f"track/{track.id}/{name}": np.ascontiguousarray(getattr(track, name)) for name in _TRACK_ARRAYS}
    facts = {
        "version": VERSION,
        "media": asdict(evidence.media),
        "start_s": evidence.start_s,
        "end_s": evidence.end_s,
        "sound_start_s": evidence.sound_start_s,
        "sound_end_s": evidence.sound_end_s,
        "unreadable": [asdict(gap) for gap in evidence.unreadable],
        "tracks": [[track.id, track.shot] for track in evidence.tracks],
    }
    part = path.with_name(path.name + ".part")
    part.write_bytes(dump_arrays(arrays, {"facts": json.dumps(facts)}))
    os.replace(part, path)


def _read_evidence(path: Path) -> Evidence:
    with safe_open(path, framework="np") as file:
        facts = json.loads((file.metadata() or {})["facts"])
        if facts["version"] != VERSION:
            raise ValueError("another version")
        tracks = tuple(
            FaceTrack(number, shot, **{name: file.get_tensor(f"track/{number}/{name}") for name in _TRACK_ARRAYS})
            for number, shot in facts["tracks"]
        )
        arrays = {name: file.get_tensor(name) for name in _ARRAYS}
    return Evidence(
        media=MediaInfo(**facts["media"]), start_s=facts["start_s"], end_s=facts["end_s"], tracks=tracks,
        sound_start_s=facts["sound_start_s"], sound_end_s=facts["sound_end_s"],
        unreadable=tuple(Gap(**gap) for gap in facts["unreadable"]), **arrays,
    )  # fmt: skip
