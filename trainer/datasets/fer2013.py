"""FER2013 with the crowd's votes of FER+, from any of its layouts, and the split to train and score on.

FER2013: Goodfellow et al., ICONIP 2013. FER+: Barsoum et al., ICMI 2016.
"""

import csv
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from engine.emotions import COUNT, EMOTIONS, FER2013_ORDER, FERPLUS_COLUMNS, INDEX, SYNONYMS, from_name
from engine.errors import DatasetError
from trainer.hygiene import NEAR_BITS, near_duplicates, near_groups, perceptual_hash, pixel_copies, repeats

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SIDE_PX: Final = 48
SPLITS: Final = ("train", "public", "private")
CSV_NAME: Final = "fer2013.csv"
NPZ_NAME: Final = "fer2013.npz"
VOTES_NAME: Final = "fer2013new.csv"
FOLDERS: Final = ("train", "test")

_USAGE: Final = {"Training": 0, "PublicTest": 1, "PrivateTest": 2}
_OURS: Final = np.array([INDEX[SYNONYMS[name]] for name in FERPLUS_COLUMNS if name in SYNONYMS])
"""Emotion of each of the first seven vote columns."""
_CSV_COLUMNS: Final = ("emotion", "pixels", "Usage")
_CSV_LABELS: Final = {str(number): INDEX[name] for number, name in enumerate(FER2013_ORDER)}
_NPZ_ARRAYS: Final = {
    "webp": ("u", 1), "offsets": ("iu", 1), "label": ("iu", 1), "label_names": ("U", 1), "split": ("iu", 1),
    "split_names": ("U", 1), "ambiguous": ("b", 1), "ferplus_votes": ("iuf", 2), "vote_names": ("U", 1),
}  # fmt: skip
"""Kinds of number (``numpy.dtype.kind``) and dimensions of the arrays of the npz."""
_PICTURES: Final = (".jpg", ".jpeg", ".png")
_Row = tuple[U8, int, int, list[int] | None]
"""Picture, label, split and votes of one image."""


@dataclass(frozen=True, slots=True)
class FerImages:
    """Grey faces and what is said about them.

    `pixels` (N, 48, 48) uint8; `label` (N,) int64, FER2013's own label in our order; `votes` (N, 10) float32 in the
    columns of FER+, or None; `split` (N,) int64 into `SPLITS`; `ambiguous` (N,) True where label and picture may not
    belong together; `skipped`, one clause for each item that could not be read.
    """

    pixels: U8
    label: Ints
    votes: F32 | None
    split: Ints
    ambiguous: Bools
    skipped: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True, slots=True)
class FerSplits:
    """Ascending int64 indices into a `FerImages`.

    `train` and `dev` come from Training and share no near-duplicates, with each other or with the test images.
    `public` is PublicTest as it is scored by the crowd's majority (2,640 images in the full data), `public_by_fer2013`
    as it is scored by FER2013's labels; neither has a pixel copy in Training. `public_repeats` are the members of
    either that repeat an earlier PublicTest image.
    """

    train: Ints
    dev: Ints
    public: Ints
    public_by_fer2013: Ints
    public_repeats: Ints


def read_fer2013(path: Path) -> FerImages:
    """Read a ``fer2013.npz``, a ``fer2013.csv`` (with ``fer2013new.csv`` beside it), or a folder.

    A folder holds one of these files or the copy ``train|test/<emotion>/*.jpg``.

    Raises:
        DatasetError: nothing of the kind is there, its layout is broken, or no image in it can be read.
    """
    path = Path(path)
    for name in (NPZ_NAME, CSV_NAME):
        if path.is_dir() and (path / name).is_file():
            path = path / name
    if path.is_dir():
        images = _read_folders(path)
    elif path.suffix.lower() == ".npz":
        images = _read_npz(path)
    elif path.suffix.lower() == ".csv":
        images = _read_csv(path)
    else:
        reason = f"is no {NPZ_NAME}, {CSV_NAME} or folder of them" if path.exists() else "there is no such file"
        raise DatasetError(path, reason)
    if not len(images):
        raise DatasetError(path, "; ".join(("has no image that can be read", *images.skipped[:1])))
    return images


def is_fer2013(path: Path) -> bool:
    """Whether a path looks like something `read_fer2013` reads."""
    if path.is_dir():
        held = any((path / name).is_file() for name in (NPZ_NAME, CSV_NAME))
        return held or any(folder.name.lower() in SYNONYMS for name in FOLDERS for folder in (path / name).glob("*/"))
    if path.suffix.lower() == ".csv":
        try:
            next(_csv_rows(path, _CSV_COLUMNS), None)
        except DatasetError:
            return False
        return True
    return path.suffix.lower() == ".npz"


def majority(votes: F32) -> Ints:
    """Emotion with more than half of ALL of an image's votes (N, 10): (N,) int64, -1 where none of the seven has."""
    seven = _seven(votes)
    leader = seven.argmax(axis=1)
    carried = 2 * seven.max(axis=1, initial=0) > votes.sum(axis=1)
    return np.where(carried, leader, -1).astype(np.int64)


def soft_targets(votes: F32, drop_single: bool = True) -> F32:
    """Share of each emotion in the votes (N, 10) for the seven: (N, 7) float32, rows sum to 1, or 0 without votes.

    `drop_single` leaves out emotions that got one vote, as FER+ does against outliers, unless nothing else is there.
    """
    seven = _seven(votes)
    if drop_single:
        kept = np.where(seven > 1, seven, 0)
        seven = np.where(kept.any(axis=1, keepdims=True), kept, seven)
    total = seven.sum(axis=1, keepdims=True)
    return (seven / np.where(total > 0, total, 1)).astype(np.float32)


def targets(images: FerImages, drop_single: bool = True) -> F32:
    """What to train on, (N, 7) float32: the crowd's soft targets, or the labels one-hot where there are no votes."""
    if images.votes is None:
        return np.eye(COUNT, dtype=np.float32)[images.label]
    return soft_targets(images.votes, drop_single)


def usable(images: FerImages) -> Bools:
    """Images to train on, (N,): not ambiguous and, by the crowd, more often one of the seven than something else."""
    if images.votes is None:
        return ~images.ambiguous
    ours: Bools = 2 * _seven(images.votes).sum(axis=1) > images.votes.sum(axis=1)
    return ~images.ambiguous & ours


def fer_splits(images: FerImages, seed: int = 0, dev_share: float = 0.08, max_bits: int = NEAR_BITS) -> FerSplits:
    """Cut the splits, the same for the same arguments.

    Training images that are near-duplicates of any test image are dropped. `dev` is a sample of the rest, stratified
    by emotion, with one image a group of near-duplicates; the others of its groups are dropped from `train` too.

    Args:
        dev_share: share of the usable Training images, 0 to 1.
        max_bits: see `hygiene.near_duplicates`.
    """
    in_training, in_public = images.split == 0, images.split == 1
    hashes = perceptual_hash(images.pixels)
    wanted = in_training & usable(images)
    wanted[wanted] = ~near_duplicates(hashes[wanted], hashes[~in_training], max_bits)
    train, dev = _cut_dev(np.flatnonzero(wanted), hashes, targets(images).argmax(axis=1), seed, dev_share, max_bits)

    clean = in_public & ~images.ambiguous
    clean[clean] = ~pixel_copies(images.pixels[clean], images.pixels[in_training])
    again = np.zeros(len(images), np.bool_)
    again[in_public] = repeats(images.pixels[in_public])
    decided = majority(images.votes) >= 0 if images.votes is not None else np.ones(len(images), np.bool_)
    return FerSplits(
        train=train,
        dev=dev,
        public=np.flatnonzero(clean & decided),
        public_by_fer2013=np.flatnonzero(clean),
        public_repeats=np.flatnonzero(clean & again),
    )


def _cut_dev(
    indices: Ints, hashes: NDArray[np.uint64], emotion: Ints, seed: int, share: float, max_bits: int
) -> tuple[Ints, Ints]:
    """Split `indices` into (train, dev)."""
    group = near_groups(hashes[indices], max_bits)
    _, first = np.unique(group, return_index=True)
    rng = np.random.default_rng(seed)
    chosen = []
    for label in range(COUNT):
        members = first[emotion[indices[first]] == label]
        count = round(share * np.count_nonzero(emotion[indices] == label))
        chosen.append(rng.permutation(members)[:count])
    dev = np.sort(np.concatenate(chosen))
    train = ~np.isin(group, group[dev])
    return indices[train], indices[dev]


def _seven(votes: F32) -> F32:
    """Votes (N, 10) for the seven emotions, in our order: (N, 7)."""
    seven = np.zeros((len(votes), COUNT), np.float32)
    seven[:, _OURS] = votes[:, : len(_OURS)]
    return seven


def _collect(rows: Iterator[_Row], skipped: list[str], with_votes: bool) -> FerImages:
    """Stack the rows. `skipped` is filled by whoever yields them, so it is complete only afterwards."""
    read = list(rows)
    votes = None
    if with_votes:
        votes = np.array([row[3] for row in read], np.float32).reshape(len(read), len(FERPLUS_COLUMNS))
    return FerImages(
        pixels=_stack([row[0] for row in read]),
        label=np.array([row[1] for row in read], np.int64),
        votes=votes,
        split=np.array([row[2] for row in read], np.int64),
        ambiguous=np.zeros(len(read), np.bool_),
        skipped=tuple(skipped),
    )


def _stack(pictures: list[U8]) -> U8:
    return np.stack(pictures) if pictures else np.empty((0, SIDE_PX, SIDE_PX), np.uint8)


# The npz


def _read_npz(path: Path) -> FerImages:
    try:
        with path.open("rb") as file, NpzFile(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        raise DatasetError(path, "there is no such file") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DatasetError(path, f"cannot be read as an npz of plain arrays ({error})") from error
    return _from_arrays(path, arrays)


def _from_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> FerImages:
    missing = {"webp", "offsets", "label", "label_names", "split", "split_names"} - arrays.keys()
    if missing:
        raise DatasetError(path, f"lacks {', '.join(sorted(missing))}")
    odd = [name for name, (kinds, ndim) in _NPZ_ARRAYS.items() if name in arrays and not _is(arrays[name], kinds, ndim)]
    if odd:
        raise DatasetError(path, f"{', '.join(odd)} is not of the right kind")
    offsets = arrays["offsets"].astype(np.int64)
    count = len(offsets) - 1
    if count < 0 or offsets[0] < 0 or np.any(np.diff(offsets) < 0) or offsets[-1] > len(arrays["webp"]):
        raise DatasetError(path, "its offsets do not lie within its pictures")
    label = _renamed(path, arrays["label"], _emotions(path, [str(name) for name in arrays["label_names"]]), "label")
    split = _renamed(path, arrays["split"], _usages(path, [str(name) for name in arrays["split_names"]]), "split")
    votes = _npz_votes(path, arrays)
    ambiguous = arrays.get("ambiguous", np.zeros(count)).astype(np.bool_)
    for name, array in (("label", label), ("split", split), ("ambiguous", ambiguous), ("ferplus_votes", votes)):
        if array is not None and len(array) != count:
            raise DatasetError(path, f"{name} has {len(array)} entries for {count} pictures")

    pictures = [_decode(arrays["webp"][start:end]) for start, end in pairwise(offsets)]
    kept = np.array([picture is not None for picture in pictures], np.bool_)
    good = [picture for picture in pictures if picture is not None]
    return FerImages(
        pixels=_stack(good),
        label=label[kept],
        votes=None if votes is None else votes[kept],
        split=split[kept],
        ambiguous=ambiguous[kept],
        skipped=tuple(f"picture {index}: cannot be decoded" for index in np.flatnonzero(~kept)),
    )


def _is(array: NDArray[Any], kinds: str, ndim: int) -> bool:
    return array.dtype.kind in kinds and array.ndim == ndim


def _npz_votes(path: Path, arrays: Mapping[str, NDArray[Any]]) -> F32 | None:
    if "ferplus_votes" not in arrays:
        return None
    votes = arrays["ferplus_votes"].astype(np.float32)
    names = [str(name) for name in arrays.get("vote_names", np.array(FERPLUS_COLUMNS))]
    if votes.shape[1] != len(FERPLUS_COLUMNS) or sorted(names) != sorted(FERPLUS_COLUMNS):
        raise DatasetError(path, f"its votes are not for {', '.join(FERPLUS_COLUMNS)}")
    return votes[:, [names.index(name) for name in FERPLUS_COLUMNS]]


def _renamed(path: Path, values: NDArray[Any], meaning: list[int], what: str) -> Ints:
    """Values into a list of names, to ours."""
    values = values.astype(np.int64)
    wrong = np.unique(values[(values < 0) | (values >= len(meaning))])
    if len(wrong):
        raise DatasetError(path, f"{what} {', '.join(map(str, wrong))} has no name")
    ours: Ints = np.array(meaning, np.int64)[values]
    return ours


def _emotions(path: Path, names: list[str]) -> list[int]:
    unknown = [name for name in names if name.strip().lower() not in SYNONYMS]
    if unknown:
        raise DatasetError(path, f"{', '.join(unknown)} is none of {', '.join(EMOTIONS)}")
    return [from_name(name) for name in names]


def _usages(path: Path, names: list[str]) -> list[int]:
    unknown = [name for name in names if name not in _USAGE]
    if unknown:
        raise DatasetError(path, f"split {', '.join(unknown)} is none of {', '.join(_USAGE)}")
    return [_USAGE[name] for name in names]


def _decode(data: NDArray[np.uint8]) -> U8 | None:
    """A compressed picture as (48, 48) grey; None when it is none."""
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if len(data) else None
    except cv2.error:
        return None
    if picture is None:
        return None
    if picture.shape != (SIDE_PX, SIDE_PX):
        picture = cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    return cast(U8, picture)


# The original csv


def _read_csv(path: Path) -> FerImages:
    votes_path = path.with_name(VOTES_NAME)
    votes = None
    if votes_path.is_file():
        votes = list(_csv_rows(votes_path, ("Usage", *FERPLUS_COLUMNS)))
    skipped: list[str] = []
    rows = _csv_pictures(path, _csv_rows(path, _CSV_COLUMNS), votes, skipped)
    return _collect(rows, skipped, with_votes=votes is not None)


def _csv_rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Rows of a csv by column name; spelled with spaces or another case in some copies."""
    spelling = {name.lower(): name for name in columns}
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.reader(file)
            header = [spelling.get(name.strip().lower(), name) for name in next(reader, [])]
            missing = [name for name in columns if name not in header]
            if missing:
                raise DatasetError(path, f"has no column {', '.join(missing)}")
            for cells in reader:
                yield dict(zip(header, cells, strict=False))
    except FileNotFoundError as error:
        raise DatasetError(path, "there is no such file") from error
    except (OSError, csv.Error) as error:
        raise DatasetError(path, f"cannot be read as csv ({error})") from error


def _csv_pictures(
    path: Path, rows: Iterator[dict[str, str]], votes: list[dict[str, str]] | None, skipped: list[str]
) -> Iterator[_Row]:
    count = 0
    for count, row in enumerate(rows, start=1):
        crowd = None
        if votes is not None:
            crowd = votes[count - 1] if count <= len(votes) else {}
            if crowd.get("Usage", "").strip() != row.get("Usage", "").strip():
                raise DatasetError(path.with_name(VOTES_NAME), f"its row {count} is not of the same image")
        try:
            yield _csv_picture(row, crowd)
        except ValueError as error:
            skipped.append(f"row {count}: {error}")
    if votes is not None and count != len(votes):
        raise DatasetError(path.with_name(VOTES_NAME), f"has {len(votes)} rows for {count} images")


def _csv_picture(row: dict[str, str], crowd: dict[str, str] | None) -> _Row:
    """One image of the csv.

    Raises:
        ValueError: the row is broken; the message says how.
    """
    usage, emotion = row.get("Usage", "").strip(), row.get("emotion", "").strip()
    if usage not in _USAGE:
        raise ValueError(f"usage {usage!r} is none of {', '.join(_USAGE)}")
    if emotion not in _CSV_LABELS:
        raise ValueError(f"emotion {emotion!r} is none of 0 to {COUNT - 1}")
    try:
        values = bytes(map(int, row.get("pixels", "").split()))
    except ValueError as error:
        raise ValueError("its pixels are not all numbers from 0 to 255") from error
    if len(values) != SIDE_PX**2:
        raise ValueError(f"{len(values)} pixels instead of {SIDE_PX**2}")
    picture = np.frombuffer(values, np.uint8).reshape(SIDE_PX, SIDE_PX)
    return picture, _CSV_LABELS[emotion], _USAGE[usage], None if crowd is None else _csv_votes(crowd)


def _csv_votes(crowd: dict[str, str]) -> list[int]:
    cells = [crowd.get(name, "").strip() for name in FERPLUS_COLUMNS]
    if not all(cell.isascii() and cell.isdigit() for cell in cells):
        raise ValueError("its votes are not all numbers")
    return [int(cell) for cell in cells]


# The folder copy


def _read_folders(path: Path) -> FerImages:
    if not any((path / name).is_dir() for name in FOLDERS):
        raise DatasetError(path, f"holds neither {NPZ_NAME}, {CSV_NAME} nor the folders {' or '.join(FOLDERS)}")
    skipped: list[str] = []
    return _collect(_folder_pictures(path, skipped), skipped, with_votes=False)


def _folder_pictures(path: Path, skipped: list[str]) -> Iterator[_Row]:
    for name in FOLDERS:
        folders = sorted(entry for entry in (path / name).glob("[!.]*") if entry.is_dir())
        for folder, label in zip(folders, _emotions(path / name, [entry.name for entry in folders]), strict=True):
            for file in sorted(entry for entry in folder.iterdir() if entry.suffix.lower() in _PICTURES):
                picture = _load(file)
                if picture is None:
                    skipped.append(f"{file.relative_to(path).as_posix()}: cannot be decoded")
                else:
                    yield picture, label, _folder_split(name, file.name), None


def _folder_split(folder: str, file_name: str) -> int:
    """Split of a file: its name says it in the usual copy (``PrivateTest_10077120.jpg``), else ``test`` is public."""
    said = _USAGE.get(file_name.partition("_")[0])
    if folder == "train" or said is None:
        return SPLITS.index("train" if folder == "train" else "public")
    return said


def _load(file: Path) -> U8 | None:
    try:
        return _decode(np.fromfile(file, np.uint8))
    except OSError:
        return None
