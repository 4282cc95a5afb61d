"""A plain csv of labelled clips: ``path,start_s,end_s,emotion,person``."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engine.emotions import EMOTIONS, SYNONYMS, from_name
from engine.errors import DatasetError
from trainer.datasets.example import Clips, Example, gathered
from trainer.datasets.takes import modality_of

COLUMNS: Final = ("path", "start_s", "end_s", "emotion", "person")


def read_manifest(path: Path) -> Clips:
    """The rows that make sense, in order, and one clause for each that does not.

    Paths in it are relative to its folder. An empty start is 0, an empty end the end of the file, an empty person the
    file itself.

    Raises:
        DatasetError: there is no such file, it is no csv with these columns, or no row of it makes sense.
    """
    path = Path(path)
    examples, skipped = [], []
    for number, row in _rows(path):
        try:
            examples.append(_example(row, path.parent))
        except ValueError as error:
            skipped.append(f"line {number}: {error}")
    return gathered(path, examples, skipped, unit="row that makes sense")


def is_manifest(path: Path) -> bool:
    """Whether a file's first line names the columns of a manifest."""
    try:
        next(_rows(path), None)
    except DatasetError:
        return False
    return True


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip().lower() for name in next(reader, [])]
            missing = [name for name in COLUMNS if name not in header]
            if missing:
                raise DatasetError(path, f"has no column {', '.join(missing)}")
            for cells in reader:
                if cells:
                    yield reader.line_num, dict(zip(header, map(str.strip, cells), strict=False))
    except FileNotFoundError as error:
        raise DatasetError(path, "there is no such file") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(path, f"cannot be read as csv ({error})") from error


def _example(row: dict[str, str], folder: Path) -> Example:
    """One row.

    Raises:
        ValueError: it makes no sense; the message says why.
    """
    absent = [name for name in COLUMNS if name not in row]
    if absent:
        raise ValueError(f"no {', '.join(absent)}")
    if not row["path"]:
        raise ValueError("no path")
    clip = folder / row["path"]
    if not clip.is_file():
        raise ValueError(f"there is no file {row['path']}")
    if row["emotion"].lower() not in SYNONYMS:
        raise ValueError(f"emotion {row['emotion']!r} is none of {', '.join(EMOTIONS)}")
    start_s = _seconds(row["start_s"] or "0", "start_s")
    end_s = _seconds(row["end_s"], "end_s") if row["end_s"] else None
    if end_s is not None and end_s <= start_s:
        raise ValueError(f"it ends at {end_s:g} s and starts at {start_s:g} s")
    emotion, group = from_name(row["emotion"]), row["person"] or row["path"]
    return Example(clip, start_s, end_s, emotion, group, modality=modality_of(clip))


def _seconds(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise ValueError(f"{name} {text!r} is no number") from error
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{name} {text} is no time")
    return value
