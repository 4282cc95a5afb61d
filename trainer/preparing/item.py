"""One prepared example on disk: a folder of raw crops and sound, and a file that says what they are.

That file is written last and the folder gets its name last, so whatever bears a name is whole.
"""

import json
import math
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from engine.branches import SLICE_FRAMES
from engine.errors import DatasetError, MediaError, StorageError
from engine.values import F32, Bools
from trainer.datasets.sound import Seconds, decode_mono, voice_windows
from trainer.preparing.faces import FollowedFace
from trainer.preparing.settings import FRAME_NAME, SLICE_NAME, VERSION, CropShape, Settings

U8 = NDArray[np.uint8]

FACTS_NAME: Final = "item.safetensors"

_FACE_ARRAYS: Final = ("frame_index", "time_s", "box", "detected", "slice_rows", "slice_start_s")
_LOUDEST: Final = 32767


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an example beside its crops and samples.

    `speech` (A,) is the share of each second that is voice, `silent` (A,) whether it is digital silence; `samples` is
    how many there are at 22,050 Hz, stored in `sound_bytes`. `people` were followed, `unreadable_s` could not be read.
    """

    settings: Settings
    face: FollowedFace | None
    samples: int
    sound_bytes: int
    speech: F32
    silent: Bools
    people: int
    unreadable_s: float

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each file beside this one."""
        sound = {self.settings.sound_file: self.sound_bytes} if self.samples else {}
        if self.face is None:
            return sound
        rows = len(self.face.time_s)
        return {name: rows * math.prod(crop.shape) for name, crop in self.settings.crop_files.items()} | sound


@dataclass(frozen=True, slots=True)
class Item:
    """A whole prepared example. Crops are read from disk as they are looked at."""

    folder: Path
    facts: Facts

    def frames(self) -> U8:
        """(F, S, S, C) what the frame branch sees, in order of time; F is 0 without a face."""
        face = self.facts.face
        return self._crops(FRAME_NAME)[: face.seen if face else 0]

    def slices(self, which: NDArray[np.int64] | slice = slice(None)) -> U8:
        """(L, 16, S, S, C) runs of crops on the shots' 25 Hz grids; all, or some."""
        name = SLICE_NAME if SLICE_NAME in self.facts.settings.crop_files else FRAME_NAME
        crops, face = self._crops(name), self.facts.face
        rows = np.empty((0, SLICE_FRAMES), np.int64) if face is None else face.slice_rows[which]
        return np.asarray(crops[rows])

    def wave(self) -> F32:
        """(T,) in [-1, 1] at 22,050 Hz; empty without sound.

        Raises:
            DatasetError: the file with the sound is damaged.
        """
        path = self.folder / self.facts.settings.sound_file
        if not self.facts.samples:
            return np.zeros(0, np.float32)
        if self.facts.settings.sound == "exact":
            return np.fromfile(path, np.int16).astype(np.float32) / np.float32(_LOUDEST)
        try:
            wave = decode_mono(path)[: self.facts.samples]
        except MediaError as error:
            raise DatasetError(path, error.reason) from error
        return np.pad(wave, (0, self.facts.samples - len(wave)))

    def seconds(self) -> tuple[Seconds, F32]:
        """The sound cut into the seconds that the audio branch hears, and the share of speech in each."""
        seconds = voice_windows(self.wave())
        return seconds, self.facts.speech[: len(seconds.length)]

    def _crops(self, name: str) -> U8:
        shape = self.facts.settings.crop_files[name].shape
        if self.facts.face is None:
            return np.empty((0, *shape), np.uint8)
        return np.memmap(self.folder / name, np.uint8, "r").reshape(-1, *shape)


class ItemWriter:
    """Writes an item into a hidden folder beside its place; `finish` puts it there, `discard` removes it.

    Raises:
        StorageError: at any step: the disk is full, gone, or may not be written.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._files: dict[str, BinaryIO] = {}
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
        except OSError as error:
            raise _full(place, error) from error

    def put(self, name: str, data: bytes, at: int | None = None) -> None:
        """Write into a file, at a place in it or at its end."""
        try:
            if name not in self._files:
                self._files[name] = (self._folder / name).open("wb")
            if at is not None:
                self._files[name].seek(at)
            self._files[name].write(data)
        except OSError as error:
            raise _full(self._place, error) from error

    def finish(self, facts: Facts) -> Item:
        try:
            for file in self._files.values():
                file.close()
            (self._folder / FACTS_NAME).write_bytes(_packed(facts))
            if open_item(self._place) is None:
                shutil.rmtree(self._place, ignore_errors=True)
                os.replace(self._folder, self._place)
            else:  # another process was quicker, with the same numbers
                shutil.rmtree(self._folder, ignore_errors=True)
        except OSError as error:
            raise _full(self._place, error) from error
        return Item(self._place, facts)

    def discard(self) -> None:
        for file in self._files.values():
            with suppress(OSError):
                file.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def open_item(folder: Path) -> Item | None:
    """A whole item of this version, or None: an absent or damaged one is made again."""
    try:
        facts = _unpacked(folder / FACTS_NAME)
        whole = all((folder / name).stat().st_size == size for name, size in facts.sizes.items())
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None
    return Item(folder, facts) if whole else None


def _packed(facts: Facts) -> bytes:
    arrays: dict[str, np.ndarray] = {"speech": facts.speech, "silent": facts.silent}
    if facts.face is not None:
        arrays |= {f"face/{name}": np.ascontiguousarray(getattr(facts.face, name)) for name in _FACE_ARRAYS}
    said = {
        "version": VERSION, "settings": asdict(facts.settings), "samples": facts.samples,
        "sound_bytes": facts.sound_bytes, "people": facts.people, "unreadable_s": facts.unreadable_s,
        "seen": None if facts.face is None else facts.face.seen,
    }  # fmt: skip
    return save(arrays, {"facts": json.dumps(said)})


def _unpacked(path: Path) -> Facts:
    with safe_open(path, framework="np") as file:
        said: dict[str, Any] = json.loads((file.metadata() or {})["facts"])
        if said["version"] != VERSION:
            raise ValueError("another version")
        face = None
        if said["seen"] is not None:
            face = FollowedFace(seen=said["seen"], **{name: file.get_tensor(f"face/{name}") for name in _FACE_ARRAYS})
        speech, quiet = file.get_tensor("speech"), file.get_tensor("silent")
    settings = said["settings"]
    settings |= {name: CropShape(**settings[name]) for name in ("frame", "slice")}
    return Facts(
        Settings(**settings), face, said["samples"], said["sound_bytes"], speech, quiet, said["people"],
        said["unreadable_s"],
    )  # fmt: skip


def _full(place: Path, error: OSError) -> StorageError:
    return StorageError(place, error.strerror or "cannot be written")
