"""What kind of data set a path is, by what is there."""

from pathlib import Path
from typing import Literal

from engine.errors import DatasetError
from trainer.datasets import emodb, fer2013, manifest, ravdess

Layout = Literal["fer2013", "ravdess", "emodb", "manifest"]


def recognise(path: Path) -> Layout:
    """Say how to read a data set. A path that fits several layouts is the first of those in `Layout`.

    Raises:
        DatasetError: there is nothing, or nothing of a known layout; says what was looked for.
    """
    path = Path(path)
    if not path.exists():
        raise DatasetError(path, "there is no such file or folder")
    if fer2013.is_fer2013(path):
        return "fer2013"
    if ravdess.is_ravdess(path):
        return "ravdess"
    if emodb.is_emodb(path):
        return "emodb"
    if manifest.is_manifest(path):
        return "manifest"
    if path.is_dir():
        looked_for = (
            f"{fer2013.NPZ_NAME}, {fer2013.CSV_NAME}, {' or '.join(fer2013.FOLDERS)} with a folder an emotion, "
            f"or sound files named like {ravdess.EXAMPLE} or {emodb.EXAMPLE}"
        )
        raise DatasetError(path, f"is no known data set; looked for {looked_for}")
    raise DatasetError(
        path, f"is no known data set; looked for an npz or csv of FER2013, or a csv of {','.join(manifest.COLUMNS)}"
    )
