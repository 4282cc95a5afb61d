"""RAVDESS (Livingstone & Russo, PLoS ONE 2018): acted speech of 24 people; the names of the files say everything.

``modality-channel-emotion-intensity-statement-repetition-actor``, each two digits.
"""

import re
from pathlib import Path
from typing import Final

from engine.emotions import from_name
from engine.errors import DatasetError
from trainer.datasets.example import Clips, Modality, VoiceClip, gathered
from trainer.datasets.files import MEDIA_SUFFIXES, files_like, holds_files_like
from trainer.datasets.takes import Take, fullest, modality_of, voices

SOURCE: Final = "ravdess"
EXAMPLE: Final = "03-01-05-01-02-01-12.wav"

_EMOTIONS: Final = {
    "01": "neutral", "02": "calm", "03": "happy", "04": "sad",
    "05": "angry", "06": "fearful", "07": "disgust", "08": "surprised",
}  # fmt: skip
_NAME: Final = re.compile(
    r"(?P<modality>\d\d)-(?P<performance>01-(?P<emotion>0[1-8])-0[12]-0[12]-0[12]-(?P<actor>0[1-9]|1\d|2[0-4]))"
)
"""The first pair is 01 picture and sound, 02 picture, 03 sound; the second is the channel: 01 speech, 02 song."""
_PICTURE_ONLY: Final = "02"


def read_voices(folder: Path) -> list[VoiceClip]:
    """The spoken clips (not the sung) anywhere below a folder, ordered by name. Calm counts as neutral.

    Of a performance that is there several times, one; from a sound file where there is one, else from a video.

    Raises:
        DatasetError: the folder is missing or has no speech named so.
    """
    found = voices(_takes(Path(folder)), SOURCE)
    if not found:
        raise DatasetError(folder, f"has no file with sound named like {EXAMPLE}")
    return found


def read_clips(folder: Path) -> Clips:
    """The same as examples, from the videos where there are any.

    Raises:
        DatasetError: as `read_voices`.
    """
    return gathered(Path(folder), fullest(_takes(Path(folder))))


def is_ravdess(path: Path) -> bool:
    """Whether a path is a folder with such clips."""
    return holds_files_like(path, _NAME, MEDIA_SUFFIXES)


def _takes(folder: Path) -> list[Take]:
    return [
        Take(
            path, from_name(_EMOTIONS[name["emotion"]]), f"{SOURCE}-{name['actor']}", name["performance"],
            _modality(path, name["modality"]),
        )
        for path, name in files_like(folder, _NAME, EXAMPLE, MEDIA_SUFFIXES)
    ]  # fmt: skip


def _modality(path: Path, code: str) -> Modality:
    by_suffix = modality_of(path)
    return "face" if by_suffix == "both" and code == _PICTURE_ONLY else by_suffix
