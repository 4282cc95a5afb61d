"""What kind of data set a path is, by what is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from engine.errors import DatasetError
from trainer.datasets import afew, crema_d, emodb, enterface, fer2013, manifest, ravdess
from trainer.datasets.example import Clips

Layout = Literal["afew", "fer2013", "enterface", "ravdess", "crema_d", "emodb", "manifest"]

_TESTS: Final[dict[Layout, Callable[[Path], bool]]] = {
    "afew": afew.is_afew,
    "fer2013": fer2013.is_fer2013,
    "enterface": enterface.is_enterface,
    "ravdess": ravdess.is_ravdess,
    "crema_d": crema_d.is_crema_d,
    "emodb": emodb.is_emodb,
    "manifest": manifest.is_manifest,
}
_READERS: Final[dict[Layout, Callable[[Path], Clips]]] = {
    "afew": afew.read_clips,
    "enterface": enterface.read_clips,
    "ravdess": ravdess.read_clips,
    "crema_d": crema_d.read_clips,
    "emodb": emodb.read_clips,
    "manifest": manifest.read_manifest,
}


def recognise(path: Path) -> Layout:
    """Say how to read a data set. A path that fits several layouts is the first of those in `Layout`.

    Raises:
        DatasetError: there is nothing, or nothing of a known layout; says what was looked for.
    """
    path = Path(path)
    if not path.exists():
        raise DatasetError(path, "there is no such file or folder")
    for layout, fits in _TESTS.items():
        if fits(path):
            return layout
    if path.is_dir():
        looked_for = (
            f"{fer2013.NPZ_NAME}, {fer2013.CSV_NAME}, {'|'.join(fer2013.FOLDERS)}/<emotion>/*.jpg, "
            "Train|Val/<emotion>/*.avi, subject N/<emotion>/*.avi, "
            f"or files named like {ravdess.EXAMPLE}, {crema_d.EXAMPLE} or {emodb.EXAMPLE}"
        )
        raise DatasetError(path, f"is no known data set; looked for {looked_for}")
    raise DatasetError(
        path, f"is no known data set; looked for an npz or csv of FER2013, or a csv of {','.join(manifest.COLUMNS)}"
    )


def read_clips(path: Path) -> Clips:
    """Read a data set of clips, of any layout but FER2013, whose stills are no clips.

    Raises:
        DatasetError: it is missing, broken, of no known layout, or of FER2013.
    """
    layout = recognise(path)
    if layout not in _READERS:
        raise DatasetError(path, "holds stills, not clips")
    return _READERS[layout](Path(path))
